package console

import (
	"context"
	"fmt"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/model"
	"mandorla/internal/people"
	"mandorla/internal/record"
)

// NewTenant is a tenant with its first administrator.
type NewTenant struct {
	Name        string
	Email       string // of the administrator; an account with it becomes a member, else one is made
	First, Last string
	Password    string // of an account that is made; an existing one keeps its own
	Invite      bool   // the administrator gets an invitation instead, and joins by it
}

// Created is a tenant that was made.
type Created struct {
	ID         string
	Invitation string // id; "" for none
	Link       string // of the invitation, for showing once where no mail is sent
}

// Create makes a tenant with the default roles and the User record of its first administrator, with account and membership or with an
// invitation, all or nothing.
func (s *Service) Create(ctx context.Context, by identity.Super, in NewTenant) (out Created, err error) {
	if in.Name, err = checkName(in.Name); err != nil {
		return out, err
	}
	if err := in.checkPerson(); err != nil {
		return out, err
	}
	var id, token string
	var invited identity.Invitation
	err = s.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.Identity.CheckSuper(ctx, by); err != nil {
			return err
		}
		id = s.NewID()
		slug := Slug(in.Name)
		if slug == "" {
			slug = "tenant-" + id[len(id)-8:]
		}
		if err := s.Store.CreateTenant(ctx, id, in.Name, slug); err != nil {
			if fault.Is(err, fault.Conflict) {
				return fault.BadField("name", "is too much like that of another tenant: both would be %q for short.", slug)
			}
			return err
		}
		if in.Invite {
			invited, token, err = s.invite(ctx, id, in)
		} else {
			err = s.administrator(ctx, by, id, in)
		}
		if err != nil {
			return err
		}
		return s.note(ctx, by, id, "tenant.create", map[string]string{"name": in.Name, "administrator": in.Email})
	})
	if err != nil {
		return Created{}, err
	}
	out.ID = id
	if in.Invite {
		out.Invitation, out.Link = invited.ID, s.People.Deliver(ctx, invited, token)
	}
	return out, nil
}

func (in *NewTenant) checkPerson() error {
	email, ok := identity.NormalEmail(in.Email)
	if !ok {
		return fault.BadField("email", "%q is not a mail address.", in.Email)
	}
	in.Email, in.First, in.Last = email, model.PlainName(strings.TrimSpace(in.First)), model.PlainName(strings.TrimSpace(in.Last))
	for path, name := range map[string]string{"first": in.First, "last": in.Last} {
		if n := len([]rune(name)); n < 1 || n > maxName {
			return fault.BadField(path, "needs 1 to %d characters.", maxName)
		}
	}
	return nil
}

// administrator makes the first person of a tenant, who can sign in from then on.
func (s *Service) administrator(ctx context.Context, by identity.Super, tenant string, in NewTenant) error {
	founder, role, err := s.found(ctx, tenant)
	if err != nil {
		return err
	}
	made, err := s.Gate.Create(ctx, founder, record.Write{Model: "User", Values: map[string]any{
		"email": in.Email, "firstName": in.First, "lastName": in.Last, "nickName": in.First, "inactive": false,
	}})
	if err != nil {
		return err
	}
	account, err := s.Identity.AccountByEmail(ctx, in.Email)
	if fault.Is(err, fault.NotFound) {
		if in.Password == "" {
			return fault.BadField("password", "is needed: there is no account with this address yet.")
		}
		account, err = s.Identity.CreateAccount(ctx, identity.NewAccount{Email: in.Email, Password: in.Password, By: by})
	}
	if err != nil {
		return err
	}
	if account.Disabled {
		return errDisabled
	}
	return s.Identity.AddMember(ctx, founder, tenant, made.ID, account.ID, []string{role})
}

var errDisabled = fault.BadField("email", "belongs to an account that is disabled.")

// found makes the default roles, and gives the founder and the role of administrators.
func (s *Service) found(ctx context.Context, tenant string) (founder access.Principal, role string, err error) {
	founder = access.Founder(tenant)
	roles, err := s.Identity.CreateDefaultRoles(ctx, founder, s.Base, tenant)
	if err != nil {
		return founder, "", fmt.Errorf("make roles: %w", err)
	}
	return founder, roles[identity.Administrator].ID, nil
}

// invite makes the User record of the first person of a tenant, and an invitation; what is mailed comes after the transaction.
func (s *Service) invite(ctx context.Context, tenant string, in NewTenant) (identity.Invitation, string, error) {
	founder, role, err := s.found(ctx, tenant)
	if err != nil {
		return identity.Invitation{}, "", err
	}
	account, err := s.Identity.AccountByEmail(ctx, in.Email)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return identity.Invitation{}, "", err
	}
	if account.Disabled {
		return identity.Invitation{}, "", errDisabled
	}
	founder.TenantName = in.Name
	return s.People.Prepare(ctx, founder, people.Person{Email: in.Email, First: in.First, Last: in.Last, Roles: []string{role}})
}

// Invited gives the open invitations of a tenant that nobody has joined yet; where somebody has, they are the tenant's own affair.
func (s *Service) Invited(ctx context.Context, by identity.Super, t Tenant) ([]identity.Invitation, error) {
	if err := s.Identity.CheckSuper(ctx, by); err != nil || t.People > 0 {
		return nil, err
	}
	return s.Identity.Invitations(ctx, access.Founder(t.ID), t.ID)
}

// Reinvite makes a new link for such an invitation, and mails it where mail is sent. The link before is dead.
func (s *Service) Reinvite(ctx context.Context, by identity.Super, tenant, invitation string) (link string, err error) {
	var in identity.Invitation
	var token string
	err = s.change(ctx, by, tenant, func(ctx context.Context, t Tenant) (string, map[string]string, error) {
		if t.People > 0 {
			return "", nil, fault.New(fault.Conflict, "Somebody has joined %s meanwhile. Its administrators invite the others.", t.Name)
		}
		in, token, err = s.Identity.RenewInvitation(ctx, access.Founder(tenant), tenant, invitation)
		return "tenant.invite", map[string]string{"name": t.Name, "administrator": in.Email}, err
	})
	if err != nil {
		return "", err
	}
	return s.People.Deliver(ctx, in, token), nil
}
