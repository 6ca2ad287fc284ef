package web_test

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/oauth"
	"mandorla/internal/testkit"
	"mandorla/internal/web"
	"mandorla/internal/web/kit"
)

// TestMatrix holds the rows of the threat matrix that are about pages; names begin with the row's number. They share one server.
func TestMatrix(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	for _, r := range []struct {
		name string
		run  func(t *testing.T, s *testkit.Server)
	}{
		{"015-authorize-by-post", authorizeByPost},
		{"016-no-redirect-to-a-stranger", noRedirectToStranger},
		{"019-https", overHTTPS},
		{"020-methods", authorizeMethods},
		{"021-prefetch", prefetch},
		{"022-signed-out-meanwhile", signedOutMeanwhile},
		{"023-paths", authorizePaths},
		{"039-referrer", referrer},
		{"040-status-after-a-post", statusAfterPost},
		{"156-page-for-new-client", pageForNewClient},
		{"157-decision-without-request", decisionWithoutRequest},
		{"158-cross-site-post", crossSitePost},
		{"159-request-of-another-session", requestOfAnotherSession},
		{"159a-attacker-started", attackerStarted},
		{"160-cookies-before-approval", cookiesBeforeApproval},
		{"161-user-switch", userSwitch},
		{"162-hidden-fields", hiddenFields},
		{"163-double-submit-and-back", doubleSubmit},
		{"164-expired-request", expiredRequest},
		{"165-asks-again", asksAgain},
		{"167-deny", deny},
		{"168-clickjacking", clickjacking},
		{"169-page-after-approval", pageAfterApproval},
		{"171-markup-in-name", markupInName},
		{"172-no-other-way-to-approve", noOtherWay},
		{"173-scope-text", scopeText},
		{"174-disconnect", disconnect},
		{"175-session-fixation", sessionFixation},
		{"176-cookie-flags", cookieFlags},
		{"177-sign-in-csrf", signInCSRF},
		{"178-open-redirect", openRedirect},
		{"179-enumeration", enumeration},
		{"179-enumeration-forgot", enumerationForgot},
		{"180-known-device", knownDevice},
		{"185-reset-poisoning", resetPoisoning},
		{"186-links", linksOnPages},
		{"192-session-lifetime", sessionLifetime},
		{"193-fresh-sign-in", freshSignIn},
		{"193-every-sensitive-act", everySensitiveAct},
		{"194-sign-out", signOut},
		{"244-logo-with-script", logoScript},
		{"245-logo-lies", logoPolyglot},
		{"246-logo-bomb", logoBomb},
		{"247-logo-file-name", logoFileName},
		{"248-logo-position", logoPosition},
		{"249-logo-by-url", logoByURL},
		{"250-logo-of-another", logoOfAnother},
		{"251-logo-after-removal", logoAfterRemoval},
		{"278-cache", noCache},
		{"279-cors", noCORS},
		{"280-host", hosts},
		{"281-forwarded", forwarded},
		{"282-static", staticFiles},
	} {
		t.Run(r.name, func(t *testing.T) { r.run(t, s) })
	}
}

// opened brings somebody to the authorization page.
func opened(t *testing.T, s *testkit.Server, who string, change func(url.Values)) (*browser, page) {
	t.Helper()
	b := newBrowser(t, s.URL).signIn(person(t, who))
	return b, b.get(authorizeURL(s, change)).want(t, http.StatusOK, "wants to work with your data")
}

func approve(form url.Values) url.Values {
	form.Set("decision", "approve")
	return form
}

const decision = "/oauth/authorize/decision"

