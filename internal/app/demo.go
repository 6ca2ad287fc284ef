package app

import (
	"encoding/json"
	"net"
	"net/http"
)

// DemoClient is what demo mode tells programs on this machine, so that `mandorla ask` works without a flag.
type DemoClient struct {
	Demo     bool   `json:"demo"`
	ID       string `json:"client_id"`
	Secret   string `json:"client_secret"`
	Login    string `json:"login"`
	Password string `json:"password"`
}

// ServeHTTP answers to loopback peers only, and not to pages: a browser always says where a fetch comes from.
func (c *DemoClient) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	ip := net.ParseIP(host)
	if err != nil || ip == nil || !ip.IsLoopback() || r.Header.Get("Sec-Fetch-Site") != "" || r.Header.Get("Origin") != "" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if err := json.NewEncoder(w).Encode(c); err != nil {
		return // the peer is gone
	}
}
