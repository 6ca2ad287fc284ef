package oauth

import (
	"context"
	"fmt"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/audit"
	"mandorla/internal/identity"
)

// Elsewhere is how much a published client is used in another tenant: no person is named to the client's own.
type Elsewhere struct {
	Tenant, TenantName  string
	People, Connections int
}

// SetClientReach sets the two switches of a client of any tenant that only a super admin may set. Dynamic: living connections keep what
// was accepted, and the client's set limits them no more. Published: those of other tenants' people work while it is on.
func (s *Service) SetClientReach(ctx context.Context, by identity.Super, id string, version int64, dynamic, published bool) (Client, error) {
	var rec ClientRecord
	err := s.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.Identity.CheckSuper(ctx, by); err != nil {
			return err
		}
		var err error
		if rec, err = s.clientByID(ctx, id); err != nil {
			return err
		}
		before := rec.Client
		rec.Dynamic, rec.Published = dynamic, published
		rec.Version, rec.UpdatedAt = version+1, s.Now()
		if err := s.Store.UpdateClient(ctx, rec); err != nil {
			return fmt.Errorf("change client: %w", err)
		}
		if before.Published != published {
			if err := s.noteElsewhere(ctx, rec, map[bool]string{true: "client.publish", false: "client.unpublish"}[published]); err != nil {
				return err
			}
		}
		return s.noteReach(ctx, by, rec)
	})
	if err != nil {
		return Client{}, err
	}
	return s.decodeClient(rec)
}

// noteReach writes who it was above the tenants, and to the client's own that it was a super admin.
func (s *Service) noteReach(ctx context.Context, by identity.Super, rec ClientRecord) error {
	detail := map[string]string{
		"client": rec.ID, "name": rec.Name, "tenant": rec.Tenant, "dynamic": fmt.Sprint(rec.Dynamic), "published": fmt.Sprint(rec.Published), "version": fmt.Sprint(rec.Version),
	}
	if err := s.Identity.NoteSuper(ctx, by, "client.reach", detail); err != nil {
		return err
	}
	return s.Store.AppendAudit(ctx, audit.Entry{
		Tenant: rec.Tenant, At: s.Now(), Act: "client.reach", PersonName: identity.SuperName, Surface: access.SurfaceWeb,
		Client: rec.ID, ClientName: rec.Name, Detail: clientDetail(rec),
	})
}

