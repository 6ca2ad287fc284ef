package oauth

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"testing"

	"mandorla/internal/catalog"
	"mandorla/internal/model"
)

// FuzzAuthorize holds what an accepted authorization request is, against the standard library's reading of the same query, and that the
// answer to any request gives the client its state back, byte for byte, and nothing of the request besides.
func FuzzAuthorize(f *testing.F) {
	reg, err := catalog.Registry()
	if err != nil {
		f.Fatal(err)
	}
	s := &Service{Options: Options{Registry: reg, Origin: "https://as.test"}}
	good := "response_type=code&state=s&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256&resource=https%3A%2F%2Fas.test%2Fv1%2Fmcp"
	for _, more := range []string{
		"", "&scope=companies%3Aview+offline_access", "&scope=inclusive", "&scope=admin", "&scope=companies:view++companies:view", "&state=t", "&resource=https://evil.test/",
		"&prompt=login+consent", "&prompt=none", "&response_mode=query", "&response_mode=fragment", "&request=x", "&request_uri=", "&%72esponse_type=token", "&response_type=token",
		"&x=%zz", ";state=1", "&code_challenge=%41", "&state=%0d%0aSet-Cookie:a=b", "&STATE=x",
	} {
		f.Add(good + more)
		f.Add(strings.Replace(good, "S256", "plain", 1) + more)
	}
	f.Add(strings.Replace(good, "code_challenge=E9", "code_challenge=E", 1))
	f.Add(strings.Replace(good, "state=s", "state=%22%3E%3Cscript%3E%00%ff", 1))
	f.Fuzz(func(t *testing.T, query string) {
		q, err := parseForm(query, maxQuery)
		if err != nil {
			return
		}
		p := PendingRecord{RedirectURI: "https://client.test/cb?a=b", State: url.QueryEscape(q.get("state")), Challenge: q.get("code_challenge")}
		code := s.checkAuthorize(q, &p, true)
		back, err := url.Parse(s.answer(p, url.Values{"error": {"x"}}))
		if err != nil || back.Host != "client.test" || back.Path != "/cb" || back.Fragment != "" {
			t.Fatalf("%q is answered at %v, %v", query, back, err)
		}
		want := url.Values{"a": {"b"}, "error": {"x"}, "iss": {"https://as.test"}}
		if state := q.get("state"); state != "" {
			want["state"] = []string{state}
		}
		if got := back.Query(); got.Encode() != want.Encode() {
			t.Errorf("%q is answered with %v, want %v", query, got, want)
		}
		if code == "" {
			accepted(t, s, query, p)
		}
	})
}

// accepted is the naive model: what every accepted request has in common.
func accepted(t *testing.T, s *Service, query string, p PendingRecord) {
	t.Helper()
	v, err := url.ParseQuery(query)
	if err != nil {
		t.Fatalf("%q is accepted, and is no query: %v", query, err)
	}
	for name, values := range v {
		if len(values) > 1 {
			t.Errorf("%q is accepted with %s twice", query, name)
		}
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(p.Challenge)
	if loose, _ := base64.RawURLEncoding.DecodeString(p.Challenge); err != nil && len(loose) == 32 {
		raw = loose // the last character has two bits that mean nothing; no verifier ever fits then
	}
	if v.Get("response_type") != "code" || v.Get("code_challenge_method") != "S256" || len(raw) != 32 || v.Get("code_challenge") != p.Challenge {
		t.Errorf("%q is accepted without code or PKCE", query)
	}
	if v.Get("request") != "" || v.Get("request_uri") != "" || !slices.Contains([]string{"", "query"}, v.Get("response_mode")) || strings.Contains(v.Get("prompt"), "none") {
		t.Errorf("%q is accepted with what is not supported", query)
	}
	if !slices.Contains([]string{"https://as.test/v1/mcp", "https://as.test/mcp", "https://as.test/api"}, strings.TrimSuffix(v.Get("resource"), "/")) {
		t.Errorf("%q is accepted for the resource %q", query, v.Get("resource"))
	}
	for _, scope := range strings.Fields(p.Scope) {
		route, action, _ := strings.Cut(scope, ":")
		known := scope == ScopeInclusive || scope == ScopeOffline || slices.Contains([]string{"create", "view", "update", "remove", "export"}, action)
		if known && action != "" {
			known = slices.ContainsFunc(s.Registry.Models(), func(m *model.Model) bool { return m.Route == route })
		}
		if !known || v.Get("scope") != "" && !strings.Contains(v.Get("scope"), scope) {
			t.Errorf("%q is accepted with the scope %q", query, scope)
		}
	}
}
