package web

import (
	"net/http"
	"slices"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/model"
	"mandorla/internal/query"
	"mandorla/internal/web/kit"
)

// rolesView is the list of roles in the settings.
type rolesView struct{ Table kit.Table }

var sampleRoles = rolesView{Table: sampleApps.Table}

// settings registers a page for people who may look at roles; for everybody else there is nothing at the address. Who may change
// something is asked by the services, and buttons that one may not use are not drawn.
func (s *Server) settings(pattern string, h handler) {
	s.page(pattern, func(w http.ResponseWriter, v *visit) error {
		if !v.who.Manages(access.RoleModel, access.View) {
			return errNoPage
		}
		return h(w, v)
	})
}

// changes reports whether the person may change roles and who has them.
func (v *visit) changes() bool { return identity.MayManage(v.who, v.who.Tenant) == nil }

// getSettings leads to the first part of the settings that the person may open.
func (s *Server) getSettings(w http.ResponseWriter, v *visit) error {
	tabs := settingsTabs(v, "").Items
	if len(tabs) == 0 {
		return errNoPage
	}
	return s.done(w, v, tabs[0].Href, "")
}

// settingsTabs are the parts of the settings that the person may open.
func settingsTabs(v *visit, active string) kit.Tabs {
	tabs := kit.Tabs{Label: "Settings"}
	if v.who.Manages(access.RoleModel, access.View) {
		tabs.Items = append(tabs.Items,
			kit.Tab{Label: "Roles", Icon: "user-shield", Href: "/settings/roles", Active: active == "roles"},
			kit.Tab{Label: "People", Icon: "users", Href: "/settings/people", Active: active == "people"})
	}
	if v.who.Manages(access.CustomField, access.View) {
		tabs.Items = append(tabs.Items, kit.Tab{Label: "Data model", Icon: "forms", Href: pathDataModel, Active: active == "data-model"})
	}
	if v.self.Admin {
		tabs.Items = append(tabs.Items,
			kit.Tab{Label: "Explain", Icon: "help-circle", Href: "/settings/explain", Active: active == "explain"},
			kit.Tab{Label: "View as", Icon: "eye", Href: pathViewAs, Active: active == "view-as"})
	}
	return tabs
}

func (s *Server) getRoles(w http.ResponseWriter, v *visit) error {
	roles, err := s.Identity.Roles(v.ctx(), v.who.Tenant)
	if err != nil {
		return err
	}
	members, err := s.Identity.Members(v.ctx(), v.who.Tenant)
	if err != nil {
		return err
	}
	reg, err := s.registry(v)
	if err != nil {
		return err
	}
	page := s.shell(v, "settings", "Settings")
	page.Tabs = settingsTabs(v, "roles")
	view := rolesView{Table: kit.Table{
		Caption: "Roles",
		Columns: []kit.Column{
			{Label: "Name", Wide: true}, {Label: "Portfolio"}, {Label: "People", Kind: kit.KindNumber}, {Label: "Models", Kind: kit.KindNumber, HideOnPhone: true},
			{Label: "Workflow", HideOnPhone: true},
		},
	}}
	if v.changes() {
		page.Primary = &kit.Button{Label: "New role", Icon: "plus", Look: kit.Primary, Href: "/settings/roles/new"}
		view.Table.Columns = append(view.Table.Columns, kit.Column{Label: "Clone or remove", LabelHidden: true, Kind: kit.KindActions})
	}
	for _, r := range roles {
		row, err := s.roleRow(v, reg, r, len(having(members, r.ID)))
		if err != nil {
			return err
		}
		view.Table.Rows = append(view.Table.Rows, row)
	}
	return s.kit.Render(w, http.StatusOK, page, "roles", view)
}

