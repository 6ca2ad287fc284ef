package web

import (
	"net/http"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/privateapp"
	"mandorla/internal/web/kit"
)

// privateCard is the card of the Apps Library that makes a private app.
var privateCard = libraryCard{"private", "Private app", "robot", "A program of your own, with a token and permissions of its own.", "/private-apps/new"}

// appTabs are the tabs of the App Center: the kinds of apps that the person may see.
func (s *Server) appTabs(v *visit, active string) (kit.Tabs, error) {
	tabs := kit.Tabs{Label: "Apps"}
	if v.who.Manages(access.OAuthClient, access.View) {
		clients, err := s.OAuth.Clients(v.ctx(), v.who.Tenant)
		if err != nil {
			return tabs, err
		}
		tabs.Items = append(tabs.Items, kit.Tab{Label: "OAuth clients", Href: "/apps", Count: kit.Count(len(clients)), Active: active == "clients"})
	}
	if v.who.Manages(access.PrivateApp, access.View) {
		apps, err := s.Apps.Apps(v.ctx(), v.who)
		if err != nil {
			return tabs, err
		}
		tabs.Items = append(tabs.Items, kit.Tab{Label: "Private apps", Href: "/private-apps", Count: kit.Count(len(apps)), Active: active == "private"})
	}
	if v.who.Manages(access.OAuthClient, access.View) {
		tabs.Items = append(tabs.Items, kit.Tab{Label: "Self-registering", Href: pathRules, Active: active == "rules"})
	}
	return tabs, nil
}

// appsCrumb leads back to the tab of the App Center that the person may see.
func appsCrumb(v *visit) kit.Link {
	if v.who.Manages(access.OAuthClient, access.View) {
		return kit.Link{Label: "App Center", Href: "/apps"}
	}
	return kit.Link{Label: "App Center", Href: "/private-apps"}
}

// appCards are the cards of the Apps Library that the person may use.
func appCards(v *visit) []libraryCard {
	var out []libraryCard
	if v.who.Manages(access.OAuthClient, access.Create) {
		out = libraryCards()
	}
	if v.who.Manages(access.PrivateApp, access.Create) {
		out = append(out, privateCard)
	}
	return out
}

func (s *Server) getPrivateApps(w http.ResponseWriter, v *visit) error {
	apps, err := s.Apps.Apps(v.ctx(), v.who)
	if err != nil {
		return err
	}
	page, view, err := s.appCenter(v, "private")
	if err != nil {
		return err
	}
	page.Lead = "Accounts of programs: each may do what its own permissions say, and nothing else."
	view.Table = kit.Table{
		Caption: "Private apps",
		Columns: []kit.Column{
			{Label: "Name", Wide: true}, {Label: "Description", HideOnPhone: true}, {Label: "Models", Kind: kit.KindNumber, HideOnPhone: true},
			{Label: "Last call", Kind: kit.KindAgo}, {Label: "Status"},
		},
		Empty: &kit.Empty{
			Icon: "robot", Title: "No private apps yet", Text: "A private app is an account of a program: a script, a portal, a sync. It gets its own permissions and tokens.",
		},
	}
	if v.who.Manages(access.PrivateApp, access.Create) {
		view.Table.Empty.Action = &kit.Button{Label: "New private app", Icon: "plus", Look: kit.Primary, Href: "/private-apps/new"}
	}
	for _, a := range apps {
		name := kit.LinkTo(a.Name, "/private-apps/"+a.ID)
		name.Icon = privateCard.Icon
		view.Table.Rows = append(view.Table.Rows, kit.Row{Muted: !a.Enabled, Cells: []kit.Value{
			name, kit.Text(a.Description), kit.Number(kit.Count(len(a.Set))), kit.Ago(a.UsedAt), kit.Badges(*privateStatus(a)),
		}})
	}
	return s.kit.Render(w, http.StatusOK, page, "apps", view)
}

// appCenter starts a page of the App Center: tabs, the button and the library behind it.
func (s *Server) appCenter(v *visit, active string) (kit.Page, appsView, error) {
	page := s.shell(v, "apps", "App Center")
	tabs, err := s.appTabs(v, active)
	page.Tabs = tabs
	view := appsView{Library: kit.Modal{ID: "library", Title: "Apps Library", Text: "What do you want to connect?", Wide: true}, Cards: appCards(v)}
	if len(view.Cards) > 0 {
		page.Primary = &kit.Button{Label: "New app", Icon: "plus", Look: kit.Primary, Href: "/apps/new", Modal: "library"}
	}
	return page, view, err
}

func privateStatus(a privateapp.App) *kit.Badge {
	switch {
	case !a.Enabled:
		return kit.Status(kit.Bad, "Disabled")
	case len(a.Set) == 0:
		return kit.Status(kit.Warn, "No permissions yet")
	case a.UsedAt.IsZero():
		return kit.Status(kit.Neutral, "Not used yet")
	}
	return kit.Status(kit.Good, "Works")
}

// privateNewView asks for the name of a private app and where its permissions begin.
type privateNewView struct{ Form kit.Form }

var samplePrivateNew = privateNewView{Form: kit.Form{Action: "/"}}

func (s *Server) getPrivateNew(w http.ResponseWriter, v *visit) error {
	return s.showPrivateNew(w, v, http.StatusOK, "", "", nil)
}

func (s *Server) showPrivateNew(w http.ResponseWriter, v *visit, status int, name, from string, problem error) error {
	page := s.shell(v, "apps", "New private app")
	page.Icon, page.Narrow = privateCard.Icon, true
	page.Breadcrumb = []kit.Link{{Label: "App Center", Href: "/private-apps"}}
	sources, err := s.copySources(v)
	if err != nil {
		return err
	}
	options := []kit.Option{{Value: "", Label: "Nothing: I choose afterwards", Selected: from == ""}}
	for _, one := range sources {
		options = append(options, kit.Option{Value: one.key(), Label: one.label, Selected: from == one.key()})
	}
	form := kit.Form{
		Action: "/private-apps/new", Submit: kit.Button{Label: "Create private app", Look: kit.Primary}, Cancel: &kit.Link{Label: "Cancel", Href: "/private-apps"},
		Fields: []kit.Field{
			{Name: "name", Label: "Name", Value: name, Required: true, Autofocus: true, Max: 80, Help: "What the program does, such as Portal sync. It stands in every record's history."},
			{Kind: kit.FieldSelect, Name: "from", Label: "Copy permissions from", Options: options, Help: "They can be changed before a token is made."},
		},
	}
	if confirm := s.confirmField(v); confirm != nil {
		form.Fields = append(form.Fields, *confirm)
	}
	placeErrors(&form, problem)
	return s.kit.Render(w, status, page, "private_new", privateNewView{Form: form})
}

func (s *Server) postPrivateNew(w http.ResponseWriter, v *visit) error {
	name, from := v.r.PostForm.Get("name"), v.r.PostForm.Get("from")
	set, err := s.copied(v, from)
	var a privateapp.App
	if err == nil {
		a, err = s.Apps.Create(v.ctx(), v.who, privateapp.Input{Name: name, Set: set})
	}
	if badInput(err) || fault.Is(err, fault.Conflict) || fault.Is(err, fault.Forbidden) {
		return s.showPrivateNew(w, v, http.StatusUnprocessableEntity, name, from, err)
	}
	if err != nil {
		return err
	}
	to := "/private-apps/" + a.ID
	if len(a.Set) == 0 {
		to += "/permissions"
	}
	return s.done(w, v, to, "created")
}
