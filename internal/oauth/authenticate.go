package oauth

import (
	"context"
	"fmt"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
)

var errToken = fault.New(fault.Unauthenticated, "The access token is not valid (any more). Connect again.")

// Authenticate checks an access token for a resource and gives the person through the client. The authorization with its tokens, client, account and
// tenant are read with one statement at every call; person and roles are kept under the version of the tenant's people that this statement reads.
// So a reduction anywhere works at once, on every replica. Whatever is wrong with a token is one and the same fault.Unauthenticated;
// any other error means that the check could not be made.
func (s *Service) Authenticate(ctx context.Context, token string, resource Resource, surface access.Surface) (access.Principal, error) {
	family, ok := familyOf(accessPrefix, token)
	if !ok {
		return access.Principal{}, errToken
	}
	st, known, err := s.bearer(ctx, family)
	if fault.Is(err, fault.NotFound) {
		return access.Principal{}, errToken
	}
	if err != nil {
		return access.Principal{}, fmt.Errorf("read token: %w", err)
	}
	now := s.Now()
	t, living := st.Tokens.access(hash(token), now)
	if !living || !st.alive(now) || st.Authorization.Resource != string(resource) {
		return access.Principal{}, errToken
	}
	p, err := s.through(st, known.Decoded, known.Connecting, t.Scope, surface)
	if err != nil {
		return access.Principal{}, err
	}
	if err := s.uses.Add(ctx, identity.Use{ID: st.Authorization.ID, Owner: st.Client.ID, At: now}, st.Authorization.UsedAt); err != nil {
		s.Log.WarnContext(ctx, "note use of a connection", "err", err)
	}
	return p, nil
}

// bearer reads what a call with an access token depends on.
func (s *Service) bearer(ctx context.Context, family string) (Standing, *identity.Known, error) {
	st, err := s.Store.BearerByFamily(ctx, family)
	if err != nil {
		return st, nil, err
	}
	known, err := s.Identity.Known(ctx, st.Authorization.Tenant, st.Authorization.Person, st.Member.PeopleVersion)
	if err != nil {
		return st, nil, err
	}
	m := known.Membership
	m.TenantName, m.TenantActive, m.RegistryVersion = st.Member.TenantName, st.Member.TenantActive, st.Member.RegistryVersion
	if m.Account.ID == st.Member.Account.ID { // else another account is behind this person by now, and nothing is alive
		m.Account = st.Member.Account
	}
	st.Member = m
	return st, known, nil
}

// over reports whether the authorization has ended by itself, whatever is the matter with what it depends on.
func (a AuthorizationRecord) over(now time.Time) bool {
	return !a.EndedAt.IsZero() || !now.Before(a.ExpiresAt) || !now.Before(a.IdleUntil)
}

// alive reports whether the authorization works: not ended, and client, person, account, membership and tenant in force.
func (st Standing) alive(now time.Time) bool {
	a, c, m := st.Authorization, st.Client, st.Member
	return !a.over(now) && c.Working() && (c.Tenant == a.Tenant || c.Published && !st.ShutOut) &&
		m.Active() && m.Account.ID == a.Account && m.Account.Epoch == a.AccountEpoch
}

// effective is through for a standing whose roles are still text.
func (s *Service) effective(st Standing, scope string, surface access.Surface) (access.Principal, error) {
	roles, err := s.Identity.DecodeRoles(st.Member)
	if err != nil {
		return access.Principal{}, err
	}
	return s.through(st, roles, access.ConnectingLanes(roles), scope, surface)
}

// through is authorization ∩ client now ∩ each of the person's roles now, of which connecting are the lanes, less what the token's scope
// leaves out.
func (s *Service) through(st Standing, roles []access.Role, connecting []access.Lane, scope string, surface access.Surface) (access.Principal, error) {
	accepted, err := s.sets.Decode(st.Authorization.SetText)
	if err != nil {
		return access.Principal{}, fmt.Errorf("authorization %s: %w", st.Authorization.ID, err)
	}
	ceiling := accepted
	if !st.Client.Dynamic {
		if ceiling, err = s.sets.Decode(st.Client.SetText); err != nil {
			return access.Principal{}, fmt.Errorf("client %s: %w", st.Client.ID, err)
		}
	}
	p := st.Member.Principal(roles, surface)
	scoped := narrow(s.Registry, accepted, scope)
	p.Lanes = access.ThroughClient(connecting, scoped, ceiling)
	p.Sides.Authorization, p.Sides.Scope, p.Sides.Dynamic, p.Sides.Inclusive = accepted, scoped, st.Client.Dynamic, inclusive(scope)
	if !st.Client.Dynamic {
		p.Sides.Client = ceiling
	}
	p.Switches = access.SwitchesOf(roles) & (access.SwitchImport | access.SwitchExport)
	p.Client, p.ClientName, p.Authorization = st.Client.ID, st.Client.Name, st.Authorization.ID
	return p, nil
}
