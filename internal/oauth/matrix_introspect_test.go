package oauth_test

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/oauth"
)

// asks introspects a token as the confidential client of the world.
func (w *world) asks(token string) answer {
	w.Helper()
	return w.post(oauth.PathIntrospect, "client_id="+w.k1.ID, "client_secret="+w.secret, "token="+token)
}

var introspectRows = []row{
	{name: "111-who-may-ask", stored: true, run: func(w *world) {
		got := w.exchange(w.k1, w.code(w.k1), "client_secret="+w.secret)
		at := got.str("access_token")
		w.refused(w.post(oauth.PathIntrospect, "token="+at), 401, "invalid_client")
		w.refused(w.post(oauth.PathIntrospect, "client_id="+w.k1.ID, "token="+at), 401, "invalid_client")
		w.refused(w.post(oauth.PathIntrospect, "client_id="+w.c1.ID, "token="+at), 403, "unauthorized_client")
		w.refused(w.post(oauth.PathIntrospect, "client_id="+w.k1.ID, "client_secret="+w.secret), 400, "invalid_request")
		if got := w.do("POST", oauth.PathIntrospect, "token="+at, "Authorization: Bearer "+at, "Content-Type: application/x-www-form-urlencoded"); got.Code != 401 {
			w.Errorf("with an access token: %d", got.Code)
		}
		about := w.asks(at)
		w.ok(about)
		if active, _ := about.body["active"].(bool); !active {
			w.Fatalf("%s", about.Body)
		}
		for name, want := range map[string]string{
			"scope": "inclusive", "client_id": w.k1.ID, "token_type": "Bearer", "iss": origin, "aud": "[" + origin + "/v1/mcp " + origin + "/mcp]",
		} {
			if got := fmt.Sprint(about.body[name]); got != want {
				w.Errorf("%s: %s, want %s", name, got, want)
			}
		}
	}},
	{name: "112-foreign", stored: true, run: func(w *world) {
		at, _ := w.connect()
		if got := w.asks(at); got.Body.String() != "{\"active\":false}\n" {
			w.Errorf("another client's token: %s", got.Body)
		}
	}},
	{name: "113-not-active", stored: true, run: func(w *world) {
		code := w.code(w.k1)
		pair := w.exchange(w.k1, w.code(w.k1), "client_secret="+w.secret)
		revoked := w.exchange(w.k1, w.code(w.k1), "client_secret="+w.secret).str("access_token")
		w.ok(w.post(oauth.PathRevoke, "client_id="+w.k1.ID, "client_secret="+w.secret, "token="+revoked))
		for what, token := range map[string]string{
			"garbage": "x", "unknown": "at_" + strings.Repeat("A", 86), "of the family": pair.str("access_token")[:46] + strings.Repeat("A", 43), "code": code, "refresh token": pair.str("refresh_token"), "revoked": revoked,
		} {
			if got := w.asks(token); got.Code != 200 || got.Body.String() != "{\"active\":false}\n" {
				w.Errorf("%s: %d %s", what, got.Code, got.Body)
			}
		}
		w.clock.Add(9 * time.Hour)
		if got := w.asks(pair.str("access_token")); got.Body.String() != "{\"active\":false}\n" {
			w.Errorf("expired: %s", got.Body)
		}
		fresh := w.exchange(w.k1, w.code(w.k1), "client_secret="+w.secret).str("access_token")
		w.setUser("A", "inactive", true)
		if got := w.asks(fresh); got.Body.String() != "{\"active\":false}\n" {
			w.Errorf("of an inactive person: %s", got.Body)
		}
	}},
	{name: "114-scan", run: func(w *world) {
		slowed := 0
		for i := range 300 {
			got := w.asks(fmt.Sprintf("at_%086d", i))
			if got.Code == http.StatusTooManyRequests && got.Header().Get("Retry-After") != "" {
				slowed++
			}
		}
		if slowed < 150 {
			w.Errorf("%d of 300 guesses were slowed down", slowed)
		}
		other, secret := w.client(oauth.ClientInput{Name: "Other", Kind: oauth.Confidential, RedirectURIs: w.k1.RedirectURIs, Set: access.Full(w.reg)})
		w.ok(w.post(oauth.PathIntrospect, "client_id="+other.ID, "client_secret="+secret, "token=x"))
	}},
}
