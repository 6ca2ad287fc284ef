package web

import (
	"net/http"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/oauth"
	"mandorla/internal/web/kit"
)

// appsView is the App Center.
type appsView struct {
	Waiting   *kit.Table // apps that registered themselves and wait for an administrator
	Table     kit.Table
	First     *kit.Section // instead of an empty table: the library itself
	Published *kit.Table   // clients of other tenants, where there are some
	Library   kit.Modal
	Cards     []libraryCard
}

// libraryCard is one card of the Apps Library.
type libraryCard struct{ Key, Label, Icon, For, Href string }

var sampleApps = appsView{
	Waiting:   &kit.Table{Columns: []kit.Column{{Label: "Name"}}},
	Table:     kit.Table{Columns: []kit.Column{{Label: "Name"}}, Rows: []kit.Row{{Cells: []kit.Value{kit.LinkTo("Claude", "/")}}}},
	First:     &kit.Section{Title: "No apps yet"},
	Published: &kit.Table{ID: "published"},
	Library:   kit.Modal{ID: "library", Title: "Apps Library"},
	Cards:     libraryCards(),
}

func libraryCards() []libraryCard {
	var out []libraryCard
	for _, p := range library {
		out = append(out, libraryCard{p.Key, p.Label, p.Icon, p.For, "/apps/new?for=" + p.Key})
	}
	return out
}

func (s *Server) getApps(w http.ResponseWriter, v *visit) error {
	clients, err := s.OAuth.Clients(v.ctx(), v.who.Tenant)
	if err != nil {
		return err
	}
	page, view, err := s.appCenter(v, "clients")
	if err != nil {
		return err
	}
	page.Lead = "Apps that people authorize: each gets what it may do and what the person may do, and nothing else."
	view.Table = kit.Table{
		Caption: "OAuth clients",
		Columns: []kit.Column{
			{Label: "Name", Wide: true}, {Label: "For", HideOnPhone: true}, {Label: "Connections", HideOnPhone: true},
			{Label: "Last call", Kind: kit.KindAgo, HideOnPhone: true}, {Label: "Status"},
		},
		Empty: &kit.Empty{Icon: "apps", Title: "No apps yet", Text: "Create an OAuth client for your assistant; teammates then connect it with their own accounts."},
	}
	if v.who.Manages(access.OAuthClient, access.Create) {
		view.Table.Empty.Action = &kit.Button{Label: "New app", Icon: "plus", Look: kit.Primary, Href: "/apps/new"}
		if len(clients) == 0 {
			view.First = &kit.Section{Title: "No apps yet", Text: "Choose your assistant. Teammates then connect it with their own accounts."}
		}
	}
	view.Waiting = waitingTable(v, clients)
	for _, c := range clients {
		if c.Approval == oauth.Waiting {
			continue
		}
		row, err := s.appRow(v, c)
		if err != nil {
			return err
		}
		view.Table.Rows = append(view.Table.Rows, row)
	}
	if view.Published, err = s.publishedTable(v); err != nil {
		return err
	}
	return s.kit.Render(w, http.StatusOK, page, "apps", view)
}

func (s *Server) appRow(v *visit, c oauth.Client) (kit.Row, error) {
	connections, err := s.OAuth.ClientConnections(v.ctx(), v.who.Tenant, c.ID)
	if err != nil {
		return kit.Row{}, err
	}
	p := presetOf(c)
	name := appLink(c, "/apps/"+c.ID)
	if c.Origin != oauth.Made {
		if name.Sub = c.Host(); name.Sub == "" {
			name.Sub = "registered itself"
		}
	}
	people := kit.Value{}
	if n := peopleIn(connections); n > 0 {
		people = kit.LinkTo(countOf(n, "person", "people"), "/apps/"+c.ID+"/connections")
	}
	status := appStatus(c)
	return kit.Row{Muted: !c.Enabled, Cells: []kit.Value{name, kit.Text(appFor(p)), people, kit.Ago(lastCall(c, connections)), kit.Badges(*status)}}, nil
}

func appFor(p appPreset) string {
	if p.Key == "other" {
		return "Other"
	}
	return p.Label
}

func peopleIn(connections []oauth.Connection) int {
	seen := map[string]bool{}
	for _, c := range connections {
		seen[c.Tenant+" "+c.Person] = true
	}
	return len(seen)
}

func lastCall(c oauth.Client, connections []oauth.Connection) time.Time {
	last := c.Steps.CallLast
	for _, one := range connections {
		if one.UsedAt.After(last) {
			last = one.UsedAt
		}
	}
	return last
}

// appStatus says how far a client has got. What the server cannot see (a pasted address) counts once the step after it was seen.
func appStatus(c oauth.Client) *kit.Badge {
	if own := selfStatus(c); own != nil {
		return own
	}
	switch {
	case !c.Enabled:
		return kit.Status(kit.Bad, "Disabled")
	case len(c.Set) == 0 && !c.Dynamic:
		return kit.Status(kit.Warn, "No permissions yet")
	case !c.Steps.CallFirst.IsZero():
		return kit.Status(kit.Good, "Works")
	case !c.Steps.ExchangeFirst.IsZero():
		return kit.Status(kit.Neutral, "Set-up: 4 of 5")
	case !c.Steps.AuthorizeFirst.IsZero():
		return kit.Status(kit.Neutral, "Set-up: 3 of 5")
	}
	return kit.Status(kit.Neutral, "Not connected yet")
}
