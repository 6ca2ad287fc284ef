package e2e

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"mandorla/internal/access"
	"mandorla/internal/audit"
	"mandorla/internal/demo"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/privateapp"
	"mandorla/internal/record"
	"mandorla/internal/testkit"
)

// TestPrivateApp takes a program from its creation to its end: what it may do, what ends it, and what is logged of it.
func TestPrivateApp(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine string) {
		s := testkit.Start(t, engine)
		ctx := t.Context()
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		set := access.Set{"Company": {Actions: access.View | access.Update, View: access.AllProperties, Update: access.AllProperties}}
		app, err := s.Apps.Create(ctx, s.Admin, privateapp.Input{Name: "Portal sync", Set: set})
		must(err)
		tok, token, err := s.Apps.NewToken(ctx, s.Admin, app.ID, "nightly", 24*time.Hour)
		must(err)
		if tokens, err := s.Apps.Tokens(ctx, s.Admin, app.ID); err != nil || len(tokens) != 1 || tokens[0].Hash != "" {
			t.Fatal(tokens, err)
		}
		call := func(tool string, args map[string]any) (int, string) {
			t.Helper()
			status, isError, text := s.Call(t, token, tool, args)
			if isError {
				text = "error: " + text
			}
			return status, text
		}
		expect := func(when string, want int, contains string) {
			t.Helper()
			if status, text := call("list_records", map[string]any{"model": "Company", "limit": 1}); status != want || !strings.Contains(text, contains) {
				t.Errorf("%s: %d %s", when, status, text)
			}
		}
		expect("new", http.StatusOK, `"has_more":true`)
		if _, text := call("who_am_i", nil); !strings.Contains(text, `"Portal sync"`) || !strings.Contains(text, `"private":true`) || strings.Contains(text, `"person"`) {
			t.Error(text)
		}
		if status, text := call("list_records", map[string]any{"model": "Task"}); status != http.StatusOK || !strings.Contains(text, "There is no model") {
			t.Error("a model that is not in its set:", status, text)
		}
		// What it changes is told as its own, with the call.
		page, err := s.Gate.List(ctx, s.Admin, record.ListRequest{Model: "Company", Limit: 1})
		must(err)
		id := page.Rows[0].ID
		if _, text := call("update_record", map[string]any{"model": "Company", "id": id, "values": map[string]any{"phase": "By program"}}); strings.HasPrefix(text, "error") {
			t.Fatal(text)
		}
		history, err := s.Gate.History(ctx, s.Admin, "Company", id)
		must(err)
		if h := history[0]; h.AppName != "Portal sync" || h.PersonName != "" || h.Changes[0].New != "By program" {
			t.Errorf("history %+v", h)
		}
		calls, err := s.Calls.List(ctx, audit.CallQuery{Tenant: s.Tenant, App: app.ID, Limit: 100})
		must(err)
		entries, err := s.Store.RecordAudit(ctx, s.Tenant, "Company", id, 1)
		must(err)
		if len(calls) != 4 || calls[0].Tool != "update_record" || calls[0].ID == "" || entries[0].Call != calls[0].ID || entries[0].App != app.ID ||
			calls[0].Token != "nightly" || calls[1].Outcome != "not_found" || calls[3].Rows != 1 || calls[3].Model != "Company" {
			t.Errorf("calls %+v\nentry %+v", calls, entries[0])
		}
		if failed, err := s.Calls.List(ctx, audit.CallQuery{Tenant: s.Tenant, App: app.ID, Outcome: "failed", Limit: 100}); err != nil || len(failed) != 1 {
			t.Errorf("failed calls %+v, %v", failed, err)
		}
		if older, err := s.Calls.List(ctx, audit.CallQuery{Tenant: s.Tenant, App: app.ID, Before: calls[1].ID, Limit: 1}); err != nil || len(older) != 1 || older[0].ID != calls[2].ID {
			t.Errorf("older calls %+v, %v", older, err)
		}
		// Less works at once.
		save := func(change func(*privateapp.Input)) {
			t.Helper()
			in := privateapp.Input{Name: app.Name, Set: set, Enabled: true}
			change(&in)
			app, err = s.Apps.Update(ctx, s.Admin, app.ID, app.Version, in)
			must(err)
		}
		save(func(in *privateapp.Input) { in.Set = access.Set{"Task": access.FullModel} })
		expect("after it lost the model", http.StatusOK, "There is no model")
		save(func(in *privateapp.Input) { in.Enabled = false })
		expect("disabled", http.StatusUnauthorized, "")
		save(func(*privateapp.Input) {})
		expect("enabled again", http.StatusOK, "has_more")
		if _, err := s.Apps.Update(ctx, s.Admin, app.ID, app.Version-1, privateapp.Input{Name: "x"}); !fault.Is(err, fault.Conflict) {
			t.Errorf("an old form: %v", err)
		}
		if used, err := s.Apps.App(ctx, s.Admin, app.ID); err != nil || used.UsedAt.IsZero() {
			t.Errorf("last use %v, %v", used.UsedAt, err)
		}
		s.Clock.Add(24 * time.Hour)
		expect("expired", http.StatusUnauthorized, "")
		_, token, err = s.Apps.NewToken(ctx, s.Admin, app.ID, "for good", 0)
		must(err)
		s.Clock.Add(5 * 365 * 24 * time.Hour)
		expect("without an end", http.StatusOK, "has_more")
		tokens, err := s.Apps.Tokens(ctx, s.Admin, app.ID)
		must(err)
		must(s.Apps.RevokeToken(ctx, s.Admin, app.ID, tokens[0].ID))
		expect("revoked", http.StatusUnauthorized, "")
		if err := s.Apps.RevokeToken(ctx, s.Admin, app.ID, tok.ID+"0"); !fault.Is(err, fault.NotFound) {
			t.Errorf("an unknown token: %v", err)
		}
		_, token, err = s.Apps.NewToken(ctx, s.Admin, app.ID, "last", 0)
		must(err)
		expect("the last one", http.StatusOK, "has_more")
		must(s.Apps.Delete(ctx, s.Admin, app.ID))
		expect("deleted", http.StatusUnauthorized, "")
		for _, bad := range []string{"pat_", "pat_" + strings.Repeat("x", 43), token + "x", token[:len(token)-1]} {
			if _, err := s.Apps.Authenticate(ctx, bad, access.SurfaceMCP); !fault.Is(err, fault.Unauthenticated) {
				t.Errorf("%q: %v", bad, err)
			}
		}
	})
}

