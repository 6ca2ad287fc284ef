package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"mandorla/internal/access"
	"mandorla/internal/oauth"
	"mandorla/internal/testkit"
	"mandorla/internal/web"
)

// readsMetadata is a program that calls itself agent and reads what this server says about itself.
func readsMetadata(t *testing.T, s *testkit.Server, agent string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/.well-known/oauth-protected-resource/v1/mcp", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("User-Agent", agent)
	res, err := http.DefaultClient.Do(r)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatal(res, err)
	}
	res.Body.Close()
	if err := s.OAuth.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func made(t *testing.T, s *testkit.Server, in oauth.ClientInput) (oauth.Client, string) {
	t.Helper()
	if in.Set == nil {
		in.Set = access.Of(s.Schema.Base(), access.View)
	}
	c, secret, err := s.OAuth.CreateClient(t.Context(), s.Admin, in)
	if err != nil {
		t.Fatal(err)
	}
	return c, secret
}

var stepDone = regexp.MustCompile(`<li class="card is-done`)

// The server is added once a program, and no person, has read its metadata since the client was made.
func TestSetupSeesMetadataRead(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	ada := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	readsMetadata(t, s, "python-httpx/0.27")
	s.Clock.Add(time.Minute)
	c, _ := made(t, s, oauth.ClientInput{Name: "Fresh", Kind: oauth.Public, RedirectURIs: []string{"http://localhost/callback"}})
	setup := "/apps/" + c.ID + "/setup"
	done := func(n int) page {
		t.Helper()
		p := ada.get(setup).want(t, http.StatusOK)
		if got := len(stepDone.FindAllString(p.body, -1)); got != n {
			t.Errorf("%d steps are done, want %d", got, n)
		}
		return p
	}
	done(1).not(t, "last read")
	readsMetadata(t, s, "Mozilla/5.0 (X11; Linux x86_64)")
	done(1).not(t, "last read")
	readsMetadata(t, s, `x"><svg onload=1>`)
	if p := done(2); !strings.Contains(p.text(), `last read by “x"><svg onload=1>”.`) || strings.Contains(p.body, "<svg onload") {
		t.Error("the program is not named, or its markup is in force")
	}
	s.Clock.Add(time.Second)
	readsMetadata(t, s, "claude-code/2.1.0 (cli)")
	done(2).want(t, http.StatusOK, "last read by “claude-code/2.1.0 (cli)” (Claude Code).")
}

// Before anything is tried, and while nothing happens, the guide says what may be in the way.
func TestSetupSaysWhyNothingHappens(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	ada := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	hosted, _ := made(t, s, oauth.ClientInput{Name: "Claude Connector", Kind: oauth.Confidential, RedirectURIs: []string{testkit.Callback}})
	local, secret := made(t, s, oauth.ClientInput{Name: "Own", Kind: oauth.Confidential, RedirectURIs: []string{"http://127.0.0.1/x", testkit.Callback + "/own"}})
	setup := func(c oauth.Client) page { return ada.get("/apps/"+c.ID+"/setup").want(t, http.StatusOK) }

	setup(hosted).want(t, http.StatusOK, "Claude cannot reach this server", "leads to this machine only", "option --origin")
	own, _ := made(t, s, oauth.ClientInput{Name: "Own", Kind: oauth.Public, RedirectURIs: []string{"http://127.0.0.1/x"}})
	setup(own).not(t, "cannot reach", "Nothing has come")
	s.Clock.Add(5 * time.Minute)
	setup(own).want(t, http.StatusOK, "Nothing has come from Own yet", "is not exactly "+s.URL+"/v1/mcp", "a firewall or a bot filter")
	// Somebody comes with the ID of a client of another server.
	ada.get("/oauth/authorize?response_type=code&client_id=pk_of-a-demo").want(t, http.StatusBadRequest, "made on another server, such as a demo")
	if err := s.OAuth.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	setup(own).want(t, http.StatusOK, "a client ID that this server does not know", "such as a demo")
	s.Clock.Add(10 * time.Minute)
	setup(own).not(t, "does not know")
	readsMetadata(t, s, "curl/8")
	setup(own).not(t, "Nothing has come")
	setup(hosted).not(t, "cannot reach") // somebody did reach it

	// The secret is right, the page was approved, and then there is silence.
	token := s.Connect(t, person(t, "Carly"))
	_, _ = local, secret
	setup(s.Client).not(t, "no call has come")
	s.Clock.Add(2 * time.Minute)
	setup(s.Client).want(t, http.StatusOK, "Connected, but no call has come", "blocks Claude-User", "160.79.104.0/21")
	s.Call(t, token.Access, "who_am_i", nil)
	if err := s.OAuth.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	setup(s.Client).not(t, "no call has come")
}

