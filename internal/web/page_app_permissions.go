package web

import (
	"fmt"
	"net/http"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/oauth"
	"mandorla/internal/web/kit"
)

// appPermissionsView is the Permissions tab of an OAuth client.
type appPermissionsView struct {
	Notice *kit.Notice
	Form   kit.Form
	Matrix kit.Matrix
}

var sampleAppPermissions = appPermissionsView{
	Notice: &kit.Notice{}, Form: kit.Form{Action: "/"},
	Matrix: kit.Matrix{Rows: []kit.MatrixRow{{Model: "Company", Label: "Company", Properties: []kit.MatrixProperty{{ID: "co02", Name: "name", Label: "Name"}}}}},
}

func (s *Server) getAppPermissions(w http.ResponseWriter, v *visit) error {
	c, err := s.client(v)
	if err != nil {
		return err
	}
	reg, err := s.registry(v)
	if err != nil {
		return err
	}
	set, changed := preset(reg, v.r.URL.Query().Get("preset"))
	if !changed {
		set = c.Set
	}
	if from := v.r.URL.Query().Get("copy"); from != "" {
		role, err := s.Identity.Role(v.ctx(), v.who.Tenant, from)
		if err != nil {
			return err
		}
		set, changed = role.Set, true
	}
	return s.showAppPermissions(w, v, http.StatusOK, c, set, changed, nil)
}

func (s *Server) showAppPermissions(w http.ResponseWriter, v *visit, status int, c oauth.Client, set access.Set, dirty bool, problem error) error {
	connections, err := s.OAuth.ClientConnections(v.ctx(), v.who.Tenant, c.ID)
	if err != nil {
		return err
	}
	reg, err := s.registry(v)
	if err != nil {
		return err
	}
	path := "/apps/" + c.ID + "/permissions"
	page := s.appPage(v, c, "permissions", connections)
	overlap := mandorla(set, access.Union(v.who.Lanes))
	overlap.Small = true
	page.Overlap = &overlap
	view := appPermissionsView{
		Matrix: matrixOf(reg, set),
		Form: kit.Form{
			ID: "permissions", Action: path, Hidden: []kit.Hidden{{Name: "version", Value: fmt.Sprint(c.Version)}},
			SaveBar: &kit.SaveBar{Discard: path, Dirty: dirty, Label: "Save", Note: permissionsNote(len(connections))},
		},
	}
	view.Matrix.Presets = presetLinks(path)
	roles, err := s.Identity.Roles(v.ctx(), v.who.Tenant)
	if err != nil {
		return err
	}
	for _, r := range roles {
		view.Matrix.CopyFrom = append(view.Matrix.CopyFrom, kit.Link{Label: "Role " + r.Name, Icon: "user-shield", Href: path + "?copy=" + r.ID})
	}
	if c.Dynamic {
		view.Notice = &kit.Notice{Tone: kit.Info, Title: "Dynamic permissions", Text: "People choose inside their own role when they authorize this client; what is ticked here has no effect."}
	}
	if problem != nil {
		msg, _ := fault.Safe(problem)
		view.Form.Error = msg
		view.Form.SaveBar.Dirty = true
	}
	return s.kit.Render(w, status, page, "app_permissions", view)
}

func permissionsNote(connections int) string {
	if connections == 0 {
		return "Nobody is connected yet."
	}
	return countOf(connections, "living connection", "living connections") + ": less works at the next call, more waits until people authorize again."
}

func (s *Server) postAppPermissions(w http.ResponseWriter, v *visit) error {
	c, err := s.client(v)
	if err != nil {
		return err
	}
	reg, err := s.registry(v)
	if err != nil {
		return err
	}
	if v.r.PostForm.Get("matrix") == "" { // a form cut short must not read as "nothing is allowed"
		return errOldForm
	}
	in := clientInput(c)
	in.Set = readMatrix(reg, v.r.PostForm, c.Set)
	made, err := version(v.r.PostForm)
	if err != nil {
		return errOldForm
	}
	if _, err := s.OAuth.UpdateClient(v.ctx(), v.who, c.ID, made, in); fault.Is(err, fault.Conflict) {
		return s.showAppPermissions(w, v, http.StatusConflict, c, in.Set, true, err)
	} else if err != nil {
		return err
	}
	return s.done(w, v, "/apps/"+c.ID+"/permissions", "saved")
}
