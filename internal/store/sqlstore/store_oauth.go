package sqlstore

import (
	"context"
	"slices"
	"strings"
	"time"

	"mandorla/internal/identity"
	"mandorla/internal/oauth"
)

var _ oauth.Store = (*Store)(nil)

// InsertPending is part of oauth.Store.
func (s *Store) InsertPending(ctx context.Context, p oauth.PendingRecord) error {
	_, err := s.exec(ctx, `INSERT INTO sys_oauth_pending (hash, browser, client_id, redirect_uri, state, scope, resource, challenge, fresh, created_at, refusal)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		p.Hash, p.Browser, p.Client, p.RedirectURI, p.State, p.Scope, p.Resource, p.Challenge, flag(p.Fresh), millis(p.CreatedAt), p.Refusal)
	return err
}

// PendingByHash is part of oauth.Store.
func (s *Store) PendingByHash(ctx context.Context, hash string) (oauth.PendingRecord, error) {
	var p oauth.PendingRecord
	var fresh int
	var created, answered int64
	err := s.queryRow(ctx, `SELECT hash, browser, client_id, redirect_uri, state, scope, resource, challenge, fresh, created_at, answered_at,
		session_id, account_id, tenant_id, person_id, shown, refusal FROM sys_oauth_pending WHERE hash = ?`, hash).Scan(
		&p.Hash, &p.Browser, &p.Client, &p.RedirectURI, &p.State, &p.Scope, &p.Resource, &p.Challenge, &fresh, &created, &answered,
		&p.Session, &p.Account, &p.Tenant, &p.Person, &p.Shown, &p.Refusal)
	p.Fresh, p.CreatedAt, p.AnsweredAt = fresh != 0, instant(created), instant(answered)
	return p, missing(err, "There is no such request.")
}

// ShowPending is part of oauth.Store.
func (s *Store) ShowPending(ctx context.Context, p oauth.PendingRecord) error {
	_, err := s.exec(ctx, `UPDATE sys_oauth_pending SET session_id = ?, account_id = ?, tenant_id = ?, person_id = ?, shown = ?
		WHERE hash = ? AND answered_at = 0`, p.Session, p.Account, p.Tenant, p.Person, p.Shown, p.Hash)
	return err
}

// AnswerPending is part of oauth.Store.
func (s *Store) AnswerPending(ctx context.Context, hash string, at time.Time) (first bool, err error) {
	res, err := s.exec(ctx, `UPDATE sys_oauth_pending SET answered_at = ? WHERE hash = ? AND answered_at = 0`, millis(at), hash)
	return err == nil && affected(res) == 1, err
}

const authorizationColumns = `z.id, z.tenant_id, z.person_id, z.account_id, z.account_epoch, z.client_id, z.resource, z.scope, z.family,
	p.set_json, z.created_at, z.connected_at, z.used_at, z.idle_until, z.expires_at, z.ended_at, z.ended_because, z.redirect_host`

// authorizationSet joins an authorization with its permission set.
const authorizationSet = ` JOIN sys_permission_set p ON p.tenant_id = z.tenant_id AND p.hash = z.set_hash`

type authorizationScan struct {
	rec   oauth.AuthorizationRecord
	times [6]int64
}

func (z *authorizationScan) dest() []any {
	r, t := &z.rec, &z.times
	return []any{&r.ID, &r.Tenant, &r.Person, &r.Account, &r.AccountEpoch, &r.Client, &r.Resource, &r.Scope, &r.Family, &r.SetText,
		&t[0], &t[1], &t[2], &t[3], &t[4], &t[5], &r.EndedBecause, &r.RedirectHost}
}

func (z *authorizationScan) authorization() oauth.AuthorizationRecord {
	out, t := z.rec, z.times
	out.CreatedAt, out.ConnectedAt, out.UsedAt = instant(t[0]), instant(t[1]), instant(t[2])
	out.IdleUntil, out.ExpiresAt, out.EndedAt = instant(t[3]), instant(t[4]), instant(t[5])
	return out
}

// InsertAuthorization is part of oauth.Store.
func (s *Store) InsertAuthorization(ctx context.Context, a oauth.AuthorizationRecord, t oauth.Tokens) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		set, err := s.keepSet(ctx, a.Tenant, a.SetText, a.CreatedAt)
		if err != nil {
			return err
		}
		_, err = s.exec(ctx, `INSERT INTO sys_oauth_authorization (tenant_id, id, number, family, person_id, account_id, account_epoch, client_id, resource,
			scope, set_hash, created_at, connected_at, idle_until, expires_at, redirect_host, version, access_tokens, refresh_hash, spent_hash, spent_at,
			sealed, code_hash, code_used_at, code_redirect_uri, code_challenge, code_sealed)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			a.Tenant, a.ID, familyNumber(a.Family), a.Family, a.Person, a.Account, a.AccountEpoch, a.Client, a.Resource, a.Scope,
			set, millis(a.CreatedAt), millis(a.ConnectedAt), millis(a.IdleUntil), millis(a.ExpiresAt), a.RedirectHost, t.Version, accessText(t.Access), t.Refresh,
			t.Spent, millis(t.SpentAt), t.Sealed, t.Code.Hash, millis(t.Code.UsedAt), t.Code.RedirectURI, t.Code.Challenge, t.Code.Sealed)
		return err
	})
}

