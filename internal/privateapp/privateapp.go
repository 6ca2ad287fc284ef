// Package privateapp owns private apps: accounts of programs, with a permission set that is all they have, and static API tokens.
//
// It makes the access.Principal of a program. It knows no HTTP, no OAuth and no customer records; the surfaces check a token here when it
// has TokenPrefix.
package privateapp

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/audit"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/model"
)

// TokenPrefix begins every token, so that a leak is recognised and the surfaces know whom to ask.
const TokenPrefix = "pat_"

// Registries gives the registry of a tenant as it is now; schema.Service is one.
type Registries interface {
	Current(ctx context.Context, tenant string) (*model.Registry, error)
}

// Options are what a Service is made of; every field but Log is required.
type Options struct {
	Store      Store
	Registries Registries
	Now        func() time.Time
	Rand       io.Reader
	NewID      func() string
	Log        *slog.Logger
}

// Service answers for everything in this package. Safe for concurrent use.
type Service struct {
	Options
	sets *identity.Sets
	uses *identity.Uses // of tokens
}

// New makes the service.
func New(o Options) *Service {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{Options: o, sets: identity.NewSets(1024), uses: identity.NewUses(o.Store.NotePrivateUses)}
}

// App is a private app.
type App struct {
	ID, Tenant        string
	Name, Description string
	Set               access.Set
	Enabled           bool
	Version           int64 // grows with every change
	CreatedAt         time.Time
	CreatedBy         string // id of the User record; "" for the operator
	UpdatedAt         time.Time
	UsedAt            time.Time // last call with any of its tokens, to the minute
}

// Input is what one may say about a private app.
type Input struct {
	Name, Description string
	Set               access.Set
	Enabled           bool // Update only; a new app is enabled
}

func (in *Input) check() error {
	in.Name, in.Description = model.PlainName(in.Name), model.PlainName(in.Description)
	if n := len([]rune(in.Name)); n < 1 || n > 80 {
		return fault.BadField("name", "needs 1 to 80 characters.")
	}
	if len([]rune(in.Description)) > 500 {
		return fault.BadField("description", "has at most 500 characters.")
	}
	return nil
}

// Apps lists the tenant's private apps by name.
func (s *Service) Apps(ctx context.Context, by access.Principal) ([]App, error) {
	if err := identity.May(by, access.PrivateApp, access.View); err != nil {
		return nil, err
	}
	s.flush(ctx)
	recs, err := s.Store.PrivateApps(ctx, by.Tenant)
	if err != nil {
		return nil, fmt.Errorf("list private apps: %w", err)
	}
	out := make([]App, 0, len(recs))
	for _, rec := range recs {
		a, err := s.decode(rec)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

// App reads one private app, fault.NotFound where the tenant has none of this id.
func (s *Service) App(ctx context.Context, by access.Principal, id string) (App, error) {
	if err := identity.May(by, access.PrivateApp, access.View); err != nil {
		return App{}, err
	}
	s.flush(ctx)
	return s.find(ctx, by.Tenant, id)
}

func (s *Service) find(ctx context.Context, tenant, id string) (App, error) {
	rec, err := s.record(ctx, tenant, id)
	if err != nil {
		return App{}, err
	}
	return s.decode(rec)
}

// record also keeps malformed ids away from the store.
func (s *Service) record(ctx context.Context, tenant, id string) (Record, error) {
	if !model.IsID(id) {
		return Record{}, fault.New(fault.NotFound, "There is no such private app.")
	}
	rec, err := s.Store.PrivateAppByID(ctx, tenant, id)
	if err != nil {
		return Record{}, fmt.Errorf("read private app: %w", err)
	}
	return rec, nil
}

func (s *Service) decode(rec Record) (App, error) {
	set, err := s.sets.Decode(rec.SetText)
	if err != nil {
		return App{}, fmt.Errorf("private app %s: %w", rec.ID, err)
	}
	a := rec.App
	a.Set = set
	return a, nil
}

// Create makes an app in the principal's tenant. Nobody gives it more than they could do themselves with every company.
func (s *Service) Create(ctx context.Context, by access.Principal, in Input) (App, error) {
	if err := identity.May(by, access.PrivateApp, access.Create); err != nil {
		return App{}, err
	}
	now := s.Now()
	rec := Record{App: App{ID: s.NewID(), Tenant: by.Tenant, Enabled: true, CreatedAt: now, CreatedBy: by.Person}}
	in.Enabled = true
	if err := s.apply(ctx, by, &rec, in); err != nil {
		return App{}, err
	}
	err := s.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.InsertPrivateApp(ctx, rec); err != nil {
			return fmt.Errorf("add private app: %w", err)
		}
		return s.note(ctx, by, rec.App, "private_app.create", map[string]string{"set": rec.SetText})
	})
	if err != nil {
		return App{}, err
	}
	return s.decode(rec)
}

