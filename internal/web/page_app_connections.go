package web

import (
	"net/http"

	"mandorla/internal/fault"
	"mandorla/internal/model"
	"mandorla/internal/oauth"
	"mandorla/internal/web/kit"
)

// appConnectionsView is the Connections tab of an OAuth client.
type appConnectionsView struct {
	Notice    *kit.Notice
	Table     kit.Table
	Elsewhere *kit.Table // of a published client, in other tenants
	EndAll    *kit.Modal // nil: there is nothing to end, or it may not be ended
}

var sampleAppConnections = appConnectionsView{Notice: &kit.Notice{}, Table: sampleApps.Table, Elsewhere: &kit.Table{ID: "elsewhere"}, EndAll: &kit.Modal{ID: "end-all"}}

// connectionFacts are what the Connections tab knows beyond the connections themselves.
type connectionFacts struct {
	reg     *model.Registry
	client  oauth.Client
	widened map[string]bool // by connection
	tokens  map[string]int  // living ones, by connection
	may     bool
}

func (s *Server) connectionFacts(v *visit, c oauth.Client) (f connectionFacts, err error) {
	f.client, f.may = c, mayChangeApps(v)
	if f.reg, err = s.registry(v); err != nil {
		return f, err
	}
	if f.widened, err = s.OAuth.Widened(v.ctx(), v.who.Tenant, c.ID); err != nil {
		return f, err
	}
	f.tokens, err = s.OAuth.LivingTokens(v.ctx(), v.who.Tenant, c.ID)
	return f, err
}

func (s *Server) getAppConnections(w http.ResponseWriter, v *visit) error {
	c, page, connections, err := s.appTab(v, "connections")
	if err != nil {
		return err
	}
	facts, err := s.connectionFacts(v, c)
	if err != nil {
		return err
	}
	view := appConnectionsView{Notice: widenedNotice(connections, facts.widened), Table: kit.Table{
		Caption: "Connections",
		Columns: []kit.Column{
			{Label: "Person"}, {Label: "Allowed", Help: "What the person authorized, out of what the client may do now", Wide: true, HideOnPhone: true},
			{Label: "Since", Kind: kit.KindAgo}, {Label: "Last use", Kind: kit.KindAgo},
			{Label: "Ends", Help: "Unless it is used before, and how many access tokens of it work now", Kind: kit.KindAgo, HideOnPhone: true},
		},
		Empty: &kit.Empty{
			Icon: "plug", Title: "Nobody is connected", Text: "Each teammate who connects " + c.Name + " in the assistant appears here.",
		},
	}}
	if facts.may || v.who.Admin {
		view.Table.Columns = append(view.Table.Columns, kit.Column{Label: "View as or end", LabelHidden: true, Kind: kit.KindActions})
	}
	for _, one := range connections {
		view.Table.Rows = append(view.Table.Rows, v.connectionRow(one, facts))
	}
	if view.Elsewhere, err = s.elsewhereTable(v, c); err != nil {
		return err
	}
	if facts.may && (len(connections) > 0 || view.Elsewhere != nil) {
		path := "/apps/" + c.ID + "/connections"
		page.Actions = []kit.Button{{Label: "End all connections", Icon: "plug-connected-x", Href: path + "?end-all", Modal: "end-all"}}
		view.EndAll = &kit.Modal{
			ID: "end-all", Title: "End " + countOf(len(connections), "connection", "connections") + "?", Action: path + "/end-all",
			Text:   "The next call of each is refused. " + c.Name + " stays as it is, and everybody can connect again.",
			Submit: kit.Button{Label: "End all connections", Look: kit.Danger}, Open: v.r.URL.Query().Has("end-all"), CloseHref: path,
		}
		if view.Elsewhere != nil {
			view.EndAll.Title, view.EndAll.Text = "End all connections, everywhere?", "Those of people in other organisations end as well. "+view.EndAll.Text
		}
	}
	return s.kit.Render(w, http.StatusOK, page, "app_connections", view)
}

