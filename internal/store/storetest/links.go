package storetest

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mandorla/internal/catalog"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
)

// testLinks covers invitations, links for a new password and the confirmation of a session. Both tenants have an invitation of the same id.
func testLinks(t *testing.T, open Open) {
	reg, err := catalog.Registry()
	must(t, err)
	s, ctx := open(t, reg, counter()), context.Background()
	made := at("2026-11-23T09:30:00.123Z")
	users, _ := reg.Model("User")
	invitation := func(tenant string, n, user int) identity.Invitation {
		return identity.Invitation{
			ID: id(n), Tenant: tenant, TenantName: "Tenant " + tenant, User: id(user), UserName: "Nora " + tenant, Email: "nora@people.test", Roles: []string{"r1", "r2"},
			By: "p", ByName: "Pé", CreatedAt: made.Add(time.Duration(n) * time.Minute), ExpiresAt: made.Add(time.Hour),
		}
	}
	for _, tenant := range []string{here, there} {
		must(t, s.CreateTenant(ctx, tenant, "Tenant "+tenant, tenant))
		for _, n := range []int{1, 2} {
			v := values{"email": id(n) + "@people.test", "firstName": "Nora", "lastName": tenant, "createdAt": made, "updatedAt": made}
			must(t, s.Insert(ctx, tenant, users, id(n), v.of(users)))
		}
		must(t, s.InsertInvitation(ctx, invitation(tenant, 11, 1), "hash of "+tenant))
	}
	second := invitation(here, 12, 2)
	second.Roles = []string{}
	must(t, s.InsertInvitation(ctx, second, "second"))
	if err := s.InsertInvitation(ctx, invitation(here, 13, 1), "third"); !fault.Is(err, fault.Conflict) {
		t.Errorf("a second invitation for a person: %v", err)
	}
	must(t, s.InsertInvitation(ctx, invitation(here, 14, 99), "of nobody"))

	first := invitation(here, 11, 1)
	got, err := s.InvitationByHash(ctx, "hash of "+here)
	equal(t, "by its link", first, got, err)
	nobody := invitation(here, 14, 99)
	nobody.UserName = ""
	list, err := s.InvitationsOf(ctx, here)
	equal(t, "newest first", []identity.Invitation{nobody, second, first}, list, err)
	for _, unknown := range []string{"", "third", "of nobody"} {
		if _, err := s.InvitationByHash(ctx, unknown); !fault.Is(err, fault.NotFound) {
			t.Errorf("link %q: %v", unknown, err)
		}
	}

	failed := identity.MailState{Kind: identity.MailFailed, Note: "no such mailbox?", At: made}
	must(t, s.NoteInvitationMail(ctx, here, "hash of "+here, failed))
	first.Mail = failed
	got, err = s.InvitationByHash(ctx, "hash of "+here)
	equal(t, "with its mail", first, got, err)
	must(t, s.RenewInvitation(ctx, here, id(11), "newer", made.Add(2*time.Hour)))
	must(t, s.NoteInvitationMail(ctx, here, "hash of "+here, failed)) // late news
	first.Mail, first.ExpiresAt = identity.MailState{}, made.Add(2*time.Hour)
	got, err = s.InvitationByHash(ctx, "newer")
	equal(t, "renewed", first, got, err)
	for _, wrong := range []error{
		s.RenewInvitation(ctx, "nobody", id(11), "x", made), s.DeleteInvitation(ctx, "nobody", id(11)), s.DeleteInvitation(ctx, here, id(1)),
		s.TakeInvitation(ctx, here, "hash of "+here),
	} {
		if !fault.Is(wrong, fault.NotFound) {
			t.Errorf("a change of what is not there: %v", wrong)
		}
	}
	must(t, s.DeleteInvitation(ctx, here, id(12)))
	once(t, func() error { return s.TakeInvitation(ctx, here, "newer") })
	other, err := s.InvitationByHash(ctx, "hash of "+there)
	equal(t, "the other tenant's", invitation(there, 11, 1), other, err)
	testResets(t, s, made)
	testConfirm(t, s, made)
}

// once runs a change from several sides at once; one succeeds.
func once(t *testing.T, change func() error) {
	t.Helper()
	var good atomic.Int32
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			switch err := change(); {
			case err == nil:
				good.Add(1)
			case !fault.Is(err, fault.NotFound):
				t.Error(err)
			}
		})
	}
	group.Wait()
	if good.Load() != 1 {
		t.Errorf("it succeeded %d times", good.Load())
	}
}

func testResets(t *testing.T, s identity.Store, made time.Time) {
	ctx := context.Background()
	link := func(account string, minute int) identity.ResetLink {
		from := made.Add(time.Duration(minute) * time.Minute)
		return identity.ResetLink{Account: account, ByTenant: here, CreatedAt: from, ExpiresAt: from.Add(time.Hour)}
	}
	must(t, s.PutReset(ctx, link("a1", 0), "r1"))
	must(t, s.PutReset(ctx, link("a2", 30), "r2"))
	got, err := s.ResetByHash(ctx, "r1")
	equal(t, "reset link", link("a1", 0), got, err)
	must(t, s.PutReset(ctx, link("a2", 60), "r3")) // in place of r2; and r1 is over by now
	for _, gone := range []string{"r1", "r2", "", "x"} {
		if _, err := s.ResetByHash(ctx, gone); !fault.Is(err, fault.NotFound) {
			t.Errorf("%q: %v", gone, err)
		}
	}
	once(t, func() error { return s.TakeReset(ctx, "r3") })
	must(t, s.PutReset(ctx, link("a2", 61), "r4"))
	must(t, s.DeleteReset(ctx, "a2"))
	must(t, s.DeleteReset(ctx, "a2"))
	if err := s.TakeReset(ctx, "r4"); !fault.Is(err, fault.NotFound) {
		t.Errorf("a deleted link: %v", err)
	}
}

func testConfirm(t *testing.T, s identity.Store, made time.Time) {
	ctx := context.Background()
	a := identity.Account{ID: id(50), Email: "confirm@people.test", Epoch: 1, CreatedAt: made}
	must(t, s.InsertAccount(ctx, a, "h"))
	rec := identity.SessionRecord{ID: id(51), Account: a, CreatedAt: made, SeenAt: made, IP: "::1", Agent: "x"}
	must(t, s.InsertSession(ctx, rec, "session"))
	got, err := s.SessionByHash(ctx, "session")
	equal(t, "session", rec, got, err)
	rec.ConfirmedAt = made.Add(time.Minute)
	must(t, s.ConfirmSession(ctx, rec.ID, rec.ConfirmedAt))
	got, err = s.SessionByHash(ctx, "session")
	equal(t, "confirmed session", rec, got, err)
	if err := s.ConfirmSession(ctx, id(52), made); !fault.Is(err, fault.NotFound) {
		t.Errorf("an unknown session: %v", err)
	}
}
