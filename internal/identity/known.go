package identity

import (
	"context"
	"fmt"

	"mandorla/internal/access"
)

// knownPeople is how many people are kept with their decoded roles, some kilobytes each.
const knownPeople = 8192

// Known is a person of a tenant with decoded roles, as both were at one version of the tenant's people. It is shared by many requests:
// nobody may change one.
type Known struct {
	Membership               // without the text of its roles; TenantName, TenantActive, RegistryVersion and Account but its ID may be old
	Decoded    []access.Role // sorted by ID
	Connecting []access.Lane // of the roles that may connect apps
}

type knownKey struct{ tenant, user string }

// Known gives the person as it was at this version of the tenant's people, which the caller has just read (Membership.PeopleVersion), or as
// it is now. The version moves with every change of a person, of what roles a person has and of a role, on whichever replica, so what is kept
// is never stale. It must not be called in a transaction that changes any of these: what is taken back would be kept. No such person is
// a fault.NotFound.
func (s *Service) Known(ctx context.Context, tenant, user string, version int64) (*Known, error) {
	key := knownKey{tenant, user}
	if k, ok := s.known.Get(key); ok && k.PeopleVersion == version { // not ">=": a restored backup counts from an older version
		return k, nil
	}
	m, err := s.Store.MemberByUser(ctx, tenant, user)
	if err != nil {
		return nil, fmt.Errorf("read person: %w", err)
	}
	roles, err := s.DecodeRoles(m)
	if err != nil {
		return nil, err
	}
	m.Roles = nil // decoded: their texts are not worth the memory
	k := &Known{Membership: m, Decoded: roles, Connecting: access.ConnectingLanes(roles)}
	s.known.Put(key, k)
	return k, nil
}
