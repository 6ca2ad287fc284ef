package oauth

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"mandorla/internal/catalog"
)

func times(s string, n int) string { return strings.Repeat(s, n) }

// TestForms holds what each form lets through, at its edges.
func TestForms(t *testing.T) {
	all := alphanumeric
	host63, host253 := times("a", 63)+".test", times(times("a", 49)+".", 5)+"abc"
	for name, c := range map[string]struct {
		fits      func(string) bool
		good, bad []string
	}{
		"id": {plainID, []string{"", all + "-_", times("x", 80)}, []string{times("x", 81), "a.b", "a b", "ä", "a\x00"}},
		"hash": {hashForm, []string{times("x", 43), all[:41] + "-_", all[19:] + "xx"[:43-len(all[19:])]},
			[]string{times("x", 42), times("x", 44), times("x", 42) + ".", times("x", 42) + "~"}},
		"verifier": {func(s string) bool { return verifierFits(s, hash(s)) }, []string{times("x", 43), times("x", 128), all + "-._~"},
			[]string{times("x", 42), times("x", 129), all + "+", all + "/", all + " "}},
		"token": {tokenForm, []string{all + "-._~+/", "x==", times("x", 256)}, []string{"", "=", "x=y", times("x", 257), "x y", "x,"}},
		"port":  {plainPort, []string{"1", "80", "65535"}, []string{"0", "01", "65536", "-1", "+1", "x", "1x"}},
		"host": {plainHost, []string{"::1", "a", "a-0.z9", host63, host253},
			[]string{"", "a..b", ".a", "a.", "A.test", "a_b", times("a", 64) + ".test", host253 + "d", "::2"}},
		"document host": {func(s string) bool { return HostProblem(s) == "" }, []string{"a.test", "1.a", "a.z9"}, []string{"", "test", "a.1", "a.1b", "a.-b", "a.", "A.test", "a.test:1"}},
		"path":          {func(s string) bool { return !dotSegment(s) }, []string{"/a.b/...", "/a%2Eb", "/%25"}, []string{"/.", "/a/../b", "/%2E%2e/", "/a%5Cb", "/a%2fb", "/a%00"}},
	} {
		for _, s := range c.good {
			if !c.fits(s) {
				t.Errorf("%s: %q is refused", name, s)
			}
		}
		for _, s := range c.bad {
			if c.fits(s) {
				t.Errorf("%s: %q is taken", name, s)
			}
		}
	}
}

// Each mistake in an address is told by its own sentence, since somebody has to mend it.
func TestAddressProblems(t *testing.T) {
	for uri, want := range map[string]string{
		"": "2000 characters", "https://a.test/" + times("x", 1986): "2000 characters", "https://a.test/" + times("x", 1985): "",
		"https://a.test/ ": "may not contain", "https://a.test/\x7f": "may not contain", "https://a.test/*": "may not contain", "https://a.test/\\": "may not contain", "https://a.test/!~": "",
		"https://a.test/#": "fragment", "ftp://a.test/": "must begin", "https:a.test": "must begin", "https://": "complete", "https://%zz/": "complete", "https://:1/": "complete",
		"https://u@a.test/": "user name", "http://a.test/": "must be https", "http://127.0.0.1": "", "http://[::1]:1/x": "", "http://localhost?x": "",
		"https://a.test:/": "port", "https://a.test:0/": "port", "https://a.test:65536/": "port", "https://a.test:8443/": "", "https://A.test/": "lower-case",
		"https://a.test/../x": ". or ..", "https://a.test/?a=%zz": "query", "https://a.test/?code=1": "may not have code", "https://a.test/?state": "may not have state",
		"https://a.test/?iss=": "may not have iss", "https://a.test/?error=1": "may not have error", "https://a.test/?error_description=1": "may not have error_description", "https://a.test/?codes=1": "",
	} {
		if got := RedirectProblem(uri); (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("%.60q %q, want %q", uri, got, want)
		}
	}
	for id, want := range map[string]string{
		"https://a.test/" + times("x", 498): "too long", "https://a.test/" + times("x", 497): "", "https://a.test/x": "", "https://a.test/x?y": "plain ASCII", "https://a.test/x#": "plain ASCII",
		"https://u@a.test/x": "plain ASCII", "https://a.test/ü": "plain ASCII", "https://a.test/%zz": "complete", "https:///x": "complete", "https:a.test/x": "complete",
		"http://a.test/x": "complete", "https://a.test:443/x": "host name", "https://127.0.0.1/x": "host name", "https://a.test": "a path", "https://a.test/": "a path", "https://a.test/x//y": "a path",
		"https://a.test/./x": "a path",
	} {
		if got := DocumentProblem(id); (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("%.60q %q, want %q", id, got, want)
		}
	}
}

