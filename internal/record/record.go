// Package record is the gate: the only way to customer data. Every read and write of every surface passes here, and here alone
// permissions, validation, the change log and the order of these are applied.
//
// The order is always the same: take the principal's registry snapshot, decide, check every property path of every clause, validate by
// kind, open a transaction, write, log the change in the same transaction. Row rules are conditions in the same statement
// as the question, never code after the fact. What a principal may not see is answered exactly like what does not exist.
//
// It must not know HTTP, MCP or SQL. Surfaces call it with an access.Principal; Store is implemented below internal/store.
package record

import (
	"context"
	"fmt"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/model"
	"mandorla/internal/query"
)

// Registries gives the registry snapshot of a tenant at a version; schema.Service is one.
type Registries interface {
	Registry(ctx context.Context, tenant string, version int64) (*model.Registry, error)
}

// Options is what a Service needs; every field but Guard is required.
type Options struct {
	Store      Store
	Registries Registries
	Now        func() time.Time
	NewID      func() string
	CursorKey  []byte // at least 32 secret bytes, the same on every replica
	Guard      Guard  // nil: nothing beside the gate's own rules
}

// Guard holds what must stay true of other things whatever happens to the records of a model. It is asked inside the transaction,
// before a record is changed or removed; what it gives is asked afterwards, and its error undoes the change.
type Guard func(ctx context.Context, tenant string, m *model.Model) (after func(ctx context.Context) error, err error)

// Service is the gate. Safe for concurrent use.
type Service struct {
	people     colleagues
	store      Store
	registries Registries
	now        func() time.Time
	newID      func() string
	cursors    cursorCodec
	guard      Guard
}

// New makes the gate.
func New(o Options) *Service {
	return &Service{store: o.Store, registries: o.Registries, now: o.Now, newID: o.NewID, cursors: cursorCodec{key: o.CursorKey}, guard: o.Guard}
}

// request is one principal's question over one registry snapshot.
type request struct {
	access.Decider
	p access.Principal
}

func (s *Service) begin(ctx context.Context, p access.Principal) (*request, error) {
	if p.Tenant == "" {
		return nil, fault.New(fault.Unauthenticated, "Nobody is signed in.")
	}
	reg, err := s.registries.Registry(ctx, p.Tenant, p.RegistryVersion)
	if err != nil {
		return nil, fmt.Errorf("take registry: %w", err)
	}
	people, err := s.people.of(ctx, s.store, reg, p)
	if err != nil {
		return nil, err
	}
	return &request{Decider: p.Decide(reg).With(people), p: p}, nil
}

// beginWrite is begin for a change. Somebody who looks through another person's eyes changes nothing.
func (s *Service) beginWrite(ctx context.Context, p access.Principal) (*request, error) {
	if err := p.MayChange(); err != nil {
		return nil, err
	}
	return s.begin(ctx, p)
}

// model finds a model the principal may view, or create where forCreate is set.
func (r *request) model(name string, forCreate bool) (*model.Model, error) {
	m, ok := r.Model(name)
	if !ok || !forCreate && !r.Any(m, access.View) {
		return nil, r.unknownModel(name, forCreate)
	}
	return m, nil
}

// Models lists the models that the principal may view or create, in declared order.
func (s *Service) Models(ctx context.Context, p access.Principal) ([]ModelView, error) {
	r, err := s.begin(ctx, p)
	if err != nil {
		return nil, err
	}
	var out []ModelView
	for _, m := range r.Registry().Models() {
		if r.Any(m, access.View) || r.Any(m, access.Create) {
			out = append(out, r.view(m))
		}
	}
	return out, nil
}

// Describe gives one model as the principal may know it; an unknown and a hidden model are the same fault.NotFound.
func (s *Service) Describe(ctx context.Context, p access.Principal, name string) (ModelView, error) {
	r, err := s.begin(ctx, p)
	if err != nil {
		return ModelView{}, err
	}
	m, err := r.model(name, true)
	if err != nil {
		return ModelView{}, err
	}
	return r.view(m), nil
}

// ModelView is a model as one principal may know it.
type ModelView struct {
	Model      *model.Model
	Actions    access.Action
	Properties []PropertyView
}

// PropertyView is a property as one principal may know it.
type PropertyView struct {
	Property *model.Property
	Read     bool // on some row
	Create   bool // may be sent at creation
	Update   bool // may be sent in an update, on some row
}

func (r *request) view(m *model.Model) ModelView {
	v := ModelView{Model: m, Actions: r.Actions(m)}
	for _, p := range m.Props() {
		pv := PropertyView{Property: p, Create: r.Writes(m, p, access.Create)}
		_, pv.Read = query.Seen(r, m, p)
		pv.Update = pv.Read && !p.CreateOnly && r.Writes(m, p, access.Update)
		if r.known(m, p, access.Create) {
			v.Properties = append(v.Properties, pv)
		}
	}
	return v
}

// known reports whether a request for this action may name the property.
func (r *request) known(m *model.Model, p *model.Property, a access.Action) bool {
	return r.Names(m, p, a)
}
