package oauth

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

const aDocument = "https://m1.test/client.json"

// described is a document or registration with further fields; one that is named again comes last.
func described(more string) []byte {
	return []byte(`{"client_id":"` + aDocument + `","redirect_uris":["https://m1.test/cb"]` + more + `}`)
}

// TestDescriptions holds what an app may say about itself, in a document and at the registration endpoint: each mistake is told by its own
// sentence, since the app's maker has to find it.
func TestDescriptions(t *testing.T) {
	deep := func(n int) string { return `,"x":` + times("[", n) + times("]", n) }
	uris := func(n int) string {
		var all []string
		for i := range n {
			all = append(all, `"https://m1.test/`+times("x", i)+`"`)
		}
		return `{"client_id":"` + aDocument + `","redirect_uris":[` + strings.Join(all, ",") + `]}`
	}
	for _, c := range []struct{ body, document, registration string }{
		{`[]`, "not a JSON object", "not a JSON object"}, {`null`, "not a JSON object", "not a JSON object"}, {``, "not JSON", "not JSON"}, {`x`, "not JSON", "not JSON"}, {string(described(`,"x":1e999`)), "", ""}, {`{`, "not JSON", "not JSON"}, {`{"a"`, "not JSON", "not JSON"}, {`{"a":[}`, "not JSON", "not JSON"},
		{`{"a":1,}`, "not JSON", "not JSON"}, {`{"a":1} x`, "follows", "follows"}, {`{"a":1}{}`, "follows", "follows"}, {"{\"a\":\"\xff\"}", "UTF-8", "UTF-8"}, {`{"a":1,"a":2}`, "same name", "same name"},
		{string(described(`,"x":{"a":1,"b":{"a":1},"a":2}`)), "same name", "same name"}, {string(described(`,"x":[{"a":1},{"a":2}]`)), "", ""},
		{string(described(deep(16))), "", ""}, {string(described(deep(17))), "too deeply", "too deeply"},
		{string(described(`,"client_name":1`)), "client_name must be a text", "client_name must be a text"}, {string(described(`,"client_name":null`)), "", ""},
		{`{"client_id":"` + aDocument + `"}`, "must hold 1 to 20", "must hold 1 to 20"}, {`{"client_id":"` + aDocument + `","redirect_uris":"x"}`, "must hold 1 to 20", "must hold 1 to 20"},
		{uris(0), "must hold 1 to 20", "must hold 1 to 20"}, {uris(1), "", ""}, {uris(20), "", ""}, {uris(21), "must hold 1 to 20", "must hold 1 to 20"},
		{`{"client_id":"` + aDocument + `","redirect_uris":["https://m1.test/cb","x"]}`, "redirect_uris[1]", "redirect_uris[1]"},
		{string(described(`,"grant_types":1`)), "grant_types must be a list", "grant_types must be a list"}, {string(described(`,"response_types":1`)), "response_types must be a list", "response_types must be a list"},
		{string(described(`,"grant_types":["refresh_token"]`)), "hold authorization_code", "hold authorization_code"}, {string(described(`,"response_types":["token"]`)), "hold code", "hold code"},
		{string(described(`,"grant_types":[],"response_types":[]`)), "", ""}, {string(described(`,"response_types":["token","code"]`)), "", ""},
		{string(described(`,"client_uri":1`)), "client_uri must be a text", "client_uri must be a text"}, {string(described(`,"logo_uri":"http://m1.test/"`)), "logo_uri must begin", "logo_uri must begin"},
		{string(described(`,"tos_uri":"https://m1.test/","policy_uri":""`)), "", ""},
		{string(described(`,"token_endpoint_auth_method":1`)), "must be a text", "must be a text"},
		{string(described(`,"token_endpoint_auth_method":"client_secret_basic"`)), "needs a secret", "must be none"}, {string(described(`,"token_endpoint_auth_method":"private_key_jwt"`)), "must offer", "must be none"},
		{string(described(`,"token_endpoint_auth_method":"none"`)), "", ""}, {string(described(`,"token_endpoint_auth_method":""`)), "", ""},

		{`{"client_id":"https://m2.test/","redirect_uris":["https://m1.test/cb"]}`, "not the address", ""}, {`{"redirect_uris":["https://m1.test/cb"]}`, "not the address", ""}, {`{"client_id":1,"redirect_uris":["https://m1.test/cb"]}`, "not the address", ""},
		{string(described(`,"client_secret":"x"`)), "no place", ""}, {string(described(`,"client_secret_expires_at":0`)), "no place", ""}, {string(described(`,"registration_access_token":"x"`)), "no place", ""},
		{string(described(`,"jwks":1`)), "jwks cannot be read", ""}, {string(described(`,"jwks":{"keys":[{"kty":"EC","x":"x"},{"d":"x"}]}`)), "private key", ""}, {string(described(`,"jwks":{"keys":[{"kty":"EC","x":"x"}]}`)), "", ""},
		{string(described(`,"token_endpoint_auth_methods_supported":1`)), "must be a list", ""}, {string(described(`,"token_endpoint_auth_methods_supported":["private_key_jwt"]`)), "must offer", ""},
		{string(described(`,"token_endpoint_auth_methods_supported":["none","client_secret_jwt"]`)), "needs a secret", ""}, {string(described(`,"token_endpoint_auth_methods_supported":["none"]`)), "", ""},
		{string(described(`,"token_endpoint_auth_method":"private_key_jwt","token_endpoint_auth_methods_supported":["none"]`)), "", "must be none"}, {string(described(`,"token_endpoint_auth_methods_supported":[]`)), "", ""},

		{string(described(`,"application_type":1`)), "", "application_type must be a text"}, {string(described(`,"application_type":"x"`)), "", "web or native"}, {string(described(`,"application_type":"native"`)), "", ""},
		{`{"client_id":"` + aDocument + `","application_type":"web","redirect_uris":["https://m1.test/cb","http://localhost/"]}`, "", "must say application_type native"},
		{`{"client_id":"` + aDocument + `","application_type":"native","redirect_uris":["http://localhost/"]}`, "", ""},
	} {
		_, err := parseDocument(aDocument, []byte(c.body))
		is(t, "document "+c.body, err, c.document)
		_, _, err = readRegistration(registering(c.body))
		is(t, "registration "+c.body, err, c.registration)
	}
}

