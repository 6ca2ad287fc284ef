package customfield_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/catalog"
	"mandorla/internal/customfield"
	"mandorla/internal/demo"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/model"
	"mandorla/internal/record"
	"mandorla/internal/schema"
	"mandorla/internal/store/sqlite"
	"mandorla/internal/testkit"
	"mandorla/internal/testkit/fuse"
)

// world is the demo tenant with somebody who looks after its data model and sees little of it.
type world struct {
	*testing.T
	*testkit.Server
	keeper access.Principal // a role of her own: views Company but for arr, and Team
	role   access.Role
	title  string // the ID of a company's name
}

func engines(t *testing.T, run func(w *world)) {
	testkit.Engines(t, func(t *testing.T, engine string) {
		w := &world{T: t, Server: testkit.Start(t, engine)}
		reg, err := w.Schema.Current(t.Context(), w.Tenant)
		w.must(err)
		company, _ := reg.Company()
		w.title = company.TitleProperty().ID
		var ids []string
		for _, p := range company.Props() {
			if p.Name != "arr" {
				ids = append(ids, p.ID)
			}
		}
		w.role, err = w.Identity.SaveRole(t.Context(), w.Admin, access.Role{
			Tenant: w.Tenant, Name: "Keeper", Portfolio: access.FullAccess, Switches: access.SwitchSettings,
			Set: access.Set{
				"Company":          {Actions: access.View, View: access.Only(ids...)},
				"Team":             {Actions: access.View, View: access.AllProperties},
				access.CustomField: {Actions: access.View | access.Create | access.Update | access.Remove},
			},
		})
		w.must(err)
		w.keeper = w.with(w.role)
		run(w)
	})
}

// with gives Carly with this role and no other.
func (w *world) with(r access.Role) access.Principal {
	w.Helper()
	w.must(w.Identity.AssignRoles(w.Context(), w.Admin, w.Tenant, w.Person(w, demo.Carly).Person, []string{r.ID}))
	return w.Person(w, demo.Carly)
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) refused(what string, err error, kind fault.Kind, words string) {
	w.Helper()
	msg, fields := fault.Safe(err)
	for _, f := range fields {
		msg += " " + f.Path + " " + f.Msg
	}
	if !fault.Is(err, kind) || !strings.Contains(msg, words) {
		w.Errorf("%s: %v, want %v with %q", what, err, kind, words)
	}
}

func (w *world) add(by access.Principal, modelName string, f customfield.Field) *model.Property {
	w.Helper()
	p, err := w.Fields.Add(w.Context(), by, modelName, f)
	w.must(err)
	return p
}

func (w *world) again(by access.Principal) access.Principal {
	w.Helper()
	out, err := w.Identity.PrincipalFor(w.Context(), w.Tenant, by.Person, by.Surface)
	w.must(err)
	return out
}

var choice = customfield.Field{Name: "Contract type", Doc: "What we signed.", Kind: model.Enum, Options: []string{"Order form", "Frame agreement"}, Required: true, List: true, Sensitive: true}

