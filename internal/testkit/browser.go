package testkit

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"mandorla/internal/demo"
)

var (
	formForm   = regexp.MustCompile(`(?s)<form[^>]*action="([^"]+)".*?</form>`)
	hiddenForm = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)
	onward     = regexp.MustCompile(`http-equiv="refresh" content="\d+;\s*url=([^"]+)"`)
)

// Approve does what a person's browser does with an authorization address: opens it, signs in, presses Authorize, and follows the
// answer to the client's redirect address, which must be on this machine. It gives the status the client's page answered with.
func (s *Server) Approve(tb testing.TB, authorizeURL string, login demo.Login) int {
	tb.Helper()
	b, to := s.approve(tb, authorizeURL, login)
	return b.open(to)
}

// ApproveTo is Approve for a client without a page to answer at: it gives the address with the answer.
func (s *Server) ApproveTo(tb testing.TB, authorizeURL string, login demo.Login) string {
	tb.Helper()
	_, to := s.approve(tb, authorizeURL, login)
	return to
}

func (s *Server) approve(tb testing.TB, authorizeURL string, login demo.Login) (b browser, to string) {
	tb.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		tb.Fatal(err)
	}
	b = browser{tb: tb, origin: s.URL, client: &http.Client{Jar: jar, Timeout: 30 * time.Second}}
	b.open(authorizeURL)
	b.submit("/signin", url.Values{"email": {login.Email}, "password": {login.Password}})
	b.submit("/oauth/authorize/decision", url.Values{"decision": {"approve"}})
	found := onward.FindStringSubmatch(b.body)
	if found == nil {
		tb.Fatalf("nothing leads on from the answer to the approval:\n%s", b.body)
	}
	return b, html.UnescapeString(found[1])
}

type browser struct {
	tb     testing.TB
	origin string
	client *http.Client
	body   string
}

func (b *browser) open(address string) int {
	b.tb.Helper()
	r, err := http.NewRequestWithContext(b.tb.Context(), http.MethodGet, address, nil)
	if err != nil {
		b.tb.Fatal(err)
	}
	return b.do(r)
}

// submit sends the page's form with that action, its hidden fields and what is given.
func (b *browser) submit(action string, values url.Values) {
	b.tb.Helper()
	var form string
	for _, f := range formForm.FindAllStringSubmatch(b.body, -1) {
		if f[1] == action {
			form = f[0]
		}
	}
	if form == "" {
		b.tb.Fatalf("the page has no form for %s:\n%s", action, b.body)
	}
	for _, f := range hiddenForm.FindAllStringSubmatch(form, -1) {
		values.Set(f[1], html.UnescapeString(f[2]))
	}
	r, err := http.NewRequestWithContext(b.tb.Context(), http.MethodPost, b.origin+action, strings.NewReader(values.Encode()))
	if err != nil {
		b.tb.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", b.origin)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if status := b.do(r); status != http.StatusOK {
		b.tb.Fatalf("POST %s: %d\n%s", action, status, b.body)
	}
}

func (b *browser) do(r *http.Request) int {
	b.tb.Helper()
	res, err := b.client.Do(r)
	if err != nil {
		b.tb.Fatal(fmt.Errorf("%s %s: %w", r.Method, r.URL.Path, err))
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		b.tb.Fatal(err)
	}
	b.body = string(raw)
	return res.StatusCode
}
