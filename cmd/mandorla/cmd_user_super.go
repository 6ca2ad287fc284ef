package main

import (
	"context"
	"fmt"

	"mandorla/internal/app"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
)

type userSuperCmd struct {
	storeFlags
	Email        string `required:"" help:"E-mail address of the account. One that does not exist is made, in no tenant."`
	Remove       bool   `help:"Make the account an ordinary one again. The last super admin stays."`
	PasswordFile string `help:"File whose first line is the password of an account that is made. Default: asked for on standard input." placeholder:"FILE"`
}

// Run makes a super admin, of an account that is there or of a new one that is in no tenant.
func (c *userSuperCmd) Run(env *environment) error {
	return c.open(env, func(ctx context.Context, a *app.App) error {
		account, err := a.Identity.AccountByEmail(ctx, c.Email)
		if fault.Is(err, fault.NotFound) && !c.Remove {
			var password string
			if password, err = readPassword(env, c.PasswordFile); err == nil {
				account, err = a.Identity.CreateAccount(ctx, identity.NewAccount{Email: c.Email, Password: password, Operator: true})
			}
		}
		if err != nil {
			return err
		}
		if err := a.Identity.AppointSuper(ctx, account.ID, !c.Remove); err != nil {
			return err
		}
		if c.Remove {
			fmt.Fprintf(env.Stdout, "%s is no super admin any more.\n", account.Email)
			return nil
		}
		fmt.Fprintf(env.Stdout, "%s is a super admin: sign in and open Console.\n", account.Email)
		return nil
	})
}