// A field lives: it is made, known to everybody whose role has future properties, changed, and goes with its values.
func TestLife(t *testing.T) {
	engines(t, func(w *world) {
		p := w.add(w.Admin, "Company", choice)
		if got := customfield.Of(p); p.Name != "custom.Contract type" || !slices.Equal(got.Options, choice.Options) || !p.Required || !p.List || !p.Sensitive || p.Doc != choice.Doc || p.Kind != model.Enum {
			w.Fatalf("made %+v", p)
		}
		owner := w.add(w.Admin, "Company", customfield.Field{Name: "Sponsor", Kind: model.Ref, To: "endusers", Options: []string{"dropped"}})
		if owner.To != "End User" || len(owner.Options) != 0 {
			w.Errorf("a reference to %q with %v", owner.To, owner.Options)
		}
		first := w.add(w.Admin, "Team", customfield.Field{Name: "For", Kind: model.Refs, To: "Company"})
		plain := w.add(w.Admin, "Team", customfield.Field{Name: "Floor", Kind: model.Text, To: "Company"})
		if first.To != "Company" || plain.To != "" {
			w.Errorf("refer to %q and %q", first.To, plain.To)
		}
		admin := w.again(w.Admin)
		_, err := w.Gate.Create(w.Context(), admin, record.Write{Model: "Company", Values: map[string]any{"name": "Signed", "custom.Contract type": "order form"}})
		w.must(err)

		was := customfield.Mark(p)
		next := customfield.Field{Name: "Contract", Options: []string{"Order form", "None"}, Kind: model.Text, To: "User"}
		w.must(w.Fields.Change(w.Context(), admin, "companies", p.ID, was, next))
		m, err := w.Fields.Model(w.Context(), w.again(w.Admin), "Company")
		w.must(err)
		got, ok := m.Custom(p.ID)
		if !ok || got.Name != "custom.Contract" || got.Kind != model.Enum || got.To != "" || got.Required || got.List || got.Sensitive || got.Doc != "" || !slices.Equal(got.Options, next.Options) {
			w.Errorf("changed to %+v", got)
		}
		w.refused("a change of what it was before", w.Fields.Change(w.Context(), admin, "Company", p.ID, was, next), fault.Conflict, "in the meantime")

		w.must(w.Fields.Remove(w.Context(), admin, "Company", p.ID))
		w.refused("removed twice", w.Fields.Remove(w.Context(), admin, "Company", p.ID), fault.NotFound, "no such custom field")
		log, err := w.Store.TenantAudit(w.Context(), w.Tenant, "custom_field.", 10)
		w.must(err)
		var acts []string
		for _, e := range log {
			acts = append(acts, e.Act+" "+e.Model+" "+e.Detail["name"]+" by "+e.PersonName)
		}
		want := []string{"custom_field.delete Company custom.Contract", "custom_field.update Company custom.Contract", "custom_field.create Team custom.Floor", "custom_field.create Team custom.For", "custom_field.create Company custom.Sponsor", "custom_field.create Company custom.Contract type"}
		for i := range want {
			want[i] += " by " + w.Admin.PersonName
		}
		if !slices.Equal(acts, want) {
			w.Errorf("noted %q", acts)
		}
	})
}

// Who began before somebody else changed a field is told, whatever was known when the request began; of several at once one is first.
func TestAtOnce(t *testing.T) {
	engines(t, func(w *world) {
		p := w.add(w.Admin, "Team", customfield.Field{Name: "Floor", Kind: model.Text})
		keeper, was := w.again(w.keeper), customfield.Mark(p)
		w.must(w.Fields.Change(w.Context(), w.Admin, "Team", p.ID, was, customfield.Field{Name: "Floor", Doc: "Counted from the ground."}))
		w.refused("a change from before", w.Fields.Change(w.Context(), keeper, "Team", p.ID, was, customfield.Field{Name: "Storey"}), fault.Conflict, "in the meantime")
		_, err := w.Fields.Add(w.Context(), w.keeper, "Team", customfield.Field{Name: "Floor", Kind: model.Text})
		w.refused("a name that was taken since", err, fault.Invalid, "name is the name of another field")

		gone := w.add(w.Admin, "Team", customfield.Field{Name: "Gone", Kind: model.Text})
		before := w.again(w.keeper)
		_, err = w.Fields.Model(w.Context(), before, "Team") // and the data model of this moment is kept
		w.must(err)
		w.must(w.Fields.Remove(w.Context(), w.Admin, "Team", gone.ID))
		w.refused("what is gone since", w.Fields.Remove(w.Context(), before, "Team", gone.ID), fault.NotFound, "no such custom field")

		for round := range 10 { // in the first, connections are still made
			m, err := w.Fields.Model(w.Context(), w.again(w.Admin), "Team")
			w.must(err)
			now, _ := m.Custom(p.ID)
			was, start, errs := customfield.Mark(now), make(chan struct{}), make([]error, 6)
			var all sync.WaitGroup
			for i := range errs {
				all.Go(func() {
					<-start
					errs[i] = w.Fields.Change(w.Context(), keeper, "Team", p.ID, was, customfield.Field{Name: fmt.Sprintf("Floor %d %d", round, i)})
				})
			}
			close(start)
			all.Wait()
			first := 0
			for _, err := range errs {
				if err == nil {
					first++
				} else {
					w.refused("a change beside others", err, fault.Conflict, "in the meantime")
				}
			}
			if first != 1 {
				w.Errorf("%d changes of the same field were made at once", first)
			}
		}
	})
}

