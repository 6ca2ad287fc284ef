package web

import (
	"fmt"
	"net/http"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/oauth"
	"mandorla/internal/web/kit"
)

// profileView is the person's own page: who one is, the password, connected applications and sessions.
type profileView struct {
	Details      kit.Properties
	Password     kit.Form
	Applications kit.Table
	Sessions     kit.Table
}

var sampleProfile = profileView{
	Details: sampleRecord.Properties, Password: kit.Form{Action: "/"}, Applications: sampleApps.Table, Sessions: sampleApps.Table,
}

func (s *Server) getProfile(w http.ResponseWriter, v *visit) error {
	return s.showProfile(w, v, http.StatusOK, nil)
}

func (s *Server) showProfile(w http.ResponseWriter, v *visit, status int, problem error) error {
	page := s.shell(v, "profile", "Profile")
	page.Narrow = true
	view := profileView{Password: passwordForm(s.Identity.MinPassword)}
	placeErrors(&view.Password, problem)
	item := func(label string, value kit.Value) kit.Property { return kit.Property{Label: label, Value: value} }
	view.Details.Groups = []kit.PropertyGroup{{Label: "Details", Items: []kit.Property{
		item("Name", kit.Text(v.who.PersonName)), item("E-mail address", kit.Text(v.who.Email)),
		item("Tenant", kit.Text(v.who.TenantName)), item("Roles", kit.Text(strings.Join(v.who.Roles, ", "))),
	}}}
	allowed, err := s.rolesInWords(v)
	if err != nil {
		return err
	}
	if len(allowed) > 0 {
		view.Details.Groups = append(view.Details.Groups, kit.PropertyGroup{Label: "What your roles allow", Items: allowed})
	}
	if v.who.PersonName == "" {
		view.Details.Groups[0].Items = view.Details.Groups[0].Items[1:]
	}
	if view.Applications, err = s.applications(v); err != nil {
		return err
	}
	if view.Sessions, err = s.sessions(v); err != nil {
		return err
	}
	return s.kit.Render(w, status, page, "profile", view)
}

func passwordForm(least int) kit.Form {
	return kit.Form{
		Action: "/profile/password", Submit: kit.Button{Label: "Change password", Look: kit.Primary},
		Fields: []kit.Field{
			{Name: "current", Label: "Current password", Type: "password", Autocomplete: "current-password", Required: true},
			{Name: "password", Label: "New password", Type: "password", Autocomplete: "new-password", Required: true,
				Help: "At least " + countOf(least, "character", "characters") + "; a few words in a row do well. Every other session and every connected app is signed out."},
		},
	}
}

func (s *Server) applications(v *visit) (kit.Table, error) {
	t := kit.Table{
		ID: "applications", Caption: "Applications",
		Columns: []kit.Column{
			{Label: "Application", Wide: true}, {Label: "Allowed"}, {Label: "Since", Kind: kit.KindAgo, HideOnPhone: true},
			{Label: "Last use", Kind: kit.KindAgo, HideOnPhone: true}, {Label: "Disconnect", LabelHidden: true, Kind: kit.KindActions},
		},
		Empty: &kit.Empty{Icon: "plug", Title: "No connected applications", Text: "An assistant that you authorize appears here, with what it may do."},
	}
	selves, err := s.selves(v)
	if err != nil {
		return t, err
	}
	for _, who := range selves {
		if err := s.addApplications(v, who, &t); err != nil {
			return t, err
		}
	}
	return t, nil
}

// addApplications adds what the person connected in one of their tenants, which is named where it is not the one they are in.
func (s *Server) addApplications(v *visit, who access.Principal, t *kit.Table) error {
	list, err := s.OAuth.PersonConnections(v.ctx(), who.Tenant, who.Person)
	if err != nil {
		return err
	}
	reg, err := s.Registries.Registry(v.ctx(), who.Tenant, who.RegistryVersion)
	if err != nil {
		return fmt.Errorf("take registry: %w", err)
	}
	for _, c := range list {
		allowed := kit.Text(countOf(len(c.Set.Normal()), "model", "models"))
		allowed.Title = inWords(reg, c.Set)
		name := appLink(oauth.Client{ID: c.Client, Name: c.ClientName, LogoHash: c.ClientLogo, RedirectURIs: []string{"https://" + c.Host}}, "/profile/applications/"+c.ID)
		if who.Tenant != v.who.Tenant {
			name.Sub = "in " + who.TenantName
		}
		t.Rows = append(t.Rows, kit.Row{Cells: []kit.Value{
			name, allowed, kit.Ago(c.Since), kit.Ago(c.UsedAt),
			kit.Actions(kit.Button{Label: "Disconnect", Icon: "plug-connected-x", Small: true, Href: "/profile/applications/" + c.ID + "?disconnect"}),
		}})
	}
	return nil
}

