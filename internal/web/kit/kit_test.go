package kit

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func TestNewRefusesBrokenTemplates(t *testing.T) {
	type view struct {
		Name  string
		Items []struct{ Label string }
		Table Table
		Loose map[string]any
	}
	tests := map[string]struct{ html, want string }{
		"misspelt field":                {`{{.Nmae}}`, "no field or method Nmae"},
		"misspelt in a branch":          {`{{if eq .Name "never"}}{{.Nmae}}{{end}}`, "no field or method Nmae"},
		"misspelt inside an empty list": {`{{range .Items}}{{.Lable}}{{end}}`, "no field or method Lable"},
		"misspelt through a variable":   {`{{$x := .}}{{range .Items}}{{$x.Nmae}}{{end}}`, "no field or method Nmae"},
		"wrong view for a part":         {`{{template "badge" .Table}}`, "no field or method"},
		"unknown part":                  {`{{template "bagde" .Name}}`, `no template "bagde"`},
		"unknown function":              {`{{icno "plus"}}`, "icno"},
		"a map's values":                {`{{.Loose.anything}}`, "no field or method anything"},
		"unclosed tag":                  {`<a href="`, `page "one"`},
		"missing end":                   {`{{if .Name}}`, "unexpected EOF"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := New(time.Now, rand.Reader, onePage(test.html, view{}))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one that says %q", err, test.want)
			}
		})
	}
	if _, err := New(time.Now, rand.Reader, onePage(`{{.Name}}{{range .Items}}{{.Label}}{{end}}{{template "table" .Table}}`, view{})); err != nil {
		t.Errorf("a sound page: %v", err)
	}
}

func onePage(html string, view any) Pages {
	return Pages{
		FS:    fstest.MapFS{"templates/pages/one.html": &fstest.MapFile{Data: []byte(html)}},
		Views: map[string]any{"one": view},
	}
}

func TestNewMatchesPagesAndViews(t *testing.T) {
	if _, err := New(time.Now, rand.Reader, Pages{FS: fstest.MapFS{}, Views: map[string]any{"ghost": 1}}); err == nil {
		t.Error("a view without a template was accepted")
	}
	if _, err := New(time.Now, rand.Reader, Pages{FS: onePage("x", nil).FS}); err == nil {
		t.Error("a template without a view was accepted")
	}
}

type nameView struct{ Name string }

func TestRender(t *testing.T) {
	k, err := New(time.Now, rand.Reader, onePage(`<p title="{{.Name}}">{{.Name}}</p><form method="post">{{csrf}}</form>`, nameView{}))
	if err != nil {
		t.Fatal(err)
	}
	p := Page{Title: "<b>", Frame: Frame{CSRF: `to"ken`}}
	w := httptest.NewRecorder()
	if err := k.Render(w, http.StatusTeapot, p, "one", nameView{`"><script>alert(1)</script>`}); err != nil {
		t.Fatal(err)
	}
	html := w.Body.String()
	for _, bad := range []string{"<script>alert", "<b>", k.mark, `to"ken`} {
		if strings.Contains(html, bad) {
			t.Errorf("the page contains %q", bad)
		}
	}
	if n := strings.Count(html, `to&#34;ken`); n != 2 {
		t.Errorf("the token stands %d times, want in the form and the head", n)
	}
	if w.Code != http.StatusTeapot || w.Header().Get("Content-Security-Policy") != CSP || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("status %d, headers %v", w.Code, w.Header())
	}
	w = httptest.NewRecorder()
	if err := k.Render(w, http.StatusOK, p, "one", &nameView{}); err == nil || w.Body.Len() > 0 {
		t.Error("another type of view was accepted")
	}
	if err := k.Render(w, http.StatusOK, p, "none", nameView{}); err == nil || w.Body.Len() > 0 {
		t.Error("an unknown page was accepted")
	}
}

func TestFragment(t *testing.T) {
	k := galleryKit(t)
	w := httptest.NewRecorder()
	if err := k.Fragment(w, http.StatusOK, Page{}, "table", "results", Results{Items: []NavItem{{Label: "3M", Href: "/3m"}}}); err != nil {
		t.Fatal(err)
	}
	if html := w.Body.String(); strings.Contains(html, "<html") || !strings.Contains(html, `href="/3m"`) {
		t.Errorf("fragment: %s", html)
	}
}

var (
	tagPattern       = regexp.MustCompile(`<([a-zA-Z][a-zA-Z0-9-]*)((?:[^>"']|"[^"]*"|'[^']*')*)>`)
	attributePattern = regexp.MustCompile(`([^\s"'=<>/]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+))?`)
)

