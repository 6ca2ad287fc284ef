package web_test

import (
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mandorla/internal/access"
	"mandorla/internal/oauth"
	"mandorla/internal/record"
	"mandorla/internal/testkit"
	"mandorla/internal/web"
)

var (
	banner     = regexp.MustCompile(`(?s)<div class="marker[^>]*>.*?</div>`)
	personMenu = regexp.MustCompile(`(?s)<details class="menu menu-up person">.*?</details>`)
	phoneMenu  = regexp.MustCompile(`(?s)<details class="menu menu-up"><summary>[^\n]*<span>You</span>.*?</details>`)
	perBrowser = regexp.MustCompile(`name="csrf" value="[^"]*"|<meta name="csrf-token"[^>]*>|Reference <code>[A-Z0-9]+</code>`)
)

// sight is a whole page without the banner, the menu of who is signed in, and what belongs to the browser that asked.
func sight(p page) string {
	for _, r := range []*regexp.Regexp{banner, personMenu, phoneMenu, perBrowser} {
		p.body = r.ReplaceAllString(p.body, "")
	}
	return p.body
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

func stopViewing(t *testing.T, b *browser) page {
	t.Helper()
	return b.post("/view-as/stop", b.get("/").want(t, http.StatusOK).form(t, "/view-as/stop"))
}

// An administrator who views as Carly sees, page by page and to the letter, what she sees.
func TestViewAsIsTheSameSight(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine string) {
		s := testkit.Start(t, engine)
		s.Connect(t, person(t, "Carly"))
		ada, carly := newBrowser(t, s.URL).signIn(person(t, "Ada")), newBrowser(t, s.URL).signIn(person(t, "Carly"))
		list, err := s.Gate.List(t.Context(), s.Person(t, person(t, "Carly")), record.ListRequest{Model: "Company", Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		company := "/data/companies/" + list.Rows[0].ID
		_, member, _ := paths(t, s)
		shown := append(member[:0:0], "/", company, company+"?tab=history", company+"?tab=tasks.companyId", "/data/nothing", "/data/companies/"+strings.Repeat("0", 24))
		for _, path := range member {
			if path != "/profile" {
				shown = append(shown, path)
			}
		}
		own := map[string]string{}
		for _, path := range shown {
			own[path] = sight(ada.raw(path))
		}
		ada.follow(viewAs(t, ada, userID(t, s, "Carly"), "").want(t, http.StatusSeeOther)).want(t, http.StatusOK, "Viewing as Carly Hart · read-only", "Stop viewing")
		others := 0
		for _, path := range shown {
			hers, seen := carly.raw(path), ada.raw(path)
			clean(t, seen)
			if diff := cmp.Diff(sight(hers), sight(seen)); hers.status != seen.status || diff != "" {
				t.Errorf("%s differs: %d, %d\n%s", path, hers.status, seen.status, diff)
			}
			whole := strings.Contains(seen.body, "<body") // or a part, for a page that is marked already
			if whole && !strings.Contains(seen.text(), "Viewing as Carly Hart · read-only") || strings.Contains(hers.body, "Viewing as") {
				t.Errorf("%s is not marked as it should be", path)
			}
			if sight(seen) != own[path] {
				others++
			}
		}
		if others < 8 {
			t.Errorf("only on %d of %d pages she sees something else than the administrator", others, len(shown))
		}
		ada.follow(stopViewing(t, ada)).want(t, http.StatusOK, "own eyes again")
		for _, path := range shown {
			if got := ada.raw(path); sight(got) != own[path] || strings.Contains(got.body, "Viewing as") {
				t.Errorf("%s is not the administrator's own again", path)
			}
		}
	})
}

// While an administrator views as somebody, every other address answers with one page, and no form but "stop" is taken.
func TestViewAsBarsTheRest(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	s.Connect(t, person(t, "Carly"))
	ada := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	request := ada.raw(authorizeURL(s, nil)).want(t, http.StatusSeeOther).header.Get("Location")
	decision := ada.get(request).form(t, "/oauth/authorize/decision")
	viewAs(t, ada, userID(t, s, "Carly"), "").want(t, http.StatusSeeOther)
	token := ada.get("/").form(t, "/view-as/stop")
	routes, err := web.New(web.Options{Gate: s.Gate, Identity: s.Identity, OAuth: s.OAuth, Apps: s.Apps, Fields: s.Fields, Calls: s.Calls, Registries: s.Schema, Origin: "https://crm.test", Now: s.Clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	open := map[string]bool{ // tried elsewhere, or open to everybody
		"GET /{$}": true, "GET /data/{model}": true, "GET /data/{model}/{id}": true, "GET /data/{model}/filter": true, "GET /tools": true, "POST /view-as/stop": true, "POST /signout": true,
		"GET /signin": true, "POST /signin": true, "POST /theme": true, "GET /assets/": true, "GET /logos/{client}/{file}": true, "GET /favicon.ico": true,
		"GET /forgot": true, "POST /forgot": true, "GET /reset": true, "POST /reset": true, "GET /invitation": true, "POST /invitation": true,
	}
	before := fullLog(t, s)
	barred := 0
	for _, pattern := range routes.Routes() {
		if open[pattern] {
			continue
		}
		barred++
		method, path, _ := strings.Cut(pattern, " ")
		path = strings.NewReplacer("{id}", s.Client.ID, "{request}", strings.TrimPrefix(request, "/oauth/authorize/"), "{user}", userID(t, s, "Carly"), "{tenant}", s.Tenant, "{invitation}", s.Tenant,
			"{model}", "companies", "{field}", "cf_0").Replace(path)
		if strings.Contains(path, "{") {
			t.Errorf("%s: fill in what the address takes", pattern)
		}
		var got page
		if form := (url.Values{"name": {"x"}, "confirm": {s.Client.Name}, "csrf": token["csrf"]}); method == http.MethodPost {
			for name, values := range decision {
				if name != "csrf" {
					form[name] = values
				}
			}
			got = ada.post(path, approve(form))
		} else {
			got = ada.raw(path)
		}
		if strings.HasPrefix(path, "/console") { // is not there for who is no super admin, viewing or not
			got.want(t, http.StatusNotFound)
			continue
		}
		got.want(t, http.StatusForbidden, "Stop viewing as Carly Hart first", "Viewing as Carly Hart · read-only")
		for _, private := range []string{"Sessions", "Change password", ">Authorize<", "Claude Connector"} {
			if strings.Contains(got.body, private) {
				t.Errorf("%s shows %q", pattern, private)
			}
		}
		got.form(t, "/view-as/stop")
	}
	if barred < 30 {
		t.Errorf("only %d routes", barred)
	}
	if diff := cmp.Diff(before, fullLog(t, s)); diff != "" {
		t.Errorf("something was done:\n%s", diff)
	}
	ada.raw(authorizeURL(s, nil)).want(t, http.StatusForbidden, "Stop viewing as Carly Hart first")
	ada.raw("/tools").want(t, http.StatusNotFound) // there is no connection to look through
	ada.raw("/nothing").want(t, http.StatusNotFound, "Viewing as Carly Hart")
	ada.post("/view-as/stop", url.Values{"csrf": {"x"}}).want(t, http.StatusForbidden, "Viewing as Carly Hart", "too old")
	ada.post("/signout", ada.get("/").form(t, "/signout")).want(t, http.StatusSeeOther)
	ada.raw("/").want(t, http.StatusSeeOther)
	if acts := logged(t, s, "view_as."); len(acts) != 2 || !strings.HasPrefix(acts[0], "view_as.stop by Ada Lindqvist: the session ended") {
		t.Errorf("log %q", acts)
	}
}

func fullLog(t *testing.T, s *testkit.Server) []string { return logged(t, s, "") }

// logged gives the newest acts of the log first.
func logged(t *testing.T, s *testkit.Server, prefix string) (out []string) {
	t.Helper()
	entries, err := s.Store.TenantAudit(t.Context(), s.Tenant, prefix, 100000)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		out = append(out, e.Act+" by "+e.PersonName+": "+e.Detail["because"]+e.Detail["name"]+" "+e.Detail["client_name"])
	}
	return out
}

// Only administrators may start, with a form of their own, as somebody there is.
func TestViewAsStart(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	tokens := s.Connect(t, person(t, "Carly"))
	ada, carly := newBrowser(t, s.URL).signIn(person(t, "Ada")), newBrowser(t, s.URL).signIn(person(t, "Carly"))
	user, self := userID(t, s, "Carly"), userID(t, s, "Ada")
	carly.raw("/settings/view-as").want(t, http.StatusNotFound)
	carly.post("/settings/view-as", url.Values{"person": {self}, "csrf": carly.get("/profile").form(t, "/signout")["csrf"]}).want(t, http.StatusNotFound)
	ada.post("/settings/view-as", url.Values{"person": {user}}).want(t, http.StatusForbidden, "too old")
	for _, bad := range []struct{ person, client, says string }{
		{"", "", "choose a person"}, {"x", "", "choose a person"}, {self, "", "is you"}, {strings.Repeat("0", 24), "", "no such person"},
		{user, "pk_nobody", "no such client"}, {strings.Repeat("0", 24), s.Client.ID, "no such person"},
	} {
		viewAs(t, ada, bad.person, bad.client).want(t, http.StatusUnprocessableEntity, bad.says)
	}
	if p := ada.get("/"); strings.Contains(p.body, "Viewing as") || len(logged(t, s, "view_as.")) != 0 {
		t.Error("a refused choice was taken")
	}
	viewAs(t, ada, self, s.Client.ID).want(t, http.StatusSeeOther) // what one's own connection reaches
	ada.get("/tools").want(t, http.StatusOK, "Viewing as Ada Lindqvist through Claude Connector")
	stopViewing(t, ada).want(t, http.StatusSeeOther)
	// The rows of a client's connections start it as well, for administrators.
	rows := ada.get("/apps/"+s.Client.ID+"/connections").want(t, http.StatusOK, "View as")
	action := regexp.MustCompile(`action="(/settings/view-as\?client=[^"]+)"`).FindStringSubmatch(rows.body)
	form := rows.form(t, action[1])
	form.Set("person", regexp.MustCompile(`name="person" value="([^"]+)"`).FindStringSubmatch(rows.body)[1])
	ada.follow(ada.post(html.UnescapeString(action[1]), form)).want(t, http.StatusOK, "Viewing as Carly Hart through Claude Connector · read-only")
	if tokens.Access == "" || logged(t, s, "view_as.")[0] != "view_as.start by Ada Lindqvist: Carly Hart Claude Connector" {
		t.Errorf("log %q", logged(t, s, "view_as."))
	}
}

var (
	toolPart = regexp.MustCompile(`(?s)<details class="card tool" id="tool-([a-z_]+)"><summary class="fold">.*?<strong>([^<]*)</strong> <code>([a-z_]+)</code>.*?<p class="tool-doc">(.*?)</p>.*?<pre class="mono">(.*?)</pre>`)
	whoPart  = regexp.MustCompile(`(?s)<pre class="mono card" id="who-am-i"[^>]*>(.*?)</pre>`)
)

// told is a tool as a connection is told of it.
type told struct {
	Name, Title, Description string
	InputSchema              any
}

func unjson(t *testing.T, text string) (out any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return out
}

// Through a client, the page shows what tools/list and who_am_i answer to that very connection, word for word, and the tables hold the
// rows that list_records gives.
func TestViewAsThroughClient(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine string) {
		s := testkit.Start(t, engine)
		ada := newBrowser(t, s.URL).signIn(person(t, "Ada"))
		for _, first := range []string{"Carly", "Marcus"} {
			user := userID(t, s, first)
			name := person(t, first).Name()
			ada.follow(viewAs(t, ada, user, s.Client.ID).want(t, http.StatusSeeOther)).want(t, http.StatusOK,
				"Viewing as "+name+" through Claude Connector · read-only", name+" has not connected Claude Connector", "Read-only", "Write and delete")
			foreseen := toolsShown(t, ada)
			token := s.Connect(t, person(t, first)).Access
			if strings.Contains(ada.get("/tools").body, "has not connected") {
				t.Error("the connection is not noticed")
			}
			heard := listTools(t, s, token)
			if diff := cmp.Diff(heard, toolsShown(t, ada)); diff != "" || len(heard) < 5 {
				t.Errorf("%s: the tools shown differ from those told (-told +shown):\n%s", first, diff)
			}
			if diff := cmp.Diff(foreseen, heard); diff != "" {
				t.Errorf("%s: what authorizing would give differs from what it gave:\n%s", first, diff)
			}
			_, isError, answer := s.Call(t, token, "who_am_i", nil)
			shown := html.UnescapeString(whoPart.FindStringSubmatch(ada.get("/tools").body)[1])
			if diff := cmp.Diff(unjson(t, answer), unjson(t, shown)); isError || diff != "" {
				t.Errorf("%s: who_am_i (-told +shown):\n%s", first, diff)
			}
			for _, model := range []string{"Company", "End user", "Task"} {
				route := strings.ReplaceAll(strings.ToLower(map[string]string{"Company": "companies", "End user": "endusers", "Task": "tasks"}[model]), " ", "")
				if got, want := idsOnPages(t, ada, route), idsOfCall(t, s, token, strings.ReplaceAll(model, "End user", "EndUser")); cmp.Diff(want, got) != "" || len(got) == 0 {
					t.Errorf("%s sees %d of %s, the connection lists %d", first, len(got), model, len(want))
				}
			}
			stopViewing(t, ada).want(t, http.StatusSeeOther)
		}
	})
}

