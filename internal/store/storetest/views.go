package storetest

import (
	"context"
	"testing"
	"time"

	"mandorla/internal/catalog"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
)

// testViews covers through whose eyes a session looks.
func testViews(t *testing.T, open Open) {
	reg, err := catalog.Registry() // sessions are read with the User records of their accounts
	must(t, err)
	s, ctx := open(t, reg, counter()), context.Background()
	account := identity.Account{ID: id(1), Email: "a@people.test", CreatedAt: time.UnixMilli(1)}
	must(t, s.InsertAccount(ctx, account, ""))
	for _, one := range []string{"one", "two"} {
		rec := identity.SessionRecord{ID: one, Account: account, Tenant: here, CreatedAt: time.UnixMilli(1), SeenAt: time.UnixMilli(1)}
		must(t, s.InsertSession(ctx, rec, "hash "+one))
	}
	check := func(name, session string, want identity.ViewAs) {
		t.Helper()
		got, err := s.SessionByHash(ctx, "hash "+session)
		must(t, err)
		if got.View != want {
			t.Errorf("%s: the session %s views as %+v, want %+v", name, session, got.View, want)
		}
	}
	set := func(name, session, tenant string, as identity.ViewAs, want bool) {
		t.Helper()
		if changed, err := s.SetSessionView(ctx, session, tenant, as); err != nil || changed != want {
			t.Errorf("%s: changed %v, %v", name, changed, err)
		}
	}
	none, direct, through := identity.ViewAs{}, identity.ViewAs{Person: id(2)}, identity.ViewAs{Person: id(2), Client: "pk_x"}
	check("a new session", "one", none)
	set("nothing to stop", "one", here, none, false)
	set("start", "one", here, direct, true)
	set("the same again", "one", here, direct, false)
	set("through a client", "one", here, through, true)
	check("after starting", "one", through)
	check("the other session", "two", none)
	for _, one := range [][2]string{{"one", there}, {"three", here}} {
		if _, err := s.SetSessionView(ctx, one[0], one[1], direct); !fault.Is(err, fault.NotFound) {
			t.Errorf("the session %s in %s: %v", one[0], one[1], err)
		}
	}
	must(t, s.TouchSession(ctx, "one", time.UnixMilli(5)))
	check("after a use", "one", through)
	if list, err := s.SessionsOf(ctx, account.ID); err != nil || len(list) != 2 {
		t.Errorf("%d sessions, %v", len(list), err)
	}
	set("stop", "one", here, none, true)
	check("after stopping", "one", none)
	set("start once more", "one", here, direct, true)
	must(t, s.SetSessionTenant(ctx, "one", there))
	check("in another tenant", "one", none)
}
