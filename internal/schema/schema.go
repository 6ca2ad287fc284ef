// Package schema owns the live registry of each tenant: the catalog plus the tenant's own custom properties, as an immutable
// snapshot under a version. A request is told the version with its first query (access.Principal.RegistryVersion) and gets
// exactly that snapshot, so no replica ever works with a stale one and nothing is ever invalidated.
package schema

import (
	"context"
	"fmt"
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
	// RenameCustomProperty and RemoveCustomProperty raise it as well; the values of a removed one go with it.
	RenameCustomProperty(ctx context.Context, tenant, id, name string) error
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
// An equal property that is already there is fine; one of another kind is a fault.Conflict.
func (s *Service) AddCustom(ctx context.Context, tenant, modelName string, p model.Property) (*model.Property, error) {
	name, err := customName(p.Name)
	if err != nil {
		return nil, err
	}
	p.Name = name
	p.Custom, p.ID = true, "cf_"+s.newID()
	err = s.store.InTx(ctx, func(ctx context.Context) error {
		reg, err := s.load(ctx, tenant)
		if err != nil {
			return err
		}
		m, ok := reg.Model(modelName)
		if !ok {
			return fault.New(fault.NotFound, "There is no model %q.", modelName)
		}
		if have, there := m.Property(p.Name); there {
			if have.Kind != p.Kind {
				return fault.New(fault.Conflict, "%s already has %s, of kind %s.", m.Label, p.Name, have.Kind.Label())
			}
			return nil
		}
		return s.store.AddCustomProperty(ctx, tenant, m.Name, p)
	})
	if err != nil {
		return nil, err
	}
	reg, err := s.load(ctx, tenant)
	if err != nil {
		return nil, err
	}
	m, _ := reg.Model(modelName)
	out, _ := m.Property(p.Name)
	return out, nil
}

// RenameCustom gives a custom property another name. Its values, and what anybody may do with it, stay with its ID. A taken name is a
// fault.Conflict, an unknown property fault.NotFound.
func (s *Service) RenameCustom(ctx context.Context, tenant, modelName, old, name string) error {
	name, err := customName(name)
	if err != nil {
		return err
	}
	return s.store.InTx(ctx, func(ctx context.Context) error {
		m, p, err := s.custom(ctx, tenant, modelName, old)
		if err != nil {
			return err
		}
		if other, taken := m.Property(name); taken && other != p {
			return fault.New(fault.Conflict, "%s already has %s.", m.Label, name)
		}
		return s.store.RenameCustomProperty(ctx, tenant, p.ID, name)
	})
}

// RemoveCustom removes a custom property with all its values. Its ID is never given again, so permissions that named it mean nothing
// any more.
func (s *Service) RemoveCustom(ctx context.Context, tenant, modelName, name string) error {
	return s.store.InTx(ctx, func(ctx context.Context) error {
		m, p, err := s.custom(ctx, tenant, modelName, name)
		if err != nil {
			return err
		}
		return s.store.RemoveCustomProperty(ctx, tenant, m, p.ID)
	})
}

func (s *Service) custom(ctx context.Context, tenant, modelName, name string) (*model.Model, *model.Property, error) {
	reg, err := s.load(ctx, tenant)
	if err != nil {
		return nil, nil, err
	}
	m, ok := reg.Model(modelName)
	if !ok {
		return nil, nil, fault.New(fault.NotFound, "There is no model %q.", modelName)
	}
	if p, ok := m.Property(name); ok && p.Custom {
		return m, p, nil
	}
	return nil, nil, fault.New(fault.NotFound, "%s has no custom property %q.", m.Label, name)
}

// customName checks a name that may be given with or without "custom.".
func customName(name string) (string, error) {
	if !strings.HasPrefix(name, "custom.") {
		name = "custom." + name
	}
	if !model.CustomName(name) {
		return "", fault.BadField("name", "a custom property's name has at most 80 letters, digits, spaces and _/&()%%+-.")
	}
	return name, nil
}
