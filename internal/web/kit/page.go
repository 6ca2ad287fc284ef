package kit

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"mandorla/internal/web/assets"
)

// Layout is what surrounds a page.
type Layout int

const (
	// Shell is the sidebar layout of every page behind a sign-in.
	Shell Layout = iota
	// Bare is one column of 480 px without navigation: sign in, authorization, errors.
	Bare
)

func (l Layout) template() string {
	if l == Bare {
		return "bare"
	}
	return "shell"
}

// Page is everything of a page but its body. A handler starts from the Frame
// that fits the request and fills in the rest.
type Page struct {
	Frame
	Layout Layout
	// Title is the heading and the window's title.
	Title string
	// Icon or Logo (an image's address) stands before the title; both may be empty.
	Icon, Logo string
	// Count stands muted after the title ("503"); empty for none.
	Count string
	// Lead is one sentence below the title.
	Lead string
	// Status stands after the title.
	Status *Badge
	// Overlap is a small mandorla at the right of the heading.
	Overlap *Mandorla
	// Breadcrumb lists the pages above this one; only below the second level.
	Breadcrumb []Link
	// Primary is the one accented action, at the right; Actions stand before it.
	Primary *Button
	Actions []Button
	Tabs    Tabs
	Toasts  []Toast
	// Scripts are more assets to load, by logical name.
	Scripts []string
	// Narrow keeps the content at a reading width (forms, settings).
	Narrow bool
	// Plain leaves the heading to the body.
	Plain bool
}

// HasActions reports whether anything stands at the right of the heading.
func (p Page) HasActions() bool { return p.Overlap != nil || p.Primary != nil || len(p.Actions) > 0 }

// Frame is what all pages of one request share.
type Frame struct {
	Tenant Tenant
	Person Person
	Nav    Nav
	Theme  Theme
	// CSRF is the token that {{csrf}} and the htmx header carry.
	CSRF string
	// Search is where the search field of the sidebar leads; without an Action there is none.
	Search SearchBox
	// Marker is a bar above everything: a demo tenant, impersonation.
	Marker *Marker
	// Product is the name after the title in the window's title; empty means Mandorla.
	Product string
}

// ProductName is Product or its default.
func (f Frame) ProductName() string {
	if f.Product == "" {
		return "Mandorla"
	}
	return f.Product
}

// AssetsMissing reports a binary built without styles; the layouts say so on top.
func (f Frame) AssetsMissing() bool { return !assets.Built() }

// Tenant is the name at the head of the sidebar, and the tenants to switch to.
type Tenant struct {
	Name string
	Logo string // address of an image; empty draws the initial
	// Others are links (or Posts) to the person's other tenants.
	Others []Button
}

// Initial is the letter drawn when there is no logo.
func (t Tenant) Initial() string { return initials(t.Name, 1) }

// Person is who is signed in; the zero value shows nobody.
type Person struct {
	Name, Email string
	Avatar      string // address of an image; empty draws initials
	Profile     string // address of the profile page
	SignOut     string // where the sign-out form posts
	ThemeAction string // where the theme form posts; see ThemeHandler
}

// Initials are drawn when there is no picture.
func (p Person) Initials() string { return initials(p.Name, 2) }

func initials(name string, n int) string {
	var out []rune
	for word := range strings.FieldsSeq(name) {
		if len(out) < n {
			out = append(out, []rune(strings.ToUpper(word))[0])
		}
	}
	return string(out)
}

// Nav is the navigation. Active is the ID of the item one is on.
type Nav struct {
	Active string
	Home   NavItem
	Data   []NavItem // the models used most, six at most
	More   []NavItem // the rest, behind "All models"
	Tools  []NavItem // App Center, Settings
}

// NavItem is one line of the sidebar.
type NavItem struct {
	ID, Label, Href, Icon string
	Count                 string // muted at the right; empty for none
	Active                bool   // set by Render from Nav.Active
}

// Has reports whether one of the items is the active one.
func (n Nav) Has(items []NavItem) bool {
	for _, item := range items {
		if item.ID == n.Active && n.Active != "" {
			return true
		}
	}
	return false
}

// marked is a copy whose active item knows that it is.
func (n Nav) marked() Nav {
	mark := func(items []NavItem) []NavItem {
		out := slices.Clone(items)
		for i := range out {
			out[i].Active = out[i].ID == n.Active && n.Active != ""
		}
		return out
	}
	n.Home, n.Data, n.More, n.Tools = mark([]NavItem{n.Home})[0], mark(n.Data), mark(n.More), mark(n.Tools)
	return n
}

// Marker is the bar above everything.
type Marker struct {
	Tone Tone
	Icon string // "": the tone's
	Text string
	Link *Link
	// Button acts: "Stop viewing". A bar with one stays in sight.
	Button *Button
}

// Toast says what has just happened. Good and neutral ones leave by themselves
// after eight seconds; the others stay.
type Toast struct {
	Tone   Tone
	Title  string
	Text   string
	Action *Button // "Undo"
}

// Theme is the person's choice of light and dark.
type Theme string

const (
	System Theme = "system" // also the zero value: follow the device
	Light  Theme = "light"
	Dark   Theme = "dark"
)

// ThemeCookie is the name of the cookie that keeps the choice; mandorla.js
// writes the same one.
const ThemeCookie = "theme"

// Name is the theme's name; the zero value is System's.
func (t Theme) Name() string {
	if t == Light || t == Dark {
		return string(t)
	}
	return string(System)
}

// Resolved is what is drawn before a script has looked at the device.
func (t Theme) Resolved() string {
	if t == Dark {
		return string(Dark)
	}
	return string(Light)
}

// ThemeFrom reads the choice from the request's cookie.
func ThemeFrom(r *http.Request) Theme {
	if c, err := r.Cookie(ThemeCookie); err == nil {
		return Theme(Theme(c.Value).Name())
	}
	return System
}

// ThemeHandler takes the theme form's POST (field "theme"), sets the cookie for
// a year and goes back to the page it came from. The caller guards it against
// cross-site requests like any other form.
func ThemeHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{
			Name: ThemeCookie, Value: Theme(r.PostFormValue("theme")).Name(), Path: "/",
			MaxAge: int((365 * 24 * time.Hour).Seconds()), SameSite: http.SameSiteLaxMode,
		})
		back := "/"
		if from, err := url.Parse(r.Referer()); err == nil && from.Host == r.Host && strings.HasPrefix(from.Path, "/") &&
			!strings.HasPrefix(from.Path, "//") {
			back = from.RequestURI()
		}
		http.Redirect(w, r, back, http.StatusSeeOther)
	})
}
