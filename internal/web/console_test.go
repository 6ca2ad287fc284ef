package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mandorla/internal/access"
	"mandorla/internal/console"
	"mandorla/internal/demo"
	"mandorla/internal/oauth"
	"mandorla/internal/testkit"
	"mandorla/internal/web/kit"
)

// tess administers the second tenant.
var tess = demo.Login{First: "Tess", Last: "Okafor", Email: "tess@second.example", Password: "another long sentence of words"}

// secondTenant makes one, with tess or another login as its administrator.
func secondTenant(t *testing.T, s *testkit.Server, who demo.Login) string {
	t.Helper()
	made, err := s.Console.Create(t.Context(), s.Super(t), console.NewTenant{Name: "Second Inc", Email: who.Email, First: who.First, Last: who.Last, Password: who.Password})
	if err != nil {
		t.Fatal(err)
	}
	return made.ID
}

// publish makes the demo's client work for everybody.
func publish(t *testing.T, s *testkit.Server, published bool) {
	t.Helper()
	c, err := s.OAuth.Client(t.Context(), s.Tenant, s.Client.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.OAuth.SetClientReach(t.Context(), s.Super(t), c.ID, c.Version, false, published); err != nil {
		t.Fatal(err)
	}
}

// connectAs authorizes the demo's client as somebody, and gives a function that tells whether their token works.
func connectAs(t *testing.T, s *testkit.Server, who demo.Login) func() bool {
	t.Helper()
	tokens, err := testkit.Authorize(t.Context(), s.App, s.URL, s.Client.ID, s.Secret, who.Email, who.Password)
	if err != nil {
		t.Fatal(err)
	}
	return func() bool {
		_, err := s.OAuth.Authenticate(t.Context(), tokens.Access, oauth.MCP, access.SurfaceMCP)
		return err == nil
	}
}

// publishedApp publishes a client of a second tenant, for the pages that show one, and gives its id.
func publishedApp(t *testing.T, s *testkit.Server) string {
	t.Helper()
	id := secondTenant(t, s, tess)
	p, err := s.CommandPrincipal(t.Context(), id, tess.Email)
	if err != nil {
		t.Fatal(err)
	}
	c, _, err := s.OAuth.CreateClient(t.Context(), p, oauth.ClientInput{
		Name: "Ticket desk", Description: "Answers tickets with what the platform knows.", Kind: oauth.Public, RedirectURIs: []string{testkit.Callback}, Set: access.Of(s.Schema.Base(), access.View),
	})
	if err == nil {
		c, err = s.OAuth.SetClientReach(t.Context(), s.Super(t), c.ID, c.Version, false, true)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c.ID
}

// ownApplication is the page of a person's newest connection.
func ownApplication(t *testing.T, s *testkit.Server, user string) string {
	t.Helper()
	list, err := s.OAuth.PersonConnections(t.Context(), s.Tenant, user)
	if err != nil || len(list) == 0 {
		t.Fatalf("connections: %v, %v", list, err)
	}
	return "/profile/applications/" + list[0].ID
}

func consolePaths(s *testkit.Server) []string {
	return []string{
		"/console", "/console/tenants/new", "/console/tenants/" + s.Tenant, "/console/tenants/" + s.Tenant + "?suspend", "/console/clients/" + s.Client.ID,
		"/console/admins", "/console/registration", "/console/log", "/console/log?of=tenants", "/console/log?before=" + s.Tenant,
	}
}

// For everybody but super admins there is nothing under /console: not for administrators, not while they view as somebody, not by POST.
func TestConsoleIsForSuperAdminsOnly(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	ada, sam := newBrowser(t, s.URL).signIn(person(t, "Ada")), newBrowser(t, s.URL)
	s.Super(t)
	sam.signIn(testkit.SuperLogin)
	reference := regexp.MustCompile(`[A-Z2-7]{12}`)
	nothing := func(b *browser, path string) {
		t.Helper()
		got, want := b.raw(path).want(t, http.StatusNotFound), b.raw("/nonsense").want(t, http.StatusNotFound)
		if diff := cmp.Diff(reference.ReplaceAllString(want.body, ""), reference.ReplaceAllString(got.body, "")); diff != "" {
			t.Errorf("%s is not like nothing:\n%s", path, diff)
		}
	}
	for _, path := range consolePaths(s) {
		nothing(ada, path)
		if to := newBrowser(t, s.URL).raw(path).want(t, http.StatusSeeOther).header.Get("Location"); to != "/signin" {
			t.Errorf("%s without a sign-in leads to %s", path, to)
		}
		p := sam.raw(path).want(t, http.StatusOK, "Console")
		clean(t, p)
		for _, data := range []string{"@northwind.example", "Brightwater", "Lindqvist", "Hart"} {
			if strings.Contains(p.body, data) && (data[0] != '@' || !strings.HasPrefix(path, "/console/log")) { // accounts are the installation's, and made in its log
				t.Errorf("%s shows %s", path, data)
			}
		}
	}
	if strings.Contains(ada.get("/").body, "/console") {
		t.Error("an administrator's sidebar names the console")
	}
	token := ada.get("/").form(t, "/signout")[kit.CSRFField]
	for path, form := range map[string]url.Values{
		"/console/tenants/new": {"name": {"X"}}, "/console/tenants/" + s.Tenant: {"name": {"X"}}, "/console/tenants/" + s.Tenant + "/status": {"act": {"suspend"}},
		"/console/clients/" + s.Client.ID: {"version": {"1"}, "published": {"on"}}, "/console/admins": {"email": {person(t, "Ada").Email}}, "/console/registration": {"registration": {"on"}}, "/console/admins/remove": {"account": {"x"}},
		"/console/tenants/" + s.Tenant + "/invitations/" + s.Tenant: {},
	} {
		form[kit.CSRFField] = token
		ada.post(path, form).want(t, http.StatusNotFound)
	}
	viewAs(t, ada, userID(t, s, "Carly"), "").want(t, http.StatusSeeOther)
	nothing(ada, "/console")
	for _, path := range []string{"/console/tenants/nobody", "/console/clients/pk_nobody"} {
		sam.raw(path).want(t, http.StatusNotFound)
	}
}

// A super admin who is in no tenant makes one with its administrator, renames, suspends and resumes it; everything is in the log.
func TestConsoleWalk(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	s.Super(t)
	sam := newBrowser(t, s.URL).signIn(testkit.SuperLogin)
	sam.get("/").want(t, http.StatusOK, "You operate this installation", "Open console")
	sam.get("/profile").want(t, http.StatusOK, "No connected applications")
	sam.get("/console").want(t, http.StatusOK, demo.TenantName, "Active")

	form := sam.get("/console/tenants/new").want(t, http.StatusOK).form(t, "/console/tenants/new")
	form.Set("how", "password")
	for field, c := range map[string]struct{ value, says string }{
		"name": {demo.TenantName, "too much like that of another tenant"}, "email": {"nobody", "not a mail address"}, "password": {"", "there is no account with this address yet"}, "last": {"", "needs 1 to 80 characters"},
	} {
		for name, value := range map[string]string{"name": "Second Inc", "first": "Tess", "last": "Okafor", "email": tess.Email, "password": tess.Password} {
			form.Set(name, value)
		}
		form.Set(field, c.value)
		back := sam.post("/console/tenants/new", form).want(t, http.StatusUnprocessableEntity, c.says).form(t, "/console/tenants/new")
		if back.Get("first") != "Tess" || back.Get("password") != "" {
			t.Errorf("%s: the form came back as %v", field, back)
		}
	}
	if list, err := s.Store.Tenants(t.Context()); err != nil || len(list) != 1 {
		t.Fatalf("a tenant was made by halves: %v, %v", list, err)
	}
	form.Set("last", "Okafor")
	form.Set("name", "Second Inc")
	form.Set("email", tess.Email)
	form.Set("password", tess.Password)
	made := sam.post("/console/tenants/new", form).want(t, http.StatusSeeOther)
	path := made.header.Get("Location")
	sam.follow(made).want(t, http.StatusOK, "Second Inc", "Tenant created", "second-inc")
	admin := newBrowser(t, s.URL).signIn(tess)
	admin.get("/settings/roles").want(t, http.StatusOK, "Administrator", "CSM")
	admin.get("/").want(t, http.StatusOK, "Second Inc")

	publish(t, s, true)
	works, carly := connectAs(t, s, tess), connectAs(t, s, person(t, "Carly"))
	rename := sam.get(path).form(t, path)
	rename.Set("name", "Second & Sons")
	sam.follow(sam.post(path, rename)).want(t, http.StatusOK, "Second & Sons")
	suspend := sam.get(path+"?suspend").want(t, http.StatusOK, "its one connection stops").form(t, path+"/status")
	sam.follow(sam.post(path+"/status", suspend)).want(t, http.StatusOK, "Tenant suspended", "This tenant is suspended")
	sam.get("/console").want(t, http.StatusOK, "Suspended")
	if works() || !carly() {
		t.Error("suspended: its tokens stop, and no others")
	}
	admin.get("/").want(t, http.StatusOK, "Second & Sons is suspended")
	admin.raw("/settings/roles").want(t, http.StatusNotFound)
	newBrowser(t, s.URL).signIn(tess).get("/").want(t, http.StatusOK, "is suspended")
	if _, err := testkit.Authorize(t.Context(), s.App, s.URL, s.Client.ID, s.Secret, tess.Email, tess.Password); err == nil {
		t.Error("somebody authorized in a suspended tenant")
	}
	resume := sam.get(path).form(t, path+"/status")
	sam.follow(sam.post(path+"/status", resume)).want(t, http.StatusOK, "Tenant resumed")
	if !works() {
		t.Error("resumed: its tokens work again")
	}
	admin.get("/settings/roles").want(t, http.StatusOK, "Administrator")
	sam.post(path+"/status", url.Values{kit.CSRFField: resume[kit.CSRFField], "act": {"explode"}}).want(t, http.StatusBadRequest)

	log := sam.get("/console/log?of=tenants").want(t, http.StatusOK, "Created a tenant", "Renamed a tenant", "Suspended a tenant", "Resumed a tenant", testkit.SuperLogin.Email)
	if strings.Contains(log.body, tess.Password) {
		t.Error("the log holds a password")
	}
	own, err := s.Store.TenantAudit(t.Context(), strings.TrimPrefix(path, "/console/tenants/"), "tenant.", 10)
	if err != nil || len(own) != 4 || own[0].PersonName != "Super admin" {
		t.Errorf("the tenant's own log: %+v, %v", own, err)
	}
}

// Every act of the console wants a fresh sign-in.
func TestConsoleWantsAFreshSignIn(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	s.Super(t)
	sam := newBrowser(t, s.URL).signIn(testkit.SuperLogin)
	s.Clock.Add(10*time.Minute + time.Second)
	tenant, client := "/console/tenants/"+s.Tenant, "/console/clients/"+s.Client.ID
	for _, path := range []string{tenant, client} { // nobody is connected
		clean(t, sam.get(path).want(t, http.StatusOK))
	}
	account := sam.get("/console/admins").want(t, http.StatusOK).form(t, "/console/admins")
	me, err := s.Identity.AccountByEmail(t.Context(), testkit.SuperLogin.Email)
	if err != nil {
		t.Fatal(err)
	}
	account.Set("email", person(t, "Ada").Email)
	for path, form := range map[string]url.Values{
		"/console/tenants/new":   sam.get("/console/tenants/new").want(t, http.StatusOK, "Your password").form(t, "/console/tenants/new"),
		tenant:                   sam.get(tenant).form(t, tenant),
		tenant + "/status":       sam.get(tenant).form(t, tenant+"/status"),
		client:                   sam.get(client).form(t, client),
		"/console/admins":        account,
		"/console/registration":  sam.get("/console/registration").form(t, "/console/registration"),
		"/console/admins/remove": sam.get("/console/admins?remove="+me.ID).form(t, "/console/admins/remove"),
	} {
		s.Clock.Add(20 * time.Minute) // of the throttle
		form.Set("confirm_password", "wrong")
		sam.post(path, form).want(t, http.StatusUnprocessableEntity, "This is not your password")
	}
	s.Clock.Add(20 * time.Minute)
	status := sam.get(tenant).form(t, tenant+"/status")
	status.Set("confirm_password", testkit.SuperLogin.Password)
	sam.post(tenant+"/status", status).want(t, http.StatusSeeOther)
}

// The two switches say what happens to living connections, before and after.
func TestClientSwitches(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	secondTenant(t, s, tess)
	connectAs(t, s, person(t, "Carly"))
	sam := newBrowser(t, s.URL).signIn(testkit.SuperLogin)
	path := "/console/clients/" + s.Client.ID
	form := sam.get(path).want(t, http.StatusOK, "Off: the client", "What is connected in its own tenant stays").form(t, path)
	form.Set("published", "on")
	sam.follow(sam.post(path, form)).want(t, http.StatusOK, "Saved", "On: people of every tenant may authorize it", "Turned off, only people of its own tenant may. What is connected")
	connectAs(t, s, tess)
	sam.get(path).want(t, http.StatusOK, "1 connection in 1 other tenant stops at the next call, and works again", "Second Inc")
	sam.post(path, form).want(t, http.StatusConflict, "Somebody changed this client meanwhile")
	form = sam.get(path).form(t, path)
	form.Set("dynamic", "on")
	sam.follow(sam.post(path, form)).want(t, http.StatusOK, "On: each person picks", "the 2 living connections may do only what is in them")
	c, err := s.OAuth.Client(t.Context(), s.Tenant, s.Client.ID)
	if err != nil || !c.Dynamic || !c.Published {
		t.Errorf("%+v, %v", c, err)
	}
	sam.get("/console/log?of=clients").want(t, http.StatusOK, "Set the switches of a client")
	form.Del("version")
	sam.post(path, form).want(t, http.StatusBadRequest)
}

// Super admins are made and unmade; the last one stays, and one who views as somebody is none meanwhile.
func TestSuperAdminsPage(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	s.Super(t)
	sam, ada := newBrowser(t, s.URL).signIn(testkit.SuperLogin), newBrowser(t, s.URL).signIn(person(t, "Ada"))
	form := sam.get("/console/admins").want(t, http.StatusOK, testkit.SuperLogin.Email, "The last super admin stays").form(t, "/console/admins")
	form.Set("email", "nobody@nowhere.example")
	if back := sam.post("/console/admins", form).want(t, http.StatusUnprocessableEntity, "no account with this address").form(t, "/console/admins"); back.Get("email") != "nobody@nowhere.example" {
		t.Error("the address is lost")
	}
	me, err := s.Identity.AccountByEmail(t.Context(), testkit.SuperLogin.Email)
	if err != nil {
		t.Fatal(err)
	}
	last := url.Values{kit.CSRFField: form[kit.CSRFField], "account": {me.ID}}
	sam.post("/console/admins/remove", last).want(t, http.StatusConflict, "no super admin who can sign in")
	form.Set("email", person(t, "Ada").Email)
	sam.follow(sam.post("/console/admins", form)).want(t, http.StatusOK, "Super admin added", person(t, "Ada").Email)
	if p := ada.get("/"); !strings.Contains(p.body, `href="/console"`) {
		t.Error("no console in the sidebar")
	}
	ada.get("/console").want(t, http.StatusOK, "Tenants")
	viewAs(t, ada, userID(t, s, "Carly"), "")
	if p := ada.get("/"); strings.Contains(p.body, "/console") {
		t.Error("the console is there while viewing as somebody")
	}
	ada.raw("/console").want(t, http.StatusForbidden, "Stop viewing as Carly")
	stopViewing(t, ada)
	account, err := s.Identity.AccountByEmail(t.Context(), person(t, "Ada").Email)
	if err != nil {
		t.Fatal(err)
	}
	remove := sam.get("/console/admins?remove="+account.ID).want(t, http.StatusOK, "Remove "+account.Email).form(t, "/console/admins/remove")
	sam.follow(sam.post("/console/admins/remove", remove)).want(t, http.StatusOK, "Super admin removed")
	ada.raw("/console").want(t, http.StatusNotFound)
}

// The client's administrator counts people of other tenants; those tenants' administrators see their own, end them and shut the app out.
func TestPublishedApps(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	secondTenant(t, s, tess)
	ada, admin := newBrowser(t, s.URL).signIn(person(t, "Ada")), newBrowser(t, s.URL).signIn(tess)
	carly := connectAs(t, s, person(t, "Carly"))
	path := "/published-apps/" + s.Client.ID
	admin.raw(path).want(t, http.StatusNotFound)
	if p := admin.get("/apps"); strings.Contains(p.body, "Published apps") {
		t.Error("a section about nothing")
	}
	publish(t, s, true)
	admin.get("/apps").want(t, http.StatusOK, "Published apps used here", demo.TenantName, "Not used yet")
	theirs := connectAs(t, s, tess)
	admin.get("/apps").want(t, http.StatusOK, "1 person", "Works")
	p := admin.get(path).want(t, http.StatusOK, "An app of "+demo.TenantName, "Tess Okafor")
	if strings.Contains(p.body, "Carly") || strings.Contains(p.body, "northwind.example") {
		t.Error("people of the app's own tenant are named")
	}
	admin.get(path+"/activity").want(t, http.StatusOK, "No calls")
	connections := "/apps/" + s.Client.ID + "/connections"
	if p := ada.get(connections).want(t, http.StatusOK, "In other organisations", "Second Inc", "Carly Hart"); strings.Contains(p.body, "Tess") || strings.Contains(p.body, "second.example") {
		t.Error("people of another tenant are named")
	}
	admin.raw("/apps/"+s.Client.ID).want(t, http.StatusNotFound)
	ada.raw(path).want(t, http.StatusNotFound)
	newBrowser(t, s.URL).signIn(person(t, "Carly")).raw(path).want(t, http.StatusNotFound)

	end := admin.get(path).form(t, path+"/connections/end")
	end.Set("connection", regexp.MustCompile(`name="connection" value="([^"]+)"`).FindStringSubmatch(admin.get(path).body)[1])
	admin.follow(admin.post(path+"/connections/end", end)).want(t, http.StatusOK, "Connection ended", "Nobody here is connected")
	if theirs() || !carly() {
		t.Error("ended the wrong one")
	}
	theirs = connectAs(t, s, tess)
	shut := admin.get(path+"?shut").want(t, http.StatusOK, "and 1 living connection ends").form(t, path+"/shut-out")
	admin.follow(admin.post(path+"/shut-out", shut)).want(t, http.StatusOK, "Shut out", "nobody here can use this app")
	if theirs() || !carly() {
		t.Error("shut out the wrong ones")
	}
	admin.get(authorizeURL(s, nil)).want(t, http.StatusForbidden, "let nobody use this app")
	let := admin.get(path).form(t, path+"/shut-out")
	admin.follow(admin.post(path+"/shut-out", let)).want(t, http.StatusOK, "App let in", "Shut out app")
	connectAs(t, s, tess)
	admin.post(path+"/shut-out", url.Values{kit.CSRFField: let[kit.CSRFField]}).want(t, http.StatusBadRequest)
}
