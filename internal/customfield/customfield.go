// Package customfield owns what people do to the data model of their tenant: who may look at it, who may add, change and remove the
// tenant's own properties, and what must not break by that.
//
// schema keeps the registry and identity the permission; the values of a field are records, which it never reads. Packages web and cmd
// call it.
package customfield

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/audit"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/model"
	"mandorla/internal/record"
	"mandorla/internal/schema"
)

// Limits of one field.
const (
	MaxDoc     = 300 // characters of the description
	MaxOptions = 200
	MaxOption  = 80  // characters of one option
	MaxFields  = 500 // custom fields of one model
)

// Options are what a Service is made of; all are required.
type Options struct {
	Store interface {
		audit.Store
		InTx(ctx context.Context, fn func(ctx context.Context) error) error
		// LockTenant lets nobody else change the data model or the roles of a tenant until the transaction ends.
		LockTenant(ctx context.Context, tenant string) error
	}
	Schema   *schema.Service
	Identity *identity.Service
	Gate     *record.Service
	Now      func() time.Time
}

// Service works on custom fields. Safe for concurrent use.
type Service struct{ Options }

// New makes the service; it panics on a missing option.
func New(o Options) *Service {
	if o.Store == nil || o.Schema == nil || o.Identity == nil || o.Gate == nil || o.Now == nil {
		panic("customfield: every option is required")
	}
	return &Service{o}
}

// Model is a model with those of its properties that somebody may know.
type Model struct {
	*model.Model
	Known []*model.Property // in declared order, the tenant's own last

	among []Model // all that the same person may know
}

// Target gives the model that a reference refers to, unless the person may not know it.
func (m Model) Target(p *model.Property) (*model.Model, bool) {
	if i := slices.IndexFunc(m.among, named(p.To)); i >= 0 {
		return m.among[i].Model, true
	}
	return nil, false
}

// Custom gives one of the tenant's own properties by its ID.
func (m Model) Custom(id string) (*model.Property, bool) {
	for _, p := range m.Known {
		if p.ID == id && p.Custom {
			return p, true
		}
	}
	return nil, false
}

// Models lists what the principal may know of the data model: everything as an administrator, who gives the permissions on it;
// otherwise what a role of theirs shows of records. Who may not view custom fields gets fault.Forbidden.
func (s *Service) Models(ctx context.Context, by access.Principal) ([]Model, error) {
	if err := identity.May(by, access.CustomField, access.View); err != nil {
		return nil, err
	}
	models, err := s.known(ctx, by)
	for i := range models {
		models[i].among = models
	}
	return models, err
}

// Model gives one of the models by name or route; what the principal may not know is fault.NotFound like what does not exist.
func (s *Service) Model(ctx context.Context, by access.Principal, name string) (Model, error) {
	models, err := s.Models(ctx, by)
	if err != nil {
		return Model{}, err
	}
	return find(models, name)
}

func (s *Service) known(ctx context.Context, by access.Principal) ([]Model, error) {
	if by.Admin || identity.Operator(by) {
		reg, err := s.Schema.Current(ctx, by.Tenant)
		if err != nil {
			return nil, err
		}
		var out []Model
		for _, m := range reg.Models() {
			out = append(out, Model{Model: m, Known: m.Props()})
		}
		return out, nil
	}
	views, err := s.Gate.Models(ctx, by)
	if err != nil {
		return nil, err
	}
	var out []Model
	for _, v := range views {
		if v.Actions&access.View == 0 {
			continue
		}
		m := Model{Model: v.Model}
		for _, p := range v.Properties {
			if p.Read {
				m.Known = append(m.Known, p.Property)
			}
		}
		out = append(out, m)
	}
	return out, nil
}

func find(models []Model, name string) (Model, error) {
	if i := slices.IndexFunc(models, named(name)); i >= 0 {
		return models[i], nil
	}
	return Model{}, fault.New(fault.NotFound, "There is no model %q.", name)
}

// named recognises a model by its name or route.
func named(name string) func(Model) bool {
	return func(m Model) bool { return m.Name == name || m.Route == name }
}

