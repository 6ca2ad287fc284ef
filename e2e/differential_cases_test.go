package e2e

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// differentialCase is one request, as each side would get it; run reports whether it was accepted.
type differentialCase struct {
	name string
	run  func(t *testing.T, s *side) bool
}

func differentialCases() []differentialCase {
	return append(append(authorizationCases(), codeCases()...), refreshCases()...)
}

func authorizationCases() []differentialCase {
	var out []differentialCase
	raw := func(name string, change func(s *side, q pairs) string) {
		out = append(out, differentialCase{"authorize: " + name, func(t *testing.T, s *side) bool { return s.ask(t, change(s, s.query())) != "" }})
	}
	add := func(name string, change func(s *side, q pairs) pairs) {
		raw(name, func(s *side, q pairs) string { return change(s, q).encode() })
	}
	set := func(name, value string) {
		add(name+" = "+shown(value), func(_ *side, q pairs) pairs { return q.with(name, value) })
	}
	add("as it should be", func(_ *side, q pairs) pairs { return q })
	for _, name := range []string{"response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method", "resource"} {
		add("no "+name, func(_ *side, q pairs) pairs { return q.without(name) })
		add("empty "+name, func(_ *side, q pairs) pairs { return q.with(name, "") })
		add(name+" twice, the same", func(_ *side, q pairs) pairs { return q.and(name, q.get(name)) })
		add(name+" twice, another", func(_ *side, q pairs) pairs { return q.and(name, "another") })
	}
	for _, v := range []string{"token", "id_token", "code token", "code id_token", "none", "CODE", "code code", " code"} {
		set("response_type", v)
	}
	for _, v := range []string{"query", "fragment", "form_post", "web_message", "nonsense"} {
		set("response_mode", v)
	}
	for _, v := range []string{"plain", "s256", "S512", "S256 "} {
		set("code_challenge_method", v)
	}
	for _, v := range []string{"abc", strings.Repeat("a", 42), strings.Repeat("a", 44), strings.Repeat("a", 129), strings.Repeat("a", 42) + "=", strings.Repeat("a", 42) + "+", strings.Repeat("a", 42) + "!"} {
		set("code_challenge", v)
	}
	for _, v := range []string{
		"https://client.test/cb/", "https://client.test/CB", "https://CLIENT.test/cb", "https://client.test:443/cb", "https://client.test/x/../cb", "https://client.test/%63b",
		"https://client.test/cb?x=1", "https://client.test/cb#f", "https://client.test/cb#", "https://client.test.evil.test/cb", "https://evilclient.test/cb", "https://a.client.test/cb",
		"https://client.test@evil.test/cb", "http://client.test/cb", "javascript:alert(1)", "/cb", "https://client.test:8443/cb", "https://client.test\\cb", " https://client.test/cb",
		"http://127.0.0.1:5555/callback", "http://localhost:5555/callback", "http://127.0.0.1:5555/evil", "http://127.0.0.2:5555/callback", "http://localhost.evil.test:5555/callback",
		"https://127.0.0.1:5555/callback", "http://[::1]:5555/callback", "http://localhost:0/callback", "http://127.0.0.1:99999/callback",
	} {
		set("redirect_uri", v)
	}
	for _, v := range []string{"admin", "companies:view admin", "companies:view  companies:view", "companies:view\x00", `companies:view"`, "openid", "offline_access", "COMPANIES:VIEW"} {
		set("scope", v)
	}
	for name, value := range map[string]string{
		"a foreign resource": "https://evil.test/", "a resource without a scheme": "v1/mcp", "a resource with a fragment": "ORIGIN/v1/mcp#x", "a resource with a query": "ORIGIN/v1/mcp?x",
		"another path as resource": "ORIGIN/other", "the resource with a slash": "ORIGIN/v1/mcp/",
	} {
		add(name, func(s *side, q pairs) pairs { return q.with("resource", strings.ReplaceAll(value, "ORIGIN", s.origin)) })
	}
	for _, v := range []string{"none", "login", "consent", "select_account", "nonsense", "none login", "create"} {
		set("prompt", v)
	}
	set("request", "eyJhbGciOiJub25lIn0.e30.")
	set("request_uri", "https://evil.test/request")
	set("client_id", "nobody")
	set("unknown", "1")
	set("state", strings.Repeat("x", 500))
	set("state", "\r\nSet-Cookie: a=b")
	set("state", "ü☺")
	set("display", "nonsense")
	set("max_age", "x")
	set("id_token_hint", "x")
	raw("a name that is badly encoded", func(_ *side, q pairs) string { return q.encode() + "&%zz=1" })
	raw("a value that is badly encoded", func(_ *side, q pairs) string { return q.encode() + "&x=%zz" })
	raw("a semicolon", func(_ *side, q pairs) string { return q.encode() + ";x=1" })
	raw("an empty pair", func(_ *side, q pairs) string { return "&&" + q.encode() + "&&" })
	raw("brackets", func(_ *side, q pairs) string { return q.encode() + "&scope[]=admin" })
	return out
}