// Update changes an app from the version that the caller saw, fault.Conflict where somebody was faster. It takes effect at the
// app's next call.
func (s *Service) Update(ctx context.Context, by access.Principal, id string, version int64, in Input) (App, error) {
	if err := identity.May(by, access.PrivateApp, access.Update); err != nil {
		return App{}, err
	}
	var rec Record
	err := s.Store.InTx(ctx, func(ctx context.Context) (err error) {
		if rec, err = s.record(ctx, by.Tenant, id); err != nil {
			return err
		}
		rec.Version = version
		if err := s.apply(ctx, by, &rec, in); err != nil {
			return err
		}
		if err := s.Store.UpdatePrivateApp(ctx, rec); err != nil {
			return fmt.Errorf("change private app: %w", err)
		}
		return s.note(ctx, by, rec.App, "private_app.update", map[string]string{"set": rec.SetText, "enabled": fmt.Sprint(rec.Enabled)})
	})
	if err != nil {
		return App{}, err
	}
	return s.decode(rec)
}

func (s *Service) apply(ctx context.Context, by access.Principal, rec *Record, in Input) error {
	if err := in.check(); err != nil {
		return err
	}
	reg, err := s.Registries.Current(ctx, by.Tenant)
	if err != nil {
		return fmt.Errorf("take registry: %w", err)
	}
	set := access.DataOnly(in.Set).Known(reg)
	before, err := s.sets.Decode(or(rec.SetText, "{}"))
	if err != nil {
		return err
	}
	switch may := mayGive(by, set); {
	case !may && !before.Covers(set):
		return fault.New(fault.Forbidden, "You may give a private app only what one of your roles with full access allows. Take away what goes beyond it, or ask an administrator.")
	case !may && in.Enabled && !rec.Enabled: // its tokens work again
		return fault.New(fault.Forbidden, "This app may do more than your roles with full access. Ask an administrator to enable it.")
	}
	rec.Name, rec.Description, rec.Enabled = in.Name, in.Description, in.Enabled
	rec.Version, rec.UpdatedAt = rec.Version+1, s.Now()
	rec.SetText = identity.EncodeSet(set)
	return nil
}

func or(text, fallback string) string {
	if text == "" {
		return fallback
	}
	return text
}

// mayGive: an app reaches every row, so only a role that does may be passed on.
func mayGive(by access.Principal, set access.Set) bool {
	if identity.MayManage(by, by.Tenant) == nil {
		return true
	}
	for _, l := range by.Lanes {
		if l.Portfolio == access.FullAccess && l.Set.Covers(set) {
			return true
		}
	}
	return false
}

// Delete removes an app with its tokens; the logs keep what it did.
func (s *Service) Delete(ctx context.Context, by access.Principal, id string) error {
	if err := identity.May(by, access.PrivateApp, access.Remove); err != nil {
		return err
	}
	return s.Store.InTx(ctx, func(ctx context.Context) error {
		rec, err := s.record(ctx, by.Tenant, id)
		if err != nil {
			return err
		}
		if err := s.Store.DeletePrivateApp(ctx, by.Tenant, id); err != nil {
			return fmt.Errorf("delete private app: %w", err)
		}
		return s.note(ctx, by, rec.App, "private_app.delete", nil)
	})
}

func (s *Service) note(ctx context.Context, by access.Principal, a App, act string, detail map[string]string) error {
	e := audit.By(by, act, s.Now())
	e.Tenant = a.Tenant
	e.Detail = map[string]string{"app": a.ID, "name": a.Name}
	for k, v := range detail {
		e.Detail[k] = v
	}
	return s.Store.AppendAudit(ctx, e)
}

// hash is the form under which tokens are stored and found.
func hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
