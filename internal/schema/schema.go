// Package schema owns the live registry of each tenant: the catalog plus the tenant's own custom properties, as an immutable
// snapshot under a version. A request is told the version with its first query (access.Principal.RegistryVersion) and gets
// exactly that snapshot, so no replica ever works with a stale one and nothing is ever invalidated.
package schema

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"mandorla/internal/fault"
	"mandorla/internal/model"
)

// Store keeps custom properties.
type Store interface {
	// InTx runs fn in one transaction; a context that already carries one joins it.
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
	// CustomProperties gives a tenant's own properties by model name, and the version of the tenant's registry.
	CustomProperties(ctx context.Context, tenant string) (map[string][]model.Property, int64, error)
	// AddCustomProperty adds one and raises the version of the tenant's registry.
	AddCustomProperty(ctx context.Context, tenant, modelName string, p model.Property) error
	// ChangeCustomProperty and RemoveCustomProperty raise it as well; the values of a removed one go with it.
	ChangeCustomProperty(ctx context.Context, tenant, modelName string, p model.Property) error
	RemoveCustomProperty(ctx context.Context, tenant string, m *model.Model, id string) error
}

// Service gives registries. Safe for concurrent use.
type Service struct {
	store   Store
	catalog []model.Model
	base    *model.Registry
	newID   func() string

	mu    sync.Mutex
	cache map[string]snapshot // by tenant
}

type snapshot struct {
	version int64
	reg     *model.Registry
}

// New checks the catalog and makes the service.
func New(store Store, catalog []model.Model, newID func() string) (*Service, error) {
	base, err := model.New(catalog, nil)
	if err != nil {
		return nil, fmt.Errorf("catalog: %w", err)
	}
	return &Service{store: store, catalog: catalog, base: base, newID: newID, cache: map[string]snapshot{}}, nil
}

// Base is the registry without any tenant's custom properties.
func (s *Service) Base() *model.Registry { return s.base }

// Registry gives the tenant's registry at this version or a newer one.
func (s *Service) Registry(ctx context.Context, tenant string, version int64) (*model.Registry, error) {
	if version == 0 {
		return s.base, nil
	}
	s.mu.Lock()
	have, ok := s.cache[tenant]
	s.mu.Unlock()
	if ok && have.version >= version {
		return have.reg, nil
	}
	return s.load(ctx, tenant)
}

// Current reads the tenant's registry as it is now, for callers without a principal.
func (s *Service) Current(ctx context.Context, tenant string) (*model.Registry, error) {
	return s.load(ctx, tenant)
}