// Field is what people say of a custom field.
type Field struct {
	Name    string // as people call it and as it stands behind "custom." everywhere else
	Doc     string // one sentence for people and assistants
	Kind    model.Kind
	To      string   // references: the model referred to
	Options []string // choices: what can be chosen, in order

	Required  bool // a new record needs a value
	List      bool // among the columns that tables show at first
	Sensitive bool // left out of presets of permissions
}

// Of gives the field of a custom property.
func Of(p *model.Property) Field {
	return Field{
		Name: strings.TrimPrefix(p.Name, "custom."), Doc: p.Doc, Kind: p.Kind, To: p.To, Options: p.Options,
		Required: p.Required, List: p.List, Sensitive: p.Sensitive,
	}
}

// Mark changes with everything that can be changed of a custom property.
func Mark(p *model.Property) string {
	f := Of(p)
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %t %t %t", f.Name, f.Doc, f.Options, f.Required, f.List, f.Sensitive))
	return hex.EncodeToString(sum[:8])
}

// Add makes a custom field on a model and gives the property it became. Who sees and changes it is said by the permissions: where they
// have all properties of the model, also future ones, it is there at once. A taken name is a fault.BadField.
func (s *Service) Add(ctx context.Context, by access.Principal, modelName string, f Field) (*model.Property, error) {
	var out *model.Property
	err := s.write(ctx, by, access.Create, func(ctx context.Context) error {
		m, _, err := s.own(ctx, by, modelName)
		if err != nil {
			return err
		}
		p, err := s.declared(ctx, by, m, f, "")
		if err != nil {
			return err
		}
		if out, err = s.Schema.AddCustom(ctx, by.Tenant, m.Name, p); err != nil {
			return err
		}
		return s.note(ctx, by, m, *out, "custom_field.create")
	})
	return out, err
}

// write runs one act on the data model, where the principal may do it, and no other one beside it.
func (s *Service) write(ctx context.Context, by access.Principal, a access.Action, act func(ctx context.Context) error) error {
	if err := identity.May(by, access.CustomField, a); err != nil {
		return err
	}
	return s.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.LockTenant(ctx, by.Tenant); err != nil {
			return fmt.Errorf("lock tenant: %w", err)
		}
		return act(ctx)
	})
}

// Ensure makes a custom field where the model, named as registries understand it, has none of this name, so that a file can be
// imported again.
func (s *Service) Ensure(ctx context.Context, by access.Principal, modelName string, f Field) error {
	reg, err := s.Schema.Current(ctx, by.Tenant)
	if err != nil {
		return err
	}
	if m, ok := reg.Model(modelName); ok {
		modelName = m.Name
	}
	m, _, err := s.own(ctx, by, modelName)
	if err != nil {
		return err
	}
	if _, there := m.Property("custom." + strings.TrimPrefix(f.Name, "custom.")); there {
		return nil
	}
	if _, err := schema.CustomName(f.Name); err != nil {
		_, fields := fault.Safe(err)
		return fault.New(fault.Invalid, "The name of the custom field %q %s", f.Name, fields[0].Msg) // a file has names of its own
	}
	_, err = s.Add(ctx, by, m.Name, f)
	return err
}

// Change replaces what a custom field, given by its ID, says of itself; was is the Mark of what the change was made from, fault.Conflict
// where somebody was faster. Kind and To stay as they are. Its values and the permissions on it stay.
func (s *Service) Change(ctx context.Context, by access.Principal, modelName, id, was string, f Field) error {
	return s.write(ctx, by, access.Update, func(ctx context.Context) error {
		m, p, err := s.field(ctx, by, modelName, id)
		if err != nil {
			return err
		}
		if Mark(p) != was {
			return fault.New(fault.Conflict, "Somebody changed this field in the meantime. Open it again and repeat your change.")
		}
		f.Kind, f.To = p.Kind, p.To
		said, err := s.declared(ctx, by, m, f, id)
		if err != nil {
			return err
		}
		next := *p
		next.Name, next.Doc, next.Options, next.Required, next.List, next.Sensitive = said.Name, said.Doc, said.Options, said.Required, said.List, said.Sensitive
		if err := s.keepsPortfolios(ctx, by, m, id, &next); err != nil {
			return err
		}
		if err := s.Schema.ChangeCustom(ctx, by.Tenant, m.Name, next); err != nil {
			return err
		}
		return s.note(ctx, by, m, next, "custom_field.update")
	})
}

