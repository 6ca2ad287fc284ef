package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/app"
	"mandorla/internal/fault"
	"mandorla/internal/people"
)

// linkFlags say where links lead.
type linkFlags struct {
	storeFlags
	Origin string `required:"" help:"Address under which browsers reach the server, such as https://crm.example.com: links begin with it." env:"MANDORLA_ORIGIN" placeholder:"URL"`
}

func (f linkFlags) open(env *environment, fn func(context.Context, *app.App) error) error {
	return f.openWith(env, func(cfg *app.Config) { cfg.Origin = strings.TrimSuffix(f.Origin, "/") }, fn)
}

type userInviteCmd struct {
	linkFlags
	Tenant string `help:"The tenant, by name or id. Not needed where there is only one."`
	Email  string `required:"" help:"E-mail address to invite. An invitation that is open gets a new link; the one before is dead."`
	Name   string `help:"First and last name, where the person is not invited yet."`
	Role   string `default:"CSM" help:"Administrator, Manager, Developer, CSM or another role of the tenant."`
}

// Run prints a link that lets a person join a tenant, for installations without mail.
func (c *userInviteCmd) Run(env *environment) error {
	return c.open(env, func(ctx context.Context, a *app.App) error {
		by, err := a.CommandPrincipal(ctx, c.Tenant, "")
		if err != nil {
			return err
		}
		tenant, err := a.TenantNamed(ctx, by.Tenant)
		if err != nil {
			return err
		}
		by.TenantName = tenant.Name
		link, err := c.link(ctx, a, by)
		if err != nil {
			return err
		}
		fmt.Fprintf(env.Stdout, "Send this link to %s, and to nobody else. It works once, for 7 days:\n%s\n", c.Email, link)
		return nil
	})
}

func (c *userInviteCmd) link(ctx context.Context, a *app.App, by access.Principal) (string, error) {
	open, err := a.Identity.Invitations(ctx, by, by.Tenant)
	if err != nil {
		return "", err
	}
	for _, in := range open {
		if strings.EqualFold(in.Email, strings.TrimSpace(c.Email)) {
			_, link, err := a.People.Renew(ctx, by, in.ID, false)
			return link, err
		}
	}
	first, last, ok := strings.Cut(strings.TrimSpace(c.Name), " ")
	if !ok {
		return "", fault.New(fault.Invalid, "--name takes first and last name, such as \"Carly Hart\".")
	}
	role, err := roleNamed(ctx, a, by.Tenant, c.Role)
	if err != nil {
		return "", err
	}
	_, link, err := a.People.Invite(ctx, by, people.Person{Email: c.Email, First: first, Last: last, Roles: []string{role.ID}})
	return link, err
}

type userResetLinkCmd struct {
	linkFlags
	Email string `required:"" help:"E-mail address of the account."`
}

// Run prints a link that sets a new password. The operator may make one for anybody.
func (c *userResetLinkCmd) Run(env *environment) error {
	return c.open(env, func(ctx context.Context, a *app.App) error {
		account, err := a.Identity.AccountByEmail(ctx, c.Email)
		if err != nil {
			return err
		}
		link, err := a.People.Reset(ctx, access.Principal{Surface: access.SurfaceCommand, PersonName: "Operator"}, account.ID)
		if err != nil {
			return err
		}
		fmt.Fprintf(env.Stdout, "Send this link to %s, and to nobody else. It works once, for an hour; their sessions and connections end when it is used:\n%s\n", account.Email, link)
		return nil
	})
}

// roleNamed finds a role of a tenant by its name.
func roleNamed(ctx context.Context, a *app.App, tenant, name string) (access.Role, error) {
	roles, err := a.Identity.Roles(ctx, tenant)
	if err != nil {
		return access.Role{}, err
	}
	names := make([]string, len(roles))
	for i, r := range roles {
		if names[i] = r.Name; strings.EqualFold(r.Name, name) {
			return r, nil
		}
	}
	slices.Sort(names)
	return access.Role{}, fault.New(fault.NotFound, "There is no role %q; there are %s.", name, strings.Join(names, ", "))
}