// Every mistake in a form is said at its field, several at once, and nothing is made.
func TestMistakes(t *testing.T) {
	engines(t, func(w *world) {
		w.add(w.Admin, "Company", choice)
		text := func(name string) customfield.Field { return customfield.Field{Name: name, Kind: model.Text} }
		options := func(options ...string) customfield.Field {
			return customfield.Field{Name: "X", Kind: model.Enum, Options: options}
		}
		many := make([]string, customfield.MaxOptions+1)
		for i := range many {
			many[i] = strings.Repeat("x", i/20+1) + strings.Repeat("y", i%20)
		}
		for words, f := range map[string]customfield.Field{
			"name is missing":                          text("  "),
			"name has at most 80 letters":              text("a\"b"),
			"name has at most 80 letters, digits":      text(strings.Repeat("x", 81)),
			"name is the name of another field":        text("contract TYPE"),
			"doc is longer than 300":                   {Name: "X", Kind: model.Text, Doc: strings.Repeat("x", 301)},
			"kind is missing":                          {Name: "X"},
			"to is missing":                            {Name: "X", Kind: model.Ref},
			"options are missing":                      options(" ", ""),
			"options have red twice":                   options("Red", "red"),
			"options have one that is longer than 80":  options(strings.Repeat("x", 81)),
			"options are more than 200":                options(many...),
			"name is missing. Give":                    {Kind: model.Text, Doc: strings.Repeat("x", customfield.MaxDoc)},
			"kind is missing. Choose what the field h": {Name: "X", Kind: model.ID},
		} {
			_, err := w.Fields.Add(w.Context(), w.Admin, "Company", f)
			w.refused(words, err, fault.Invalid, words)
		}
		needed := customfield.Field{Name: "Badge", Kind: model.Text, Required: true}
		_, err := w.Fields.Add(w.Context(), w.Admin, "User", needed)
		w.refused("required of users", err, fault.Invalid, "required is not possible here: an invitation makes a user")
		needed.Required = false
		badge := w.add(w.Admin, "User", needed)
		needed.Required = true
		w.refused("required of users afterwards", w.Fields.Change(w.Context(), w.Admin, "User", badge.ID, customfield.Mark(badge), needed), fault.Invalid, "required is not possible here")
		w.add(w.Admin, "Team", customfield.Field{Name: "Just fits", Kind: model.Enum, Options: append(many[:customfield.MaxOptions-1:customfield.MaxOptions-1], strings.Repeat("é", customfield.MaxOption)), Doc: strings.Repeat("é", customfield.MaxDoc)})
		_, err = w.Fields.Add(w.Context(), w.Admin, "Company", customfield.Field{Name: "a\"b", Doc: strings.Repeat("x", 301)})
		if _, fields := fault.Safe(err); len(fields) != 3 {
			w.Errorf("of three mistakes %v are named", fields)
		}
		_, err = w.Fields.Add(w.Context(), w.Admin, "Nothing", text("X"))
		w.refused("no model", err, fault.NotFound, "Nothing")
		m, err := w.Fields.Model(w.Context(), w.again(w.Admin), "Company")
		w.must(err)
		if n := len(slices.DeleteFunc(m.Known, func(p *model.Property) bool { return !p.Custom })); n != 1 {
			w.Errorf("%d custom fields", n)
		}
	})
}

