package web_test

import (
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mandorla/internal/access"
	"mandorla/internal/oauth"
	"mandorla/internal/testkit"
	"mandorla/internal/web/kit"
)

var shownSecret = regexp.MustCompile(`value="(sk_[^"]+)"`)

// The administrator's half of the walk: a client from the library, its secret once, its permissions, in a browser without scripts.
func TestCreateClient(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	ada := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	ada.get("/apps").want(t, http.StatusOK, "New app", "Claude Connector")
	ada.get("/apps/new").want(t, http.StatusOK, "Claude", "ChatGPT", "Claude Code", "Cursor", "VS Code", "MCP Inspector", "Other OAuth client")
	form := ada.get("/apps/new?for=claude").want(t, http.StatusOK).form(t, "/apps/new")
	if form.Get("name") != "Claude Connector" {
		t.Errorf("the name offered is %q", form.Get("name"))
	}
	bad := url.Values{"for": {"claude"}, "name": {" "}, kit.CSRFField: form[kit.CSRFField]}
	ada.post("/apps/new", bad).want(t, http.StatusUnprocessableEntity, "Name needs 1 to 80 characters")
	if form.Get("access") != "view" {
		t.Errorf("the permissions offered are %q", form.Get("access"))
	}
	form.Set("access", "everything")
	ada.post("/apps/new", form).want(t, http.StatusUnprocessableEntity, "Choose what it may do at most.")
	form.Set("name", "Second connector")
	form.Set("access", "none")
	made := ada.post("/apps/new", form).want(t, http.StatusSeeOther)
	path, guided := strings.CutSuffix(made.header.Get("Location"), "/setup")
	if !guided {
		t.Errorf("a new client leads to %s", path)
	}
	p := ada.follow(made).want(t, http.StatusOK, "Second connector", "Shown once", "I have stored it", "Set permissions")
	for _, value := range []string{s.URL + "/v1/mcp", strings.TrimPrefix(path, "/apps/")} {
		if !strings.Contains(p.body, value) {
			t.Errorf("no %s to copy", value)
		}
	}
	secret := shownSecret.FindStringSubmatch(p.body)
	if secret == nil {
		t.Fatal("no secret")
	}
	ada.get(path).want(t, http.StatusOK, "No permissions yet", "https://claude.ai/api/mcp/auth_callback", "https://claude.com/api/mcp/auth_callback", "Shown once")
	ada.get(path+"/permissions").want(t, http.StatusOK, "May do nothing")
	if again := shownSecret.FindStringSubmatch(ada.get(path).body); again == nil || again[1] != secret[1] {
		t.Error("the secret is gone before it was stored")
	}
	if other := newBrowser(t, s.URL).signIn(person(t, "Ada")).get(path); strings.Contains(other.body, secret[1]) {
		t.Error("another browser sees the secret")
	}
	ada.get(path + "?stored=guessed")
	if !shownSecret.MatchString(ada.get(path).body) {
		t.Error("a link without the mark took the secret away")
	}
	done := regexp.MustCompile(`href="([^"]*stored=[^"]+)"`).FindStringSubmatch(p.body)
	if after := ada.get(html.UnescapeString(done[1])).want(t, http.StatusOK, "Where the secret is"); strings.Contains(after.body, secret[1]) {
		t.Error("the secret is still shown")
	}
	ada.get(path).want(t, http.StatusOK, "cannot be shown again")

	perms := ada.get(path+"/permissions").form(t, path+"/permissions")
	perms.Set("p.Company.view", "on")
	perms.Set("p.Company.update", "on")
	ada.follow(ada.post(path+"/permissions", perms)).want(t, http.StatusOK, "Saved", "May view and update Company")
	c, err := s.OAuth.Client(t.Context(), s.Tenant, strings.TrimPrefix(path, "/apps/"))
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Set["Company"]; got.Actions != access.View|access.Update || !got.View.All || len(c.Set) != 1 {
		t.Errorf("set %+v", c.Set)
	}
	// One property off is kept, and the rest stays.
	perms = ada.get(path+"/permissions").form(t, path+"/permissions")
	perms.Del("pv.Company.co26")
	ada.post(path+"/permissions", perms).want(t, http.StatusSeeOther)
	c, err = s.OAuth.Client(t.Context(), s.Tenant, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Set["Company"]; got.View.Has("co26") || !got.View.Has("co02") || !got.Update.Has("co26") {
		t.Errorf("set %+v", got)
	}
	ada.get(path+"/permissions").want(t, http.StatusOK, "all properties but ARR")
	// The older form is a conflict that keeps what was ticked.
	ada.post(path+"/permissions", perms).want(t, http.StatusConflict, "Somebody changed this client meanwhile")
	perms.Del("matrix")
	ada.post(path+"/permissions", perms).want(t, http.StatusBadRequest)
}

func TestClientForm(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	ada := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	path := "/apps/" + s.Client.ID
	form := ada.get(path).want(t, http.StatusOK).form(t, path)
	form.Set("name", "Renamed")
	form.Set("redirectUris", "https://ok.test/cb\nhttp://example.com/cb\n\n  https://claude.ai/#x  ")
	back := ada.post(path, form).want(t, http.StatusUnprocessableEntity, "must be https", "fragment")
	if kept := back.form(t, path); kept.Get("name") != "Renamed" || !strings.Contains(kept.Get("redirectUris"), "http://example.com/cb") {
		t.Errorf("lost input: %v", kept)
	}
	form.Set("redirectUris", "https://ok.test/cb\nhttp://localhost/cb")
	ada.follow(ada.post(path, form)).want(t, http.StatusOK, "Renamed", "Saved")
	c, err := s.OAuth.Client(t.Context(), s.Tenant, s.Client.ID)
	if err != nil || !slices.Equal(c.RedirectURIs, []string{"https://ok.test/cb", "http://localhost/cb"}) || !c.Set.Covers(s.Client.Set) {
		t.Errorf("%+v %v", c, err)
	}
	ada.post(path, form).want(t, http.StatusConflict, "meanwhile")
}

func TestConnections(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	carly, marcus := s.Connect(t, person(t, "Carly")), s.Connect(t, person(t, "Marcus"))
	works := func(tokens testkit.Tokens) bool {
		_, err := s.OAuth.Authenticate(t.Context(), tokens.Access, oauth.MCP, access.SurfaceMCP)
		return err == nil
	}
	ada := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	path := "/apps/" + s.Client.ID
	p := ada.get(path+"/connections").want(t, http.StatusOK, "Carly Hart", "Marcus Oyelaran", "May view", "1 living token").not(t, "Widened since")
	row := regexp.MustCompile(`(?s)Carly Hart.*?name="connection" value="([^"]+)"`).FindStringSubmatch(p.body)
	form := p.form(t, path+"/connections/end")
	form.Set("connection", row[1])
	ada.follow(ada.post(path+"/connections/end", form)).want(t, http.StatusOK, "Connection ended")
	ada.post(path+"/connections/end", form).want(t, http.StatusSeeOther) // twice is fine
	if works(carly) || !works(marcus) {
		t.Error("not exactly Carly's connection ended")
	}
	// A new secret ends the rest, and is shown once.
	fresh := ada.follow(ada.post(path+"/secret", ada.get(path+"?generate").want(t, http.StatusOK, "1 living connection ends").form(t, path+"/secret")))
	if works(marcus) || !shownSecret.MatchString(fresh.body) {
		t.Error("the old secret's connection lives, or the new secret is not shown")
	}
	// Disable and enable, then delete with the name typed.
	ada.follow(ada.post(path+"/disabled", ada.get(path).form(t, path+"/disabled"))).want(t, http.StatusOK, "This client is disabled")
	newBrowser(t, s.URL).raw(authorizeURL(s, nil)).want(t, http.StatusBadRequest, "switched off")
	ada.follow(ada.post(path+"/disabled", ada.get(path).form(t, path+"/disabled"))).want(t, http.StatusOK, "Enabled")
	remove := ada.get(path).form(t, path+"/delete")
	ada.post(path+"/delete", remove).want(t, http.StatusUnprocessableEntity, "Nothing was deleted")
	remove.Set("confirm", s.Client.Name)
	ada.follow(ada.post(path+"/delete", remove)).want(t, http.StatusOK, "Deleted", "No apps yet")
	ada.get(path).want(t, http.StatusNotFound)
}

// A role reduced in the browser bites at the next call of a living connection and at the next page.
func TestReduceRole(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	tokens := s.Connect(t, person(t, "Carly"))
	ada, carly := newBrowser(t, s.URL).signIn(person(t, "Ada")), newBrowser(t, s.URL).signIn(person(t, "Carly"))
	carly.raw("/data/licenses").want(t, http.StatusOK)
	at := regexp.MustCompile(`href="(/settings/roles/[0-9a-f]{24})"[^>]*>(?:<[^>]*>)*CSM`).FindStringSubmatch(ada.get("/settings/roles").body)
	form := ada.get(at[1]).want(t, http.StatusOK, "Only my portfolio").form(t, at[1])
	for name := range form {
		if strings.HasPrefix(name, "p.License.") {
			form.Del(name)
		}
	}
	ada.follow(ada.save(at[1], form)).want(t, http.StatusOK, "Saved")
	carly.raw("/data/licenses").want(t, http.StatusNotFound)
	p, err := s.OAuth.Authenticate(t.Context(), tokens.Access, oauth.MCP, access.SurfaceMCP)
	if err != nil || p.Can("License", access.View) || !p.Can("Company", access.View) {
		t.Errorf("connection: %v %v", p.Lanes, err)
	}
	form.Set("name", "")
	ada.post(at[1], form).want(t, http.StatusUnprocessableEntity, "Name needs 1 to 100 characters")
	form.Set("name", "CSM")
	ada.post(at[1], form).want(t, http.StatusConflict)
	// A new role, and its end.
	fresh := ada.get("/settings/roles/new?preset=view").form(t, "/settings/roles/new")
	fresh.Set("name", "Reader")
	fresh.Set("portfolio", "full")
	made := ada.post("/settings/roles/new", fresh).want(t, http.StatusSeeOther)
	path := made.header.Get("Location")
	ada.follow(made).want(t, http.StatusOK, "Reader", "May view all ")
	remove := ada.get(path+"/remove").want(t, http.StatusOK, "Nobody has this role").form(t, path+"/delete")
	remove.Set("confirm", "Reader")
	ada.follow(ada.post(path+"/delete", remove)).want(t, http.StatusOK, "Deleted")
	// The last administrator keeps the switch.
	own := regexp.MustCompile(`href="(/settings/roles/[0-9a-f]{24})"[^>]*>(?:<[^>]*>)*Administrator`).FindStringSubmatch(ada.get("/settings/roles").body)
	lock := ada.get(own[1]).form(t, own[1])
	lock.Del("admin")
	ada.post(own[1], lock).want(t, http.StatusConflict, "nobody who can administer")
}

func TestNoOverlap(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	c, _, err := s.OAuth.CreateClient(t.Context(), s.Admin, oauth.ClientInput{Name: "Empty", Kind: oauth.Public, RedirectURIs: []string{testkit.Callback}})
	if err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t, s.URL).signIn(person(t, "Carly"))
	p := b.get(authorizeURL(s, func(q url.Values) { q.Set("client_id", c.ID) }))
	p.want(t, http.StatusOK, "nothing that both sides allow", "The app may work with: nothing", "Your role may work with: Company")
	if strings.Contains(p.body, `value="approve"`) {
		t.Error("offers to approve nothing")
	}
}

