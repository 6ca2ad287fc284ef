package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"mandorla/internal/fault"
	"mandorla/internal/oauth"
)

const clientColumns = `c.id, c.tenant_id, c.name, c.description, c.kind, c.secret_hash, c.secret_last4, c.secret_changed_at,
	c.old_secret_hash, c.old_secret_until, c.redirect_uris, c.set_json, c.dynamic, c.published, c.unverified, c.enabled, c.version,
	c.created_at, c.created_by, c.updated_at,
	c.authorize_first_at, c.authorize_last_at, c.exchange_first_at, c.exchange_last_at, c.call_first_at, c.call_last_at,
	c.problem_code, c.problem_detail, c.problem_at, c.logo_hash, (SELECT h.status FROM sys_tenant h WHERE h.id = c.tenant_id),
	c.origin, c.app_id, c.approval, c.follows, c.no_refresh, c.read_at, c.fresh_until`

// clientScan collects clientColumns.
type clientScan struct {
	rec                                     oauth.ClientRecord
	redirects                               string
	secretChanged, oldUntil                 int64
	dynamic, published, unverified, enabled int
	created, updated                        int64
	steps                                   [6]int64
	problemAt                               int64
	home                                    sql.NullString // status of its tenant
	follows, noRefresh                      int
	readAt, freshUntil                      int64
}

func (c *clientScan) dest() []any {
	r := &c.rec
	out := []any{&r.ID, &r.Tenant, &r.Name, &r.Description, &r.Kind, &r.SecretHash, &r.SecretLast4, &c.secretChanged,
		&r.OldSecretHash, &c.oldUntil, &c.redirects, &r.SetText, &c.dynamic, &c.published, &c.unverified, &c.enabled, &r.Version,
		&c.created, &r.CreatedBy, &c.updated}
	for i := range c.steps {
		out = append(out, &c.steps[i])
	}
	return append(out, &r.Problem.Code, &r.Problem.Detail, &c.problemAt, &r.LogoHash, &c.home,
		&r.Origin, &r.AppID, &r.Approval, &c.follows, &c.noRefresh, &c.readAt, &c.freshUntil)
}

// bare gives the client without its redirect addresses, which calls with a token do not need.
func (c *clientScan) bare() oauth.ClientRecord {
	out := c.rec
	out.SecretChangedAt, out.OldSecretUntil = instant(c.secretChanged), instant(c.oldUntil)
	out.Dynamic, out.Published, out.Unverified, out.Enabled = c.dynamic != 0, c.published != 0, c.unverified != 0, c.enabled != 0
	out.Suspended = c.home.Valid && c.home.String != "active"
	out.Problem.At = instant(c.problemAt)
	out.Follows, out.NoRefresh = c.follows != 0, c.noRefresh != 0
	out.ReadAt, out.FreshUntil = instant(c.readAt), instant(c.freshUntil)
	out.CreatedAt, out.UpdatedAt = instant(c.created), instant(c.updated)
	out.Steps = oauth.Steps{
		AuthorizeFirst: instant(c.steps[0]), AuthorizeLast: instant(c.steps[1]),
		ExchangeFirst: instant(c.steps[2]), ExchangeLast: instant(c.steps[3]),
		CallFirst: instant(c.steps[4]), CallLast: instant(c.steps[5]),
	}
	return out
}

func (c *clientScan) client() (oauth.ClientRecord, error) {
	out := c.bare()
	if err := json.Unmarshal([]byte(c.redirects), &out.RedirectURIs); err != nil {
		return out, fmt.Errorf("redirect addresses of client %s: %w", out.ID, err)
	}
	return out, nil
}

func redirectsText(uris []string) (string, error) {
	if uris == nil {
		uris = []string{}
	}
	text, err := json.Marshal(uris)
	return string(text), err
}