// A field that the portfolio of a role asks for keeps its name and the choices that are asked for, and stays: otherwise the role would
// reach nothing.
func TestPortfolioKeepsItsField(t *testing.T) {
	engines(t, func(w *world) {
		f := customfield.Field{Name: "Segment", Kind: model.Enum, Options: []string{"large", "small"}}
		for where, filter := range map[string]string{
			"at the end":    `{"or":[{"phase":"Live"},{"not":{"custom.Segment":"small"}}]}`,
			"behind a path": `{"headId.custom.Segment":"small"}`,
		} {
			p := w.add(w.Admin, "Company", f)
			role, err := w.Identity.SaveRole(w.Context(), w.again(w.Admin), access.Role{Tenant: w.Tenant, Name: "Small ones", Portfolio: access.Portfolio{Kind: access.KindFilter, Filter: filter}, Set: access.Set{}})
			w.must(err)
			renamed, fewer, other := f, f, f
			renamed.Name = "Tier"
			fewer.Options = []string{"large"}
			other.Options, other.Doc = []string{"tiny", "small"}, "How large."
			w.refused(where+", renamed", w.Fields.Change(w.Context(), w.Admin, "Company", p.ID, customfield.Mark(p), renamed), fault.Conflict, "the portfolio of Small ones asks for it.")
			w.refused(where+", without the choice", w.Fields.Change(w.Context(), w.Admin, "Company", p.ID, customfield.Mark(p), fewer), fault.Conflict, "the portfolio of Small ones")
			w.refused(where+", removed", w.Fields.Remove(w.Context(), w.Admin, "Company", p.ID), fault.Conflict, "Change that portfolio first")
			w.refused(where+", removed by somebody who may not look at roles", w.Fields.Remove(w.Context(), w.seeing(p.ID), "Company", p.ID), fault.Conflict, "An administrator has to change the portfolio")
			w.must(w.Fields.Change(w.Context(), w.Admin, "Company", p.ID, customfield.Mark(p), other))
			w.must(w.Identity.DeleteRole(w.Context(), w.Admin, w.Tenant, role.ID, ""))
			w.must(w.Fields.Remove(w.Context(), w.Admin, "Company", p.ID))
		}
	})
}

// seeing gives the keeper with one more property in her role.
func (w *world) seeing(id string) access.Principal {
	w.Helper()
	set := access.Set{}
	for name, p := range w.role.Set {
		set[name] = p
	}
	company := set["Company"]
	company.View = access.Only(append(slices.Clone(company.View.IDs), id)...)
	set["Company"] = company
	r := w.role
	r.ID, r.Version, r.Set, r.Name = "", 0, set, "Keeper of "+id
	made, err := w.Identity.SaveRole(w.Context(), w.again(w.Admin), r)
	w.must(err)
	return w.with(made)
}

