package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"

	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/oauth"
	"mandorla/internal/people"
	"mandorla/internal/web/assets"
	"mandorla/internal/web/kit"
)

// maxForm is the largest form in bytes: a permission matrix over some hundred models with all their properties.
const maxForm = 1 << 20

type requestIDKey struct{}

// requestID gives the id under which the log knows this request; it is also the reference on error pages.
func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// ServeHTTP guards every request the same way, whatever the page: id, headers, panics, host, size, origin, route.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id, err := s.random()
	if err != nil {
		http.Error(w, "no randomness", http.StatusInternalServerError)
		return
	}
	id = id[:12]
	r = r.WithContext(context.WithValue(r.Context(), requestIDKey{}, id))
	w.Header().Set("X-Request-Id", id)
	s.headers(w, r)
	tracked := &tracker{ResponseWriter: w}
	defer s.recovered(tracked, r)
	if !s.hostOK(tracked, r) {
		return
	}
	r.Body = http.MaxBytesReader(tracked, r.Body, maxForm)
	if err := s.cross.Check(r); err != nil {
		s.problem(tracked, r, problemOf(problemOtherSite), err)
		return
	}
	s.route(tracked, r)
}

// headers go on every answer, errors included.
func (s *Server) headers(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", kit.CSP)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()")
	h.Set("Referrer-Policy", "same-origin")
	if strings.HasPrefix(r.URL.Path, "/oauth/") || r.URL.Path == people.PathInvitation || r.URL.Path == people.PathReset {
		h.Set("Referrer-Policy", "no-referrer")
	}
	if s.cookies.secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
	if !strings.HasPrefix(r.URL.Path, assets.Prefix) {
		h.Set("Cache-Control", "no-store")
	}
}

// hostOK refuses names that this server was not configured under, so that no page is ever served under a stranger's name. Another
// name of this very machine is sent to the configured one.
func (s *Server) hostOK(w http.ResponseWriter, r *http.Request) bool {
	if strings.EqualFold(r.Host, s.origin.Host) {
		return true
	}
	if loopback(r.Host) && loopback(s.origin.Host) && r.Method == http.MethodGet && sameOrNoPort(r.Host, s.origin) {
		http.Redirect(w, r, s.Origin+localPath(r.URL.RequestURI()), http.StatusSeeOther)
		return false
	}
	p := problemOf(problemAddress)
	p.How = "Open " + s.Origin + "."
	s.problem(w, r, p, nil)
	return false
}

func loopback(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.Trim(name, "[]")
	ip := net.ParseIP(name)
	return strings.EqualFold(name, "localhost") || ip != nil && ip.IsLoopback()
}

func sameOrNoPort(host string, origin *url.URL) bool {
	_, p, err := net.SplitHostPort(host)
	return err == nil && p == origin.Port()
}

// route calls the page, or says in the usual design that there is none.
func (s *Server) route(w *tracker, r *http.Request) {
	h, pattern := s.mux.Handler(r)
	if pattern != "" {
		s.mux.ServeHTTP(w, r)
		return
	}
	if v, err := s.visit(r); err == nil { // the same page as for what one may not see
		v.r = r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
		if r = v.r; s.barred(w, v, openToEyes) {
			return
		}
	}
	probe := &probe{header: http.Header{}}
	h.ServeHTTP(probe, r)
	if probe.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", probe.header.Get("Allow"))
		p := problemOf(problemMethod)
		p.Title = "This address takes no " + clip(r.Method, 20)
		s.problem(w, r, p, nil)
		return
	}
	s.fail(w, r, errNoPage)
}

var errNoPage = fault.New(fault.NotFound, "%s", problemOf(problemNotFound).Text)

// recovered turns a panic into the 500 page; what happened stays in the log.
func (s *Server) recovered(w *tracker, r *http.Request) {
	p := recover()
	if p == nil {
		return
	}
	if p == http.ErrAbortHandler { //nolint:errorlint // the documented way to recognise it
		panic(p)
	}
	s.Logger.ErrorContext(r.Context(), "panic in a page", "request", requestID(r.Context()), "path", r.URL.Path,
		"panic", fmt.Sprint(p), "stack", string(debug.Stack()))
	if !w.wrote {
		s.problem(w, r, problemOf(problemInternal), nil)
	}
}

// failures are the problems that the kinds of errors become; any other kind is an internal one.
var failures = map[fault.Kind]string{
	fault.NotFound: problemNotFound, fault.Forbidden: problemForbidden, fault.Unauthenticated: problemSignIn, fault.Invalid: problemInvalid,
	fault.Conflict: problemConflict, fault.TooLarge: problemTooLarge, fault.RateLimited: problemTooOften, fault.Unavailable: problemDown,
}