func is(t *testing.T, what string, err error, want string) {
	t.Helper()
	var bad *badMetadata
	if (err == nil) != (want == "") || err != nil && (!errors.As(err, &bad) || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), bad.code+": ")) {
		t.Errorf("%.200s: %v, want %q", what, err, want)
	}
}

func registering(body string, header ...string) *http.Request {
	r := httptest.NewRequest("POST", PathRegister, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

// What is read of a description is what the tenant's client will be.
func TestDescriptionIsRead(t *testing.T) {
	a, err := parseDocument(aDocument, described(`,"client_name":" A  B ","grant_types":["authorization_code"]`))
	if err != nil || a.ID != aDocument || a.Origin != Document || a.Name != "A B" || !a.NoRefresh || !slices.Equal(a.RedirectURIs, []string{"https://m1.test/cb"}) {
		t.Errorf("%+v, %v", a, err)
	}
	if a, err = parseDocument(aDocument, described(`,"grant_types":["refresh_token","authorization_code"]`)); err != nil || a.Name != "m1.test" || a.NoRefresh {
		t.Errorf("%+v, %v", a, err)
	}
	for body, want := range map[string]string{
		string(described("")): "web", string(described(`,"application_type":"native"`)): "native", `{"redirect_uris":["http://localhost/","https://a.test/","http://localhost/"]}`: "native",
	} {
		a, kind, err := readRegistration(registering(body))
		if err != nil || kind != want || a.Name != "App without a name" || a.NoRefresh || !slices.IsSorted(a.RedirectURIs) || len(slices.Compact(a.RedirectURIs)) != len(a.RedirectURIs) {
			t.Errorf("%s: %+v, %q, %v", body, a, kind, err)
		}
	}
	a, _, err = readRegistration(registering(string(described(`,"client_name":"N"`))))
	if err != nil || a.Name != "N" {
		t.Errorf("%+v, %v", a, err)
	}
}

// A registration is JSON, whole, not compressed and not large.
func TestRegistrationBody(t *testing.T) {
	full := func(n int) string {
		return string(described(`,"x":"` + times("x", n-len(described(`,"x":""`))) + `"`))
	}
	_, _, err := readRegistration(registering(full(maxRegistration)))
	is(t, "a full body", err, "")
	_, _, err = readRegistration(registering(full(maxRegistration + 1)))
	is(t, "a body too large", err, "at most 16384")
	for header, want := range map[string]string{"application/json; charset=utf-8": "", "text/plain": "application/json", "": "application/json", "application/json;": ""} {
		_, _, err := readRegistration(registering(full(200), "Content-Type", header))
		is(t, "as "+header, err, want)
	}
	for encoding, want := range map[string]string{"gzip": "compression", "Identity": ""} {
		_, _, err := readRegistration(registering(full(200), "Content-Encoding", encoding))
		is(t, "as "+encoding, err, want)
	}
	r := registering("")
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader("{"), broken{}))
	_, _, err = readRegistration(r)
	is(t, "a body that ends", err, "complete")
}

// broken is a connection that breaks.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("reset by peer") }
