package assets

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

func sample() *bundle {
	manifest, _ := json.Marshal(map[string]any{
		"files": map[string]string{"a.css": "a-0123.css", "b.js": "b-4567.js", "f.woff2": "f-89.woff2"}, "icons": []string{"plus"}})
	return load(fstest.MapFS{
		"manifest.json": {Data: manifest}, ".keep": {}, "a-0123.css": {Data: []byte("plain")}, "a-0123.css.gz": {Data: []byte("gz")},
		"a-0123.css.br": {Data: []byte("br")}, "b-4567.js": {Data: []byte("js")}, "f-89.woff2": {Data: []byte("font")}, "stray.js": {Data: []byte("x")},
	})
}

func get(h http.Handler, path, accept string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Accept-Encoding", accept)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestHandler(t *testing.T) {
	b := sample()
	for path, contentType := range map[string]string{
		"/assets/a-0123.css": "text/css; charset=utf-8", "/assets/b-4567.js": "text/javascript; charset=utf-8", "/assets/f-89.woff2": "font/woff2",
	} {
		w := get(b, path, "")
		h := w.Header()
		if w.Code != 200 || h.Get("Content-Type") != contentType || h.Get("X-Content-Type-Options") != "nosniff" ||
			h.Get("Cache-Control") != "public, max-age=31536000, immutable" || h.Get("Content-Encoding") != "" {
			t.Errorf("%s: %d %v", path, w.Code, h)
		}
	}
	for _, path := range []string{"/assets/", "/assets", "/assets/manifest.json", "/assets/a.css", "/assets/stray.js", "/assets/.keep",
		"/assets/a-0123.css.gz", "/assets/../assets.go", "/assets/nothing.css"} {
		if w := get(b, path, ""); w.Code != 404 || strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
	}
	w := httptest.NewRecorder()
	b.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/assets/a-0123.css", nil))
	if w.Code != 405 {
		t.Errorf("POST: %d", w.Code)
	}
}

func TestHandlerNegotiates(t *testing.T) {
	for accept, want := range map[string]string{"gzip, deflate, br": "br", "gzip": "gz", "": "plain", "br;q=0, gzip;q=0.5": "gz", "identity": "plain"} {
		if got := get(sample(), "/assets/a-0123.css", accept).Body.String(); got != want {
			t.Errorf("%q is sent %q, want %q", accept, got, want)
		}
	}
	if w := get(sample(), "/assets/b-4567.js", "br"); w.Body.String() != "js" || w.Header().Get("Content-Encoding") != "" {
		t.Errorf("a file without a packed form: %v %q", w.Header(), w.Body)
	}
}

func TestNotBuilt(t *testing.T) {
	b := load(fstest.MapFS{".keep": {}})
	if b.files != nil || b.url("a.css") != "/assets/a.css" || get(b, "/assets/a.css", "").Code != 404 {
		t.Error("an empty dist is taken for a built one")
	}
	if got := sample().url("a.css"); got != "/assets/a-0123.css" {
		t.Error(got)
	}
}

// TestDist checks what the last build left, when there is one.
func TestDist(t *testing.T) {
	if !Built() {
		t.Fatal("assets are not built: make assets")
	}
	hashed := regexp.MustCompile(`^[a-z-]+-[0-9a-f]{12}\.(css|js|svg|woff2)$`)
	for name, file := range built().files {
		if !hashed.MatchString(file) {
			t.Errorf("%s is %s: no hash of its content", name, file)
		}
		content, err := fs.ReadFile(built().dist, file)
		if err != nil || len(content) == 0 {
			t.Errorf("%s: %d bytes, %v", file, len(content), err)
		}
		if text := string(content); strings.Contains(text, "sourceMappingURL") || strings.Contains(text, "asset:") {
			t.Errorf("%s still names a source map or a logical asset", file)
		}
	}
	if !HasIcon("plus") || HasIcon("no-such-icon") {
		t.Error("the icons of the manifest are not known")
	}
}

// TestLock keeps registry hosts out of the lock file.
func TestLock(t *testing.T) {
	lock, err := os.ReadFile("package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(lock), `"resolved"`) {
		t.Error("package-lock.json names where packages were fetched; npm must run in this folder, with its .npmrc")
	}
}
