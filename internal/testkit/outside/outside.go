// Package outside plays the world outside for tests: servers that the product's guarded client reaches under any name. Only tests may
// import it.
package outside

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"mandorla/internal/outbound"
)

// Documents serves metadata documents by their addresses over TLS, and gives the product's client for strangers' addresses where every
// name leads to that server. All rules of the client stay but one: where it connects.
func Documents(tb testing.TB, hosts []string, documents map[string]string) *http.Client {
	tb.Helper()
	return LeadingTo(tb, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		doc, ok := documents["https://"+r.Host+r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, doc)
	}), true, Certificate(tb, time.Now().Add(24*time.Hour), hosts...))
}

// LeadingTo is Documents over any handler and certificate, trusted or not.
func LeadingTo(tb testing.TB, h http.Handler, trusted bool, conf *tls.Config) *http.Client {
	tb.Helper()
	server := httptest.NewUnstartedServer(h)
	server.TLS = conf
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	tb.Cleanup(server.Close)
	c := outbound.New(nil)
	tr, ok := c.Transport.(*http.Transport)
	if !ok {
		tb.Fatalf("the client is made of %T", c.Transport)
	}
	tr.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, server.Listener.Addr().String())
	}
	if trusted {
		roots := x509.NewCertPool()
		leaf, err := x509.ParseCertificate(conf.Certificates[0].Certificate[0])
		if err != nil {
			tb.Fatal(err)
		}
		roots.AddCert(leaf)
		tr.TLSClientConfig.RootCAs = roots
	}
	return c
}

// Certificate signs itself for names.
func Certificate(tb testing.TB, until time.Time, names ...string) *tls.Config {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	about := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: names, NotBefore: until.Add(-48 * time.Hour), NotAfter: until, IsCA: true, BasicConstraintsValid: true,
	}
	raw, err := x509.CreateCertificate(rand.Reader, about, about, &key.PublicKey, key)
	if err != nil {
		tb.Fatal(err)
	}
	return &tls.Config{MinVersion: tls.VersionTLS10, Certificates: []tls.Certificate{{Certificate: [][]byte{raw}, PrivateKey: key}}}
}