// Which addresses a hosted assistant can be told to have no way to.
func TestSetupKnowsPublicAddresses(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	c, _ := made(t, s, oauth.ClientInput{Name: "Claude Connector", Kind: oauth.Confidential, RedirectURIs: []string{testkit.Callback}})
	for origin, says := range map[string]string{
		"https://crm.example.com": "", "https://203.0.113.7": "", "http://crm.example.com": "where https is needed",
		"https://localhost:8080": "this machine only", "https://[::1]": "this machine only", "https://192.168.1.4": "your own network", "https://10.1.1.1:8443": "your own network",
		"https://crm": "your own network", "https://crm.corp": "your own network", "https://crm.local": "your own network",
	} {
		h, err := web.New(web.Options{Gate: s.Gate, Identity: s.Identity, OAuth: s.OAuth, Apps: s.Apps, Fields: s.Fields, Calls: s.Calls, Registries: s.Schema, Origin: origin, Now: s.Clock.Now})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, origin+"/apps/"+c.ID+"/setup", nil)
		r.AddCookie(&http.Cookie{Name: sessionName(origin), Value: newBrowser(t, s.URL).signIn(person(t, "Ada")).cookie("sid")})
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		p := page{w.Code, w.Header(), w.Body.String(), origin}
		if p.want(t, http.StatusOK, "Add this server"); says == "" {
			p.not(t, "cannot reach this server")
		} else {
			p.want(t, http.StatusOK, "cannot reach this server", says)
		}
	}
}

func sessionName(origin string) string {
	if strings.HasPrefix(origin, "https:") {
		return "__Host-sid"
	}
	return "mandorla-sid-80"
}

// A secret that was replaced, and one for a client that has none, are named as what they are.
func TestSetupTellsSecretsApart(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	ada := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	public, _ := made(t, s, oauth.ClientInput{Name: "Public", Kind: oauth.Public, RedirectURIs: []string{testkit.Callback}})
	try := func(c oauth.Client, secret string) page {
		t.Helper()
		res, err := http.PostForm(s.URL+"/oauth/token", url.Values{"grant_type": {"authorization_code"}, "code": {"ac_x"}, "client_id": {c.ID}, "client_secret": {secret}})
		if err != nil || res.StatusCode != http.StatusUnauthorized {
			t.Fatal(res, err)
		}
		res.Body.Close()
		return ada.get("/apps/" + c.ID + "/setup")
	}
	try(public, "sk_given").want(t, http.StatusOK, "this client has none", "Empty the field for the secret")
	s.Clock.Add(time.Hour)
	if _, err := s.OAuth.RegenerateSecret(t.Context(), s.Admin, s.Client.ID, 0); err != nil {
		t.Fatal(err)
	}
	s.Clock.Add(24 * time.Hour)
	ada.signIn(person(t, "Ada"))
	try(s.Client, s.Secret).want(t, http.StatusOK, "still uses the secret that was replaced on 23 November 2026, 10:00 UTC.")
	try(s.Client, "sk_wrong").want(t, http.StatusOK, "The secret in the app is not right")
}