// Registered and asked for: the same, or on the own machine the same but for the port.
func TestMatchRedirect(t *testing.T) {
	for _, c := range []struct {
		registered, asked string
		want              bool
	}{
		{"http://127.0.0.1:1/cb", "http://127.0.0.1:2/cb", true}, {"http://127.0.0.1", "http://127.0.0.1:2", true}, {"http://[::1]/cb", "http://[::1]:2/cb", true},
		{"http://[::1]:1", "http://[::1]", true}, {"http://localhost?x", "http://localhost:2?x", true}, {"http://localhost/cb", "http://localhost:2/cb?x", false},
		{"http://localhost/cb", "http://127.0.0.1/cb", false}, {"https://a.test:1/cb", "https://a.test/cb", false}, {"https://localhost/cb", "http://localhost/cb", false},
		{"http://localhost/cb", "https://localhost/cb", false}, {"https://a.test/cb", "https://b.test/cb", false},
	} {
		if got := matchRedirect([]string{"https://other.test/", c.registered}, c.asked); got != c.want {
			t.Errorf("%s for %s: %v", c.asked, c.registered, got)
		}
	}
	for uri, want := range map[string]string{"https://a.test:8443/x": "a.test:8443", "http://127.0.0.1:1/x": "127.0.0.1:1", "http://%zz/": ""} {
		if host, loopback := redirectHost(uri); host != want || loopback != strings.HasPrefix(want, "127.") {
			t.Errorf("%s is shown as %q, %v", uri, host, loopback)
		}
	}
}

// A form is read strictly, up to its limits.
func TestFormLimits(t *testing.T) {
	for text, good := range map[string]bool{
		times("x", 100): true, times("x", 101): false, times("&", 63): true, times("&", 64): false, "a=1;b": false, "%zz=1": false, "a=%zz": false, "a=1&a=1": false, "a&a": false, "a=1&&b=2": true,
	} {
		if _, err := parseForm(text, 100); (err == nil) != good {
			t.Errorf("%q: %v", text, err)
		}
	}
	f, err := parseForm("resource=a&resource=b", 100)
	if err != nil || !f.repeated {
		t.Errorf("%+v, %v", f, err)
	}
	if f, err = parseForm("resource=a&b=c", 100); err != nil || f.repeated || f.get("resource") != "a" {
		t.Errorf("%+v, %v", f, err)
	}
}

// Scopes are few and short, each one known; their stored form is the same whatever their order.
func TestScopeLimits(t *testing.T) {
	reg, err := catalog.Registry()
	if err != nil {
		t.Fatal(err)
	}
	for scope, want := range map[string]string{
		"": "inclusive", "offline_access": "inclusive offline_access", "tasks:view companies:view tasks:view": "companies:view tasks:view", "offline_access companies:view": "companies:view offline_access",
		times("inclusive ", 255) + "inclusive": "inclusive", times("offline_access ", 255) + "inclusive": "inclusive offline_access",
	} {
		if got, ok := parseScope(reg, scope); !ok || got != want {
			t.Errorf("%.60q is %q, %v", scope, got, ok)
		}
	}
	for _, scope := range []string{times("inclusive ", 256) + "inclusive", " ", "companies:", "companies", "x:view", "inclusive "} {
		if _, ok := parseScope(reg, scope); ok {
			t.Errorf("%.60q is taken", scope)
		}
	}
	for _, c := range []struct {
		asked, have string
		want        bool
	}{
		{"companies:view", "inclusive offline_access", true}, {"companies:view", "companies:view tasks:view", true}, {"companies:view offline_access", "companies:view", true},
		{"companies:update", "companies:view", false}, {"inclusive", "companies:view", false},
	} {
		if within(c.asked, c.have) != c.want {
			t.Errorf("%q within %q", c.asked, c.have)
		}
	}
}

// A document is kept for as long as its headers say, between five minutes and a day.
func TestLifeOfDocuments(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	in := func(d time.Duration) string { return now.Add(d).Format(http.TimeFormat) }
	for _, c := range []struct {
		headers []string
		want    time.Duration
	}{
		{nil, 5 * time.Minute}, {[]string{"Cache-Control", "max-age=3600"}, time.Hour}, {[]string{"Cache-Control", `public, Max-Age="7200"`}, 2 * time.Hour},
		{[]string{"Cache-Control", "max-age=99999999"}, 24 * time.Hour}, {[]string{"Cache-Control", "max-age=1"}, 5 * time.Minute}, {[]string{"Cache-Control", "max-age=x"}, 5 * time.Minute},
		{[]string{"Cache-Control", "max-age=3600, no-store"}, 5 * time.Minute}, {[]string{"Cache-Control", "no-cache, max-age=3600"}, 5 * time.Minute},
		{[]string{"Cache-Control", "max-age=3600", "Cache-Control", "no-cache"}, 5 * time.Minute},
		{[]string{"Expires", in(time.Hour)}, time.Hour}, {[]string{"Expires", in(-time.Hour)}, 5 * time.Minute}, {[]string{"Expires", "soon"}, 5 * time.Minute},
		{[]string{"Expires", in(time.Hour), "Cache-Control", "max-age=7200"}, 2 * time.Hour},
	} {
		h := http.Header{}
		for i := 0; i < len(c.headers); i += 2 {
			h.Add(c.headers[i], c.headers[i+1])
		}
		if got := life(h, now); got != c.want {
			t.Errorf("%v: %v, want %v", c.headers, got, c.want)
		}
	}
}

