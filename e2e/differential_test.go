package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mandorla/internal/access"
	"mandorla/internal/demo"
	"mandorla/internal/identity"
	"mandorla/internal/oauth"
	"mandorla/internal/testkit"
)

// TestDifferential sends the same mutated requests to this server and to oidc-provider. Where one accepts what the other refuses,
// docs/differential.md has a line that says why; a line without a difference fails as well.
func TestDifferential(t *testing.T) {
	listed := differences(t)
	ours, theirs := ourSide(t), theirSide(t)
	seen := map[string]bool{}
	for _, c := range differentialCases() {
		if seen[c.name] {
			t.Fatalf("two cases are called %s", c.name)
		}
		seen[c.name] = true
		a, b := c.run(t, ours), c.run(t, theirs)
		why := listed[c.name]
		switch {
		case a != b && why == "":
			t.Errorf("%s: this server %s, the other %s, and docs/differential.md does not say why", c.name, class(a), class(b))
		case a == b && why != "":
			t.Errorf("%s: docs/differential.md lists a difference, but both do the same", c.name)
		case a != b && !strings.HasPrefix(why, map[bool]string{true: "accepts", false: "refuses"}[a]+" "):
			t.Errorf("%s: this server %s, docs/differential.md says otherwise", c.name, class(a))
		}
	}
	for name := range listed {
		if !seen[name] {
			t.Errorf("docs/differential.md lists %s, which is not tried", name)
		}
	}
	t.Logf("%d requests, %d differences", len(seen), len(listed))
	if len(seen) < 100 {
		t.Errorf("only %d cases", len(seen))
	}
}

func class(accepted bool) string { return map[bool]string{true: "accepts", false: "refuses"}[accepted] }

// differences reads docs/differential.md: the case, and what this server does with the reason.
func differences(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../docs/differential.md")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^\| ([^|]+) \| (accepts|refuses) \| (?:accepts|refuses) \| ([^|]+) \|$`).FindAllStringSubmatch(string(text), -1) {
		if out[m[1]] != "" {
			t.Errorf("docs/differential.md lists %s twice", m[1])
		}
		out[m[1]] = m[2] + " " + m[3]
	}
	return out
}

// side is one of the two servers.
type side struct {
	origin  string
	clients map[string]string // public, other, confidential → id
	secret  string
	token   string // path
	// ask sends an authorization request and gives the code of an approval, "" where it was refused.
	ask func(t *testing.T, query string) string
}

var differentialRedirects = []string{"https://client.test/cb", "http://127.0.0.1/callback", "http://localhost/callback"}

