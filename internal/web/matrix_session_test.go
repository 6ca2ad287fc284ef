package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"mandorla/internal/testkit"
)

func (b *browser) cookie(kind string) string {
	at, err := url.Parse(b.base)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range b.jar.Cookies(at) {
		if c.Name == "mandorla-"+kind+"-"+at.Port() {
			return c.Value
		}
	}
	return ""
}

func (b *browser) setCookie(kind, value string) {
	at, err := url.Parse(b.base)
	if err != nil {
		b.t.Fatal(err)
	}
	b.jar.SetCookies(at, []*http.Cookie{{Name: "mandorla-" + kind + "-" + at.Port(), Value: value, Path: "/"}})
}

func sessionFixation(t *testing.T, s *testkit.Server) {
	b := newBrowser(t, s.URL)
	b.setCookie("sid", "se_chosen-by-an-attacker-chosen-by-an-attacker")
	b.signIn(person(t, "Carly"))
	first := b.cookie("sid")
	if first == "" || strings.Contains(first, "chosen") {
		t.Fatalf("session %q", first)
	}
	b.signIn(person(t, "Carly"))
	old := newBrowser(t, s.URL)
	old.setCookie("sid", first)
	old.raw("/").want(t, http.StatusSeeOther)
}

func cookieFlags(t *testing.T, s *testkit.Server) {
	for _, secure := range []bool{true, false} {
		var set []string
		if secure {
			w := httptest.NewRecorder()
			behindTLS(t, s).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://crm.test/data/companies", nil))
			set = append(w.Header()["Set-Cookie"], signInCookies(t, s)...)
		} else {
			set = newBrowser(t, s.URL).raw("/data/companies").header["Set-Cookie"]
		}
		if len(set) == 0 {
			t.Fatal("no cookie")
		}
		for _, c := range set {
			if !strings.Contains(c, "HttpOnly") || !strings.Contains(c, "SameSite=Lax") || !strings.Contains(c, "Path=/") || strings.Contains(c, "Domain") {
				t.Errorf("flags of %s", c)
			}
			if secure != strings.Contains(c, "Secure") || secure != strings.HasPrefix(c, "__Host-") {
				t.Errorf("https %v: %s", secure, c)
			}
		}
	}
}

func signInCookies(t *testing.T, s *testkit.Server) []string {
	t.Helper()
	h := behindTLS(t, s)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://crm.test/signin", nil))
	form := page{body: w.Body.String()}.form(t, "/signin")
	form.Set("email", person(t, "Carly").Email)
	form.Set("password", person(t, "Carly").Password)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "https://crm.test/signin", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, c := range w.Result().Cookies() {
		r.AddCookie(c)
	}
	w = httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if !slices.ContainsFunc(w.Header()["Set-Cookie"], func(c string) bool { return strings.HasPrefix(c, "__Host-sid=se_") }) {
		t.Fatalf("not signed in: %d %v", w.Code, w.Header()["Set-Cookie"])
	}
	return w.Header()["Set-Cookie"]
}

func signInCSRF(t *testing.T, s *testkit.Server) {
	login := url.Values{"email": {person(t, "Devi").Email}, "password": {person(t, "Devi").Password}}
	newBrowser(t, s.URL).post("/signin", login).want(t, http.StatusForbidden)
	b := newBrowser(t, s.URL)
	form := b.get("/signin").form(t, "/signin")
	form.Set("email", login.Get("email"))
	form.Set("password", login.Get("password"))
	r := b.request(http.MethodPost, "/signin", form)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	b.do(r).want(t, http.StatusForbidden)
	other := newBrowser(t, s.URL)
	other.get("/signin")
	other.post("/signin", form).want(t, http.StatusForbidden) // a token of another browser
}

