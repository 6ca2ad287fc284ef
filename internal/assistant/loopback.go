package assistant

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"mandorla/internal/fault"
)

// RedirectPath is registered with the client as http://127.0.0.1/callback, without a port (RFC 8252 section 7.3).
const RedirectPath = "/callback"

// authorizeTimeout is how long a person may take.
const authorizeTimeout = 10 * time.Minute

// Visit brings a person's browser to an authorization page, or answers the page itself. It returns when the browser is on its
// way; the answer arrives at the redirect address.
type Visit func(ctx context.Context, authorizeURL, redirect string) error

// listener waits on this machine for the answer of an authorization server.
type listener struct {
	net      net.Listener
	server   *http.Server
	redirect string
	answers  chan url.Values
}

// listen opens a free port for one answer.
func listen() (*listener, error) {
	n, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "No port of this machine can be opened to receive the authorization: %v. Free one and try again.", err)
	}
	l := &listener{net: n, redirect: "http://" + n.Addr().String() + RedirectPath, answers: make(chan url.Values, 1)}
	l.server = &http.Server{Handler: http.HandlerFunc(l.serve), ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 32 << 10}
	go func() { _ = l.server.Serve(n) }() // ends with close
	return l, nil
}

const donePage = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Mandorla</title>
<body><h1>Thank you</h1><p>The answer has arrived. You can close this page and go back to the terminal.</p></body></html>`

// serve takes the first answer. Only a GET can be one: a redirect that repeats a POST would have brought a form along.
func (l *listener) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	switch {
	case r.URL.Path != RedirectPath:
		http.NotFound(w, r)
	case r.Method != http.MethodGet:
		h.Set("Allow", http.MethodGet)
		http.Error(w, "The answer must come as a GET.", http.StatusMethodNotAllowed)
	default:
		h.Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, donePage)
		select {
		case l.answers <- r.URL.Query():
		default: // an answer is there already
		}
	}
}

func (l *listener) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = l.server.Shutdown(ctx) // the page may still be on its way; after a second it is cut off
}

// answer sends the person off and waits.
func (l *listener) answer(ctx context.Context, visit Visit, authorizeURL string) (url.Values, error) {
	ctx, cancel := context.WithTimeout(ctx, authorizeTimeout)
	defer cancel()
	if err := visit(ctx, authorizeURL, l.redirect); err != nil {
		return nil, err
	}
	select {
	case a := <-l.answers:
		return a, nil
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return nil, fault.New(fault.Unauthenticated, "Nobody answered the authorization page within %d minutes. Ask again.", int(authorizeTimeout.Minutes()))
		}
		return nil, fault.Wrap(fault.Unavailable, ctx.Err(), "Interrupted before the authorization was answered.")
	}
}
