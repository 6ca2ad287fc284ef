package oauth_test

import (
	"fmt"
	"net/http"
	"strings"

	"mandorla/internal/oauth"
)

var revokeRows = []row{
	{name: "107-revoke-own", stored: true, run: func(w *world) {
		at, rt := w.connect()
		w.ok(w.post(oauth.PathRevoke, "client_id="+w.c1.ID, "token="+at))
		if w.works(at) {
			w.Error("the access token works")
		}
		next := w.refresh(w.c1, rt)
		w.ok(next)
		w.ok(w.post(oauth.PathRevoke, "client_id="+w.c1.ID, "token="+next.str("refresh_token")))
		w.dead(next)
		if w.audited("oauth.revoke") != 2 {
			w.Error("no audit entries")
		}
	}},
	{name: "108-revoke-foreign", stored: true, run: func(w *world) {
		at, rt := w.connect()
		for _, token := range []string{at, rt} {
			got := w.post(oauth.PathRevoke, "client_id="+w.c2.ID, "token="+token)
			unknown := w.post(oauth.PathRevoke, "client_id="+w.c2.ID, "token=at_"+strings.Repeat("A", 43))
			if got.Code != 200 || got.Body.String() != unknown.Body.String() {
				w.Errorf("%d %s", got.Code, got.Body)
			}
		}
		if !w.works(at) {
			w.Error("another client revoked it")
		}
		w.ok(w.refresh(w.c1, rt))
	}},
	{name: "109-unknown-and-hints", stored: true, run: func(w *world) {
		w.ok(w.post(oauth.PathRevoke, "client_id="+w.c1.ID, "token=nonsense"))
		w.ok(w.post(oauth.PathRevoke, "client_id="+w.c1.ID, "token=at_\x00"))
		w.refused(w.post(oauth.PathRevoke, "client_id="+w.c1.ID), 400, "invalid_request")
		for _, hint := range []string{"refresh_token", "bogus"} {
			at, _ := w.connect()
			w.ok(w.post(oauth.PathRevoke, "client_id="+w.c1.ID, "token="+at, "token_type_hint="+hint))
			if w.works(at) {
				w.Errorf("the hint %s kept it alive", hint)
			}
		}
	}},
	{name: "110-unauthenticated", stored: true, run: func(w *world) {
		got := w.exchange(w.k1, w.code(w.k1), "client_secret="+w.secret)
		at := got.str("access_token")
		w.refused(w.post(oauth.PathRevoke, "token="+at), 401, "invalid_client")
		w.refused(w.post(oauth.PathRevoke, "client_id="+w.k1.ID, "token="+at), 401, "invalid_client")
		if !w.works(at) {
			w.Error("it was revoked")
		}
	}},
}

