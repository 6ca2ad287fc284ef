package sqlstore

import (
	"context"

	"mandorla/internal/fault"
	"mandorla/internal/oauth"
)

const standingColumns = authorizationColumns + `, ` + shutOutColumn + `, ` + clientColumns + `, ` + memberColumns + `, ` + accountColumns + `, ` + roleColumns

// shutOutColumn costs nothing for the many clients that are not published.
const shutOutColumn = `CASE WHEN c.published = 0 THEN 0 ELSE (SELECT COUNT(*) FROM sys_oauth_shut_out x WHERE x.tenant_id = z.tenant_id AND x.client_id = z.client_id) END`

// standingOne keeps one row for each authorization, standingJoins one for each role of its person.
const (
	standingOne = authorizationSet + ` JOIN sys_oauth_client c ON c.id = z.client_id JOIN sys_member m ON m.tenant_id = z.tenant_id AND m.user_id = z.person_id` +
		memberJoins + ` JOIN sys_account a ON a.id = m.account_id`
	standingJoins = standingOne + roleJoins
)

// standingScan collects standingColumns.
type standingScan struct {
	z       authorizationScan
	shutOut int
	c       clientScan
	m       memberScan
	a       accountScan
	r       roleScan
}

func (s *standingScan) dest() []any {
	return concat(s.z.dest(), []any{&s.shutOut}, s.c.dest(), s.m.dest(), s.a.dest(), s.r.dest())
}

// standing gives the first row of an authorization, without its role.
func (s *standingScan) standing() oauth.Standing {
	out := oauth.Standing{Authorization: s.z.authorization(), ShutOut: s.shutOut != 0, Client: s.c.bare(), Member: s.m.membership()}
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
	return s.standing(ctx, "z.id = ?", authorization)
}

// StandingByFamily is part of oauth.Store.
func (s *Store) StandingByFamily(ctx context.Context, family string) (oauth.Standing, error) {
	return s.standing(ctx, byFamily, familyKey(family)...)
}

// standing reads the rows of one authorization, one per role of the person.
func (s *Store) standing(ctx context.Context, cond string, key ...any) (out oauth.Standing, err error) {
	rows, err := s.query(ctx, `SELECT `+tokensColumns+`, `+standingColumns+` FROM sys_oauth_authorization z`+standingJoins+` WHERE `+cond+` ORDER BY r.id`, key...)
	if err != nil {
		return out, err
	}
	defer rows.Close()
	var tokens tokensScan
	var scan standingScan
	dest := concat(tokens.dest(), scan.dest())
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return out, err
		}
		if out.Authorization.ID == "" {
			out = scan.standing()
			if out.Tokens, err = tokens.tokens(); err != nil {
				return out, err
			}
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
