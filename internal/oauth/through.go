package oauth

import (
	"context"
	"fmt"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
)

var errNoPerson = fault.New(fault.NotFound, "There is no such person.")

// Through gives the principal that a person has through a client now, for explanations and for administrators who look through somebody's
// eyes: that of the newest living connection, or, where connected is false, the one that authorizing everything now would give.
// Others than administrators may ask about themselves only. What keeps a connection from working at all (a disabled client, an
// inactive person) is a fault.NotFound that says so.
func (s *Service) Through(ctx context.Context, by access.Principal, client, person string, surface access.Surface) (p access.Principal, connected bool, err error) {
	if person != by.Person || !by.Direct() {
		if err := identity.MayManage(by, by.Tenant); err != nil {
			return access.Principal{}, false, errNoPerson
		}
	}
	st, connected, err := s.standingOf(ctx, by.Tenant, client, person)
	if err != nil {
		return access.Principal{}, false, err
	}
	p, err = s.effective(st, st.Authorization.Scope, surface)
	return p, connected, err
}

func (s *Service) standingOf(ctx context.Context, tenant, client, person string) (st Standing, connected bool, err error) {
	now := s.Now()
	alive, err := s.Store.Authorizations(ctx, Which{Tenant: tenant, Client: client, Person: person, Alive: now})
	if err != nil {
		return st, false, fmt.Errorf("read connections: %w", err)
	}
	for _, a := range alive {
		st, err := s.Store.Standing(ctx, a.ID)
		if err == nil && st.alive(now) {
			return st, true, nil
		}
		if err != nil && !fault.Is(err, fault.NotFound) {
			return st, false, fmt.Errorf("read connection: %w", err)
		}
	}
	st, err = s.wouldStand(ctx, tenant, client, person)
	return st, false, err
}

// wouldStand is the standing of a connection that does not exist: what would be shown on the authorization page, all accepted.
func (s *Service) wouldStand(ctx context.Context, tenant, client, person string) (st Standing, err error) {
	if st.Client, err = s.clientByID(ctx, client); err != nil {
		return st, err
	}
	if !st.Client.Published && st.Client.Tenant != tenant {
		return st, fault.New(fault.NotFound, "There is no such client.")
	}
	if st.ShutOut, err = s.shutOutOf(ctx, st.Client, tenant); err != nil {
		return st, err
	}
	for _, no := range []struct {
		holds bool
		why   string
	}{{!st.Client.Enabled, "The app %q is disabled"}, {st.Client.Suspended, "The organisation of the app %q is suspended"}, {st.ShutOut, "The app %q is shut out here"}} {
		if no.holds {
			return st, fault.New(fault.NotFound, no.why+": nobody reaches anything through it.", st.Client.Name)
		}
	}
	if st.Member, err = s.Identity.Member(ctx, tenant, person); err != nil {
		return st, err
	}
	if !st.Member.Active() {
		return st, fault.New(fault.NotFound, "This person is not active: they reach nothing through any app.")
	}
	roles, err := s.Identity.DecodeRoles(st.Member)
	if err != nil {
		return st, err
	}
	c, err := s.decodeClient(st.Client)
	if err != nil {
		return st, err
	}
	asker := st.Member.Principal(roles, access.SurfaceWeb)
	_, _, overlap := s.overlap(c, ScopeInclusive, asker)
	st.Authorization = AuthorizationRecord{Tenant: tenant, Person: person, Client: client, Scope: ScopeInclusive}
	st.Authorization.SetText = identity.EncodeSet(overlap)
	return st, nil
}
