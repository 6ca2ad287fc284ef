package oauth

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/identity"
	"mandorla/internal/model"
)

// Change is what somebody is about to save: a client's new set, or a role as it will be.
type Change struct {
	Client string // id; Set is then its new set
	Set    access.Set
	Role   *access.Role
}

// Impact is what a change does to the living connections that it concerns, before it is made. Everything but WiderLater happens at
// the next call of each connection.
type Impact struct {
	Connections int    // through the client, or of people who have the role
	Losing      []Loss // what most connections lose comes first
	Losers      int    // connections that lose some of it
	// Regaining is how many connections get something back at once: it was accepted when they were authorized, and taken away since.
	Regaining int
	// Fewer, More and Other are how many connections reach fewer companies, more, or others.
	Fewer, More, Other int
	// WiderLater is how many connections would get something new by being authorized again.
	WiderLater int
	// Elsewhere is how many connections a published client has in other tenants. What they lose depends on roles that are not this
	// tenant's to know, so they are counted and no more.
	Elsewhere int
}

// Loss is one thing that connections lose.
type Loss struct {
	Model        string        // its label
	Actions      access.Action // gone altogether
	View, Update int           // how many properties, where the action stays
	Later        bool          // properties that are added later
	Connections  int
	People       int
}

// Nothing reports a change that no connection notices, now or when it is authorized again.
func (i Impact) Nothing() bool {
	return !i.Loses() && i.Regaining+i.More+i.WiderLater == 0
}

// Loses reports whether some connection loses something: permissions or companies.
func (i Impact) Loses() bool { return i.Losers+i.Fewer+i.Other > 0 }

// standingsPage is how many connections are read at once.
const standingsPage = 2000

// Impact works out what a change would do. It asks for the same permission as saving the change. A role that is not stored yet
// concerns nobody.
func (s *Service) Impact(ctx context.Context, by access.Principal, c Change) (Impact, error) {
	which, err := s.concerned(ctx, by, c)
	if err != nil || c.Role != nil && c.Role.ID == "" {
		return Impact{}, err
	}
	reg, err := s.Identity.Registries.Current(ctx, by.Tenant)
	if err != nil {
		return Impact{}, fmt.Errorf("take registry: %w", err)
	}
	t := tally{service: s, reg: reg, change: c, outcomes: map[string]*outcome{}}
	for after := ""; ; {
		page, err := s.Store.Standings(ctx, which, after, standingsPage)
		if err != nil {
			return Impact{}, fmt.Errorf("read connections: %w", err)
		}
		for _, st := range page {
			if err := t.add(st); err != nil {
				return Impact{}, err
			}
		}
		if len(page) < standingsPage {
			out := t.impact()
			out.Elsewhere, err = s.countElsewhere(ctx, by, c)
			return out, err
		}
		after = page[len(page)-1].Authorization.ID
	}
}

func (s *Service) concerned(ctx context.Context, by access.Principal, c Change) (Which, error) {
	which := Which{Tenant: by.Tenant, Client: c.Client, Alive: s.Now()}
	if c.Role != nil {
		which = Which{Tenant: c.Role.Tenant, Role: c.Role.ID, Alive: s.Now()}
		return which, identity.MayManage(by, c.Role.Tenant)
	}
	if err := identity.May(by, access.OAuthClient, access.Update); err != nil {
		return which, err
	}
	_, err := s.clientOf(ctx, by.Tenant, c.Client)
	return which, err
}

func (s *Service) countElsewhere(ctx context.Context, by access.Principal, c Change) (n int, err error) {
	if c.Role != nil {
		return 0, nil
	}
	used, err := s.elsewhere(ctx, by.Tenant, c.Client)
	for _, t := range used {
		n += t.Connections
	}
	return n, err
}

// tally counts connections. Those with the same accepted set, client and roles have the same outcome, which is worked out once.
type tally struct {
	service  *Service
	reg      *model.Registry
	change   Change
	outcomes map[string]*outcome
	order    []*outcome
}

// outcome is what the change does to every connection of one kind.
type outcome struct {
	lost                        []access.Taken
	regains, fewer, more, later bool
	people                      []string // one for each connection
}

