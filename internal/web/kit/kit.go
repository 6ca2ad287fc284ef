// Package kit is the look of every page: view structs, the templates that draw
// them, two layouts, and one call that renders a page.
//
// It owns HTML and nothing else: no data access, no permissions, no routes. A
// page package hands its own templates to New and calls Render with a typed
// struct; README.md shows a page from end to end. Every template is checked
// against its struct, in all branches, and executed once when New runs, so a
// misspelt field stops the program at start and the unit test before that.
//
// Called by internal/web and internal/assistant's pages. Imports the standard
// library and internal/web/assets only.
package kit

import (
	"bytes"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"path"
	"reflect"
	"slices"
	"strings"
	"time"

	"mandorla/internal/web/assets"
)

// CSP is the policy every page is written for; Render sends it unless the
// handler has set another.
const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// CSRFField is the form field that {{csrf}} writes; htmx requests carry the
// same token in CSRFHeader.
const (
	CSRFField  = "csrf"
	CSRFHeader = "X-Csrf-Token"
)

//go:embed templates
var embedded embed.FS

// Pages is one package's set of pages.
type Pages struct {
	// FS holds templates/pages/<name>.html. Files under templates/parts/ are
	// shared by all pages of this set.
	FS fs.FS
	// Views has one sample body for every page. Its type is the type that Render
	// accepts for that page, and New executes the page with it: fill slices and
	// pointers, so that the sample reaches most of the template.
	Views map[string]any
}

// Kit renders pages. It is safe for concurrent use and never changes.
type Kit struct {
	pages map[string]page
	mark  string // stands for the CSRF token until Render knows it
}

type page struct {
	set  *template.Template
	view reflect.Type
}

// frame is the data of the layouts.
type frame struct {
	Page Page
	Body any
}

// New parses and checks the kit's own templates and all pages. Relative times are counted from now; random makes the mark that
// stands for the form token inside templates. The error names the template, the line and the field.
func New(now func() time.Time, random io.Reader, sets ...Pages) (*Kit, error) {
	mark := make([]byte, 16)
	if _, err := io.ReadFull(random, mark); err != nil {
		return nil, fmt.Errorf("read randomness: %w", err)
	}
	k := &Kit{pages: map[string]page{}, mark: "csrf-" + hex.EncodeToString(mark)}
	base, err := template.New("kit").Funcs(k.funcs(now)).ParseFS(embedded, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("parse kit templates: %w", err)
	}
	own := Pages{FS: embedded, Views: map[string]any{"problem": sampleProblem}}
	for _, set := range append([]Pages{own}, sets...) {
		if err := k.add(base, set); err != nil {
			return nil, err
		}
	}
	return k, nil
}

func (k *Kit) add(base *template.Template, set Pages) error {
	files, err := fs.Glob(set.FS, "templates/pages/*.html")
	if err != nil {
		return err
	}
	parts, err := fs.Glob(set.FS, "templates/parts/*.html")
	if err != nil {
		return err
	}
	missing := maps.Clone(set.Views)
	for _, file := range files {
		name := strings.TrimSuffix(path.Base(file), ".html")
		view, ok := set.Views[name]
		if !ok {
			return fmt.Errorf("page %q has a template but no sample in Views", name)
		}
		if _, twice := k.pages[name]; twice {
			return fmt.Errorf("page %q is defined twice", name)
		}
		delete(missing, name)
		if err := k.addPage(base, set.FS, file, parts, name, view); err != nil {
			return fmt.Errorf("page %q: %w", name, err)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("pages without a template: %v", slices.Sorted(maps.Keys(missing)))
	}
	return nil
}

func (k *Kit) addPage(base *template.Template, files fs.FS, file string, parts []string, name string, view any) error {
	set, err := base.Clone()
	if err != nil {
		return err
	}
	if len(parts) > 0 {
		if set, err = set.ParseFS(files, parts...); err != nil {
			return err
		}
	}
	source, err := fs.ReadFile(files, file)
	if err != nil {
		return err
	}
	if _, err := set.New("page").Parse(string(source)); err != nil {
		return err
	}
	if err := check(set, "page", reflect.TypeOf(view)); err != nil {
		return err
	}
	for _, layout := range []string{"shell", "bare"} {
		if err := check(set, layout, reflect.TypeOf(frame{})); err != nil {
			return err
		}
	}
	k.pages[name] = page{set: set, view: reflect.TypeOf(view)}
	for _, layout := range []Layout{Shell, Bare} {
		sample := samplePage()
		sample.Layout = layout
		if _, err := k.whole(name, sample, view); err != nil {
			return err
		}
	}
	return nil
}

// Render writes a whole page. body must have exactly the type of the page's
// sample. Nothing has been written when it returns an error.
func (k *Kit) Render(w http.ResponseWriter, status int, p Page, name string, body any) error {
	known, ok := k.pages[name]
	if !ok {
		return fmt.Errorf("render: no page %q", name)
	}
	if got := reflect.TypeOf(body); got != known.view {
		return fmt.Errorf("render page %q: body is %v, not %v", name, got, known.view)
	}
	html, err := k.whole(name, p, body)
	if err != nil {
		return err
	}
	return write(w, status, html)
}

// Fragment writes one part alone, for an htmx request: part is a kit template
// ("table", "matrix") or a {{define}} in the page's own file.
func (k *Kit) Fragment(w http.ResponseWriter, status int, p Page, name, part string, body any) error {
	html, err := k.execute(name, part, p, body)
	if err != nil {
		return err
	}
	return write(w, status, html)
}

// Problem writes the error page, in the page's layout.
func (k *Kit) Problem(w http.ResponseWriter, status int, p Page, problem Problem) error {
	return k.Render(w, status, p, "problem", problem)
}

func (k *Kit) whole(name string, p Page, body any) ([]byte, error) {
	p.Nav = p.Nav.marked()
	return k.execute(name, p.Layout.template(), p, frame{p, body})
}

func (k *Kit) execute(name, root string, p Page, data any) ([]byte, error) {
	known, ok := k.pages[name]
	if !ok {
		return nil, fmt.Errorf("render: no page %q", name)
	}
	var out bytes.Buffer
	if err := known.set.ExecuteTemplate(&out, root, data); err != nil {
		return nil, fmt.Errorf("render page %q: %w", name, err)
	}
	token := template.HTMLEscapeString(p.CSRF)
	return bytes.ReplaceAll(out.Bytes(), []byte(k.mark), []byte(token)), nil
}

func write(w http.ResponseWriter, status int, html []byte) error {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	setDefault(h, "Content-Security-Policy", CSP)
	setDefault(h, "X-Content-Type-Options", "nosniff")
	setDefault(h, "Referrer-Policy", "same-origin")
	setDefault(h, "Cache-Control", "no-store")
	w.WriteHeader(status)
	_, err := w.Write(html)
	return err
}

func setDefault(h http.Header, name, value string) {
	if h.Get(name) == "" {
		h.Set(name, value)
	}
}

// errNoAsset is a template naming a file that the build does not have.
var errNoAsset = errors.New("no such asset")

func assetURL(name string) (string, error) {
	if assets.Built() && !assets.Has(name) {
		return "", fmt.Errorf("%w: %s", errNoAsset, name)
	}
	return assets.URL(name), nil
}
