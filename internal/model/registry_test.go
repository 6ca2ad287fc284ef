package model_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mandorla/internal/model"
)

// sample gives small declarations without a mistake, new ones at each call so that a test may spoil them.
func sample() []model.Model {
	system := func(prefix string, more ...model.Property) []model.Property {
		return append([]model.Property{
			{ID: prefix + "01", Name: "_id", Kind: model.ID, ReadOnly: true},
			{ID: prefix + "02", Name: "createdAt", Kind: model.DateTime, ReadOnly: true},
			{ID: prefix + "03", Name: "updatedAt", Kind: model.DateTime, ReadOnly: true},
		}, more...)
	}
	return []model.Model{
		{
			Name: "Company", Route: "companies", Prefix: "co", Label: "Company", Plural: "Companies", Doc: "A customer.",
			Title: "name", Anchor: model.Self, Owners: []string{"owner"}, Keys: []string{"externalId"},
			Properties: system("co",
				model.Property{ID: "co04", Name: "name", Kind: model.Text, Required: true, Index: true},
				model.Property{ID: "co05", Name: "owner", Kind: model.Ref, To: "Team Mate", Index: true, Aliases: []string{"ownerId"}},
				model.Property{ID: "co06", Name: "externalId", Kind: model.Text, Unique: true, Index: true},
				model.Property{ID: "co07", Name: "status", Kind: model.Enum, Options: []string{"customer", "lost"}},
				model.Property{ID: "co08", Name: "followers", Kind: model.Refs, To: "Team Mate"},
				model.Property{ID: "co09", Name: "parent", Kind: model.Ref, To: "Company", Index: true},
			),
		},
		{
			Name: "Team Mate", Route: "teammates", Prefix: "tm", Label: "Team mate", Plural: "Team mates", Doc: "A colleague.",
			Title: "name", Properties: system("tm",
				model.Property{ID: "tm04", Name: "firstName", Kind: model.Text},
				model.Property{ID: "tm05", Name: "lastName", Kind: model.Text},
				model.Property{ID: "tm06", Name: "name", Kind: model.Text, Concat: []string{"firstName", "lastName"}},
			),
		},
		{
			Name: "Task", Route: "tasks", Prefix: "ta", Label: "Task", Plural: "Tasks", Doc: "Something to do.",
			Title: "action", Anchor: "companyId", Properties: system("ta",
				model.Property{ID: "ta04", Name: "companyId", Kind: model.Ref, To: "Company", Required: true, Index: true},
				model.Property{ID: "ta05", Name: "companyName", Kind: model.Text, Via: "companyId.name"},
				model.Property{ID: "ta06", Name: "ownerName", Kind: model.Text, Via: "companyId.owner.name"},
				model.Property{ID: "ta07", Name: "action", Kind: model.Text},
			),
		},
	}
}

func custom() map[string][]model.Property {
	return map[string][]model.Property{"Company": {
		{ID: "cf_1", Name: "custom.NPS group", Kind: model.Text, Custom: true},
		{ID: "cf_2", Name: "custom.Sponsor", Kind: model.Ref, To: "Team Mate", Custom: true},
	}}
}

