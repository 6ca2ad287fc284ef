package web

import (
	"fmt"
	"net/http"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/privateapp"
	"mandorla/internal/web/kit"
)

func (s *Server) getPrivatePermissions(w http.ResponseWriter, v *visit) error {
	a, err := s.privateApp(v)
	if err != nil {
		return err
	}
	set, asked, done, err := s.startSet(w, v, a.Set, access.DataOnly)
	if err != nil || done {
		return err
	}
	return s.showPrivatePermissions(w, v, http.StatusOK, a, set, asked, nil)
}

func (s *Server) showPrivatePermissions(w http.ResponseWriter, v *visit, status int, a privateapp.App, set access.Set, dirty bool, problem error) error {
	reg, err := s.registry(v)
	if err != nil {
		return err
	}
	path := "/private-apps/" + a.ID + "/permissions"
	view := appPermissionsView{
		Matrix: matrixOf(reg, set),
		Form:   kit.Form{ID: "permissions", Action: path, Hidden: []kit.Hidden{{Name: "version", Value: fmt.Sprint(a.Version)}}},
	}
	if view.Matrix.ReadOnly = !v.who.Manages(access.PrivateApp, access.Update); !view.Matrix.ReadOnly {
		view.Form.SaveBar = &kit.SaveBar{Discard: path, Dirty: dirty, Label: "Save", Note: "What is taken away stops at the next call; what is added works at once."}
		sources, err := s.copySources(v)
		if err != nil {
			return err
		}
		view.Matrix.Presets, view.Matrix.CopyFrom = presetLinks(path), copyLinks(path, a.ID, sources)
	}
	if problem != nil {
		view.Form.Error, _ = fault.Safe(problem)
		view.Form.SaveBar.Dirty = true
	}
	return s.kit.Render(w, status, s.privatePage(v, a, "permissions"), "app_permissions", view)
}

func (s *Server) postPrivatePermissions(w http.ResponseWriter, v *visit) error {
	a, err := s.privateApp(v)
	if err != nil {
		return err
	}
	reg, err := s.registry(v)
	if err != nil {
		return err
	}
	made, err := version(v.r.PostForm)
	if err != nil || v.r.PostForm.Get("matrix") == "" { // a form cut short must not read as "nothing is allowed"
		return errOldForm
	}
	in := privateapp.Input{Name: a.Name, Description: a.Description, Enabled: a.Enabled, Set: readMatrix(reg, v.r.PostForm, a.Set)}
	_, err = s.Apps.Update(v.ctx(), v.who, a.ID, made, in)
	switch {
	case fault.Is(err, fault.Conflict):
		return s.showPrivatePermissions(w, v, http.StatusConflict, a, in.Set, true, err)
	case fault.Is(err, fault.Forbidden):
		return s.showPrivatePermissions(w, v, http.StatusForbidden, a, in.Set, true, err)
	case err != nil:
		return err
	}
	return s.done(w, v, "/private-apps/"+a.ID+"/permissions", "saved")
}
