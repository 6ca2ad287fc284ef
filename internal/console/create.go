package console

import (
	"context"
	"fmt"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/model"
	"mandorla/internal/record"
)

// NewTenant is a tenant with its first administrator.
type NewTenant struct {
	Name        string
	Email       string // of the administrator; an account with it becomes a member, else one is made
	First, Last string
	Password    string // of an account that is made; an existing one keeps its own
}

// Create makes a tenant with the default roles, and the User record, account and membership of its first administrator, all or nothing.
func (s *Service) Create(ctx context.Context, by identity.Super, in NewTenant) (id string, err error) {
	if in.Name, err = checkName(in.Name); err != nil {
		return "", err
	}
	if err := in.checkPerson(); err != nil {
		return "", err
	}
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
		if err := s.administrator(ctx, id, in); err != nil {
			return err
		}
		return s.note(ctx, by, id, "tenant.create", map[string]string{"name": in.Name, "administrator": in.Email})
	})
	return id, err
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

// administrator makes the first person of a tenant.
func (s *Service) administrator(ctx context.Context, tenant string, in NewTenant) error {
	founder := access.Founder(tenant)
	roles, err := s.Identity.CreateDefaultRoles(ctx, founder, s.Base, tenant)
	if err != nil {
		return fmt.Errorf("make roles: %w", err)
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
		account, err = s.Identity.CreateAccount(ctx, identity.NewAccount{Email: in.Email, Password: in.Password})
	}
	if err != nil {
		return err
	}
	if account.Disabled {
		return fault.BadField("email", "belongs to an account that is disabled.")
	}
	return s.Identity.AddMember(ctx, founder, tenant, made.ID, account.ID, []string{roles[identity.Administrator].ID})
}
