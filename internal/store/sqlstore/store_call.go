package sqlstore

import (
	"context"
	"time"

	"mandorla/internal/audit"
)

var _ audit.CallStore = (*Store)(nil)

const callColumns = `tenant_id, id, at, person, person_name, client, client_name, authorization_id, app, app_name, token, surface, tool, model, record,
	row_count, byte_count, duration_us, outcome, agent, ip`

// AppendCalls is part of audit.CallStore.
func (s *Store) AppendCalls(ctx context.Context, calls []audit.Call) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		for _, c := range calls {
			if c.ID == "" {
				c.ID = s.newID()
			}
			_, err := s.exec(ctx, `INSERT INTO sys_call (`+callColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
				ON CONFLICT (tenant_id, id) DO NOTHING`,
				c.Tenant, c.ID, millis(c.At), c.Person, c.PersonName, c.Client, c.ClientName, c.Authorization, c.App, c.AppName, c.Token, string(c.Surface),
				c.Tool, c.Model, c.Record, c.Rows, c.Bytes, c.Duration.Microseconds(), c.Outcome, c.Agent, c.IP)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Calls is part of audit.CallStore.
func (s *Store) Calls(ctx context.Context, q audit.CallQuery) (out []audit.Call, err error) {
	text, args := `SELECT `+callColumns+` FROM sys_call WHERE tenant_id = ?`, []any{q.Tenant}
	for _, f := range []struct{ cond, value string }{
		{"client = ?", q.Client}, {"app = ?", q.App}, {"person = ?", q.Person}, {"authorization_id = ?", q.Authorization}, {"id < ?", q.Before},
	} {
		if f.value != "" {
			text, args = text+" AND "+f.cond, append(args, f.value)
		}
	}
	switch q.Outcome {
	case "":
	case "failed":
		text += " AND outcome <> 'ok'"
	default:
		text, args = text+" AND outcome = ?", append(args, q.Outcome)
	}
	err = s.each(ctx, text+" ORDER BY id DESC LIMIT ?", func(scan func(...any) error) error {
		var c audit.Call
		var at, micros int64
		err := scan(&c.Tenant, &c.ID, &at, &c.Person, &c.PersonName, &c.Client, &c.ClientName, &c.Authorization, &c.App, &c.AppName, &c.Token, &c.Surface,
			&c.Tool, &c.Model, &c.Record, &c.Rows, &c.Bytes, &micros, &c.Outcome, &c.Agent, &c.IP)
		c.At, c.Duration = instant(at), time.Duration(micros)*time.Microsecond
		out = append(out, c)
		return err
	}, append(args, q.Limit)...)
	return out, err
}

// DeleteCalls is part of audit.CallStore.
func (s *Store) DeleteCalls(ctx context.Context, before time.Time) error {
	_, err := s.exec(ctx, `DELETE FROM sys_call WHERE at < ?`, millis(before))
	return err
}
