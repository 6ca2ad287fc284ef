package web_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"mandorla/internal/access"
	"mandorla/internal/console"
	"mandorla/internal/demo"
	"mandorla/internal/oauth"
	"mandorla/internal/people"
	"mandorla/internal/privateapp"
	"mandorla/internal/query"
	"mandorla/internal/record"
	"mandorla/internal/testkit"
	"mandorla/internal/web"
)

// shot is one page to look at: who opens what, and what must be there.
type shot struct{ name, who, path, has string }

// TestPictures opens every page in a real browser and asserts that it is drawn: no error of the content policy, nothing wider than the
// screen. Each page is seen wide and narrow, light and dark, on two of the four screens. With MANDORLA_PICTURES=<folder> it is seen on
// all four and the pictures are kept there.
func TestPictures(t *testing.T) { takePictures(t, screensOf) }

// TestProvePictures is the long form.
func TestProvePictures(t *testing.T) {
	if os.Getenv("MANDORLA_PROVE") != "" {
		takePictures(t, func(string) []screen { return screens })
	}
}

func takePictures(t *testing.T, screensOf func(name string) []screen) {
	s := selfServer(t)
	s.Connect(t, person(t, "Carly"))
	s.Connect(t, person(t, "Marcus"))
	shots := append(pictures(t, s), selfShots(t, s)...)
	only := os.Getenv("MANDORLA_PICTURES_ONLY")
	for _, who := range []string{"", "Ada", "Carly", "Sam"} {
		t.Run("as "+who, func(t *testing.T) {
			t.Parallel()
			var tab context.Context
			switch who {
			case "":
				tab = openTab(t)
				do(t, tab, chromedp.Navigate(s.URL+"/signin"))
			case testkit.SuperLogin.First:
				tab = tabOf(t, s, testkit.SuperLogin)
			default:
				tab = tabOf(t, s, person(t, who))
			}
			for _, screen := range screens {
				dress(t, tab, screen)
				for _, shot := range shots {
					if shot.who == who && strings.Contains(shot.name, only) && slices.Contains(screensOf(shot.name), screen) {
						take(t, tab, absolute(s, shot.path), shot, screen)
					}
				}
			}
		})
	}
}

func absolute(s *testkit.Server, path string) string {
	if strings.HasPrefix(path, "/") {
		return s.URL + path
	}
	return path
}

// demoPages serves the same installation with the logins of a demo on its sign-in page.
func demoPages(t *testing.T, s *testkit.Server) string {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	origin := "http://" + server.Listener.Addr().String()
	notice := &web.Demo{Notice: "This is a demo on your own machine. Its passwords are public."}
	for _, p := range demo.Logins() {
		notice.Logins = append(notice.Logins, web.DemoLogin{Name: p.Name(), Role: p.Role, Email: p.Email, Password: p.Password})
	}
	pages, err := web.New(web.Options{
		Gate: s.Gate, Identity: s.Identity, OAuth: s.OAuth, Apps: s.Apps, Fields: s.Fields, Calls: s.Calls, Registries: s.Schema, Origin: origin, Now: s.Clock.Now, Demo: notice,
	})
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = pages
	server.Start()
	t.Cleanup(server.Close)
	return origin
}

