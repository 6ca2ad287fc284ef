package oauth_test

import (
	"errors"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/oauth"
)

// faultCall is a use of the service: the name of a method or endpoint, and which way through it.
type faultCall struct {
	name  string
	reads string // which stored texts it cannot do without, of faultTexts
	// ready prepares it; a call that fails leaves everything as it was, so that the same do can be called again.
	ready func(w *world) (do func() error)
}

var faultCalls = []faultCall{
	{"BeginAuthorize", "", func(w *world) func() error { return w.opens(w.query(w.c1)) }},
	{"BeginAuthorize by a document", "allowed", func(w *world) func() error { return w.opens(w.query(appM1)) }},
	{"BeginAuthorize by a registered app", "allowed", func(w *world) func() error { return w.opens(w.query(w.registered(goodRegistration))) }},
	{"Show", "client authorization", func(w *world) func() error {
		w.connect()
		return w.shows("A", w.query(w.c1))
	}},
	{"Show by a published app", "client", func(w *world) func() error { return w.shows("B", w.query(w.published())) }},
	{"Show by a new document", "allowed policy", func(w *world) func() error {
		w.trust()
		return w.shows("A", w.query(appM1))
	}},
	{"Show by a known document", "client allowed", func(w *world) func() error {
		w.trust()
		w.code(appM1)
		return w.shows("A", w.query(appM1))
	}},
	{"Show by a document that is read again", "client allowed policy", func(w *world) func() error {
		w.trust()
		w.code(appM1)
		w.clock.Add(10 * time.Minute)
		return w.shows("A", w.query(appM1))
	}},
	{"Show by a document that changed", "client allowed policy", func(w *world) func() error {
		w.trust()
		w.code(appM1)
		w.clock.Add(10 * time.Minute)
		w.site().set(m1, serving(document(m1, `client_name="M2"`)))
		return w.shows("A", w.query(appM1))
	}},
	{"Show by a document that is to wait", "allowed policy", func(w *world) func() error {
		w.rules("T1", func(p *oauth.Policy) { p.Documents = oauth.RuleAsk })
		return w.waits(w.shows("A", w.query(appM1)))
	}},
	{"Show by a document that waits", "allowed", func(w *world) func() error {
		w.rules("T1", func(p *oauth.Policy) { p.Documents = oauth.RuleAsk })
		w.admission("A", w.query(appM1), oauth.AwaitsChoice)
		return w.waits(w.shows("A", w.query(appM1)))
	}},
	{"Show by a registered app", "allowed policy", func(w *world) func() error { return w.shows("A", w.query(w.registered(goodRegistration))) }},
	{"Approve", "client shown", func(w *world) func() error {
		v, page := w.shown()
		return func() error { return second(w.as.Approve(w.Context(), page.Pending, page.FormToken, nil, v)) }
	}},
	{"Approve by a document", "client allowed shown", func(w *world) func() error {
		w.trust()
		v := w.visitor("A")
		page, err := w.show("A", w.query(appM1))
		must(w.T, err)
		return func() error { return second(w.as.Approve(w.Context(), page.Pending, page.FormToken, nil, v)) }
	}},
	{"Approve of one connection too many", "client shown", func(w *world) func() error {
		for range 20 {
			w.connect()
		}
		v, page := w.shown()
		return func() error { return second(w.as.Approve(w.Context(), page.Pending, page.FormToken, nil, v)) }
	}},
	{"Deny", "", func(w *world) func() error {
		v, page := w.shown()
		return func() error { return second(w.as.Deny(w.Context(), page.Pending, page.FormToken, v)) }
	}},
	{"Authenticate", "client authorization role", func(w *world) func() error {
		at, _ := w.connect()
		return func() error { return second(w.as.Authenticate(w.Context(), at, oauth.MCP, access.SurfaceMCP)) }
	}},
	{"Protect", "client authorization role", func(w *world) func() error {
		at, _ := w.connect()
		return func() error { return w.cause(w.do("POST", oauth.PathMCP, "", "Authorization: Bearer "+at)) }
	}},
	{"token: a code", "", func(w *world) func() error {
		code := w.code(w.c1)
		return func() error { return w.cause(w.exchange(w.c1, code)) }
	}},
	{"token: a code of a document", "", func(w *world) func() error {
		w.trust()
		code := w.code(appM1)
		return func() error { return w.cause(w.exchange(appM1, code)) }
	}},
	{"token: a code after a problem", "", func(w *world) func() error {
		w.exchange(w.k1, "ac_x", "client_secret=x")
		code := w.code(w.k1)
		return func() error { return w.cause(w.exchange(w.k1, code, "client_secret="+w.secret)) }
	}},
	{"token: a code twice", "", func(w *world) func() error {
		code := w.code(w.c1)
		w.ok(w.exchange(w.c1, code))
		return func() error { return refusedIsDone(w.cause(w.exchange(w.c1, code))) }
	}},
	{"token: a wrong code", "", func(w *world) func() error {
		code := w.code(w.k1)
		return func() error { return refusedIsDone(w.cause(w.exchange(w.c1, code))) }
	}},
	{"token: refresh", "", func(w *world) func() error {
		_, rt := w.connect()
		return func() error { return w.cause(w.refresh(w.c1, rt)) }
	}},
	{"token: the same refresh token", "", func(w *world) func() error {
		_, rt := w.connect()
		w.ok(w.refresh(w.c1, rt))
		return func() error { return w.cause(w.refresh(w.c1, rt)) }
	}},
	{"token: a refresh token of another client", "", func(w *world) func() error {
		_, rt := w.connect()
		return func() error { return refusedIsDone(w.cause(w.refresh(w.c2, rt))) }
	}},
	{"revoke: a refresh token", "", func(w *world) func() error {
		_, rt := w.connect()
		return func() error { return w.cause(w.post(oauth.PathRevoke, "client_id="+w.c1.ID, "token="+rt)) }
	}},
	{"revoke: an access token", "", func(w *world) func() error {
		at, _ := w.connect()
		return func() error { return w.cause(w.post(oauth.PathRevoke, "client_id="+w.c1.ID, "token="+at)) }
	}},
	{"introspect", "", func(w *world) func() error {
		got := w.exchange(w.k1, w.code(w.k1), "client_secret="+w.secret)
		return func() error { return w.cause(w.asks(got.str("access_token"))) }
	}},
	{"register", "allowed", func(w *world) func() error {
		w.allow(true, true)
		return func() error { return w.cause(w.register(goodRegistration)) }
	}},
	{"metadata", "allowed", func(w *world) func() error {
		return func() error { return w.cause(w.do("GET", "/.well-known/oauth-authorization-server", "")) }
	}},
}