func ourSide(t *testing.T) *side {
	t.Helper()
	s := testkit.Start(t, "sqlite")
	out := &side{origin: s.URL, clients: map[string]string{}, token: s.URL + oauth.PathToken}
	for name, kind := range map[string]oauth.ClientKind{"public": oauth.Public, "other": oauth.Public, "confidential": oauth.Confidential} {
		c, secret, err := s.OAuth.CreateClient(t.Context(), s.Admin, oauth.ClientInput{Name: name, Kind: kind, RedirectURIs: differentialRedirects, Set: access.Of(s.Schema.Base(), access.View)})
		if err != nil {
			t.Fatal(err)
		}
		if out.clients[name] = c.ID; kind == oauth.Confidential {
			out.secret = secret
		}
	}
	cookie, err := s.Identity.SignIn(t.Context(), demo.Carly.Email, demo.Carly.Password, identity.From{IP: "127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	browser, err := s.OAuth.NewBinding()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	out.ask = func(t *testing.T, query string) string {
		t.Helper()
		n++
		session, principal, err := s.Identity.Session(t.Context(), cookie, "")
		if err != nil {
			t.Fatal(err)
		}
		v := oauth.Visitor{Session: session, Principal: principal, Browser: browser, IP: fmt.Sprintf("10.0.%d.1", n)}
		begun, err := s.OAuth.BeginAuthorize(t.Context(), oauth.AuthorizeRequest{RawQuery: query, Browser: v.Browser, IP: v.IP, Session: &v.Session})
		if err != nil {
			return ""
		}
		if begun.SignIn { // once more, as the request asked
			if cookie, err = s.Identity.SignIn(t.Context(), demo.Carly.Email, demo.Carly.Password, identity.From{IP: v.IP}); err != nil {
				t.Fatal(err)
			}
			if v.Session, v.Principal, err = s.Identity.Session(t.Context(), cookie, ""); err != nil {
				t.Fatal(err)
			}
		}
		page, err := s.OAuth.Show(t.Context(), begun.Pending, v)
		if err != nil {
			return ""
		}
		to, err := s.OAuth.Approve(t.Context(), begun.Pending, page.FormToken, nil, v)
		if err != nil {
			t.Fatal(err)
		}
		return codeIn(t, to)
	}
	return out
}

func theirSide(t *testing.T) *side {
	t.Helper()
	cmd := exec.Command(node22(t), "oidc_provider.mjs", strings.Join(differentialRedirects, ","))
	cmd.Dir = "clients"
	cmd.Env = append(os.Environ(), "NODE_ENV=test")
	cmd.Stderr = t.Output()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	lines := bufio.NewScanner(out)
	origin := ""
	for origin == "" && lines.Scan() {
		origin, _ = strings.CutPrefix(lines.Text(), "LISTEN ")
	}
	if origin == "" {
		t.Fatal("oidc-provider did not start")
	}
	s := &side{
		origin: origin, clients: map[string]string{"public": "public", "other": "other", "confidential": "confidential"},
		secret: "a-secret-of-more-than-thirty-two-characters", token: origin + "/token",
	}
	s.ask = func(t *testing.T, query string) string {
		t.Helper()
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		to := origin + "/auth?" + query
		for range 8 {
			res, err := client.Get(to)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(res.Body)
			res.Body.Close()
			if res.StatusCode >= 500 {
				t.Fatalf("oidc-provider: %d %s", res.StatusCode, body)
			}
			next, err := res.Location()
			if err != nil { // a page of its own
				return ""
			}
			if to = next.String(); !strings.HasPrefix(to, origin) {
				return codeIn(t, to)
			}
		}
		t.Fatalf("oidc-provider goes in circles: %s", query)
		return ""
	}
	return s
}

func codeIn(t *testing.T, to string) string {
	t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query().Get("code")
}

const differentialVerifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

// pairs are parameters in their order, encoded when they are sent.
type pairs [][2]string

func (s *side) query() pairs {
	return pairs{
		{"response_type", "code"}, {"client_id", s.clients["public"]}, {"redirect_uri", differentialRedirects[0]}, {"scope", "companies:view"}, {"state", "a-state"},
		{"code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}, {"code_challenge_method", "S256"}, {"resource", s.origin + "/v1/mcp"},
	}
}

func (s *side) codeForm(code string) pairs {
	return pairs{{"grant_type", "authorization_code"}, {"code", code}, {"redirect_uri", differentialRedirects[0]}, {"client_id", s.clients["public"]}, {"code_verifier", differentialVerifier}}
}

func (s *side) refreshForm(token string) pairs {
	return pairs{{"grant_type", "refresh_token"}, {"refresh_token", token}, {"client_id", s.clients["public"]}}
}

func (p pairs) encode() string {
	var parts []string
	for _, one := range p {
		parts = append(parts, url.QueryEscape(one[0])+"="+url.QueryEscape(one[1]))
	}
	return strings.Join(parts, "&")
}

func (p pairs) without(name string) pairs {
	return slices.DeleteFunc(slices.Clone(p), func(one [2]string) bool { return one[0] == name })
}

func (p pairs) with(name, value string) pairs { return append(p.without(name), [2]string{name, value}) }
func (p pairs) and(name, value string) pairs  { return append(slices.Clone(p), [2]string{name, value}) }
func (p pairs) get(name string) string {
	for _, one := range p {
		if one[0] == name {
			return one[1]
		}
	}
	return ""
}

// post sends a form to the token endpoint and gives the answer, nil for a refusal.
func (s *side) post(t *testing.T, body string, header ...string) map[string]any {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.token, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, h := range header {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil || res.StatusCode >= 500 {
		t.Fatalf("%s: %d, %v", s.token, res.StatusCode, err)
	}
	if res.StatusCode != http.StatusOK {
		return nil
	}
	return out
}