func (t *tally) add(st Standing) error {
	if !st.alive(t.service.Now()) || st.Authorization.ConnectedAt.IsZero() {
		return nil
	}
	var key strings.Builder
	fmt.Fprintf(&key, "%s %s %d\n", st.Authorization.Scope, st.Client.ID, st.Client.Version)
	for _, r := range st.Member.Roles {
		fmt.Fprintf(&key, "%s %d\n", r.ID, r.Version)
	}
	key.WriteString(st.Authorization.SetText)
	o, known := t.outcomes[key.String()]
	if !known {
		var err error
		if o, err = t.work(st); err != nil {
			return err
		}
		t.outcomes[key.String()] = o
		t.order = append(t.order, o)
	}
	o.people = append(o.people, st.Authorization.Tenant+" "+st.Authorization.Person)
	return nil
}

// work compares what a connection reaches before and after, and what it would reach if it were authorized again.
func (t *tally) work(st Standing) (*outcome, error) {
	s := t.service
	roles, err := s.Identity.DecodeRoles(st.Member)
	if err != nil {
		return nil, err
	}
	client, err := s.decodeClient(st.Client)
	if err != nil {
		return nil, err
	}
	accepted, err := s.sets.Decode(st.Authorization.SetText)
	if err != nil {
		return nil, fmt.Errorf("authorization %s: %w", st.Authorization.ID, err)
	}
	newClient, newRoles := t.change.apply(client, roles)
	before, after := reached(client, roles, accepted), reached(newClient, newRoles, accepted)
	was, is := access.Union(before), access.Union(after)
	return &outcome{
		lost: was.Minus(is, t.reg), regains: is.Gains(t.reg, was),
		fewer: access.FewerRows(before, after, t.reg), more: access.FewerRows(after, before, t.reg),
		later: s.offered(newClient, newRoles, st).Gains(t.reg, s.offered(client, roles, st), is),
	}, nil
}

// apply gives client and roles as they will be.
func (c Change) apply(client Client, roles []access.Role) (Client, []access.Role) {
	if c.Role == nil {
		client.Set = access.DataOnly(c.Set).Normal()
		return client, roles
	}
	roles = slices.Clone(roles)
	for i := range roles {
		if roles[i].ID == c.Role.ID {
			roles[i] = *c.Role
		}
	}
	return client, roles
}

// reached is what effective gives a connection that accepted this, which is never more than its scope.
func reached(c Client, roles []access.Role, accepted access.Set) []access.Lane {
	ceiling := accepted
	if !c.Dynamic {
		ceiling = c.Set
	}
	return access.ThroughClient(access.ConnectingLanes(roles), accepted, ceiling)
}

// offered is what the authorization page would offer for the scope of a connection.
func (s *Service) offered(c Client, roles []access.Role, st Standing) access.Set {
	_, _, both := s.overlap(c, st.Authorization.Scope, access.Principal{Sides: &access.Sides{Roles: roles}})
	return both
}

// impact adds up.
func (t *tally) impact() Impact {
	var out Impact
	losses := map[string]*Loss{}
	people := map[string]map[string]bool{}
	for _, o := range t.order {
		n := len(o.people)
		out.Connections += n
		out.Losers += counted(n, len(o.lost) > 0)
		out.Regaining += counted(n, o.regains)
		out.Fewer += counted(n, o.fewer && !o.more)
		out.More += counted(n, o.more && !o.fewer)
		out.Other += counted(n, o.more && o.fewer)
		out.WiderLater += counted(n, o.later)
		for _, lost := range o.lost {
			key := fmt.Sprint(lost.Model.Name, lost.Actions, lost.View, lost.Update, lost.Later)
			if losses[key] == nil {
				losses[key] = &Loss{Model: lost.Model.Label, Actions: lost.Actions, View: len(lost.View), Update: len(lost.Update), Later: lost.Later}
				people[key] = map[string]bool{}
			}
			losses[key].Connections += n
			for _, p := range o.people {
				people[key][p] = true
			}
		}
	}
	for key, l := range losses {
		l.People = len(people[key])
		out.Losing = append(out.Losing, *l)
	}
	slices.SortFunc(out.Losing, func(a, b Loss) int {
		return cmp.Or(b.Connections-a.Connections, cmp.Compare(a.Model, b.Model), int(b.Actions)-int(a.Actions), b.View-a.View, b.Update-a.Update)
	})
	return out
}

func counted(n int, yes bool) int {
	if yes {
		return n
	}
	return 0
}
