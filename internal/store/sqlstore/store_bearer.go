package sqlstore

import (
	"context"
	"database/sql"

	"mandorla/internal/oauth"
)

// bearerText is asked at every call with an access token. Each column and each join of it costs; names, teams and roles of the person are kept
// by package identity under the version of the tenant's people that is read here.
const bearerText = `SELECT z.access_tokens, z.id, z.tenant_id, z.person_id, z.account_id, z.account_epoch, z.resource, z.set_hash, z.used_at, z.idle_until, z.expires_at, z.ended_at,
	c.id, c.tenant_id, c.name, c.set_json, c.dynamic, c.published, c.enabled, ` + homeColumn + `, ` + shutOutColumn + `,
	t.name, t.status, t.registry_version, t.people_version, a.email, a.disabled, a.epoch
	FROM sys_oauth_authorization z JOIN sys_oauth_client c ON c.id = z.client_id JOIN sys_tenant t ON t.id = z.tenant_id JOIN sys_account a ON a.id = z.account_id
	WHERE ` + byFamily

// homeColumn is the status of the client's tenant, which mostly is the authorization's.
const homeColumn = `CASE WHEN c.tenant_id = t.id THEN t.status ELSE (SELECT h.status FROM sys_tenant h WHERE h.id = c.tenant_id) END`

// BearerByFamily is part of oauth.Store.
func (s *Store) BearerByFamily(ctx context.Context, family string) (st oauth.Standing, err error) {
	var used, idle, ends, ended int64
	var dynamic, published, enabled, shutOut, disabled int
	var tokens, status, set string
	var home sql.NullString
	z, c, m := &st.Authorization, &st.Client, &st.Member
	err = s.queryRow(ctx, bearerText, familyKey(family)...).Scan(&tokens, &z.ID, &z.Tenant, &z.Person, &z.Account, &z.AccountEpoch, &z.Resource, &set, &used, &idle, &ends, &ended,
		&c.ID, &c.Tenant, &c.Name, &c.SetText, &dynamic, &published, &enabled, &home, &shutOut,
		&m.TenantName, &status, &m.RegistryVersion, &m.PeopleVersion, &m.Account.Email, &disabled, &m.Account.Epoch)
	if err != nil {
		return oauth.Standing{}, missing(err, "There is no such connection.")
	}
	if z.SetText, err = s.setText(ctx, z.Tenant, set); err != nil {
		return oauth.Standing{}, err
	}
	if st.Tokens.Access, err = accessTokens(tokens); err != nil {
		return oauth.Standing{}, err
	}
	z.Family, z.Client, z.UsedAt, z.IdleUntil, z.ExpiresAt, z.EndedAt = family, c.ID, instant(used), instant(idle), instant(ends), instant(ended)
	c.Dynamic, c.Published, c.Enabled = dynamic != 0, published != 0, enabled != 0
	c.Suspended, st.ShutOut = home.Valid && home.String != "active", shutOut != 0
	m.Tenant, m.TenantActive, m.Account.ID, m.Account.Disabled = z.Tenant, status == "active", z.Account, disabled != 0
	return st, nil
}
