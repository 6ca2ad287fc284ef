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
	set, asked, done, err := s.startSet(w, v, c.Set, access.DataOnly)
	if err != nil || done {
		return err
	}
	return s.showAppPermissions(w, v, http.StatusOK, c, set, asked, nil)
}

// showAppPermissions draws the tab with a set that may not be stored yet; problem is what keeps it from being saved.
func (s *Server) showAppPermissions(w http.ResponseWriter, v *visit, status int, c oauth.Client, set access.Set, dirty bool, problem error) error {
	connections, err := s.OAuth.ClientConnections(v.ctx(), v.who.Tenant, c.ID)
	if err != nil {
		return err
	}
	reg, err := s.registry(v)
	if err != nil {
		return err
	}
	sources, err := s.copySources(v)
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
		Form:   kit.Form{ID: "permissions", Action: path, Hidden: []kit.Hidden{{Name: "version", Value: fmt.Sprint(c.Version)}}},
	}
	if view.Matrix.ReadOnly = !v.who.Manages(access.OAuthClient, access.Update); !view.Matrix.ReadOnly {
		view.Form.SaveBar = &kit.SaveBar{Discard: path, Dirty: dirty, Label: "Save", Note: permissionsNote(len(connections)), Preview: path + "/preview"}
		view.Matrix.Presets, view.Matrix.CopyFrom = presetLinks(path), copyLinks(path, c.ID, sources)
	}
	if c.Follows {
		view.Notice = &kit.Notice{Tone: kit.Info, Title: "As for every app that registers itself", Text: "Change something here, and this app has permissions of its own from then on.", Action: &kit.Button{Label: "Rules", Href: pathRules}}
	}
	if c.Dynamic {
		view.Notice = &kit.Notice{Tone: kit.Info, Title: "Dynamic permissions", Text: "People choose inside their own role when they authorize this client; what is ticked here has no effect."}
	}
	placeErrors(&view.Form, problem)
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
	if made == c.Version {
		err = s.confirmed(v, oauth.Change{Client: c.ID, Set: in.Set})
	}
	if err == nil {
		_, err = s.OAuth.UpdateClient(v.ctx(), v.who, c.ID, made, in)
	}
	switch {
	case fault.Is(err, fault.Conflict):
		return s.showAppPermissions(w, v, http.StatusConflict, c, in.Set, true, err)
	case badInput(err):
		return s.showAppPermissions(w, v, http.StatusUnprocessableEntity, c, in.Set, true, err)
	case err != nil:
		return err
	}
	return s.done(w, v, "/apps/"+c.ID+"/permissions", "saved")
}