func (s *Service) load(ctx context.Context, tenant string) (*model.Registry, error) {
	custom, version, err := s.store.CustomProperties(ctx, tenant)
	if err != nil {
		return nil, fmt.Errorf("read custom properties: %w", err)
	}
	reg := s.base
	if len(custom) > 0 {
		if reg, err = model.New(s.catalog, custom); err != nil {
			return nil, fmt.Errorf("registry of tenant %s: %w", tenant, err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if have, ok := s.cache[tenant]; !ok || have.version < version {
		s.cache[tenant] = snapshot{version: version, reg: reg}
	}
	return reg, nil
}

// AddCustom declares a custom property on a model of the tenant. The name may be given with or without "custom.".
// An equal property that is already there is fine; one of another kind is a fault.Conflict, one that no registry can hold
// fault.Invalid.
func (s *Service) AddCustom(ctx context.Context, tenant, modelName string, p model.Property) (*model.Property, error) {
	name, err := CustomName(p.Name)
	if err != nil {
		return nil, err
	}
	p.Name = name
	p.Custom, p.ID = true, "cf_"+s.newID()
	err = s.store.InTx(ctx, func(ctx context.Context) error {
		m, err := s.model(ctx, tenant, modelName)
		if err != nil {
			return err
		}
		if have, there := m.Property(p.Name); there {
			if have.Kind != p.Kind {
				return fault.New(fault.Conflict, "%s already has %s, of kind %s.", m.Label, p.Name, have.Kind.Label())
			}
			return nil
		}
		if _, err := s.Preview(ctx, tenant, m.Name, p.ID, &p); err != nil {
			return err
		}
		return s.store.AddCustomProperty(ctx, tenant, m.Name, p)
	})
	if err != nil {
		return nil, err
	}
	m, err := s.model(ctx, tenant, modelName)
	if err != nil {
		return nil, err
	}
	out, _ := m.Property(p.Name)
	return out, nil
}

// ChangeCustom replaces a custom property by another declaration under the same ID: its values, and what anybody may do with it, stay.
// The kind and what it refers to cannot change (fault.Invalid). A taken name is a fault.Conflict, an unknown property fault.NotFound.
func (s *Service) ChangeCustom(ctx context.Context, tenant, modelName string, p model.Property) error {
	name, err := CustomName(p.Name)
	if err != nil {
		return err
	}
	p.Name, p.Custom = name, true
	return s.store.InTx(ctx, func(ctx context.Context) error {
		m, have, err := s.custom(ctx, tenant, modelName, p.ID)
		if err != nil {
			return err
		}
		if have.Kind != p.Kind || have.To != p.To {
			return fault.New(fault.Invalid, "What a property holds cannot change, since its values would not fit. Add another one instead.")
		}
		if other, taken := m.Property(name); taken && other != have {
			return fault.New(fault.Conflict, "%s already has %s.", m.Label, name)
		}
		if _, err := s.Preview(ctx, tenant, m.Name, p.ID, &p); err != nil {
			return err
		}
		return s.store.ChangeCustomProperty(ctx, tenant, m.Name, p)
	})
}

// RemoveCustom removes a custom property, given by its ID, with all its values. Its ID is never given again, so permissions that named
// it mean nothing any more.
func (s *Service) RemoveCustom(ctx context.Context, tenant, modelName, id string) error {
	return s.store.InTx(ctx, func(ctx context.Context) error {
		m, p, err := s.custom(ctx, tenant, modelName, id)
		if err != nil {
			return err
		}
		return s.store.RemoveCustomProperty(ctx, tenant, m, p.ID)
	})
}

func (s *Service) model(ctx context.Context, tenant, name string) (*model.Model, error) {
	reg, err := s.load(ctx, tenant)
	if err != nil {
		return nil, err
	}
	m, ok := reg.Model(name)
	if !ok {
		return nil, fault.New(fault.NotFound, "There is no model %q.", name)
	}
	return m, nil
}

func (s *Service) custom(ctx context.Context, tenant, modelName, id string) (*model.Model, *model.Property, error) {
	m, err := s.model(ctx, tenant, modelName)
	if err != nil {
		return nil, nil, err
	}
	if p, ok := m.PropertyByID(id); ok && p.Custom {
		return m, p, nil
	}
	return nil, nil, fault.New(fault.NotFound, "%s has no such custom property.", m.Label)
}

// Preview gives the tenant's registry as it would be with p in the place of the custom property of this ID, or without that where p is
// nil; fault.Invalid where no registry can be like that: nobody could work with any model any more.
func (s *Service) Preview(ctx context.Context, tenant, modelName, id string, p *model.Property) (*model.Registry, error) {
	custom, _, err := s.store.CustomProperties(ctx, tenant)
	if err != nil {
		return nil, fmt.Errorf("read custom properties: %w", err)
	}
	custom[modelName] = slices.DeleteFunc(custom[modelName], func(have model.Property) bool { return have.ID == id })
	if p != nil {
		custom[modelName] = append(custom[modelName], *p)
	}
	reg, err := model.New(s.catalog, custom)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "The data model would not hold together.")
	}
	return reg, nil
}

// CustomName checks the name of a custom property, given with or without "custom.", and gives it with that.
func CustomName(name string) (string, error) {
	if !strings.HasPrefix(name, "custom.") {
		name = "custom." + name
	}
	if !model.CustomName(name) {
		return "", fault.BadField("name", "has at most 80 letters, digits, spaces and _/&()%%+-, and begins with a letter or digit.")
	}
	return name, nil
}