// tokenCase sends what is made of a fresh code of the public client.
func tokenCase(name string, form func(s *side, f pairs) pairs, header ...string) differentialCase {
	return differentialCase{"token: " + name, func(t *testing.T, s *side) bool {
		return s.post(t, form(s, s.codeForm(s.ask(t, s.query().encode()))).encode(), header...) != nil
	}}
}

func codeCases() []differentialCase {
	same := func(_ *side, f pairs) pairs { return f }
	set := func(name, value string) func(*side, pairs) pairs {
		return func(_ *side, f pairs) pairs { return f.with(name, value) }
	}
	out := []differentialCase{
		tokenCase("as it should be", same),
		tokenCase("another grant type", set("grant_type", "password")),
		tokenCase("client_credentials", set("grant_type", "client_credentials")),
		tokenCase("a grant type with a space", set("grant_type", "authorization_code ")),
		tokenCase("an unknown code", set("code", "ac_"+strings.Repeat("x", 86))),
		tokenCase("a code cut short", func(_ *side, f pairs) pairs { return f.with("code", f.get("code")[:len(f.get("code"))-1]) }),
		tokenCase("a wrong verifier", set("code_verifier", strings.Repeat("x", 43))),
		tokenCase("the challenge as verifier", set("code_verifier", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")),
		tokenCase("a short verifier", set("code_verifier", "short")),
		tokenCase("a verifier with a space after it", set("code_verifier", differentialVerifier+" ")),
		tokenCase("another redirect address", set("redirect_uri", differentialRedirects[1])),
		tokenCase("another client", func(s *side, f pairs) pairs { return f.with("client_id", s.clients["other"]) }),
		tokenCase("the confidential client without its secret", func(s *side, f pairs) pairs { return f.with("client_id", s.clients["confidential"]) }),
		tokenCase("the confidential client with its secret", func(s *side, f pairs) pairs {
			return f.with("client_id", s.clients["confidential"]).with("client_secret", s.secret)
		}),
		tokenCase("a client nobody knows", set("client_id", "nobody")),
		tokenCase("a public client with a secret", set("client_secret", "something")),
		tokenCase("its resource", func(s *side, f pairs) pairs { return f.with("resource", s.origin+"/v1/mcp") }),
		tokenCase("a foreign resource", set("resource", "https://evil.test/")),
		tokenCase("a scope", set("scope", "companies:view")),
		tokenCase("an unknown parameter", set("unknown", "1")),
		tokenCase("as JSON", same, "Content-Type: application/json"),
		tokenCase("as plain text", same, "Content-Type: text/plain"),
		tokenCase("with a character set", same, "Content-Type: application/x-www-form-urlencoded; charset=utf-8"),
		tokenCase("from another origin", same, "Origin: https://evil.test"),
		tokenCase("a client assertion", func(_ *side, f pairs) pairs {
			return f.with("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer").with("client_assertion", "eyJhbGciOiJub25lIn0.e30.")
		}),
	}
	for _, name := range []string{"grant_type", "code", "redirect_uri", "client_id", "code_verifier"} {
		out = append(out,
			tokenCase("no "+name, func(_ *side, f pairs) pairs { return f.without(name) }),
			tokenCase("empty "+name, set(name, "")),
			tokenCase(name+" twice, the same", func(_ *side, f pairs) pairs { return f.and(name, f.get(name)) }),
			tokenCase(name+" twice, another", func(_ *side, f pairs) pairs { return f.and(name, "another") }),
		)
	}
	return append(out, confidentialCases()...)
}

func confidentialCases() []differentialCase {
	own := func(name string, send func(s *side, f pairs) (pairs, []string)) differentialCase {
		return differentialCase{"token: " + name, func(t *testing.T, s *side) bool {
			code := s.ask(t, s.query().with("client_id", s.clients["confidential"]).encode())
			form, header := send(s, s.codeForm(code).with("client_id", s.clients["confidential"]))
			return s.post(t, form.encode(), header...) != nil
		}}
	}
	basic := func(s *side, secret string) []string {
		return []string{"Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(s.clients["confidential"])+":"+url.QueryEscape(secret)))}
	}
	return []differentialCase{
		own("confidential, as it should be", func(s *side, f pairs) (pairs, []string) { return f.with("client_secret", s.secret), nil }),
		own("confidential, no secret", func(_ *side, f pairs) (pairs, []string) { return f, nil }),
		own("confidential, empty secret", func(_ *side, f pairs) (pairs, []string) { return f.with("client_secret", ""), nil }),
		own("confidential, wrong secret", func(s *side, f pairs) (pairs, []string) { return f.with("client_secret", s.secret+"x"), nil }),
		own("confidential, half a secret", func(s *side, f pairs) (pairs, []string) { return f.with("client_secret", s.secret[:20]), nil }),
		own("confidential, with Basic", func(s *side, f pairs) (pairs, []string) { return f.without("client_id"), basic(s, s.secret) }),
		own("confidential, with Basic and the secret in the form", func(s *side, f pairs) (pairs, []string) { return f.with("client_secret", s.secret), basic(s, s.secret) }),
		own("confidential, with Basic and a wrong secret", func(s *side, f pairs) (pairs, []string) { return f.without("client_id"), basic(s, "wrong") }),
		own("confidential, with Basic and another id in the form", func(s *side, f pairs) (pairs, []string) {
			return f.with("client_id", s.clients["other"]), basic(s, s.secret)
		}),
		own("confidential, with something else than Basic", func(s *side, f pairs) (pairs, []string) { return f, []string{"Authorization: Bearer " + s.secret} }),
		{"token: by GET", func(t *testing.T, s *side) bool {
			res, err := http.Get(s.token + "?" + s.codeForm(s.ask(t, s.query().encode())).encode())
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			return res.StatusCode == http.StatusOK
		}},
		{"token: a code twice", func(t *testing.T, s *side) bool {
			form := s.codeForm(s.ask(t, s.query().encode())).encode()
			if s.post(t, form) == nil {
				t.Fatal("not even once")
			}
			return s.post(t, form) != nil
		}},
		{"token: a code after a wrong verifier", func(t *testing.T, s *side) bool {
			form := s.codeForm(s.ask(t, s.query().encode()))
			s.post(t, form.with("code_verifier", strings.Repeat("x", 43)).encode())
			return s.post(t, form.encode()) != nil
		}},
		{"token: a code after another client tried it", func(t *testing.T, s *side) bool {
			form := s.codeForm(s.ask(t, s.query().encode()))
			s.post(t, form.with("client_id", s.clients["other"]).encode())
			return s.post(t, form.encode()) != nil
		}},
	}
}

func refreshCases() []differentialCase {
	connect := func(t *testing.T, s *side) string {
		t.Helper()
		got := s.post(t, s.codeForm(s.ask(t, s.query().encode())).encode())
		token, ok := got["refresh_token"].(string)
		if !ok {
			t.Fatalf("no refresh token: %v", got)
		}
		return token
	}
	one := func(name string, form func(s *side, f pairs) pairs) differentialCase {
		return differentialCase{"refresh: " + name, func(t *testing.T, s *side) bool {
			return s.post(t, form(s, s.refreshForm(connect(t, s))).encode()) != nil
		}}
	}
	set := func(name, value string) func(*side, pairs) pairs {
		return func(_ *side, f pairs) pairs { return f.with(name, value) }
	}
	return []differentialCase{
		one("as it should be", func(_ *side, f pairs) pairs { return f }),
		one("another client", func(s *side, f pairs) pairs { return f.with("client_id", s.clients["other"]) }),
		one("the confidential client", func(s *side, f pairs) pairs {
			return f.with("client_id", s.clients["confidential"]).with("client_secret", s.secret)
		}),
		one("the same scope", set("scope", "companies:view")),
		one("more scope", set("scope", "companies:view companies:update")),
		one("another scope", set("scope", "companies:update")),
		one("an unknown scope", set("scope", "admin")),
		one("a foreign resource", set("resource", "https://evil.test/")),
		one("its resource", func(s *side, f pairs) pairs { return f.with("resource", s.origin+"/v1/mcp") }),
		one("no token", func(_ *side, f pairs) pairs { return f.without("refresh_token") }),
		one("the token twice", func(_ *side, f pairs) pairs { return f.and("refresh_token", f.get("refresh_token")) }),
		one("an unknown token", set("refresh_token", "rt_"+strings.Repeat("x", 43))),
		one("a token cut short", func(_ *side, f pairs) pairs { return f.with("refresh_token", f.get("refresh_token")[1:]) }),
		{"refresh: the access token", func(t *testing.T, s *side) bool {
			got := s.post(t, s.codeForm(s.ask(t, s.query().encode())).encode())
			return s.post(t, s.refreshForm(got["access_token"].(string)).encode()) != nil
		}},
		{"refresh: the code", func(t *testing.T, s *side) bool {
			return s.post(t, s.refreshForm(s.ask(t, s.query().encode())).encode()) != nil
		}},
		{"refresh: an old token at once", func(t *testing.T, s *side) bool {
			old := connect(t, s)
			s.post(t, s.refreshForm(old).encode())
			return s.post(t, s.refreshForm(old).encode()) != nil
		}},
		{"refresh: an old token after the new one was used", func(t *testing.T, s *side) bool {
			old := connect(t, s)
			next := s.post(t, s.refreshForm(old).encode())
			s.post(t, s.refreshForm(next["refresh_token"].(string)).encode())
			return s.post(t, s.refreshForm(old).encode()) != nil
		}},
		{"refresh: the newest token after a reuse", func(t *testing.T, s *side) bool {
			old := connect(t, s)
			next := s.post(t, s.refreshForm(old).encode())
			last := s.post(t, s.refreshForm(next["refresh_token"].(string)).encode())
			s.post(t, s.refreshForm(old).encode())
			return s.post(t, s.refreshForm(last["refresh_token"].(string)).encode()) != nil
		}},
		{"refresh: after the code came twice", func(t *testing.T, s *side) bool {
			form := s.codeForm(s.ask(t, s.query().encode())).encode()
			got := s.post(t, form)
			s.post(t, form)
			return s.post(t, s.refreshForm(got["refresh_token"].(string)).encode()) != nil
		}},
	}
}

// shown makes a value readable in the name of a case.
func shown(value string) string {
	if len(value) > 60 {
		return value[:20] + "… (" + string(rune('0'+len(value)/100)) + "00 and more)"
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == '|' {
			return '·'
		}
		return r
	}, value)
}