func toolsShown(t *testing.T, b *browser) (out []told) {
	t.Helper()
	for _, m := range toolPart.FindAllStringSubmatch(b.get("/tools").want(t, http.StatusOK).body, -1) {
		if m[1] != m[3] {
			t.Errorf("tool %s is called %s", m[1], m[3])
		}
		out = append(out, told{m[1], html.UnescapeString(m[2]), html.UnescapeString(m[4]), unjson(t, html.UnescapeString(m[5]))})
	}
	return out
}

// idsOnPages gives the records that the pages of a data table link to.
func idsOnPages(t *testing.T, b *browser, route string) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	next := "/data/" + route
	for next != "" {
		p := b.get(next).want(t, http.StatusOK)
		for _, m := range regexp.MustCompile(`<th scope="row"[^>]*><a[^>]*href="/data/`+route+`/([0-9a-f]{24})"`).FindAllStringSubmatch(p.body, -1) {
			out[m[1]] = true
		}
		m := regexp.MustCompile(`rel="next" href="([^"]+)"`).FindStringSubmatch(p.body)
		if next = ""; m != nil {
			next = html.UnescapeString(m[1])
		}
	}
	return out
}

// idsOfCall gives the records that list_records answers with, page by page.
func idsOfCall(t *testing.T, s *testkit.Server, token, model string) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	args := map[string]any{"model": model, "limit": 50, "select": []string{"_id"}}
	for {
		_, isError, text := s.Call(t, token, "list_records", args)
		var answer struct {
			Records []struct {
				ID string `json:"_id"`
			}
			Next string `json:"next_cursor"`
		}
		if err := json.Unmarshal([]byte(text), &answer); err != nil || isError {
			t.Fatalf("%v: %s", err, text)
		}
		for _, r := range answer.Records {
			out[r.ID] = true
		}
		if answer.Next == "" {
			return out
		}
		args["cursor"] = answer.Next
	}
}

