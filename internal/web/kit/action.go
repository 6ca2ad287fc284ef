package kit

// Tone is what a colour means. A word or a shape always says it too.
type Tone string

const (
	Neutral Tone = ""
	Good    Tone = "good" // works
	Warn    Tone = "warn" // wants attention
	Bad     Tone = "bad"  // dangerous or broken
	Info    Tone = "info" // informs
	Accent  Tone = "accent"
)

// Icon is the shape that goes with the tone.
func (t Tone) Icon() string {
	switch t {
	case Good:
		return "circle-check"
	case Warn:
		return "alert-triangle"
	case Bad:
		return "alert-circle"
	}
	return "info-circle"
}

// Word is the tone for a screen reader.
func (t Tone) Word() string {
	switch t {
	case Good:
		return "Success:"
	case Warn:
		return "Warning:"
	case Bad:
		return "Error:"
	}
	return ""
}

// Link is a link in text, a breadcrumb or a menu.
type Link struct {
	Label, Href, Icon string
}

// Look is how loud a button is.
type Look string

const (
	Quiet   Look = ""        // outlined: the default
	Primary Look = "primary" // the one accented action of a page or form
	Danger  Look = "danger"
	Ghost   Look = "ghost" // no outline until hovered: toolbars, rows
)

// Button is an action: a link when it has an Href, its own small form when it
// has a Post, otherwise a button of the form around it. A verb with its object.
type Button struct {
	Label string
	Icon  string
	Look  Look
	Small bool
	// IconOnly hides the label from sight; it stays the accessible name.
	IconOnly bool
	// Href makes it a link.
	Href string
	// Modal is the ID of a Modal or Drawer on the same page to open; Href is where
	// it leads when scripts are off.
	Modal string
	// Post makes it a form of its own that posts there, with Name=Value when set.
	// Not inside another form.
	Post string
	// Name and Value are sent with the form.
	Name, Value string
	// Type is submit (default) or button or reset.
	Type string
	// Form is the ID of the form it submits when it stands outside.
	Form string
	// Disabled needs a Why, shown on hover and read out.
	Disabled bool
	Why      string
	// NewTab opens a link beside the page.
	NewTab bool
}

// HTMLType is the type attribute.
func (b Button) HTMLType() string {
	if b.Type == "" {
		return "submit"
	}
	return b.Type
}

// Class is the class attribute.
func (b Button) Class() string {
	class := "btn"
	switch b.Look {
	case Primary:
		class += " btn-primary"
	case Danger:
		class += " btn-danger"
	case Ghost:
		class += " btn-quiet"
	}
	if b.Small {
		class += " btn-sm"
	}
	if b.IconOnly {
		class += " btn-icon"
	}
	return class
}

// Menu is a button that opens a list of actions; it works without scripts.
type Menu struct {
	Button Button // what is seen; only Label, Icon, Look, Small and IconOnly count
	Items  []Button
	Up     bool // opens upwards
	Left   bool // opens towards the left edge's side instead of the right's
}

// Tabs are views of one page, or saved views of a table.
type Tabs struct {
	Label string // for screen readers; empty means "Views"
	Items []Tab
}

// Name is Label or its default.
func (t Tabs) Name() string {
	if t.Label == "" {
		return "Views"
	}
	return t.Label
}

// Tab is one of them, a plain link.
type Tab struct {
	Label, Href, Icon string
	Count             string
	Active            bool
	// Progress draws steps: Done of Of ("Set-up ●●●○○"); Of 0 draws none.
	Progress *Progress
}

// Progress is steps done, drawn as dots and said in words.
type Progress struct{ Done, Of int }

// Dots has one entry a step, true when done.
func (p Progress) Dots() []bool {
	dots := make([]bool, p.Of)
	for i := range dots {
		dots[i] = i < p.Done
	}
	return dots
}

// Badge is a small word in a box, or with Dot a word after a dot.
type Badge struct {
	Tone  Tone
	Text  string
	Icon  string
	Dot   bool
	Title string // shown on hover
}

// Status is a dot with a word: filled when it says something, hollow when neutral.
func Status(tone Tone, word string) *Badge { return &Badge{Tone: tone, Text: word, Dot: true} }

// Modal is a dialog to create by name or confirm something dangerous:
//
//	{{template "modal-start" .New}} fields {{template "modal-end" .New}}
//
// A Button with the same ID in Modal opens it; without scripts that Button's
// Href shows the same form as its own page. With an Action it is a form.
type Modal struct {
	ID, Title, Text string
	Action          string // where it posts; empty for no form
	Submit          Button
	Wide            bool
	// Open shows it at once (after an error, or when the address says so);
	// CloseHref is then where closing leads, empty for staying.
	Open      bool
	CloseHref string
}

// Drawer looks into a part from the right; its state is in the address, so the
// server draws it or not: {{with .Drawer}}{{template "drawer-start" .}} … {{template "drawer-end" .}}{{end}}
type Drawer struct {
	ID, Title, Subtitle, Icon string
	CloseHref                 string // the address without the drawer
	Action                    string // where it posts; empty for no form
	Submit                    *Button
	Wide                      bool
}

// Section is a titled part of a page: {{template "section-start" .}} … {{template "section-end" .}}
type Section struct {
	ID, Title, Text string
	Actions         []Button
	Split           bool // title at the left, content at the right
}

// Notice is a box that says something about the page, in place.
type Notice struct {
	Tone   Tone
	Title  string
	Text   string
	Action *Button
}

// Empty says what would be here and how to get it.
type Empty struct {
	Icon, Title, Text string
	Action            *Button
}

// DangerZone is the last section of a form page: dangerous acts, each behind a
// confirmation that opens in place.
type DangerZone struct {
	Items []DangerAct
}

// DangerAct is one of them, a form of its own.
type DangerAct struct {
	Title string
	Text  string // what happens
	Label string // the button: "Delete client"
	Post  string
	// Type is the text to type before the button works; the handler checks it in
	// the field "confirm". Empty asks for a second click only.
	Type string
	// Quiet marks an act that can be taken back (disable).
	Quiet bool
}

// Problem is the error page: what went wrong, who can fix it, how, and the
// reference to give.
type Problem struct {
	Status    int // shown small; 0 for none
	Title     string
	Text      string // what went wrong
	Who       string // who can fix it
	How       string // how
	Reference string // finds the line in the log
	Code      string // names the problem in the documentation
	Action    *Button
}
