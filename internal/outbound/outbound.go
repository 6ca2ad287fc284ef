// Package outbound owns the HTTP client for addresses that strangers give, such as the metadata documents of apps. It knows nobody who
// uses it; package app makes one and hands it out.
package outbound

import (
	"crypto/tls"
	"net"
	"net/http"
	"time"

	"code.dny.dev/ssrf"
)

// New makes the client for addresses that strangers give. What a name resolves to is judged at the moment of connecting, so that a
// name cannot be public when it is asked about and private when it is used: only port 443 of public addresses is connected to. No proxy
// is used, no redirect followed and nothing inflated; a request, with its answer, has five seconds.
//
// resolver finds addresses; nil: the system's.
func New(resolver *net.Resolver) *http.Client {
	dialer := &net.Dialer{Timeout: 3 * time.Second, Resolver: resolver, Control: ssrf.New(ssrf.WithPorts(443)).Safe}
	return &http.Client{
		Timeout:       5 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: 3 * time.Second, ResponseHeaderTimeout: 4 * time.Second,
			TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}, MaxResponseHeaderBytes: 16 << 10,
			DisableCompression: true, DisableKeepAlives: true, MaxConnsPerHost: 4,
		},
	}
}