// LockAuthorization is part of oauth.Store.
func (s *Store) LockAuthorization(ctx context.Context, id string) error {
	return s.lockAuthorization(ctx, "id = ?", id)
}

// lockAuthorization keeps the row for this transaction until that ends. Where one transaction writes at a time it keeps all others out anyway.
func (s *Store) lockAuthorization(ctx context.Context, cond string, args ...any) error {
	if s.d.OneWriter {
		return nil
	}
	_, err := s.keys(ctx, `SELECT t.number FROM sys_oauth_authorization t WHERE `+cond+s.d.ForEdit, args...)
	return err
}

// SetAuthorizationSet is part of oauth.Store.
func (s *Store) SetAuthorizationSet(ctx context.Context, tenant, id, set string, at time.Time) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		hash, err := s.keepSet(ctx, tenant, set, at)
		if err != nil {
			return err
		}
		res, err := s.exec(ctx, `UPDATE sys_oauth_authorization SET set_hash = ? WHERE tenant_id = ? AND id = ?`, hash, tenant, id)
		return changed(res, err, "There is no such connection.")
	})
}

// matching renders a condition on sys_oauth_authorization under this alias.
func matching(w oauth.Which, alias string) (cond string, args []any) {
	parts := []string{"1 = 1"}
	add := func(column string, value any, op string) {
		parts = append(parts, alias+column+" "+op+" ?")
		args = append(args, value)
	}
	for _, f := range []struct{ column, value string }{
		{"id", w.ID}, {"tenant_id", w.Tenant}, {"client_id", w.Client}, {"person_id", w.Person}, {"account_id", w.Account}, {"resource", w.Resource},
	} {
		if f.value != "" {
			add(f.column, f.value, "=")
		}
	}
	if w.Role != "" {
		parts = append(parts, alias+"person_id IN (SELECT user_id FROM sys_member_role WHERE tenant_id = ? AND role_id = ?)")
		args = append(args, w.Tenant, w.Role)
	}
	if !w.Alive.IsZero() {
		parts = append(parts, alias+"ended_at = 0")
		add("expires_at", millis(w.Alive), ">")
		add("idle_until", millis(w.Alive), ">")
	}
	return strings.Join(parts, " AND "), args
}

// EndAuthorizations is part of oauth.Store.
func (s *Store) EndAuthorizations(ctx context.Context, which oauth.Which, because string, at time.Time) (ids []string, err error) {
	cond, args := matching(which, "")
	err = s.InTx(ctx, func(ctx context.Context) error {
		ids, err = texts(s.query(ctx, `UPDATE sys_oauth_authorization SET ended_at = ?, ended_because = ? WHERE ended_at = 0 AND `+cond+` RETURNING id`,
			append([]any{millis(at), because}, args...)...))
		return err
	})
	return ids, err
}

// Authorizations is part of oauth.Store.
func (s *Store) Authorizations(ctx context.Context, which oauth.Which) (out []oauth.AuthorizationRecord, err error) {
	cond, args := matching(which, "z.")
	rows, err := s.query(ctx, `SELECT `+authorizationColumns+`, COALESCE(c.name, ''), COALESCE(c.logo_hash, ''), COALESCE(u.first_name, ''), COALESCE(u.last_name, ''), COALESCE(a.email, '')
		FROM sys_oauth_authorization z`+authorizationSet+` LEFT JOIN sys_oauth_client c ON c.id = z.client_id
		LEFT JOIN users u ON u.tenant_id = z.tenant_id AND u._id = z.person_id LEFT JOIN sys_account a ON a.id = z.account_id
		WHERE `+cond+` ORDER BY z.created_at DESC, z.id DESC`, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var z authorizationScan
		var first, last string
		if err := rows.Scan(append(z.dest(), &z.rec.ClientName, &z.rec.ClientLogo, &first, &last, &z.rec.Email)...); err != nil {
			return nil, err
		}
		z.rec.PersonName = strings.TrimSpace(first + " " + last)
		out = append(out, z.authorization())
	}
	return out, rows.Err()
}

// NoteUses is part of oauth.Store.
func (s *Store) NoteUses(ctx context.Context, uses []identity.Use) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		latest := map[string]time.Time{}
		for _, u := range uses {
			if _, err := s.exec(ctx, `UPDATE sys_oauth_authorization SET used_at = ? WHERE id = ? AND used_at < ?`, millis(u.At), u.ID, millis(u.At)); err != nil {
				return err
			}
			if latest[u.Owner].Before(u.At) {
				latest[u.Owner] = u.At
			}
		}
		clients := make([]string, 0, len(latest))
		for id := range latest {
			clients = append(clients, id)
		}
		slices.Sort(clients)
		for _, id := range clients {
			if err := s.MarkStep(ctx, id, oauth.StepCall, latest[id]); err != nil {
				return err
			}
		}
		return nil
	})
}
