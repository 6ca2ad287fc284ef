package sqlstore

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/oauth"
)

var _ oauth.Store = (*Store)(nil)

const clientColumns = `c.id, c.tenant_id, c.name, c.description, c.kind, c.secret_hash, c.secret_last4, c.secret_changed_at,
	c.old_secret_hash, c.old_secret_until, c.redirect_uris, c.set_json, c.dynamic, c.published, c.unverified, c.enabled, c.version,
	c.created_at, c.created_by, c.updated_at,
	c.authorize_first_at, c.authorize_last_at, c.exchange_first_at, c.exchange_last_at, c.call_first_at, c.call_last_at,
	c.problem_code, c.problem_detail, c.problem_at`

// clientScan collects clientColumns.
type clientScan struct {
	rec                                     oauth.ClientRecord
	redirects                               string
	secretChanged, oldUntil                 int64
	dynamic, published, unverified, enabled int
	created, updated                        int64
	steps                                   [6]int64
	problemAt                               int64
}

func (c *clientScan) dest() []any {
	r := &c.rec
	out := []any{&r.ID, &r.Tenant, &r.Name, &r.Description, &r.Kind, &r.SecretHash, &r.SecretLast4, &c.secretChanged,
		&r.OldSecretHash, &c.oldUntil, &c.redirects, &r.SetText, &c.dynamic, &c.published, &c.unverified, &c.enabled, &r.Version,
		&c.created, &r.CreatedBy, &c.updated}
	for i := range c.steps {
		out = append(out, &c.steps[i])
	}
	return append(out, &r.Problem.Code, &r.Problem.Detail, &c.problemAt)
}

// bare gives the client without its redirect addresses, which calls with a token do not need.
func (c *clientScan) bare() oauth.ClientRecord {
	out := c.rec
	out.SecretChangedAt, out.OldSecretUntil = instant(c.secretChanged), instant(c.oldUntil)
	out.Dynamic, out.Published, out.Unverified, out.Enabled = c.dynamic != 0, c.published != 0, c.unverified != 0, c.enabled != 0
	out.Problem.At = instant(c.problemAt)
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
		redirect_uris, set_json, dynamic, published, unverified, enabled, version, created_at, created_by, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		c.Tenant, c.ID, c.Name, c.Description, string(c.Kind), c.SecretHash, c.SecretLast4, millis(c.SecretChangedAt),
		redirects, c.SetText, flag(c.Dynamic), flag(c.Published), flag(c.Unverified), flag(c.Enabled), c.Version,
		millis(c.CreatedAt), c.CreatedBy, millis(c.UpdatedAt))
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
		enabled = ?, version = ?, updated_at = ? WHERE tenant_id = ? AND id = ? AND version = ?`,
		c.Name, c.Description, redirects, c.SetText, flag(c.Dynamic), flag(c.Published), flag(c.Enabled), c.Version, millis(c.UpdatedAt),
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
		for _, table := range []string{"sys_oauth_authorization", "sys_oauth_token", "sys_oauth_code", "sys_oauth_pending"} {
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

// InsertPending is part of oauth.Store.
func (s *Store) InsertPending(ctx context.Context, p oauth.PendingRecord) error {
	_, err := s.exec(ctx, `INSERT INTO sys_oauth_pending (hash, browser, client_id, redirect_uri, state, scope, resource, challenge, fresh, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		p.Hash, p.Browser, p.Client, p.RedirectURI, p.State, p.Scope, p.Resource, p.Challenge, flag(p.Fresh), millis(p.CreatedAt))
	return err
}