func (s *Server) roleRow(v *visit, reg *model.Registry, r access.Role, people int) (kit.Row, error) {
	words, err := s.portfolioWords(v, reg, r.Portfolio)
	if err != nil {
		return kit.Row{}, err
	}
	path := "/settings/roles/" + r.ID
	name := kit.LinkTo(r.Name, path)
	name.Sub = clip(r.Doc, 90)
	portfolio := kit.Text(r.Portfolio.Kind.Label())
	portfolio.Title = words
	row := kit.Row{Cells: []kit.Value{name, portfolio, kit.Number(kit.Count(people)), kit.Number(kit.Count(len(access.DataOnly(r.Set)))), switchBadges(r)}}
	if v.changes() {
		row.Cells = append(row.Cells, kit.Actions(
			kit.Button{Label: "Clone " + r.Name, Icon: "copy", IconOnly: true, Look: kit.Ghost, Small: true, Post: path + "/clone"},
			kit.Button{Label: "Remove " + r.Name, Icon: "trash", IconOnly: true, Look: kit.Ghost, Small: true, Href: path + "/remove"},
		))
	}
	return row, nil
}

func switchBadges(r access.Role) kit.Value {
	if r.Admin {
		return kit.Badges(kit.Badge{Text: "Administrator", Tone: kit.Info})
	}
	if r.Has(access.AllSwitches) {
		return kit.Badges(kit.Badge{Text: "Everything"})
	}
	var badges []kit.Badge
	for _, one := range access.SwitchList {
		if r.Has(one.Switch) {
			label := one.Label
			if one.Switch == access.SwitchConnect {
				label = "Connect"
			}
			badges = append(badges, kit.Badge{Text: label, Title: one.Doc})
		}
	}
	return kit.Badges(badges...)
}

// having are those of the members who have a role.
func having(members []identity.Membership, role string) []identity.Membership {
	var out []identity.Membership
	for _, m := range members {
		if slices.ContainsFunc(m.Roles, func(r identity.RoleRecord) bool { return r.ID == role }) {
			out = append(out, m)
		}
	}
	return out
}

// portfolioWords says which rows a portfolio reaches.
func (s *Server) portfolioWords(v *visit, reg *model.Registry, p access.Portfolio) (string, error) {
	company, ok := reg.Company()
	if p.Kind != access.KindFilter || !ok {
		return upper(p.Reach()), nil
	}
	f, err := query.ParseFilterJSON(p.Filter)
	if err == nil {
		err = p.Check(reg)
	}
	if err != nil {
		return "Nothing: its filter no longer fits the data model.", nil
	}
	words, err := s.filterWords(v, wholeScope(reg, company), f)
	return company.Plural + " where " + words, err
}

