package oauth

import (
	"encoding/json"
	"strings"
	"testing"
)

// FuzzDocument: whatever a document says, what is taken from it is bounded, plain and safe to redirect to.
func FuzzDocument(f *testing.F) {
	const id = "https://m1.test/client.json"
	for _, seed := range []string{
		`{"client_id":"` + id + `","redirect_uris":["https://m1.test/cb"]}`,
		`{"client_id":"` + id + `","client_name":"M\u202e1","redirect_uris":["http://localhost/cb","https://m1.test/cb"],"token_endpoint_auth_method":"private_key_jwt","token_endpoint_auth_methods_supported":["none"]}`,
		`{"client_id":"` + id + `","redirect_uris":["https://m1.test/cb"],"jwks":{"keys":[{"kty":"EC","d":"x"}]},"grant_types":["authorization_code"]}`,
		`{"client_id":"` + id + `","client_id":"x"}`, `[[[[`, `{"a":{"a":1,"a":2}}`, `null`, "",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		a, err := parseDocument(id, body)
		if err != nil {
			return
		}
		if a.ID != id || a.Origin != Document || a.Name == "" || len([]rune(a.Name)) > maxClientName || strings.ContainsAny(a.Name, "\r\n\x00\u202e") {
			t.Errorf("%q gives %+v", body, a)
		}
		if len(a.RedirectURIs) == 0 || len(a.RedirectURIs) > maxRedirects {
			t.Errorf("%q gives %d redirect addresses", body, len(a.RedirectURIs))
		}
		for _, uri := range a.RedirectURIs {
			if RedirectProblem(uri) != "" {
				t.Errorf("%q gives %q", body, uri)
			}
		}
		var plain map[string]any
		if err := json.Unmarshal(body, &plain); err != nil || plain["client_id"] != id || plain["client_secret"] != nil {
			t.Errorf("%q is taken: %v", body, err)
		}
	})
}

// FuzzDocumentAddress: an address that is taken reads in one way only.
func FuzzDocumentAddress(f *testing.F) {
	for _, seed := range []string{"https://m1.test/client.json", "https://m1.test/%2e%2e/x", "https://127.0.0.1/x", "https://a.b/c?d", "https://a.1/c", "https:\\a.b\\c"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, id string) {
		if DocumentProblem(id) != "" {
			return
		}
		host := hostOf(id)
		if !strings.HasPrefix(id, "https://"+host+"/") || HostProblem(host) != "" || len(id) > maxDocumentID || strings.ContainsAny(id, "#?@ \\") || strings.Contains(id, "/../") {
			t.Errorf("%q is taken", id)
		}
	})
}