// TestNothingInline reads every tag of every gallery page: the policy forbids
// inline scripts and styles, and an ID must be there once.
func TestNothingInline(t *testing.T) {
	k := galleryKit(t)
	for name, s := range gallery() {
		html := s.render(t, k, Light).Body.String()
		ids, labelled := map[string]bool{}, map[string]bool{}
		for _, tag := range tagPattern.FindAllStringSubmatch(html, -1) {
			element, attributes := strings.ToLower(tag[1]), map[string]string{}
			for _, a := range attributePattern.FindAllStringSubmatch(tag[2], -1) {
				attributes[strings.ToLower(a[1])] = strings.Trim(a[2], `"'`)
			}
			if element == "style" || element == "script" && attributes["src"] == "" || element == "base" {
				t.Errorf("%s: %s", name, tag[0])
			}
			for attribute, value := range attributes {
				switch {
				case attribute == "style", strings.HasPrefix(attribute, "on"), strings.HasPrefix(attribute, "hx-on"),
					strings.HasPrefix(value, "javascript:"), strings.Contains(value, "ZgotmplZ"):
					t.Errorf("%s: %s", name, tag[0])
				case attribute == "id" && ids[value]:
					t.Errorf("%s: the ID %q stands twice", name, value)
				case attribute == "id":
					ids[value] = true
				case attribute == "for" && element == "label":
					labelled[value] = true
				}
			}
		}
		for id := range labelled {
			if !ids[id] {
				t.Errorf("%s: a label names %q, which is not there", name, id)
			}
		}
		if !strings.Contains(html, "</html>") || strings.Contains(html, "<no value>") {
			t.Errorf("%s: the page is not whole", name)
		}
	}
}

func TestRelative(t *testing.T) {
	now := sampleTime
	tests := map[time.Duration]string{
		0: "just now", -30 * time.Second: "just now", 90 * time.Second: "2 min ago", 59 * time.Minute: "59 min ago",
		time.Hour: "1 h ago", 23 * time.Hour: "23 h ago", 24 * time.Hour: "1 day ago", 27 * 24 * time.Hour: "27 days ago",
		40 * 24 * time.Hour: "11 Oct", 400 * 24 * time.Hour: "16 Oct 2025", -2 * time.Hour: "in 2 h", -72 * time.Hour: "in 3 days",
	}
	for ago, want := range tests {
		if got := relative(now, now.Add(-ago)); got != want {
			t.Errorf("%v ago: %q, want %q", ago, got, want)
		}
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567", 100000: "100,000"} {
		if got := Count(n); got != want {
			t.Errorf("Count(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestLensKeepsTheShare(t *testing.T) {
	for _, m := range []Mandorla{{Client: 12, Overlap: 7, Role: 9}, {Client: 2, Overlap: 1, Role: 40}, {Client: 100, Overlap: 1, Role: 100}} {
		r1, r2 := 10.0, 8.0
		share := float64(m.Overlap) / float64(min(m.Client, m.Role))
		got := overlapArea(r1, r2, distance(r1, r2, share)) / (3.141592653589793 * r2 * r2)
		if got < share-0.001 || got > share+0.001 {
			t.Errorf("%+v: the picture covers %.3f of the smaller circle, want %.3f", m, got, share)
		}
	}
	if (Mandorla{Client: 5, Role: 4}).Lens().Path != "" {
		t.Error("no overlap, but one is drawn")
	}
}

func TestTheme(t *testing.T) {
	post := func(referer string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("POST", "http://host.example/theme", strings.NewReader("theme=dark"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Referer", referer)
		w := httptest.NewRecorder()
		ThemeHandler().ServeHTTP(w, r)
		return w
	}
	w := post("http://host.example/apps?x=1")
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/apps?x=1" {
		t.Errorf("%d to %q", w.Code, w.Header().Get("Location"))
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.AddCookie(w.Result().Cookies()[0])
	if got := ThemeFrom(r); got != Dark {
		t.Errorf("theme %q", got)
	}
	for _, referer := range []string{"http://elsewhere.example/apps", "http://host.example//elsewhere.example", "", "::"} {
		if to := post(referer).Header().Get("Location"); to != "/" {
			t.Errorf("from %q it goes to %q", referer, to)
		}
	}
	r.Header.Set("Cookie", "theme=\"><script>")
	if got := ThemeFrom(r); got != System {
		t.Errorf("a made-up theme gives %q", got)
	}
}
