package mcpserver_test

import (
	"net/http"
	"strings"
	"testing"

	"mandorla/internal/access"
	"mandorla/internal/fault"
)

// A call that client and role would allow now, but the authorization does not cover, is answered with every scope it takes; one that
// authorizing again would not help never is.
func TestStepUp(t *testing.T) {
	w := newWorld(t)
	name := w.prop("Company", "name")
	owner := w.prop("Company", "owner")
	manager := w.tokens["full"].(access.Principal)
	w.narrow("companies", manager, access.Set{"Company": {Actions: access.View, View: access.AllProperties}})
	w.narrow("name-only", manager, access.Set{"Company": {Actions: access.View | access.Update, View: access.Only(name, owner), Update: access.Only(name)}})
	widened := manager
	sides := *manager.Sides
	sides.Authorization = access.Set{"Company": {Actions: access.View, View: access.AllProperties}}
	widened.Sides, widened.Lanes = &sides, access.ThroughClient(manager.Lanes, sides.Authorization, sides.Client)
	w.tokens["widened"] = widened

	change := func(values m) m { return m{"model": "Company", "id": w.id["acme"], "values": values} }
	for _, c := range []struct {
		what, token, tool string
		args              m
		scope             string // "" for no challenge
	}{
		{"an action", "companies", "update_record", change(m{"name": "x"}), "companies:view companies:update"},
		{"a tool that is not listed", "companies", "delete_record", m{"model": "Company", "id": w.id["acme"]}, "companies:view companies:remove"},
		{"a creation", "companies", "create_record", m{"model": "Company", "values": m{"name": "x"}}, "companies:create"},
		{"a model", "companies", "list_records", m{"model": "Task"}, "tasks:view"},
		{"a model to describe", "companies", "describe_model", m{"model": "tasks"}, "tasks:view"},
		{"a model behind a reference", "companies", "list_records", m{"model": "Company", "filter": m{"or": []any{m{"owner.email": "x"}, m{"name": "y"}}}}, "companies:view users:view"},
		{"a selected one", "companies", "get_record", m{"model": "Company", "id": w.id["acme"], "select": []any{"name", "owner.email"}}, "companies:view users:view"},
		{"a sorted one", "companies", "list_records", m{"model": "Company", "sort": "-owner.email"}, "companies:view users:view"},
		{"several at once", "companies", "list_records", m{"model": "Task", "select": []any{"companyId.name", "ownerId.email"}}, "tasks:view companies:view users:view"},
		{"a property to write", "name-only", "update_record", change(m{"owner": w.id["bo"]}), "companies:view companies:update"},
		{"a widened client", "widened", "update_record", change(m{"name": "x"}), "companies:view companies:update inclusive"},
		{"a hidden property to write", "name-only", "update_record", change(m{"arr": 1}), ""},
		{"a hidden property to read", "name-only", "list_records", m{"model": "Company", "select": []any{"arr"}}, ""},
		{"no such property", "companies", "list_records", m{"model": "Task", "select": []any{"nothing"}}, ""},
		{"no such model", "companies", "list_records", m{"model": "Tusk"}, ""},
		{"covered", "companies", "list_records", m{"model": "Company", "select": []any{"*"}}, ""},
		{"wrong arguments", "companies", "update_record", m{"model": "Company"}, ""},
		{"a role that lacks it", "reader", "update_record", change(m{"name": "x"}), ""},
		{"a role that lacks the model", "reader", "list_records", m{"model": "Task"}, ""},
		{"no role", "nothing", "list_records", m{"model": "Company"}, ""},
	} {
		r := w.call(c.token, c.tool, c.args)
		want := ""
		if c.scope != "" {
			want = `Bearer error="insufficient_scope", scope="` + c.scope + `", resource_metadata="` + origin + `/.well-known/oauth-protected-resource/v1/mcp"`
		}
		if got := r.Header.Get("WWW-Authenticate"); got != want || (r.Status == http.StatusForbidden) != (c.scope != "") {
			t.Errorf("%s: %d %s\nwant %s\n%s", c.what, r.Status, got, want, r.raw)
		}
	}
	for _, token := range []string{"full", "companies"} {
		if got := w.ok(token, "list_records", m{"model": "Company"}); got["total"] != float64(3) {
			t.Errorf("a refused call did something: %v", got["total"])
		}
	}
	if says := w.call("companies", "list_records", m{"model": "Task"}).Error.Message; !strings.Contains(says, "takes tasks:view") {
		t.Errorf("says %s", says)
	}
}

// Each side that a new authorization cannot change keeps the challenge back, and is named by the tool.
func TestStepUpCannotHelp(t *testing.T) {
	w := newWorld(t)
	manager := w.tokens["full"].(access.Principal)
	reading := access.Of(w.reg, access.View)
	for name, c := range map[string]struct {
		change func(*access.Sides)
		says   string
	}{
		"client":  {func(s *access.Sides) { s.Client = reading }, "the app Claude does not allow it"},
		"role":    {func(s *access.Sides) { s.Roles[0].Set = reading }, "the role Manager does not allow it"},
		"both":    {func(s *access.Sides) { s.Client, s.Roles[0].Set = reading, reading }, "neither the app Claude nor the role Manager allows it"},
		"dynamic": {func(s *access.Sides) { s.Client, s.Dynamic, s.Roles[0].Set = nil, true, reading }, "the role Manager does not allow it"},
	} {
		sides := *manager.Sides
		sides.Roles = append([]access.Role{}, sides.Roles...)
		sides.Authorization, sides.Scope = reading, reading
		c.change(&sides)
		p := manager
		p.Sides, p.Lanes = &sides, access.ThroughClient([]access.Lane{sides.Roles[0].Lane()}, reading, reading)
		w.tokens["no"] = p
		r := w.call("no", "update_record", m{"model": "Company", "id": w.id["acme"], "values": m{"name": "x"}})
		if r.Header.Get("WWW-Authenticate") != "" {
			t.Errorf("%s: challenged: %s", name, r.Header.Get("WWW-Authenticate"))
		}
		if says := w.fails("no", "update_record", m{"model": "Company", "id": w.id["acme"], "values": m{"name": "x"}}, fault.Forbidden); !strings.Contains(says, c.says) {
			t.Errorf("%s says %s", name, says)
		}
	}
}
