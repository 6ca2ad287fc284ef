package web_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/oauth"
	"mandorla/internal/record"
	"mandorla/internal/testkit"
)

var mainPart = regexp.MustCompile(`(?s)<main.*</main>`)

// content is what a page shows, without what belongs to the browser that asked.
func content(p page) string {
	main := mainPart.FindString(p.body)
	main = regexp.MustCompile(`(?s)<input type="hidden" name="csrf"[^>]*>`).ReplaceAllString(main, "")
	return regexp.MustCompile(`Reference <code>[A-Z0-9]+</code>`).ReplaceAllString(main, "")
}

func userID(t *testing.T, s *testkit.Server, first string) string {
	t.Helper()
	return s.Person(t, person(t, first)).Person
}

// viewAs makes an administrator's browser look through somebody's eyes.
func viewAs(t *testing.T, b *browser, user, client string) page {
	t.Helper()
	form := b.get("/settings/view-as").want(t, http.StatusOK, "View as").form(t, "/settings/view-as")
	form.Set("person", user)
	form.Set("client", client)
	return b.post("/settings/view-as", form)
}

// An administrator who views as Carly sees, page by page, exactly what she sees, and can change nothing.
func TestViewAs(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine string) {
		s := testkit.Start(t, engine)
		ada, carly := newBrowser(t, s.URL).signIn(person(t, "Ada")), newBrowser(t, s.URL).signIn(person(t, "Carly"))
		list, err := s.Gate.List(t.Context(), s.Person(t, person(t, "Carly")), record.ListRequest{Model: "Company", Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		company := "/data/companies/" + list.Rows[0].ID
		own := ada.get("/data/companies")
		viewAs(t, ada, "", "").want(t, http.StatusUnprocessableEntity, "choose a person")
		viewAs(t, ada, strings.Repeat("0", 24), "").want(t, http.StatusUnprocessableEntity, "no such person")
		ada.follow(viewAs(t, ada, userID(t, s, "Carly"), "").want(t, http.StatusSeeOther)).want(t, http.StatusOK, "Viewing as Carly Hart · read-only", "Stop viewing")
		for _, path := range []string{
			"/data/companies", "/data/companies?sort=-arr&f=status:eq:customer", "/data/companies?q=a", company, company + "?tab=history", "/data/endusers",
			"/data/users", "/data/nothing", "/data/companies/" + strings.Repeat("0", 24),
		} {
			hers, seen := carly.get(path), ada.get(path)
			if hers.status != seen.status || content(hers) != content(seen) {
				t.Errorf("%s differs: %d, %d\n%s\n%s", path, hers.status, seen.status, content(hers), content(seen))
			}
			if !strings.Contains(seen.body, "Viewing as Carly Hart") {
				t.Errorf("%s is not marked", path)
			}
		}
		if content(own) == content(ada.get("/data/companies")) {
			t.Error("she sees what the administrator sees")
		}
		for _, path := range []string{"/profile", "/settings", "/settings/roles", "/settings/view-as", "/apps", "/private-apps", "/apps/" + s.Client.ID} {
			if got := ada.get(path); got.status != http.StatusForbidden && got.status != http.StatusNotFound || strings.Contains(got.body, "Sessions") {
				t.Errorf("%s while viewing: %d", path, got.status)
			}
		}
		if got := ada.get(authorizeURL(s, nil)); strings.Contains(got.body, ">Authorize<") {
			t.Error("an app can be authorized while viewing")
		}
		stop := ada.get("/data/companies").form(t, "/view-as/stop")
		bad := url.Values{"csrf": {"x"}}
		ada.post("/view-as/stop", bad).want(t, http.StatusForbidden)
		ada.follow(ada.post("/view-as/stop", stop)).want(t, http.StatusOK, "own eyes again")
		if got := ada.get("/data/companies"); strings.Contains(got.body, "Viewing as") || content(got) != content(own) {
			t.Error("still viewing")
		}
		entries, err := s.Store.TenantAudit(t.Context(), s.Tenant, "view_as.", 10)
		if err != nil || len(entries) != 2 || entries[1].Act != "view_as.start" || entries[1].PersonName != "Ada Lindqvist" || entries[1].Detail["name"] != "Carly Hart" {
			t.Errorf("log %+v, %v", entries, err)
		}
		carly.get("/settings/view-as").want(t, http.StatusNotFound)
	})
}

