package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/model"
	"mandorla/internal/oauth"
	"mandorla/internal/web/kit"
)

// postAppPreview says what saving the permissions of a client would do, in one sentence.
func (s *Server) postAppPreview(w http.ResponseWriter, v *visit) error {
	c, err := s.client(v)
	if err != nil {
		return err
	}
	reg, err := s.registry(v)
	if err != nil {
		return err
	}
	return s.preview(w, v, oauth.Change{Client: c.ID, Set: readMatrix(reg, v.r.PostForm, c.Set)})
}

// postRolePreview does the same for a role.
func (s *Server) postRolePreview(w http.ResponseWriter, v *visit) error {
	role, err := s.roleFor(v)
	if err != nil {
		return err
	}
	reg, err := s.registry(v)
	if err != nil {
		return err
	}
	e := readRole(reg, v.r.PostForm, role)
	if e.problem != nil || e.lacking >= 0 { // a filter that is not finished yet
		e.role.Portfolio = role.Portfolio
	}
	return s.preview(w, v, oauth.Change{Role: &e.role})
}

func (s *Server) preview(w http.ResponseWriter, v *visit, c oauth.Change) error {
	if v.r.PostForm.Get("matrix") == "" {
		return errOldForm
	}
	impact, err := s.OAuth.Impact(v.ctx(), v.who, c)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err = w.Write([]byte(impactWords(impact)))
	return err
}

// readRole gives the role as its form says.
func readRole(reg *model.Registry, form url.Values, role access.Role) roleEdit {
	role.Name, role.Doc, role.Admin = form.Get("name"), strings.TrimSpace(clip(form.Get("doc"), 300)), form.Get("admin") == "on"
	role.Switches, role.Set = readSwitches(form), readMatrixOfRole(reg, form, role.Set)
	e := roleEdit{role: role, dirty: true}
	e.role.Portfolio, e.draft, e.lacking, e.problem = readPortfolio(reg, form)
	return e
}

// unconfirmed is why something was not saved yet: living connections lose by it, and nobody has said that this is meant.
type unconfirmed struct{ note string }

// Error is the sentence that wants confirming.
func (u *unconfirmed) Error() string { return u.note }

// confirmed asks before living connections lose something: an error unless the form confirms the very sentence that is true now.
// Scripts show the sentence before the form is sent, so that nobody is asked twice.
func (s *Server) confirmed(v *visit, c oauth.Change) error {
	impact, err := s.OAuth.Impact(v.ctx(), v.who, c)
	if err != nil || !impact.Loses() {
		return err
	}
	note := impactWords(impact)
	if v.r.PostForm.Get("confirmed") == note {
		return nil
	}
	return fault.Wrap(fault.Invalid, &unconfirmed{note}, "%s", note)
}

// askToConfirm turns the form into the question, where that is what keeps it from being saved.
func askToConfirm(form *kit.Form, problem error) bool {
	var ask *unconfirmed
	if !errors.As(problem, &ask) {
		return false
	}
	form.Notice = &kit.Notice{Tone: kit.Warn, Title: "Nothing is saved yet", Text: ask.note}
	form.SaveBar.Dirty, form.SaveBar.Note, form.SaveBar.Confirm, form.SaveBar.Label = true, ask.note, ask.note, "Save changes"
	return true
}
