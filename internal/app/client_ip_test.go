package app

import (
	"net/http/httptest"
	"strings"
	"testing"
)

// Rows 181 and 281: what a request says about its origin counts from a trusted proxy only, and by the rightmost untrusted rule.
func TestClientIP(t *testing.T) {
	for _, c := range []struct{ name, proxies, peer, headers, want string }{
		{"181-no-proxy", "", "192.0.2.9:4000", "X-Forwarded-For: 198.51.100.1", "192.0.2.9"},
		{"181-untrusted-peer", "10.0.0.0/8", "192.0.2.9:4000", "X-Forwarded-For: 10.0.0.1", "192.0.2.9"},
		{"181-one-proxy", "10.0.0.0/8", "10.0.0.1:4000", "X-Forwarded-For: 198.51.100.1", "198.51.100.1"},
		{"181-rotated-left", "10.0.0.0/8", "10.0.0.1:4000", "X-Forwarded-For: 1.2.3.4, 198.51.100.1", "198.51.100.1"},
		{"181-chain", "10.0.0.0/8", "10.0.0.1:4000", "X-Forwarded-For: 1.2.3.4, 198.51.100.1, 10.0.0.2", "198.51.100.1"},
		{"181-trusted-name-in-the-middle", "10.0.0.0/8", "10.0.0.1:4000", "X-Forwarded-For: 10.9.9.9, 198.51.100.1, 10.0.0.2", "198.51.100.1"},
		{"181-two-headers", "10.0.0.0/8", "10.0.0.1:4000", "X-Forwarded-For: 1.2.3.4\nX-Forwarded-For: 198.51.100.1", "198.51.100.1"},
		{"181-all-trusted", "10.0.0.0/8", "10.0.0.1:4000", "X-Forwarded-For: 10.0.0.3, 10.0.0.2", "10.0.0.3"},
		{"181-nothing-said", "10.0.0.0/8", "10.0.0.1:4000", "", "10.0.0.1"},
		{"181-nonsense", "10.0.0.0/8", "10.0.0.1:4000", "X-Forwarded-For: 198.51.100.1, unknown", "10.0.0.1"},
		{"181-nonsense-further-left", "10.0.0.0/8", "10.0.0.1:4000", "X-Forwarded-For: <script>, 198.51.100.1", "198.51.100.1"},
		{"181-port", "10.0.0.1", "10.0.0.1:4000", "X-Forwarded-For: 198.51.100.1:5555", "198.51.100.1"},
		{"181-ipv6", "fd00::/8", "[fd00::1]:4000", "X-Forwarded-For: [2001:db8::7]:443", "2001:db8::7"},
		{"181-ipv6-bare", "fd00::/8,10.0.0.0/8", "[fd00::1]:4000", "X-Forwarded-For: 2001:db8::7, 10.0.0.4", "2001:db8::7"},
		{"181-mapped-peer", "10.0.0.0/8", "[::ffff:10.0.0.1]:4000", "X-Forwarded-For: ::ffff:198.51.100.1", "198.51.100.1"},
		{"281-forwarded", "10.0.0.0/8", "10.0.0.1:4000", "Forwarded: for=198.51.100.1", "10.0.0.1"},
		{"281-others", "10.0.0.0/8", "10.0.0.1:4000", "X-Real-IP: 198.51.100.1\nTrue-Client-IP: 198.51.100.1\nX-Client-IP: 198.51.100.1\nX-Remote-User: ada", "10.0.0.1"},
		{"281-unix-socket", "10.0.0.0/8", "@", "X-Forwarded-For: 198.51.100.1", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var list []string
			if c.proxies != "" {
				list = strings.Split(c.proxies, ",")
			}
			proxies, err := ParseProxies(list)
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = c.peer
			for line := range strings.Lines(c.headers) {
				name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
				r.Header.Add(name, value)
			}
			if got := clientIP(proxies)(r); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestParseProxies(t *testing.T) {
	for _, bad := range []string{"", "proxy.example.com", "10.0.0.0/99", "0.0.0.0/0", "::/0", "10.0.0.1:80"} {
		if got, err := ParseProxies([]string{bad}); err == nil || !strings.Contains(err.Error(), "--trusted-proxy") {
			t.Errorf("%q gave %v, %v", bad, got, err)
		}
	}
}