// TestPrivateAppGivesNothingAway: who sees to private apps gives them at most what they may do themselves with every company, and takes no
// token of an app that may do more.
func TestPrivateAppGivesNothingAway(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	ctx, devi, carly := t.Context(), s.Person(t, developer()), s.Person(t, demo.Carly)
	reads := access.Of(s.Schema.Base(), access.View)
	app, err := s.Apps.Create(ctx, devi, privateapp.Input{Name: "Reads", Set: reads})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Apps.Create(ctx, devi, privateapp.Input{Name: "Removes", Set: access.Full(s.Schema.Base())}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("more than the own role: %v", err)
	}
	if _, err := s.Apps.Update(ctx, devi, app.ID, app.Version, privateapp.Input{Name: "Reads", Set: access.Full(s.Schema.Base()), Enabled: true}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("widened beyond the own role: %v", err)
	}
	strong, err := s.Apps.Create(ctx, s.Admin, privateapp.Input{Name: "Strong", Set: access.WithInternals(access.Full(s.Schema.Base()))})
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range access.Internals {
		if strong.Set.Allows(in.Name, access.View) {
			t.Errorf("a program may see to %s", in.Plural)
		}
	}
	if _, _, err := s.Apps.NewToken(ctx, devi, strong.ID, "x", 0); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a token of an app that may do more: %v", err)
	}
	if _, err := s.Apps.Update(ctx, devi, strong.ID, strong.Version, privateapp.Input{Name: "Renamed", Set: strong.Set, Enabled: true}); err != nil {
		t.Errorf("renamed, without a change of what it may do: %v", err)
	}
	off := privateapp.Input{Name: "Renamed", Set: strong.Set}
	if _, err := s.Apps.Update(ctx, devi, strong.ID, strong.Version+1, off); err != nil {
		t.Errorf("disabled: %v", err)
	}
	on := off
	on.Enabled = true
	if _, err := s.Apps.Update(ctx, devi, strong.ID, strong.Version+2, on); !fault.Is(err, fault.Forbidden) {
		t.Errorf("an app that may do more, enabled again: %v", err)
	}
	if _, err := s.Apps.Update(ctx, s.Admin, strong.ID, strong.Version+2, on); err != nil {
		t.Errorf("enabled by an administrator: %v", err)
	}
	// A role that reaches only some companies cannot be passed on: an app reaches them all.
	owner := devi
	owner.Lanes = []access.Lane{{Portfolio: access.MyPortfolio, Set: access.Full(s.Schema.Base())}, {Portfolio: access.FullAccess, Set: access.WithInternals(access.Set{})}}
	if _, err := s.Apps.Create(ctx, owner, privateapp.Input{Name: "Wide", Set: reads}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("given by a role with a portfolio: %v", err)
	}
	for name, try := range map[string]func() error{
		"create": func() error { _, err := s.Apps.Create(ctx, carly, privateapp.Input{Name: "x"}); return err },
		"update": func() error {
			_, err := s.Apps.Update(ctx, carly, app.ID, 1, privateapp.Input{Name: "x"})
			return err
		},
		"delete": func() error { return s.Apps.Delete(ctx, carly, app.ID) },
		"token":  func() error { _, _, err := s.Apps.NewToken(ctx, carly, app.ID, "x", 0); return err },
		"revoke": func() error { return s.Apps.RevokeToken(ctx, carly, app.ID, "x") },
		"list":   func() error { _, err := s.Apps.Apps(ctx, carly); return err },
		"read":   func() error { _, err := s.Apps.App(ctx, carly, app.ID); return err },
		"tokens": func() error { _, err := s.Apps.Tokens(ctx, carly, app.ID); return err },
	} {
		if err := try(); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s by somebody without the permission: %v", name, err)
		}
	}
}

