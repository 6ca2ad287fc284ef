package oauth

import (
	"context"
	"fmt"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/audit"
	"mandorla/internal/identity"
)

// Connection is a living authorization, as lists show it.
type Connection struct {
	ID         string // of the authorization
	Tenant     string
	Client     string
	ClientName string
	ClientLogo string // hash of its logo, as Client.LogoHash
	Person     string // id of the User record
	PersonName string
	Email      string
	Resource   Resource
	Scope      string
	Set        access.Set // what was shown and accepted; never more than this works
	Host       string     // that the authorization was answered at, as shown then; "" where it was not kept
	Since      time.Time
	UsedAt     time.Time // last call, to the minute; zero: none yet
	EndsAt     time.Time // unless it is used before; the absolute end at the latest
}

// ClientConnections lists who of the tenant is connected through one of its clients, newest first. What a published client has in
// other tenants is ConnectionsElsewhere.
func (s *Service) ClientConnections(ctx context.Context, tenant, client string) ([]Connection, error) {
	if _, err := s.clientOf(ctx, tenant, client); err != nil {
		return nil, err
	}
	return s.connections(ctx, Which{Tenant: tenant, Client: client, Alive: s.Now()})
}

// PersonConnections lists what a person is connected to, newest first.
func (s *Service) PersonConnections(ctx context.Context, tenant, person string) ([]Connection, error) {
	return s.connections(ctx, Which{Tenant: tenant, Person: person, Alive: s.Now()})
}

func (s *Service) connections(ctx context.Context, which Which) ([]Connection, error) {
	recs, err := s.Store.Authorizations(ctx, which)
	if err != nil {
		return nil, fmt.Errorf("list connections: %w", err)
	}
	out := []Connection{}
	for _, a := range recs {
		if a.ConnectedAt.IsZero() {
			continue
		}
		set, err := s.sets.Decode(a.SetText)
		if err != nil {
			return nil, fmt.Errorf("authorization %s: %w", a.ID, err)
		}
		out = append(out, Connection{
			ID: a.ID, Tenant: a.Tenant, Client: a.Client, ClientName: a.ClientName, ClientLogo: a.ClientLogo,
			Person: a.Person, PersonName: a.PersonName, Email: a.Email,
			Resource: Resource(a.Resource), Scope: a.Scope, Set: set,
			Host: a.RedirectHost, Since: a.CreatedAt, UsedAt: a.UsedAt, EndsAt: earlier(a.IdleUntil, a.ExpiresAt),
		})
	}
	return out, nil
}

// EndConnection ends one connection: the person's own, or, for an administrator, any of the tenant's people. Another one is
// fault.NotFound.
func (s *Service) EndConnection(ctx context.Context, by access.Principal, id string) error {
	return s.Store.InTx(ctx, func(ctx context.Context) error {
		a, err := s.reachable(ctx, by, id)
		if err != nil {
			return err
		}
		return s.endNoted(ctx, by, Which{ID: a.ID}, "it was disconnected")
	})
}

// NarrowConnection takes permissions out of a connection: what is not in keep is gone at the next call. It never adds any.
func (s *Service) NarrowConnection(ctx context.Context, by access.Principal, id string, keep access.Set) error {
	return s.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.LockAuthorization(ctx, id); err != nil { // before it is read, or two at once would each bring back what the other took
			return fmt.Errorf("lock authorization: %w", err)
		}
		a, err := s.reachable(ctx, by, id)
		if err != nil {
			return err
		}
		have, err := s.sets.Decode(a.SetText)
		if err != nil {
			return err
		}
		text := identity.EncodeSet(have.Intersect(keep))
		if err := s.Store.SetAuthorizationSet(ctx, a.Tenant, a.ID, text, s.Now()); err != nil {
			return fmt.Errorf("narrow authorization: %w", err)
		}
		return s.noteBy(ctx, by, a, "oauth.narrow", map[string]string{"set": text})
	})
}

// EndPersonConnections ends all connections of a person: one's own, or anybody's in the tenant for an administrator.
func (s *Service) EndPersonConnections(ctx context.Context, by access.Principal, person string) error {
	if person != by.Person || !by.Direct() {
		if err := identity.May(by, access.OAuthClient, access.Update); err != nil {
			return err
		}
	}
	return s.endNoted(ctx, by, Which{Tenant: by.Tenant, Person: person}, "all were disconnected")
}

