package web

import (
	"net/http"
	"net/url"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/customfield"
	"mandorla/internal/fault"
	"mandorla/internal/model"
	"mandorla/internal/query"
	"mandorla/internal/record"
	"mandorla/internal/web/kit"
)

// fieldView makes or changes a custom field.
type fieldView struct {
	Facts *kit.Properties // to those who may look only
	Form  kit.Form
	Sight kit.Section // which roles show it
	Table kit.Table
}

var sampleField = fieldView{
	Facts: &kit.Properties{}, Form: kit.Form{Action: "/", SaveBar: &kit.SaveBar{}}, Sight: kit.Section{Title: "x"}, Table: sampleApps.Table,
}

// fieldOf finds the model and the custom field of the address.
func (s *Server) fieldOf(v *visit) (customfield.Model, *model.Property, error) {
	m, err := s.Fields.Model(v.ctx(), v.who, v.r.PathValue("model"))
	if err != nil {
		return m, nil, err
	}
	p, ok := m.Custom(v.r.PathValue("field"))
	if !ok {
		return m, nil, errNoPage
	}
	return m, p, nil
}

// fieldPage starts a page about one custom field, or about one that is to be made.
func (s *Server) fieldPage(v *visit, m *model.Model, title string) kit.Page {
	page := s.shell(v, "settings", title)
	page.Icon, page.Narrow = "forms", true
	page.Breadcrumb = []kit.Link{{Label: "Settings", Href: "/settings"}, {Label: "Data model", Href: pathDataModel}, {Label: m.Plural, Href: fieldsPath(m)}}
	return page
}

func (s *Server) getFieldNew(w http.ResponseWriter, v *visit) error {
	m, err := s.Fields.Model(v.ctx(), v.who, v.r.PathValue("model"))
	if err != nil {
		return err
	}
	return s.showFieldNew(w, v, http.StatusOK, m, customfield.Field{}, nil)
}

func (s *Server) showFieldNew(w http.ResponseWriter, v *visit, status int, m customfield.Model, f customfield.Field, problem error) error {
	page := s.fieldPage(v, m.Model, "New custom field")
	lead, err := s.soonSeen(v, m.Model)
	if err != nil {
		return err
	}
	page.Lead = lead
	path := fieldsPath(m.Model)
	kinds, err := s.kindOptions(v, f)
	if err != nil {
		return err
	}
	holds := kit.Field{Kind: kit.FieldSelect, Name: "kind", Label: "Holds", Options: kinds, Required: true, Help: "It cannot be changed afterwards, since the values would not fit."}
	view := fieldView{Form: kit.Form{
		Action: path + "/new", Submit: kit.Button{Label: "Create custom field", Look: kit.Primary}, Cancel: &kit.Link{Label: "Cancel", Href: path},
		Fields: fieldFields(f, holds, choiceField(f, &kit.Only{Field: "kind", Value: model.Enum.Name()})),
	}}
	view.Form.Fields[0].Autofocus = problem == nil
	placeErrors(&view.Form, problem)
	return s.kit.Render(w, status, page, "field", view)
}

// fieldFields are the fields of both forms. What the field holds stands third; choices follow where it has any.
func fieldFields(f customfield.Field, holds kit.Field, choices ...kit.Field) []kit.Field {
	fields := []kit.Field{
		{Name: "name", Label: "Name", Value: f.Name, Required: true, Max: 80, Help: "As people read it. Behind custom. it is the name in the API, in imports and for assistants: custom.Contract type."},
		{Name: "doc", Label: "What it means", Value: f.Doc, Max: customfield.MaxDoc, Help: "One sentence. Assistants read it to choose the right field."},
		holds,
	}
	fields = append(fields, choices...)
	return append(fields,
		kit.Field{Kind: kit.FieldCheck, Name: "required", Label: "Required", Checked: f.Required, Help: "A new record needs a value. Records that are there stay as they are."},
		kit.Field{Kind: kit.FieldCheck, Name: "list", Label: "In tables", Checked: f.List, Help: "A column that tables show at first."},
		kit.Field{Kind: kit.FieldCheck, Name: "sensitive", Label: "Sensitive", Checked: f.Sensitive, Help: "Presets of permissions leave it out, so that it is given on purpose only."},
	)
}