// What somebody's role does not show does not exist here either, and every act wants its permission.
func TestSight(t *testing.T) {
	engines(t, func(w *world) {
		hidden := w.add(w.Admin, "Company", customfield.Field{Name: "Margin", Kind: model.Number})
		// What may be sent but not seen is no more there than what may not be sent either.
		blind := w.role
		ids := slices.DeleteFunc(slices.Clone(w.role.Set["Company"].View.IDs), func(id string) bool { return id == w.title })
		blind.ID, blind.Version, blind.Name = "", 0, "Blind"
		blind.Set = access.Set{
			"Company": {Actions: access.View | access.Create, View: access.Only(ids...), Update: access.AllProperties}, "Team": w.role.Set["Team"],
			"Task": {Actions: access.Create, Update: access.AllProperties}, access.CustomField: w.role.Set[access.CustomField],
		}
		made, err := w.Identity.SaveRole(w.Context(), w.again(w.Admin), blind)
		w.must(err)
		w.keeper = w.with(made)
		models, err := w.Fields.Models(w.Context(), w.keeper)
		w.must(err)
		var names []string
		for _, m := range models {
			names = append(names, m.Name)
			for _, p := range m.Known {
				if p.Name == "arr" || p.Name == hidden.Name || m.Name == "Company" && p.ID == w.title {
					w.Errorf("%s is shown", p.Name)
				}
			}
		}
		if !slices.Equal(names, []string{"Company", "Team"}) {
			w.Errorf("knows %v", names)
		}
		company, _ := models[0].Property("headId")
		owner, _ := models[0].Property("owner")
		if to, ok := models[0].Target(company); !ok || to.Name != "Company" {
			w.Errorf("headId refers to %v", to)
		}
		if to, ok := models[0].Target(owner); ok {
			w.Errorf("owner names %s, which is hidden", to.Name)
		}
		for _, name := range []string{"Task", "Nothing", "tasks"} {
			_, err := w.Fields.Model(w.Context(), w.keeper, name)
			w.refused(name, err, fault.NotFound, `There is no model "`+name+`".`)
			_, err = w.Fields.Add(w.Context(), w.keeper, name, customfield.Field{Name: "X", Kind: model.Text})
			w.refused("on "+name, err, fault.NotFound, `There is no model "`+name+`".`)
			_, err = w.Fields.Add(w.Context(), w.keeper, "Team", customfield.Field{Name: "X", Kind: model.Ref, To: name})
			w.refused("to "+name, err, fault.Invalid, "to is missing")
		}
		for _, id := range []string{hidden.ID, "cf_nothing", "co02"} {
			w.refused("change "+id, w.Fields.Change(w.Context(), w.keeper, "Company", id, customfield.Mark(hidden), choice), fault.NotFound, "no such custom field")
			w.refused("remove "+id, w.Fields.Remove(w.Context(), w.keeper, "Company", id), fault.NotFound, "no such custom field")
		}
		own := w.add(w.keeper, "Team", customfield.Field{Name: "Floor", Kind: model.Integer})
		w.must(w.Fields.Change(w.Context(), w.again(w.keeper), "Team", own.ID, customfield.Mark(own), customfield.Field{Name: "Storey"}))
		w.must(w.Fields.Remove(w.Context(), w.again(w.keeper), "Team", own.ID))

		acts := map[access.Action]func(by access.Principal) error{
			access.View: func(by access.Principal) error { _, err := w.Fields.Models(w.Context(), by); return err },
			access.Create: func(by access.Principal) error {
				_, err := w.Fields.Add(w.Context(), by, "Nothing", choice)
				return err
			},
			access.Update: func(by access.Principal) error {
				return w.Fields.Change(w.Context(), by, "Nothing", "cf_x", "", choice)
			},
			access.Remove: func(by access.Principal) error { return w.Fields.Remove(w.Context(), by, "Nothing", "cf_x") },
		}
		for lacking, do := range acts {
			r := w.role
			r.Set = access.Set{"Team": r.Set["Team"], access.CustomField: {Actions: r.Set[access.CustomField].Actions &^ lacking}}
			r.ID, r.Version, r.Name = "", 0, "Without "+lacking.String()
			made, err := w.Identity.SaveRole(w.Context(), w.again(w.Admin), r)
			w.must(err)
			by := w.with(made)
			w.refused("without "+lacking.String(), do(by), fault.Forbidden, "You may not "+lacking.String()+" custom fields.")
			for other, act := range acts {
				if err := act(by); other != lacking && fault.Is(err, fault.Forbidden) {
					w.Errorf("without %v, %v is refused: %v", lacking, other, err)
				}
			}
			_, err = w.Fields.Model(w.Context(), by, "Company")
			if fault.Is(err, fault.Forbidden) == (lacking != access.View) {
				w.Errorf("without %v, a model answers %v", lacking, err)
			}
			by.Client = "somebody"
			for other, act := range acts {
				if err := act(by); !fault.Is(err, fault.Forbidden) {
					w.Errorf("through a client, %v: %v", other, err)
				}
			}
		}
	})
}

