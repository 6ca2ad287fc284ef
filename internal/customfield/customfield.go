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
	return s.known(ctx, by)
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
	if err := identity.May(by, access.CustomField, access.Create); err != nil {
		return nil, err
	}
	var out *model.Property
	err := s.Store.InTx(ctx, func(ctx context.Context) error {
		m, err := s.own(ctx, by, modelName)
		if err != nil {
			return err
		}
		p, err := s.declared(ctx, by, m.Model, f, "")
		if err != nil {
			return err
		}
		if out, err = s.Schema.AddCustom(ctx, by.Tenant, m.Name, p); err != nil {
			return err
		}
		return s.note(ctx, by, m.Model, *out, "custom_field.create")
	})
	return out, err
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
	m, err := s.own(ctx, by, modelName)
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
	if err := identity.May(by, access.CustomField, access.Update); err != nil {
		return err
	}
	return s.Store.InTx(ctx, func(ctx context.Context) error {
		m, p, err := s.field(ctx, by, modelName, id)
		if err != nil {
			return err
		}
		if Mark(p) != was {
			return fault.New(fault.Conflict, "Somebody changed this field in the meantime. Open it again and repeat your change.")
		}
		f.Kind, f.To = p.Kind, p.To
		next, err := s.declared(ctx, by, m.Model, f, id)
		if err != nil {
			return err
		}
		next.ID, next.Label, next.Aliases, next.Index, next.Search, next.ReadOnly, next.CreateOnly = p.ID, p.Label, p.Aliases, p.Index, p.Search, p.ReadOnly, p.CreateOnly
		next.Custom = true
		if err := s.keepsPortfolios(ctx, by, m.Model, p.ID, &next); err != nil {
			return err
		}
		if err := s.Schema.ChangeCustom(ctx, by.Tenant, m.Name, next); err != nil {
			return err
		}
		return s.note(ctx, by, m.Model, next, "custom_field.update")
	})
}

// Remove takes a custom field away with all its values, also those in records that the principal does not reach. One that the portfolio
// of a role is made of stays, with fault.Conflict.
func (s *Service) Remove(ctx context.Context, by access.Principal, modelName, id string) error {
	if err := identity.May(by, access.CustomField, access.Remove); err != nil {
		return err
	}
	return s.Store.InTx(ctx, func(ctx context.Context) error {
		m, p, err := s.field(ctx, by, modelName, id)
		if err != nil {
			return err
		}
		if err := s.keepsPortfolios(ctx, by, m.Model, id, nil); err != nil {
			return err
		}
		gone := *p
		if err := s.Schema.RemoveCustom(ctx, by.Tenant, m.Name, id); err != nil {
			return err
		}
		return s.note(ctx, by, m.Model, gone, "custom_field.delete")
	})
}

// own finds a model whose fields the principal may work on.
func (s *Service) own(ctx context.Context, by access.Principal, name string) (Model, error) {
	models, err := s.known(ctx, by)
	if err != nil {
		return Model{}, err
	}
	return find(models, name)
}

func (s *Service) field(ctx context.Context, by access.Principal, modelName, id string) (Model, *model.Property, error) {
	m, err := s.own(ctx, by, modelName)
	if err != nil {
		return m, nil, err
	}
	p, ok := m.Custom(id)
	if !ok {
		return m, nil, fault.New(fault.NotFound, "%s has no such custom field.", m.Label)
	}
	return m, p, nil
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
