package oauth_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"

	"mandorla/internal/oauth"
)

const (
	m1       = "https://m1.test/client.json"
	m1Answer = "https://m1.test/cb"
)

// site is the outside world of a test: what each address answers. It notes what was asked for.
type site struct {
	mu    sync.Mutex
	pages map[string]http.HandlerFunc
	asked []string
}

func (s *site) Do(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	s.asked = append(s.asked, r.URL.String())
	page := s.pages[r.URL.String()]
	s.mu.Unlock()
	if page == nil {
		return nil, errors.New("dial tcp 198.51.100.7:443: connection refused")
	}
	rec := httptest.NewRecorder()
	page(rec, r)
	return rec.Result(), nil
}

func (s *site) set(id string, page http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pages[id] = page
}

// fetches is how often anything was asked for.
func (s *site) fetches() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.asked)
}

// serving answers with a JSON text and header lines.
func serving(body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for _, h := range headers {
			name, value, _ := strings.Cut(h, ": ")
			w.Header().Set(name, value)
		}
		fmt.Fprint(w, body)
	}
}

// document is a good document, with fields replaced or added.
func document(id string, more ...string) string {
	fields := map[string]string{
		"client_id": fmt.Sprintf("%q", id), "client_name": `"M1"`, "redirect_uris": fmt.Sprintf("[%q]", m1Answer), "token_endpoint_auth_method": `"none"`,
	}
	for _, f := range more {
		name, value, _ := strings.Cut(f, "=")
		fields[name] = value
		if value == "" {
			delete(fields, name)
		}
	}
	var parts []string
	for name, value := range fields {
		parts = append(parts, fmt.Sprintf("%q:%s", name, value))
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// withSite gives a world the site where M1 has its document.
func withSite(o *oauth.Options) { o.Outbound = newSite() }

func newSite() *site {
	return &site{pages: map[string]http.HandlerFunc{m1: serving(document(m1))}}
}

func (w *world) site() *site { return w.as.Outbound.(*site) }

// app is a client as an app that registered itself knows it.
func self(id, redirect string) oauth.Client {
	return oauth.Client{ID: id, RedirectURIs: []string{redirect}}
}

var appM1 = self(m1, m1Answer)

// allow sets what the installation allows.
func (w *world) allow(documents, registration bool) {
	w.Helper()
	delete(w.token, "S") // its session may have run out
	must(w.T, w.as.SetAllowed(w.Context(), w.super(), oauth.Allowed{Documents: documents, Registration: registration}))
}

// first sets what may register as it is at first: worlds share what belongs to the installation.
func (w *world) first() {
	w.Helper()
	must(w.T, w.store.SetSetting(w.Context(), "oauth_registration", `{"documents":true}`))
}

// rules changes the rules of a tenant.
func (w *world) rules(tenant string, change func(*oauth.Policy)) {
	w.Helper()
	p, err := w.as.Policy(w.Context(), w.tenant[tenant])
	must(w.T, err)
	change(&p)
	_, err = w.as.SetPolicy(w.Context(), w.operator(tenant), p)
	must(w.T, err)
}

// trust lets documents of M1's host in at T1 and T2.
func (w *world) trust() {
	w.Helper()
	for _, t := range []string{"T1", "T2"} {
		w.rules(t, func(p *oauth.Policy) { p.Hosts = []string{"m1.test"} })
	}
}

// show opens the authorization page of a request.
func (w *world) show(name, query string) (oauth.Page, error) {
	w.Helper()
	v := w.visitor(name)
	begun, err := w.begin(v, query)
	if err != nil {
		return oauth.Page{}, err
	}
	return w.as.Show(w.Context(), begun.Pending, v)
}

// paged checks that a request ends on a page of ours, with this status.
func (w *world) paged(status int, query string) {
	w.Helper()
	_, err := w.show("A", query)
	var page *oauth.PageError
	if !errors.As(err, &page) || page.Status != status {
		w.Errorf("%s: got %v, want a page with status %d", short(query), err, status)
	}
}

// unfetched checks that a request ends on a page with nothing asked outside.
func (w *world) unfetched(query string) {
	w.Helper()
	before := w.site().fetches()
	w.paged(400, query)
	if w.site().fetches() != before {
		w.Errorf("%s: %q was fetched", short(query), w.site().asked)
	}
}

// admission checks why an app is not let in.
func (w *world) admission(name, query string, want oauth.Admission) *oauth.AdmissionError {
	w.Helper()
	_, err := w.show(name, query)
	var got *oauth.AdmissionError
	if !errors.As(err, &got) {
		w.Fatalf("%s: got %v, want %q", short(query), err, want)
	}
	if got.Reason != want {
		w.Errorf("%s: %q, want %q", short(query), got.Reason, want)
	}
	return got
}

// own is a tenant's client for an app.
func (w *world) own(tenant, id string) oauth.Client {
	w.Helper()
	rec, err := w.store.ClientByApp(w.Context(), w.tenant[tenant], id)
	must(w.T, err)
	c, err := w.as.Client(w.Context(), w.tenant[tenant], rec.ID)
	must(w.T, err)
	return c
}

func (w *world) register(body string, header ...string) answer {
	w.Helper()
	return w.do("POST", oauth.PathRegister, body, append([]string{"Content-Type: application/json"}, header...)...)
}

const goodRegistration = `{"client_name":"D1","redirect_uris":["https://d1.test/cb"]}`

// registered gives a fresh dynamic client in the eyes of the app, in tenants that take any.
func (w *world) registered(body string) oauth.Client {
	w.Helper()
	w.allow(true, true)
	for _, t := range []string{"T1", "T2"} {
		w.rules(t, func(p *oauth.Policy) { p.Registered = oauth.RuleAtOnce })
	}
	got := w.register(body)
	if got.Code != 201 {
		w.Fatalf("register: %d %s", got.Code, got.Body)
	}
	uris, _ := got.body["redirect_uris"].([]any)
	return self(got.str("client_id"), fmt.Sprint(uris[0]))
}