var metadataRows = []row{
	{name: "115-issuer-from-config", run: func(w *world) {
		plain := w.do("GET", "/.well-known/oauth-authorization-server", "").Body.String()
		r, _ := http.NewRequest("GET", "http://evil.test/.well-known/oauth-authorization-server", nil)
		r.Host = "evil.test"
		got := w.do("GET", "/.well-known/oauth-authorization-server", "", "X-Forwarded-Host: evil.test", "Forwarded: host=evil.test")
		if got.Body.String() != plain || strings.Contains(plain, "evil") || got.Header().Get("Cache-Control") != "no-store" {
			w.Errorf("%s", got.Body)
		}
	}},
	{name: "116-paths", run: func(w *world) { // the issuer has no path, so the document is at the root and nowhere else
		for _, path := range []string{"/.well-known/oauth-authorization-server/", "/.well-known/oauth-authorization-server/mcp", "/.well-known/openid-configuration"} {
			if got := w.do("GET", path, ""); got.Code != 404 {
				w.Errorf("%s: %d", path, got.Code)
			}
		}
	}},
	{name: "117-advertised-is-real", run: func(w *world) {
		meta := w.do("GET", "/.well-known/oauth-authorization-server", "").body
		want := map[string]string{
			"issuer": origin, "authorization_endpoint": origin + "/oauth/authorize", "token_endpoint": origin + "/oauth/token", "revocation_endpoint": origin + "/oauth/revoke", "introspection_endpoint": origin + "/oauth/introspect",
			"response_types_supported": "[code]", "response_modes_supported": "[query]", "grant_types_supported": "[authorization_code refresh_token]",
			"token_endpoint_auth_methods_supported":         "[client_secret_post client_secret_basic none]",
			"revocation_endpoint_auth_methods_supported":    "[client_secret_post client_secret_basic none]",
			"introspection_endpoint_auth_methods_supported": "[client_secret_post client_secret_basic]",
			"client_id_metadata_document_supported":         "false",
			"code_challenge_methods_supported":              "[S256]", "scopes_supported": "[inclusive offline_access]",
			"authorization_response_iss_parameter_supported": "true",
			"protected_resources":                            "[" + mcp + " " + origin + "/mcp " + origin + "/api]",
		}
		for name, v := range meta {
			if fmt.Sprint(v) != want[name] {
				w.Errorf("%s is %v", name, v)
			}
			delete(want, name)
		}
		if len(want) > 0 {
			w.Errorf("missing %v", want)
		}
		for _, scope := range []string{"inclusive", "offline_access", "inclusive offline_access"} {
			w.ok(w.exchange(w.c1, w.code(w.c1, "scope="+scope)))
		}
		for _, res := range meta["protected_resources"].([]any) {
			w.ok(w.exchange(w.c1, w.code(w.c1, "resource="+res.(string), "response_mode=query")))
		}
		token := w.exchange(w.k1, w.code(w.k1), "client_secret="+w.secret).str("access_token")
		w.ok(w.do("POST", oauth.PathRevoke, encode("token="+token), basic(w.k1.ID, w.secret)))
		w.ok(w.post(oauth.PathRevoke, "token="+token, "client_id="+w.k1.ID, "client_secret="+w.secret))
	}},
	{name: "118-protected-resource", run: func(w *world) {
		for path, resource := range map[string]string{"": mcp, "/v1/mcp": mcp, "/mcp": origin + "/mcp", "/api": origin + "/api"} {
			got := w.do("GET", "/.well-known/oauth-protected-resource"+path, "")
			w.ok(got)
			if got.str("resource") != resource || fmt.Sprint(got.body["authorization_servers"]) != "["+origin+"]" || fmt.Sprint(got.body["bearer_methods_supported"]) != "[header]" || fmt.Sprint(got.body["scopes_supported"]) != "[inclusive]" {
				w.Errorf("%s: %s", path, got.Body)
			}
			if got := w.do("POST", "/.well-known/oauth-protected-resource"+path, ""); got.Code != 405 {
				w.Errorf("POST: %d", got.Code)
			}
		}
	}},
	{name: "119-unknown-resource", run: func(w *world) {
		for _, path := range []string{"/other", "/v1", "/v1/mcp/", "/api/companies"} {
			if got := w.do("GET", "/.well-known/oauth-protected-resource"+path, ""); got.Code != 404 {
				w.Errorf("%s: %d", path, got.Code)
			}
		}
	}},
}

