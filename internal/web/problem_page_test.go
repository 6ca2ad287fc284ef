package web_test

import (
	"bytes"
	"html"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"mandorla/internal/oauth"
	"mandorla/internal/testkit"
	"mandorla/internal/web/kit"
)

// lockedLog is a log that a test reads while the server writes.
type lockedLog struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

var (
	shownProblem = regexp.MustCompile(`problem-ref[^"]*">Reference <code>([A-Z2-7]{12})</code> · problem <code>([a-z-]+)</code>`)
	shownWho     = regexp.MustCompile(`<dt>Who can fix it</dt><dd>([^<]+)</dd><dt>How</dt><dd>([^<]+)</dd>`)
)

// Every error page says what went wrong, for whom to fix and how, and shows a reference that finds its line in the log.
func TestProblemPages(t *testing.T) {
	log := &lockedLog{}
	s := testkit.StartLogging(t, "sqlite", slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelInfo})))
	carly := newBrowser(t, s.URL).signIn(person(t, "Carly"))
	ada := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	asks := func(b *browser, change func(url.Values)) page { t.Helper(); return b.get(authorizeURL(s, change)) }
	token := func(b *browser) string { return b.get("/profile").form(t, "/profile/password").Get(kit.CSRFField) }
	off, _, err := s.OAuth.CreateClient(t.Context(), s.Admin, oauth.ClientInput{Name: "Off", Kind: oauth.Public, RedirectURIs: []string{testkit.Callback}, Set: s.Client.Set})
	if err != nil {
		t.Fatal(err)
	}
	disable := oauth.ClientInput{Name: off.Name, Kind: off.Kind, RedirectURIs: off.RedirectURIs, Set: off.Set}
	changed := asks(carly, func(q url.Values) { q.Set("client_id", off.ID) }).form(t, decision)
	if _, err := s.OAuth.UpdateClient(t.Context(), s.Admin, off.ID, off.Version, disable); err != nil {
		t.Fatal(err)
	}
	answered := asks(carly, nil).form(t, decision)
	carly.post(decision, approve(answered)).want(t, http.StatusOK)
	elsewhere := asks(ada, nil).form(t, decision).Get("request")
	switched := asks(ada, nil).form(t, decision)
	ada.signIn(person(t, "Ada")) // another session
	switched.Set(kit.CSRFField, token(ada))

	for _, c := range []struct {
		code string
		page func() page
	}{
		{oauth.PageDamagedLink, func() page { return carly.get("/oauth/authorize?a=%zz") }},
		{oauth.PageUnknownClient, func() page { return asks(carly, func(q url.Values) { q.Set("client_id", "pk_other") }) }},
		{oauth.PageUnknownClient, func() page { return asks(newBrowser(t, s.URL), func(q url.Values) { q.Set("client_id", off.ID) }) }},
		{oauth.PageDisabledClient, func() page { return asks(carly, func(q url.Values) { q.Set("client_id", off.ID) }) }},
		{oauth.PageRedirect, func() page { return asks(carly, func(q url.Values) { q.Set("redirect_uri", "https://other.test/") }) }},
		{oauth.PageCookiesOff, func() page { return newBrowser(t, s.URL).post("/signin", url.Values{"email": {"x"}}) }},
		{oauth.PageExpired, func() page { return carly.get("/oauth/authorize/au_nothing") }},
		{oauth.PageOtherBrowser, func() page { return carly.get("/oauth/authorize/" + elsewhere) }},
		{oauth.PageAnswered, func() page { return carly.post(decision, approve(answered)) }},
		{oauth.PageClientChanged, func() page { return carly.post(decision, approve(changed)) }},
		{oauth.PagePersonChanged, func() page { return ada.post(decision, approve(switched)) }},
		{"not-found", func() page { return carly.get("/nothing") }},
		{"not-found", func() page { return newBrowser(t, s.URL).get("/nothing") }},
		{"form-too-old", func() page { return carly.post("/signout", nil) }},
		{"other-site", func() page {
			r := carly.request(http.MethodPost, "/signout", nil)
			r.Header.Set("Sec-Fetch-Site", "cross-site")
			return carly.do(r)
		}},
		{"wrong-address", func() page {
			r := carly.request(http.MethodGet, "/", nil)
			r.Host = "other.test"
			return carly.do(r)
		}},
		{"wrong-method", func() page { return carly.post("/data/companies", nil) }},
		{"too-large", func() page { return carly.post("/signout", url.Values{"x": {strings.Repeat("x", 1<<20)}}) }},
		{"not-understood", func() page { return carly.post(decision, url.Values{kit.CSRFField: {token(carly)}}) }},
	} {
		p := c.page()
		shown := shownProblem.FindStringSubmatch(p.body)
		if shown == nil || shown[2] != c.code {
			t.Errorf("%s: %d %s", c.code, p.status, p.text())
			continue
		}
		for _, known := range oauth.PageProblems {
			if known.Code == c.code && (p.status != known.Status || !strings.Contains(p.text(), known.Title)) {
				t.Errorf("%s: status %d: %s", c.code, p.status, p.text())
			}
		}
		if who := shownWho.FindStringSubmatch(p.body); who == nil || !strings.HasSuffix(html.UnescapeString(who[2]), ".") {
			t.Errorf("%s does not say who mends it, and how: %s", c.code, p.text())
		}
		if !regexp.MustCompile(`msg="page refused" request=` + shown[1] + ` problem=` + c.code + ` status=\d+ method=\w+ path=`).MatchString(log.String()) {
			t.Errorf("%s: the log has no line for %s", c.code, shown[1])
		}
	}
	s.Clock.Add(11 * time.Minute)
	for range 125 {
		asks(newBrowser(t, s.URL), func(q url.Values) { q.Set("client_id", "pk_many") })
	}
	if p := asks(carly, nil); shownProblem.FindStringSubmatch(p.body)[2] != oauth.PageTooManyRequests || p.status != http.StatusTooManyRequests {
		t.Errorf("%d %s", p.status, p.text())
	}
	// What stands in an address may be as good as a password.
	if strings.Contains(log.String(), elsewhere) || strings.Contains(log.String(), answered.Get("request")) {
		t.Error("the log holds the id of a request")
	}
	if !strings.Contains(log.String(), `https://other.test/`) {
		t.Error("the log does not say which redirect address was asked for")
	}
}

