// Package schema owns the live registry of each tenant: the catalog plus the tenant's own custom properties, as an immutable
// snapshot under a version. A request is told the version with its first query (access.Principal.RegistryVersion) and gets
// exactly that snapshot, so no replica ever works with a stale one and nothing is ever invalidated.
package schema

import (
	"context"
	"fmt"
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
	if len(p.Name) < 7 || p.Name[:7] != "custom." {
		p.Name = "custom." + p.Name
	}
	if !model.CustomName(p.Name) {
		return nil, fault.BadField("name", "a custom property's name has at most 80 letters, digits, spaces and _/&()%%+-.")
	}
	p.Custom, p.ID = true, "cf_"+s.newID()
	err := s.store.InTx(ctx, func(ctx context.Context) error {
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
