// Package assets serves the styles, scripts, fonts and icons of the pages.
//
// It owns what build.mjs copies into dist/: third-party files from npm and our
// own sources in src/, each under a name that carries a hash of its content.
// It knows nothing about pages; internal/web/kit asks it for addresses, and the
// web surface mounts Handler at Prefix. dist/ is not committed: a binary
// compiled without it works, unstyled, and Built tells.
package assets

import (
	"embed"
	"encoding/json"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
)

// Prefix is the path under which Handler must be mounted.
const Prefix = "/assets/"

//go:embed all:dist
var embedded embed.FS

var built = sync.OnceValue(func() *bundle {
	dist, err := fs.Sub(embedded, "dist")
	if err != nil {
		return &bundle{}
	}
	return load(dist)
})

// Built reports whether the files were in place when the binary was compiled
// (`make assets`). When false the caller logs it once at start.
func Built() bool { return built().files != nil }

// URL returns the address of a file by its logical name ("mandorla.css"). An
// unknown name gives an address that answers 404.
func URL(name string) string { return built().url(name) }

// Has reports whether a file of that logical name was built.
func Has(name string) bool { _, ok := built().files[name]; return ok }

// HasIcon reports whether the sprite has that icon. It is true for every name
// when the assets were not built, since nothing can be known then.
func HasIcon(name string) bool { return !Built() || built().icons[name] }

// Icons lists the names in the sprite, sorted; empty when not built.
func Icons() []string {
	names := make([]string, 0, len(built().icons))
	for name := range built().icons {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Handler serves Prefix + hashed name, for ever cacheable. Anything that is not
// in the manifest is 404: no listings, no manifest, no source.
func Handler() http.Handler { return built() }

// bundle is one built dist folder; its zero value is "not built".
type bundle struct {
	dist   fs.FS
	files  map[string]string // logical name -> hashed name
	hashed map[string]bool
	icons  map[string]bool
}

func load(dist fs.FS) *bundle {
	raw, err := fs.ReadFile(dist, "manifest.json")
	if err != nil {
		return &bundle{}
	}
	var manifest struct {
		Files map[string]string `json:"files"`
		Icons []string          `json:"icons"`
	}
	if json.Unmarshal(raw, &manifest) != nil || len(manifest.Files) == 0 {
		return &bundle{}
	}
	b := &bundle{dist: dist, files: manifest.Files, hashed: map[string]bool{}, icons: map[string]bool{}}
	for _, name := range manifest.Files {
		b.hashed[name] = true
	}
	for _, name := range manifest.Icons {
		b.icons[name] = true
	}
	return b
}

func (b *bundle) url(name string) string {
	if hashed, ok := b.files[name]; ok {
		return Prefix + hashed
	}
	return Prefix + name
}

// Types are fixed here, so that the machine's own table cannot change them.
var contentTypes = map[string]string{
	".css":   "text/css; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".svg":   "image/svg+xml",
	".woff2": "font/woff2",
}

func (b *bundle) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(r.URL.Path, Prefix)
	contentType := contentTypes[path.Ext(name)]
	if !b.hashed[name] || contentType == "" {
		w.Header().Set("Cache-Control", "no-store")
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	file := name
	if encoding, suffix := negotiate(r.Header.Get("Accept-Encoding")); encoding != "" {
		if _, err := fs.Stat(b.dist, name+suffix); err == nil {
			h.Set("Content-Encoding", encoding)
			file = name + suffix
		}
	}
	http.ServeFileFS(w, r, b.dist, file)
}

// negotiate picks the best form stored beside a file. A client that weighs a
// coding with q=0 is given the plain file.
func negotiate(accept string) (encoding, suffix string) {
	offered := map[string]bool{}
	for part := range strings.SplitSeq(accept, ",") {
		name, weight, _ := strings.Cut(part, ";")
		if q := strings.ReplaceAll(weight, " ", ""); q == "q=0" || strings.HasPrefix(q, "q=0.0") {
			continue
		}
		offered[strings.TrimSpace(name)] = true
	}
	switch {
	case offered["br"]:
		return "br", ".br"
	case offered["gzip"]:
		return "gzip", ".gz"
	}
	return "", ""
}