func TestPassword(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	b, other := newBrowser(t, s.URL).signIn(person(t, "Carly")), newBrowser(t, s.URL).signIn(person(t, "Carly"))
	form := b.get("/profile").form(t, "/profile/password")
	form.Set("current", person(t, "Carly").Password)
	form.Set("password", "short")
	b.post("/profile/password", form).want(t, http.StatusUnprocessableEntity)
	form.Set("password", "orchard lantern velvet ninety")
	b.follow(b.post("/profile/password", form)).want(t, http.StatusOK, "Password changed")
	other.raw("/").want(t, http.StatusSeeOther)
}

func TestEndSession(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	b, other := newBrowser(t, s.URL).signIn(person(t, "Carly")), newBrowser(t, s.URL).signIn(person(t, "Carly"))
	p := b.get("/profile").want(t, http.StatusOK, "This browser")
	b.follow(b.post("/profile/sessions/end", withValue(p.form(t, "/profile/sessions/end"), "session", regexp.MustCompile(`name="session" value="([^"]+)"`).FindStringSubmatch(p.body)[1]))).
		want(t, http.StatusOK, "Session ended")
	other.raw("/").want(t, http.StatusSeeOther)
	b.raw("/").want(t, http.StatusOK)
}

func withValue(form url.Values, name, value string) url.Values {
	form.Set(name, value)
	return form
}

// A client with dynamic permissions: the person picks inside the role, and gets exactly that.
func TestDynamicClient(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	if _, err := s.OAuth.SetClientReach(t.Context(), s.Super(t), s.Client.ID, s.Client.Version, true, false); err != nil {
		t.Fatal(err)
	}
	b, p := opened(t, s, "Carly", nil)
	form := approve(p.form(t, decision))
	for name := range form {
		if strings.HasPrefix(name, "p.") && name != "p.Company.view" || name == "pv.Company.co26" {
			form.Del(name)
		}
	}
	form.Set("p.Company.remove", "on") // not in the role
	b.post(decision, form).want(t, http.StatusOK, "Authorized").landing(t)
	list, err := s.Store.Authorizations(t.Context(), oauth.Which{Client: s.Client.ID})
	if err != nil || len(list) != 1 {
		t.Fatalf("%d authorizations, %v", len(list), err)
	}
	var set access.Set
	if err := json.Unmarshal([]byte(list[0].SetText), &set); err != nil {
		t.Fatal(err)
	}
	if got := set["Company"]; len(set) != 1 || got.Actions != access.View || got.View.Has("co26") || !got.View.Has("co02") {
		t.Errorf("authorized %+v", set)
	}
}
