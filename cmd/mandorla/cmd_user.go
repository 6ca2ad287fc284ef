package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/app"
	"mandorla/internal/console"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/query"
	"mandorla/internal/record"
)

type userCmd struct {
	Add       userAddCmd       `cmd:"" help:"Add a person to a tenant."`
	Invite    userInviteCmd    `cmd:"" help:"Print a link by which a person joins a tenant with a password of their own."`
	List      userListCmd      `cmd:"" help:"List the people of a tenant."`
	Password  userPasswordCmd  `cmd:"" help:"Set a person's password; ends their sessions and connections."`
	ResetLink userResetLinkCmd `cmd:"" help:"Print a link by which a person chooses a new password."`
	Super     userSuperCmd     `cmd:"" help:"Make somebody a super admin, who operates the installation in the console."`
}

type userAddCmd struct {
	storeFlags
	Tenant       string `help:"The tenant, by name or id. Not needed where there is only one."`
	CreateTenant string `help:"Make this tenant first, with the default roles." placeholder:"NAME"`
	Email        string `required:"" help:"E-mail address; one account per address."`
	Name         string `required:"" help:"First and last name."`
	Role         string `default:"CSM" help:"Administrator, Manager, Developer, CSM or another role of the tenant."`
	PasswordFile string `help:"File whose first line is the password. Default: asked for on standard input." placeholder:"FILE"`
}

// Run makes the person's User record, account and membership in one transaction, and before it the tenant where asked for.
func (c *userAddCmd) Run(env *environment) error {
	first, last, ok := strings.Cut(strings.TrimSpace(c.Name), " ")
	if !ok {
		return fault.New(fault.Invalid, "--name takes first and last name, such as \"Carly Hart\".")
	}
	return c.open(env, func(ctx context.Context, a *app.App) error {
		password, err := readPassword(env, c.PasswordFile)
		if err != nil {
			return err
		}
		return a.Store.InTx(ctx, func(ctx context.Context) error {
			tenant, role, err := c.tenantAndRole(ctx, a)
			if err != nil {
				return err
			}
			p, err := a.CommandPrincipal(ctx, tenant, "")
			if err != nil {
				return err
			}
			res, err := a.Gate.Create(ctx, p, record.Write{Model: "User", Values: map[string]any{
				"email": c.Email, "firstName": first, "lastName": strings.TrimSpace(last), "nickName": first, "inactive": false,
			}})
			if err != nil {
				return err
			}
			account, err := a.Identity.CreateAccount(ctx, identity.NewAccount{Email: c.Email, Password: password, Operator: true})
			if err != nil {
				return err
			}
			if err := a.Identity.AddMember(ctx, p, tenant, res.ID, account.ID, []string{role.ID}); err != nil {
				return err
			}
			fmt.Fprintf(env.Stdout, "%s was added as %s.\n", c.Email, role.Name)
			return nil
		})
	})
}

func (c *userAddCmd) tenantAndRole(ctx context.Context, a *app.App) (tenant string, role access.Role, err error) {
	if c.CreateTenant != "" {
		tenant = a.NewID()
		if err := a.Store.CreateTenant(ctx, tenant, c.CreateTenant, console.Slug(c.CreateTenant)); err != nil {
			return "", role, err
		}
		if _, err := a.Identity.CreateDefaultRoles(ctx, access.Operator(tenant, a.Schema.Base(), 0), a.Schema.Base(), tenant); err != nil {
			return "", role, err
		}
	} else {
		t, err := a.TenantNamed(ctx, c.Tenant)
		if err != nil {
			return "", role, err
		}
		tenant = t.ID
	}
	role, err = roleNamed(ctx, a, tenant, c.Role)
	return tenant, role, err
}

type userListCmd struct {
	storeFlags
	Tenant string `help:"The tenant, by name or id. Not needed where there is only one."`
}

// Run prints e-mail, name and state of everybody in the tenant.
func (c *userListCmd) Run(env *environment) error {
	return c.open(env, func(ctx context.Context, a *app.App) error {
		p, err := a.CommandPrincipal(ctx, c.Tenant, "")
		if err != nil {
			return err
		}
		req := record.ListRequest{Model: "User", Select: []string{"email", "name", "inactive"}, Sort: []string{"email"}, Filter: query.Filter{}, Limit: record.MaxLimit}
		for {
			page, err := a.Gate.List(ctx, p, req)
			if err != nil {
				return err
			}
			for i := range page.Rows {
				state := "active"
				if page.Value(i, "inactive") == true {
					state = "inactive"
				}
				fmt.Fprintf(env.Stdout, "%-32v %-28v %s\n", page.Value(i, "email"), page.Value(i, "name"), state)
			}
			if req.Cursor = page.NextCursor; req.Cursor == "" {
				return nil
			}
		}
	})
}

type userPasswordCmd struct {
	storeFlags
	Email        string `required:"" help:"E-mail address of the account."`
	PasswordFile string `help:"File whose first line is the password. Default: asked for on standard input." placeholder:"FILE"`
}

// Run sets the password; everything issued to the account ends.
func (c *userPasswordCmd) Run(env *environment) error {
	return c.open(env, func(ctx context.Context, a *app.App) error {
		account, err := a.Identity.AccountByEmail(ctx, c.Email)
		if err != nil {
			return err
		}
		password, err := readPassword(env, c.PasswordFile)
		if err != nil {
			return err
		}
		if err := a.Identity.SetPassword(ctx, account.ID, password, true); err != nil {
			return err
		}
		fmt.Fprintf(env.Stdout, "The password of %s was set; their sessions and connections ended.\n", c.Email)
		return nil
	})
}

// open runs fn over the installation.
func (f storeFlags) open(env *environment, fn func(context.Context, *app.App) error) error {
	return f.openWith(env, func(*app.Config) {}, fn)
}

// openWith is open with more of the configuration.
func (f storeFlags) openWith(env *environment, more func(*app.Config), fn func(context.Context, *app.App) error) error {
	cfg, err := f.config(env)
	if err != nil {
		return err
	}
	more(&cfg)
	a, err := app.Open(env.Ctx, cfg, env.deps())
	if err != nil {
		return err
	}
	defer a.Close()
	return fn(env.Ctx, a)
}

func readPassword(env *environment, file string) (string, error) {
	in := env.Stdin
	if file != "" {
		f, err := os.Open(file)
		if err != nil {
			return "", fault.Wrap(fault.Invalid, err, "The password file %s cannot be opened: %v.", file, cause(err))
		}
		defer f.Close()
		in = f
	} else {
		fmt.Fprint(env.Stderr, "Password: ")
	}
	line, err := bufio.NewReader(in).ReadString('\n')
	if password := strings.TrimRight(line, "\r\n"); password != "" {
		return password, nil
	}
	return "", fault.Wrap(fault.Invalid, err, "There was no password on the first line.")
}
