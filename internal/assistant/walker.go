package assistant

import (
	"context"
	"io"
	"mime"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"

	"mandorla/internal/fault"
)

// maxSteps is how many pages and redirects an authorization may take.
const maxSteps = 20

// Walker goes through the pages of an authorization without a browser: it signs in, approves, and follows to the redirect
// address. It fills in forms that it knows by their fields, and never leaves the origin it was sent to.
type Walker struct {
	HTTP     *http.Client
	Server   string // MCP endpoint: the password is given to its origin only
	Login    string
	Password string
	Trace    Trace
}

// walk is one authorization.
type walk struct {
	*Walker
	client   *http.Client
	origin   string
	began    string // the authorization page that was asked for
	redirect string
	jar      http.CookieJar
	signed   bool // the password has been sent
	said     bool // the approval has been sent
}

// step is the next request.
type step struct {
	method, address string
	form            url.Values
	from            string // page that led here
}

// Visit does what a person would do on the pages, and ends when the answer has reached the redirect address.
func (w *Walker) Visit(ctx context.Context, authorizeURL, redirect string) error {
	origin := Origin(authorizeURL)
	if origin != Origin(w.Server) {
		return fault.New(fault.Unauthenticated, "The authorization page is at %s, not at %s, so the password is not given to it. Leave out the login to authorize in a browser.", origin, Origin(w.Server))
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	run := &walk{Walker: w, client: direct(w.HTTP), origin: origin, began: authorizeURL, redirect: redirect, jar: jar}
	next := &step{method: http.MethodGet, address: authorizeURL}
	for range maxSteps {
		if next, err = run.take(ctx, next); err != nil || next == nil {
			return err
		}
	}
	return fault.New(fault.Unauthenticated, "The authorization takes more than %d steps. Authorize in a browser, without a login.", maxSteps)
}

// take makes one request and decides on the next; nil when the answer has been delivered.
func (w *walk) take(ctx context.Context, s *step) (*step, error) {
	delivering := matches(s.address, w.redirect)
	if !delivering && Origin(s.address) != w.origin {
		return nil, fault.New(fault.Unauthenticated, "The authorization page leads away to %s. Authorize in a browser, without a login.", printable(Origin(s.address), 100))
	}
	resp, err := w.send(ctx, s, delivering)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if delivering {
		w.Trace.printf("GET %s (the answer) → %d", w.redirect, resp.StatusCode)
		return nil, nil
	}
	w.Trace.printf("%s %s → %d", s.method, path(s.address), resp.StatusCode)
	if resp.StatusCode >= 300 && resp.StatusCode < 400 {
		return w.redirected(s, resp)
	}
	return w.read(s, resp)
}

// matches reports whether the address is the redirect address with an answer in its query.
func matches(address, redirect string) bool {
	base, _, _ := strings.Cut(address, "?")
	return base == redirect
}

func path(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "?"
	}
	parts := strings.Split(u.Path, "/") // without the query, which may hold a code
	for i, p := range parts {
		if len(p) > 24 {
			parts[i] = "…" // the name of this one request
		}
	}
	return strings.Join(parts, "/")
}

func (w *walk) send(ctx context.Context, s *step, delivering bool) (*http.Response, error) {
	var body io.Reader
	if s.form != nil {
		body = strings.NewReader(s.form.Encode())
	}
	req, err := http.NewRequestWithContext(ctx, s.method, s.address, body)
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "The authorization page leads to an address that cannot be used.")
	}
	h := req.Header
	h.Set("Accept", "text/html,application/xhtml+xml")
	h.Set("User-Agent", "mandorla-ask")
	h.Set("Sec-Fetch-Mode", "navigate")
	h.Set("Sec-Fetch-Dest", "document")
	switch {
	case delivering:
		h.Set("Sec-Fetch-Site", "cross-site")
		return w.do(req)
	case s.from == "":
		h.Set("Sec-Fetch-Site", "none")
	default:
		h.Set("Sec-Fetch-Site", "same-origin")
		h.Set("Referer", s.from)
	}
	if s.form != nil {
		h.Set("Content-Type", "application/x-www-form-urlencoded")
		h.Set("Origin", w.origin)
		h.Set("Sec-Fetch-User", "?1")
	}
	for _, c := range w.jar.Cookies(req.URL) {
		req.AddCookie(c)
	}
	resp, err := w.do(req)
	if err == nil {
		w.jar.SetCookies(req.URL, resp.Cookies())
	}
	return resp, err
}

func (w *walk) do(req *http.Request) (*http.Response, error) {
	resp, err := w.client.Do(req)
	if err != nil {
		return nil, unreachable(req.URL.String(), err)
	}
	return resp, nil
}

func (w *walk) redirected(s *step, resp *http.Response) (*step, error) {
	if s.method == http.MethodPost && (resp.StatusCode == http.StatusTemporaryRedirect || resp.StatusCode == http.StatusPermanentRedirect) {
		return nil, fault.New(fault.Unauthenticated, "The server answered a form with %s, which would send the form on. That is a fault of the server; ask its operator.", resp.Status)
	}
	to, err := resolve(s.address, resp.Header.Get("Location"))
	if err != nil {
		return nil, err
	}
	return &step{method: http.MethodGet, address: to, from: s.address}, nil
}