// noteElsewhere writes what happened to a client into the log of every other tenant that is connected through it. Who did it is its
// own tenant's affair.
func (s *Service) noteElsewhere(ctx context.Context, rec ClientRecord, act string) error {
	used, err := s.Store.ConnectionsByTenant(ctx, rec.ID, s.Now())
	if err != nil {
		return fmt.Errorf("count connections: %w", err)
	}
	for _, t := range used {
		if t.Tenant == rec.Tenant {
			continue
		}
		e := audit.Entry{Tenant: t.Tenant, At: s.Now(), Act: act, PersonName: byItsMakers, Surface: access.SurfaceWeb, Client: rec.ID, ClientName: rec.Name}
		e.Detail = map[string]string{"connections": fmt.Sprint(t.Connections)}
		if err := s.Store.AppendAudit(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// byItsMakers stands in a tenant's log for a person of another tenant.
const byItsMakers = "The app's organisation"

// ConnectionsElsewhere tells a client's own tenant how much it is used in others, by their names.
func (s *Service) ConnectionsElsewhere(ctx context.Context, tenant, client string) ([]Elsewhere, error) {
	if _, err := s.clientOf(ctx, tenant, client); err != nil {
		return nil, err
	}
	return s.elsewhere(ctx, tenant, client)
}

func (s *Service) elsewhere(ctx context.Context, tenant, client string) (out []Elsewhere, err error) {
	all, err := s.Store.ConnectionsByTenant(ctx, client, s.Now())
	if err != nil {
		return nil, fmt.Errorf("count connections: %w", err)
	}
	for _, t := range all {
		if t.Tenant != tenant {
			out = append(out, t)
		}
	}
	return out, nil
}

// ReachOf reads a client of any tenant for a super admin, with how much it is used in each tenant. Neither set nor person is shown.
func (s *Service) ReachOf(ctx context.Context, by identity.Super, id string) (c Client, used []Elsewhere, err error) {
	if err := s.Identity.CheckSuper(ctx, by); err != nil {
		return c, nil, err
	}
	rec, err := s.clientByID(ctx, id)
	if err != nil {
		return c, nil, err
	}
	if used, err = s.Store.ConnectionsByTenant(ctx, id, s.Now()); err != nil {
		return c, nil, fmt.Errorf("count connections: %w", err)
	}
	return rec.Client, used, nil
}

// Working reports whether anybody may use the client at all: it is enabled, and its tenant is not suspended.
func (c Client) Working() bool { return c.Enabled && !c.Suspended }

// PublishedApp is a client of another tenant, as a tenant whose people may use it sees it.
type PublishedApp struct {
	Client      Client // Set is empty: what it asks for is shown when somebody authorizes it
	TenantName  string // whose it is
	Connections []Connection
	ShutOutAt   time.Time // since when this tenant lets nobody use it; zero: it does
}

// UsedAt is the last call that somebody of the tenant made through it.
func (p PublishedApp) UsedAt() (last time.Time) {
	for _, c := range p.Connections {
		if c.UsedAt.After(last) {
			last = c.UsedAt
		}
	}
	return last
}

// PublishedApps lists the published clients of other tenants, and those that still have connections of this tenant's people, by name.
func (s *Service) PublishedApps(ctx context.Context, by access.Principal) ([]PublishedApp, error) {
	if !by.Manages(access.OAuthClient, access.View) {
		return nil, errNoClient
	}
	foreign, err := s.Store.ForeignClients(ctx, by.Tenant, s.Now())
	if err != nil {
		return nil, fmt.Errorf("list published clients: %w", err)
	}
	out, err := s.Store.ShutOuts(ctx, by.Tenant, "")
	if err != nil {
		return nil, fmt.Errorf("list shut out clients: %w", err)
	}
	since := map[string]time.Time{}
	for _, x := range out {
		since[x.Client] = x.At
	}
	connections, err := s.connections(ctx, Which{Tenant: by.Tenant, Alive: s.Now()})
	if err != nil {
		return nil, err
	}
	through := map[string][]Connection{}
	for _, c := range connections {
		through[c.Client] = append(through[c.Client], c)
	}
	apps := make([]PublishedApp, 0, len(foreign))
	for _, f := range foreign {
		apps = append(apps, PublishedApp{Client: f.Client, TenantName: f.TenantName, Connections: through[f.ID], ShutOutAt: since[f.ID]})
	}
	return apps, nil
}

// PublishedApp gives one of PublishedApps; any other client is fault.NotFound.
func (s *Service) PublishedApp(ctx context.Context, by access.Principal, id string) (PublishedApp, error) {
	apps, err := s.PublishedApps(ctx, by)
	if err != nil {
		return PublishedApp{}, err
	}
	for _, a := range apps {
		if a.Client.ID == id {
			return a, nil
		}
	}
	return PublishedApp{}, errNoClient
}

// ShutOut lets nobody of the tenant use another tenant's published client: its connections here end for good, and no new one can be
// made. out false lets it in again; people then authorize anew.
func (s *Service) ShutOut(ctx context.Context, by access.Principal, client string, out bool) error {
	if err := identity.May(by, access.OAuthClient, access.Update); err != nil {
		return err
	}
	return s.Store.InTx(ctx, func(ctx context.Context) error {
		app, err := s.PublishedApp(ctx, by, client)
		if err != nil {
			return err
		}
		changed, err := s.Store.SetShutOut(ctx, ShutOut{Tenant: by.Tenant, Client: client, At: s.Now()}, out)
		if err != nil || !changed {
			return err
		}
		e := audit.By(by, map[bool]string{true: "client.shut_out", false: "client.let_in"}[out], s.Now())
		e.Client, e.ClientName, e.Detail = client, app.Client.Name, map[string]string{"connections": fmt.Sprint(len(app.Connections))}
		if err := s.Store.AppendAudit(ctx, e); err != nil {
			return err
		}
		if !out {
			return nil
		}
		return s.endNoted(ctx, by, Which{Tenant: by.Tenant, Client: client}, "the app was shut out")
	})
}

// shutOutOf reports whether a tenant lets nobody use a client of another one.
func (s *Service) shutOutOf(ctx context.Context, c ClientRecord, tenant string) (bool, error) {
	if !c.Published || c.Tenant == tenant {
		return false, nil
	}
	list, err := s.Store.ShutOuts(ctx, tenant, c.ID)
	if err != nil {
		return false, fmt.Errorf("read shut out clients: %w", err)
	}
	return len(list) > 0, nil
}
