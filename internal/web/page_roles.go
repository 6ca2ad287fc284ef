package web

import (
	"net/http"

	"mandorla/internal/web/kit"
)

// rolesView is the list of roles in the settings.
type rolesView struct{ Table kit.Table }

var sampleRoles = rolesView{Table: sampleApps.Table}

func (s *Server) getSettings(w http.ResponseWriter, v *visit) error {
	return s.done(w, v, "/settings/roles", "")
}

func (s *Server) settingsTabs(active string) kit.Tabs {
	return kit.Tabs{Label: "Settings", Items: []kit.Tab{
		{Label: "Roles", Icon: "user-shield", Href: "/settings/roles", Active: active == "roles"},
		{Label: "Explain", Icon: "help-circle", Href: "/settings/explain", Active: active == "explain"},
		{Label: "View as", Icon: "eye", Href: pathViewAs, Active: active == "view-as"},
	}}
}

func (s *Server) getRoles(w http.ResponseWriter, v *visit) error {
	roles, err := s.Identity.Roles(v.ctx(), v.who.Tenant)
	if err != nil {
		return err
	}
	page := s.shell(v, "settings", "Settings")
	page.Tabs = s.settingsTabs("roles")
	page.Primary = &kit.Button{Label: "New role", Icon: "plus", Look: kit.Primary, Href: "/settings/roles/new"}
	view := rolesView{Table: kit.Table{
		Caption: "Roles",
		Columns: []kit.Column{{Label: "Name"}, {Label: "What for", Wide: true, HideOnPhone: true}, {Label: "Portfolio"}, {Label: "Models", Kind: kit.KindNumber}, {Label: "Switch", HideOnPhone: true}},
	}}
	for _, r := range roles {
		admin := kit.Value{}
		if r.Admin {
			admin = kit.Badges(kit.Badge{Text: "Administrator", Tone: kit.Info})
		}
		view.Table.Rows = append(view.Table.Rows, kit.Row{Cells: []kit.Value{
			kit.LinkTo(r.Name, "/settings/roles/"+r.ID), kit.Text(r.Doc), kit.Text(r.Portfolio.Kind.Label()), kit.Number(kit.Count(len(r.Set))), admin,
		}})
	}
	return s.kit.Render(w, http.StatusOK, page, "roles", view)
}