// Remove takes a custom field away with all its values, also those in records that the principal does not reach. One that the portfolio
// of a role is made of stays, with fault.Conflict.
func (s *Service) Remove(ctx context.Context, by access.Principal, modelName, id string) error {
	return s.write(ctx, by, access.Remove, func(ctx context.Context) error {
		m, p, err := s.field(ctx, by, modelName, id)
		if err != nil {
			return err
		}
		if err := s.keepsPortfolios(ctx, by, m, id, nil); err != nil {
			return err
		}
		if err := s.Schema.RemoveCustom(ctx, by.Tenant, m.Name, id); err != nil {
			return err
		}
		return s.note(ctx, by, m, *p, "custom_field.delete")
	})
}

// own gives a model whose fields the principal may work on as it is now, which may be later than the request began, and what the
// principal may know of it.
func (s *Service) own(ctx context.Context, by access.Principal, name string) (*model.Model, Model, error) {
	models, err := s.known(ctx, by)
	if err != nil {
		return nil, Model{}, err
	}
	known, err := find(models, name)
	if err != nil {
		return nil, Model{}, err
	}
	reg, err := s.Schema.Current(ctx, by.Tenant)
	if err != nil {
		return nil, Model{}, err
	}
	now, _ := reg.Model(known.Name)
	return now, known, nil
}

// field gives a custom field that the principal may know, and its model, as they are now.
func (s *Service) field(ctx context.Context, by access.Principal, modelName, id string) (*model.Model, *model.Property, error) {
	m, known, err := s.own(ctx, by, modelName)
	if err != nil {
		return nil, nil, err
	}
	if _, ok := known.Custom(id); ok {
		if p, ok := m.PropertyByID(id); ok {
			return m, p, nil
		}
	}
	return nil, nil, fault.New(fault.NotFound, "%s has no such custom field.", m.Label)
}

// keepsPortfolios refuses a change of a field after which the portfolio of a role could not be worked out any more: a name, a choice or
// the field itself that its filter asks for is gone. The role would reach nothing from the next request on.
func (s *Service) keepsPortfolios(ctx context.Context, by access.Principal, m *model.Model, id string, next *model.Property) error {
	now, err := s.Schema.Current(ctx, by.Tenant)
	if err != nil {
		return err
	}
	then, err := s.Schema.Preview(ctx, by.Tenant, m.Name, id, next)
	if err != nil {
		return fmt.Errorf("work out the data model: %w", err)
	}
	roles, err := s.Identity.Roles(ctx, by.Tenant)
	if err != nil {
		return fmt.Errorf("read roles: %w", err)
	}
	var names []string
	for _, r := range roles {
		if r.Portfolio.Check(now) == nil && r.Portfolio.Check(then) != nil {
			names = append(names, r.Name)
		}
	}
	switch {
	case len(names) == 0:
		return nil
	case !by.Manages(access.RoleModel, access.View) && !identity.Operator(by):
		return fault.New(fault.Conflict, "This would leave people with no rows, since the portfolio of a role asks for it. An administrator has to change the portfolio first.")
	}
	return fault.New(fault.Conflict, "This would leave people with no rows, since the portfolio of %s asks for it. Change that portfolio first.", strings.Join(names, ", "))
}

func (s *Service) note(ctx context.Context, by access.Principal, m *model.Model, p model.Property, act string) error {
	e := audit.By(by, act, s.Now())
	e.Model = m.Name
	e.Detail = map[string]string{"field": p.ID, "name": p.Name, "kind": p.Kind.Name(), "to": p.To, "options": strings.Join(p.Options, "; "), "doc": p.Doc}
	return s.Store.AppendAudit(ctx, e)
}
