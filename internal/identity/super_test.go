package identity_test

import (
	"sync"
	"testing"

	"mandorla/internal/fault"
	"mandorla/internal/identity"
)

// super makes one more super admin, and gives their session.
func (w *world) super() (identity.Account, string) {
	w.Helper()
	a, err := w.ids.CreateAccount(w.Context(), identity.NewAccount{Email: "s-" + newID() + "@people.test", Password: password})
	must(w.T, err)
	must(w.T, w.ids.AppointSuper(w.Context(), a.ID, true))
	token, err := w.ids.SignIn(w.Context(), a.Email, password, identity.From{IP: "192.0.2.1"})
	must(w.T, err)
	return a, token
}

// noSupers leaves none of other tests, which share the database.
func (w *world) noSupers() {
	w.Helper()
	list, err := w.store.Supers(w.Context())
	must(w.T, err)
	for _, a := range list {
		must(w.T, w.store.SetAccountSuper(w.Context(), a.ID, false))
	}
}

func TestSuperAdmins(t *testing.T) {
	onEngines(t, map[string]func(*world){"one after the other": superAdmins, "two at once": twoSuperAdmins, "several roles": superSessions})
}

func superAdmins(w *world) {
	w.noSupers()
	ctx := w.Context()
	first, token := w.super()
	by, err := w.ids.Super(ctx, token, "192.0.2.1")
	must(w.T, err)
	w.fails(w.ids.SetSuper(ctx, by, first.ID, false), fault.Conflict)
	w.fails(w.ids.AppointSuper(ctx, first.ID, false), fault.Conflict)
	w.fails(w.ids.DisableAccount(ctx, first.ID, true), fault.Conflict)
	w.fails(w.ids.SetSuper(ctx, by, newID(), true), fault.NotFound)
	w.fails(w.ids.SetSuper(ctx, identity.Super{}, w.acct.ID, true), fault.NotFound)
	if list, err := w.ids.Supers(ctx, by); err != nil || len(list) != 1 || list[0].ID != first.ID {
		w.Errorf("%+v, %v", list, err)
	}
	must(w.T, w.ids.SetSuper(ctx, by, w.acct.ID, true))
	must(w.T, w.ids.SetSuper(ctx, by, w.acct.ID, true)) // once more changes and writes nothing
	must(w.T, w.ids.SetSuper(ctx, by, first.ID, false))
	w.fails(w.ids.SetSuper(ctx, by, w.acct.ID, false), fault.NotFound)
	if _, err := w.ids.Supers(ctx, by); !fault.Is(err, fault.NotFound) {
		w.Errorf("one who is it no more lists: %v", err)
	}
	log, err := w.store.TenantAudit(ctx, "", "account.super", 3)
	if err != nil || len(log) != 3 || log[0].Detail["super"] != "false" || log[0].PersonName != first.Email || log[1].Detail["account"] != w.acct.ID || log[2].PersonName != "Operator" {
		w.Errorf("%+v, %v", log, err)
	}
	// One who cannot sign in does not count.
	other, token := w.super()
	must(w.T, w.ids.DisableAccount(ctx, other.ID, true))
	w.fails(w.ids.AppointSuper(ctx, w.acct.ID, false), fault.Conflict)
	if _, err := w.ids.Super(ctx, token, ""); !fault.Is(err, fault.Unauthenticated) {
		w.Errorf("a disabled one: %v", err)
	}
}

// Two super admins who take it from each other at the same moment do not leave the installation without one.
func twoSuperAdmins(w *world) {
	for range 5 {
		w.noSupers()
		a, tokenA := w.super()
		b, tokenB := w.super()
		byA, err := w.ids.Super(w.Context(), tokenA, "")
		must(w.T, err)
		byB, err := w.ids.Super(w.Context(), tokenB, "")
		must(w.T, err)
		var group sync.WaitGroup
		group.Go(func() { _ = w.ids.SetSuper(w.Context(), byA, b.ID, false) })
		group.Go(func() { _ = w.ids.SetSuper(w.Context(), byB, a.ID, false) })
		group.Wait()
		if list, err := w.store.Supers(w.Context()); err != nil || len(list) != 1 {
			w.Fatalf("%d super admins, %v", len(list), err)
		}
	}
}

// Only a living session of a super admin's own gives a Super.
func superSessions(w *world) {
	w.noSupers()
	ctx := w.Context()
	_, token := w.super()
	if _, err := w.ids.Super(ctx, w.in(), ""); !fault.Is(err, fault.NotFound) {
		w.Errorf("an administrator: %v", err)
	}
	for _, bad := range []string{"", "se_", "se_nothing"} {
		if _, err := w.ids.Super(ctx, bad, ""); !fault.Is(err, fault.Unauthenticated) {
			w.Errorf("%q: %v", bad, err)
		}
	}
	must(w.T, w.ids.SignOut(ctx, token))
	if _, err := w.ids.Super(ctx, token, ""); !fault.Is(err, fault.Unauthenticated) {
		w.Errorf("signed out: %v", err)
	}
}
