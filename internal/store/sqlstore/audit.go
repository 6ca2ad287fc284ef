package sqlstore

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/audit"
)

const auditColumns = "tenant_id, id, at, act, person, person_name, client, client_name, authorization_id, surface, ip, model, record, changes, detail, call_id, app, app_name"

// AppendAudit adds entries within the transaction that ctx carries, or in one of its own. It sets an empty ID.
func (s *Store) AppendAudit(ctx context.Context, entries ...audit.Entry) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		for i := range entries {
			if entries[i].ID == "" {
				entries[i].ID = s.newID()
			}
			if err := s.appendAudit(ctx, entries[i]); err != nil {
				return fmt.Errorf("append to the audit log: %w", err)
			}
		}
		return nil
	})
}

func (s *Store) appendAudit(ctx context.Context, e audit.Entry) error {
	changes, err := json.Marshal(e.Changes)
	if err != nil {
		return err
	}
	detail, err := json.Marshal(e.Detail)
	if err != nil {
		return err
	}
	_, err = s.exec(ctx, "INSERT INTO sys_audit ("+auditColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		e.Tenant, e.ID, e.At.UnixMilli(), e.Act, e.Person, e.PersonName, e.Client, e.ClientName, e.Authorization, string(e.Surface), e.IP,
		e.Model, e.Record, string(changes), string(detail), e.Call, e.App, e.AppName)
	return err
}

// RecordAudit lists the newest entries about one record, newest first, at most limit.
func (s *Store) RecordAudit(ctx context.Context, tenant, modelName, record string, limit int) ([]audit.Entry, error) {
	return s.auditEntries(ctx, "SELECT "+auditColumns+" FROM sys_audit WHERE tenant_id = ? AND model = ? AND record = ? ORDER BY id DESC LIMIT ?",
		tenant, modelName, record, limit)
}

// TenantAudit lists the newest entries of a tenant whose act begins with prefix, newest first, at most limit.
func (s *Store) TenantAudit(ctx context.Context, tenant, prefix string, limit int) ([]audit.Entry, error) {
	return s.auditEntries(ctx, "SELECT "+auditColumns+" FROM sys_audit WHERE tenant_id = ? AND substr(act, 1, ?) = ? ORDER BY id DESC LIMIT ?",
		tenant, len([]rune(prefix)), prefix, limit)
}

func (s *Store) auditEntries(ctx context.Context, text string, args ...any) ([]audit.Entry, error) {
	var out []audit.Entry
	err := s.each(ctx, text, func(scan func(...any) error) error {
		e, err := scanAudit(scan)
		out = append(out, e)
		return err
	}, args...)
	if err != nil {
		return nil, fmt.Errorf("read the audit log: %w", err)
	}
	return out, nil
}

func scanAudit(scan func(...any) error) (e audit.Entry, err error) {
	var at int64
	var surface, changes, detail string
	if err := scan(&e.Tenant, &e.ID, &at, &e.Act, &e.Person, &e.PersonName, &e.Client, &e.ClientName, &e.Authorization, &surface, &e.IP,
		&e.Model, &e.Record, &changes, &detail, &e.Call, &e.App, &e.AppName); err != nil {
		return e, err
	}
	e.At, e.Surface = time.UnixMilli(at).UTC(), access.Surface(surface)
	if err := json.Unmarshal([]byte(changes), &e.Changes); err != nil {
		return e, err
	}
	return e, json.Unmarshal([]byte(detail), &e.Detail)
}