// InsertClient is part of oauth.Store.
func (s *Store) InsertClient(ctx context.Context, c oauth.ClientRecord) error {
	redirects, err := redirectsText(c.RedirectURIs)
	if err != nil {
		return err
	}
	_, err = s.exec(ctx, `INSERT INTO sys_oauth_client (tenant_id, id, name, description, kind, secret_hash, secret_last4, secret_changed_at,
		redirect_uris, set_json, dynamic, published, unverified, enabled, version, created_at, created_by, updated_at,
		origin, app_id, approval, follows, no_refresh, read_at, fresh_until)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		c.Tenant, c.ID, c.Name, c.Description, string(c.Kind), c.SecretHash, c.SecretLast4, millis(c.SecretChangedAt),
		redirects, c.SetText, flag(c.Dynamic), flag(c.Published), flag(c.Unverified), flag(c.Enabled), c.Version,
		millis(c.CreatedAt), c.CreatedBy, millis(c.UpdatedAt),
		string(c.Origin), c.AppID, string(c.Approval), flag(c.Follows), flag(c.NoRefresh), millis(c.ReadAt), millis(c.FreshUntil))
	return s.conflict(err, "There is a client with this id already.")
}

// ClientByID is part of oauth.Store.
func (s *Store) ClientByID(ctx context.Context, id string) (oauth.ClientRecord, error) {
	var c clientScan
	if err := s.queryRow(ctx, `SELECT `+clientColumns+` FROM sys_oauth_client c WHERE c.id = ?`, id).Scan(c.dest()...); err != nil {
		return oauth.ClientRecord{}, missing(err, "There is no such client.")
	}
	return c.client()
}

// ClientsOf is part of oauth.Store.
func (s *Store) ClientsOf(ctx context.Context, tenant string) (out []oauth.ClientRecord, err error) {
	rows, err := s.query(ctx, `SELECT `+clientColumns+` FROM sys_oauth_client c WHERE c.tenant_id = ? ORDER BY c.name, c.id`, tenant)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var c clientScan
		if err := rows.Scan(c.dest()...); err != nil {
			return nil, err
		}
		rec, err := c.client()
		if err != nil {
			return nil, err
		}
		out = append(out, rec)
	}
	return out, rows.Err()
}

// UpdateClient is part of oauth.Store.
func (s *Store) UpdateClient(ctx context.Context, c oauth.ClientRecord) error {
	redirects, err := redirectsText(c.RedirectURIs)
	if err != nil {
		return err
	}
	res, err := s.exec(ctx, `UPDATE sys_oauth_client SET name = ?, description = ?, redirect_uris = ?, set_json = ?, dynamic = ?, published = ?,
		enabled = ?, version = ?, updated_at = ?, approval = ?, follows = ?, no_refresh = ?, read_at = ?, fresh_until = ?
		WHERE tenant_id = ? AND id = ? AND version = ?`,
		c.Name, c.Description, redirects, c.SetText, flag(c.Dynamic), flag(c.Published), flag(c.Enabled), c.Version, millis(c.UpdatedAt),
		string(c.Approval), flag(c.Follows), flag(c.NoRefresh), millis(c.ReadAt), millis(c.FreshUntil),
		c.Tenant, c.ID, c.Version-1)
	if err == nil && affected(res) == 0 {
		return fault.New(fault.Conflict, "Somebody changed this client meanwhile. Load it again and repeat your change.")
	}
	return err
}

// SetClientSecret is part of oauth.Store.
func (s *Store) SetClientSecret(ctx context.Context, c oauth.ClientRecord) error {
	res, err := s.exec(ctx, `UPDATE sys_oauth_client SET secret_hash = ?, secret_last4 = ?, secret_changed_at = ?, old_secret_hash = ?, old_secret_until = ?
		WHERE tenant_id = ? AND id = ?`,
		c.SecretHash, c.SecretLast4, millis(c.SecretChangedAt), c.OldSecretHash, millis(c.OldSecretUntil), c.Tenant, c.ID)
	return changed(res, err, "There is no such client.")
}

// DeleteClient is part of oauth.Store.
func (s *Store) DeleteClient(ctx context.Context, tenant, id string) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		for _, table := range []string{
			"sys_oauth_authorization", "sys_oauth_pending", "sys_oauth_shut_out", "sys_oauth_logo",
		} {
			if _, err := s.exec(ctx, `DELETE FROM `+table+` WHERE client_id = ?`, id); err != nil {
				return err
			}
		}
		res, err := s.exec(ctx, `DELETE FROM sys_oauth_client WHERE tenant_id = ? AND id = ?`, tenant, id)
		return changed(res, err, "There is no such client.")
	})
}

// MarkStep is part of oauth.Store; a mark within a minute of the last is left out.
func (s *Store) MarkStep(ctx context.Context, client string, step oauth.Step, at time.Time) error {
	switch step {
	case oauth.StepAuthorize, oauth.StepExchange, oauth.StepCall:
	default:
		return fmt.Errorf("unknown step %q", step)
	}
	first, last := string(step)+"_first_at", string(step)+"_last_at"
	_, err := s.exec(ctx, `UPDATE sys_oauth_client SET `+last+` = ?, `+first+` = CASE WHEN `+first+` = 0 THEN ? ELSE `+first+` END
		WHERE id = ? AND `+last+` < ?`, millis(at), millis(at), client, millis(at.Add(-time.Minute)))
	return err
}

// NoteProblem is part of oauth.Store.
func (s *Store) NoteProblem(ctx context.Context, client string, p oauth.Problem) error {
	_, err := s.exec(ctx, `UPDATE sys_oauth_client SET problem_code = ?, problem_detail = ?, problem_at = ? WHERE id = ?`, string(p.Code), p.Detail, millis(p.At), client)
	return err
}
