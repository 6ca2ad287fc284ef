package web

import (
	"fmt"
	"net/http"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/web/kit"
)

// roleView is one role: its name, the rows it reaches and its permissions.
type roleView struct {
	Form   kit.Form
	Matrix kit.Matrix
	Danger kit.DangerZone
}

var sampleRole = roleView{
	Form: kit.Form{Action: "/", Fields: []kit.Field{{Name: "name"}}, SaveBar: &kit.SaveBar{}}, Matrix: sampleAppPermissions.Matrix,
	Danger: sampleApp.Danger,
}

// roleFor finds the role of the address; "new" is a fresh one.
func (s *Server) roleFor(v *visit) (access.Role, error) {
	id := v.r.PathValue("id")
	if id == "new" {
		return access.Role{Tenant: v.who.Tenant, Portfolio: access.MyPortfolio, Set: access.Set{}}, nil
	}
	return s.Identity.Role(v.ctx(), v.who.Tenant, id)
}

func (s *Server) getRole(w http.ResponseWriter, v *visit) error {
	role, err := s.roleFor(v)
	if err != nil {
		return err
	}
	reg, err := s.registry(v)
	if err != nil {
		return err
	}
	set, changed := preset(reg, v.r.URL.Query().Get("preset"))
	if changed {
		role.Set = set
	}
	return s.showRole(w, v, http.StatusOK, role, changed, nil)
}

func (s *Server) showRole(w http.ResponseWriter, v *visit, status int, r access.Role, dirty bool, problem error) error {
	reg, err := s.registry(v)
	if err != nil {
		return err
	}
	id := v.r.PathValue("id")
	path := "/settings/roles/" + id
	page := s.shell(v, "settings", "New role")
	if r.ID != "" {
		page.Title = r.Name
	}
	page.Icon = "user-shield"
	page.Breadcrumb = []kit.Link{{Label: "Settings", Href: "/settings"}, {Label: "Roles", Href: "/settings/roles"}}
	view := roleView{
		Matrix: matrixOf(reg, r.Set),
		Form: kit.Form{
			ID: "role", Action: path, Hidden: []kit.Hidden{{Name: "version", Value: fmt.Sprint(r.Version)}},
			SaveBar: &kit.SaveBar{Discard: path, Dirty: dirty || r.ID == "", Note: "Takes effect at everybody's next request, through every app as well."},
			Fields: []kit.Field{
				{Name: "name", Label: "Name", Value: r.Name, Required: true, Max: 100, Autofocus: r.ID == ""},
				{Name: "doc", Label: "What for", Value: r.Doc, Max: 300},
				{Kind: kit.FieldRadio, Name: "portfolio", Label: "Portfolio: the companies it reaches, and what belongs to them", Options: []kit.Option{
					{Value: string(access.KindMine), Label: access.KindMine.Label(), Help: "Companies that the person owns or co-owns.", Selected: r.Portfolio == access.MyPortfolio},
					{Value: string(access.KindFull), Label: access.KindFull.Label(), Help: "Every company.", Selected: r.Portfolio == access.FullAccess},
				}},
				{Kind: kit.FieldSwitch, Name: "admin", Label: "Administrator", Checked: r.Admin, Help: "May use the App Center and the settings."},
			},
		},
	}
	placeErrors(&view.Form, problem)
	view.Matrix.Presets = presetLinks(path)
	if r.ID != "" {
		view.Danger = kit.DangerZone{Items: []kit.DangerAct{{
			Title: "Delete this role", Text: "Only a role that nobody has can be deleted.", Label: "Delete role", Post: path + "/delete", Type: r.Name,
		}}}
	}
	return s.kit.Render(w, status, page, "role", view)
}

func (s *Server) postRole(w http.ResponseWriter, v *visit) error {
	role, err := s.roleFor(v)
	if err != nil {
		return err
	}
	reg, err := s.registry(v)
	if err != nil {
		return err
	}
	form := v.r.PostForm
	made, err := version(form)
	if err != nil || form.Get("matrix") == "" {
		return errOldForm
	}
	role.Name, role.Doc, role.Admin = form.Get("name"), strings.TrimSpace(clip(form.Get("doc"), 300)), form.Get("admin") == "on"
	role.Portfolio, role.Version = access.Portfolio{Kind: access.PortfolioKind(form.Get("portfolio"))}, made
	role.Set = readMatrix(reg, form, role.Set)
	saved, err := s.Identity.SaveRole(v.ctx(), v.who, role)
	if badInput(err) || fault.Is(err, fault.Conflict) {
		status := http.StatusUnprocessableEntity
		if fault.Is(err, fault.Conflict) {
			status = http.StatusConflict
		}
		return s.showRole(w, v, status, role, true, err)
	}
	if err != nil {
		return err
	}
	return s.done(w, v, "/settings/roles/"+saved.ID, "saved")
}

func (s *Server) postRoleDelete(w http.ResponseWriter, v *visit) error {
	role, err := s.roleFor(v)
	if err != nil || role.ID == "" {
		return errNoPage
	}
	if strings.TrimSpace(v.r.PostForm.Get("confirm")) != role.Name {
		return s.showRole(w, v, http.StatusUnprocessableEntity, role, false, fault.New(fault.Invalid, "Nothing was deleted: type the role's name, %s, to confirm.", role.Name))
	}
	err = s.Identity.DeleteRole(v.ctx(), v.who, v.who.Tenant, role.ID, "")
	if fault.Is(err, fault.Conflict) {
		return s.showRole(w, v, http.StatusConflict, role, false, err)
	}
	if err != nil {
		return err
	}
	return s.done(w, v, "/settings/roles", "deleted")
}
