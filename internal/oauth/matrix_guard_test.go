package oauth_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"mandorla/internal/oauth"
	"mandorla/internal/outbound"
	"mandorla/internal/testkit/outside"
)

// These rows run the client that the product uses, package outbound's, against names and servers of the test. Only where a name leads to,
// and which certificates are trusted, is the test's; every rule of the client stays.

// dns answers every question for an address with the next of its answers, A and AAAA together, on a loopback port.
type dns struct {
	conn    net.PacketConn
	answers [][]string
	asked   atomic.Int64
}

func (w *world) resolver(answers ...[]string) *net.Resolver {
	w.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	must(w.T, err)
	d := &dns{conn: conn, answers: answers}
	w.Cleanup(func() { _ = conn.Close() })
	go d.serve()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func (d *dns) serve() {
	buf := make([]byte, 2048)
	for {
		n, from, err := d.conn.ReadFrom(buf)
		if err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(buf[:n]) != nil || len(m.Questions) == 0 {
			continue
		}
		q := m.Questions[0]
		m.Response, m.Authoritative, m.Additionals = true, true, nil
		turn := int(d.asked.Add(1)-1) / 2 // A and AAAA are asked for at once
		for _, text := range d.answers[min(turn, len(d.answers)-1)] {
			addr := netip.MustParseAddr(text)
			head := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}
			switch {
			case q.Type == dnsmessage.TypeA && addr.Is4():
				m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AResource{A: addr.As4()}})
			case q.Type == dnsmessage.TypeAAAA && addr.Is6():
				m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AAAAResource{AAAA: addr.As16()}})
			}
		}
		if out, err := m.Pack(); err == nil {
			_, _ = d.conn.WriteTo(out, from)
		}
	}
}

// guarded replaces what fetches documents by the product's client over this resolver.
func (w *world) guarded(answers ...[]string) {
	w.Helper()
	w.fetching(outbound.New(w.resolver(answers...)))
}

// fetching is the same world with another client for documents.
func (w *world) fetching(client oauth.Doer) {
	w.Helper()
	o := w.as.Options
	o.Outbound = client
	var err error
	w.as, err = oauth.New(o)
	must(w.T, err)
	w.rules("T1", func(p *oauth.Policy) { p.Documents, p.Hosts = oauth.RuleAsk, []string{"m1.test"} })
}

// private checks that nothing connects, for the reason that the address is not public.
func (w *world) private(addresses ...string) {
	w.Helper()
	w.clock.Add(2 * time.Minute)
	w.log.Reset()
	w.paged(400, w.query(appM1))
	if log := w.log.String(); !strings.Contains(log, "prohibited IP address") || strings.Contains(log, "connection refused") {
		w.Errorf("%v: %s", addresses, log)
	}
}

// serving443 is the product's client where every name leads to this TLS server.
func (w *world) serving443(h http.Handler, trusted bool, conf *tls.Config) *http.Client {
	w.Helper()
	return outside.LeadingTo(w.T, h, trusted, conf)
}

func (w *world) goodTLS() *tls.Config {
	return outside.Certificate(w.T, realNow().Add(24*time.Hour), "m1.test")
}