var resourceRows = []row{
	{name: "120-foreign", run: func(w *world) { w.redirected(w.query(w.c1, "resource=https://evil/"), "invalid_target") }},
	{name: "121-malformed", run: func(w *world) {
		for _, r := range []string{"/v1/mcp", mcp + "#f", "", "http://", "http://as.test/v1/mcp", strings.Repeat("x", 8<<10), origin, origin + "/"} {
			w.redirected(w.query(w.c1, "resource="+r), "invalid_target")
		}
	}},
	{name: "122-missing", run: func(w *world) { w.redirected(w.query(w.c1, "-resource"), "invalid_target") }},
	{name: "122-missing-allowed", options: func(o *oauth.Options) { o.MissingResource = true }, run: func(w *world) {
		at, _ := w.connect("-resource")
		if !w.works(at) || w.do("GET", oauth.PathREST, "", "Authorization: Bearer "+at).Code != 401 {
			w.Error("not bound to the MCP server")
		}
		w.redirected(w.query(w.c1, "resource=https://evil/"), "invalid_target")
	}},
	{name: "123-several", run: func(w *world) {
		w.redirected(w.query(w.c1, "+resource="+origin+"/api"), "invalid_target")
		w.redirected(w.query(w.c1, "+resource="+mcp), "invalid_target")
		w.refused(w.exchange(w.c1, w.code(w.c1), "resource="+mcp, "resource="+origin+"/api"), 400, "invalid_target")
	}},
	{name: "124-near-matches", run: func(w *world) {
		at, _ := w.connect("resource=" + mcp + "/")
		if !w.works(at) {
			w.Error("one trailing slash is not forgiven")
		}
		for _, r := range []string{mcp + "//", "https://AS.test/v1/mcp", mcp + "?x", "https://as.test:443/v1/mcp", origin + "/v1/mcp/../api", origin + "/v1/%6dcp", origin + "/V1/mcp", "https://as.test.evil/v1/mcp", "https://as.test@evil/v1/mcp"} {
			w.redirected(w.query(w.c1, "resource="+r), "invalid_target")
		}
	}},
	{name: "125-change-at-token", stored: true, run: func(w *world) {
		w.refused(w.exchange(w.c1, w.code(w.c1), "resource="+origin+"/api"), 400, "invalid_target")
		w.ok(w.exchange(w.c1, w.code(w.c1), "resource="+origin+"/mcp")) // the same server under its other address
	}},
	{name: "126-other-resource", stored: true, run: func(w *world) {
		for _, c := range []struct {
			resource, path string
			code           int
		}{
			{mcp, oauth.PathMCP, 200}, {mcp, oauth.PathMCPAlias, 200}, {mcp, oauth.PathREST, 401},
			{origin + "/mcp", oauth.PathMCP, 200}, {origin + "/api", oauth.PathREST, 200},
			{origin + "/api", oauth.PathMCP, 401}, {origin + "/api", oauth.PathMCPAlias, 401},
		} {
			at, _ := w.connect("resource=" + c.resource)
			got := w.do("GET", c.path, "", "Authorization: Bearer "+at)
			if got.Code != c.code {
				w.Errorf("a token for %s at %s: %d", c.resource, c.path, got.Code)
			}
			if c.code == 401 && !strings.Contains(got.Header().Get("WWW-Authenticate"), `error="invalid_token"`) {
				w.Error(got.Header().Get("WWW-Authenticate"))
			}
		}
	}},
	{name: "127-other-issuer", run: func(w *world) {
		for _, token := range []string{"at_" + strings.Repeat("A", 43), "eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL2FzLnRlc3QifQ."} {
			if w.works(token) {
				w.Errorf("%s works", token)
			}
		}
	}},
}