func choiceField(f customfield.Field, only *kit.Only) kit.Field {
	return kit.Field{Kind: kit.FieldList, Name: "options", Label: "Choices", Lines: f.Options, Rows: min(max(4, len(f.Options)+1), 12), Only: only,
		Help: "What can be chosen, one a line, in the order people see. A record keeps a choice that is taken away until it is changed."}
}

// kindOptions are what a field can hold: a kind, and with a reference the model it refers to.
func (s *Server) kindOptions(v *visit, f customfield.Field) ([]kit.Option, error) {
	models, err := s.Fields.Models(v.ctx(), v.who)
	if err != nil {
		return nil, err
	}
	out := []kit.Option{{Value: "", Label: "Choose…", Selected: f.Kind == nil}}
	for _, k := range model.CustomKinds {
		if _, refers := k.(model.Linker); !refers {
			out = append(out, kit.Option{Value: k.Name(), Label: k.Label(), Selected: f.Kind == k})
			continue
		}
		for _, m := range models {
			out = append(out, kit.Option{Value: k.Name() + ":" + m.Route, Label: referenceTo(k, m.Model), Selected: f.Kind == k && (f.To == m.Name || f.To == m.Route)})
		}
	}
	return out, nil
}

func readField(form url.Values) customfield.Field {
	kind, to, _ := strings.Cut(form.Get("kind"), ":")
	f := customfield.Field{
		Name: form.Get("name"), Doc: form.Get("doc"), To: to, Options: lines(form.Get("options")),
		Required: form.Get("required") == "on", List: form.Get("list") == "on", Sensitive: form.Get("sensitive") == "on",
	}
	f.Kind, _ = model.CustomKind(kind)
	return f
}

// soonSeen says which roles show a field of a model as soon as it is there.
func (s *Server) soonSeen(v *visit, m *model.Model) (string, error) {
	rest := "Apps that were allowed those show it as well. Everywhere else it takes a tick in the permissions."
	if !v.who.Manages(access.RoleModel, access.View) {
		return "It is shown at once by roles that have all properties of " + strings.ToLower(m.Plural) + ", also future ones. " + rest, nil
	}
	roles, err := s.Identity.Roles(v.ctx(), v.who.Tenant)
	if err != nil {
		return "", err
	}
	var names []string
	for _, r := range roles {
		if p := r.Set[m.Name]; p.Actions&access.View != 0 && p.View.All {
			names = append(names, r.Name)
		}
	}
	if len(names) == 0 {
		return "No role shows it at once: it takes a tick in the permissions of roles and apps.", nil
	}
	return "Shown at once by " + joined(names, "and") + ", which have all properties of " + strings.ToLower(m.Plural) + ", also future ones. " + rest, nil
}

func (s *Server) postFieldNew(w http.ResponseWriter, v *visit) error {
	m, err := s.Fields.Model(v.ctx(), v.who, v.r.PathValue("model"))
	if err != nil {
		return err
	}
	f := readField(v.r.PostForm)
	p, err := s.Fields.Add(v.ctx(), v.who, m.Name, f)
	if badInput(err) || fault.Is(err, fault.Conflict) {
		return s.showFieldNew(w, v, http.StatusUnprocessableEntity, m, f, err)
	}
	if err != nil {
		return err
	}
	to := fieldsPath(m.Model)
	if seen, err := s.seesField(v, m.Name, p.ID); err != nil {
		return err
	} else if seen {
		to += "/" + p.ID
	}
	return s.done(w, v, to, "field")
}

