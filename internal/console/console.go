// Package console owns the operation of an installation as super admins do it: which tenants there are, who administers a new one, which
// of them are suspended, how far their OAuth clients reach, and the log of what happened above the tenants.
//
// Every function takes an identity.Super and asks in its own transaction whether that still holds. It shows figures and names of
// tenants and clients, never their data. Package web calls it; people and the authorization server are identity's and oauth's.
package console

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/audit"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/model"
	"mandorla/internal/oauth"
	"mandorla/internal/people"
	"mandorla/internal/record"
)

// Store keeps tenants. What is not there is a fault.NotFound; a taken short name is a fault.Conflict.
type Store interface {
	audit.Store
	// InTx runs fn in one transaction; a context that already carries one joins it. fn may run again.
	InTx(ctx context.Context, fn func(ctx context.Context) error) error

	CreateTenant(ctx context.Context, id, name, slug string) error
	// TenantFigures lists all tenants by name with their figures; one that is named, only it.
	TenantFigures(ctx context.Context, id string, alive time.Time) ([]Tenant, error)
	RenameTenant(ctx context.Context, id, name string) error
	// SuspendTenant reports whether that changed anything.
	SuspendTenant(ctx context.Context, id string, suspended bool) (changed bool, err error)
	// AuditPage lists entries of a tenant ("" above tenants) whose act begins with prefix, newest first, from before an id ("" the newest).
	AuditPage(ctx context.Context, tenant, prefix, before string, limit int) ([]audit.Entry, error)
}

// Tenant is a tenant with what a super admin may know of it.
type Tenant struct {
	ID, Name, Slug               string
	CreatedAt                    time.Time
	Suspended                    bool
	People, Clients, Connections int
}

// Options are what a Service is made of. Every field is required.
type Options struct {
	Store    Store
	Identity *identity.Service
	OAuth    *oauth.Service
	Gate     *record.Service
	People   *people.Service // invites first administrators
	Base     *model.Registry // of a tenant without custom properties
	Now      func() time.Time
	NewID    func() string
}

// Service answers for everything in this package. Safe for concurrent use.
type Service struct{ Options }

// New checks that nothing is missing.
func New(o Options) (*Service, error) {
	if o.Store == nil || o.Identity == nil || o.OAuth == nil || o.Gate == nil || o.People == nil || o.Base == nil || o.Now == nil || o.NewID == nil {
		return nil, errors.New("console: every option is required")
	}
	return &Service{o}, nil
}

// Tenants lists all tenants by name.
func (s *Service) Tenants(ctx context.Context, by identity.Super) ([]Tenant, error) {
	if err := s.Identity.CheckSuper(ctx, by); err != nil {
		return nil, err
	}
	return s.Store.TenantFigures(ctx, "", s.Now())
}

// Tenant reads one tenant, fault.NotFound where there is none.
func (s *Service) Tenant(ctx context.Context, by identity.Super, id string) (Tenant, error) {
	if err := s.Identity.CheckSuper(ctx, by); err != nil {
		return Tenant{}, err
	}
	return s.tenant(ctx, id)
}

func (s *Service) tenant(ctx context.Context, id string) (Tenant, error) {
	var list []Tenant
	var err error
	if id != "" {
		list, err = s.Store.TenantFigures(ctx, id, s.Now())
	}
	if err == nil && len(list) != 1 {
		err = fault.New(fault.NotFound, "There is no such tenant.")
	}
	if err != nil {
		return Tenant{}, err
	}
	return list[0], nil
}

// Clients lists the OAuth clients of a tenant by name, without their sets.
func (s *Service) Clients(ctx context.Context, by identity.Super, tenant string) ([]oauth.Client, error) {
	if _, err := s.Tenant(ctx, by, tenant); err != nil {
		return nil, err
	}
	clients, err := s.OAuth.Clients(ctx, tenant)
	for i := range clients {
		clients[i].Set = nil
	}
	return clients, err
}

