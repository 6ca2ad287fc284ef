package record_test

import (
	"context"
	"errors"
	"testing"

	"mandorla/internal/access"
	"mandorla/internal/model"
	"mandorla/internal/query"
	"mandorla/internal/record"
)

// asked counts how often a store is asked who is in a team, and whether the last list left that to the database.
type asked struct {
	record.Store
	teams  int
	left   bool
	broken bool
}

func (a *asked) Select(ctx context.Context, q query.Select) ([]query.Row, error) {
	if q.Model.Name == "User" && len(q.Columns) == 0 && q.Limit > 1 {
		a.teams++
		if a.broken {
			return nil, errBroken
		}
	}
	if q.Model.Name == "Company" {
		a.left = leaves(q.Where)
	}
	return a.Store.Select(ctx, q)
}

// leaves reports whether a condition looks a person up.
func leaves(e query.Expr) bool {
	switch e := e.(type) {
	case query.Via:
		return true
	case query.And:
		for _, x := range e {
			if leaves(x) {
				return true
			}
		}
	case query.Or:
		for _, x := range e {
			if leaves(x) {
				return true
			}
		}
	}
	return false
}

// Who is in a team is asked once per version of the tenant's people, and for whoever needs to know it only.
func TestColleaguesAreAskedOncePerVersion(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		store := &asked{Store: f.store}
		gate := f.over(store, f.schemas)
		full := access.Full(f.reg)
		f.set(here, "User", max, values{"teams": []any{success}})
		list := func(p access.Principal) (rows int, questions int) {
			t.Helper()
			before := store.teams
			page, err := gate.List(t.Context(), p, record.ListRequest{Model: "Company"})
			must(t, err)
			return len(page.Rows), store.teams - before
		}
		p := f.as(carly, portfolio(access.KindTeam, "", full))
		p.Teams, p.PeopleVersion = []string{success}, 7
		want := func(what string, p access.Principal, rows, questions int, left bool) {
			t.Helper()
			if r, q := list(p); r != rows || q != questions || store.left != left {
				t.Errorf("%s: %d rows, asked %d times, left to the database %v; want %d, %d, %v", what, r, q, store.left, rows, questions, left)
			}
		}
		want("at first", p, 3, 1, false)
		want("again", p, 3, 0, false)
		f.set(here, "User", max, values{"teams": []any{}})
		want("before the version is known to have moved", p, 3, 0, false)
		p.PeopleVersion++
		want("after it has", p, 2, 1, false)
		other := p
		other.Teams = []string{id(0x802)}
		want("another team", other, 2, 1, false)
		other = p
		other.Tenant, other.RegistryVersion = there, 0
		if _, q := list(other); q != 1 {
			t.Errorf("another tenant was asked %d times", q)
		}
		unknown := p
		unknown.PeopleVersion = 0
		want("no version", unknown, 2, 0, true)
		alone := p
		alone.Teams = nil
		want("in no team", alone, 2, 0, false)
		own := f.as(carly, portfolio(access.KindMine, "", full))
		own.Teams, own.PeopleVersion = p.Teams, 99
		want("another portfolio", own, 2, 0, false)

		store.broken = true
		p.PeopleVersion++
		if _, err := gate.List(t.Context(), p, record.ListRequest{Model: "Company"}); !errors.Is(err, errBroken) {
			t.Errorf("a store that fails: %v", err)
		}
		store.broken = false
		want("after a failure", p, 2, 1, false)
	})
}

// Small teams are named one by one, a large one is left to the database, and the rows are the same.
func TestLargeTeams(t *testing.T) {
	f := open(t, "sqlite")
	f.seed()
	store := &asked{Store: f.store}
	gate := f.over(store, f.schemas)
	users, _ := f.reg.Model("User")
	teams, _ := users.Property("teams")
	p := f.as(carly, portfolio(access.KindTeam, "", access.Full(f.reg)))
	p.Teams, p.PeopleVersion = []string{success}, 1
	f.set(here, "User", max, values{"teams": []any{success}})
	for n := 1; n <= 257; n++ {
		if n > 1 {
			must(t, f.store.Insert(t.Context(), here, users, id(0x20000+n), map[*model.Property]any{teams: []string{success}}))
		}
		if n < 255 {
			continue
		}
		p.PeopleVersion++
		page, err := gate.List(t.Context(), p, record.ListRequest{Model: "Company"})
		must(t, err)
		if len(page.Rows) != 3 || store.left != (n > 256) {
			t.Errorf("%d people: %d rows, left to the database: %v", n, len(page.Rows), store.left)
		}
	}
}

// What is kept is bounded.
func TestColleaguesAreForgotten(t *testing.T) {
	f := open(t, "sqlite")
	f.seed()
	store := &asked{Store: f.store}
	gate := f.over(store, f.schemas)
	p := f.as(carly, portfolio(access.KindTeam, "", access.Full(f.reg)))
	p.Teams = []string{success}
	ask := func(version int64) bool {
		before := store.teams
		p.PeopleVersion = version
		_, err := gate.Models(t.Context(), p)
		must(t, err)
		return store.teams > before
	}
	for version := int64(1); version <= 4096; version++ {
		ask(version)
	}
	if ask(1) || ask(4096) {
		t.Error("an answer was forgotten before there were too many")
	}
	ask(4097)
	if ask(4097) || !ask(1) {
		t.Error("too many answers did not make the old ones go")
	}
}

// What is hidden everywhere is left out of a history without a question about it.
func TestHistoryAsksNothingAboutTheHidden(t *testing.T) {
	f := open(t, "sqlite")
	f.seed()
	has(t, "changed", f.update(f.full(), "Company", acme, values{"arr": 5, "phase": "Renewal"}), "arr")
	calls := func(p access.Principal) int {
		store := &breaking{Store: f.store}
		_, err := f.over(store, f.schemas).History(t.Context(), p, "Company", acme)
		must(t, err)
		return store.calls
	}
	if all, fewer := calls(f.full()), calls(f.as(carly, wide(f.without(access.Full(f.reg), "Company", "arr")))); all != fewer {
		t.Errorf("%d calls where everything is seen, %d where arr is hidden", all, fewer)
	}
}