// PendingByHash is part of oauth.Store.
func (s *Store) PendingByHash(ctx context.Context, hash string) (oauth.PendingRecord, error) {
	var p oauth.PendingRecord
	var fresh int
	var created, answered int64
	err := s.queryRow(ctx, `SELECT hash, browser, client_id, redirect_uri, state, scope, resource, challenge, fresh, created_at, answered_at,
		session_id, account_id, tenant_id, person_id, shown FROM sys_oauth_pending WHERE hash = ?`, hash).Scan(
		&p.Hash, &p.Browser, &p.Client, &p.RedirectURI, &p.State, &p.Scope, &p.Resource, &p.Challenge, &fresh, &created, &answered,
		&p.Session, &p.Account, &p.Tenant, &p.Person, &p.Shown)
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

const authorizationColumns = `z.id, z.tenant_id, z.person_id, z.account_id, z.account_epoch, z.client_id, z.resource, z.scope, z.set_json,
	z.created_at, z.connected_at, z.used_at, z.idle_until, z.expires_at, z.ended_at, z.ended_because`

type authorizationScan struct {
	rec   oauth.AuthorizationRecord
	times [6]int64
}

func (z *authorizationScan) dest() []any {
	r, t := &z.rec, &z.times
	return []any{&r.ID, &r.Tenant, &r.Person, &r.Account, &r.AccountEpoch, &r.Client, &r.Resource, &r.Scope, &r.SetText,
		&t[0], &t[1], &t[2], &t[3], &t[4], &t[5], &r.EndedBecause}
}

func (z *authorizationScan) authorization() oauth.AuthorizationRecord {
	out, t := z.rec, z.times
	out.CreatedAt, out.ConnectedAt, out.UsedAt = instant(t[0]), instant(t[1]), instant(t[2])
	out.IdleUntil, out.ExpiresAt, out.EndedAt = instant(t[3]), instant(t[4]), instant(t[5])
	return out
}

// InsertAuthorization is part of oauth.Store.
func (s *Store) InsertAuthorization(ctx context.Context, a oauth.AuthorizationRecord) error {
	_, err := s.exec(ctx, `INSERT INTO sys_oauth_authorization (tenant_id, id, person_id, account_id, account_epoch, client_id, resource, scope,
		set_json, created_at, idle_until, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		a.Tenant, a.ID, a.Person, a.Account, a.AccountEpoch, a.Client, a.Resource, a.Scope,
		a.SetText, millis(a.CreatedAt), millis(a.IdleUntil), millis(a.ExpiresAt))
	return err
}

// LockAuthorization is part of oauth.Store: the row stays locked until the transaction ends.
func (s *Store) LockAuthorization(ctx context.Context, id string) error {
	_, err := s.exec(ctx, `UPDATE sys_oauth_authorization SET locks = locks + 1 WHERE id = ?`, id)
	return err
}

// KeepAuthorization is part of oauth.Store.
func (s *Store) KeepAuthorization(ctx context.Context, id string, idleUntil, at time.Time) error {
	_, err := s.exec(ctx, `UPDATE sys_oauth_authorization SET idle_until = ?, connected_at = CASE WHEN connected_at = 0 THEN ? ELSE connected_at END
		WHERE id = ?`, millis(idleUntil), millis(at), id)
	return err
}

// SetAuthorizationSet is part of oauth.Store.
func (s *Store) SetAuthorizationSet(ctx context.Context, id, set string) error {
	res, err := s.exec(ctx, `UPDATE sys_oauth_authorization SET set_json = ? WHERE id = ?`, set, id)
	return changed(res, err, "There is no such connection.")
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
		ids = nil
		rows, err := s.query(ctx, `UPDATE sys_oauth_authorization SET ended_at = ?, ended_because = ? WHERE ended_at = 0 AND `+cond+` RETURNING id`,
			append([]any{millis(at), because}, args...)...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				return err
			}
			ids = append(ids, id)
		}
		return rows.Err()
	})
	return ids, err
}

// Authorizations is part of oauth.Store.
func (s *Store) Authorizations(ctx context.Context, which oauth.Which) (out []oauth.AuthorizationRecord, err error) {
	cond, args := matching(which, "z.")
	rows, err := s.query(ctx, `SELECT `+authorizationColumns+`, COALESCE(c.name, ''), COALESCE(u.first_name, ''), COALESCE(u.last_name, ''), COALESCE(a.email, '')
		FROM sys_oauth_authorization z LEFT JOIN sys_oauth_client c ON c.id = z.client_id
		LEFT JOIN users u ON u.tenant_id = z.tenant_id AND u._id = z.person_id LEFT JOIN sys_account a ON a.id = z.account_id
		WHERE `+cond+` ORDER BY z.created_at DESC, z.id DESC`, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var z authorizationScan
		var client, first, last, email string
		if err := rows.Scan(append(z.dest(), &client, &first, &last, &email)...); err != nil {
			return nil, err
		}
		one := z.authorization()
		one.ClientName, one.PersonName, one.Email = client, strings.TrimSpace(first+" "+last), email
		out = append(out, one)
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

// InsertCode is part of oauth.Store.
func (s *Store) InsertCode(ctx context.Context, c oauth.CodeRecord) error {
	_, err := s.exec(ctx, `INSERT INTO sys_oauth_code (tenant_id, hash, authorization_id, client_id, redirect_uri, challenge, created_at, expires_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		c.Tenant, c.Hash, c.Authorization, c.Client, c.RedirectURI, c.Challenge, millis(c.CreatedAt), millis(c.ExpiresAt))
	return err
}

// CodeByHash is part of oauth.Store.
func (s *Store) CodeByHash(ctx context.Context, hash string) (oauth.CodeRecord, error) {
	var c oauth.CodeRecord
	var created, expires, used int64
	err := s.queryRow(ctx, `SELECT tenant_id, hash, authorization_id, client_id, redirect_uri, challenge, created_at, expires_at, used_at
		FROM sys_oauth_code WHERE hash = ?`, hash).Scan(
		&c.Tenant, &c.Hash, &c.Authorization, &c.Client, &c.RedirectURI, &c.Challenge, &created, &expires, &used)
	c.CreatedAt, c.ExpiresAt, c.UsedAt = instant(created), instant(expires), instant(used)
	return c, missing(err, "There is no such code.")
}

// UseCode is part of oauth.Store.
func (s *Store) UseCode(ctx context.Context, hash string, at time.Time) (first bool, err error) {
	res, err := s.exec(ctx, `UPDATE sys_oauth_code SET used_at = ? WHERE hash = ? AND used_at = 0`, millis(at), hash)
	return err == nil && affected(res) == 1, err
}

const tokenColumns = `k.hash, k.tenant_id, k.authorization_id, k.client_id, k.kind, k.scope, k.created_at, k.expires_at, k.used_at, k.revoked_at,
	k.successor, k.sealed`

type tokenScan struct {
	rec   oauth.TokenRecord
	times [4]int64
}

func (k *tokenScan) dest() []any {
	r, t := &k.rec, &k.times
	return []any{&r.Hash, &r.Tenant, &r.Authorization, &r.Client, &r.Kind, &r.Scope, &t[0], &t[1], &t[2], &t[3], &r.Successor, &r.Sealed}
}

func (k *tokenScan) token() oauth.TokenRecord {
	out, t := k.rec, k.times
	out.CreatedAt, out.ExpiresAt, out.UsedAt, out.RevokedAt = instant(t[0]), instant(t[1]), instant(t[2]), instant(t[3])
	return out
}

// InsertToken is part of oauth.Store.
func (s *Store) InsertToken(ctx context.Context, t oauth.TokenRecord) error {
	_, err := s.exec(ctx, `INSERT INTO sys_oauth_token (tenant_id, hash, authorization_id, client_id, kind, scope, created_at, expires_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		t.Tenant, t.Hash, t.Authorization, t.Client, string(t.Kind), t.Scope, millis(t.CreatedAt), millis(t.ExpiresAt))
	return err
}

// TokenByHash is part of oauth.Store.
func (s *Store) TokenByHash(ctx context.Context, hash string) (oauth.TokenRecord, error) {
	var k tokenScan
	err := s.queryRow(ctx, `SELECT `+tokenColumns+` FROM sys_oauth_token k WHERE k.hash = ?`, hash).Scan(k.dest()...)
	return k.token(), missing(err, "There is no such token.")
}

// UseRefresh is part of oauth.Store.
func (s *Store) UseRefresh(ctx context.Context, hash string, at time.Time, successor, sealed string) (first bool, err error) {
	res, err := s.exec(ctx, `UPDATE sys_oauth_token SET used_at = ?, successor = ?, sealed = ? WHERE hash = ? AND used_at = 0`, millis(at), successor, sealed, hash)
	return err == nil && affected(res) == 1, err
}

// RevokeToken is part of oauth.Store.
func (s *Store) RevokeToken(ctx context.Context, hash string, at time.Time) error {
	_, err := s.exec(ctx, `UPDATE sys_oauth_token SET revoked_at = ? WHERE hash = ? AND revoked_at = 0`, millis(at), hash)
	return err
}

const standingColumns = authorizationColumns + `, ` + clientColumns + `, ` + memberColumns + `, ` + accountColumns + `, ` + roleColumns

// standingOne keeps one row for each authorization, standingJoins one for each role of its person.
const (
	standingOne = ` JOIN sys_oauth_client c ON c.id = z.client_id JOIN sys_member m ON m.tenant_id = z.tenant_id AND m.user_id = z.person_id` +
		memberJoins + ` JOIN sys_account a ON a.id = m.account_id`
	standingJoins = standingOne + roleJoins
)

// standingScan collects standingColumns.
type standingScan struct {
	z authorizationScan
	c clientScan
	m memberScan
	a accountScan
	r roleScan
}

func (s *standingScan) dest() []any {
	return concat(s.z.dest(), s.c.dest(), s.m.dest(), s.a.dest(), s.r.dest())
}

// standing gives the first row of an authorization, without its role.
func (s *standingScan) standing() oauth.Standing {
	out := oauth.Standing{Authorization: s.z.authorization(), Client: s.c.bare(), Member: s.m.membership()}
	out.Member.Account = s.a.account()
	return out
}

func (s *standingScan) addRole(to *oauth.Standing) {
	if s.r.id.Valid {
		to.Member.Roles = append(to.Member.Roles, s.r.role())
	}
}

// Standing is part of oauth.Store.
func (s *Store) Standing(ctx context.Context, authorization string) (oauth.Standing, error) {
	return s.standing(ctx, nil, `SELECT `+standingColumns+` FROM sys_oauth_authorization z`+standingJoins+` WHERE z.id = ? ORDER BY r.id`, authorization)
}

// StandingByToken is part of oauth.Store.
func (s *Store) StandingByToken(ctx context.Context, hash string) (oauth.TokenRecord, oauth.Standing, error) {
	var k tokenScan
	st, err := s.standing(ctx, k.dest(), `SELECT `+tokenColumns+`, `+standingColumns+
		` FROM sys_oauth_token k JOIN sys_oauth_authorization z ON z.tenant_id = k.tenant_id AND z.id = k.authorization_id`+standingJoins+
		` WHERE k.hash = ? ORDER BY r.id`, hash)
	return k.token(), st, err
}

// standing reads the rows of one authorization, one per role of the person; more columns may stand before.
func (s *Store) standing(ctx context.Context, before []any, text string, key string) (oauth.Standing, error) {
	var out oauth.Standing
	rows, err := s.query(ctx, text, key)
	if err != nil {
		return out, err
	}
	defer rows.Close()
	var scan standingScan
	dest := concat(before, scan.dest())
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return out, err
		}
		if out.Authorization.ID == "" {
			out = scan.standing()
		}
		scan.addRole(&out)
	}
	if out.Authorization.ID == "" && rows.Err() == nil {
		return out, fault.New(fault.NotFound, "There is no such connection.")
	}
	return out, rows.Err()
}

// Standings is part of oauth.Store. The inner statement counts authorizations, the outer one has a row for each role.
func (s *Store) Standings(ctx context.Context, which oauth.Which, after string, limit int) (out []oauth.Standing, err error) {
	cond, args := matching(which, "z.")
	rows, err := s.query(ctx, `SELECT `+standingColumns+` FROM (SELECT z.id FROM sys_oauth_authorization z`+standingOne+
		` WHERE `+cond+` AND z.id > ? ORDER BY z.id LIMIT ?) page JOIN sys_oauth_authorization z ON z.id = page.id`+standingJoins+` ORDER BY z.id, r.id`,
		append(args, after, limit)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var scan standingScan
	dest := scan.dest()
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return nil, err
		}
		if n := len(out); n == 0 || out[n-1].Authorization.ID != scan.z.rec.ID {
			out = append(out, scan.standing())
		}
		scan.addRole(&out[len(out)-1])
	}
	return out, rows.Err()
}

// DeleteStale is part of oauth.Store. What to remove is looked for outside of the transaction, which only removes by key.
func (s *Store) DeleteStale(ctx context.Context, pending, rest time.Time, limit int) (more bool, err error) {
	at := millis(rest)
	for _, stale := range []struct {
		table, key, when string
		args             []any
	}{
		{"sys_oauth_pending", "hash", "created_at < ?", []any{millis(pending)}},
		{"sys_oauth_code", "hash", "expires_at < ?", []any{at}},
		{"sys_oauth_token", "hash", "expires_at < ?", []any{at}},
		{"sys_oauth_authorization", "id", "(ended_at > 0 AND ended_at < ? OR idle_until < ? OR expires_at < ?)", []any{at, at, at}},
	} {
		keys, err := s.keys(ctx, "SELECT "+stale.key+" FROM "+stale.table+" WHERE "+stale.when+" LIMIT ?", append(stale.args, limit)...)
		if err != nil {
			return false, err
		}
		if err := s.deleteKeys(ctx, stale.table, stale.key, keys, stale.when, stale.args); err != nil {
			return false, err
		}
		more = more || len(keys) == limit
	}
	return more, nil
}

// deleteKeys removes the rows with these keys for which the condition still holds; an authorization takes its tokens with it.
func (s *Store) deleteKeys(ctx context.Context, table, key string, keys []any, when string, args []any) error {
	if len(keys) == 0 {
		return nil
	}
	in := " IN (?" + strings.Repeat(", ?", len(keys)-1) + ")"
	return s.InTx(ctx, func(ctx context.Context) error {
		if table == "sys_oauth_authorization" {
			if _, err := s.exec(ctx, "DELETE FROM sys_oauth_token WHERE authorization_id"+in, keys...); err != nil {
				return err
			}
		}
		_, err := s.exec(ctx, "DELETE FROM "+table+" WHERE "+key+in+" AND "+when, append(keys, args...)...)
		return err
	})
}

// keys reads one column of texts.
func (s *Store) keys(ctx context.Context, text string, args ...any) (out []any, err error) {
	err = s.each(ctx, text, func(scan func(...any) error) error {
		var key string
		err := scan(&key)
		out = append(out, key)
		return err
	}, args...)
	return out, err
}
