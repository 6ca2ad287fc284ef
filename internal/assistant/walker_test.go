package assistant

import (
	"net/http"
	"strings"
	"testing"

	"mandorla/internal/fault"
)

func TestWalkerRefuses(t *testing.T) {
	on := func(path, method string, answer http.HandlerFunc) func(*fake) {
		return func(f *fake) {
			f.hook = func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path != path || r.Method != method {
					return false
				}
				answer(w, r)
				return true
			}
		}
	}
	html := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { page200(w, status, body) }
	}
	redirect := func(status int, to string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", to)
			w.WriteHeader(status)
		}
	}
	for _, row := range []struct {
		name  string
		spoil func(*fake)
		kind  fault.Kind
		says  string
	}{
		{"307 after the sign-in", on("/signin", "POST", redirect(307, "/approve")), fault.Unauthenticated, "307"},
		{"308 after the approval", on("/approve", "POST", redirect(308, "/callback")), fault.Unauthenticated, "308"},
		{"away to another server", on("/oauth/authorize", "GET", redirect(303, "https://evil.test/signin")), fault.Unauthenticated, "leads away to https://evil.test"},
		{"away by refresh", on("/signin", "GET", html(200, `<meta http-equiv="refresh" content="0; URL='https://evil.test/'">`)), fault.Unauthenticated, "leads away to https://evil.test"},
		{"sign-in form to another server", on("/signin", "GET", html(200, strings.ReplaceAll(signInPage, `"/signin"`, `"https://evil.test/x"`))), fault.Unauthenticated, "goes to another server"},
		{"approval form to another server", on("/approve", "GET", html(200, `<form method="post" action="//evil.test/"><button name="decision" value="approve">ok</button></form>`)), fault.Unauthenticated, "goes to another server"},
		{"nothing to approve", on("/approve", "GET", html(200, `<h1>No overlap</h1><p>Neither side allows the same.</p><form method="post"><button name="decision" value="deny">No</button></form>`)), fault.Forbidden, "No overlap. Neither side allows the same."},
		{"approval not taken", on("/approve", "POST", html(200, `<div role="alert">Look again.</div><form method="post"><button name="decision" value="approve">ok</button></form>`)), fault.Forbidden, "Look again."},
		{"a page of another kind", on("/signin", "GET", html(200, `<p>Welcome</p>`)), fault.Unauthenticated, "neither a sign-in nor an authorization page"},
		{"no page at all", on("/signin", "GET", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"a":1}`)) }), fault.Unauthenticated, "where an authorization page should be"},
		{"too many tries", on("/signin", "POST", html(429, `<div role="alert">Too many tries; wait a minute.</div>`)), fault.Unavailable, "wait a minute"},
		{"round and round", on("/signin", "GET", redirect(303, "/signin")), fault.Unauthenticated, "more than 20 steps"},
		{"a redirect to nowhere", on("/signin", "GET", redirect(303, "")), fault.Invalid, "cannot be used"},
		{"terminal codes in a message", on("/oauth/authorize", "GET", html(400, "<p>red \x1b[31malert\u202e</p>")), fault.Unauthenticated, "red [31malert"},
	} {
		t.Run(row.name, func(t *testing.T) {
			f, l := newFake(t), &log{}
			row.spoil(f)
			err := use(f.connector(nil, start().Now, l))
			if !fault.Is(err, row.kind) || !strings.Contains(err.Error(), row.says) {
				t.Errorf("got %v (%v), want %v saying %q\n%s", err, fault.KindOf(err), row.kind, row.says, l)
			}
		})
	}
}

func TestWalkerWrongPassword(t *testing.T) {
	f, l := newFake(t), &log{}
	c := f.connector(nil, start().Now, l)
	posts := 0
	f.hook = func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost && r.URL.Path == "/signin" {
			posts++
		}
		return false
	}
	w := &Walker{HTTP: f.Client(), Server: c.Endpoint(), Login: login, Password: "wrong", Trace: l.add}
	c.OnVisit(w.Visit)
	err := use(c)
	if !fault.Is(err, fault.Unauthenticated) || !strings.Contains(err.Error(), "could not sign in") || !strings.Contains(err.Error(), "the password is wrong") {
		t.Errorf("got %v", err)
	}
	if posts != 1 {
		t.Errorf("the password was tried %d times", posts)
	}
}

// The password goes to the server that was named, not to whatever authorization server it points to.
func TestWalkerStaysAtHome(t *testing.T) {
	f, other, l := newFake(t), newFake(t), &log{}
	f.edit = func(path string, d map[string]any) {
		if strings.Contains(path, "authorization-server") {
			d["authorization_endpoint"] = other.URL + "/oauth/authorize"
		}
	}
	if err := use(f.connector(nil, start().Now, l)); !fault.Is(err, fault.Unauthenticated) || !strings.Contains(err.Error(), "the password is not given to it") {
		t.Errorf("got %v", err)
	}
}

func TestRefreshAddress(t *testing.T) {
	for in, want := range map[string]string{"0;url=/next": "/next", "0; URL='/a?b=c;d'": "/a?b=c;d", `5;url = "x"`: "x", "0": "", "0;/next": "", "": ""} {
		if got := refreshAddress(in); got != want {
			t.Errorf("refreshAddress(%q) = %q, want %q", in, got, want)
		}
	}
}
