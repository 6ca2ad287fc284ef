package web

import (
	"net/http"

	"mandorla/internal/access"
	"mandorla/internal/audit"
	"mandorla/internal/oauth"
	"mandorla/internal/web/kit"
)

// publishedView is another tenant's client as this tenant sees it: who of its people is connected, and whether it lets them.
type publishedView struct {
	Notice *kit.Notice
	Table  kit.Table
	State  kit.Section
	Text   string
	Button *kit.Button
	Modal  *kit.Modal
	Hidden kit.Field
}

var samplePublished = publishedView{
	Notice: &kit.Notice{Title: "x"}, Table: sampleApps.Table, Button: &kit.Button{Label: "x", Href: "/"}, Modal: &kit.Modal{ID: "shut", Action: "/"}, Hidden: kit.Field{Kind: kit.FieldHidden},
}

// publishedTable lists the published apps of other tenants; nil where there are none.
func (s *Server) publishedTable(v *visit) (*kit.Table, error) {
	apps, err := s.OAuth.PublishedApps(v.ctx(), v.who)
	if err != nil || len(apps) == 0 {
		return nil, err
	}
	t := &kit.Table{ID: "published", Caption: "Published apps used here", Columns: []kit.Column{
		{Label: "Name", Wide: true}, {Label: "From", HideOnPhone: true}, {Label: "Connections here"}, {Label: "Last call", Kind: kit.KindAgo, HideOnPhone: true}, {Label: "Status"},
	}}
	for _, a := range apps {
		people := kit.Value{}
		if n := peopleIn(a.Connections); n > 0 {
			people = kit.Text(countOf(n, "person", "people"))
		}
		status := publishedStatus(a)
		t.Rows = append(t.Rows, kit.Row{Muted: !a.ShutOutAt.IsZero(), Cells: []kit.Value{
			appLink(a.Client, "/published-apps/"+a.Client.ID), kit.Text(a.TenantName), people, kit.Ago(a.UsedAt()), kit.Badges(*status),
		}})
	}
	return t, nil
}

func publishedStatus(a oauth.PublishedApp) *kit.Badge {
	switch {
	case !a.ShutOutAt.IsZero():
		return kit.Status(kit.Bad, "Shut out")
	case !a.Client.Published:
		return kit.Status(kit.Warn, "Not published any more")
	case !a.Client.Working():
		return kit.Status(kit.Warn, "Switched off by its makers")
	case len(a.Connections) > 0:
		return kit.Status(kit.Good, "Works")
	}
	return kit.Status(kit.Neutral, "Not used yet")
}

func (s *Server) published(v *visit, tab string) (oauth.PublishedApp, kit.Page, error) {
	a, err := s.OAuth.PublishedApp(v.ctx(), v.who, v.r.PathValue("id"))
	if err != nil {
		return a, kit.Page{}, err
	}
	path := "/published-apps/" + a.Client.ID
	page := s.shell(v, "apps", a.Client.Name)
	page.Icon, page.Status, page.Lead = "world", publishedStatus(a), a.Client.Description
	page.Breadcrumb = []kit.Link{{Label: "App Center", Href: "/apps"}}
	page.Tabs = kit.Tabs{Label: "Published app", Items: []kit.Tab{
		{Label: "Connections", Href: path, Count: kit.Count(len(a.Connections)), Active: tab == "connections"},
		{Label: "Activity", Href: path + "/activity", Active: tab == "activity"},
	}}
	return a, page, nil
}

func (s *Server) getPublished(w http.ResponseWriter, v *visit) error {
	a, page, err := s.published(v, "connections")
	if err != nil {
		return err
	}
	may := v.who.Manages(access.OAuthClient, access.Update)
	path := "/published-apps/" + a.Client.ID
	view := publishedView{Table: kit.Table{
		Caption: "Connections",
		Columns: []kit.Column{{Label: "Person", Wide: true}, {Label: "Allowed"}, {Label: "Since", Kind: kit.KindAgo, HideOnPhone: true}, {Label: "Last use", Kind: kit.KindAgo, HideOnPhone: true}},
		Empty:   &kit.Empty{Icon: "plug", Title: "Nobody here is connected", Text: "People of this tenant who authorize it appear here."},
	}}
	if may {
		view.Table.Columns = append(view.Table.Columns, kit.Column{Label: "End", LabelHidden: true, Kind: kit.KindActions})
	}
	reg, err := s.registry(v)
	if err != nil {
		return err
	}
	for _, one := range a.Connections {
		allowed := kit.Text(countOf(len(one.Set.Normal()), "model", "models"))
		allowed.Title = inWords(reg, one.Set)
		person := kit.PersonValue(one.PersonName, "")
		if person.Sub = one.Email; one.PersonName == "" {
			person.Text, person.Sub = one.Email, ""
		}
		row := kit.Row{Cells: []kit.Value{person, allowed, kit.Ago(one.Since), kit.Ago(one.UsedAt)}}
		if may {
			row.Cells = append(row.Cells, kit.Actions(kit.Button{Label: "End", Icon: "plug-connected-x", Small: true, Post: path + "/connections/end", Name: "connection", Value: one.ID}))
		}
		view.Table.Rows = append(view.Table.Rows, row)
	}
	view.say(v, a, may)
	return s.kit.Render(w, http.StatusOK, page, "published", view)
}