// Whatever takes the ground away ends the view at the next request, on a page of its own, and nothing is done by that request.
func TestViewAsEndsByItself(t *testing.T) {
	operator := func(s *testkit.Server) access.Principal { return access.Operator(s.Tenant, s.Schema.Base(), 0) }
	inactive := func(t *testing.T, s *testkit.Server) error {
		_, err := s.Gate.Update(t.Context(), s.Admin, record.Write{Model: "User", ID: userID(t, s, "Carly"), Values: map[string]any{"inactive": true}})
		return err
	}
	for name, one := range map[string]struct {
		through bool
		take    func(t *testing.T, s *testkit.Server) error
		says    string
	}{
		"no administrator": {false, func(t *testing.T, s *testkit.Server) error {
			roles := rolesByName(t, s)
			if err := s.Identity.AssignRoles(t.Context(), operator(s), s.Tenant, userID(t, s, "Marcus"), []string{roles["Administrator"]}); err != nil {
				return err
			}
			return s.Identity.AssignRoles(t.Context(), operator(s), s.Tenant, userID(t, s, "Ada"), []string{roles["Developer"]})
		}, "no longer an administrator"},
		"inactive person":                 {false, inactive, "no such person"},
		"inactive person, through an app": {true, inactive, "not active"},
		"member removed": {true, func(t *testing.T, s *testkit.Server) error {
			return s.Identity.RemoveMember(t.Context(), operator(s), s.Tenant, userID(t, s, "Carly"))
		}, "no such person"},
		"client disabled": {true, func(t *testing.T, s *testkit.Server) error {
			_, err := s.OAuth.UpdateClient(t.Context(), s.Admin, s.Client.ID, s.Client.Version, oauth.ClientInput{
				Name: s.Client.Name, Kind: s.Client.Kind, RedirectURIs: s.Client.RedirectURIs, Set: s.Client.Set,
			})
			return err
		}, "is disabled"},
		"client deleted": {true, func(t *testing.T, s *testkit.Server) error {
			return s.OAuth.DeleteClient(t.Context(), s.Admin, s.Client.ID)
		}, "no such client"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := testkit.Start(t, "sqlite")
			client := ""
			if one.through {
				client = s.Client.ID
			}
			ada := newBrowser(t, s.URL).signIn(person(t, "Ada"))
			viewAs(t, ada, userID(t, s, "Carly"), client).want(t, http.StatusSeeOther)
			theme := ada.get("/").form(t, "/theme")
			if err := one.take(t, s); err != nil {
				t.Fatal(err)
			}
			ada.post("/theme", theme).want(t, http.StatusSeeOther) // what asks for no page does not swallow the notice
			part := ada.request(http.MethodGet, "/data/companies?sort=-arr", nil)
			part.Header.Set("HX-Request", "true")
			if got := ada.do(part).want(t, http.StatusConflict); got.header.Get("HX-Refresh") != "true" {
				t.Error("a part of a page does not ask for the whole")
			}
			ended := ada.raw("/data/companies").want(t, http.StatusConflict, "Viewing as somebody has ended", one.says)
			if strings.Contains(ended.body, "read-only") || strings.Contains(ended.body, "/data/companies/") {
				t.Error("still viewing, or something is shown")
			}
			ada.raw("/data/companies").want(t, http.StatusOK)
			if acts := logged(t, s, "view_as."); len(acts) != 2 || !strings.HasPrefix(acts[0], "view_as.stop by Ada Lindqvist: ") || !strings.Contains(acts[0], one.says) {
				t.Errorf("log %q", acts)
			}
		})
	}
}

