package web

import (
	"net/http"

	"mandorla/internal/console"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/oauth"
	"mandorla/internal/web/kit"
)

// tenantView is one tenant in the console: figures, its OAuth clients, its name, its state.
type tenantView struct {
	Notice  *kit.Notice
	Facts   kit.Properties
	Clients kit.Section
	Table   kit.Table
	Name    kit.Section
	Rename  kit.Form
	Link    *kit.Copy    // of an invitation, shown once
	Invited []kit.Notice // first administrators who have not joined
	State   kit.Section
	Text    string // what suspending or resuming does
	Button  kit.Button
	Modal   kit.Modal
	Hidden  kit.Field // what the modal asks for
	Confirm *kit.Field
}

var sampleTenant = tenantView{
	Link: &kit.Copy{ID: "link"}, Invited: []kit.Notice{{Title: "x", Action: &kit.Button{Label: "x", Post: "/"}}},
	Notice: &kit.Notice{Title: "x"}, Facts: sampleRecord.Properties, Table: sampleApps.Table, Rename: kit.Form{Action: "/"},
	Button: kit.Button{Label: "x", Href: "/"}, Modal: kit.Modal{ID: "state", Action: "/"}, Hidden: kit.Field{Kind: kit.FieldHidden}, Confirm: &kit.Field{},
}

// tenantProblem is what keeps one of the forms of the page from being saved.
type tenantProblem struct{ name, state error }

func (s *Server) getTenant(w http.ResponseWriter, v *visit, by identity.Super) error {
	if v.r.URL.Query().Has("stored") {
		return s.stored(w, v, "/console/tenants/"+v.r.PathValue("tenant"))
	}
	return s.showTenant(w, v, by, http.StatusOK, tenantProblem{})
}

func (s *Server) showTenant(w http.ResponseWriter, v *visit, by identity.Super, status int, p tenantProblem) error {
	t, err := s.Console.Tenant(v.ctx(), by, v.r.PathValue("tenant"))
	if err != nil {
		return err
	}
	clients, err := s.Console.Clients(v.ctx(), by, t.ID)
	if err != nil {
		return err
	}
	path := "/console/tenants/" + t.ID
	page := s.shell(v, "console", t.Name)
	page.Icon, page.Status, page.Narrow = "building-community", tenantStatus(t), true
	page.Breadcrumb = []kit.Link{{Label: "Console", Href: "/console"}}
	item := func(label string, value kit.Value) kit.Property { return kit.Property{Label: label, Value: value} }
	view := tenantView{
		Facts: kit.Properties{Groups: []kit.PropertyGroup{{Label: "Figures", Items: []kit.Property{
			item("People", kit.Text(kit.Count(t.People))), item("Connections", kit.Text(kit.Count(t.Connections))),
			item("Short name", kit.Mono(t.Slug)), item("ID", kit.Mono(t.ID)), item("Since", kit.Date(t.CreatedAt)),
		}}}},
		Clients: kit.Section{Title: "OAuth clients", Text: "Two switches of each are a super admin's: dynamic permissions, and whether it is published."},
		Table:   reachTable(clients),
		Name:    kit.Section{Title: "Name"},
		Rename: s.withConfirm(v, kit.Form{
			Action: path, Submit: kit.Button{Label: "Rename tenant"},
			Fields: []kit.Field{{Name: "name", Label: "Name", Value: t.Name, Required: true, Max: 80, Help: "The short name and all addresses stay."}},
		}),
	}
	if p.name != nil {
		view.Rename.Fields[0].Value = v.r.PostForm.Get("name")
		placeErrors(&view.Rename, p.name)
	}
	if err := s.firstInvites(v, by, t, &view); err != nil {
		return err
	}
	s.tenantState(v, t, &view, p.state)
	return s.kit.Render(w, status, page, "console_tenant", view)
}

// firstInvites says who was invited to a tenant that nobody has joined, and how it stands with the link.
func (s *Server) firstInvites(v *visit, by identity.Super, t console.Tenant, view *tenantView) error {
	open, err := s.Console.Invited(v.ctx(), by, t)
	if err != nil {
		return err
	}
	path := "/console/tenants/" + t.ID
	for _, in := range open {
		again := &kit.Button{Label: "Make a new link", Icon: "link", Small: true, Post: path + "/invitations/" + in.ID}
		if s.People.Mails() {
			again.Label, again.Icon = "Send it again", "send"
		}
		one := kit.Notice{
			Tone: kit.Info, Title: in.UserName + " has not joined yet", Action: again,
			Text: "The invitation to " + in.Email + " works until " + in.ExpiresAt.UTC().Format("2 January, 15:04") + " UTC.",
		}
		if _, why := s.linkState(in); why != "" {
			one.Tone, one.Text = kit.Bad, "The mail to "+in.Email+" could not be sent. "+why
		} else if !s.Now().Before(in.ExpiresAt) {
			one.Tone, one.Text = kit.Warn, "The invitation to "+in.Email+" has expired."
		}
		if link := s.freshSecret(v, in.ID); link != "" {
			view.Link = linkCopy(v, "Invitation link for "+in.Email, link, path, "Send it to "+in.Email+" in a way that nobody else reads. It works once, for 7 days.")
		}
		view.Invited = append(view.Invited, one)
	}
	return nil
}