// What a program says of itself is cut to a bound, and what could mislead is taken out.
func TestClaimedNames(t *testing.T) {
	for name, want := range map[string]string{"": "", " a \n b ": "a b", times("x", 80): times("x", 80), times("ü", 81): times("ü", 80)} {
		if got := clipName(name); got != want {
			t.Errorf("%q is shown as %q", name, got)
		}
	}
}

// A challenge is one header of plain ASCII, whatever it has to say.
func TestChallengeForm(t *testing.T) {
	s := &Service{Options: Options{Origin: "https://as.test"}}
	meta := `resource_metadata="https://as.test/.well-known/oauth-protected-resource/api"`
	for _, c := range []struct{ code, desc, scope, want string }{
		{"", "", "", "Bearer " + meta}, {"", "", "a b", "Bearer " + meta + `, scope="a b"`}, {"e", "", "", `Bearer error="e", ` + meta},
		{"e", "x !~\"\\\x1f\x7fü\r\ny", "", `Bearer error="e", error_description="x !~y", ` + meta},
	} {
		if got := s.Challenge(PathREST, c.code, c.desc, c.scope); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

// Problems of a client are written so often and no more; other clients' are not held up by them.
func TestProblemsDue(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	var p problems
	is := func(what, client, problem string, want bool) {
		t.Helper()
		if got := p.due(client, problem, now); got != want {
			t.Errorf("%s: %v", what, got)
		}
	}
	is("the first", "c", "0", true)
	is("the same", "c", "0", false)
	for i := range 19 {
		is("another", "c", times("x", i+1), true)
	}
	is("one too many", "c", "new", false)
	is("another client's", "d", "new", true)
	now = now.Add(problemEvery - 1)
	is("within the time", "c", "new", false)
	now = now.Add(1)
	is("after it", "c", times("x", 19), true)
	is("again", "c", times("x", 19), false)
	for i := range problemsKept - 2 {
		p.lately[fmt.Sprint("client ", i)] = problemsLately{}
	}
	if len(p.lately) != problemsKept {
		t.Fatalf("%d clients", len(p.lately))
	}
	is("with a full memory", "e", "new", true)
	if len(p.lately) != 1 {
		t.Errorf("%d clients are remembered", len(p.lately))
	}
}

// Of signs of one kind the newest is kept, with as much of a program's name as is bearable.
func TestSignsKept(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	s := &Service{Options: Options{Now: func() time.Time { return now }}}
	for agent, want := range map[string]string{times("ü", 100): times("ü", 100), times("ü", 101): times("ü", 99) + "…", "Mozilla/5": "Mozilla/5", "": ""} {
		s.noteSign(SignStranger, agent)
		if got := s.signs.take(); len(got) != 1 || got[0].Agent != want || !got[0].At.Equal(now) {
			t.Errorf("%.20q is kept as %+v", agent, got)
		}
	}
	s.noteSign(SignMetadata, "Mozilla/5")
	if got := s.signs.take(); len(got) != 0 {
		t.Errorf("a person is kept: %+v", got)
	}
	s.noteSign(SignMetadata, "new")
	now = now.Add(-time.Second)
	s.noteSign(SignMetadata, "old")
	if got := s.signs.take(); len(got) != 1 || got[0].Agent != "new" || s.signs.waiting != nil {
		t.Errorf("kept %+v", got)
	}
}

// A part of a sweep is as large as the one before was quick.
func TestSweepNext(t *testing.T) {
	for _, c := range []struct {
		limit int
		took  time.Duration
		want  int
	}{
		{100, sweepTime + 1, 50}, {100, sweepTime, 100}, {100, sweepTime / 2, 100}, {100, sweepTime/2 - 1, 126}, {30, time.Second, 25}, {450, 0, 500},
	} {
		if got := sweepNext(c.limit, c.took); got != c.want {
			t.Errorf("after %d in %v: %d, want %d", c.limit, c.took, got, c.want)
		}
	}
}

// Basic is two halves, each encoded as in a form, and an id in any case.
func TestBasicForm(t *testing.T) {
	encode := base64.StdEncoding.EncodeToString
	for header, want := range map[string]string{
		"Basic " + encode([]byte("a:b")): "a|b", "bASIC " + encode([]byte("a%3A:b%20c+d:e")): "a:|b c d:e", "Basic " + encode([]byte("a:")): "a|",
		"Basic": "", "Bearer " + encode([]byte("a:b")): "", "Basic !": "", "Basic " + encode([]byte("ab")): "", "Basic " + encode([]byte(":b")): "", "Basic " + encode([]byte("%zz:b")): "",
		"Basic " + encode([]byte("a:%zz")): "", "Basic" + encode([]byte("a:b")): "", "Basic YTpj=": "",
	} {
		id, secret, ok := parseBasic(header)
		if ok != (want != "") || ok && id+"|"+secret != want {
			t.Errorf("%q: %q, %q, %v", header, id, secret, ok)
		}
	}
}