var guardRows = []row{
	{name: "139-private-targets", options: withSite, run: func(w *world) {
		for _, address := range []string{
			"127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "169.254.169.254", "198.18.0.1", "224.0.0.1", "240.0.0.1",
			"255.255.255.255", "192.0.2.1", "::1", "::", "fc00::1", "fd12::1", "fe80::1", "fec0::1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001:db8::1", "ff02::1", "100::1",
		} {
			w.guarded([]string{address})
			w.private(address)
		}
	}},
	{name: "140-rebinding", options: withSite, run: func(w *world) {
		w.guarded([]string{"10.0.0.1", "::1"})
		w.private("A and AAAA")
		w.guarded([]string{"192.0.2.1"}, []string{"127.0.0.1"}) // asked again at each fetch, and judged where it connects
		w.private("first")
		w.private("second")
	}},
	{name: "141-proxy", options: withSite, run: func(w *world) {
		var asked atomic.Int64
		proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
		defer proxy.Close()
		for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "https_proxy", "http_proxy"} {
			w.Setenv(name, proxy.URL)
		}
		if outbound.New(nil).Transport.(*http.Transport).Proxy != nil {
			w.Error("the client may use a proxy")
		}
		w.guarded([]string{"10.0.0.1"})
		w.private("behind a proxy")
		if asked.Load() != 0 {
			w.Error("the proxy was asked")
		}
	}},
	{name: "142-redirects-of-documents", options: withSite, run: func(w *world) {
		for _, status := range []int{301, 302, 303, 307, 308} {
			for _, to := range []string{"https://m1.test/other.json", "https://127.0.0.1/client.json", "/client.json?again"} {
				var asked atomic.Int64
				w.fetching(w.serving443(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
					if asked.Add(1) == 1 {
						http.Redirect(rw, r, to, status)
						return
					}
					serving(document(m1))(rw, r)
				}), true, w.goodTLS()))
				w.paged(400, w.query(appM1))
				if asked.Load() != 1 {
					w.Errorf("%d to %s was followed", status, to)
				}
			}
		}
	}},
	{name: "143-answers-of-documents", options: withSite, run: func(w *world) {
		var bomb bytes.Buffer
		zip := gzip.NewWriter(&bomb)
		_, _ = zip.Write([]byte(document(m1)))
		_ = zip.Close()
		status := func(code int) http.HandlerFunc {
			return func(rw http.ResponseWriter, _ *http.Request) {
				rw.Header().Set("Content-Type", "application/json")
				rw.WriteHeader(code)
				fmt.Fprint(rw, document(m1))
			}
		}
		for name, page := range map[string]http.HandlerFunc{
			"404": status(404), "204": status(204), "500": status(500), "206": status(206), "201": status(201),
			"html": serving(document(m1), "Content-Type: text/html"), "no type": serving(document(m1), "Content-Type: "), "text": serving(document(m1), "Content-Type: text/plain; application/json"),
			"large": serving(document(m1, `x="`+strings.Repeat("x", 5<<10)+`"`)), "huge": serving(document(m1, `x="`+strings.Repeat("x", 5<<20)+`"`)),
			"padded": func(rw http.ResponseWriter, r *http.Request) {
				serving(document(m1))(rw, r)
				_ = http.NewResponseController(rw).Flush() // without a length
				fmt.Fprint(rw, strings.Repeat(" ", 20<<10))
			},
			"endless": func(rw http.ResponseWriter, r *http.Request) {
				rw.Header().Set("Content-Type", "application/json")
				for r.Context().Err() == nil {
					if _, err := fmt.Fprint(rw, strings.Repeat(" ", 1024)); err != nil {
						return
					}
				}
			},
			"slow": func(rw http.ResponseWriter, r *http.Request) {
				rw.Header().Set("Content-Type", "application/json")
				fmt.Fprint(rw, "{")
				_ = http.NewResponseController(rw).Flush()
				<-r.Context().Done()
			},
			"said to be zipped": serving(document(m1), "Content-Encoding: gzip"),
			"zipped":            func(rw http.ResponseWriter, r *http.Request) { serving(bomb.String(), "Content-Encoding: gzip")(rw, r) },
			"headers":           serving(document(m1), "X: "+strings.Repeat("x", 64<<10)),
			"empty":             serving(""), "array": serving("[" + document(m1) + "]"), "twice": serving(`{"client_id":"https://evil.test/c",` + document(m1)[1:]),
		} {
			c := w.serving443(page, true, w.goodTLS())
			c.Timeout = min(c.Timeout, 500*time.Millisecond) // the product's five seconds, shortened
			if r := outbound.New(nil).Timeout; r != 5*time.Second {
				w.Errorf("a document has %s", r)
			}
			w.fetching(c)
			w.log.Reset()
			w.paged(400, w.query(appM1))
			if !strings.Contains(w.log.String(), "read the metadata document") {
				w.Errorf("%s: %s", name, w.log)
			}
		}
		w.fetching(w.serving443(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Accept-Encoding") != "" || r.Header.Get("Cookie") != "" || r.Header.Get("Referer") != "" {
				w.Errorf("asked with %v", r.Header)
			}
			serving(document(m1), "Content-Type: application/json; charset=utf-8")(rw, r)
		}), true, w.goodTLS()))
		w.ok(w.exchange(appM1, w.code(appM1)))
	}},
	{name: "154-tls", options: withSite, run: func(w *world) {
		for name, c := range map[string]*http.Client{
			"self-signed": w.serving443(serving(document(m1)), false, w.goodTLS()),
			"expired":     w.serving443(serving(document(m1)), true, outside.Certificate(w.T, realNow().Add(-time.Hour), "m1.test")),
			"wrong host":  w.serving443(serving(document(m1)), true, outside.Certificate(w.T, realNow().Add(24*time.Hour), "m2.test")),
			"old TLS": w.serving443(serving(document(m1)), true, func() *tls.Config {
				conf := w.goodTLS()
				conf.MaxVersion = tls.VersionTLS11
				return conf
			}()),
		} {
			w.fetching(c)
			w.log.Reset()
			w.paged(400, w.query(appM1))
			if log := w.log.String(); !strings.Contains(log, "tls: ") {
				w.Errorf("%s: %s", name, log)
			}
		}
		if outbound.New(nil).Transport.(*http.Transport).TLSClientConfig.InsecureSkipVerify {
			w.Error("certificates are not checked")
		}
	}},
}

// realNow: certificates are judged by the real clock.
func realNow() time.Time { return time.Now() }
