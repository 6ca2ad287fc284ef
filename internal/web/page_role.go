package web

import (
	"fmt"
	"net/http"
	"net/url"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/model"
	"mandorla/internal/oauth"
	"mandorla/internal/web/kit"
)

// roleView is one role: its name, the rows it reaches, its permissions and its switches.
type roleView struct {
	Form      kit.Form
	Portfolio portfolioView
	Matrix    kit.Matrix
	Workflow  []kit.Field
	Admin     kit.Field
	Facts     *kit.Properties // for those who may look only, in place of the form
}

var sampleRole = roleView{
	Form: kit.Form{Action: "/", Fields: []kit.Field{{Name: "name"}}, SaveBar: &kit.SaveBar{}}, Matrix: sampleAppPermissions.Matrix,
	Portfolio: samplePortfolio, Workflow: []kit.Field{{Kind: kit.FieldSwitch}},
}

// roleEdit is a role as the page shows it: stored, or as somebody is changing it.
type roleEdit struct {
	role    access.Role
	draft   filterDraft
	lacking int // row of the filter that lacks its value; -1: none
	dirty   bool
	problem error
}

// roleFor finds the role of the address; "new" is a fresh one, for those who may add one.
func (s *Server) roleFor(v *visit) (access.Role, error) {
	id := v.r.PathValue("id")
	if id == "new" && v.changes() {
		return access.Role{Tenant: v.who.Tenant, Portfolio: access.MyPortfolio, Set: access.Set{}, Switches: access.SwitchConnect}, nil
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
	set, changed, done, err := s.startSet(w, v, role.Set, func(all access.Set) access.Set { return all })
	if err != nil || done {
		return err
	}
	role.Set = set
	return s.showRole(w, v, http.StatusOK, reg, stored(role, changed))
}

func stored(r access.Role, dirty bool) roleEdit {
	return roleEdit{role: r, draft: storedDraft(r.Portfolio), lacking: -1, dirty: dirty || r.ID == ""}
}

func (s *Server) showRole(w http.ResponseWriter, v *visit, status int, reg *model.Registry, e roleEdit) error {
	page, err := s.rolePage(v, e.role, "role")
	if err != nil {
		return err
	}
	view := roleView{Matrix: matrixOfRole(reg, e.role.Set)}
	if !v.changes() {
		view.Matrix.ReadOnly = true
		if view.Facts, err = s.roleFacts(v, reg, e.role); err != nil {
			return err
		}
		return s.kit.Render(w, status, page, "role", view)
	}
	path := page.Tabs.Items[0].Href
	sources, err := s.copySources(v)
	if err != nil {
		return err
	}
	view.Matrix.Presets, view.Matrix.CopyFrom = presetLinks(path), copyLinks(path, e.role.ID, sources)
	if view.Portfolio, err = s.portfolioView(v, reg, e); err != nil {
		return err
	}
	view.Workflow, view.Admin = switchFields(e.role)
	view.Form = roleForm(path, e)
	if wrong := portfolioProblem(e.problem); wrong != "" {
		view.Portfolio.Builder.Error = wrong
		view.Form.Error, view.Form.SaveBar.Dirty = "The portfolio's filter needs a change.", true
	} else if !askToConfirm(&view.Form, e.problem) {
		placeErrors(&view.Form, e.problem)
	}
	return s.kit.Render(w, status, page, "role", view)
}

func roleForm(path string, e roleEdit) kit.Form {
	note := "Takes effect at everybody's next request, through every app as well."
	if e.role.ID == "" {
		note = "Nobody has it until you give it to somebody."
	}
	return kit.Form{
		ID: "role", Action: path, Hidden: []kit.Hidden{{Name: "version", Value: fmt.Sprint(e.role.Version)}},
		SaveBar: &kit.SaveBar{Discard: path, Dirty: e.dirty, Note: note, Preview: path + "/preview"},
		Fields: []kit.Field{
			{Name: "name", Label: "Name", Value: e.role.Name, Required: true, Max: 100, Autofocus: e.role.ID == "" && !e.dirty},
			{Name: "doc", Label: "What for", Value: e.role.Doc, Max: 300},
		},
	}
}

// rolePage is the head of the pages of one role.
func (s *Server) rolePage(v *visit, r access.Role, active string) (kit.Page, error) {
	page := s.shell(v, "settings", "New role")
	page.Icon = "user-shield"
	page.Breadcrumb = []kit.Link{{Label: "Settings", Href: "/settings"}, {Label: "Roles", Href: "/settings/roles"}}
	path := "/settings/roles/" + v.r.PathValue("id")
	page.Tabs = kit.Tabs{Label: "Role", Items: []kit.Tab{{Label: "Permissions", Icon: "shield", Href: path, Active: active == "role"}}}
	if r.ID == "" {
		return page, nil
	}
	page.Title = r.Name
	if r.Admin {
		page.Status = &kit.Badge{Text: "Administrator", Tone: kit.Info}
	}
	members, err := s.Identity.Members(v.ctx(), v.who.Tenant)
	if err != nil {
		return page, err
	}
	page.Tabs.Items = append(page.Tabs.Items, kit.Tab{
		Label: "People", Icon: "users", Href: path + "/people", Active: active == "people", Count: kit.Count(len(having(members, r.ID))),
	})
	if v.changes() {
		page.Actions = []kit.Button{{Label: "Clone role", Icon: "copy", Post: path + "/clone"}, {Label: "Remove role", Icon: "trash", Href: path + "/remove"}}
	}
	return page, nil
}

const adminDoc = "Manages everything: roles and who has them, every switch above, OAuth clients, private apps and custom fields. It adds no records to what the role reaches. A tenant always keeps one administrator."

func switchFields(r access.Role) (switches []kit.Field, admin kit.Field) {
	for _, one := range access.SwitchList {
		switches = append(switches, kit.Field{
			Kind: kit.FieldSwitch, Name: "switch." + one.Name, ID: "f-switch-" + one.Name, Label: one.Label, Help: one.Doc, Checked: r.Switches&one.Switch != 0,
		})
	}
	return switches, kit.Field{Kind: kit.FieldSwitch, Name: "admin", Label: "Administrator", Help: adminDoc, Checked: r.Admin}
}

func readSwitches(form url.Values) (out access.Switches) {
	for _, one := range access.SwitchList {
		if form.Get("switch."+one.Name) == "on" {
			out |= one.Switch
		}
	}
	return out
}

// roleFacts say a role to those who may look only.
func (s *Server) roleFacts(v *visit, reg *model.Registry, r access.Role) (*kit.Properties, error) {
	words, err := s.portfolioWords(v, reg, r.Portfolio)
	if err != nil {
		return nil, err
	}
	return &kit.Properties{Groups: []kit.PropertyGroup{{Label: "Role", Items: []kit.Property{
		{Label: "What for", Value: kit.Text(r.Doc)}, {Label: "Portfolio", Value: kit.Long(r.Portfolio.Kind.Label() + "\n" + words)},
		{Label: "Workflow", Value: switchBadges(r)},
	}}}}, nil
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
	kept := role.Version
	e := readRole(reg, form, role)
	e.role.Version = made
	switch {
	case form.Has(fieldAct): // a button of the filter builder, without scripts
		e.lacking, e.problem = -1, nil
		return s.showRole(w, v, http.StatusOK, reg, e)
	case e.problem != nil || e.lacking >= 0:
		return s.showRole(w, v, http.StatusUnprocessableEntity, reg, e)
	}
	if made == kept {
		err = s.confirmed(v, oauth.Change{Role: &e.role})
	}
	var saved access.Role
	if err == nil {
		saved, err = s.Identity.SaveRole(v.ctx(), v.who, e.role)
	}
	if badInput(err) || fault.Is(err, fault.Conflict) {
		status := http.StatusUnprocessableEntity
		if fault.Is(err, fault.Conflict) {
			status = http.StatusConflict
		}
		e.problem = err
		return s.showRole(w, v, status, reg, e)
	}
	if err != nil {
		return err
	}
	return s.done(w, v, "/settings/roles/"+saved.ID, "saved")
}
