package web

import (
	"fmt"
	"net/http"

	"mandorla/internal/identity"
	"mandorla/internal/oauth"
	"mandorla/internal/web/kit"
)

// clientReachView is the two switches of an OAuth client that are a super admin's.
type clientReachView struct {
	Form kit.Form
	Used kit.Section
	List kit.Table
}

var sampleClientReach = clientReachView{Form: kit.Form{Action: "/", Fields: []kit.Field{{Kind: kit.FieldSwitch, Name: "x"}}}, List: sampleApps.Table}

func (s *Server) getClientReach(w http.ResponseWriter, v *visit, by identity.Super) error {
	c, used, err := s.OAuth.ReachOf(v.ctx(), by, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	return s.showClientReach(w, v, by, http.StatusOK, c, used, c.Dynamic, c.Published, nil)
}

func (s *Server) showClientReach(w http.ResponseWriter, v *visit, by identity.Super, status int, c oauth.Client, used []oauth.Elsewhere, dynamic, published bool, problem error) error {
	t, err := s.Console.Tenant(v.ctx(), by, c.Tenant)
	if err != nil {
		return err
	}
	page := s.shell(v, "console", c.Name)
	page.Icon, page.Narrow, page.Lead = presetOf(c).Icon, true, c.Description
	page.Breadcrumb = []kit.Link{{Label: "Console", Href: "/console"}, {Label: t.Name, Href: "/console/tenants/" + t.ID}}
	if !c.Enabled {
		page.Status = kit.Status(kit.Bad, "Disabled")
	}
	path := "/console/clients/" + c.ID
	view := clientReachView{
		Form: s.withConfirm(v, kit.Form{
			Action: path, Submit: kit.Button{Label: "Save switches", Look: kit.Primary}, Cancel: &kit.Link{Label: "Cancel", Href: "/console/tenants/" + t.ID},
			Hidden: []kit.Hidden{{Name: "version", Value: fmt.Sprint(c.Version)}},
			Fields: []kit.Field{
				{Kind: kit.FieldSwitch, Name: "dynamic", Label: "Dynamic permissions", Checked: dynamic, Help: dynamicHelp(c, used)},
				{Kind: kit.FieldSwitch, Name: "published", Label: "Published", Checked: published, Help: publishedHelp(c, used)},
			},
		}),
		Used: kit.Section{Title: "Connections", Text: "How much it is used, by tenant."},
		List: kit.Table{
			Caption: "Connections by tenant",
			Columns: []kit.Column{{Label: "Tenant", Wide: true}, {Label: "People", Kind: kit.KindNumber}, {Label: "Connections", Kind: kit.KindNumber}},
			Empty:   &kit.Empty{Icon: "plug", Title: "Nobody is connected", Text: "People of " + t.Name + " can authorize it."},
		},
	}
	for _, one := range used {
		view.List.Rows = append(view.List.Rows, kit.Row{Cells: []kit.Value{
			kit.LinkTo(one.TenantName, "/console/tenants/"+one.Tenant), kit.Number(kit.Count(one.People)), kit.Number(kit.Count(one.Connections)),
		}})
	}
	placeErrors(&view.Form, problem)
	return s.kit.Render(w, status, page, "console_client", view)
}

// countUsed splits the connections into those of the client's own tenant and those of others.
func countUsed(c oauth.Client, used []oauth.Elsewhere) (own, foreign, tenants int) {
	for _, one := range used {
		if one.Tenant == c.Tenant {
			own += one.Connections
		} else {
			foreign, tenants = foreign+one.Connections, tenants+1
		}
	}
	return own, foreign, tenants
}

// dynamicHelp says what the switch means, and what turning it does to living connections.
func dynamicHelp(c oauth.Client, used []oauth.Elsewhere) string {
	own, foreign, _ := countUsed(c, used)
	n := own + foreign
	living := countOf(n, "living connection", "living connections")
	switch {
	case c.Dynamic && n == 0:
		return dynamicOn + "."
	case c.Dynamic:
		return dynamicOn + ": at the next call, the " + living + " may do only what is in them."
	case n == 0:
		return dynamicOff
	}
	return dynamicOff + " The " + living + " may go on doing what was accepted, and get back what the client lost since."
}

const (
	dynamicOn  = "On: each person picks on the authorization page what it may do, inside their own role. Turned off, the client's own permissions are the limit again"
	dynamicOff = "Off: the client's own permissions are the limit. Turned on, each person picks on the authorization page, inside their own role, and the client's permissions count no more."
)

// publishedHelp likewise.
func publishedHelp(c oauth.Client, used []oauth.Elsewhere) string {
	own, foreign, tenants := countUsed(c, used)
	text := "Off: only people of its own tenant may authorize it. Turned on, people of every tenant may, each inside their own role; their administrators see it in their App Center and can shut it out."
	if c.Published {
		text = "On: people of every tenant may authorize it, unless their administrators shut it out. Turned off, only people of its own tenant may."
	}
	if elsewhere := " in " + countOf(tenants, "other tenant", "other tenants"); foreign > 0 && c.Published {
		text += " " + countOf(foreign, "connection", "connections") + elsewhere +
			plural(foreign, " stops at the next call, and works", " stop at the next call, and work") + " again if it is published again."
	} else if foreign > 0 {
		text += " " + countOf(foreign, "connection", "connections") + elsewhere + ", from when it was published before, " + plural(foreign, "works", "work") + " again."
	}
	if own > 0 {
		text += " What is connected in its own tenant stays."
	}
	return text
}

func (s *Server) postClientReach(w http.ResponseWriter, v *visit, by identity.Super) error {
	c, used, err := s.OAuth.ReachOf(v.ctx(), by, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	form := v.r.PostForm
	dynamic, published := form.Get("dynamic") == "on", form.Get("published") == "on"
	made, err := version(form)
	if err != nil {
		return errOldForm
	}
	_, err = s.OAuth.SetClientReach(v.ctx(), by, c.ID, made, dynamic, published)
	if comesBack(err) {
		return s.showClientReach(w, v, by, formStatus(w, err), c, used, dynamic, published, err)
	}
	if err != nil {
		return err
	}
	return s.done(w, v, "/console/clients/"+c.ID, "saved")
}
