package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mandorla/internal/access"
	"mandorla/internal/privateapp"
	"mandorla/internal/testkit"
	"mandorla/internal/web/kit"
)

// gated is an installation with one client that Carly has connected, one private app with a token, and Devi, whose role the test changes.
type gated struct {
	*testkit.Server
	t           *testing.T
	devi        *browser
	client, app string // addresses
}

func newGated(t *testing.T) *gated {
	t.Helper()
	s := testkit.Start(t, "sqlite")
	s.Connect(t, person(t, "Carly"))
	a, err := s.Apps.Create(t.Context(), s.Admin, privateapp.Input{Name: "Portal sync", Set: access.Of(s.Schema.Base(), access.View)})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Apps.NewToken(t.Context(), s.Admin, a.ID, "Nightly", 0); err != nil {
		t.Fatal(err)
	}
	return &gated{s, t, newBrowser(t, s.URL).signIn(person(t, "Devi")), "/apps/" + s.Client.ID, "/private-apps/" + a.ID}
}

// allow gives Devi's role these actions on the two kinds of apps.
func (g *gated) allow(clients, programs access.Action, switches access.Switches) {
	g.t.Helper()
	roles, err := g.Identity.Roles(g.t.Context(), g.Tenant)
	if err != nil {
		g.t.Fatal(err)
	}
	i := slices.IndexFunc(roles, func(r access.Role) bool { return r.Name == "Developer" })
	r := roles[i]
	set := access.DataOnly(r.Set)
	set[access.OAuthClient], set[access.PrivateApp] = access.ModelPermission{Actions: clients}, access.ModelPermission{Actions: programs}
	set[access.RoleModel] = access.ModelPermission{Actions: access.View}
	r.Set, r.Switches = set, switches
	if _, err := g.Identity.SaveRole(g.t.Context(), g.Admin, r); err != nil {
		g.t.Fatal(err)
	}
}

// acts are the addresses that a page can change apps at.
func acts(p page) (out []string) {
	for _, form := range postForm.FindAllString(p.body, -1) {
		action := regexp.MustCompile(`action="([^"]+)"`).FindStringSubmatch(form)[1]
		if (strings.HasPrefix(action, "/apps") || strings.HasPrefix(action, "/private-apps")) && !slices.Contains(out, action) {
			out = append(out, action)
		}
	}
	return out
}

// What one may only look at has no button, and a write to its address is like one to nowhere.
func TestAppsToLookAt(t *testing.T) {
	g := newGated(t)
	g.allow(access.View, access.View, access.AllSwitches)
	for _, path := range []string{"/apps", "/private-apps", g.client, g.client + "/permissions", g.client + "/connections", g.app, g.app + "/permissions", g.app + "/logs", g.app + "?token", g.client + "?generate"} {
		p := g.devi.get(path).want(t, http.StatusOK)
		for _, action := range acts(p) {
			if action != g.client && action != g.client+"/permissions" && action != g.app && action != g.app+"/permissions" { // forms whose fields are disabled and which have no button
				t.Errorf("%s offers %s", path, action)
			}
		}
		for _, button := range []string{"New app", "New token", "Generate new secret", "Revoke", "Disable", "Delete", "Save", ">End<", "End all", "Upload logo", "New private app", "Preset", "Copy from"} {
			if strings.Contains(p.body, button) {
				t.Errorf("%s says %q", path, button)
			}
		}
	}
	if p := g.devi.get(g.app); !regexp.MustCompile(`name="name"[^>]*disabled`).MatchString(p.body) || !strings.Contains(p.body, "Nightly") {
		t.Error("the private app cannot be read, or its name can be typed over")
	}
	if p := g.devi.get(g.client); !regexp.MustCompile(`name="redirectUris"[^>]*disabled`).MatchString(p.body) || !strings.Contains(p.body, testkit.Callback) {
		t.Error("the client cannot be read, or its redirect URLs can be typed over")
	}
	token := url.Values{kit.CSRFField: {g.devi.get("/profile").form(t, "/profile/password").Get(kit.CSRFField)}, "name": {"x"}, "for": {"claude"}}
	g.devi.get("/apps/new").want(t, http.StatusNotFound)
	g.devi.get("/private-apps/new").want(t, http.StatusNotFound)
	g.devi.get("/apps/redirects?text=https://ok.test/").want(t, http.StatusNotFound)
	for _, path := range []string{
		"/apps/new", g.client, g.client + "/secret", g.client + "/disabled", g.client + "/delete", g.client + "/permissions", g.client + "/connections/end",
		g.client + "/connections/end-all", g.client + "/logo", g.client + "/logo/remove", g.client + "/setup/redirect",
		"/private-apps/new", g.app, g.app + "/tokens", g.app + "/tokens/revoke", g.app + "/disabled", g.app + "/delete", g.app + "/permissions",
	} {
		g.devi.post(path, token).want(t, http.StatusNotFound)
	}
}

