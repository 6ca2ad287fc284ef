package mcpserver

import (
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// guard refuses what a browser was tricked into: a Host that is not ours (DNS rebinding) and an Origin that is not ours.
func (s *Server) guard(w http.ResponseWriter, r *http.Request) bool {
	if !s.ownHost(r.Host) {
		writeStatus(w, http.StatusForbidden, "forbidden", "This server does not answer under that host name.")
		return false
	}
	origins := r.Header.Values("Origin")
	if len(origins) > 1 || len(origins) == 1 && !s.ownOrigin(origins[0]) {
		writeStatus(w, http.StatusForbidden, "forbidden", "Requests from that origin are not accepted.")
		return false
	}
	return true
}

func (s *Server) ownHost(host string) bool {
	if slices.ContainsFunc(s.opts.Hosts, func(h string) bool { return strings.EqualFold(h, host) }) {
		return true
	}
	return sameHost(&url.URL{Scheme: s.origin.Scheme, Host: host}, s.origin)
}

func (s *Server) ownOrigin(origin string) bool {
	if slices.Contains(s.opts.Origins, origin) {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Scheme == s.origin.Scheme && u.Path == "" && u.User == nil && sameHost(u, s.origin)
}

// sameHost compares host and port; the loopback names stand for each other.
func sameHost(a, b *url.URL) bool {
	if port(a) != port(b) {
		return false
	}
	ah, bh := strings.ToLower(a.Hostname()), strings.ToLower(b.Hostname())
	return ah == bh || loopback(ah) && loopback(bh)
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	if u.Scheme == "https" {
		return "443"
	}
	return "80"
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && ip.IsLoopback()
}

// remoteIP gives the peer's address without its port.
func remoteIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// writeStatus answers outside JSON-RPC: before a message was read.
func writeStatus(w http.ResponseWriter, status int, code, description string) {
	body, err := json.Marshal(map[string]string{"error": code, "error_description": description})
	if err != nil { // unreachable: strings always marshal
		body = []byte("{}")
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// securedWriter sets the headers that hold for every answer, at the last moment, so that nothing below can weaken them.
type securedWriter struct {
	http.ResponseWriter
	wrote bool
}

func secured(w http.ResponseWriter) http.ResponseWriter { return &securedWriter{ResponseWriter: w} }

func (w *securedWriter) WriteHeader(status int) {
	if !w.wrote {
		w.wrote = true
		h := w.Header()
		h.Set("Cache-Control", "no-store, no-transform")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *securedWriter) Write(b []byte) (int, error) {
	if !w.wrote {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *securedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