func pictures(t *testing.T, s *testkit.Server) []shot {
	t.Helper()
	s.Call(t, s.Connect(t, person(t, "Carly")).Access, "who_am_i", nil)
	s.Call(t, s.Connect(t, person(t, "Carly")).Access, "get_record", map[string]any{"model": "Company", "id": strings.Repeat("0", 24)})
	list, err := s.Gate.List(t.Context(), s.Person(t, person(t, "Carly")), record.ListRequest{
		Model: "Company", Filter: query.Where("owner", "eq", "me"), Limit: 1,
	})
	if err != nil || len(list.Rows) == 0 {
		t.Fatalf("Carly's companies: %v", err)
	}
	company := "/data/companies/" + list.Rows[0].ID
	empty, _, err := s.OAuth.CreateClient(t.Context(), s.Admin, oauth.ClientInput{
		Name: "Portal sync", Kind: oauth.Confidential, RedirectURIs: []string{"http://127.0.0.1:9000/back"},
	})
	if err != nil {
		t.Fatal(err)
	}
	failing, _, err := s.OAuth.CreateClient(t.Context(), s.Admin, oauth.ClientInput{
		Name: "Portal", Kind: oauth.Confidential, RedirectURIs: []string{"https://portal.example/back"},
	})
	if err != nil {
		t.Fatal(err)
	}
	pretty, err := appWithLogo(t, s)
	if err != nil {
		t.Fatal(err)
	}
	chat, _ := made(t, s, oauth.ClientInput{Name: "ChatGPT Connector", Kind: oauth.Confidential, RedirectURIs: []string{"https://chatgpt.com/connector_platform_oauth_redirect"}})
	wrong := askedURL(s, failing, func(q url.Values) { q.Set("redirect_uri", "https://portal.example/oauth/callback") })
	if res, err := http.Get(s.URL + wrong); err != nil || res.StatusCode != http.StatusBadRequest {
		t.Fatal(res, err)
	}
	if _, _, err := s.OAuth.CreateClient(t.Context(), s.Admin, oauth.ClientInput{
		Name: "Cursor", Kind: oauth.Public, RedirectURIs: []string{"http://localhost:8787/callback"}, Set: access.Of(s.Schema.Base(), access.View),
	}); err != nil {
		t.Fatal(err)
	}
	made, err := s.Apps.Create(t.Context(), s.Admin, privateapp.Input{
		Name: "Portal sync", Description: "Copies open tasks into the portal each night.", Set: access.Of(s.Schema.Base(), access.View),
	})
	if err != nil {
		t.Fatal(err)
	}
	_, token, err := s.Apps.NewToken(t.Context(), s.Admin, made.ID, "Nightly", 90*24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	s.Call(t, token, "list_records", map[string]any{"model": "Task", "limit": 5})
	s.Call(t, token, "get_record", map[string]any{"model": "Company", "id": "0"})
	program := made.ID
	idle := disabledProgram(t, s)
	contract := customField(t, s, "Contract type")
	desk := publishedApp(t, s)
	s.Call(t, s.Connect(t, person(t, "Sofia")).Access, "list_models", nil) // not Ada, whose first authorization is looked at
	connectDesk(t, s, desk)
	invitedTenant, err := s.Console.Create(t.Context(), s.Super(t), console.NewTenant{Name: "Third Inc", Email: "olu@third.example", First: "Olu", Last: "Adeyemi", Invite: true})
	if err != nil {
		t.Fatal(err)
	}
	role, named := "", map[string]string{}
	roles, err := s.Identity.Roles(t.Context(), s.Tenant)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range roles {
		named[r.Name] = r.ID
		if r.Name == "CSM" {
			role = r.ID
		}
	}
	invited, reset := openLinks(t, s, role)
	app := "/apps/" + s.Client.ID
	widened, dynamic := askedAgain(t, s)
	none := strings.NewReplacer(s.Client.ID, empty.ID, "https%3A%2F%2Fclaude.ai%2Fapi%2Fmcp%2Fauth_callback", "http%3A%2F%2F127.0.0.1%3A9000%2Fback").Replace(authorizeURL(s, nil))
	return []shot{
		{"signin", "", "/signin", "Sign in"},
		{"signin-demo", "", demoPages(t, s) + "/signin", "People of the demo"},
		{"forgot", "", "/forgot", "This installation sends no mail"},
		{"invitation", "", invited, "Join Northwind Metrics"},
		{"reset", "", reset, "Choose a new password"},
		{"authorize-error", "", "/oauth/authorize?client_id=pk_nobody", "is not known here"},
		{"home-admin", "Ada", "/", "What you can do next"},
		{"home", "Carly", "/", "Within your reach"},
		{"authorize", "Carly", authorizeURL(s, nil), "wants to work with your data"},
		{"authorize-first", "Ada", authorizeURL(s, nil), "Not you? Claude Connector"}, // and no news in between
		{"authorize-narrow", "Carly", authorizeURL(s, func(q url.Values) {
			q.Set("scope", "companies:view companies:update assets:remove")
			q.Set("redirect_uri", "http://127.0.0.1:4711/callback")
		}), "Not included"},
		{"authorize-news", "Carly", widened, "New since you last authorized"},
		{"authorize-dynamic", "Carly", dynamic, "Choose what it may do"},
		{"authorize-none", "Carly", none, "nothing that both sides allow"},
		{"data", "Carly", "/data/companies", "Companies"},
		{"data-filtered", "Ada", "/data/companies?f=status:eq:customer&f=arr:gte:10000&sort=-arr", "ARR"},
		{"data-filter", "Ada", "/data/companies?drawer=filter", "Choose a property"},
		{"data-filter-value", "Ada", "/data/companies?f=owner:eq:me&f=arr:gte:10000&match=any&drawer=filter", "Show companies"},
		{"data-wrong", "Ada", "/data/companies?f=nme:eq:x", "cannot be shown"},
		{"data-empty", "Ada", "/data/companies?q=zzzzzz", "match"},
		{"data-tasks", "Ada", "/data/tasks", "Tasks"},
		{"record", "Carly", company, "Overview"},
		{"record-history", "Carly", company + "?tab=history", "History"},
		{"apps", "Ada", "/apps", "Claude Connector"},
		{"apps-new", "Ada", "/apps/new", "Other OAuth client"},
		{"apps-new-claude", "Ada", "/apps/new?for=claude", "Create client"},
		{"app", "Ada", app, "Redirect URLs"},
		{"app-new-secret", "Ada", app + "?generate", "Generate a new secret"},
		{"app-empty", "Ada", "/apps/" + empty.ID, "No permissions yet"},
		{"app-permissions", "Ada", app + "/permissions", "In words"},
		{"app-connections", "Ada", app + "/connections", "Carly"},
		{"app-setup", "Ada", app + "/setup", "Add this server to Claude"},
		{"app-activity", "Ada", app + "/activity", "who_am_i"},
		{"app-setup-problem", "Ada", "/apps/" + failing.ID + "/setup", "A redirect URL is missing"},
		{"app-setup-hosted", "Ada", "/apps/" + chat.ID + "/setup", "ChatGPT cannot reach this server"},
		{"app-end-all", "Ada", app + "/connections?end-all", "everybody can connect again"},
		{"app-logo", "Ada", "/apps/" + pretty.ID, "Remove logo"},
		{"authorize-logo", "Carly", askedURL(s, pretty, func(url.Values) {}), "wants to work with your data"},
		{"apps-new-other", "Ada", "/apps/new?for=other", "What it may do at most"},
		{"app-generate", "Ada", app + "?generate", "When the old secret stops working"},
		{"view-as", "Ada", "/settings/view-as", "exactly as somebody"},
		{"private-apps", "Ada", "/private-apps", "Portal sync"},
		{"private-new", "Ada", "/private-apps/new", "Copy permissions"},
		{"private-app", "Ada", "/private-apps/" + program, "Nightly"},
		{"private-app-token", "Ada", "/private-apps/" + program + "?token", "Make token"},
		{"private-permissions", "Ada", "/private-apps/" + program + "/permissions", "In words"},
		{"private-logs", "Ada", "/private-apps/" + program + "/logs", "list_records"},
		{"private-none", "Ada", "/private-apps/" + idle + "?token", "is disabled"},
		{"roles", "Ada", "/settings/roles", "Portfolio"},
		{"role", "Ada", "/settings/roles/" + role, "Only my portfolio"},
		{"explain", "Ada", "/settings/explain", "Ask in words"},
		{"explain-no", "Ada", "/settings/explain?q=can+Carly+through+Claude+Connector+update+tasks%3F", "What would have to change"},
		{"explain-yes", "Ada", "/settings/explain?person=Carly&action=update&model=Company&property=arr&record=Brightwater+Energy", "is in it"},
		{"explain-wrong", "Ada", "/settings/explain?q=can+Karl+view+companies", "None of the people"},
		{"role-filter", "Ada", "/settings/roles/" + named["Risk watch"], "Status is customer and Health ≤ 4"},
		{"role-new", "Ada", "/settings/roles/new", "New role"},
		{"role-people", "Ada", "/settings/roles/" + named["Administrator"] + "/people", "The last active administrator"},
		{"role-remove", "Ada", "/settings/roles/" + role + "/remove", "What they get instead"},
		{"data-model", "Ada", "/settings/data-model", "Custom fields"},
		{"model", "Ada", "/settings/data-model/companies", "What it is called in the contract"},
		{"model-none", "Ada", "/settings/data-model/assets", "No custom fields yet"},
		{"field-new", "Ada", "/settings/data-model/companies/new", "Shown at once by"},
		{"field", "Ada", contract, "Who sees it"},
		{"field-remove", "Ada", contract + "/remove", "Type Contract type to confirm"},
		{"people", "Ada", "/settings/people", "Open invitations"},
		{"people-invite", "Ada", "/settings/people/invite", "First name"},
		{"person", "Ada", "/settings/people/" + s.Admin.Person, "Make a reset link"},
		{"profile", "Carly", "/profile", "Applications"},
		{"published", "Ada", "/published-apps/" + desk, "An app of Second Inc"},
		{"published-shut", "Ada", "/published-apps/" + desk + "?shut", "Shut out Ticket desk?"},
		{"apps-published", "Ada", "/apps", "Published apps used here"},
		{"application", "Carly", ownApplication(t, s, s.Person(t, person(t, "Carly")).Person), "What it may do"},
		{"application-disconnect", "Carly", ownApplication(t, s, s.Person(t, person(t, "Carly")).Person) + "?disconnect", "Its next call is refused"},
		{"console-home", "Sam", "/", "You operate this installation"},
		{"console", "Sam", "/console", "Second Inc"},
		{"console-new", "Sam", "/console/tenants/new", "Create tenant"},
		{"console-tenant", "Sam", "/console/tenants/" + s.Tenant, "Suspend tenant"},
		{"console-invited", "Sam", "/console/tenants/" + invitedTenant.ID, "Olu Adeyemi has not joined yet"},
		{"console-suspend", "Sam", "/console/tenants/" + s.Tenant + "?suspend", "Suspend Northwind Metrics?"},
		{"console-client", "Sam", "/console/clients/" + s.Client.ID, "Dynamic permissions"},
		{"console-registration", "Sam", "/console/registration", "Dynamic registration"},
		{"console-admins", "Sam", "/console/admins", "Add a super admin"},
		{"console-log", "Sam", "/console/log", "Created a tenant"},
		{"missing", "Ada", "/data/nothing", "Nothing here"},
	}
}

// openLinks makes an invitation and a link for a new password, and gives their addresses.
func openLinks(t *testing.T, s *testkit.Server, role string) (invited, reset string) {
	t.Helper()
	_, invited, err := s.People.Invite(t.Context(), s.Admin, people.Person{Email: "nora.quist@northwind.example", First: "Nora", Last: "Quist", Roles: []string{role}})
	if err != nil {
		t.Fatal(err)
	}
	account, err := s.Identity.AccountByEmail(t.Context(), "sofia@northwind.example")
	if err != nil {
		t.Fatal(err)
	}
	if reset, err = s.People.Reset(t.Context(), s.Admin, account.ID); err != nil {
		t.Fatal(err)
	}
	return invited, reset
}

// connectDesk connects somebody here to another tenant's published client.
func connectDesk(t *testing.T, s *testkit.Server, client string) {
	t.Helper()
	if _, err := testkit.Authorize(t.Context(), s.App, s.URL, client, "", person(t, "Marcus").Email, person(t, "Marcus").Password); err != nil {
		t.Fatal(err)
	}
}

// askedAgain gives the addresses of a client that was widened since Carly authorized it, and of one whose permissions the person picks.
func askedAgain(t *testing.T, s *testkit.Server) (widened, dynamic string) {
	t.Helper()
	reg := s.Schema.Base()
	in := oauth.ClientInput{
		Name: "Desk assistant", Description: "Answers from the service desk", Kind: oauth.Confidential, RedirectURIs: []string{testkit.Callback},
		Set: access.Set{"Company": {Actions: access.View | access.Remove, View: access.Only("co02", "co03")}, "Task": {Actions: access.View, View: access.AllProperties}},
	}
	c, secret, err := s.OAuth.CreateClient(t.Context(), s.Admin, in)
	if err != nil {
		t.Fatal(err)
	}
	carly := person(t, "Carly")
	if _, err := testkit.Authorize(t.Context(), s.App, s.URL, c.ID, secret, carly.Email, carly.Password); err != nil {
		t.Fatal(err)
	}
	in.Set, in.Enabled = access.Of(reg, access.View|access.Update), true
	delete(in.Set, "Task")
	if c, err = s.OAuth.UpdateClient(t.Context(), s.Admin, c.ID, c.Version, in); err != nil {
		t.Fatal(err)
	}
	in.Name, in.Set = "Notebook", nil
	d, _, err := s.OAuth.CreateClient(t.Context(), s.Admin, in)
	if err != nil {
		t.Fatal(err)
	}
	if d, err = s.OAuth.SetClientReach(t.Context(), s.Super(t), d.ID, d.Version, true, false); err != nil {
		t.Fatal(err)
	}
	same := func(url.Values) {}
	return askedURL(s, c, same), askedURL(s, d, same)
}

// appWithLogo is a client with a wide logo, which Carly has connected.
func appWithLogo(t *testing.T, s *testkit.Server) (oauth.Client, error) {
	t.Helper()
	c, secret := made(t, s, oauth.ClientInput{
		Name: "Customer portal", Description: "Shows people their own tickets", Kind: oauth.Confidential, RedirectURIs: []string{"https://portal.example/oauth", testkit.Callback},
	})
	if _, err := testkit.Authorize(t.Context(), s.App, s.URL, c.ID, secret, person(t, "Carly").Email, person(t, "Carly").Password); err != nil {
		return c, err
	}
	m := image.NewNRGBA(image.Rect(0, 0, 400, 240))
	for y := range 240 {
		for x := range 400 {
			if dx, dy := x-200, y-120; dx*dx/3+dy*dy < 12000 {
				m.Set(x, y, color.NRGBA{0x30, uint8(0x60 + x/5), 0xc0, 0xff})
			}
		}
	}
	var file bytes.Buffer
	if err := png.Encode(&file, m); err != nil {
		return c, err
	}
	return c, s.OAuth.SetClientLogo(t.Context(), s.Admin, c.ID, file.Bytes())
}

// disabledProgram is a private app that may do nothing, with tokens that are over.
func disabledProgram(t *testing.T, s *testkit.Server) string {
	t.Helper()
	a, err := s.Apps.Create(t.Context(), s.Admin, privateapp.Input{Name: "Nightly export to the data warehouse of the finance department"})
	if err != nil {
		t.Fatal(err)
	}
	k, _, err := s.Apps.NewToken(t.Context(), s.Admin, a.ID, "On the intranet server that was replaced last summer", 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Apps.RevokeToken(t.Context(), s.Admin, a.ID, k.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Apps.Update(t.Context(), s.Admin, a.ID, a.Version, privateapp.Input{Name: a.Name}); err != nil {
		t.Fatal(err)
	}
	return a.ID
}