var bearerRows = []row{
	{name: "195-none", run: func(w *world) {
		for path := range map[string]bool{oauth.PathMCP: true, oauth.PathMCPAlias: true, oauth.PathREST: true} {
			for _, method := range []string{"GET", "POST", "DELETE", "PUT", "HEAD", "OPTIONS"} {
				got := w.do(method, path, "")
				want := `Bearer resource_metadata="` + origin + `/.well-known/oauth-protected-resource` + path + `", scope="inclusive"`
				if got.Code != 401 || got.Header().Get("WWW-Authenticate") != want {
					w.Errorf("%s %s: %d %q", method, path, got.Code, got.Header().Get("WWW-Authenticate"))
				}
			}
		}
	}},
	{name: "196-token-elsewhere", run: func(w *world) {
		at, _ := w.connect()
		for _, got := range []answer{
			w.do("POST", oauth.PathMCP+"?access_token="+at, ""),
			w.do("POST", oauth.PathMCP+"?access_token="+at, "", "Authorization: Bearer "+at),
			w.do("POST", oauth.PathMCP, "access_token="+at),
			w.do("POST", oauth.PathMCP, "", "Cookie: access_token="+at),
		} {
			if got.Code != 401 {
				w.Errorf("%d", got.Code)
			}
		}
		if strings.Contains(w.log.String(), at) {
			w.Error("the token is in the log")
		}
	}},
	{name: "197-header-forms", run: func(w *world) {
		at, _ := w.connect()
		for _, h := range []string{"Authorization: bearer " + at, "Authorization: BEARER " + at} {
			w.ok(w.do("POST", oauth.PathMCP, "", h))
		}
		for _, hs := range [][]string{
			{"Authorization: Bearer x", "Authorization: Bearer " + at}, {"Authorization: Bearer " + at, "Authorization: Bearer " + at},
			{basic(w.k1.ID, w.secret), "Authorization: Bearer " + at}, {"Authorization: Bearer  " + at}, {"Authorization: Bearer\t" + at},
			{"Authorization: Bearer " + at + " "}, {"Authorization: Bearer " + at + "\x00"}, {"Authorization: Bearer " + at + ",Bearer " + at}, {"Authorization: " + at}, {"Authorization: Bearer"},
			{"Authorization: Token " + at},
		} {
			if got := w.do("POST", oauth.PathMCP, "", hs...); got.Code != 401 {
				w.Errorf("%q: %d", hs, got.Code)
			}
		}
	}},
	{name: "198-bad-tokens", stored: true, run: func(w *world) {
		at, rt := w.connect()
		for _, token := range []string{at[:len(at)-1], at + "A", rt, "x", "at_" + strings.Repeat("é", 21)} {
			got := w.do("POST", oauth.PathMCP, "", "Authorization: Bearer "+token)
			if got.Code != 401 || !strings.Contains(got.Header().Get("WWW-Authenticate"), `error="invalid_token"`) {
				w.Errorf("%s: %d %q", token, got.Code, got.Header().Get("WWW-Authenticate"))
			}
		}
		if w.reach[oauth.PathMCP] != 0 {
			w.Error("the handler was reached")
		}
	}},
	{name: "200-check-fails", run: func(w *world) {
		at, _ := w.connect()
		broken := &brokenStore{Store: w.store}
		broken.left.Store(1)
		w.as = w.remake(broken)
		w.serve()
		got := w.do("POST", oauth.PathMCP, "", "Authorization: Bearer "+at)
		if h := got.Header(); h.Get("Retry-After") != "5" || h.Get("Cache-Control") != "no-store" || h.Get("WWW-Authenticate") != "" {
			w.Errorf("headers %v", h)
		}
		if got.Code != 503 || strings.Contains(got.Body.String(), "database") || w.reach[oauth.PathMCP] != 0 {
			w.Errorf("%d %s", got.Code, got.Body)
		}
		if !strings.Contains(w.log.String(), errBroken.Error()) {
			w.Error("the cause is not in the log")
		}
	}},
	{name: "201-other-audience", run: func(w *world) {
		at, _ := w.connect("resource=" + origin + "/api")
		if w.works(at) {
			w.Error("works")
		}
	}},
	{name: "211-cookie-only", run: func(w *world) {
		w.visitor("A")
		if got := w.do("POST", oauth.PathMCP, "", "Cookie: __Host-session="+w.token["A"]); got.Code != 401 {
			w.Errorf("%d", got.Code)
		}
	}},
}

// remake gives another service over the store, with the same clock and log.
func (w *world) remake(st oauth.Store) *oauth.Service {
	w.Helper()
	o := w.as.Options
	o.Store = st
	as, err := oauth.New(o)
	must(w.T, err)
	return as
}
