package web_test

import (
	"crypto/sha256"
	"encoding/base64"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"mandorla/internal/demo"
	"mandorla/internal/testkit"
)

// browser is a person's browser without scripts: it keeps cookies, follows nothing by itself, and sends forms as a browser does.
type browser struct {
	t    *testing.T
	base string
	jar  *cookiejar.Jar
	http http.Client
}

// page is one answer.
type page struct {
	status int
	header http.Header
	body   string
	path   string
}

func newBrowser(t *testing.T, base string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t: t, base: base, jar: jar}
	b.http = http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return b
}

func (b *browser) do(r *http.Request) page {
	b.t.Helper()
	res, err := b.http.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return page{res.StatusCode, res.Header, string(body), r.URL.RequestURI()}
}

func (b *browser) request(method, path string, form url.Values) *http.Request {
	b.t.Helper()
	at := path
	if strings.HasPrefix(path, "/") {
		at = b.base + path
	}
	r, err := http.NewRequestWithContext(b.t.Context(), method, at, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	return r
}

// get opens a page and follows redirects within the site.
func (b *browser) get(path string) page {
	b.t.Helper()
	return b.follow(b.do(b.request(http.MethodGet, path, nil)))
}

// raw opens a page and follows nothing.
func (b *browser) raw(path string) page {
	b.t.Helper()
	return b.do(b.request(http.MethodGet, path, nil))
}

// post sends a form and follows nothing.
func (b *browser) post(path string, form url.Values) page {
	b.t.Helper()
	return b.do(b.request(http.MethodPost, path, form))
}

func (b *browser) follow(p page) page {
	b.t.Helper()
	for range 6 {
		to := p.header.Get("Location")
		if p.status < 300 || p.status > 399 || !strings.HasPrefix(to, "/") {
			return p
		}
		to, _, _ = strings.Cut(to, "#")
		p = b.do(b.request(http.MethodGet, to, nil))
	}
	b.t.Fatalf("too many redirects, last to %s", p.header.Get("Location"))
	return p
}

var (
	inputTag = regexp.MustCompile(`<(?:input|button)\b[^>]*>`)
	formTag  = regexp.MustCompile(`(?s)<form\b[^>]*>.*?</form>`)
	attr     = regexp.MustCompile(`([a-z-]+)="([^"]*)"`)
	textarea = regexp.MustCompile(`(?s)<textarea\b[^>]*name="([^"]*)"[^>]*>(.*?)</textarea>`)
)

// form reads the fields of the first form that posts to action, filled in as the page has them.
func (p page) form(t *testing.T, action string) url.Values {
	t.Helper()
	for _, f := range formTag.FindAllString(p.body, -1) {
		head, _, _ := strings.Cut(f, ">")
		if !strings.Contains(head, `action="`+action+`"`) {
			continue
		}
		out := url.Values{}
		for _, tag := range inputTag.FindAllString(f, -1) {
			a := map[string]string{}
			for _, m := range attr.FindAllStringSubmatch(tag, -1) {
				a[m[1]] = html.UnescapeString(m[2])
			}
			ticked := strings.Contains(tag, " checked")
			if strings.HasPrefix(tag, "<button") || a["name"] == "" || (a["type"] == "checkbox" || a["type"] == "radio") && !ticked {
				continue
			}
			out.Add(a["name"], a["value"])
		}
		for _, m := range textarea.FindAllStringSubmatch(f, -1) {
			out.Set(html.UnescapeString(m[1]), html.UnescapeString(m[2]))
		}
		return out
	}
	t.Fatalf("%s has no form to %s:\n%s", p.path, action, p.text())
	return nil
}

func (p page) want(t *testing.T, status int, texts ...string) page {
	t.Helper()
	if p.status != status {
		t.Fatalf("%s: status %d, want %d (location %q)\n%.1500s", p.path, p.status, status, p.header.Get("Location"), p.text())
	}
	for _, text := range texts {
		if !strings.Contains(p.text(), text) {
			t.Fatalf("%s does not say %q:\n%s", p.path, text, p.text())
		}
	}
	return p
}

var tags = regexp.MustCompile(`(?s)<(script|style)\b.*?</(script|style)>|<[^>]*>`)

// text is what a person reads.
func (p page) text() string {
	return strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(p.body, " "))), " ")
}

// signIn signs in through the page.
func (b *browser) signIn(login demo.Login) *browser {
	b.t.Helper()
	if b.cookie("sid") != "" && b.raw("/").status == http.StatusOK {
		b.post("/signout", b.get("/").form(b.t, "/signout")).want(b.t, http.StatusSeeOther)
	}
	form := b.get("/signin").want(b.t, http.StatusOK).form(b.t, "/signin")
	form.Set("email", login.Email)
	form.Set("password", login.Password)
	b.post("/signin", form).want(b.t, http.StatusSeeOther)
	return b
}

// person is a login of the demo by its first name.
func person(t *testing.T, first string) demo.Login {
	t.Helper()
	for _, p := range demo.People {
		if p.First == first {
			return p
		}
	}
	t.Fatalf("nobody is called %s", first)
	return demo.Login{}
}

const verifier = "verifier-verifier-verifier-verifier-verifier-verifier"

// authorizeURL is the address that an app opens.
func authorizeURL(s *testkit.Server, change func(url.Values)) string {
	sum := sha256.Sum256([]byte(verifier))
	q := url.Values{
		"response_type": {"code"}, "client_id": {s.Client.ID}, "redirect_uri": {testkit.Callback}, "state": {"st"}, "resource": {s.URL + "/v1/mcp"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
	if change != nil {
		change(q)
	}
	return "/oauth/authorize?" + q.Encode()
}