// seesField reports whether the person may know a field that has just been made.
func (s *Server) seesField(v *visit, modelName, id string) (bool, error) {
	if v.who.Admin {
		return true, nil
	}
	_, who, err := s.Identity.Session(v.ctx(), v.token, "") // with the data model as it is now
	if err != nil {
		return false, err
	}
	m, err := s.Fields.Model(v.ctx(), who, modelName)
	if err != nil {
		return false, err
	}
	_, ok := m.Custom(id)
	return ok, nil
}

func (s *Server) getField(w http.ResponseWriter, v *visit) error {
	m, p, err := s.fieldOf(v)
	if err != nil {
		return err
	}
	return s.showField(w, v, http.StatusOK, m, p, customfield.Of(p), customfield.Mark(p), nil)
}

func (s *Server) showField(w http.ResponseWriter, v *visit, status int, m customfield.Model, p *model.Property, f customfield.Field, was string, problem error) error {
	path := fieldsPath(m.Model) + "/" + p.ID
	page := s.fieldPage(v, m.Model, p.DisplayLabel())
	if v.who.Manages(access.CustomField, access.Remove) {
		page.Actions = []kit.Button{{Label: "Remove field", Icon: "trash", Href: path + "/remove"}}
	}
	var view fieldView
	if v.who.Manages(access.CustomField, access.Update) {
		var options []kit.Field
		if p.Kind == model.Enum {
			options = []kit.Field{choiceField(f, nil)}
		}
		view.Form = kit.Form{
			Action: path, Hidden: []kit.Hidden{{Name: "was", Value: was}}, SaveBar: &kit.SaveBar{Discard: path, Note: "Takes effect at everybody's next request, through every app as well."},
			Fields: fieldFields(f, kit.Field{Kind: kit.FieldShown, Name: "kind", Label: "Holds", Value: holds(m, &model.Property{Kind: p.Kind, To: p.To})}, options...),
		}
		placeErrors(&view.Form, problem)
	} else {
		view.Facts = &kit.Properties{Groups: []kit.PropertyGroup{{Label: "Custom field", Items: []kit.Property{
			{Label: "What it means", Value: kit.Text(p.Doc)}, {Label: "Holds", Value: kit.Text(holds(m, p))}, {Label: "In the API", Value: kit.Mono(p.Name)},
			{Label: "Rules", Value: kit.Badges(rulesOf(p)...)},
		}}}}
	}
	if v.who.Manages(access.RoleModel, access.View) {
		var err error
		if view.Sight, view.Table, err = s.fieldSight(v, m.Model, p); err != nil {
			return err
		}
	}
	return s.kit.Render(w, status, page, "field", view)
}

// fieldSight says which roles show a field and let it be changed.
func (s *Server) fieldSight(v *visit, m *model.Model, p *model.Property) (kit.Section, kit.Table, error) {
	section := kit.Section{ID: "sight", Title: "Who sees it", Text: "By role. Apps are limited further, by their own permissions."}
	table := kit.Table{Caption: "Roles", Columns: []kit.Column{{Label: "Role", Wide: true}, {Label: "May"}}}
	roles, err := s.Identity.Roles(v.ctx(), v.who.Tenant)
	if err != nil {
		return section, table, err
	}
	for _, r := range roles {
		set := r.Set[m.Name]
		may := kit.Text("Not shown")
		switch views := set.Actions&access.View != 0 && set.View.Has(p.ID); {
		case views && set.Actions&(access.Update|access.Create) != 0 && set.Update.Has(p.ID):
			may = kit.Text("View and change")
		case views:
			may = kit.Text("View")
		}
		table.Rows = append(table.Rows, kit.Row{Muted: may.Text == "Not shown", Cells: []kit.Value{kit.LinkTo(r.Name, "/settings/roles/"+r.ID), may}})
	}
	return section, table, nil
}