func openRedirect(t *testing.T, s *testkit.Server) {
	for _, next := range []string{"//evil.test", `/\evil.test`, "https:evil.test", "\t//evil.test", "javascript:alert(1)", "https://evil.test/"} {
		b := newBrowser(t, s.URL)
		form := b.get("/signin?next="+url.QueryEscape(next)).form(t, "/signin")
		form.Set("email", person(t, "Carly").Email)
		form.Set("password", person(t, "Carly").Password)
		form.Set("next", next)
		if to := b.post("/signin?next="+url.QueryEscape(next), form).want(t, http.StatusSeeOther).header.Get("Location"); to != "/" {
			t.Errorf("%q leads to %q", next, to)
		}
	}
	b := newBrowser(t, s.URL)
	b.raw("/data/companies?q=a").want(t, http.StatusSeeOther)
	form := b.get("/signin").form(t, "/signin")
	form.Set("email", person(t, "Carly").Email)
	form.Set("password", person(t, "Carly").Password)
	if to := b.post("/signin", form).header.Get("Location"); to != "/data/companies?q=a" {
		t.Errorf("leads to %q", to)
	}
	for _, path := range []string{"//evil.test/x", "/%2F/evil.test", "/\\evil.test"} {
		if to := newBrowser(t, s.URL).raw(s.URL + path).header.Get("Location"); strings.HasPrefix(to, "//") || strings.Contains(to, "://") || strings.HasPrefix(to, `/\`) {
			t.Errorf("%s leads to %q", path, to)
		}
	}
}

func enumeration(t *testing.T, s *testkit.Server) {
	try := func(email string) page {
		b := newBrowser(t, s.URL)
		form := b.get("/signin").form(t, "/signin")
		form.Set("email", email)
		form.Set("password", "not the password at all")
		return b.post("/signin", form)
	}
	known, unknown := try("devi@northwind.example"), try("nobody@northwind.example")
	strip := func(p page, email string) string { return strings.ReplaceAll(p.text(), email, "") }
	if known.status != unknown.status || strip(known, "devi@northwind.example") != strip(unknown, "nobody@northwind.example") {
		t.Errorf("%d %s\n%d %s", known.status, known.text(), unknown.status, unknown.text())
	}
	known.want(t, http.StatusUnprocessableEntity, "is not right")
	if !strings.Contains(known.body, `value="devi@northwind.example"`) || strings.Contains(known.body, "not the password") {
		t.Error("the address must stay, the password must not come back")
	}
}

func sessionLifetime(t *testing.T, s *testkit.Server) {
	b := newBrowser(t, s.URL).signIn(person(t, "Marcus"))
	s.Clock.Add(11 * time.Hour)
	b.raw("/").want(t, http.StatusOK)
	s.Clock.Add(12*time.Hour + time.Second)
	b.raw("/").want(t, http.StatusSeeOther)
	b.signIn(person(t, "Marcus"))
	for range 16 { // used all the time, and still over after seven days
		s.Clock.Add(11 * time.Hour)
		b.raw("/")
	}
	b.raw("/").want(t, http.StatusSeeOther)
}

func freshSignIn(t *testing.T, s *testkit.Server) {
	b := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	s.Clock.Add(10*time.Minute + time.Second)
	form := b.get("/apps/new?for=cursor").want(t, http.StatusOK, "Your password").form(t, "/apps/new")
	b.post("/apps/new", form).want(t, http.StatusUnprocessableEntity, "Type your password")
	form.Set("confirm_password", "not hers")
	b.post("/apps/new", form).want(t, http.StatusUnprocessableEntity, "This is not your password")
	form.Set("confirm_password", person(t, "Ada").Password)
	b.post("/apps/new", form).want(t, http.StatusSeeOther)
	s.Clock.Add(10*time.Minute + time.Second)
	path := "/apps/" + s.Client.ID
	secret := b.get(path).want(t, http.StatusOK).form(t, path+"/secret")
	b.post(path+"/secret", secret).want(t, http.StatusUnprocessableEntity, "Type your password")
	password := b.get("/profile").form(t, "/profile/password")
	password.Set("password", "a long enough sentence of words")
	b.post("/profile/password", password).want(t, http.StatusUnprocessableEntity, "not your current password")
}

func signOut(t *testing.T, s *testkit.Server) {
	b := newBrowser(t, s.URL).signIn(person(t, "Marcus"))
	session := b.cookie("sid")
	out := b.post("/signout", b.get("/").form(t, "/signout")).want(t, http.StatusSeeOther)
	if out.header.Get("Clear-Site-Data") == "" {
		t.Error("no Clear-Site-Data")
	}
	if b.cookie("sid") != "" {
		t.Error("the cookie stays")
	}
	b.setCookie("sid", session)
	b.raw("/").want(t, http.StatusSeeOther)
	b.post("/profile/password", url.Values{}).want(t, http.StatusSeeOther)
}

func noCache(t *testing.T, s *testkit.Server) {
	b := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	for _, path := range []string{"/", "/signin", "/profile", "/apps", "/data/companies", "/settings/roles", "/nothing", authorizeURL(s, nil)} {
		if got := b.get(path).header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s: %q", path, got)
		}
	}
}

func noCORS(t *testing.T, s *testkit.Server) {
	b := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	for _, origin := range []string{"https://evil.test", "null", s.URL + ".evil.test", "https://sub." + strings.TrimPrefix(s.URL, "http://")} {
		for _, path := range []string{"/", "/signin", "/data/companies", "/nothing", "/apps"} {
			r := b.request(http.MethodGet, path, nil)
			r.Header.Set("Origin", origin)
			for name := range b.do(r).header {
				if strings.HasPrefix(name, "Access-Control") {
					t.Errorf("%s from %s: %s", path, origin, name)
				}
			}
		}
	}
}

func hosts(t *testing.T, s *testkit.Server) {
	h := behindTLS(t, s)
	for _, host := range []string{"evil.test", "crm.test.evil.test", "crm.test:8443", "localhost", ""} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://crm.test/signin", nil)
		r.Host = host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusMisdirectedRequest || host != "" && strings.Contains(w.Body.String(), host+"/") {
			t.Errorf("host %q: %d", host, w.Code)
		}
	}
	b := newBrowser(t, s.URL)
	r := b.request(http.MethodGet, "/signin", nil)
	r.Host = strings.Replace(r.URL.Host, "127.0.0.1", "localhost", 1)
	if to := b.do(r).want(t, http.StatusSeeOther).header.Get("Location"); to != s.URL+"/signin" {
		t.Errorf("localhost leads to %q", to)
	}
}

func forwarded(t *testing.T, s *testkit.Server) {
	b := newBrowser(t, s.URL)
	form := b.get("/signin").form(t, "/signin")
	form.Set("email", person(t, "Jonas").Email)
	form.Set("password", person(t, "Jonas").Password)
	r := b.request(http.MethodPost, "/signin", form)
	for _, name := range []string{"X-Forwarded-For", "Forwarded", "X-Real-Ip", "X-Forwarded-Host", "X-Remote-User"} {
		r.Header.Set(name, "203.0.113.77")
	}
	b.do(r).want(t, http.StatusSeeOther)
	if p := b.get("/profile").want(t, http.StatusOK, "127.0.0.1"); strings.Contains(p.body, "203.0.113.77") {
		t.Error("a header of the client is believed")
	}
}

func staticFiles(t *testing.T, s *testkit.Server) {
	b := newBrowser(t, s.URL)
	for _, path := range []string{"/assets/", "/assets/manifest.json", "/assets/..%2fassets.go", "/assets/%2e%2e/web.go", "/assets/nothing.css"} {
		if p := b.raw(path); p.status == http.StatusOK {
			t.Errorf("%s: %d", path, p.status)
		}
	}
}
