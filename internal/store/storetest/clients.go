package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mandorla/internal/fault"
	"mandorla/internal/oauth"
	"mandorla/internal/store/sqlstore"
)

// newClient adds a client of a tenant.
func newClient(t *testing.T, s *sqlstore.Store, tenant, id string) oauth.ClientRecord {
	t.Helper()
	c := oauth.ClientRecord{SetText: "{}", SecretHash: "first", Client: oauth.Client{
		Tenant: tenant, ID: id, Name: id, Kind: oauth.Confidential, Enabled: true, Version: 1, RedirectURIs: []string{}, CreatedAt: at("2026-11-23T09:00:00Z"),
	}}
	must(t, s.InsertClient(context.Background(), c))
	return c
}

// testLogos covers the pictures of clients: any bytes, found by client and hash, and gone with the client.
func testLogos(t *testing.T, open Open) {
	s, ctx := openEmpty(t, open), context.Background()
	c, other := newClient(t, s, here, "pk_a"), newClient(t, s, there, "pk_b")
	png := make([]byte, 300)
	for i := range png {
		png[i] = byte(i)
	}
	is := func(client, hash string, want []byte) {
		t.Helper()
		got, err := s.ClientLogo(ctx, client, hash)
		if want == nil {
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("%s %s: %v, want not found", client, hash, err)
			}
			return
		}
		must(t, err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", client, hash, diff)
		}
	}
	is(c.ID, "h1", nil)
	must(t, s.SetClientLogo(ctx, here, c.ID, oauth.Logo{Hash: "h1", PNG: png}))
	must(t, s.SetClientLogo(ctx, there, other.ID, oauth.Logo{Hash: "h1", PNG: png[:1]}))
	if err := s.SetClientLogo(ctx, there, c.ID, oauth.Logo{Hash: "h9", PNG: png}); !fault.Is(err, fault.NotFound) {
		t.Errorf("the logo of another tenant's client: %v", err)
	}
	is(c.ID, "h1", png)
	is(c.ID, "h9", nil)
	is(other.ID, "h1", png[:1])
	if rec, err := s.ClientByID(ctx, c.ID); err != nil || rec.LogoHash != "h1" {
		t.Errorf("the client carries %q, %v", rec.LogoHash, err)
	}
	must(t, s.SetClientLogo(ctx, here, c.ID, oauth.Logo{Hash: "h2", PNG: png[1:]}))
	is(c.ID, "h1", nil)
	is(c.ID, "h2", png[1:])
	must(t, s.SetClientLogo(ctx, here, c.ID, oauth.Logo{}))
	is(c.ID, "h2", nil)
	is(c.ID, "", nil)
	if rec, err := s.ClientByID(ctx, c.ID); err != nil || rec.LogoHash != "" {
		t.Errorf("the client carries %q, %v", rec.LogoHash, err)
	}
	must(t, s.DeleteClient(ctx, there, other.ID))
	is(other.ID, "h1", nil)
}

// testSigns covers what programs did last: one row for each kind, and never an older one over a newer.
func testSigns(t *testing.T, open Open) {
	s, ctx := openEmpty(t, open), context.Background()
	one := oauth.Sign{Kind: oauth.SignMetadata, Agent: "python-httpx/0.27", At: at("2026-11-23T09:30:00.123Z")}
	must(t, s.NoteSign(ctx, one))
	late, older := one, one
	late.Agent, late.At = "é “curl”", one.At.Add(time.Millisecond)
	older.Agent, older.At = "older", one.At.Add(-time.Second)
	stranger := oauth.Sign{Kind: oauth.SignStranger, At: one.At}
	for _, sign := range []oauth.Sign{late, older, stranger} {
		must(t, s.NoteSign(ctx, sign))
	}
	got, err := s.Signs(ctx)
	must(t, err)
	if diff := cmp.Diff([]oauth.Sign{late, stranger}, got); diff != "" {
		t.Errorf("signs (-want +got):\n%s", diff)
	}
}

// testSecrets covers the secret before: it is kept with and without a time in which it works.
func testSecrets(t *testing.T, open Open) {
	s, ctx := openEmpty(t, open), context.Background()
	c := newClient(t, s, here, "pk_a")
	for _, until := range []time.Time{{}, at("2026-12-01T00:00:00Z")} {
		c.SecretHash, c.OldSecretHash, c.OldSecretUntil = "second", "first", until
		must(t, s.SetClientSecret(ctx, c))
		got, err := s.ClientByID(ctx, c.ID)
		must(t, err)
		if got.SecretHash != "second" || got.OldSecretHash != "first" || !got.OldSecretUntil.Equal(until) {
			t.Errorf("secret %q, before %q until %s", got.SecretHash, got.OldSecretHash, got.OldSecretUntil)
		}
	}
}
