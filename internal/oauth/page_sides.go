package oauth

import (
	"context"
	"time"

	"mandorla/internal/access"
)

// Last is what a person allowed a client before, and what is still in force.
type Last struct {
	At     time.Time  // when it was authorized
	Set    access.Set // as accepted then, less what the person took out of it since
	Scopes string
	Living int // how many such connections there are
}

// sides fills in what the client asks for, what the roles allow and what both share, each by itself, so that the page can name the side
// on which something is missing.
func (s *Service) sides(page *Page, p access.Principal) {
	page.ClientSet = s.ceiling(page.Client)
	page.ClientAsks, page.RoleAllows, page.Overlap = s.overlap(page.Client, page.Scopes, p)
	page.NoOverlap = len(page.Overlap) == 0
	page.Named, page.Narrow = named(s.Registry, page.Scopes), !inclusive(page.Scopes)
	page.Lanes = connecting(p)
	if p.Sides == nil {
		return
	}
	for _, r := range p.Sides.Roles {
		if !r.Has(access.SwitchConnect) {
			lane := r.Lane()
			lane.Set = access.DataOnly(lane.Set)
			page.Unconnected = append(page.Unconnected, lane)
		}
	}
}

// last finds the newest living connection of a person through a client to a resource.
func (s *Service) last(ctx context.Context, p access.Principal, client string, r Resource) (*Last, error) {
	list, err := s.connections(ctx, Which{Tenant: p.Tenant, Person: p.Person, Client: client, Resource: string(r), Alive: s.Now()})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &Last{At: list[0].Since, Set: list[0].Set, Scopes: list[0].Scope, Living: len(list)}, nil
}

// suggestion is what is ticked to begin with where the person picks: what was picked last time and what is asked for by name; the first
// time, without a name, everything to look at and nothing to change.
func (p Page) suggestion() access.Set {
	lanes := []access.Lane{{Set: p.Named}}
	if p.Last != nil {
		lanes = append(lanes, access.Lane{Set: p.Last.Set})
	}
	if want := access.Union(lanes).Normal(); len(want) > 0 {
		return want.Intersect(p.Overlap)
	}
	return p.Overlap.Without(access.AllActions &^ access.View)
}