const maxName = 80

func checkName(name string) (string, error) {
	name = model.PlainName(name)
	if n := len([]rune(name)); n < 1 || n > maxName {
		return "", fault.BadField("name", "needs 1 to %d characters.", maxName)
	}
	return name, nil
}

// Rename gives a tenant another name; its short name stays.
func (s *Service) Rename(ctx context.Context, by identity.Super, id, name string) error {
	name, err := checkName(name)
	if err != nil {
		return err
	}
	return s.change(ctx, by, id, func(ctx context.Context, t Tenant) (string, map[string]string, error) {
		if t.Name == name {
			return "", nil, nil
		}
		return "tenant.rename", map[string]string{"was": t.Name, "name": name}, s.Store.RenameTenant(ctx, id, name)
	})
}

// Suspend shuts a tenant, or opens it again. While it is shut nobody works in it, no call of its people, programs or apps works, and no
// token of theirs; nothing is taken away, so that all of it works again afterwards.
func (s *Service) Suspend(ctx context.Context, by identity.Super, id string, suspended bool) error {
	return s.change(ctx, by, id, func(ctx context.Context, t Tenant) (string, map[string]string, error) {
		changed, err := s.Store.SuspendTenant(ctx, id, suspended)
		if err != nil || !changed {
			return "", nil, err
		}
		return map[bool]string{true: "tenant.suspend", false: "tenant.resume"}[suspended], map[string]string{"name": t.Name}, nil
	})
}

// change runs a change of a tenant and writes it above the tenants, with who it was, and into the tenant's own log. An act of "" is no change.
func (s *Service) change(ctx context.Context, by identity.Super, id string, fn func(context.Context, Tenant) (act string, detail map[string]string, err error)) error {
	return s.Store.InTx(ctx, func(ctx context.Context) error {
		t, err := s.Tenant(ctx, by, id)
		if err != nil {
			return err
		}
		act, detail, err := fn(ctx, t)
		if err != nil || act == "" {
			return err
		}
		return s.note(ctx, by, id, act, detail)
	})
}

func (s *Service) note(ctx context.Context, by identity.Super, tenant, act string, detail map[string]string) error {
	own := audit.Entry{Tenant: tenant, At: s.Now(), Act: act, PersonName: identity.SuperName, Surface: access.SurfaceWeb, Detail: detail}
	if err := s.Store.AppendAudit(ctx, own); err != nil {
		return err
	}
	above := map[string]string{"tenant": tenant}
	for k, v := range detail {
		above[k] = v
	}
	return s.Identity.NoteSuper(ctx, by, act, above)
}

// Log lists what happened above the tenants, newest first: acts that begin with prefix, from before an entry's id ("" the newest).
func (s *Service) Log(ctx context.Context, by identity.Super, prefix, before string, limit int) ([]audit.Entry, error) {
	if err := s.Identity.CheckSuper(ctx, by); err != nil {
		return nil, err
	}
	return s.Store.AuditPage(ctx, "", prefix, before, min(max(limit, 1), 500))
}

var notSlug = regexp.MustCompile(`[^a-z0-9]+`)

// Slug is the short name that a tenant's name gives: "acme-inc"; "" where nothing of it can stand there.
func Slug(name string) string {
	return strings.Trim(notSlug.ReplaceAllString(strings.ToLower(name), "-"), "-")
}

// MakeSuper makes the account with an address a super admin's, fault.NotFound where there is none.
func (s *Service) MakeSuper(ctx context.Context, by identity.Super, email string) error {
	a, err := s.Identity.AccountByEmail(ctx, email)
	if err != nil {
		if fault.Is(err, fault.NotFound) {
			return fault.BadField("email", "There is no account with this address. The person needs one in some tenant first.")
		}
		return fmt.Errorf("find account: %w", err)
	}
	return s.Identity.SetSuper(ctx, by, a.ID, true)
}