// Through a client, the tools are those that the connection is told of, word for word, before and after connecting.
func TestViewAsThroughClient(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine string) {
		s := testkit.Start(t, engine)
		ada := newBrowser(t, s.URL).signIn(person(t, "Ada"))
		user := userID(t, s, "Carly")
		ada.follow(viewAs(t, ada, user, s.Client.ID).want(t, http.StatusSeeOther)).want(t, http.StatusOK,
			"Viewing as Carly Hart through Claude Connector", "Carly Hart has not connected Claude Connector", "list_records", "Write and delete")
		token := s.Connect(t, person(t, "Carly")).Access
		p := ada.get("/view-as/tools").want(t, http.StatusOK)
		if strings.Contains(p.body, "has not connected") {
			t.Error("she has connected")
		}
		shown := regexp.MustCompile(`<code>([a-z_]+)</code>`).FindAllStringSubmatch(p.body, -1)
		told := listTools(t, s, token)
		if len(told) == 0 || len(shown) != len(told) {
			t.Fatalf("%d tools shown, %d told", len(shown), len(told))
		}
		principal, _, err := s.OAuth.Through(t.Context(), s.Admin, s.Client.ID, user, access.SurfaceWeb)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range shown {
			if _, ok := told[one[1]]; !ok {
				t.Errorf("%s is shown, the connection does not have it", one[1])
			}
		}
		list, err := s.Gate.List(t.Context(), principal, record.ListRequest{Model: "Company", Limit: 5, Select: []string{"name"}})
		if err != nil {
			t.Fatal(err)
		}
		_, _, text := s.Call(t, token, "list_records", map[string]any{"model": "Company", "limit": 5, "select": []string{"name"}})
		for _, row := range list.Rows {
			if !strings.Contains(text, row.ID) {
				t.Errorf("the connection does not see %s", row.ID)
			}
		}
		// Nothing can be changed through somebody else's eyes, not even tried.
		principal.Viewer = &access.Viewer{Person: s.Admin.Person}
		for name, try := range map[string]func(record.Write) error{
			"create": func(w record.Write) error { _, err := s.Gate.Create(t.Context(), principal, w); return err },
			"update": func(w record.Write) error { _, err := s.Gate.Update(t.Context(), principal, w); return err },
			"delete": func(w record.Write) error { _, err := s.Gate.Delete(t.Context(), principal, w); return err },
			"upsert": func(w record.Write) error { _, _, err := s.Gate.Upsert(t.Context(), principal, w); return err },
		} {
			w := record.Write{Model: "Company", ID: list.Rows[0].ID, Values: map[string]any{"name": "x", "owner": "me"}, DryRun: true}
			if err := try(w); !fault.Is(err, fault.Forbidden) || !strings.Contains(err.Error(), "Stop viewing as Carly Hart") {
				t.Errorf("%s: %v", name, err)
			}
		}
		// What keeps the connection from working ends the view.
		if _, err := s.OAuth.UpdateClient(t.Context(), s.Admin, s.Client.ID, s.Client.Version, oauth.ClientInput{
			Name: s.Client.Name, Kind: s.Client.Kind, RedirectURIs: s.Client.RedirectURIs, Set: s.Client.Set,
		}); err != nil {
			t.Fatal(err)
		}
		ended := ada.get("/data/companies").want(t, http.StatusOK, "Viewing as somebody has ended")
		if strings.Contains(ended.body, "read-only") {
			t.Error("still marked")
		}
		ada.get("/settings/view-as").want(t, http.StatusOK)
	})
}

// An administrator who no longer is one sees with their own eyes at the next request.
func TestViewAsEndsWithTheRole(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	ada := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	viewAs(t, ada, userID(t, s, "Carly"), "").want(t, http.StatusSeeOther)
	roles, err := s.Identity.Roles(t.Context(), s.Tenant)
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]string{}
	for _, r := range roles {
		ids[r.Name] = r.ID
	}
	operator := access.Operator(s.Tenant, s.Schema.Base(), 0)
	for _, one := range [][2]string{{"Marcus", "Administrator"}, {"Ada", "Developer"}} {
		if err := s.Identity.AssignRoles(t.Context(), operator, s.Tenant, userID(t, s, one[0]), []string{ids[one[1]]}); err != nil {
			t.Fatal(err)
		}
	}
	if p := ada.get("/data/companies").want(t, http.StatusOK, "Viewing as somebody has ended"); strings.Contains(p.body, "read-only") {
		t.Error("still viewing")
	}
}

func listTools(t *testing.T, s *testkit.Server, token string) map[string]string {
	t.Helper()
	body := `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/v1/mcp", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"Authorization": "Bearer " + token, "Content-Type": "application/json", "Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-11-25",
	} {
		r.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var answer struct {
		Result struct {
			Tools []struct{ Name, Description string }
		}
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, tool := range answer.Result.Tools {
		out[tool.Name] = tool.Description
	}
	return out
}