// EndClientConnections ends all connections through a client of the tenant.
func (s *Service) EndClientConnections(ctx context.Context, by access.Principal, client string) error {
	if err := identity.May(by, access.OAuthClient, access.Update); err != nil {
		return err
	}
	if _, err := s.clientOf(ctx, by.Tenant, client); err != nil {
		return err
	}
	return s.endNoted(ctx, by, Which{Client: client}, "an administrator disconnected everybody")
}

// EndEverything ends every connection of the installation. Run it after restoring a backup: what was revoked since would live again.
func (s *Service) EndEverything(ctx context.Context, because string) (int, error) {
	var n int
	err := s.Store.InTx(ctx, func(ctx context.Context) error {
		ids, err := s.end(ctx, Which{}, because)
		if err != nil {
			return err
		}
		n = len(ids)
		return s.Store.AppendAudit(ctx, audit.Entry{
			At: s.Now(), Act: "oauth.end_everything", Surface: access.SurfaceCommand,
			Detail: map[string]string{"because": because, "connections": fmt.Sprint(n)},
		})
	})
	return n, err
}

// reachable finds an authorization that the principal may end.
func (s *Service) reachable(ctx context.Context, by access.Principal, id string) (AuthorizationRecord, error) {
	if err := by.MayChange(); err != nil {
		return AuthorizationRecord{}, err
	}
	list, err := s.Store.Authorizations(ctx, Which{ID: id})
	if err != nil {
		return AuthorizationRecord{}, fmt.Errorf("read authorization: %w", err)
	}
	if len(list) != 1 || by.Client != "" || list[0].Tenant != by.Tenant {
		return AuthorizationRecord{}, errNoConnection
	}
	a := list[0]
	if a.Person == by.Person || identity.May(by, access.OAuthClient, access.Update) == nil {
		return a, nil
	}
	return AuthorizationRecord{}, errNoConnection
}

func (s *Service) end(ctx context.Context, which Which, because string) ([]string, error) {
	ids, err := s.Store.EndAuthorizations(ctx, which, because, s.Now())
	if err != nil {
		return nil, fmt.Errorf("end authorizations: %w", err)
	}
	return ids, nil
}

func (s *Service) endNoted(ctx context.Context, by access.Principal, which Which, because string) error {
	return s.Store.InTx(ctx, func(ctx context.Context) error {
		ids, err := s.end(ctx, which, because)
		if err != nil {
			return err
		}
		for _, id := range ids {
			list, err := s.Store.Authorizations(ctx, Which{ID: id})
			if err != nil {
				return fmt.Errorf("read ended authorization: %w", err)
			}
			for _, a := range list {
				if err := s.noteBy(ctx, by, a, "oauth.end", map[string]string{"because": because}); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// endOldest keeps the number of living connections of one person through one client bounded. Older ones otherwise stay: the same
// person may use the same app on two machines, and a new authorization of one must not throw out the other.
func (s *Service) endOldest(ctx context.Context, a AuthorizationRecord) error {
	list, err := s.Store.Authorizations(ctx, Which{Tenant: a.Tenant, Person: a.Person, Client: a.Client, Resource: a.Resource, Alive: s.Now()})
	if err != nil {
		return fmt.Errorf("list connections: %w", err)
	}
	for i := maxConnections; i < len(list); i++ {
		if _, err := s.end(ctx, Which{ID: list[i].ID}, "newer connections took its place"); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) noteBy(ctx context.Context, by access.Principal, a AuthorizationRecord, act string, detail map[string]string) error {
	e := audit.By(by, act, s.Now())
	if a.Tenant != by.Tenant { // one that ended with its client: who did that is the affair of the client's tenant
		e.Person, e.PersonName = "", byItsMakers
	}
	e.Tenant, e.Client, e.ClientName, e.Authorization = a.Tenant, a.Client, a.ClientName, a.ID
	detail["person"] = a.Person
	e.Detail = detail
	return s.Store.AppendAudit(ctx, e)
}
