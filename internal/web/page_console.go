package web

import (
	"net/http"

	"mandorla/internal/console"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/web/kit"
)

// consoleTabs are the parts of the console, in one place.
func consoleTabs(active string) kit.Tabs {
	return kit.Tabs{Label: "Console", Items: []kit.Tab{
		{Label: "Tenants", Icon: "building-community", Href: "/console", Active: active == "tenants"},
		{Label: "Registration", Icon: "app-window", Href: "/console/registration", Active: active == "registration"},
		{Label: "Super admins", Icon: "user-shield", Href: "/console/admins", Active: active == "admins"},
		{Label: "Log", Icon: "history", Href: "/console/log", Active: active == "log"},
	}}
}

// consolePage starts a part of the console.
func (s *Server) consolePage(v *visit, active string) kit.Page {
	page := s.shell(v, "console", "Console")
	page.Tabs = consoleTabs(active)
	return page
}

// withConfirm asks for the password in a form of the console where the sign-in is not fresh.
func (s *Server) withConfirm(v *visit, form kit.Form) kit.Form {
	if field := s.confirmField(v); field != nil {
		form.Fields = append(form.Fields, *field)
	}
	return form
}

// comesBack reports an error that is shown in the form it came from.
func comesBack(err error) bool {
	return badInput(err) || fault.Is(err, fault.Conflict) || fault.Is(err, fault.RateLimited)
}

// consoleView is the list of tenants.
type consoleView struct{ Table kit.Table }

var sampleConsole = consoleView{Table: sampleApps.Table}

func (s *Server) getConsole(w http.ResponseWriter, v *visit, by identity.Super) error {
	tenants, err := s.Console.Tenants(v.ctx(), by)
	if err != nil {
		return err
	}
	page := s.consolePage(v, "tenants")
	page.Lead = "Every tenant of this installation, in figures. What is in them is nobody's to see here."
	page.Primary = &kit.Button{Label: "New tenant", Icon: "plus", Look: kit.Primary, Href: "/console/tenants/new"}
	view := consoleView{Table: kit.Table{
		Caption: "Tenants",
		Columns: []kit.Column{
			{Label: "Tenant", Wide: true}, {Label: "People", Kind: kit.KindNumber}, {Label: "OAuth clients", Kind: kit.KindNumber, HideOnPhone: true},
			{Label: "Connections", Kind: kit.KindNumber, HideOnPhone: true}, {Label: "Since", Kind: kit.KindAgo, HideOnPhone: true}, {Label: "Status"},
		},
		Empty: &kit.Empty{Icon: "building-community", Title: "No tenants yet", Text: "Create the first one together with its administrator.", Action: page.Primary},
	}}
	for _, t := range tenants {
		view.Table.Rows = append(view.Table.Rows, kit.Row{Muted: t.Suspended, Cells: []kit.Value{
			kit.LinkTo(t.Name, "/console/tenants/"+t.ID), kit.Number(kit.Count(t.People)), kit.Number(kit.Count(t.Clients)), kit.Number(kit.Count(t.Connections)),
			kit.Ago(t.CreatedAt), kit.Badges(*tenantStatus(t)),
		}})
	}
	return s.kit.Render(w, http.StatusOK, page, "console", view)
}

func tenantStatus(t console.Tenant) *kit.Badge {
	if t.Suspended {
		return kit.Status(kit.Warn, "Suspended")
	}
	return kit.Status(kit.Good, "Active")
}

// tenantNewView makes a tenant.
type tenantNewView struct{ Form kit.Form }

var sampleTenantNew = tenantNewView{Form: kit.Form{Action: "/"}}

func (s *Server) getTenantNew(w http.ResponseWriter, v *visit, _ identity.Super) error {
	return s.showTenantNew(w, v, http.StatusOK, console.NewTenant{Invite: true}, nil)
}

func (s *Server) showTenantNew(w http.ResponseWriter, v *visit, status int, in console.NewTenant, problem error) error {
	page := s.shell(v, "console", "New tenant")
	page.Narrow = true
	page.Breadcrumb = []kit.Link{{Label: "Console", Href: "/console"}}
	page.Lead = "It starts with the default roles, no data and one administrator."
	how := "You get a link to hand on, since this installation sends no mail."
	if s.People.Mails() {
		how = "A mail with a link goes to this address."
	}
	form := s.withConfirm(v, kit.Form{
		Action: "/console/tenants/new", Submit: kit.Button{Label: "Create tenant", Look: kit.Primary}, Cancel: &kit.Link{Label: "Cancel", Href: "/console"},
		Fields: []kit.Field{
			{Name: "name", Label: "Name", Value: in.Name, Required: true, Max: 80, Help: "Of the organisation, as its people know it."},
			{Name: "first", Label: "Administrator's first name", Value: in.First, Required: true, Max: 80},
			{Name: "last", Label: "Administrator's last name", Value: in.Last, Required: true, Max: 80},
			{Name: "email", Label: "Administrator's e-mail address", Type: "email", Value: in.Email, Required: true, Autocomplete: "off"},
			{Kind: kit.FieldRadio, Name: "how", Label: "How the administrator gets in", Options: []kit.Option{
				{Value: "invite", Label: "By an invitation", Selected: in.Invite, Help: how + " It works once, for 7 days. Whoever opens it chooses a password; somebody with an account here signs in and accepts."},
				{Value: "password", Label: "With a password from you, at once", Selected: !in.Invite, Help: "Somebody with an account here keeps the own password, and is in as well."},
			}},
			{Name: "password", Label: "First password", Type: "password", Autocomplete: "new-password",
				Help: "Not for an invitation. At least 15 characters; pass it on, and the administrator changes it under Profile. Leave it empty where there is an account."},
		},
	})
	placeErrors(&form, problem)
	return s.kit.Render(w, status, page, "console_new", tenantNewView{Form: form})
}

func (s *Server) postTenantNew(w http.ResponseWriter, v *visit, by identity.Super) error {
	form := v.r.PostForm
	in := console.NewTenant{
		Name: form.Get("name"), Email: form.Get("email"), First: form.Get("first"), Last: form.Get("last"), Password: form.Get("password"),
		Invite: form.Get("how") == "invite",
	}
	made, err := s.Console.Create(v.ctx(), by, in)
	if comesBack(err) {
		return s.showTenantNew(w, v, formStatus(w, err), in, err)
	}
	if err != nil {
		return err
	}
	if in.Invite {
		return s.firstLink(w, v, made.ID, made.Invitation, made.Link, "tenant-invited")
	}
	return s.done(w, v, "/console/tenants/"+made.ID, "tenant")
}

// firstLink ends the making of an invitation for a first administrator: the tenant's page shows the link once, where no mail carries it.
func (s *Server) firstLink(w http.ResponseWriter, v *visit, tenant, invitation, link, flash string) error {
	if !s.People.Mails() {
		if err := s.keepSecret(w, v, invitation, link); err != nil {
			return err
		}
	}
	return s.done(w, v, "/console/tenants/"+tenant, flash)
}

func (s *Server) postTenantInvitation(w http.ResponseWriter, v *visit, by identity.Super) error {
	tenant, invitation := v.r.PathValue("tenant"), v.r.PathValue("invitation")
	link, err := s.Console.Reinvite(v.ctx(), by, tenant, invitation)
	if err != nil {
		return err
	}
	return s.firstLink(w, v, tenant, invitation, link, "invited-again")
}
