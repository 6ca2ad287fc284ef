package app

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path"
	"runtime/debug"
	"strings"
)

// front is what every request meets first: it puts the headers of the strictest kind on every answer, which the pages then replace
// with their own, and tells the addresses for programs from the pages.
type front struct {
	mux    *http.ServeMux
	pages  http.Handler
	origin *url.URL
	log    *slog.Logger
}

func newFront(origin string, pages http.Handler, log *slog.Logger) (*front, error) {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("origin %q is not like https://host", origin)
	}
	f := &front{mux: http.NewServeMux(), pages: pages, origin: u, log: log}
	f.mux.Handle("/", pages)
	return f, nil
}

// ServeHTTP answers an address that is not in its plain form as the pages do: the mux would redirect it without a look at the host.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	if len(r.TransferEncoding) > 0 { // a length beside the chunks is ignored, so whatever a proxy took for the next request goes unread
		h.Set("Connection", "close")
	}
	if f.origin.Scheme == "https" {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
	if p := r.URL.Path; p == "" || path.Clean(p) != strings.TrimSuffix(p, "/") && p != "/" {
		f.pages.ServeHTTP(w, r)
		return
	}
	f.mux.ServeHTTP(w, r)
}

// program adds an address for programs. It answers under the server's own name only, so that no page of a stranger whose name was
// pointed at this machine can read it, and a panic in it is 500.
func (f *front) program(pattern string, h http.Handler) {
	f.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if p == http.ErrAbortHandler { //nolint:errorlint // the documented way to recognise it
				panic(p)
			}
			f.log.ErrorContext(r.Context(), "panic", "path", r.URL.Path, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			w.Header().Set("Cache-Control", "no-store")
			http.Error(w, "Something went wrong on this side.", http.StatusInternalServerError)
		}()
		if !f.ownHost(r.Host) {
			w.Header().Set("Cache-Control", "no-store")
			http.Error(w, "This server answers under another name.", http.StatusMisdirectedRequest)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// ownHost compares a Host header with the origin; the names of this very machine stand for each other.
func (f *front) ownHost(host string) bool {
	name, port := splitHost(host, f.origin.Scheme)
	ownName, ownPort := splitHost(f.origin.Host, f.origin.Scheme)
	return port == ownPort && (strings.EqualFold(name, ownName) || loopback(name) && loopback(ownName))
}

func splitHost(host, scheme string) (name, port string) {
	u := url.URL{Scheme: scheme, Host: host}
	if name, port = u.Hostname(), u.Port(); port == "" {
		port = "80"
		if scheme == "https" {
			port = "443"
		}
	}
	return name, port
}

func loopback(name string) bool {
	ip := net.ParseIP(name)
	return strings.EqualFold(name, "localhost") || ip != nil && ip.IsLoopback()
}
