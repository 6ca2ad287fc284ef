package web

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"

	"mandorla/internal/fault"
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
		s.problem(tracked, r, http.StatusForbidden, kit.Problem{
			Title: "This form came from another site",
			Text:  "Only forms of this site are accepted, so nothing was changed.",
			How:   "Open the page here and send the form again.",
		})
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
	s.problem(w, r, http.StatusMisdirectedRequest, kit.Problem{
		Title: "Wrong address", Text: "This server answers under another name.", How: "Open " + s.Origin + ".",
	})
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
		s.problem(w, r, http.StatusMethodNotAllowed, kit.Problem{
			Title: "This address takes no " + r.Method, Text: "It was opened in a way that it is not made for.", How: "Go back and use the page's own buttons.",
		})
		return
	}
	s.fail(w, r, errNoPage)
}

var errNoPage = fault.New(fault.NotFound, "There is nothing at this address, or nothing that you may see.")

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
		s.problem(w, r, http.StatusInternalServerError, internalProblem())
	}
}

// fail is the one place where an error becomes a page.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	msg, fields := fault.Safe(err)
	p := kit.Problem{Title: msg}
	status := http.StatusInternalServerError
	switch fault.KindOf(err) {
	case fault.NotFound:
		status, p = http.StatusNotFound, notFoundProblem()
	case fault.Forbidden:
		status, p = http.StatusForbidden, kit.Problem{Title: "You may not do this", Text: msg}
	case fault.Unauthenticated:
		status, p = http.StatusForbidden, kit.Problem{Title: "Sign in first", Text: msg, Action: &kit.Button{Label: "Sign in", Href: "/signin", Look: kit.Primary}}
	case fault.Invalid:
		status, p = http.StatusBadRequest, kit.Problem{Title: "That did not work", Text: msg, How: "Go back, mend it and send it again."}
	case fault.Conflict:
		status, p = http.StatusConflict, kit.Problem{Title: "That did not work", Text: msg}
	case fault.TooLarge:
		status, p = http.StatusRequestEntityTooLarge, kit.Problem{Title: "That is too large", Text: msg}
	case fault.RateLimited:
		status, p = http.StatusTooManyRequests, kit.Problem{Title: "Too often", Text: msg}
	case fault.Unavailable:
		status, p = http.StatusServiceUnavailable, kit.Problem{Title: "Not available right now", Text: msg, How: "Try again in a moment."}
	default:
		p = internalProblem()
		s.Logger.LogAttrs(r.Context(), slog.LevelError, "page failed", slog.String("request", requestID(r.Context())),
			slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.Any("err", err))
	}
	for _, f := range fields {
		if !strings.Contains(p.Text, f.Msg) {
			p.Text += " " + f.Path + " " + f.Msg
		}
	}
	s.problem(w, r, status, p)
}

// notFoundProblem says the same about what does not exist and what one may not see.
func notFoundProblem() kit.Problem {
	return kit.Problem{
		Title: "Nothing here", Text: errNoPage.Msg, Who: "An administrator can change what your role reaches.",
		Action: &kit.Button{Label: "Go to home", Href: "/", Look: kit.Primary},
	}
}

func internalProblem() kit.Problem {
	return kit.Problem{
		Title: "Something went wrong on this side", Text: "The error was written down. What you sent may not have been saved.",
		Who: "Whoever runs this installation can find it in the log.", How: "Try again; if it happens again, pass on the reference.",
	}
}

// problem writes the error page: with the sidebar for somebody signed in, else alone.
func (s *Server) problem(w http.ResponseWriter, r *http.Request, status int, p kit.Problem) {
	p.Status, p.Reference = status, requestID(r.Context())
	page := kit.Page{Layout: kit.Bare, Title: p.Title, Frame: kit.Frame{Theme: kit.ThemeFrom(r)}}
	if v, ok := r.Context().Value(visitKey{}).(*visit); ok && status != http.StatusInternalServerError {
		page.Frame, page.Layout = s.frame(v), kit.Shell
	}
	if err := s.kit.Problem(w, status, page, p); err != nil {
		s.Logger.ErrorContext(r.Context(), "draw error page", "request", requestID(r.Context()), "err", err)
		http.Error(w, p.Title+"\n\n"+p.Text+"\n\nReference: "+p.Reference, status)
	}
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
