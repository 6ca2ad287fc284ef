package oauth

import (
	"encoding/base64"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// FuzzRedirect holds the matcher against a naive model: equal strings, or two loopback addresses that are equal once a port is cut out.
func FuzzRedirect(f *testing.F) {
	for _, s := range [][2]string{
		{"https://c1.test/cb", "https://c1.test/cb"}, {"http://127.0.0.1/cb", "http://127.0.0.1:5555/cb"}, {"http://[::1]:1/cb", "http://[::1]/cb"},
		{"http://localhost/cb", "http://localhost:5555@evil/cb"}, {"https://c1.test/cb", "https://c1.test:8443/cb"}, {"http://localhost?x", "http://localhost:7?x"},
		{"http://127.0.0.1:33418/", "http://127.0.0.1:33418"}, {"javascript:alert(1)", "javascript:alert(1)"},
	} {
		f.Add(s[0], s[1])
	}
	loopback := regexp.MustCompile(`^http://(127\.0\.0\.1|\[::1\]|localhost)(:[1-9][0-9]{0,4})?([/?].*)?$`)
	f.Fuzz(func(t *testing.T, registered, asked string) {
		got := matchRedirect([]string{registered}, asked)
		a, b := loopback.FindStringSubmatch(registered), loopback.FindStringSubmatch(asked)
		want := registered == asked || a != nil && b != nil && a[1] == b[1] && a[3] == b[3]
		if got && !want {
			t.Errorf("%q matches %q", asked, registered)
		}
		if want && !got && RedirectProblem(registered) == "" && RedirectProblem(asked) == "" {
			t.Errorf("%q does not match %q", asked, registered)
		}
		if got {
			u, err := url.Parse(asked)
			if err != nil || u.Scheme != "https" && !loopbackHost(u.Hostname()) || u.User != nil || strings.ContainsAny(asked, "#\"<>\\ \r\n") {
				t.Errorf("%q is accepted", asked)
			}
			back, err := url.Parse(withParams(asked, url.Values{"code": {"x&y"}, "iss": {"https://i"}}))
			if err != nil || back.Query().Get("code") != "x&y" || back.Host != u.Host || back.Path != u.Path {
				t.Errorf("%q with parameters is %v, %v", asked, back, err)
			}
		}
	})
}

// TestStoredRedirect holds that an address that is not acceptable matches nothing, though it was registered once.
func TestStoredRedirect(t *testing.T) {
	for _, r := range []string{"http://localhost:0/cb", "http://localhost:x@evil/cb", "http://u@localhost/cb", "javascript:alert(1)"} {
		if matchRedirect([]string{r}, "http://localhost/cb") || matchRedirect([]string{r}, r) {
			t.Errorf("%q matches", r)
		}
	}
}

func FuzzBasic(f *testing.F) {
	for _, s := range []string{"Basic cGtfeDpza195", "basic cGtfeDpza195", "Basic !!!", "Basic", "Bearer x", "Basic Og==", "Basic cGslM0E6c2slMjU="} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, header string) {
		id, secret, ok := parseBasic(header)
		if !ok {
			return
		}
		again := "Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id)+":"+url.QueryEscape(secret)))
		id2, secret2, ok2 := parseBasic(again)
		if id == "" || !ok2 || id2 != id || secret2 != secret {
			t.Errorf("%q gives %q %q, written again %q %q", header, id, secret, id2, secret2)
		}
	})
}

// FuzzForm holds that a form is read as url.ParseQuery reads it, or not at all, and that no parameter is there twice.
func FuzzForm(f *testing.F) {
	for _, s := range []string{"a=b&c=d", "a=1&a=2", "resource=1&resource=2", "%zz=1", "a;b=1", "state=%0d%0a", "&&=&a", "a=b=c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseForm(text, 1<<16)
		if err != nil {
			return
		}
		want, err := url.ParseQuery(text)
		if err != nil {
			t.Fatalf("%q is read although it is no query: %v", text, err)
		}
		for name, values := range want {
			if len(values) > 1 && (name != "resource" || !got.repeated) {
				t.Errorf("%q: %s is there twice", text, name)
			}
			if got.get(name) != values[len(values)-1] {
				t.Errorf("%q: %s is %q, not %q", text, name, got.get(name), values)
			}
		}
	})
}

// TestWithin holds that a scope is never within a narrower one.
func TestWithin(t *testing.T) {
	scopes := []string{"companies:view", "companies:update", "tasks:view", ScopeOffline}
	rapid.Check(t, func(t *rapid.T) {
		asked := rapid.SliceOfN(rapid.SampledFrom(scopes), 1, 4).Draw(t, "asked")
		have := rapid.SliceOfN(rapid.SampledFrom(scopes), 1, 4).Draw(t, "have")
		want := true
		for _, a := range asked {
			there := a == ScopeOffline
			for _, h := range have {
				there = there || a == h
			}
			want = want && there
		}
		if got := within(strings.Join(asked, " "), strings.Join(have, " ")); got != want {
			t.Errorf("%v within %v: %v", asked, have, got)
		}
	})
}
