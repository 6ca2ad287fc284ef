package web

import (
	"net/http"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/oauth"
	"mandorla/internal/web/kit"
)

// appConnectionsView is the Connections tab of an OAuth client.
type appConnectionsView struct {
	Notice    *kit.Notice
	Table     kit.Table
	Elsewhere *kit.Table // of a published client, in other tenants
}

var sampleAppConnections = appConnectionsView{Notice: &kit.Notice{}, Table: sampleApps.Table, Elsewhere: &kit.Table{ID: "elsewhere"}}

func (s *Server) getAppConnections(w http.ResponseWriter, v *visit) error {
	c, page, connections, err := s.appTab(v, "connections")
	if err != nil {
		return err
	}
	view := appConnectionsView{Table: kit.Table{
		Caption: "Connections",
		Columns: []kit.Column{
			{Label: "Person", Wide: true}, {Label: "Allowed", Help: "What the person authorized, out of what the client may do now", HideOnPhone: true},
			{Label: "Since", Kind: kit.KindAgo, HideOnPhone: true}, {Label: "Last use", Kind: kit.KindAgo, HideOnPhone: true},
		},
		Empty: &kit.Empty{
			Icon: "plug", Title: "Nobody is connected", Text: "Each teammate who connects " + c.Name + " in the assistant appears here.",
		},
	}}
	may := v.who.Manages(access.OAuthClient, access.Update)
	if may || v.who.Admin {
		view.Table.Columns = append(view.Table.Columns, kit.Column{Label: "View as or end", LabelHidden: true, Kind: kit.KindActions})
	}
	wider := 0
	for _, one := range connections {
		if !one.Set.Covers(c.Set) {
			wider++
		}
		view.Table.Rows = append(view.Table.Rows, v.connectionRow(c, one, may))
	}
	if wider > 0 && !c.Dynamic {
		view.Notice = &kit.Notice{
			Tone: kit.Info, Title: countOf(wider, "connection has", "connections have") + " less than this client may do",
			Text: "Because of the person's role, or because the client was widened since: what was added works after they authorize again.",
		}
	}
	if view.Elsewhere, err = s.elsewhereTable(v, c); err != nil {
		return err
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

func (v *visit) connectionRow(c oauth.Client, one oauth.Connection, may bool) kit.Row {
	name := one.PersonName
	if name == "" {
		name = one.Email
	}
	person := kit.PersonValue(name, "")
	person.Sub = one.Email
	allowed := mandorla(c.Set, one.Set, "Client", "Authorization")
	allowed.Small = true
	row := kit.Row{Cells: []kit.Value{person, kit.OverlapValue(allowed), kit.Ago(one.Since), kit.Ago(one.UsedAt)}}
	var acts []kit.Button
	if v.who.Admin && one.Tenant == v.who.Tenant {
		acts = append(acts, kit.Button{Label: "View as", Icon: "eye", Small: true, Post: viewAsAction(c.ID), Name: "person", Value: one.Person})
	}
	if may {
		acts = append(acts, kit.Button{
			Label: "End", Icon: "plug-connected-x", Small: true, Post: "/apps/" + c.ID + "/connections/end", Name: "connection", Value: one.ID,
		})
	}
	if may || v.who.Admin {
		row.Cells = append(row.Cells, kit.Actions(acts...))
	}
	return row
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