// tenantState says what suspending or resuming does, and asks before it happens.
func (s *Server) tenantState(v *visit, t console.Tenant, view *tenantView, problem error) {
	path := "/console/tenants/" + t.ID
	view.State = kit.Section{ID: "state", Title: "Suspend"}
	view.Text = "Nobody can sign in to it any more, and no call of its people, private apps or OAuth clients works" +
		stopsText(t.Connections) + ". Nothing is taken away: all of it works again when it is resumed."
	verb, act, look := "Suspend", "suspend", kit.Danger
	if t.Suspended {
		view.State.Title, view.Text = "Resume", "People can sign in again, and tokens that have not run out meanwhile work at the next call."
		verb, act, look = "Resume", "resume", kit.Primary
		view.Notice = &kit.Notice{Tone: kit.Warn, Title: "This tenant is suspended", Text: "Nobody works in it, and no token of it works."}
	}
	view.Button = kit.Button{Label: verb + " tenant…", Href: "?" + act, Modal: "state-modal"}
	view.Modal = kit.Modal{
		ID: "state-modal", Title: verb + " " + t.Name + "?", Text: view.Text, Action: path + "/status", Submit: kit.Button{Label: verb + " tenant", Look: look},
		Open: v.r.URL.Query().Has(act) || problem != nil, CloseHref: path,
	}
	view.Hidden = kit.Field{Kind: kit.FieldHidden, Name: "act", Value: act}
	view.Confirm = s.confirmField(v)
	if problem != nil {
		view.Modal.Text, _ = fault.Safe(problem)
	}
}

// stopsText goes on with what happens to living connections, where there are any.
func stopsText(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return "; its one connection stops at its next call"
	}
	return "; its " + kit.Count(n) + " connections stop at their next call"
}

// reachTable lists the clients of a tenant with the two switches.
func reachTable(clients []oauth.Client) kit.Table {
	t := kit.Table{
		Caption: "OAuth clients",
		Columns: []kit.Column{{Label: "Client", Wide: true}, {Label: "Dynamic permissions", HideOnPhone: true}, {Label: "Published"}, {Label: "Status"}},
		Empty:   &kit.Empty{Icon: "plug", Title: "No OAuth clients", Text: "The tenant's administrators make them in the App Center."},
	}
	onOff := func(on bool) kit.Value {
		if on {
			return kit.StatusValue(kit.Info, "On")
		}
		return kit.StatusValue(kit.Neutral, "Off")
	}
	for _, c := range clients {
		status := kit.StatusValue(kit.Good, "Enabled")
		if !c.Enabled {
			status = kit.StatusValue(kit.Bad, "Disabled")
		}
		t.Rows = append(t.Rows, kit.Row{Muted: !c.Enabled, Cells: []kit.Value{appLink(c, "/console/clients/"+c.ID), onOff(c.Dynamic), onOff(c.Published), status}})
	}
	return t
}

func (s *Server) postTenantName(w http.ResponseWriter, v *visit, by identity.Super) error {
	id := v.r.PathValue("tenant")
	err := s.Console.Rename(v.ctx(), by, id, v.r.PostForm.Get("name"))
	if comesBack(err) {
		return s.showTenant(w, v, by, formStatus(w, err), tenantProblem{name: err})
	}
	if err != nil {
		return err
	}
	return s.done(w, v, "/console/tenants/"+id, "saved")
}

func (s *Server) postTenantStatus(w http.ResponseWriter, v *visit, by identity.Super) error {
	id, act := v.r.PathValue("tenant"), v.r.PostForm.Get("act")
	flash := map[string]string{"suspend": "suspended", "resume": "resumed"}[act]
	if flash == "" {
		return errOldForm
	}
	err := s.Console.Suspend(v.ctx(), by, id, act == "suspend")
	if comesBack(err) {
		return s.showTenant(w, v, by, formStatus(w, err), tenantProblem{state: err})
	}
	if err != nil {
		return err
	}
	return s.done(w, v, "/console/tenants/"+id, flash)
}
