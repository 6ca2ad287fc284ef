package sqlstore

import (
	"context"
	"encoding/json"
	"fmt"

	"mandorla/internal/fault"
	"mandorla/internal/model"
)

// definition is the stored JSON of a custom property. Names of keys never change.
type definition struct {
	Kind       string   `json:"kind"`
	Label      string   `json:"label,omitempty"`
	Doc        string   `json:"doc,omitempty"`
	To         string   `json:"to,omitempty"`
	Options    []string `json:"options,omitempty"`
	Aliases    []string `json:"aliases,omitempty"`
	Required   bool     `json:"required,omitempty"`
	Index      bool     `json:"index,omitempty"`
	Search     bool     `json:"search,omitempty"`
	ReadOnly   bool     `json:"readOnly,omitempty"`
	CreateOnly bool     `json:"createOnly,omitempty"`
	List       bool     `json:"list,omitempty"`
	Sensitive  bool     `json:"sensitive,omitempty"`
}

func define(p model.Property) definition {
	return definition{
		Kind: p.Kind.Name(), Label: p.Label, Doc: p.Doc, To: p.To, Options: p.Options, Aliases: p.Aliases, Required: p.Required,
		Index: p.Index, Search: p.Search, ReadOnly: p.ReadOnly, CreateOnly: p.CreateOnly, List: p.List, Sensitive: p.Sensitive,
	}
}

func (d definition) property(id, name string) (model.Property, error) {
	p := model.Property{
		ID: id, Name: name, Custom: true, Label: d.Label, Doc: d.Doc, To: d.To, Options: d.Options, Aliases: d.Aliases,
		Required: d.Required, Index: d.Index, Search: d.Search, ReadOnly: d.ReadOnly, CreateOnly: d.CreateOnly, List: d.List, Sensitive: d.Sensitive,
	}
	kind, ok := model.CustomKind(d.Kind)
	if p.Kind = kind; !ok {
		return p, fmt.Errorf("custom property %s is of the unknown kind %q", name, d.Kind)
	}
	return p, nil
}

// CustomProperties gives a tenant's own properties by model name in the order they were added, and the version of the tenant's
// registry, both of the same moment. An unknown tenant is fault.NotFound.
func (s *Store) CustomProperties(ctx context.Context, tenant string) (map[string][]model.Property, int64, error) {
	out, version, known := map[string][]model.Property{}, int64(0), false
	err := s.each(ctx, `SELECT t.registry_version, coalesce(p.id, ''), coalesce(p.model, ''), coalesce(p.name, ''), coalesce(p.definition, '')
		FROM sys_tenant AS t LEFT JOIN sys_custom_property AS p ON p.tenant_id = t.id
		WHERE t.id = ? ORDER BY p.id`, func(scan func(...any) error) error {
		var id, modelName, name, text string
		if err := scan(&version, &id, &modelName, &name, &text); err != nil {
			return err
		}
		if known = true; id == "" {
			return nil
		}
		var d definition
		if err := json.Unmarshal([]byte(text), &d); err != nil {
			return fmt.Errorf("custom property %s: %w", id, err)
		}
		p, err := d.property(id, name)
		out[modelName] = append(out[modelName], p)
		return err
	}, tenant)
	switch {
	case err != nil:
		return nil, 0, err
	case !known:
		return nil, 0, fault.New(fault.NotFound, "There is no such tenant.")
	}
	return out, version, nil
}

// AddCustomProperty adds one and raises the version of the tenant's registry; a taken name is a fault.Conflict. Unique is refused:
// no index guards values in the JSON column.
func (s *Store) AddCustomProperty(ctx context.Context, tenant, modelName string, p model.Property) error {
	text, err := defined(p)
	if err != nil {
		return err
	}
	return s.newRegistry(ctx, tenant, func(ctx context.Context) error {
		_, err := s.exec(ctx, "INSERT INTO sys_custom_property (tenant_id, id, model, name, definition) VALUES (?, ?, ?, ?, ?)",
			tenant, p.ID, modelName, p.Name, text)
		return s.conflict(err, "%s already has %s.", modelName, p.Name)
	})
}

// ChangeCustomProperty stores another name and definition under a custom property's ID and raises the version of the tenant's registry;
// a taken name is a fault.Conflict, an unknown property fault.NotFound. Values and permissions are kept by the ID, so they stay as they
// are: the kind must be the same.
func (s *Store) ChangeCustomProperty(ctx context.Context, tenant, modelName string, p model.Property) error {
	text, err := defined(p)
	if err != nil {
		return err
	}
	return s.newRegistry(ctx, tenant, func(ctx context.Context) error {
		res, err := s.exec(ctx, "UPDATE sys_custom_property SET name = ?, definition = ? WHERE tenant_id = ? AND model = ? AND id = ?",
			p.Name, text, tenant, modelName, p.ID)
		return s.conflict(changed(res, err, "There is no such property."), "%s already has %s.", modelName, p.Name)
	})
}

// defined gives what is stored of a custom property beside its ID and name.
func defined(p model.Property) (string, error) {
	if p.Unique || p.Computed() || !customKey(p.ID) {
		return "", fault.New(fault.Invalid, "A custom property cannot be unique or computed.")
	}
	text, err := json.Marshal(define(p))
	if err != nil {
		return "", fmt.Errorf("custom property %s: %w", p.Name, err)
	}
	return string(text), nil
}

// RemoveCustomProperty removes a custom property with all its values and raises the version of the tenant's registry.
func (s *Store) RemoveCustomProperty(ctx context.Context, tenant string, m *model.Model, id string) error {
	if !customKey(id) {
		return fault.New(fault.NotFound, "There is no such property.")
	}
	return s.newRegistry(ctx, tenant, func(ctx context.Context) error {
		res, err := s.exec(ctx, "DELETE FROM sys_custom_property WHERE tenant_id = ? AND model = ? AND id = ?", tenant, m.Name, id)
		if err := changed(res, err, "There is no such property."); err != nil {
			return err
		}
		_, err = s.exec(ctx, "UPDATE "+quoted(m.Route)+" SET "+customColumn+" = "+s.d.Merge(customColumn, nil, []string{id})+
			" WHERE tenant_id = ? AND "+customColumn+" IS NOT NULL", tenant)
		return err
	})
}

// newRegistry raises the version of a tenant's registry and changes the registry, in one transaction.
func (s *Store) newRegistry(ctx context.Context, tenant string, change func(ctx context.Context) error) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		res, err := s.exec(ctx, "UPDATE sys_tenant SET registry_version = registry_version + 1 WHERE id = ?", tenant)
		if err := changed(res, err, "There is no such tenant."); err != nil {
			return err
		}
		return change(ctx)
	})
}