// Each act is offered to who may do it, and to nobody else.
func TestAppActs(t *testing.T) {
	g := newGated(t)
	change := access.View | access.Update
	for name, c := range map[string]struct {
		clients, programs  access.Action
		onClient, onApp    []string
		library, noLibrary string
	}{
		"all": {change | access.Create | access.Remove, change | access.Create | access.Remove, []string{g.client, g.client + "/logo", g.client + "/disabled", g.client + "/delete", g.client + "/secret"},
			[]string{g.app, g.app + "/tokens/revoke", g.app + "/disabled", g.app + "/delete", g.app + "/tokens"}, "Claude Code", ""},
		"without remove":     {change, change, []string{g.client, g.client + "/logo", g.client + "/disabled", g.client + "/secret"}, []string{g.app, g.app + "/tokens/revoke", g.app + "/disabled", g.app + "/tokens"}, "", ""},
		"remove only":        {access.View | access.Remove, access.View | access.Remove, []string{g.client, g.client + "/delete"}, []string{g.app, g.app + "/delete"}, "", ""},
		"programs to create": {access.View, access.View | access.Create, []string{g.client}, []string{g.app}, "Private app", "Claude Code"},
		"clients to create":  {access.View | access.Create, access.View, []string{g.client}, []string{g.app}, "Claude Code", "A program of your own"},
	} {
		t.Run(name, func(t *testing.T) {
			g.allow(c.clients, c.programs, access.AllSwitches)
			if got := acts(g.devi.get(g.client).want(t, http.StatusOK)); !slices.Equal(got, c.onClient) {
				t.Errorf("client: %v, want %v", got, c.onClient)
			}
			if got := acts(g.devi.get(g.app).want(t, http.StatusOK)); !slices.Equal(got, c.onApp) {
				t.Errorf("private app: %v, want %v", got, c.onApp)
			}
			lib := g.devi.get("/apps/new")
			if c.library == "" {
				lib.want(t, http.StatusNotFound)
				return
			}
			lib.want(t, http.StatusOK, c.library)
			if c.noLibrary != "" && strings.Contains(lib.body, c.noLibrary) {
				t.Errorf("the library offers %q", c.noLibrary)
			}
		})
	}
}

// Who sees to one kind of app finds nothing of the other; without the switch there is neither.
func TestOneKindOfApp(t *testing.T) {
	g := newGated(t)
	all := access.View | access.Create | access.Update | access.Remove
	for _, c := range []struct {
		clients, programs access.Action
		switches          access.Switches
		open, closed      []string
	}{
		{0, all, access.AllSwitches, []string{"/private-apps", g.app, "/private-apps/new", "/apps/new"}, []string{"/apps", g.client}},
		{all, 0, access.AllSwitches, []string{"/apps", g.client, "/apps/new"}, []string{"/private-apps", g.app, "/private-apps/new"}},
		{all, all, access.AllSwitches &^ access.SwitchAppCenter, nil, []string{"/private-apps", g.app, "/private-apps/new", "/apps", g.client, "/apps/new"}},
	} {
		g.allow(c.clients, c.programs, c.switches)
		for _, path := range c.open {
			p := g.devi.get(path).want(t, http.StatusOK, "App Center")
			for _, link := range regexp.MustCompile(`href="(/(?:apps|private-apps)[^"]*)"`).FindAllStringSubmatch(p.body, -1) {
				g.devi.get(link[1]).want(t, http.StatusOK)
			}
		}
		for _, path := range c.closed {
			g.devi.get(path).want(t, http.StatusNotFound)
		}
	}
	if strings.Contains(g.devi.get("/").body, "App Center") {
		t.Error("the sidebar leads to what is closed")
	}
}

// Permissions are copied from what one may see: without the settings, of the roles one's own only.
func TestCopyFromWhatOneSees(t *testing.T) {
	g := newGated(t)
	all := access.View | access.Create | access.Update
	admin := regexp.MustCompile(`value="(role\.[0-9a-f]{24})"[^>]*>Role Administrator`).FindStringSubmatch(g.devi.get("/private-apps/new").body)
	if admin == nil {
		t.Fatal("a developer does not see the roles")
	}
	g.allow(0, all, access.AllSwitches&^access.SwitchSettings)
	p := g.devi.get("/private-apps/new").want(t, http.StatusOK, "Role Developer", "Private app Portal sync")
	if strings.Contains(p.body, "Administrator") || strings.Contains(p.body, "OAuth client") {
		t.Errorf("offers what is not for this person:\n%s", p.body)
	}
	form := p.form(t, "/private-apps/new")
	form.Set("name", "Guess")
	form.Set("from", admin[1])
	g.devi.post("/private-apps/new", form).want(t, http.StatusUnprocessableEntity, "is not there any more")
	g.devi.get(g.app+"/permissions?copy="+admin[1]).want(t, http.StatusNotFound)
	g.devi.get(g.app+"/permissions?copy=client."+g.Client.ID).want(t, http.StatusNotFound)
}