// fail is the one place where an error becomes a page.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	msg, fields := fault.Safe(err)
	kind := fault.KindOf(err)
	p := saying(failures[kind], msg)
	switch {
	case errors.Is(err, errCSRF):
		p = problemOf(problemFormOld)
	case kind == fault.NotFound: // says the same about what does not exist and what one may not see
		p = problemOf(problemNotFound)
		p.Action = &kit.Button{Label: "Go to home", Href: "/", Look: kit.Primary}
	case kind == fault.Unauthenticated:
		p.Action = &kit.Button{Label: "Sign in", Href: "/signin", Look: kit.Primary}
	}
	for _, f := range fields {
		if !strings.Contains(p.Text, f.Msg) {
			p.Text += " " + f.Path + " " + f.Msg
		}
	}
	s.problem(w, r, p, err)
}

// formStatus is the status of a form that comes back with this error. One that has to wait says for how long.
func formStatus(w http.ResponseWriter, err error) int {
	switch {
	case fault.Is(err, fault.RateLimited):
		retryAfter(w, err)
		return http.StatusTooManyRequests
	case fault.Is(err, fault.Conflict):
		return http.StatusConflict
	}
	return http.StatusUnprocessableEntity
}

// retryAfter tells a program what the page tells a person: for how long to wait.
func retryAfter(w http.ResponseWriter, err error) {
	w.Header().Set("Retry-After", identity.RetrySeconds(identity.RetryAfter(err)))
}

// problem writes the error page: with the sidebar for somebody signed in, else alone. because is what only the log is told; nil: nothing.
func (s *Server) problem(w http.ResponseWriter, r *http.Request, p kit.Problem, because error) {
	page := kit.Page{Layout: kit.Bare, Title: p.Title, Frame: kit.Frame{Theme: kit.ThemeFrom(r)}}
	if v, ok := r.Context().Value(visitKey{}).(*visit); ok && p.Status != http.StatusInternalServerError {
		page.Frame, page.Layout = s.frame(v), kit.Shell
	}
	s.problemOn(w, r, page, p, because)
}

// problemOn is problem on a page of the caller's.
func (s *Server) problemOn(w http.ResponseWriter, r *http.Request, page kit.Page, p kit.Problem, because error) {
	p.Reference = requestID(r.Context())
	if p.Status == http.StatusTooManyRequests {
		retryAfter(w, because)
	}
	s.logProblem(r, p, because)
	if err := s.kit.Problem(w, p.Status, page, p); err != nil {
		s.Logger.ErrorContext(r.Context(), "draw error page", "request", p.Reference, "err", err)
		http.Error(w, p.Title+"\n\n"+p.Text+"\n\nReference: "+p.Reference, p.Status)
	}
}

// logProblem writes the line that the reference on the page finds. What the person was told is in it by its code alone, since a message
// may quote what was typed.
func (s *Server) logProblem(r *http.Request, p kit.Problem, because error) {
	level := slog.LevelInfo
	if p.Status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	path := r.Pattern // without what stands in the address: it may be as good as a password
	if path == "" {
		path = clip(r.URL.Path, 100)
	}
	attrs := []slog.Attr{
		slog.String("request", requestID(r.Context())), slog.String("problem", p.Code), slog.Int("status", p.Status),
		slog.String("method", clip(r.Method, 20)), slog.String("path", path),
	}
	if v, ok := r.Context().Value(visitKey{}).(*visit); ok {
		attrs = append(attrs, slog.String("person", v.self.Person))
	}
	if because = causeOf(because); because != nil {
		attrs = append(attrs, slog.Any("err", because))
	}
	s.Logger.LogAttrs(r.Context(), level, "page refused", attrs...)
}

// causeOf is what stands behind an error's message to people; an error without such a message is a cause itself.
func causeOf(err error) error {
	var told *fault.Error
	var page *oauth.PageError
	switch {
	case errors.As(err, &page):
		return page.Err
	case errors.As(err, &told) && told.Err == nil:
		return nil
	}
	return err
}

// tracker knows whether anything was written, so that a panic after the first byte does not add a second page.
type tracker struct {
	http.ResponseWriter
	wrote bool
}

func (t *tracker) WriteHeader(status int) {
	t.wrote = true
	t.ResponseWriter.WriteHeader(status)
}

func (t *tracker) Write(b []byte) (int, error) {
	t.wrote = true
	return t.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController through.
func (t *tracker) Unwrap() http.ResponseWriter { return t.ResponseWriter }

// probe learns what the mux would have said.
type probe struct {
	header http.Header
	status int
}

func (p *probe) Header() http.Header         { return p.header }
func (p *probe) Write(b []byte) (int, error) { return len(b), nil }
func (p *probe) WriteHeader(status int)      { p.status = status }
