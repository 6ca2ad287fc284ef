package kit

import "fmt"

// Table is a list of rows: views, search, filters, the table itself, paging.
// All state is in its links, so it works without scripts; with them, sorting,
// paging and filtering replace the table in place.
type Table struct {
	ID      string // unique on the page; empty means "table"
	Caption string // for screen readers: "Companies"
	Columns []Column
	Rows    []Row
	// Empty is shown when there are no rows; nil shows "Nothing here yet".
	Empty *Empty
	Views Tabs
	// Search is the box above the table; without an Action there is none.
	Search SearchBox
	// Filters are the chips; AddFilter opens the way to one more.
	Filters   []Chip
	AddFilter *Button
	// Tools stand at the right of the chips: columns, sort.
	Tools []Menu
	Pager *Pager
	// Select lets rows be ticked and acted upon; nil for not.
	Select *Selection
}

// DOMID is ID or its default.
func (t Table) DOMID() string {
	if t.ID == "" {
		return "table"
	}
	return t.ID
}

// Bar reports whether anything stands above the rows.
func (t Table) Bar() bool {
	return t.Search.Action != "" || len(t.Filters) > 0 || t.AddFilter != nil || len(t.Tools) > 0
}

// Column heads one column. Rows have one cell for each.
type Column struct {
	Label string
	Kind  Kind
	Sort  *Sort // nil: not sortable
	Help  string
	Wide  bool // takes the room that is left
	// HideOnPhone drops the column on a narrow screen.
	HideOnPhone bool
	// LabelHidden keeps the label for screen readers only (actions).
	LabelHidden bool
}

// Class is the class of the column's cells.
func (c Column) Class() string {
	class := "c-" + string(c.Kind)
	if c.Kind == "" {
		class = "c-text"
	}
	if c.HideOnPhone {
		class += " hide-phone"
	}
	if c.Wide {
		class += " c-wide"
	}
	return class
}

// Sort is a column's sort link: Href is where a click leads.
type Sort struct {
	Href string
	Dir  Dir // how the table is sorted by this column now
}

// Dir is a direction of sorting.
type Dir string

const (
	Unsorted   Dir = ""
	Ascending  Dir = "ascending"
	Descending Dir = "descending"
)

// Aria is the aria-sort value.
func (d Dir) Aria() string {
	if d == Unsorted {
		return "none"
	}
	return string(d)
}

// Row is one line. The first cell is the link to the record.
type Row struct {
	ID    string // value of the row's checkbox, when rows can be selected
	Cells []Value
	Muted bool // disabled, ended
}

// Chip is one active filter; Remove is the address without it, Edit the way to change it.
type Chip struct {
	Label  string // "ARR ≥ 10,000"
	Edit   string
	Remove string
}

// SearchBox is a GET form with one field.
type SearchBox struct {
	Action      string
	Name        string // field; empty means "q"
	Value       string
	Placeholder string
	Keep        []Hidden // the rest of the address
	// Live is asked while typing, in Frame.Search only: it answers with Results,
	// drawn by the fragment "results".
	Live string
}

// Results are what the search palette shows for some letters.
type Results struct{ Items []NavItem }

// Field is Name or its default.
func (s SearchBox) Field() string {
	if s.Name == "" {
		return "q"
	}
	return s.Name
}

// Hidden is a field that is sent but not seen.
type Hidden struct{ Name, Value string }

// Pager is the foot of a table: "1–50 of 503".
type Pager struct {
	From, To, Total int
	// TotalText replaces the number ("10,000+", "many"); empty formats Total.
	TotalText  string
	Prev, Next string // addresses; empty disables
}

// Range is the sentence.
func (p Pager) Range() string {
	total := p.TotalText
	if total == "" {
		total = Count(p.Total)
	}
	if p.To == 0 {
		return "0 of " + total
	}
	return fmt.Sprintf("%s–%s of %s", Count(p.From), Count(p.To), total)
}

// Selection is what can be done to ticked rows: the table becomes a form.
type Selection struct {
	Name    string // the checkboxes' name; empty means "id"
	Action  string // where the form posts
	Buttons []Button
	// One and Many name the rows: "company", "companies".
	One, Many string
}

// Field is Name or its default.
func (s Selection) Field() string {
	if s.Name == "" {
		return "id"
	}
	return s.Name
}

// Count writes a whole number with commas.
func Count(n int) string {
	s := fmt.Sprint(n)
	start := 0
	if n < 0 {
		start = 1
	}
	for i := len(s) - 3; i > start; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