// A file that names its own fields can be imported again.
func TestEnsure(t *testing.T) {
	engines(t, func(w *world) {
		for _, name := range []string{"Sector", "Sector", "custom.Sector"} {
			w.must(w.Fields.Ensure(w.Context(), w.Admin, "company", customfield.Field{Name: name, Kind: model.Text}))
		}
		w.refused("a model that is not there", w.Fields.Ensure(w.Context(), w.Admin, "Nothing", customfield.Field{Name: "X", Kind: model.Text}), fault.NotFound, "Nothing")
		w.refused("a name that cannot be", w.Fields.Ensure(w.Context(), w.Admin, "Company", customfield.Field{Name: "a;b", Kind: model.Text}), fault.Invalid, `The name of the custom field "a;b" has at most 80 letters`)
		m, err := w.Fields.Model(w.Context(), w.again(w.Admin), "Company")
		w.must(err)
		if _, ok := m.Property("custom.Sector"); !ok {
			w.Error("it is not there")
		}
	})
}

// A model has room for so many fields, however many the others have.
func TestRoom(t *testing.T) {
	engines(t, func(w *world) {
		p := w.add(w.Admin, "Team", customfield.Field{Name: "First", Kind: model.Text})
		w.must(w.Store.InTx(w.Context(), func(ctx context.Context) error {
			for i := 1; i < customfield.MaxFields-1; i++ {
				if err := w.Store.AddCustomProperty(ctx, w.Tenant, "Team", model.Property{ID: fmt.Sprintf("cf_%d", i), Name: fmt.Sprintf("custom.N%d", i), Kind: model.Text, Custom: true}); err != nil {
					return err
				}
			}
			return nil
		}))
		w.add(w.Admin, "Team", customfield.Field{Name: "Last", Kind: model.Text})
		_, err := w.Fields.Add(w.Context(), w.Admin, "Team", customfield.Field{Name: "One more", Kind: model.Text})
		w.refused("one more", err, fault.Invalid, "one more than 500 custom fields of Team")
		w.must(w.Fields.Change(w.Context(), w.Admin, "Team", p.ID, customfield.Mark(p), customfield.Field{Name: "Still the first"}))
		w.add(w.Admin, "Company", customfield.Field{Name: "Elsewhere", Kind: model.Text})
	})
}

func TestRequiredOptions(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	whole := customfield.Options{Store: s.Store, Schema: s.Schema, Identity: s.Identity, Gate: s.Gate, Now: s.Clock.Now}
	customfield.New(whole)
	for name, without := range map[string]func(o *customfield.Options){
		"Store": func(o *customfield.Options) { o.Store = nil }, "Schema": func(o *customfield.Options) { o.Schema = nil },
		"Identity": func(o *customfield.Options) { o.Identity = nil }, "Gate": func(o *customfield.Options) { o.Gate = nil },
		"Now": func(o *customfield.Options) { o.Now = nil },
	} {
		o := whole
		without(&o)
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("made without %s", name)
				}
			}()
			customfield.New(o)
		}()
	}
}

// Where the database does not answer, nobody is told that there is nothing.
func TestUnreadable(t *testing.T) {
	engines(t, func(w *world) {
		gone, stop := context.WithCancel(w.Context())
		stop()
		for _, by := range []access.Principal{w.Admin, w.keeper} {
			by.RegistryVersion++ // which nobody has read yet
			if models, err := w.Fields.Models(gone, by); err == nil || fault.KindOf(err) != fault.Internal {
				w.Errorf("%s is told of %d models, %v", by.PersonName, len(models), err)
			}
		}
	})
}

