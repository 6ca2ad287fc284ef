package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mandorla/internal/fault"
	"mandorla/internal/oauth"
)

// connection is an authorization under the family that is named after it.
func connection(id, client string, now time.Time) oauth.AuthorizationRecord {
	return oauth.AuthorizationRecord{
		ID: id, Tenant: here, Family: "family of " + id, Client: client, SetText: "{}", CreatedAt: now, IdleUntil: now.Add(time.Hour), ExpiresAt: now.Add(2 * time.Hour),
	}
}

// lasting is an access token with this hash that ends so much after now.
func lasting(hash string, now time.Time, ends time.Duration) oauth.AccessToken {
	return oauth.AccessToken{Hash: hash, Scope: "companies:view tasks:view", CreatedAt: now, ExpiresAt: now.Add(ends)}
}

// testTokens covers what is kept of an authorization's code and tokens: all of it, found by the family only, and changed only where nobody else did meanwhile.
func testTokens(t *testing.T, open Open) {
	s, ctx, now := openEmpty(t, open), context.Background(), at("2026-11-23T09:00:00.123Z")
	a, other := connection("a", "pk_a", now), connection("b", "pk_a", now)
	code := oauth.Tokens{Version: 7, Code: oauth.Code{Hash: "c", RedirectURI: "https://c1.test/cb", Challenge: "ch", Sealed: "sealed “é”"}}
	whole := oauth.Tokens{
		Version: 1, Code: oauth.Code{Hash: "c", UsedAt: now.Add(time.Second)},
		Access:  []oauth.AccessToken{lasting("1", now, time.Hour), {Hash: "2", CreatedAt: now, ExpiresAt: now}},
		Refresh: "r2", Spent: "r1", SpentAt: now.Add(time.Minute), Sealed: "sealed too",
	}
	other.ConnectedAt = now.Add(time.Second)
	must(t, s.InsertAuthorization(ctx, a, code))
	must(t, s.InsertAuthorization(ctx, other, whole))
	is := func(what string, a oauth.AuthorizationRecord, want oauth.Tokens) {
		t.Helper()
		got, tokens, err := s.TokensByFamily(ctx, a.Family)
		must(t, err)
		if diff := cmp.Diff(a, got) + cmp.Diff(want, tokens); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	is("at first", a, code)
	is("another one", other, whole)
	changed := whole
	changed.Version = 7
	a.ConnectedAt, a.IdleUntil = now.Add(time.Second), now.Add(90*time.Minute)
	must(t, s.SaveTokens(ctx, a, changed))
	changed.Version = 8
	is("changed", a, changed)
	for _, version := range []int64{7, 9} {
		if err := s.SaveTokens(ctx, a, oauth.Tokens{Version: version}); !fault.Is(err, fault.Conflict) {
			t.Errorf("where the version is not %d: %v", version, err)
		}
	}
	unknown := a
	unknown.Family = "family"
	if err := s.SaveTokens(ctx, unknown, changed); !fault.Is(err, fault.Conflict) {
		t.Errorf("of no authorization: %v", err)
	}
	is("after what was refused", a, changed)
	is("another one then", other, whole)
	if _, _, err := s.TokensByFamily(ctx, "family"); !fault.Is(err, fault.NotFound) {
		t.Errorf("of no family: %v", err)
	}
	must(t, s.SaveTokens(ctx, a, oauth.Tokens{Version: 8}))
	is("nothing", a, oauth.Tokens{Version: 9})
	again := connection("c", "pk_a", now)
	again.Family = a.Family
	if err := s.InsertAuthorization(ctx, again, code); err == nil {
		t.Error("two authorizations have one family")
	}
}

// testLivingTokens covers the count of access tokens that work, by authorization.
func testLivingTokens(t *testing.T, open Open) {
	s, ctx, now := openEmpty(t, open), context.Background(), at("2026-11-23T09:00:00Z")
	for id, c := range map[string]struct {
		client string
		access []oauth.AccessToken
	}{
		"a": {"pk_a", []oauth.AccessToken{lasting("1", now, time.Hour), lasting("2", now, time.Hour)}},
		"b": {"pk_a", []oauth.AccessToken{lasting("3", now, time.Millisecond), lasting("4", now, 0)}},
		"c": {"pk_a", []oauth.AccessToken{lasting("5", now, -time.Hour)}},
		"d": {"pk_a", nil},
		"e": {"pk_b", []oauth.AccessToken{lasting("6", now, time.Hour)}},
	} {
		must(t, s.InsertAuthorization(ctx, connection(id, c.client, now), oauth.Tokens{Access: c.access, Refresh: "r"}))
	}
	got, err := s.LivingTokens(ctx, "pk_a", now)
	must(t, err)
	if diff := cmp.Diff(map[string]int{"a": 2, "b": 1}, got); diff != "" {
		t.Errorf("living tokens (-want +got):\n%s", diff)
	}
}
