// Package e2e tries the whole product from outside: the built binary, real HTTP, real clients, both storage engines.
package e2e

import (
	"net/http"
	"strings"
	"testing"

	"mandorla/internal/access"
	"mandorla/internal/demo"
	"mandorla/internal/oauth"
	"mandorla/internal/record"
	"mandorla/internal/testkit"
)

// TestReductionBitesAtTheNextCall reduces each side of a living connection in turn: the very next call obeys, and what is widened
// again afterwards comes back only as far as the authorization reached.
func TestReductionBitesAtTheNextCall(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine string) {
		s := testkit.Start(t, engine)
		token := s.Connect(t, demo.Carly).Access
		list := func(modelName string) string {
			t.Helper()
			status, isError, text := s.Call(t, token, "list_records", map[string]any{"model": modelName, "limit": 5})
			switch {
			case status == http.StatusUnauthorized:
				return "unauthorized"
			case isError && strings.Contains(text, "no model"):
				return "unknown"
			case isError || status != http.StatusOK:
				t.Fatalf("status %d: %s", status, text)
			}
			return "rows"
		}
		expect := func(when, modelName, want string) {
			t.Helper()
			if got := list(modelName); got != want {
				t.Fatalf("%s: %s: got %s, want %s", when, modelName, got, want)
			}
		}
		expect("connected", "Company", "rows")
		expect("connected", "Task", "rows")

		role := csm(t, s)
		without := role
		without.Set = cut(role.Set, "Company")
		saved := saveRole(t, s, without)
		expect("the role lost Company", "Company", "unknown")
		expect("the role lost Company", "Task", "rows")
		role.Version = saved.Version
		role = saveRole(t, s, role)
		expect("the role has Company again", "Company", "rows")

		client := s.Client
		client = updateClient(t, s, client, cut(client.Set, "Task"))
		expect("the client lost Task", "Task", "unknown")
		wider := access.Full(s.Schema.Base())
		client = updateClient(t, s, client, wider)
		expect("the client has Task again", "Task", "rows")
		if status, isError, _ := s.Call(t, token, "update_record", map[string]any{"model": "Task", "id": strings.Repeat("0", 24), "values": map[string]any{"status": "done"}}); status == http.StatusOK && !isError {
			t.Fatal("a widened client gave an old authorization a new right")
		}

		setInactive(t, s, true)
		expect("the person is inactive", "Company", "unauthorized")
		setInactive(t, s, false)
		expect("the person is active again", "Company", "rows")

		if _, err := s.OAuth.RegenerateSecret(t.Context(), s.Admin, client.ID, 0); err != nil {
			t.Fatal(err)
		}
		expect("the secret was replaced", "Company", "unauthorized")
	})
}

// TestCarlySeesOnlyHerOwn asks through the whole stack for a company of somebody else.
func TestCarlySeesOnlyHerOwn(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine string) {
		s := testkit.Start(t, engine)
		token := s.Connect(t, demo.Carly).Access
		page, err := s.Gate.List(t.Context(), s.Admin, record.ListRequest{Model: "Company", Limit: record.MaxLimit})
		if err != nil {
			t.Fatal(err)
		}
		carly := s.Person(t, demo.Carly)
		hers, others := 0, 0
		for _, row := range page.Rows {
			_, err := s.Gate.Get(t.Context(), carly, "Company", row.ID, nil)
			_, isError, text := s.Call(t, token, "get_record", map[string]any{"model": "Company", "id": row.ID})
			if (err != nil) != isError {
				t.Fatalf("%s: the gate says %v, the connection says %s", row.ID, err, text)
			}
			if isError {
				others++
			} else {
				hers++
			}
		}
		if hers < 20 || others < 20 {
			t.Fatalf("%d hers, %d others'", hers, others)
		}
	})
}

func csm(t *testing.T, s *testkit.Server) access.Role {
	t.Helper()
	roles, err := s.Identity.Roles(t.Context(), s.Tenant)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range roles {
		if r.Name == demo.Carly.Role {
			return r
		}
	}
	t.Fatal("no such role")
	return access.Role{}
}

func saveRole(t *testing.T, s *testkit.Server, r access.Role) access.Role {
	t.Helper()
	saved, err := s.Identity.SaveRole(t.Context(), s.Admin, r)
	if err != nil {
		t.Fatal(err)
	}
	return saved
}

func updateClient(t *testing.T, s *testkit.Server, c oauth.Client, set access.Set) oauth.Client {
	t.Helper()
	out, err := s.OAuth.UpdateClient(t.Context(), s.Admin, c.ID, c.Version, oauth.ClientInput{
		Name: c.Name, Description: c.Description, Kind: c.Kind, RedirectURIs: c.RedirectURIs, Set: set, Enabled: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func setInactive(t *testing.T, s *testkit.Server, inactive bool) {
	t.Helper()
	page, err := s.Gate.List(t.Context(), s.Admin, record.ListRequest{Model: "User", Search: demo.Carly.Email})
	if err != nil || len(page.Rows) != 1 {
		t.Fatal(page, err)
	}
	if _, err := s.Gate.Update(t.Context(), s.Admin, record.Write{Model: "User", ID: page.Rows[0].ID, Values: map[string]any{"inactive": inactive}}); err != nil {
		t.Fatal(err)
	}
}

func cut(set access.Set, modelName string) access.Set {
	out := access.Set{}
	for name, p := range set {
		if name != modelName {
			out[name] = p
		}
	}
	return out
}

// TestHistoryNamesPersonAndClient changes a record through a connection: its history says who, through which app, and what.
func TestHistoryNamesPersonAndClient(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine string) {
		s := testkit.Start(t, engine)
		carly := s.Person(t, demo.Carly)
		page, err := s.Gate.List(t.Context(), carly, record.ListRequest{Model: "Company", Limit: 1})
		if err != nil || len(page.Rows) != 1 {
			t.Fatal(page, err)
		}
		id := page.Rows[0].ID
		token := s.Connect(t, demo.Carly).Access
		if status, isError, text := s.Call(t, token, "update_record", map[string]any{"model": "Company", "id": id, "values": map[string]any{"phase": "Walked"}}); status != http.StatusOK || isError {
			t.Fatalf("%d: %s", status, text)
		}
		h, err := s.Gate.History(t.Context(), carly, "Company", id)
		if err != nil || len(h) != 2 {
			t.Fatal(h, err)
		}
		last := h[0]
		if last.PersonName != demo.Carly.Name() || last.ClientName != s.Client.Name || last.Surface != access.SurfaceMCP || len(last.Changes) != 1 || last.Changes[0].New != "Walked" {
			t.Errorf("%+v", last)
		}
	})
}