// Somebody who is no member of the app's organisation is told so, and not what it is called.
func TestProblemNotMember(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	other := fjordTenant(t, s)
	c, _, err := s.OAuth.CreateClient(t.Context(), other, oauth.ClientInput{Name: "Theirs", Kind: oauth.Public, RedirectURIs: []string{testkit.Callback}, Set: s.Client.Set})
	if err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t, s.URL).signIn(person(t, "Carly"))
	b.get(authorizeURL(s, func(q url.Values) { q.Set("client_id", c.ID) })).
		want(t, http.StatusForbidden, "You are not a member there", "Your administrator", oauth.PageNotMember).lacks(t, "Theirs", "Fjord")
}

// Whatever page says that something was tried too often says in a header for how long to wait, whether it is a form or a page of its own.
func TestTooOftenSaysUntilWhen(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	ada := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	until429 := func(what string, try func() page) {
		t.Helper()
		for range 200 {
			p := try()
			if p.status != http.StatusTooManyRequests {
				continue
			}
			if wait, err := strconv.Atoi(p.header.Get("Retry-After")); err != nil || wait < 1 {
				t.Errorf("%s: 429 with Retry-After %q", what, p.header.Get("Retry-After"))
			}
			return
		}
		t.Errorf("%s is never refused", what)
	}
	b := newBrowser(t, s.URL)
	signIn := b.get("/signin").form(t, "/signin")
	signIn.Set("email", person(t, "Ada").Email)
	signIn.Set("password", "not hers")
	until429("sign-in", func() page { return b.post("/signin", signIn) })
	password := ada.get("/profile").form(t, "/profile/password")
	password.Set("current", "not hers")
	password.Set("password", "four new and unrelated words")
	until429("change of the password", func() page { return ada.post("/profile/password", password) })
	s.Clock.Add(20 * time.Minute)
	until429("confirmation", func() page {
		form := ada.get("/private-apps/new").form(t, "/private-apps/new")
		form.Set("confirm_password", "not hers")
		return ada.post("/private-apps/new", form)
	})
	until429("authorization", func() page { return b.raw(authorizeURL(s, nil)) })
}