// ChatGPT makes up a redirect URL for each app: the guide has a field for it.
func TestSetupTakesTheOwnRedirect(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	ada := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	c, _ := made(t, s, oauth.ClientInput{Name: "ChatGPT", Kind: oauth.Confidential, RedirectURIs: []string{"https://chatgpt.com/connector_platform_oauth_redirect"}})
	setup := "/apps/" + c.ID + "/setup"
	form := ada.get(setup).want(t, http.StatusOK, "Redirect URL that ChatGPT shows").form(t, setup+"/redirect")
	form.Set("redirectUri", "http://chatgpt.com/connector/oauth/x1")
	back := ada.post(setup+"/redirect", form).want(t, http.StatusUnprocessableEntity, "The redirect URL must be https")
	if kept := back.form(t, setup+"/redirect").Get("redirectUri"); kept != "http://chatgpt.com/connector/oauth/x1" {
		t.Errorf("kept %q", kept)
	}
	form.Set("redirectUri", " https://chatgpt.com/connector/oauth/x1 ")
	for range 2 { // twice is fine
		ada.post(setup+"/redirect", form).want(t, http.StatusSeeOther)
	}
	got, err := s.OAuth.Client(t.Context(), s.Tenant, c.ID)
	if err != nil || len(got.RedirectURIs) != 2 || got.RedirectURIs[1] != "https://chatgpt.com/connector/oauth/x1" {
		t.Errorf("%v, %v", got.RedirectURIs, err)
	}
	ada.get("/apps/"+s.Client.ID+"/setup").want(t, http.StatusOK).not(t, "Redirect URL that")
}

// The fresh secret is on the guide until it is stored, and leaving before that asks.
func TestSetupShowsTheSecretOnce(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	ada := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	form := ada.get("/apps/new?for=claude").form(t, "/apps/new")
	p := ada.follow(ada.post("/apps/new", form)).want(t, http.StatusOK, "Shown once", "I have stored it")
	if !strings.Contains(p.body, "data-secret") || !shownSecret.MatchString(p.body) || p.header.Get("Cache-Control") != "no-store" {
		t.Error("the guide does not show the secret, or would not ask before it is left")
	}
	done := regexp.MustCompile(`href="([^"]*/setup\?stored=[^"]+)"`).FindStringSubmatch(p.body)
	if done == nil {
		t.Fatal("no way to say that it is stored")
	}
	ada.get(done[1]).want(t, http.StatusOK, "Where the secret is").not(t, "Shown once")
}

// The check while typing says what saving would say, of every line.
func TestRedirectCheckIsTheRule(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	ada := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	typed := []string{
		"https://claude.ai/api/mcp/auth_callback", "http://example.com/x", "https://claude.ai/#x", "cursor://anysphere.cursor-mcp/oauth/callback", "http://127.0.0.1/cb", "https://CLAUDE.ai/x",
		"https://a.test/x?code=1", "https://*.a.test/", "https://u:p@a.test/", "https://claude.ai/api/mcp/auth_callback", "http://127.0.0.2/x", "https://a.test/../x", "<svg onload=1>",
	}
	p := ada.get("/apps/redirects?"+url.Values{"text": {strings.Join(typed, "\n") + "\n\n"}}.Encode()).want(t, http.StatusOK)
	items := regexp.MustCompile(`<li class="(ok|no)">`).FindAllStringSubmatch(p.body, -1)
	problems := oauth.RedirectProblems(typed)
	if len(items) != len(typed) || strings.Contains(p.body, "<svg onload") || strings.Contains(p.body, "<html") {
		t.Fatalf("%d items:\n%s", len(items), p.body)
	}
	for i, problem := range problems {
		if (items[i][1] == "ok") != (problem == "") || !strings.Contains(p.text(), problem) {
			t.Errorf("%s: %s, the rule says %q", typed[i], items[i][1], problem)
		}
	}
	newBrowser(t, s.URL).raw("/apps/redirects?text=x").want(t, http.StatusSeeOther)
	newBrowser(t, s.URL).signIn(person(t, "Carly")).raw("/apps/redirects?text=x").want(t, http.StatusNotFound)
	ada.get("/apps/redirects").want(t, http.StatusOK)
}