func upper(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func (s *Server) postRoleClone(w http.ResponseWriter, v *visit) error {
	role, err := s.Identity.CloneRole(v.ctx(), v.who, v.who.Tenant, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	return s.done(w, v, "/settings/roles/"+role.ID, "cloned")
}

// roleRemoveView asks what those who have a role get instead.
type roleRemoveView struct {
	Form  kit.Form
	Table kit.Table
}

var sampleRoleRemove = roleRemoveView{Form: kit.Form{Action: "/"}, Table: sampleApps.Table}

func (s *Server) getRoleRemove(w http.ResponseWriter, v *visit) error {
	return s.showRoleRemove(w, v, http.StatusOK, nil)
}

func (s *Server) showRoleRemove(w http.ResponseWriter, v *visit, status int, problem error) error {
	role, err := s.Identity.Role(v.ctx(), v.who.Tenant, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	roles, err := s.Identity.Roles(v.ctx(), v.who.Tenant)
	if err != nil {
		return err
	}
	members, err := s.Identity.Members(v.ctx(), v.who.Tenant)
	if err != nil {
		return err
	}
	people := having(members, role.ID)
	path := "/settings/roles/" + role.ID
	page := s.shell(v, "settings", "Remove "+role.Name)
	page.Breadcrumb = []kit.Link{{Label: "Settings", Href: "/settings"}, {Label: "Roles", Href: "/settings/roles"}, {Label: role.Name, Href: path}}
	page.Narrow = true
	page.Lead = "Nobody has this role. Removing it changes nothing for anybody."
	view := roleRemoveView{Form: kit.Form{
		Action: path + "/delete", Submit: kit.Button{Label: "Remove role", Look: kit.Danger}, Cancel: &kit.Link{Label: "Cancel", Href: path},
	}}
	if len(people) > 0 {
		page.Lead = countOf(len(people), "person has", "people have") + " this role. What changes for them takes effect at their next request, through every app as well."
		instead := kit.Field{Kind: kit.FieldSelect, Name: "replacement", Label: "What they get instead", Options: []kit.Option{{Value: "", Label: "No other role"}}}
		for _, r := range roles {
			if r.ID != role.ID {
				instead.Options = append(instead.Options, kit.Option{Value: r.ID, Label: r.Name, Selected: v.r.PostForm.Get("replacement") == r.ID})
			}
		}
		view.Form.Fields = append(view.Form.Fields, instead)
		if view.Table, err = s.losers(people, role); err != nil {
			return err
		}
	}
	view.Form.Fields = append(view.Form.Fields, kit.Field{Name: "confirm", Label: "Type " + role.Name + " to confirm", Required: true, Autocomplete: "off"})
	placeErrors(&view.Form, problem)
	return s.kit.Render(w, status, page, "role_remove", view)
}

// losers says of each person who has a role what goes with it, where nothing comes instead.
func (s *Server) losers(people []identity.Membership, role access.Role) (kit.Table, error) {
	t := kit.Table{Caption: "People who have it", Columns: []kit.Column{{Label: "Person", Wide: true}, {Label: "Other roles"}, {Label: "Without another role"}}}
	for _, m := range people {
		all, err := s.Identity.DecodeRoles(m)
		if err != nil {
			return t, err
		}
		rest := slices.DeleteFunc(slices.Clone(all), func(r access.Role) bool { return r.ID == role.ID })
		t.Rows = append(t.Rows, kit.Row{Cells: []kit.Value{kit.PersonValue(personName(m), ""), kit.Text(roleNames(rest)), kit.Text(loss(all, rest))}})
	}
	return t, nil
}

func loss(before, after []access.Role) string {
	had, has := access.Union(access.PersonLanes(before)), access.Union(access.PersonLanes(after))
	words := "keeps every permission, perhaps on fewer records"
	switch gone := permissions(had) - permissions(has); {
	case len(after) == 0:
		words = "may do nothing any more"
	case gone > 0:
		words = "loses " + countOf(gone, "permission", "permissions")
	}
	if isAdmin(before) && !isAdmin(after) {
		words += ", stops being an administrator"
	}
	return upper(words)
}

func isAdmin(roles []access.Role) bool {
	return slices.ContainsFunc(roles, func(r access.Role) bool { return r.Admin })
}

func roleNames(roles []access.Role) string {
	var names []string
	for _, r := range roles {
		names = append(names, r.Name)
	}
	return strings.Join(names, ", ")
}

func (s *Server) postRoleDelete(w http.ResponseWriter, v *visit) error {
	role, err := s.Identity.Role(v.ctx(), v.who.Tenant, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	form := v.r.PostForm
	if strings.TrimSpace(form.Get("confirm")) != role.Name {
		return s.showRoleRemove(w, v, http.StatusUnprocessableEntity, fault.BadField("confirm", "is not the role's name: nothing was removed. Type %s.", role.Name))
	}
	err = s.Identity.DeleteRole(v.ctx(), v.who, v.who.Tenant, role.ID, form.Get("replacement"))
	if fault.Is(err, fault.Conflict) || badInput(err) {
		return s.showRoleRemove(w, v, http.StatusConflict, err)
	}
	if err != nil {
		return err
	}
	return s.done(w, v, "/settings/roles", "deleted")
}
