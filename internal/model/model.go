// Package model owns what a kind of data is: Model, Property, the property kinds, and the Registry that holds them all.
//
// It knows nothing of SQL, HTTP, permissions or tenants' rows. The catalog declares models with it; everything else
// (schema, gate, surfaces) is computed from a Registry snapshot. Values of these types are immutable once they are in a Registry.
package model

// Self as a Model.Anchor says that the model is the company itself.
const Self = "_id"

// Model is one kind of data, such as Company.
type Model struct {
	Name   string // stable name in permissions and MCP, such as "End User"; never changes
	Route  string // REST route, URL segment and table name, such as "endusers"
	Prefix string // two letters that begin the IDs of its properties
	Label  string // singular, for people
	Plural string // plural, for people
	Icon   string // name in the icon sprite
	Doc    string // one sentence for people and assistants
	Title  string // name of the property that names a record to people
	// Anchor is the path of references from a record to the company whose portfolio it follows: Self for Company,
	// "companyId" for what hangs off one, "" for models that belong to no company (User, Team).
	Anchor string
	// Owners are the references to people that put a company into their portfolio; only where Anchor is Self.
	Owners     []string
	Keys       []string // properties that may identify a record in upserts and imports, best first; "_id" is implied
	Properties []Property

	byName map[string]*Property
	byID   map[string]*Property
}

// Property is one field of a model.
type Property struct {
	ID      string   // stable, never reused: what permission sets, history and views store. Custom properties: "cf_" + id
	Name    string   // the one spelling in JSON, CSV, filters, MCP and pages
	Label   string   // for people; empty: made from Name
	Doc     string   // one sentence; what it means, not what type it is
	Kind    Kind     // never nil
	To      string   // references only: the name of the model referred to
	Options []string // enum only: the allowed values, in the order people should see
	Aliases []string // further spellings accepted as input

	Required   bool // must have a value at creation and keeps one
	Unique     bool // no two records of a tenant share a value
	Index      bool // filters and sorts on it are fast on large tenants
	Search     bool // free-text search looks into it
	ReadOnly   bool // set by the system; refused as input
	CreateOnly bool // accepted at creation only
	List       bool // among the columns shown before a person chooses
	Sensitive  bool // off in presets, masked in logs

	// Via and Concat make a property computed: nothing is stored, every read works it out.
	Via    string   // path through references, such as "companyId.name": always the current value
	Concat []string // text properties of the same model, joined by a space, empties left out

	Custom bool // belongs to one tenant; its value lives in the table's JSON column
	owner  *Model
}

// Computed reports whether the value is worked out at read time rather than stored.
func (p *Property) Computed() bool { return p.Via != "" || len(p.Concat) > 0 }

// Writable reports whether a principal's input may ever name the property.
func (p *Property) Writable() bool { return !p.ReadOnly && !p.Computed() }

// Model gives the model the property belongs to; nil before it is in a Registry.
func (p *Property) Model() *Model { return p.owner }

// DisplayLabel gives Label, or one made from Name ("renewalDate" → "Renewal date").
func (p *Property) DisplayLabel() string {
	if p.Label != "" {
		return p.Label
	}
	return labelFromName(p.Name)
}

// Property finds a property by its name or one of its aliases, exactly spelled.
func (m *Model) Property(name string) (*Property, bool) {
	p, ok := m.byName[name]
	return p, ok
}

// PropertyByID finds a property by its stable ID.
func (m *Model) PropertyByID(id string) (*Property, bool) {
	p, ok := m.byID[id]
	return p, ok
}

// TitleProperty gives the property that names a record to people.
func (m *Model) TitleProperty() *Property { return m.byName[m.Title] }

// Props iterates over pointers to the properties in declared order. The pointers are stable within one Registry.
func (m *Model) Props() []*Property {
	out := make([]*Property, len(m.Properties))
	for i := range m.Properties {
		out[i] = &m.Properties[i]
	}
	return out
}