func (s *Server) postField(w http.ResponseWriter, v *visit) error {
	m, p, err := s.fieldOf(v)
	if err != nil {
		return err
	}
	f, was := readField(v.r.PostForm), v.r.PostForm.Get("was")
	err = s.Fields.Change(v.ctx(), v.who, m.Name, p.ID, was, f)
	if badInput(err) || fault.Is(err, fault.Conflict) {
		status := http.StatusUnprocessableEntity
		if fault.Is(err, fault.Conflict) {
			status = http.StatusConflict
		}
		return s.showField(w, v, status, m, p, f, was, err)
	}
	if err != nil {
		return err
	}
	return s.done(w, v, fieldsPath(m.Model)+"/"+p.ID, "saved")
}

// fieldRemoveView asks before a field goes with its values.
type fieldRemoveView struct{ Form kit.Form }

var sampleFieldRemove = fieldRemoveView{Form: kit.Form{Action: "/"}}

func (s *Server) getFieldRemove(w http.ResponseWriter, v *visit) error {
	m, p, err := s.fieldOf(v)
	if err != nil {
		return err
	}
	return s.showFieldRemove(w, v, http.StatusOK, m, p, nil)
}

func (s *Server) showFieldRemove(w http.ResponseWriter, v *visit, status int, m customfield.Model, p *model.Property, problem error) error {
	path, label := fieldsPath(m.Model)+"/"+p.ID, p.DisplayLabel()
	page := s.fieldPage(v, m.Model, "Remove "+label)
	page.Breadcrumb = append(page.Breadcrumb, kit.Link{Label: label, Href: path})
	filled, err := s.filled(v, m.Model, p)
	if err != nil {
		return err
	}
	page.Lead = filled + "Its values go with it, also those in records that you do not reach, and cannot be brought back."
	view := fieldRemoveView{Form: kit.Form{
		Action: path + "/remove", Submit: kit.Button{Label: "Remove field and its values", Look: kit.Danger}, Cancel: &kit.Link{Label: "Cancel", Href: path},
		Fields: []kit.Field{{Name: "confirm", Label: "Type " + label + " to confirm", Required: true, Autocomplete: "off"}},
	}}
	placeErrors(&view.Form, problem)
	return s.kit.Render(w, status, page, "field_remove", view)
}

// filled says in how many of the records that the person sees the field has a value; nothing where their role does not show it.
func (s *Server) filled(v *visit, m *model.Model, p *model.Property) (string, error) {
	page, err := s.Gate.List(v.ctx(), v.who, record.ListRequest{Model: m.Name, Filter: query.Where(p.Name, model.NotEmpty, nil), Select: []string{"_id"}, Limit: 1, Total: true})
	switch {
	case fault.Is(err, fault.NotFound) || badInput(err):
		return "", nil
	case err != nil:
		return "", err
	case page.Total == 0:
		return "None of the " + strings.ToLower(m.Plural) + " that you see has a value. ", nil
	}
	return countOf(page.Total, strings.ToLower(m.Label)+" that you see has", strings.ToLower(m.Plural)+" that you see have") + " a value. ", nil
}

func (s *Server) postFieldRemove(w http.ResponseWriter, v *visit) error {
	m, p, err := s.fieldOf(v)
	if err != nil {
		return err
	}
	if strings.TrimSpace(v.r.PostForm.Get("confirm")) != p.DisplayLabel() {
		return s.showFieldRemove(w, v, http.StatusUnprocessableEntity, m, p, fault.BadField("confirm", "is not the field's name: nothing was removed. Type %s.", p.DisplayLabel()))
	}
	err = s.Fields.Remove(v.ctx(), v.who, m.Name, p.ID)
	if fault.Is(err, fault.Conflict) {
		return s.showFieldRemove(w, v, http.StatusConflict, m, p, err)
	}
	if err != nil {
		return err
	}
	return s.done(w, v, fieldsPath(m.Model), "field-removed")
}