func resolve(from, to string) (string, error) {
	base, err := url.Parse(from)
	if err != nil {
		return "", fault.Wrap(fault.Invalid, err, "The authorization page leads to an address that cannot be used.")
	}
	u, err := base.Parse(to)
	if err != nil || to == "" {
		return "", fault.New(fault.Invalid, "The authorization page leads to an address that cannot be used.")
	}
	return u.String(), nil
}

// read understands a page: sign in, approve, or move on.
func (w *walk) read(s *step, resp *http.Response) (*step, error) {
	if media, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); media != "text/html" {
		return nil, fault.New(fault.Unauthenticated, "%s answered %s where an authorization page should be. Check the address of the server.", path(s.address), resp.Status)
	}
	p, err := readPage(io.LimitReader(resp.Body, maxDocument))
	if err != nil {
		return nil, unreachable(s.address, err)
	}
	for i := range p.forms {
		f := &p.forms[i]
		switch {
		case f.method == http.MethodPost && f.types["email"] != "" && !f.has("email", "hidden") && f.has("password", "password"):
			return w.signIn(s, p, f)
		case f.method == http.MethodPost && f.button("decision", "approve"):
			return w.approve(s, p, f)
		}
	}
	switch {
	case resp.StatusCode >= 400:
		return nil, pageProblem(resp.StatusCode, p, w.began)
	case p.refresh != "":
		to, err := resolve(s.address, p.refresh)
		if err != nil {
			return nil, err
		}
		return &step{method: http.MethodGet, address: to, from: s.address}, nil
	case w.signed:
		return nil, fault.New(fault.Forbidden, "There is nothing to approve on the page “%s”. It says: %s", printable(p.title, 80), printable(p.alert, 400))
	default:
		return nil, fault.New(fault.Unauthenticated, "The page “%s” is neither a sign-in nor an authorization page. Authorize in a browser, without a login.", printable(p.title, 80))
	}
}

func (w *walk) signIn(s *step, p *page, f *form) (*step, error) {
	if w.signed {
		msg := ""
		if p.alert != "" {
			msg = " It says: " + printable(p.alert, 300)
		}
		return nil, fault.New(fault.Unauthenticated, "%s could not sign in. Check the e-mail address and the password.%s", w.Login, msg)
	}
	w.signed = true
	w.Trace.printf("sign-in page: %s and the password are filled in", w.Login)
	f.values.Set("email", w.Login)
	f.values.Set("password", w.Password)
	return w.submit(s, f)
}

func (w *walk) approve(s *step, p *page, f *form) (*step, error) {
	if w.said {
		return nil, fault.New(fault.Forbidden, "The approval was not taken. The page says: %s", printable(p.alert, 300))
	}
	w.said = true
	w.Trace.printf("authorization page “%s”: approved", printable(p.title, 80))
	f.values.Set("decision", "approve")
	return w.submit(s, f)
}

// submit sends a form to its own origin only.
func (w *walk) submit(s *step, f *form) (*step, error) {
	to := s.address
	if f.action != "" {
		var err error
		if to, err = resolve(s.address, f.action); err != nil {
			return nil, err
		}
	}
	if Origin(to) != w.origin {
		return nil, fault.New(fault.Unauthenticated, "A form of the authorization page goes to another server, so it is not filled in. Authorize in a browser, without a login.")
	}
	return &step{method: http.MethodPost, address: to, form: f.values, from: s.address}, nil
}

// pageProblem is what an error page says. A bad request is about the client or its redirect address, so those are named.
func pageProblem(status int, p *page, authorizeURL string) error {
	kind := fault.Unauthenticated
	switch {
	case status == http.StatusForbidden:
		kind = fault.Forbidden
	case status >= 500 || status == http.StatusTooManyRequests:
		kind = fault.Unavailable
	}
	says := first(printable(p.alert, 400), printable(p.title, 80), http.StatusText(status))
	if u, err := url.Parse(authorizeURL); err == nil && status == http.StatusBadRequest {
		return fault.New(kind, "%s refuses the client %s. It says: %s Give a client of this very server, with the redirect URL http://127.0.0.1%s.", Origin(authorizeURL), printable(u.Query().Get("client_id"), 80), sentence(says), RedirectPath)
	}
	return fault.New(kind, "The server refuses the request. It says: %s", sentence(says))
}

// sentence ends a text with a full stop.
func sentence(s string) string {
	if strings.HasSuffix(s, ".") || strings.HasSuffix(s, "?") || strings.HasSuffix(s, "!") {
		return s
	}
	return s + "."
}

// Preflight opens an authorization page once, without a person: an unknown client or redirect address is found out here, rather
// than by somebody who looks at a page while this side waits.
func Preflight(ctx context.Context, c *http.Client, authorizeURL string) error {
	w := &walk{Walker: &Walker{}, client: direct(c), origin: Origin(authorizeURL)}
	var err error
	if w.jar, err = cookiejar.New(nil); err != nil {
		return err
	}
	resp, err := w.send(ctx, &step{method: http.MethodGet, address: authorizeURL}, false)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode < 400 || resp.StatusCode >= 500 {
		return nil
	}
	p, err := readPage(io.LimitReader(resp.Body, maxDocument))
	if err != nil {
		return unreachable(authorizeURL, err)
	}
	return pageProblem(resp.StatusCode, p, authorizeURL)
}
