package web_test

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"mandorla/internal/access"
	"mandorla/internal/audit"
	"mandorla/internal/privateapp"
	"mandorla/internal/testkit"
)

var shownToken = regexp.MustCompile(`value="(pat_[^"]+)"`)

// A program gets its account in a browser without scripts: permissions copied from a role, a token shown once, calls in the log, the end.
func TestPrivateAppPages(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	ada := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	ada.get("/private-apps").want(t, http.StatusOK, "No private apps yet", "OAuth clients")
	ada.get("/apps/new").want(t, http.StatusOK, "Private app")
	form := ada.get("/private-apps/new").want(t, http.StatusOK, "Role Manager", "OAuth client Claude Connector").form(t, "/private-apps/new")
	option := regexp.MustCompile(`<option value="(role\.[^"]+)"[^>]*>Role Manager`).FindStringSubmatch(ada.get("/private-apps/new").body)
	if option == nil {
		t.Fatal("the role cannot be copied")
	}
	form.Set("name", " ")
	ada.post("/private-apps/new", form).want(t, http.StatusUnprocessableEntity, "Name needs 1 to 80 characters")
	form.Set("name", "Portal sync")
	form.Set("from", "role.gone")
	ada.post("/private-apps/new", form).want(t, http.StatusUnprocessableEntity, "is not there any more")
	form.Set("from", option[1])
	made := ada.post("/private-apps/new", form).want(t, http.StatusSeeOther)
	path := made.header.Get("Location")
	ada.follow(made).want(t, http.StatusOK, "Portal sync", "No tokens yet", "MCP server URL", "Not used yet")
	ada.post("/private-apps/new", form).want(t, http.StatusUnprocessableEntity, "There is a private app named Portal sync already")

	form = ada.get(path+"?token").want(t, http.StatusOK, "New token").form(t, path+"/tokens")
	bad := url.Values{}
	for name, values := range form {
		bad[name] = values
	}
	bad.Set("tokenName", "")
	ada.post(path+"/tokens", bad).want(t, http.StatusUnprocessableEntity, "needs 1 to 80 characters")
	form.Set("tokenName", "Nightly")
	form.Set("expires", "90")
	shown := ada.follow(ada.post(path+"/tokens", form).want(t, http.StatusSeeOther)).want(t, http.StatusOK, "Nightly", "I have stored it")
	token := shownToken.FindStringSubmatch(shown.body)
	if token == nil {
		t.Fatal("no token")
	}
	done := regexp.MustCompile(`href="([^"]*stored=[^"]+)"`).FindStringSubmatch(shown.body)
	if after := ada.follow(ada.raw(html.UnescapeString(done[1]))); strings.Contains(after.body, token[1]) {
		t.Error("the token is still shown")
	}
	call := func(want int) {
		t.Helper()
		if status, _, text := s.Call(t, token[1], "list_records", map[string]any{"model": "Company", "limit": 2}); status != want {
			t.Errorf("%d: %s", status, text)
		}
	}
	call(http.StatusOK)
	s.Call(t, token[1], "get_record", map[string]any{"model": "Company", "id": "0"})
	ada.get(path+"/logs").want(t, http.StatusOK, "list_records", "get_record", "Nightly", "Company", "Not found")
	if failed := ada.get(path+"/logs?outcome=failed").want(t, http.StatusOK, "get_record"); strings.Contains(failed.body, "list_records") {
		t.Error("a call that worked is among those that failed")
	}
	ada.get(path).want(t, http.StatusOK, "Works")

	perms := ada.get(path+"/permissions").want(t, http.StatusOK, "May view").form(t, path+"/permissions")
	for _, a := range []string{"view", "create", "update", "remove", "export"} {
		perms.Del("p.Company." + a)
	}
	ada.follow(ada.post(path+"/permissions", perms)).want(t, http.StatusOK, "Saved")
	ada.post(path+"/permissions", perms).want(t, http.StatusConflict, "meanwhile")
	if _, isError, text := s.Call(t, token[1], "list_records", map[string]any{"model": "Company"}); !isError || !strings.Contains(text, "no model") {
		t.Errorf("after the model was taken away: %s", text)
	}
	revoke := ada.get(path).form(t, path+"/tokens/revoke")
	revoke.Set("token", regexp.MustCompile(`name="token" value="([^"]+)"`).FindStringSubmatch(ada.get(path).body)[1])
	ada.post(path+"/tokens/revoke", revoke).want(t, http.StatusSeeOther)
	call(http.StatusUnauthorized)
	ada.get(path).want(t, http.StatusOK, "Revoked")
	del := ada.get(path).form(t, path+"/delete")
	ada.post(path+"/delete", del).want(t, http.StatusUnprocessableEntity, "type the app's name")
	del.Set("confirm", "Portal sync")
	ada.post(path+"/delete", del).want(t, http.StatusSeeOther)
	ada.get(path).want(t, http.StatusNotFound)
}