func (s *Server) sessions(v *visit) (kit.Table, error) {
	list, err := s.Identity.Sessions(v.ctx(), v.session.Account.ID, v.session.ID)
	if err != nil {
		return kit.Table{}, err
	}
	t := kit.Table{
		ID: "sessions", Caption: "Sessions",
		Columns: []kit.Column{
			{Label: "Browser", Wide: true}, {Label: "Address", HideOnPhone: true}, {Label: "Signed in", Kind: kit.KindAgo},
			{Label: "Last seen", Kind: kit.KindAgo, HideOnPhone: true}, {Label: "End", LabelHidden: true, Kind: kit.KindActions},
		},
	}
	for _, one := range list {
		end := kit.Actions(kit.Button{Label: "End session", Icon: "logout", Small: true, Post: "/profile/sessions/end", Name: "session", Value: one.ID})
		if one.Current {
			end = kit.StatusValue(kit.Good, "This browser")
		}
		browser := kit.Text(browserName(one.Agent))
		browser.Title = one.Agent
		t.Rows = append(t.Rows, kit.Row{Cells: []kit.Value{browser, kit.Mono(one.IP), kit.Ago(one.CreatedAt), kit.Ago(one.SeenAt), end}})
	}
	return t, nil
}

// browserName reads the name and system out of a User-Agent, as far as they can be told.
func browserName(agent string) string {
	find := func(pairs ...string) string {
		for i := 0; i < len(pairs); i += 2 {
			if strings.Contains(agent, pairs[i]) {
				return pairs[i+1]
			}
		}
		return ""
	}
	name := find("Edg/", "Edge", "OPR/", "Opera", "Firefox/", "Firefox", "Chrome/", "Chrome", "Safari/", "Safari", "mandorla", "mandorla ask", "curl/", "curl")
	system := find("Android", "Android", "iPhone", "iPhone", "iPad", "iPad", "Windows", "Windows", "Mac OS X", "macOS", "Linux", "Linux")
	switch {
	case name == "":
		return "Unknown browser"
	case system == "":
		return name
	}
	return name + " on " + system
}

func (s *Server) postPassword(w http.ResponseWriter, v *visit) error {
	account, ip := v.session.Account, s.ClientIP(v.r)
	fresh := v.r.PostForm.Get("password")
	err := s.Identity.CheckPassword(v.ctx(), account.ID, v.r.PostForm.Get("current"), ip)
	if fault.Is(err, fault.Unauthenticated) {
		err = fault.BadField("current", "This is not your current password.")
	}
	if err == nil {
		err = s.Identity.SetPassword(v.ctx(), account.ID, fresh, false)
	}
	if badInput(err) || fault.Is(err, fault.RateLimited) {
		return s.showProfile(w, v, formStatus(w, err), err)
	}
	if err != nil {
		return err
	}
	token, err := s.Identity.SignIn(v.ctx(), account.Email, fresh, s.from(v.r))
	if err != nil { // changed all the same: the sign-in page takes the new one
		s.cookies.clear(w, s.cookies.session)
		return s.done(w, v, "/signin", "password")
	}
	s.cookies.set(w, s.cookies.session, token, 0)
	return s.done(w, v, "/profile", "password")
}

func (s *Server) postSessionEnd(w http.ResponseWriter, v *visit) error {
	err := s.Identity.EndSession(v.ctx(), v.session.Account.ID, v.r.PostForm.Get("session"))
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	return s.done(w, v, "/profile#sessions", "session")
}

func (s *Server) postApplicationEnd(w http.ResponseWriter, v *visit) error {
	who, app, err := s.ownApplication(v, v.r.PostForm.Get("connection")) // an administrator could end anybody's; this page is about one's own
	if err == nil {
		err = s.OAuth.EndConnection(v.ctx(), who, app.ID)
	}
	if err != nil && !fault.Is(err, fault.NotFound) { // one that is over already is what was wanted
		return err
	}
	return s.done(w, v, "/profile#applications", "disconnected")
}