// In a browser, a line is judged while it is typed.
func TestRedirectCheckWhileTyping(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	tab, ada := openTab(t), person(t, "Ada")
	do(t, tab, chromedp.Navigate(s.URL+"/signin"), chromedp.SendKeys(`[name=email]`, ada.Email), chromedp.SendKeys(`[name=password]`, ada.Password+"\r"), chromedp.WaitReady(`.shell`),
		chromedp.Navigate(s.URL+"/apps/"+s.Client.ID), chromedp.WaitReady(`.checks li:nth-child(3).ok`), chromedp.SendKeys(`[name=redirectUris]`, "\ncursor://x/y"))
	until(t, tab, `[...document.querySelectorAll(".checks li.no")].some((li) => li.textContent.includes("cursor://x/y") && li.textContent.includes("must begin with https://"))`)
}

// One act ends every connection of a client, after it was confirmed.
func TestEndAllConnections(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine string) {
		s := testkit.Start(t, engine)
		ada, path := newBrowser(t, s.URL).signIn(person(t, "Ada")), "/apps/"+s.Client.ID+"/connections"
		ada.get(path).want(t, http.StatusOK, "Nobody is connected").not(t, "End all")
		carly, marcus := s.Connect(t, person(t, "Carly")), s.Connect(t, person(t, "Marcus"))
		works := func(tokens testkit.Tokens) bool {
			_, err := s.OAuth.Authenticate(t.Context(), tokens.Access, oauth.MCP, access.SurfaceMCP)
			return err == nil
		}
		p := ada.get(path+"?end-all").want(t, http.StatusOK, "End 2 connections?", "everybody can connect again", "21 Feb 2027", "1 living token")
		ada.post(path+"/end-all", nil).want(t, http.StatusForbidden)
		if !works(carly) || !works(marcus) {
			t.Fatal("a connection ended without the form")
		}
		ada.follow(ada.post(path+"/end-all", p.form(t, path+"/end-all")).want(t, http.StatusSeeOther)).want(t, http.StatusOK, "Every connection has ended", "Nobody is connected")
		if works(carly) || works(marcus) {
			t.Error("a connection lives")
		}
		if log := logged(t, s, "oauth.end"); len(log) != 2 || !strings.Contains(log[0], "by Ada") {
			t.Errorf("the log has %v", log)
		}
	})
}

// Who would be offered more now than was accepted is counted by person, and marked.
func TestConnectionsWidened(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	ada, path := newBrowser(t, s.URL).signIn(person(t, "Ada")), "/apps/"+s.Client.ID+"/connections"
	for range 2 {
		s.Connect(t, person(t, "Carly"))
	}
	s.Connect(t, person(t, "Marcus"))
	ada.get(path).want(t, http.StatusOK, "May view").not(t, "Widened since", "Will be asked again")
	set := access.Of(s.Schema.Base(), access.View|access.Update)
	set["Company"] = access.FullModel
	if _, err := s.OAuth.UpdateClient(t.Context(), s.Admin, s.Client.ID, s.Client.Version, oauth.ClientInput{Name: s.Client.Name, RedirectURIs: s.Client.RedirectURIs, Set: set, Enabled: true}); err != nil {
		t.Fatal(err)
	}
	if p := ada.get(path).want(t, http.StatusOK, "Widened since: 2 people will be asked again"); strings.Count(p.text(), "Will be asked again.") != 3 {
		t.Errorf("%d connections are marked", strings.Count(p.text(), "Will be asked again."))
	}
}
