package web

import (
	"net/http"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/web/kit"
)

// rolePeopleView is who has a role.
type rolePeopleView struct {
	Notice *kit.Notice
	Add    *kit.Form // for those who may change it, where somebody is left
	Table  kit.Table
}

var sampleRolePeople = rolePeopleView{Notice: &kit.Notice{}, Add: &kit.Form{Action: "/"}, Table: sampleApps.Table}

func (s *Server) getRolePeople(w http.ResponseWriter, v *visit) error {
	return s.showRolePeople(w, v, http.StatusOK, nil)
}

func (s *Server) showRolePeople(w http.ResponseWriter, v *visit, status int, problem error) error {
	role, err := s.Identity.Role(v.ctx(), v.who.Tenant, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	members, err := s.Identity.Members(v.ctx(), v.who.Tenant)
	if err != nil {
		return err
	}
	page, err := s.rolePage(v, role, "people")
	if err != nil {
		return err
	}
	path := "/settings/roles/" + role.ID + "/people"
	people := having(members, role.ID)
	view := rolePeopleView{Table: kit.Table{
		Caption: "People who have the role", Columns: []kit.Column{{Label: "Name", Wide: true}, {Label: "Other roles"}, {Label: "Status", HideOnPhone: true}},
		Empty: &kit.Empty{Icon: "users", Title: "Nobody has this role", Text: "Whoever is given it works with it at the next request."},
	}}
	if v.changes() {
		view.Table.Columns = append(view.Table.Columns, kit.Column{Label: "Take the role", LabelHidden: true, Kind: kit.KindActions})
	}
	has := map[string]bool{}
	for _, m := range people {
		has[m.User] = true
		var others []access.Role
		for _, r := range m.Roles {
			if r.ID != role.ID {
				others = append(others, access.Role{Name: r.Name})
			}
		}
		row := kit.Row{Cells: []kit.Value{v.memberValue(m), kit.Text(roleNames(others)), memberStatus(m)}}
		if v.changes() {
			row.Cells = append(row.Cells, kit.Actions(kit.Button{Label: "Take role", Icon: "user-x", Small: true, Post: path + "/take", Name: "user", Value: m.User}))
		}
		view.Table.Rows = append(view.Table.Rows, row)
	}
	if v.changes() {
		form := kit.Form{Action: path + "/give", Submit: kit.Button{Label: "Give role", Icon: "user-plus", Look: kit.Primary}}
		who := kit.Field{Kind: kit.FieldSelect, Name: "user", Label: "Give the role to", Help: "A person may have several roles. A row and a property are reached where one of them grants both."}
		for _, m := range members {
			if !has[m.User] {
				who.Options = append(who.Options, kit.Option{Value: m.User, Label: personName(m)})
			}
		}
		if len(who.Options) > 0 {
			form.Fields = []kit.Field{who}
			view.Add = &form
		}
	}
	if problem != nil {
		msg, _ := fault.Safe(problem)
		view.Notice = &kit.Notice{Tone: kit.Bad, Title: "Nothing was changed", Text: msg}
	} else if role.Admin {
		view.Notice = &kit.Notice{Tone: kit.Info, Title: "Administrators", Text: "The last active administrator keeps the role: give it to another person first. Nobody can lock everybody out."}
	}
	return s.kit.Render(w, status, page, "role_people", view)
}

func (s *Server) postRoleGive(w http.ResponseWriter, v *visit) error {
	return s.rolePeopleChanged(w, v, s.Identity.GiveRole(v.ctx(), v.who, v.who.Tenant, v.r.PostForm.Get("user"), v.r.PathValue("id")))
}

func (s *Server) postRoleTake(w http.ResponseWriter, v *visit) error {
	return s.rolePeopleChanged(w, v, s.Identity.TakeRole(v.ctx(), v.who, v.who.Tenant, v.r.PostForm.Get("user"), v.r.PathValue("id")))
}

func (s *Server) rolePeopleChanged(w http.ResponseWriter, v *visit, err error) error {
	switch {
	case fault.Is(err, fault.Conflict) || badInput(err):
		return s.showRolePeople(w, v, http.StatusConflict, err)
	case err != nil:
		return err
	}
	return s.done(w, v, "/settings/roles/"+v.r.PathValue("id")+"/people", "saved")
}