// Each statement of an act fails in turn: the act says so, and leaves the data model and the log as they were.
func TestBrokenInTheMiddle(t *testing.T) {
	base, err := model.New(catalog.Models(), nil)
	must(t, err)
	var n atomic.Int64
	newID := func() string { return fmt.Sprintf("%024x", n.Add(1)) }
	now := func() time.Time { return time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC) }
	blow := &fuse.Fuse{}
	st, err := sqlite.Open(t.Context(), t.TempDir(), base, newID, blow.Wrap)
	must(t, err)
	defer func() { must(t, st.Close()) }()
	schemas, err := schema.New(st, catalog.Models(), newID)
	must(t, err)
	ids := identity.New(identity.Options{Store: st, Registries: schemas, Now: now, Rand: rand.Reader, NewID: newID, DeviceKey: make([]byte, 32)})
	fields := customfield.New(customfield.Options{
		Store: st, Schema: schemas, Identity: ids, Now: now,
		Gate: record.New(record.Options{Store: st, Registries: schemas, Now: now, NewID: newID, CursorKey: make([]byte, 32)}),
	})
	tenant := newID()
	must(t, st.CreateTenant(t.Context(), tenant, "Here", tenant))
	by := access.Operator(tenant, base, 0)
	state := func() string {
		custom, version, err := st.CustomProperties(t.Context(), tenant)
		must(t, err)
		log, err := st.TenantAudit(t.Context(), tenant, "custom_field.", 100)
		must(t, err)
		names := []string{fmt.Sprint(version, len(log))}
		for _, p := range custom["Team"] {
			names = append(names, p.Name+p.Doc)
		}
		return strings.Join(names, " ")
	}
	last := func() *model.Property {
		m, err := fields.Model(t.Context(), by, "Team")
		must(t, err)
		return m.Known[len(m.Known)-1]
	}
	for _, act := range []struct {
		name string
		do   func(p *model.Property) error // p is the last property that there is
	}{
		{"Ensure", func(*model.Property) error {
			return fields.Ensure(t.Context(), by, "Team", customfield.Field{Name: "A", Kind: model.Text})
		}},
		{"Add", func(*model.Property) error {
			_, err := fields.Add(t.Context(), by, "Team", customfield.Field{Name: "B", Kind: model.Ref, To: "Team"})
			return err
		}},
		{"Change", func(p *model.Property) error {
			return fields.Change(t.Context(), by, "Team", p.ID, customfield.Mark(p), customfield.Field{Name: "B", Doc: "b"})
		}},
		{"Remove", func(p *model.Property) error { return fields.Remove(t.Context(), by, "Team", p.ID) }},
	} {
		before, p, stopped := state(), last(), 0
		for n := 1; ; n++ {
			blow.Set(n, false)
			err := act.do(p)
			statement := blow.Off()
			if statement == "" {
				must(t, err)
				break
			}
			if stopped++; !errors.Is(err, fuse.ErrBlown) {
				t.Errorf("%s: statement %d (%s) failed, and the answer is %v", act.name, n, statement, err)
			}
			if got := state(); got != before {
				t.Fatalf("%s: statement %d (%s) failed and left %s, before was %s", act.name, n, statement, got, before)
			}
		}
		if after := state(); stopped < 5 || after == before {
			t.Errorf("%s: %d statements failed, %s became %s", act.name, stopped, before, after)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Whatever of a field can be changed changes its mark.
func TestMark(t *testing.T) {
	marks := map[string]int{}
	for i, p := range []model.Property{
		{}, {Name: "custom.A"}, {Doc: "A"}, {Options: []string{"A"}}, {Options: []string{"A", "B"}}, {Options: []string{"A B"}}, {Required: true}, {List: true}, {Sensitive: true},
	} {
		mark := customfield.Mark(&p)
		if before, there := marks[mark]; there {
			t.Errorf("%d and %d have the same mark", before, i)
		}
		if marks[mark] = i; mark != customfield.Mark(&p) {
			t.Error("the same field has two marks")
		}
	}
}
