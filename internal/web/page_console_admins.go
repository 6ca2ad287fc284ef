package web

import (
	"net/http"

	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/web/kit"
)

// supersView is who operates the installation.
type supersView struct {
	Table   kit.Table
	Add     kit.Section
	Form    kit.Form
	Modal   *kit.Modal // asks before one is removed
	Account kit.Field
	Confirm *kit.Field
	Error   string // where the modal has no field to say it at
}

var sampleSupers = supersView{
	Table: sampleApps.Table, Form: kit.Form{Action: "/"}, Modal: &kit.Modal{ID: "remove", Action: "/"}, Account: kit.Field{Kind: kit.FieldHidden}, Confirm: &kit.Field{}, Error: "x",
}

// superProblem is what keeps one of the forms of the page from being saved.
type superProblem struct{ add, remove error }

func (s *Server) getSupers(w http.ResponseWriter, v *visit, by identity.Super) error {
	return s.showSupers(w, v, by, http.StatusOK, v.r.URL.Query().Get("remove"), superProblem{})
}

func (s *Server) showSupers(w http.ResponseWriter, v *visit, by identity.Super, status int, remove string, p superProblem) error {
	list, err := s.Identity.Supers(v.ctx(), by)
	if err != nil {
		return err
	}
	page := s.consolePage(v, "admins")
	page.Lead = "They make and suspend tenants and set how far clients reach. They see no customer data that a role of their own does not show them."
	page.Narrow = true
	view := supersView{
		Table: kit.Table{Caption: "Super admins", Columns: []kit.Column{
			{Label: "E-mail address", Wide: true}, {Label: "Status", HideOnPhone: true}, {Label: "Remove", LabelHidden: true, Kind: kit.KindActions},
		}},
		Add: kit.Section{Title: "Add a super admin"},
		Form: s.withConfirm(v, kit.Form{
			Action: "/console/admins", Submit: kit.Button{Label: "Add super admin"},
			Fields: []kit.Field{{Name: "email", Label: "E-mail address", Type: "email", Required: true, Autocomplete: "off", Value: v.r.PostForm.Get("email"), Help: "Of an account that exists. What the person may do in tenants stays as it is."}},
		}),
	}
	for _, a := range list {
		state := kit.StatusValue(kit.Good, "Active")
		if a.Disabled {
			state = kit.StatusValue(kit.Bad, "Account disabled")
		}
		name := kit.Text(a.Email)
		if a.ID == by.Account() {
			name.Sub = "you"
		}
		act := kit.Button{Label: "Remove", Icon: "user-x", Small: true, Href: "/console/admins?remove=" + a.ID}
		if len(list) == 1 {
			act.Href, act.Disabled, act.Why, act.Type = "", true, "The last super admin stays.", "button"
		}
		view.Table.Rows = append(view.Table.Rows, kit.Row{Muted: a.Disabled, Cells: []kit.Value{name, state, kit.Actions(act)}})
		if a.ID == remove {
			s.askRemove(v, a, &view, p.remove)
		}
	}
	placeErrors(&view.Form, p.add)
	return s.kit.Render(w, status, page, "console_admins", view)
}

func (s *Server) askRemove(v *visit, a identity.Account, view *supersView, problem error) {
	view.Modal = &kit.Modal{
		ID: "remove", Title: "Remove " + a.Email + "?", Text: "The console is closed to this account at its next request. The account itself, and what it may do in tenants, stays.",
		Action: "/console/admins/remove", Submit: kit.Button{Label: "Remove super admin", Look: kit.Danger}, Open: true, CloseHref: "/console/admins",
	}
	view.Account = kit.Field{Kind: kit.FieldHidden, Name: "account", Value: a.ID}
	view.Confirm = s.confirmField(v)
	if problem == nil {
		return
	}
	view.Error, _ = fault.Safe(problem)
}

func (s *Server) postSupers(w http.ResponseWriter, v *visit, by identity.Super) error {
	err := s.Console.MakeSuper(v.ctx(), by, v.r.PostForm.Get("email"))
	if comesBack(err) {
		return s.showSupers(w, v, by, formStatus(w, err), "", superProblem{add: err})
	}
	if err != nil {
		return err
	}
	return s.done(w, v, "/console/admins", "super")
}

func (s *Server) postSuperRemove(w http.ResponseWriter, v *visit, by identity.Super) error {
	account := v.r.PostForm.Get("account")
	err := s.Identity.SetSuper(v.ctx(), by, account, false)
	if comesBack(err) {
		return s.showSupers(w, v, by, formStatus(w, err), account, superProblem{remove: err})
	}
	if err != nil {
		return err
	}
	if account == by.Account() { // there is no console any more for whoever removed themselves
		return s.done(w, v, "/", "no-super")
	}
	return s.done(w, v, "/console/admins", "no-super")
}
