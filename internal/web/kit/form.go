package kit

import "strings"

// FieldKind is which control a Field draws.
type FieldKind string

const (
	FieldText     FieldKind = ""
	FieldArea     FieldKind = "area"
	FieldSelect   FieldKind = "select"
	FieldCheck    FieldKind = "check"  // one checkbox, label at its right
	FieldSwitch   FieldKind = "switch" // the same, drawn as a switch
	FieldRadio    FieldKind = "radio"  // Options below each other
	FieldChecks   FieldKind = "checks" // Options, any number
	FieldList     FieldKind = "list"   // one value a line
	FieldFile     FieldKind = "file"
	FieldReadonly FieldKind = "readonly" // with a copy button
	FieldHidden   FieldKind = "hidden"
	FieldShown    FieldKind = "shown" // Value as text, not sent
)

// Field is one field of a form: label above, help below, error in place.
type Field struct {
	Kind  FieldKind
	Name  string
	ID    string // empty means "f-" + Name
	Label string
	Value string
	// Help is one sentence below; Error says what is wrong and the fix.
	Help, Error string
	Placeholder string
	Required    bool
	Disabled    bool
	Autofocus   bool
	// Type is the input's type: text (default), email, url, password, number, date, datetime-local, search, tel.
	Type         string
	Autocomplete string
	Mono         bool // identifiers, addresses
	Rows         int  // of an area or list; 0 means 4
	Max          int  // characters; 0 for no limit
	Step         string
	Accept       string // of a file
	Multiple     bool
	Options      []Option
	Checked      bool
	// Lines are a list's values, one a line; LineErrors names the lines that are
	// wrong, by their text.
	Lines      []string
	LineErrors []LineError
	// Check is an address that is asked while typing, with what is typed as "text": it answers with the fragment "checks".
	Check string
	// Prefix and Suffix stand inside the box ("https://", "hours").
	Prefix, Suffix string
	// Presets fill the field (or add a line) with one click.
	Presets []Preset
	Wide    bool // two columns wide, in a form of two
	// Only shows the field while another one of the form has this value. Without scripts it is always there; its value is sent always.
	Only *Only
}

// Only is the value of another field of the same form.
type Only struct{ Field, Value string }

// LineError is what is wrong with one line of a list.
type LineError struct{ Line, Error string }

// Preset is a value offered beside a field.
type Preset struct{ Label, Value string }

// Option is one choice. Group, when set, titles the options that follow each other under it.
type Option struct {
	Value, Label, Help string
	Icon               string
	Selected           bool
	Disabled           bool
}

// DOMID is the control's ID.
func (f Field) DOMID() string {
	if f.ID != "" {
		return f.ID
	}
	return "f-" + f.Name
}

// HTMLType is the input's type.
func (f Field) HTMLType() string {
	if f.Type == "" {
		return "text"
	}
	return f.Type
}

// HTMLRows is the height of an area.
func (f Field) HTMLRows() int {
	if f.Rows == 0 {
		return 4
	}
	return f.Rows
}

// Described is the value of aria-describedby.
func (f Field) Described() string {
	var ids []string
	if f.Error != "" || len(f.LineErrors) > 0 {
		ids = append(ids, f.DOMID()+"-error")
	}
	if f.Help != "" {
		ids = append(ids, f.DOMID()+"-help")
	}
	return strings.Join(ids, " ")
}

// Invalid reports a field with an error.
func (f Field) Invalid() bool { return f.Error != "" || len(f.LineErrors) > 0 }

// Text of a list, for its area.
func (f Field) Joined() string { return strings.Join(f.Lines, "\n") }

// Form is a whole form: {{template "form" .}} draws it, or
// {{template "form-start" .}} anything {{template "form-end" .}}.
type Form struct {
	ID     string
	Action string
	Get    bool // otherwise it posts
	Fields []Field
	Hidden []Hidden
	// Submit and Cancel end the form; with a SaveBar they stand in it.
	Submit  Button
	Cancel  *Link
	SaveBar *SaveBar
	// Notice is said on top, before anything is wrong.
	Notice *Notice
	// Error is said on top: what is wrong with the form as a whole.
	Error string
	Files bool // multipart, for file fields
	Two   bool // two columns where there is room
}

// Method is the form's method.
func (f Form) Method() string {
	if f.Get {
		return "get"
	}
	return "post"
}

// Faults are the fields with errors, listed on top when there are several.
func (f Form) Faults() []Field {
	var out []Field
	for _, field := range f.Fields {
		if field.Invalid() {
			out = append(out, field)
		}
	}
	return out
}

// SaveBar appears at the foot when something in its form changed, and guards
// leaving. Without scripts it is always there.
type SaveBar struct {
	Form    string // ID of the form; empty inside it
	Label   string // the button; empty means "Save"
	Discard string // address of the page unchanged
	Note    string // what saving will do
	// Preview is an address that is sent the form's data after every change and
	// answers with the note as plain text: "4 living connections: 1 loses …".
	Preview string
	// Confirm goes with a Preview: the note that the button confirms, sent as "confirmed". Scripts set it to the note they show. A
	// handler that has something to warn of compares it with what it would say now, and otherwise asks first.
	Confirm string
	// Dirty shows it at once: the form came back with errors.
	Dirty bool
}

// Save is Label or its default.
func (s SaveBar) Save() string {
	if s.Label == "" {
		return "Save"
	}
	return s.Label
}