// landing is where a decision leads.
func (p page) landing(t *testing.T) *url.URL {
	t.Helper()
	m := regexp.MustCompile(`<a class="btn btn-primary" id="continue" href="([^"]*)"`).FindStringSubmatch(p.body)
	if m == nil {
		t.Fatalf("%s leads nowhere: %s", p.path, p.text())
	}
	u, err := url.Parse(html.UnescapeString(m[1]))
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func authorizeByPost(t *testing.T, s *testkit.Server) {
	b := newBrowser(t, s.URL).signIn(person(t, "Carly"))
	b.post(authorizeURL(s, nil), nil).want(t, http.StatusMethodNotAllowed)
}

func noRedirectToStranger(t *testing.T, s *testkit.Server) {
	p := newBrowser(t, s.URL).raw(authorizeURL(s, func(q url.Values) { q.Set("redirect_uri", "https://evil.test/cb") }))
	p.want(t, http.StatusBadRequest, "not among its redirect URLs")
	p = newBrowser(t, s.URL).raw(authorizeURL(s, func(q url.Values) { q.Set("client_id", "pk_nobody") }))
	if p.want(t, http.StatusBadRequest).header.Get("Location") != "" {
		t.Error("redirects")
	}
}

// behindTLS is the same product under an https origin, as behind a proxy.
func behindTLS(t *testing.T, s *testkit.Server) *web.Server {
	t.Helper()
	h, err := web.New(web.Options{Gate: s.Gate, Identity: s.Identity, OAuth: s.OAuth, Apps: s.Apps, Fields: s.Fields, Calls: s.Calls, Registries: s.Schema, Origin: "https://crm.test", Now: s.Clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func overHTTPS(t *testing.T, s *testkit.Server) {
	w := httptest.NewRecorder()
	behindTLS(t, s).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://crm.test/signin", nil))
	if w.Header().Get("Strict-Transport-Security") == "" {
		t.Error("no Strict-Transport-Security")
	}
}

func authorizeMethods(t *testing.T, s *testkit.Server) {
	b := newBrowser(t, s.URL).signIn(person(t, "Carly"))
	for _, method := range []string{http.MethodHead, http.MethodOptions, http.MethodPut, http.MethodDelete, "FOO"} {
		p := b.do(b.request(method, authorizeURL(s, nil), nil))
		if strings.Contains(p.header.Get("Location"), "code=") {
			t.Errorf("%s: a code", method)
		}
		if method != http.MethodHead && p.status != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", method, p.status)
		}
	}
}

func prefetch(t *testing.T, s *testkit.Server) {
	b := newBrowser(t, s.URL).signIn(person(t, "Carly"))
	r := b.request(http.MethodGet, authorizeURL(s, nil), nil)
	r.Header.Set("Sec-Purpose", "prefetch")
	if to := b.do(r).header.Get("Location"); !strings.HasPrefix(to, "/oauth/authorize/au_") {
		t.Errorf("leads to %q", to)
	}
}

func signedOutMeanwhile(t *testing.T, s *testkit.Server) {
	b, p := opened(t, s, "Carly", nil)
	form := approve(p.form(t, decision))
	b.post("/signout", b.get("/").form(t, "/signout")).want(t, http.StatusSeeOther)
	if to := b.post(decision, form).want(t, http.StatusSeeOther).header.Get("Location"); to != "/signin" {
		t.Errorf("leads to %q", to)
	}
}

func authorizePaths(t *testing.T, s *testkit.Server) {
	b := newBrowser(t, s.URL)
	for _, path := range []string{"/oauth/authorize/", "/oauth//authorize", "/oauth/Authorize", "/%6Fauth/authorize/x/y"} {
		p := b.get(path)
		if p.status == http.StatusOK && !strings.Contains(p.text(), "Sign in") {
			t.Errorf("%s: %d %s", path, p.status, p.text())
		}
		if p.header.Get("Content-Security-Policy") == "" {
			t.Errorf("%s: skipped the headers", path)
		}
	}
	r := b.request(http.MethodGet, authorizeURL(s, nil), nil)
	r.Header.Set("X-HTTP-Method-Override", "POST")
	b.do(r).want(t, http.StatusSeeOther)
}

func referrer(t *testing.T, s *testkit.Server) {
	b, p := opened(t, s, "Carly", nil)
	if got := p.header.Get("Referrer-Policy"); got != "no-referrer" {
		t.Errorf("authorization page: %q", got)
	}
	after := b.post(decision, approve(p.form(t, decision)))
	if got := after.header.Get("Referrer-Policy"); got != "no-referrer" {
		t.Errorf("page after it: %q", got)
	}
	if m := regexp.MustCompile(`(?:src|srcset)="(https?:)?//`).FindString(after.body); m != "" {
		t.Errorf("loads from elsewhere: %s", m)
	}
}

func statusAfterPost(t *testing.T, s *testkit.Server) {
	b := newBrowser(t, s.URL)
	form := b.get("/signin").form(t, "/signin")
	form.Set("email", person(t, "Carly").Email)
	form.Set("password", person(t, "Carly").Password)
	b.post("/signin", form).want(t, http.StatusSeeOther)
	b.post("/theme", url.Values{"theme": {"dark"}, kit.CSRFField: b.get("/").form(t, "/signout")[kit.CSRFField]}).want(t, http.StatusSeeOther)
	b.post("/signout", b.get("/").form(t, "/signout")).want(t, http.StatusSeeOther)
}

func pageForNewClient(t *testing.T, s *testkit.Server) {
	_, p := opened(t, s, "Carly", nil)
	p.want(t, http.StatusOK, "Claude Connector", "Mandorla customer platform connector for Claude", "sends you back to claude.ai",
		"Signed in as Carly Hart", "Northwind Metrics", "Company view, create, update", "Show more", "Not included", "recorded under your name")
	if p.header.Get("Location") != "" || strings.Contains(p.body, "http-equiv") {
		t.Error("moves on by itself")
	}
	local := newBrowser(t, s.URL).signIn(person(t, "Carly"))
	local.get(authorizeURL(s, func(q url.Values) { q.Set("redirect_uri", "http://127.0.0.1:4711/callback") })).
		want(t, http.StatusOK, "127.0.0.1:4711", "a program on this computer")
}

func decisionWithoutRequest(t *testing.T, s *testkit.Server) {
	b, p := opened(t, s, "Carly", nil)
	csrf := p.form(t, decision).Get(kit.CSRFField)
	for _, form := range []url.Values{
		{"decision": {"approve"}, kit.CSRFField: {csrf}},
		{"decision": {"approve"}, kit.CSRFField: {csrf}, "request": {"au_guessed"}, "token": {"guessed"}},
		{"decision": {"other"}, kit.CSRFField: {csrf}},
		{kit.CSRFField: {csrf}, "request": p.form(t, decision)["request"], "token": p.form(t, decision)["token"]},
	} {
		if got := b.post(decision, form); got.status != http.StatusBadRequest {
			t.Errorf("%v: %d", form, got.status)
		}
	}
	form := approve(p.form(t, decision))
	form.Set("token", "guessed")
	if got := b.post(decision, form); got.status != http.StatusForbidden && got.status != http.StatusBadRequest {
		t.Errorf("guessed token: %d", got.status)
	}
}

func crossSitePost(t *testing.T, s *testkit.Server) {
	for _, c := range []struct {
		name   string
		change func(*http.Request, url.Values)
	}{
		{"cross-site", func(r *http.Request, _ url.Values) { r.Header.Set("Sec-Fetch-Site", "cross-site") }},
		{"same-site sibling", func(r *http.Request, _ url.Values) { r.Header.Set("Sec-Fetch-Site", "same-site") }},
		{"null origin", func(r *http.Request, _ url.Values) { r.Header.Del("Sec-Fetch-Site"); r.Header.Set("Origin", "null") }},
		{"other origin", func(r *http.Request, _ url.Values) {
			r.Header.Del("Sec-Fetch-Site")
			r.Header.Set("Origin", "https://evil.test")
		}},
		{"no header and no token", func(r *http.Request, form url.Values) {
			r.Header.Del("Sec-Fetch-Site")
			form.Del(kit.CSRFField)
		}},
		{"another session's token", func(_ *http.Request, form url.Values) {
			form.Set(kit.CSRFField, newBrowser(t, s.URL).signIn(person(t, "Carly")).get("/").form(t, "/signout").Get(kit.CSRFField))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, p := opened(t, s, "Carly", nil)
			form := approve(p.form(t, decision))
			probe := b.request(http.MethodPost, decision, form)
			c.change(probe, form)
			r := b.request(http.MethodPost, decision, form)
			r.Header = probe.Header
			if got := b.do(r); got.status != http.StatusForbidden || strings.Contains(got.body, "code=") {
				t.Errorf("status %d", got.status)
			}
		})
	}
}

func requestOfAnotherSession(t *testing.T, s *testkit.Server) {
	ada, p := opened(t, s, "Ada", nil)
	marcus, mine := opened(t, s, "Marcus", nil)
	form := approve(mine.form(t, decision))
	form.Set("request", p.form(t, decision).Get("request"))
	if got := marcus.post(decision, form); got.status != http.StatusForbidden {
		t.Errorf("Marcus answered Ada's request: %d", got.status)
	}
	ada.post(decision, approve(p.form(t, decision))).want(t, http.StatusOK, "Authorized")
}

func attackerStarted(t *testing.T, s *testkit.Server) {
	_, p := opened(t, s, "Devi", nil)
	victim := newBrowser(t, s.URL).signIn(person(t, "Carly"))
	victim.get("/oauth/authorize/"+p.form(t, decision).Get("request")).want(t, http.StatusForbidden, "started in another browser")
}

func cookiesBeforeApproval(t *testing.T, s *testkit.Server) {
	b, _ := opened(t, s, "Carly", nil)
	at, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range b.jar.Cookies(at) {
		kind := strings.TrimSuffix(strings.TrimPrefix(c.Name, "mandorla-"), "-"+at.Port())
		if kind != "sid" && kind != "browser" && kind != "device" && kind != "authorize" {
			t.Errorf("cookie %s before approval", c.Name)
		}
	}
}

func userSwitch(t *testing.T, s *testkit.Server) {
	b, p := opened(t, s, "Carly", nil)
	form := approve(p.form(t, decision))
	b.signIn(person(t, "Marcus")) // in another tab
	if got := b.post(decision, form); got.status != http.StatusForbidden {
		t.Errorf("answered for Carly as Marcus: %d", got.status)
	}
	// "Not you?" leads through the sign-in back to the same request.
	b, p = opened(t, s, "Carly", nil)
	to := b.post("/oauth/authorize/switch", p.form(t, "/oauth/authorize/switch")).want(t, http.StatusSeeOther)
	login := b.follow(to).want(t, http.StatusOK, "Sign in").form(t, "/signin")
	login.Set("email", person(t, "Marcus").Email)
	login.Set("password", person(t, "Marcus").Password)
	b.follow(b.post("/signin", login)).want(t, http.StatusOK, "Signed in as Marcus Oyelaran")
}

func hiddenFields(t *testing.T, s *testkit.Server) {
	b, p := opened(t, s, "Carly", nil)
	form := approve(p.form(t, decision))
	for name, value := range map[string]string{"redirect_uri": "https://evil.test/", "client_id": "pk_other", "scope": "admin", "resource": "https://evil.test", "user": "x", "tenant": "y", "state": "other"} {
		form.Set(name, value)
	}
	to := b.post(decision, form).want(t, http.StatusOK).landing(t)
	if to.Scheme+"://"+to.Host+to.Path != testkit.Callback || to.Query().Get("state") != "st" || to.Query().Get("code") == "" {
		t.Errorf("leads to %s", to)
	}
}

func doubleSubmit(t *testing.T, s *testkit.Server) {
	b, p := opened(t, s, "Carly", nil)
	form := approve(p.form(t, decision))
	b.post(decision, form).want(t, http.StatusOK).landing(t)
	if again := b.post(decision, form); again.status != http.StatusBadRequest || strings.Contains(again.body, "code=") {
		t.Errorf("second submit: %d", again.status)
	}
	b.get("/oauth/authorize/"+form.Get("request")).want(t, http.StatusBadRequest, "answered already") // the back button
}

func expiredRequest(t *testing.T, s *testkit.Server) {
	b, p := opened(t, s, "Carly", nil)
	s.Clock.Add(10*time.Minute + time.Second)
	if got := b.post(decision, approve(p.form(t, decision))); got.status != http.StatusBadRequest || !strings.Contains(got.text(), "expired") {
		t.Errorf("%d %s", got.status, got.text())
	}
}

func asksAgain(t *testing.T, s *testkit.Server) {
	b, p := opened(t, s, "Carly", nil)
	b.post(decision, approve(p.form(t, decision))).want(t, http.StatusOK)
	b.get(authorizeURL(s, nil)).want(t, http.StatusOK, "wants to work with your data")
}

func deny(t *testing.T, s *testkit.Server) {
	b, p := opened(t, s, "Devi", nil)
	form := p.form(t, decision)
	form.Set("decision", "deny")
	to := b.post(decision, form).want(t, http.StatusOK, "Nothing was connected").landing(t)
	if q := to.Query(); q.Get("error") != "access_denied" || q.Get("iss") != s.URL || q.Get("state") != "st" || q.Has("code") {
		t.Errorf("leads to %s", to)
	}
}

func clickjacking(t *testing.T, s *testkit.Server) {
	b, p := opened(t, s, "Carly", nil)
	for _, p := range []page{p, b.get("/signin"), b.get("/oauth/authorize?x"), b.get("/nothing"), newBrowser(t, s.URL).get("/signin")} {
		if !strings.Contains(p.header.Get("Content-Security-Policy"), "frame-ancestors 'none'") || p.header.Get("X-Frame-Options") != "DENY" {
			t.Errorf("%s may be framed", p.path)
		}
	}
}

func pageAfterApproval(t *testing.T, s *testkit.Server) {
	b, p := opened(t, s, "Carly", nil)
	after := b.post(decision, approve(p.form(t, decision))).want(t, http.StatusOK, "Authorized", "taken back to claude.ai")
	if !strings.Contains(after.header.Get("Content-Security-Policy"), "form-action 'self'") {
		t.Error("form-action was loosened")
	}
	to := after.landing(t)
	if q := to.Query(); len(q["code"]) != 1 || len(q["state"]) != 1 || len(q["iss"]) != 1 || q.Get("iss") != s.URL {
		t.Errorf("leads to %s", to)
	}
	m := regexp.MustCompile(`<meta http-equiv="refresh" content="0; url=([^"]*)">`).FindStringSubmatch(after.body)
	if m == nil || html.UnescapeString(m[1]) != to.String() {
		t.Errorf("refresh %v, link %s", m, to)
	}
}

func markupInName(t *testing.T, s *testkit.Server) {
	c, _, err := s.OAuth.CreateClient(t.Context(), s.Admin, oauth.ClientInput{
		Name: `</b><h1>Google`, Description: `"><svg onload=1>`, Kind: oauth.Public, RedirectURIs: []string{testkit.Callback}, Set: access.Of(s.Schema.Base(), access.View),
	})
	if err != nil {
		t.Fatal(err)
	}
	_, p := opened(t, s, "Carly", func(q url.Values) { q.Set("client_id", c.ID) })
	if strings.Contains(p.body, "<h1>Google") || strings.Contains(p.body, "<svg onload") {
		t.Error("markup of the client's name is in force")
	}
	admin := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	for _, path := range []string{"/apps", "/apps/" + c.ID, "/apps/" + c.ID + "/permissions", "/apps/" + c.ID + "/connections"} {
		if body := admin.get(path).want(t, http.StatusOK).body; strings.Contains(body, "<h1>Google") || strings.Contains(body, "<svg onload") {
			t.Errorf("%s: markup of the client's name is in force", path)
		}
	}
}

func noOtherWay(t *testing.T, s *testkit.Server) {
	b, p := opened(t, s, "Carly", nil)
	form := p.form(t, decision)
	r := b.request(http.MethodPost, decision, nil)
	r.Header.Set("Content-Type", "application/json")
	if got := b.do(r); got.status != http.StatusForbidden {
		t.Errorf("JSON: %d", got.status)
	}
	b.get(decision+"?"+approve(form).Encode()).want(t, http.StatusBadRequest)
}

func disconnect(t *testing.T, s *testkit.Server) {
	tokens := s.Connect(t, person(t, "Sofia"))
	call := func() error {
		_, err := s.OAuth.Authenticate(t.Context(), tokens.Access, oauth.MCP, access.SurfaceMCP)
		return err
	}
	if err := call(); err != nil {
		t.Fatal(err)
	}
	sofia := newBrowser(t, s.URL).signIn(person(t, "Sofia"))
	page := applicationPath.FindStringSubmatch(sofia.get("/profile").want(t, http.StatusOK, "Claude Connector").body)[1]
	form := sofia.get(page+"?disconnect").want(t, http.StatusOK).form(t, "/profile/applications/end")
	other := newBrowser(t, s.URL).signIn(person(t, "Marcus"))
	theirs := url.Values{"connection": form["connection"], kit.CSRFField: other.get("/").form(t, "/signout")[kit.CSRFField]}
	other.post("/profile/applications/end", theirs)
	if err := call(); err != nil {
		t.Fatal("another person ended it")
	}
	sofia.post("/profile/applications/end", form).want(t, http.StatusSeeOther)
	if call() == nil {
		t.Error("the token still works")
	}
}
