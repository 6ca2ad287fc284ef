package kit

import "time"

// Kind is how a value is drawn and aligned.
type Kind string

const (
	KindText    Kind = "text"
	KindNumber  Kind = "number" // at the right, tabular figures
	KindDate    Kind = "date"   // a day, as given in Text or At
	KindAgo     Kind = "ago"    // an instant, relative, the exact one on hover
	KindLink    Kind = "link"
	KindBadge   Kind = "badge"
	KindMono    Kind = "mono"    // identifiers, addresses
	KindLong    Kind = "long"    // text with line breaks
	KindPerson  Kind = "person"  // initials and a name
	KindOverlap Kind = "overlap" // a small mandorla and its three numbers
	KindActions Kind = "actions" // buttons of a row
)

// Value is one value in a table cell or a property list. The zero value is a
// muted dash. The constructors below set Kind.
type Value struct {
	Kind    Kind
	Text    string
	Href    string
	Icon    string
	Image   string // small picture before the text
	Sub     string // muted second half: "via Claude Connector"
	Title   string // on hover
	At      time.Time
	Badges  []Badge
	Overlap *Mandorla
	Buttons []Button
	// Hidden is a value that one may not see: the dash, with no explanation.
	Hidden bool
}

// Text is plain text; empty is the dash.
func Text(s string) Value { return Value{Kind: KindText, Text: s} }

// Number is a formatted figure; empty is the dash.
func Number(s string) Value { return Value{Kind: KindNumber, Text: s} }

// Date is a day, drawn "12 Mar 2026".
func Date(day time.Time) Value { return Value{Kind: KindDate, At: day} }

// Ago is an instant, drawn relative to now.
func Ago(at time.Time) Value { return Value{Kind: KindAgo, At: at} }

// LinkTo is a link.
func LinkTo(label, href string) Value { return Value{Kind: KindLink, Text: label, Href: href} }

// Badges are words in boxes.
func Badges(badges ...Badge) Value { return Value{Kind: KindBadge, Badges: badges} }

// StatusValue is a dot and a word.
func StatusValue(tone Tone, word string) Value { return Badges(*Status(tone, word)) }

// Mono is an identifier or an address.
func Mono(s string) Value { return Value{Kind: KindMono, Text: s} }

// Long is text whose line breaks count.
func Long(s string) Value { return Value{Kind: KindLong, Text: s} }

// PersonValue is a person's initials and name, a link when href is not empty.
func PersonValue(name, href string) Value { return Value{Kind: KindPerson, Text: name, Href: href} }

// OverlapValue is a small mandorla; its Text, when set, stands below it.
func OverlapValue(m Mandorla) Value { return Value{Kind: KindOverlap, Overlap: &m} }

// Actions are a row's buttons, at the right.
func Actions(buttons ...Button) Value { return Value{Kind: KindActions, Buttons: buttons} }

// Blank reports a value drawn as a dash.
func (v Value) Blank() bool {
	return v.Hidden || v.Text == "" && v.At.IsZero() && len(v.Badges) == 0 && v.Overlap == nil && len(v.Buttons) == 0
}

// Initials of a person value.
func (v Value) Initials() string { return initials(v.Text, 2) }

// Day is At for a reader.
func (v Value) Day() string { return v.At.Format("2 Jan 2006") }

// ISODay is At for a machine.
func (v Value) ISODay() string { return v.At.Format(time.DateOnly) }

// Properties is the left side of a record page.
type Properties struct {
	Groups []PropertyGroup
}

// PropertyGroup is a titled list; Folded starts closed.
type PropertyGroup struct {
	Label  string
	Items  []Property
	Folded bool
}

// Property is one name and value. Edit, when set, is the address of the drawer
// or page that edits it.
type Property struct {
	Label string
	Help  string
	Value Value
	Edit  string
}

// Copy is a value to take elsewhere, with a copy button.
type Copy struct {
	ID, Label, Value, Help string
	// Secret marks a value that is shown once: it says so, and the page asks
	// before it is left until "I have stored it" was pressed, which leads to Done.
	Secret bool
	Done   string
	// Once is said of a Secret in place of the usual words, which are for the secrets of apps.
	Once string
}