// Who may not see to apps finds nothing at their addresses; who sees to programs gives them no more than their own role.
func TestPrivateAppPagesAreGated(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	carly, devi := newBrowser(t, s.URL).signIn(person(t, "Carly")), newBrowser(t, s.URL).signIn(person(t, "Devi"))
	nothing := carly.get("/nothing").want(t, http.StatusNotFound)
	for _, path := range []string{"/private-apps", "/private-apps/new", "/private-apps/x", "/private-apps/x/permissions", "/private-apps/x/logs", "/apps", "/apps/new"} {
		if got := carly.get(path).want(t, http.StatusNotFound); len(got.body) != len(nothing.body) {
			t.Errorf("%s is not like nothing", path)
		}
	}
	if home := carly.get("/"); strings.Contains(home.body, "App Center") {
		t.Error("the App Center is in the sidebar of somebody who may not open it")
	}
	form := devi.get("/private-apps/new").want(t, http.StatusOK).form(t, "/private-apps/new")
	form.Set("name", "Strong")
	option := regexp.MustCompile(`<option value="(role\.[^"]+)"[^>]*>Role Administrator`).FindStringSubmatch(devi.get("/private-apps/new").body)
	form.Set("from", option[1])
	devi.post("/private-apps/new", form).want(t, http.StatusUnprocessableEntity, "only what one of your roles with full access allows")
	strong, err := s.Apps.Create(t.Context(), s.Admin, privateapp.Input{Name: "Strong", Set: access.Full(s.Schema.Base())})
	if err != nil {
		t.Fatal(err)
	}
	path := "/private-apps/" + strong.ID
	devi.post(path+"/disabled", devi.get(path).form(t, path+"/disabled")).want(t, http.StatusSeeOther)
	devi.post(path+"/disabled", devi.get(path).form(t, path+"/disabled")).want(t, http.StatusForbidden, "Ask an administrator to enable it", "Enable app")
}

// The log goes back in time by pages, each of the outcome chosen; an address made up is the first page.
func TestPrivateAppLogPages(t *testing.T) {
	g := newGated(t)
	id := strings.TrimPrefix(g.app, "/private-apps/")
	for i := range 120 {
		outcome := "ok"
		if i%2 == 0 {
			outcome = "not_found"
		}
		g.Calls.Add(audit.Call{ID: fmt.Sprintf("%024x", i+1), Tenant: g.Tenant, At: g.Clock.Now(), App: id, Token: "Nightly", Tool: fmt.Sprintf("tool_%d.", i), Outcome: outcome})
	}
	tools := func(p page) (out []string) {
		for _, m := range regexp.MustCompile(`tool_(\d+)\.`).FindAllStringSubmatch(p.body, -1) {
			out = append(out, m[1])
		}
		return out
	}
	older := regexp.MustCompile(`href="([^"]+)"[^>]*><span class="btn-label">Older calls`)
	at, seen := g.app+"/logs", 0
	for _, want := range []struct {
		first, last string
		n           int
	}{{"119", "70", 50}, {"69", "20", 50}, {"19", "0", 20}} {
		p := g.devi.get(at).want(t, http.StatusOK)
		got := tools(p)
		if len(got) != want.n || got[0] != want.first || got[len(got)-1] != want.last {
			t.Fatalf("%s: %v", at, got)
		}
		seen += len(got)
		if seen > 50 != strings.Contains(p.body, "Newest calls") {
			t.Errorf("%s: the way back to the newest calls", at)
		}
		if next := older.FindStringSubmatch(p.body); next != nil {
			at = html.UnescapeString(next[1])
		} else if seen != 120 {
			t.Fatalf("%s leads nowhere", at)
		}
	}
	p := g.devi.get(g.app+"/logs?outcome=failed").want(t, http.StatusOK)
	p = g.devi.get(html.UnescapeString(older.FindStringSubmatch(p.body)[1])).want(t, http.StatusOK, "Not found")
	if got := tools(p); len(got) != 10 || got[0] != "18" || got[9] != "0" {
		t.Errorf("older calls that failed: %v", got)
	}
	if got := tools(g.devi.get(g.app + "/logs?outcome=ok")); len(got) != 50 || got[0] != "119" || got[1] != "117" {
		t.Errorf("calls that worked: %v", got)
	}
	for _, made := range []string{"before=%00", "before=zz", "outcome=%00", "outcome=x'"} {
		if got := tools(g.devi.get(g.app+"/logs?"+made).want(t, http.StatusOK)); len(got) != 50 || got[0] != "119" {
			t.Errorf("%s: %v", made, got)
		}
	}
}