// say explains whose app it is, and what shutting it out or letting it in does.
func (view *publishedView) say(v *visit, a oauth.PublishedApp, may bool) {
	path := "/published-apps/" + a.Client.ID
	view.Notice = &kit.Notice{
		Tone: kit.Info, Title: "An app of " + a.TenantName,
		Text: "A super admin has published it. Each person who authorizes it gives it at most what both the app and their own role allow; " + a.TenantName + " learns how many people are connected, and not who.",
	}
	act, verb, label, look := "shut", "Shut out", "Shut out app", kit.Danger
	view.State = kit.Section{ID: "state", Title: "Shut out " + a.Client.Name}
	view.Text = "Nobody here can authorize it any more" + endsText(len(a.Connections)) + ". It can be let in again; people then authorize anew."
	if !a.ShutOutAt.IsZero() {
		act, verb, label, look = "let", "Let in", "Let app in", kit.Primary
		view.Notice.Tone, view.Notice.Title = kit.Warn, "Shut out: nobody here can use this app of "+a.TenantName
		view.State.Title, view.Text = "Let in "+a.Client.Name, "People here can authorize it again. Connections that ended stay ended."
	}
	if !may {
		view.State, view.Text = kit.Section{}, ""
		return
	}
	view.Button = &kit.Button{Label: label + "…", Href: "?" + act, Modal: "state-modal"}
	view.Modal = &kit.Modal{
		ID: "state-modal", Title: verb + " " + a.Client.Name + "?", Text: view.Text, Action: path + "/shut-out", Submit: kit.Button{Label: label, Look: look},
		Open: v.r.URL.Query().Has(act), CloseHref: path,
	}
	view.Hidden = kit.Field{Kind: kit.FieldHidden, Name: "act", Value: act}
}

func (s *Server) getPublishedActivity(w http.ResponseWriter, v *visit) error {
	a, page, err := s.published(v, "activity")
	if err != nil {
		return err
	}
	view, err := s.calls(v, callLog{
		ask: audit.CallQuery{Client: a.Client.ID}, path: "/published-apps/" + a.Client.ID + "/activity", who: "Person",
		empty: "Each call that people of this tenant make through " + a.Client.Name + " appears here within a second, for 90 days.",
	})
	if err != nil {
		return err
	}
	return s.kit.Render(w, http.StatusOK, page, "calls", view)
}

func (s *Server) postShutOut(w http.ResponseWriter, v *visit) error {
	flash := map[string]string{"shut": "shut-out", "let": "let-in"}[v.r.PostForm.Get("act")]
	if flash == "" {
		return errOldForm
	}
	id := v.r.PathValue("id")
	if err := s.OAuth.ShutOut(v.ctx(), v.who, id, flash == "shut-out"); err != nil {
		return err
	}
	return s.done(w, v, "/published-apps/"+id, flash)
}

func (s *Server) postPublishedEnd(w http.ResponseWriter, v *visit) error {
	a, err := s.OAuth.PublishedApp(v.ctx(), v.who, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	for _, c := range a.Connections { // this page is about one app
		if c.ID == v.r.PostForm.Get("connection") {
			if err := s.OAuth.EndConnection(v.ctx(), v.who, c.ID); err != nil {
				return err
			}
		}
	}
	to := "/published-apps/" + a.Client.ID
	if len(a.Connections) == 1 && !a.Client.Published { // it is nothing to this tenant any more
		to = "/apps"
	}
	return s.done(w, v, to, "ended")
}