// opens is the opening of the authorization page.
func (w *world) opens(query string) func() error {
	v := w.visitor("A")
	return func() error { return second(w.begin(v, query)) }
}

// shows is the page of a request that was opened.
func (w *world) shows(name, query string) func() error {
	w.Helper()
	v := w.visitor(name)
	begun, err := w.begin(v, query)
	must(w.T, err)
	return func() error { return second(w.as.Show(w.Context(), begun.Pending, v)) }
}

// waits: to be told that an administrator has to approve the app is the success.
func (w *world) waits(do func() error) func() error {
	return func() error {
		err := do()
		var told *oauth.AdmissionError
		if errors.As(err, &told) && told.Reason == oauth.AwaitsChoice {
			return nil
		}
		return err
	}
}

// everywhere makes C1 a published client that people of both tenants are connected through.
func (w *world) everywhere() oauth.Client {
	w.Helper()
	c := w.published()
	w.connectTo("A", c)
	w.connectTo("B", c)
	return c
}

// change is what the App Center saves of a client.
func (w *world) change(c oauth.Client, enabled bool) func() error {
	in := oauth.ClientInput{Name: "Another", RedirectURIs: c.RedirectURIs, Set: w.full(), Enabled: enabled}
	return func() error { return second(w.as.UpdateClient(w.Context(), w.operator("T1"), c.ID, c.Version, in)) }
}