// TestRule3_9_EveryCallIsRecorded: who, which client, which authorization, which call.
func TestRule3_9_EveryCallIsRecorded(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine string) {
		s := testkit.Start(t, engine)
		carly := s.Person(t, demo.Carly)
		page, err := s.Gate.List(t.Context(), carly, record.ListRequest{Model: "Company", Limit: 1})
		if err != nil || len(page.Rows) != 1 {
			t.Fatal(page, err)
		}
		id, token := page.Rows[0].ID, s.Connect(t, demo.Carly).Access
		for _, phase := range []string{"one", "two"} {
			if status, isError, text := s.Call(t, token, "update_record", map[string]any{"model": "Company", "id": id, "values": map[string]any{"phase": phase}}); status != http.StatusOK || isError {
				t.Fatalf("%d: %s", status, text)
			}
		}
		calls, err := s.Calls.List(t.Context(), audit.CallQuery{Tenant: s.Tenant, Client: s.Client.ID, Limit: 10})
		if err != nil || len(calls) != 2 {
			t.Fatal(calls, err)
		}
		entries, err := s.Store.RecordAudit(t.Context(), s.Tenant, "Company", id, 2)
		if err != nil {
			t.Fatal(err)
		}
		for i, e := range entries {
			c := calls[i]
			if e.Person != carly.Person || e.Client != s.Client.ID || e.Authorization == "" || e.Call == "" || e.Call != c.ID || c.Authorization != e.Authorization ||
				c.Person != carly.Person || c.PersonName != carly.PersonName || c.Tool != "update_record" || c.Model != "Company" || c.Record != id || c.Outcome != "ok" {
				t.Errorf("entry %+v\ncall %+v", e, c)
			}
		}
		if entries[0].Call == entries[1].Call {
			t.Error("two calls have one id")
		}
	})
}

// TestStrangersTextInTheCallLog: a call that is strange in what it sends, down to bytes that are no text, is in the log like any other.
func TestStrangersTextInTheCallLog(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine string) {
		s := testkit.Start(t, engine)
		token := s.Connect(t, demo.Carly).Access
		s.Call(t, token, "no\x00such", nil)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/v1/mcp",
			strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"who_am_i","arguments":{}}}`))
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range map[string]string{
			"Authorization": "Bearer " + token, "Content-Type": "application/json", "Accept": "application/json, text/event-stream", "User-Agent": "strange\xff",
		} {
			r.Header.Set(name, value)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		calls, err := s.Calls.List(t.Context(), audit.CallQuery{Tenant: s.Tenant, Limit: 10})
		if err != nil || len(calls) != 2 || calls[0].Tool != "who_am_i" || calls[0].Agent != "strange" || calls[1].Tool != "nosuch" || calls[1].Outcome != "unknown_tool" {
			t.Errorf("calls %+v, %v", calls, err)
		}
	})
}

// TestPrivateAppWithClientLibrary: a client that nobody here wrote works with a program's token, and sees the tools of its set.
func TestPrivateAppWithClientLibrary(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	app, err := s.Apps.Create(t.Context(), s.Admin, privateapp.Input{Name: "Reads", Set: access.Set{"Company": {Actions: access.View, View: access.AllProperties}}})
	if err != nil {
		t.Fatal(err)
	}
	_, token, err := s.Apps.NewToken(t.Context(), s.Admin, app.ID, "library", 0)
	if err != nil {
		t.Fatal(err)
	}
	session, err := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil).Connect(t.Context(),
		&mcp.StreamableClientTransport{Endpoint: s.URL + "/v1/mcp", HTTPClient: &http.Client{Transport: bearer(token)}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	tools := func() (names []string) {
		t.Helper()
		list, err := session.ListTools(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, tool := range list.Tools {
			names = append(names, tool.Name)
		}
		return names
	}
	if got := tools(); !slices.Contains(got, "list_records") || slices.Contains(got, "update_record") || slices.Contains(got, "delete_record") {
		t.Errorf("tools %v", got)
	}
	res, err := session.CallTool(t.Context(), &mcp.CallToolParams{Name: "list_records", Arguments: map[string]any{"model": "Company", "limit": 1}})
	if err != nil || res.IsError {
		t.Errorf("%+v, %v", res, err)
	}
	if _, err := s.Apps.Update(t.Context(), s.Admin, app.ID, app.Version, privateapp.Input{Name: "Reads", Enabled: true}); err != nil {
		t.Fatal(err)
	}
	if got := tools(); slices.Contains(got, "list_records") {
		t.Errorf("with nothing in its set it is offered %v", got)
	}
}

type bearer string

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+string(b))
	return http.DefaultTransport.RoundTrip(r)
}

func developer() demo.Login {
	for _, p := range demo.People {
		if p.Role == identity.Developer {
			return p
		}
	}
	panic("the demo has no developer")
}