// A form that is sent when the ground has gone does nothing, and stopping and signing out still work.
func TestViewAsEndsUnderAForm(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	ada := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	form := ada.get("/settings/roles/new").form(t, "/settings/roles/new")
	form.Set("name", "Made by mistake")
	viewAs(t, ada, userID(t, s, "Carly"), s.Client.ID).want(t, http.StatusSeeOther)
	stop := ada.get("/").form(t, "/view-as/stop")
	if err := s.OAuth.DeleteClient(t.Context(), s.Admin, s.Client.ID); err != nil {
		t.Fatal(err)
	}
	ada.post("/settings/roles/new", form).want(t, http.StatusConflict, "has ended")
	if _, there := rolesByName(t, s)["Made by mistake"]; there {
		t.Error("the form was taken")
	}
	for range 2 { // the second time there is nothing to stop
		ada.post("/view-as/stop", stop).want(t, http.StatusSeeOther)
	}
	if acts := logged(t, s, "view_as."); len(acts) != 2 {
		t.Errorf("log %q", acts)
	}
}

// The choice is the session's: another browser of the same person does not have it.
func TestViewAsIsOneSession(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	ada, other := newBrowser(t, s.URL).signIn(person(t, "Ada")), newBrowser(t, s.URL).signIn(person(t, "Ada"))
	viewAs(t, ada, userID(t, s, "Carly"), "").want(t, http.StatusSeeOther)
	if p := other.get("/").want(t, http.StatusOK); strings.Contains(p.body, "Viewing as") {
		t.Error("another session views as well")
	}
	ada.signIn(person(t, "Ada"))
	if p := ada.get("/").want(t, http.StatusOK); strings.Contains(p.body, "Viewing as") {
		t.Error("a new sign-in still views")
	}
}

func rolesByName(t *testing.T, s *testkit.Server) map[string]string {
	t.Helper()
	roles, err := s.Identity.Roles(t.Context(), s.Tenant)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, r := range roles {
		out[r.Name] = r.ID
	}
	return out
}

// listTools asks the MCP server itself, over HTTP, with a connection's token.
func listTools(t *testing.T, s *testkit.Server, token string) []told {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/v1/mcp", strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`))
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
	var answer struct{ Result struct{ Tools []told } }
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	return answer.Result.Tools
}