func mustNew(t *testing.T) *model.Registry {
	t.Helper()
	r, err := model.New(sample(), custom())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func mustModel(t *testing.T, r *model.Registry, name string) *model.Model {
	t.Helper()
	m, ok := r.Model(name)
	if !ok {
		t.Fatalf("no model %s", name)
	}
	return m
}

// change gives a property of the sample to spoil.
func change(models []model.Model, name string) *model.Property {
	owner, prop, _ := strings.Cut(name, ".")
	for i := range models {
		for j := range models[i].Properties {
			if models[i].Name == owner && models[i].Properties[j].Name == prop {
				return &models[i].Properties[j]
			}
		}
	}
	panic("no " + name)
}

func TestNewReportsMistakes(t *testing.T) {
	type models = []model.Model
	const co, tm, ta = 0, 1, 2
	prop := func(name string, spoil func(*model.Property)) func(models) {
		return func(m models) { spoil(change(m, name)) }
	}
	for _, row := range []struct {
		name  string
		spoil func(models)
		want  string
	}{
		{"no label", func(m models) { m[co].Label = "" }, "model Company: needs a name, a label, a plural and a doc"},
		{"no plural", func(m models) { m[co].Plural = "" }, "needs a name, a label, a plural and a doc"},
		{"no doc", func(m models) { m[co].Doc = "" }, "needs a name, a label, a plural and a doc"},
		{"no name", func(m models) { m[ta].Name = "" }, "model : needs a name, a label, a plural and a doc"},
		{"route", func(m models) { m[co].Route = "Companies" }, `route "Companies" must be lower-case letters and digits`},
		{"route taken", func(m models) { m[ta].Route = "companies" }, `model Task: "companies" already names Company`},
		{"name is another's route", func(m models) { m[ta].Name = "companies" }, `model companies: "companies" already names Company`},
		{"name twice", func(m models) { m[ta].Name, m[ta].Route = "Company", "other" }, `model Company: "Company" already names Company`},
		{"names alike", func(m models) { m[ta].Name = "team-mate" }, `model team-mate: "team-mate" already names Team Mate`},
		{"no kind", prop("Company.name", func(p *model.Property) { p.Kind = nil }), "model Company: property name: has no kind"},
		{"property name", prop("Company.name", func(p *model.Property) { p.Name = "full name" }), "property full name: a name is letters and digits"},
		{"custom name", prop("Company.name", func(p *model.Property) { p.Name = "custom.x" }), "property custom.x: a name is letters and digits"},
		{"name taken", prop("Company.status", func(p *model.Property) { p.Name = "name" }), "property name name is there twice"},
		{"alias taken", prop("Company.status", func(p *model.Property) { p.Aliases = []string{"owner"} }), "property name owner is there twice"},
		{"alias", prop("Company.status", func(p *model.Property) { p.Aliases = []string{""} }), `property status: alias "" is not letters and digits`},
		{"dotted alias", prop("Company.status", func(p *model.Property) { p.Aliases = []string{"a.b"} }), `alias "a.b" is not letters and digits`},
		{"no ID", prop("Company.name", func(p *model.Property) { p.ID = "" }), `property name: ID "" must begin with "co"`},
		{"ID of another model", prop("Company.name", func(p *model.Property) { p.ID = "ta99" }), `ID "ta99" must begin with "co"`},
		{"ID twice", prop("Company.name", func(p *model.Property) { p.ID = "co05" }), "property ID co05 is there twice"},
		{"reference to nothing", prop("Company.owner", func(p *model.Property) { p.To = "" }), "To goes with a reference, and a reference with To"},
		{"references to nothing", prop("Company.followers", func(p *model.Property) { p.To = "" }), "To goes with a reference, and a reference with To"},
		{"To without reference", prop("Company.name", func(p *model.Property) { p.To = "Task" }), "To goes with a reference, and a reference with To"},
		{"To on the identifier", prop("Company._id", func(p *model.Property) { p.To = "Task" }), "To goes with a reference, and a reference with To"},
		{"unknown model", prop("Company.parent", func(p *model.Property) { p.To = "Ghost" }), `property parent refers to unknown model "Ghost"`},
		{"route instead of name", prop("Company.parent", func(p *model.Property) { p.To = "companies" }), `property parent refers to unknown model "companies"`},
		{"via through an unknown model", prop("Task.companyId", func(p *model.Property) { p.To = "Ghost" }), `property companyId refers to unknown model "Ghost"`},
		{"enum without options", prop("Company.status", func(p *model.Property) { p.Options = nil }), "Options go with an enum, and an enum with Options"},
		{"options without enum", prop("Company.name", func(p *model.Property) { p.Options = []string{"a"} }), "Options go with an enum, and an enum with Options"},
		{"option twice", prop("Company.status", func(p *model.Property) { p.Options = []string{"lost", "Lost"} }), `option "Lost" is empty, padded or there twice`},
		{"empty option", prop("Company.status", func(p *model.Property) { p.Options = []string{"", "a"} }), `option "" is empty, padded or there twice`},
		{"padded option", prop("Company.status", func(p *model.Property) { p.Options = []string{"a "} }), `option "a " is empty, padded or there twice`},
		{"computed twice", prop("Task.companyName", func(p *model.Property) { p.Concat = []string{"action"} }), "is computed in two ways"},
		{"computed and required", prop("Task.companyName", func(p *model.Property) { p.Required = true }), "is computed, so it cannot be required"},
		{"computed and unique", prop("Task.companyName", func(p *model.Property) { p.Unique = true }), "is computed, so it cannot be required"},
		{"computed and indexed", prop("Team Mate.name", func(p *model.Property) { p.Index = true }), "is computed, so it cannot be required"},
		{"computed and create-only", prop("Team Mate.name", func(p *model.Property) { p.CreateOnly = true }), "is computed, so it cannot be required"},
		{"read-only and required", prop("Company.name", func(p *model.Property) { p.ReadOnly = true }), "is read-only, so nobody could give the required value"},
		{"no _id", prop("Task._id", func(p *model.Property) { p.Name = "key" }), "model Task: needs a read-only _id of kind id"},
		{"_id of another kind", prop("Task._id", func(p *model.Property) { p.Kind = model.Text }), "needs a read-only _id of kind id"},
		{"writable _id", prop("Task._id", func(p *model.Property) { p.ReadOnly = false }), "needs a read-only _id of kind id"},
		{"no createdAt", prop("Task.createdAt", func(p *model.Property) { p.Name = "born" }), "needs a read-only createdAt of kind datetime"},
		{"updatedAt of another kind", prop("Task.updatedAt", func(p *model.Property) { p.Kind = model.Date }), "needs a read-only updatedAt of kind datetime"},
		{"unknown title", func(m models) { m[co].Title = "nmae" }, `title "nmae" is not a text property`},
		{"title of another kind", func(m models) { m[co].Title = "followers" }, `title "followers" is not a text property`},
		{"unknown key", func(m models) { m[co].Keys = []string{"nmae"} }, `key "nmae" is not an indexed property`},
		{"key without index", func(m models) { m[co].Keys = []string{"status"} }, `key "status" is not an indexed property`},
		{"computed key", func(m models) { m[tm].Keys = []string{"name"} }, `key "name" is not an indexed property`},
		{"via without hop", prop("Task.companyName", func(p *model.Property) { p.Via = "action" }), `property companyName: via "action" is not a path`},
		{"via unknown", prop("Task.companyName", func(p *model.Property) { p.Via = "companyId.nmae" }), `property companyName: via "companyId.nmae" is not a path`},
		{"via another via", func(m models) {
			m[co].Properties = append(m[co].Properties, model.Property{ID: "co20", Name: "parentName", Kind: model.Text, Via: "parent.name"})
			change(m, "Task.companyName").Via = "companyId.parentName"
		}, `property companyName: via "companyId.parentName" is not a path`},
		{"via of another kind", prop("Task.companyName", func(p *model.Property) { p.Kind = model.Number }), "property companyName: is not of the kind that companyId.name is stored as"},
		{"joins the unknown", prop("Team Mate.name", func(p *model.Property) { p.Concat = []string{"nmae"} }), `property name: "nmae" cannot be joined`},
		{"joins no text", prop("Team Mate.name", func(p *model.Property) { p.Concat = []string{"createdAt"} }), `property name: "createdAt" cannot be joined`},
		{"joins itself", prop("Team Mate.name", func(p *model.Property) { p.Concat = []string{"name"} }), `property name: "name" cannot be joined`},
		{"joined as no text", prop("Team Mate.name", func(p *model.Property) { p.Kind = model.Number }), "property name: joined texts are a text"},
		{"company without owners", func(m models) { m[co].Owners = nil }, "owners go with the anchor Self"},
		{"owners elsewhere", func(m models) { m[ta].Owners = []string{"companyId"} }, "model Task: owners go with the anchor Self"},
		{"unknown owner", func(m models) { m[co].Owners = []string{"boss"} }, `owner "boss" is not an indexed reference`},
		{"owner that is no reference", func(m models) { m[co].Owners = []string{"externalId"} }, `owner "externalId" is not an indexed reference`},
		{"owner without index", prop("Company.owner", func(p *model.Property) { p.Index = false }), `owner "owner" is not an indexed reference`},
		{"unknown anchor", func(m models) { m[ta].Anchor = "company" }, `anchor "company" is not a path of references`},
		{"anchor that is no reference", func(m models) { m[ta].Anchor = "action" }, `anchor "action" is not a path of references`},
		{"anchor at no company", func(m models) { m[ta].Anchor = "companyId.owner" }, `anchor "companyId.owner" does not end at a company`},
	} {
		t.Run(row.name, func(t *testing.T) {
			models := sample()
			row.spoil(models)
			r, err := model.New(models, nil)
			if err == nil || !strings.Contains(err.Error(), row.want) || r != nil {
				t.Errorf("got %v, %v; want %q", r, err, row.want)
			}
		})
	}
}

func TestNewReportsMistakesInCustomProperties(t *testing.T) {
	good := model.Property{ID: "cf_1", Name: "custom.Tier", Kind: model.Text, Custom: true}
	with := func(spoil func(*model.Property)) []model.Property {
		p := good
		spoil(&p)
		return []model.Property{p}
	}
	for _, row := range []struct {
		name, model string
		props       []model.Property
		want        string
	}{
		{"unknown model", "Ghost", []model.Property{good}, `custom properties for unknown model "Ghost"`},
		{"route instead of name", "companies", []model.Property{good}, `custom properties for unknown model "companies"`},
		{"not marked", "Company", with(func(p *model.Property) { p.Name, p.ID, p.Custom = "tier", "co20", false }), "Custom goes with a tenant's own properties"},
		{"a name like the product's", "Company", with(func(p *model.Property) { p.Name = "tier" }), `a custom property's name is "custom."`},
		{"no ID", "Company", with(func(p *model.Property) { p.ID = "" }), `ID "" must begin with`},
		{"name twice", "Company", []model.Property{good, {ID: "cf_2", Name: "custom.Tier", Kind: model.Text, Custom: true}}, "property name custom.Tier is there twice"},
		{"ID twice", "Company", []model.Property{good, {ID: "cf_1", Name: "custom.Size", Kind: model.Text, Custom: true}}, "property ID cf_1 is there twice"},
		{"ID of the product", "Company", with(func(p *model.Property) { p.ID = "co04" }), "property ID co04 is there twice"},
		{"unknown target", "Company", with(func(p *model.Property) { p.Kind, p.To = model.Ref, "Ghost" }), `refers to unknown model "Ghost"`},
		{"enum without options", "Company", with(func(p *model.Property) { p.Kind = model.Enum }), "Options go with an enum"},
	} {
		t.Run(row.name, func(t *testing.T) {
			r, err := model.New(sample(), map[string][]model.Property{row.model: row.props})
			if err == nil || !strings.Contains(err.Error(), row.want) || r != nil {
				t.Errorf("got %v, %v; want %q", r, err, row.want)
			}
		})
	}
	models := sample()
	change(models, "Company.status").Custom = true
	change(models, "Company.status").Name = "custom.Status"
	if _, err := model.New(models, nil); err == nil || !strings.Contains(err.Error(), "Custom goes with a tenant's own properties") {
		t.Errorf("a custom property among the declared ones: %v", err)
	}
}

func TestNewReportsAllMistakesAtOnce(t *testing.T) {
	models := sample()
	models[0].Title = "nmae"
	change(models, "Company.name").ID = "xx"
	change(models, "Task.action").Kind = nil
	_, err := model.New(models, map[string][]model.Property{"Ghost": nil})
	if err == nil {
		t.Fatal("no mistake is reported")
	}
	for _, want := range []string{`title "nmae"`, `ID "xx"`, "property action: has no kind", "Ghost"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
}

func TestNewKeepsNothingOfItsArguments(t *testing.T) {
	models, own := sample(), custom()
	r, err := model.New(models, own)
	if err != nil {
		t.Fatal(err)
	}
	models[0].Label = "changed"
	models[0].Properties[3].Name = "changed"
	models[2].Properties[3].Name = "changed"
	own["Company"][0].Name = "changed"
	m := mustModel(t, r, "Company")
	if _, ok := m.Property("changed"); ok || m.Label != "Company" || m.Properties[3].Name != "name" {
		t.Error("changing the arguments changed the registry")
	}
	if task := mustModel(t, r, "Task"); task.Properties[3].Name != "companyId" {
		t.Error("changing the arguments changed a model without custom properties")
	}
	if _, ok := m.Property("custom.NPS group"); !ok {
		t.Error("changing the custom properties changed the registry")
	}
	if len(sample()[0].Properties) != len(models[0].Properties) {
		t.Error("custom properties went into the caller's slice")
	}
}

func TestModelLookup(t *testing.T) {
	r := mustNew(t)
	for name, want := range map[string]string{
		"Team Mate": "Team Mate", "teammates": "Team Mate", "team mate": "Team Mate", "TeamMate": "Team Mate",
		"team_mate": "Team Mate", "TEAM-MATES": "Team Mate", " company ": "Company", "Companies": "Company", "task": "Task",
		"": "", "team": "", "companys": "", "Ghost": "",
	} {
		m, ok := r.Model(name)
		if ok != (want != "") || ok && m.Name != want {
			t.Errorf("Model(%q) = %v, %v; want %q", name, m, ok, want)
		}
	}
	var names []string
	for _, m := range r.Models() {
		names = append(names, m.Name)
	}
	if diff := cmp.Diff([]string{"Company", "Team Mate", "Task"}, names); diff != "" {
		t.Errorf("Models: (-want +got)\n%s", diff)
	}
}

func TestPropertyLookup(t *testing.T) {
	m := mustModel(t, mustNew(t), "Company")
	for name, want := range map[string]string{
		"owner": "owner", "ownerId": "owner", "custom.NPS group": "custom.NPS group", "Owner": "", "": "", "custom.nps group": "", "NPS group": "",
	} {
		p, ok := m.Property(name)
		if ok != (want != "") || ok && (p.Name != want || p.Model() != m) {
			t.Errorf("Property(%q) = %v, %v; want %q", name, p, ok, want)
		}
	}
	byID, ok := m.PropertyByID("cf_1")
	if byName, _ := m.Property("custom.NPS group"); !ok || byID != byName {
		t.Error("the same property is two pointers")
	}
	if _, ok := m.PropertyByID("cf_9"); ok {
		t.Error("an ID that was never given is found")
	}
	if m.TitleProperty().Name != "name" {
		t.Errorf("the title is %s", m.TitleProperty().Name)
	}
	props := m.Props()
	if len(props) != 11 || props[0] != m.Props()[0] || props[9].Name != "custom.NPS group" {
		t.Errorf("Props gives %d properties", len(props))
	}
}

func TestPath(t *testing.T) {
	r := mustNew(t)
	for _, row := range []struct {
		from, path, canonical string
		hops                  int
		err                   string
	}{
		{"Company", "name", "name", 0, ""},
		{"Company", "owner", "owner", 0, ""},
		{"Company", "ownerId.name", "owner.name", 1, ""},
		{"Task", "companyId.owner.lastName", "companyId.owner.lastName", 2, ""},
		{"Task", "companyName", "companyName", 0, ""},
		{"Company", "custom.NPS group", "custom.NPS group", 0, ""},
		{"Company", "custom.Sponsor.name", "custom.Sponsor.name", 1, ""},
		{"Task", "companyId.custom.NPS group", "companyId.custom.NPS group", 1, ""},
		{"Task", "companyId.custom.Sponsor.firstName", "companyId.custom.Sponsor.firstName", 2, ""},
		{"Company", "parent.parent.parent.name", "parent.parent.parent.name", model.MaxHops, ""},
		{"Company", "parent.parent.parent.parent", "parent.parent.parent.parent", model.MaxHops, ""},
		{"Company", "parent.parent.parent.parent.name", "", 0, `"parent.parent.parent.parent.name" cannot be followed`},
		{"Company", "nmae", "", 0, `unknown property "nmae"`},
		{"Company", "owner.nmae", "", 0, `unknown property "owner.nmae"`},
		{"Company", "name.length", "", 0, `"name.length" cannot be followed`},
		{"Company", "followers.name", "", 0, `"followers.name" cannot be followed`},
		{"Company", "_id.name", "", 0, `"_id.name" cannot be followed`},
		{"Company", "custom", "", 0, `unknown property "custom"`},
		{"Company", "custom.", "", 0, `unknown property "custom."`},
		{"Company", "custom.Tier", "", 0, `unknown property "custom.Tier"`},
		{"Company", "", "", 0, `unknown property ""`},
		{"Company", ".", "", 0, `unknown property "."`},
		{"Company", "owner.", "", 0, `unknown property "owner."`},
		{"Company", "name.", "", 0, `unknown property "name."`},
		{"Company", "custom.Sponsor.", "", 0, `unknown property "custom.Sponsor."`},
		{"Company", ".name", "", 0, `unknown property ".name"`},
		{"Company", "owner..name", "", 0, `unknown property "owner..name"`},
	} {
		got, err := r.Path(mustModel(t, r, row.from), row.path)
		if errorText(err) != row.err {
			t.Errorf("%s %q: error %q, want %q", row.from, row.path, errorText(err), row.err)
			continue
		}
		if err == nil && (got.String() != row.canonical || len(got.Hops) != row.hops) {
			t.Errorf("%s %q = %s with %d hops, want %s with %d", row.from, row.path, got, len(got.Hops), row.canonical, row.hops)
		}
	}
}

func FuzzPath(f *testing.F) {
	r, err := model.New(sample(), custom())
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{"", ".", "name", "custom.NPS group", "custom.Sponsor.name", "parent.parent.parent.parent.name", "owner..name"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, _ := r.Model("Company")
		p, err := r.Path(m, s)
		if err != nil {
			return
		}
		again, err := r.Path(m, p.String())
		if err != nil || again.String() != p.String() || again.Property != p.Property || len(p.Hops) > model.MaxHops {
			t.Errorf("%q is resolved to %s, and that to %v, %v", s, p, again, err)
		}
	})
}

func TestCustomName(t *testing.T) {
	for name, want := range map[string]bool{
		"custom.NPS group": true, "custom.Größe (m²)": true, "custom.Größe (m)": true, "custom.R&D %": true, "custom.2nd": true, "custom.a": true,
		"custom." + strings.Repeat("x", 80): true, "custom." + strings.Repeat("x", 81): false,
		"NPS": false, "custom.": false, "custom. x": false, "custom.x ": false, "custom.a.b": false, "custom.a\nb": false, "custom._x": false,
		`custom.a"b`: false, "custom.a'b": false, "Custom.a": false, "custom.x\n": false,
	} {
		if got := model.CustomName(name); got != want {
			t.Errorf("CustomName(%q) = %v", name, got)
		}
	}
}

func TestDisplayLabel(t *testing.T) {
	for _, row := range []struct {
		p    model.Property
		want string
	}{
		{model.Property{Name: "renewalDate"}, "Renewal date"},
		{model.Property{Name: "companyId"}, "Company"},
		{model.Property{Name: "_currency"}, "Currency"},
		{model.Property{Name: "h", Label: "Health"}, "Health"},
		{model.Property{Name: "custom.NPS group", Custom: true}, "NPS group"},
		{model.Property{Name: "custom.paid", Custom: true}, "paid"},
	} {
		if got := row.p.DisplayLabel(); got != row.want {
			t.Errorf("%s: label %q, want %q", row.p.Name, got, row.want)
		}
	}
}

func TestWritable(t *testing.T) {
	for name, p := range map[string]model.Property{
		"read-only": {ReadOnly: true}, "via": {Via: "a.b"}, "concat": {Concat: []string{"a"}},
	} {
		if p.Writable() {
			t.Errorf("%s is writable", name)
		}
	}
	for _, p := range []model.Property{{}, {CreateOnly: true}} {
		if !p.Writable() || p.Computed() {
			t.Errorf("%+v is not writable", p)
		}
	}
}