// elsewhereTable counts the connections of other tenants' people, who are not named; nil where there are none.
func (s *Server) elsewhereTable(v *visit, c oauth.Client) (*kit.Table, error) {
	used, err := s.OAuth.ConnectionsElsewhere(v.ctx(), v.who.Tenant, c.ID)
	if err != nil || len(used) == 0 {
		return nil, err
	}
	t := &kit.Table{ID: "elsewhere", Caption: "In other organisations", Columns: []kit.Column{
		{Label: "Organisation", Wide: true}, {Label: "People", Kind: kit.KindNumber}, {Label: "Connections", Kind: kit.KindNumber},
	}}
	for _, one := range used {
		t.Rows = append(t.Rows, kit.Row{Cells: []kit.Value{kit.Text(one.TenantName), kit.Number(kit.Count(one.People)), kit.Number(kit.Count(one.Connections))}})
	}
	return t, nil
}

// widenedNotice counts the people, not their connections, who would be offered more now than they accepted.
func widenedNotice(connections []oauth.Connection, widened map[string]bool) *kit.Notice {
	var wider []oauth.Connection
	for _, one := range connections {
		if widened[one.ID] {
			wider = append(wider, one)
		}
	}
	n := peopleIn(wider)
	if n == 0 {
		return nil
	}
	return &kit.Notice{
		Tone: kit.Info, Title: "Widened since: " + countOf(n, "person", "people") + " will be asked again",
		Text: "This client or their role may do more now than what they accepted. It works once they authorize again; until then they keep what they have.",
	}
}

func (v *visit) connectionRow(one oauth.Connection, f connectionFacts) kit.Row {
	c, name := f.client, one.PersonName
	if name == "" {
		name = one.Email
	}
	person := kit.PersonValue(name, "")
	person.Sub = one.Email
	share := mandorla(c.Set, one.Set, "Client", "Authorization")
	share.Small = true
	allowed := kit.OverlapValue(share)
	if allowed.Text = inWords(f.reg, one.Set); f.widened[one.ID] {
		allowed.Sub = "Will be asked again."
	}
	ends := kit.Ago(one.EndsAt)
	ends.Sub = countOf(f.tokens[one.ID], "living token", "living tokens")
	row := kit.Row{Cells: []kit.Value{person, allowed, kit.Ago(one.Since), kit.Ago(one.UsedAt), ends}}
	var acts []kit.Button
	if v.who.Admin && one.Tenant == v.who.Tenant {
		acts = append(acts, kit.Button{Label: "View as", Icon: "eye", Small: true, IconOnly: true, Post: viewAsAction(c.ID), Name: "person", Value: one.Person})
	}
	if f.may {
		acts = append(acts, kit.Button{
			Label: "End", Icon: "plug-connected-x", Small: true, Post: "/apps/" + c.ID + "/connections/end", Name: "connection", Value: one.ID,
		})
	}
	if f.may || v.who.Admin {
		row.Cells = append(row.Cells, kit.Actions(acts...))
	}
	return row
}

// postAppConnectionsEnd ends what is connected when it is confirmed, which may be more than was there when it was asked.
func (s *Server) postAppConnectionsEnd(w http.ResponseWriter, v *visit) error {
	c, err := s.client(v)
	if err != nil {
		return err
	}
	if err := s.OAuth.EndClientConnections(v.ctx(), v.who, c.ID); err != nil {
		return err
	}
	return s.done(w, v, "/apps/"+c.ID+"/connections", "all-ended")
}

func (s *Server) postAppConnectionEnd(w http.ResponseWriter, v *visit) error {
	c, err := s.client(v)
	if err != nil {
		return err
	}
	err = s.OAuth.EndConnection(v.ctx(), v.who, v.r.PostForm.Get("connection"))
	if err != nil && !fault.Is(err, fault.NotFound) { // one that is over already is what was wanted
		return err
	}
	return s.done(w, v, "/apps/"+c.ID+"/connections", "ended")
}
