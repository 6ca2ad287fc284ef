package sqlstore

import (
	"context"
	"time"
)

// Tenant is one customer's isolated world.
type Tenant struct {
	ID, Name, Slug  string
	CreatedAt       time.Time
	RegistryVersion int64  // grows with every change of its custom properties
	Status          string // "active"
}

// CreateTenant adds a tenant; a taken id or slug is a fault.Conflict.
func (s *Store) CreateTenant(ctx context.Context, id, name, slug string) error {
	_, err := s.exec(ctx, "INSERT INTO sys_tenant (id, name, slug, created_at) VALUES (?, ?, ?, "+s.d.Now+")", id, name, slug)
	return s.conflict(err, "There already is a tenant with the short name %q.", slug)
}

const tenantColumns = "SELECT id, name, slug, created_at, registry_version, status FROM sys_tenant"

// Tenants lists all tenants by their short names.
func (s *Store) Tenants(ctx context.Context) ([]Tenant, error) {
	var out []Tenant
	err := s.each(ctx, tenantColumns+" ORDER BY slug, id", func(scan func(...any) error) error {
		t, err := scanTenant(scan)
		out = append(out, t)
		return err
	})
	return out, err
}

// Tenant finds a tenant by id, fault.NotFound where there is none.
func (s *Store) Tenant(ctx context.Context, id string) (Tenant, error) {
	t, err := scanTenant(s.queryRow(ctx, tenantColumns+" WHERE id = ?", id).Scan)
	return t, missing(err, "There is no such tenant.")
}

func scanTenant(scan func(...any) error) (t Tenant, err error) {
	var at int64
	err = scan(&t.ID, &t.Name, &t.Slug, &at, &t.RegistryVersion, &t.Status)
	t.CreatedAt = time.UnixMilli(at).UTC()
	return t, err
}

// Setting gives a value of the whole installation, fault.NotFound where it was never set.
func (s *Store) Setting(ctx context.Context, name string) (value string, err error) {
	err = s.queryRow(ctx, "SELECT value FROM sys_setting WHERE name = ?", name).Scan(&value)
	return value, missing(err, "There is no setting %q.", name)
}

// SetSetting sets a value of the whole installation.
func (s *Store) SetSetting(ctx context.Context, name, value string) error {
	_, err := s.exec(ctx, "INSERT INTO sys_setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, value)
	return err
}

// EnsureSetting sets a value only where there is none yet and gives the one that is kept: callers at the same moment all get the
// same.
func (s *Store) EnsureSetting(ctx context.Context, name, value string) (kept string, err error) {
	err = s.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.exec(ctx, "INSERT INTO sys_setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING", name, value); err != nil {
			return err
		}
		kept, err = s.Setting(ctx, name)
		return err
	})
	return kept, err
}
