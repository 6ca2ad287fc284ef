package web

import (
	"net/http"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/customfield"
	"mandorla/internal/model"
	"mandorla/internal/web/kit"
)

// pathDataModel is where the models are, each below it under its route, and each custom field below that under its ID.
const pathDataModel = "/settings/data-model"

func fieldsPath(m *model.Model) string { return pathDataModel + "/" + m.Route }

// dataModelView is the list of models.
type dataModelView struct{ Table kit.Table }

// modelView is one model: the fields of the tenant, and the properties that every tenant has.
type modelView struct {
	Custom   kit.Section
	Fields   kit.Table
	Declared kit.Section
	Props    kit.Table
}

var (
	sampleDataModel = dataModelView{Table: sampleApps.Table}
	sampleModel     = modelView{Custom: kit.Section{Title: "x"}, Fields: sampleApps.Table, Declared: kit.Section{Title: "x"}, Props: sampleApps.Table}
)

func (s *Server) getDataModel(w http.ResponseWriter, v *visit) error {
	models, err := s.Fields.Models(v.ctx(), v.who)
	if err != nil {
		return err
	}
	page := s.shell(v, "settings", "Settings")
	page.Tabs = settingsTabs(v, "data-model")
	view := dataModelView{Table: kit.Table{
		Caption: "Models",
		Columns: []kit.Column{{Label: "Model", Wide: true}, {Label: "In the API", HideOnPhone: true}, {Label: "Properties", Kind: kit.KindNumber, HideOnPhone: true}, {Label: "Custom fields", Kind: kit.KindNumber}},
		Empty:   &kit.Empty{Title: "No model to show", Text: "Your role shows no kind of records. Ask an administrator to allow viewing one."},
	}}
	for _, m := range models {
		name := kit.LinkTo(m.Plural, fieldsPath(m.Model))
		name.Icon, name.Sub = m.Icon, m.Doc
		own := len(customOf(m))
		view.Table.Rows = append(view.Table.Rows, kit.Row{Cells: []kit.Value{name, kit.Mono(m.Route), kit.Number(kit.Count(len(m.Known) - own)), kit.Number(kit.Count(own))}})
	}
	return s.kit.Render(w, http.StatusOK, page, "data_model", view)
}

func customOf(m customfield.Model) (out []*model.Property) {
	for _, p := range m.Known {
		if p.Custom {
			out = append(out, p)
		}
	}
	return out
}

func (s *Server) getModel(w http.ResponseWriter, v *visit) error {
	m, err := s.Fields.Model(v.ctx(), v.who, v.r.PathValue("model"))
	if err != nil {
		return err
	}
	page := s.shell(v, "settings", m.Plural)
	page.Icon, page.Lead = m.Icon, m.Doc
	page.Breadcrumb = []kit.Link{{Label: "Settings", Href: "/settings"}, {Label: "Data model", Href: pathDataModel}}
	columns := []kit.Column{{Label: "Name", Wide: true}, {Label: "Holds"}, {Label: "In the API", HideOnPhone: true}, {Label: "Rules", HideOnPhone: true}}
	view := modelView{
		Custom:   kit.Section{ID: "custom", Title: "Custom fields", Text: "Properties that this tenant has added. They are used everywhere, like the others."},
		Fields:   kit.Table{ID: "fields", Caption: "Custom fields", Columns: columns, Empty: &kit.Empty{Icon: "forms", Title: "No custom fields yet", Text: "Whoever may create custom fields adds what is missing about " + strings.ToLower(m.Plural) + "."}},
		Declared: kit.Section{ID: "properties", Title: "Properties", Text: "What every tenant has."},
		Props:    kit.Table{ID: "props", Caption: "Properties", Columns: columns},
	}
	if v.who.Manages(access.CustomField, access.Create) {
		page.Primary = &kit.Button{Label: "New custom field", Icon: "plus", Look: kit.Primary, Href: fieldsPath(m.Model) + "/new"}
		view.Fields.Empty.Text = "Add what is missing about " + strings.ToLower(m.Plural) + ": a contract type, a rating, the person who signed."
	}
	for _, p := range m.Known {
		if name := kit.Text(p.DisplayLabel()); p.Custom {
			name = kit.LinkTo(p.DisplayLabel(), fieldsPath(m.Model)+"/"+p.ID)
			view.Fields.Rows = append(view.Fields.Rows, propertyRow(m, p, name))
		} else {
			view.Props.Rows = append(view.Props.Rows, propertyRow(m, p, name))
		}
	}
	return s.kit.Render(w, http.StatusOK, page, "model", view)
}

func propertyRow(m customfield.Model, p *model.Property, name kit.Value) kit.Row {
	name.Sub = p.Doc
	what := kit.Text(clip(holds(m, p), 40))
	what.Title = strings.Join(p.Options, ", ")
	return kit.Row{Cells: []kit.Value{name, what, kit.Mono(p.Name), kit.Badges(rulesOf(p)...)}}
}

// holds says in words what a property of a model holds. A model that the person may not know is not named.
func holds(m customfield.Model, p *model.Property) string {
	if to, ok := m.Target(p); ok {
		return referenceTo(p.Kind, to)
	}
	if len(p.Options) > 0 {
		return p.Kind.Label() + ": " + strings.Join(p.Options, ", ")
	}
	return p.Kind.Label()
}

// referenceTo says of a kind of reference what it refers to.
func referenceTo(k model.Kind, m *model.Model) string {
	if l, ok := k.(model.Linker); ok && l.Many() {
		return k.Label() + " to " + strings.ToLower(m.Plural)
	}
	return k.Label() + " to one " + strings.ToLower(m.Label)
}

func rulesOf(p *model.Property) (out []kit.Badge) {
	for _, rule := range []struct {
		holds bool
		text  string
	}{
		{p.Required, "Required"}, {p.Unique, "Unique"}, {p.Computed(), "Worked out"}, {p.ReadOnly && !p.Computed(), "Set by the system"},
		{p.CreateOnly, "At creation only"}, {p.List, "In tables"}, {p.Sensitive, "Sensitive"},
	} {
		if rule.holds {
			out = append(out, kit.Badge{Text: rule.text})
		}
	}
	return out
}
