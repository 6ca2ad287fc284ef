package web

import (
	"strings"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/model"
	"mandorla/internal/oauth"
	"mandorla/internal/web/kit"
)

// authorizeView is the authorization page.
type authorizeView struct {
	Name           string
	Logo           kit.AppLogo
	Description    string
	Host           string // where the answer goes
	Loopback       bool
	Origin         *authorizeOrigin // of an app that registered itself
	Person, Email  string
	Tenant         string
	Tenants        []kit.Option // more than one: a choice
	Request, Token string
	Overlap        kit.Mandorla
	Problem        *kit.Problem // there is nothing to approve, or the answer given was not one
	Asks           string       // a request for a part only: "view Company, view and update End user"
	News           *authorizeNews
	Count          string // "8 models"
	Models         []authorizeModel
	Fold           string       // the line behind which Models are folded, where News say what differs; "" shows them
	Left           []sideLine   // asked for, and not given
	Both           *authorizeNo // what each side allows, where nothing overlaps
	Matrix         *kit.Matrix  // a client whose permissions the person picks
	Rows           []string     // which rows it reaches
	Scopes         string
	Ends           string
	Approve        bool
}

// authorizeModel is one model in the overlap.
type authorizeModel struct {
	Label, Icon, Actions string
	Count                string // "48 properties"
	Shown                []string
	Write                string   // what may be changed, where it is less
	NotRole, NotApp      []string // properties that only the other side has
}

// authorizeNews is what differs from the person's last authorization of the same app.
type authorizeNews struct {
	Title     string
	New, Gone []sideLine
	Living    string // what happens to the connections there are
}

// sideLine is something about one model.
type sideLine struct {
	Label, Icon, Text string
	Why               string   // the side that keeps it back; "" for none
	More              []string // names, where they are many
}

// authorizeNo names both sides where nothing overlaps.
type authorizeNo struct{ Client, Role string }

var sampleAuthorize = authorizeView{
	Name: "Claude", Logo: kit.AppLogo{Name: "Claude"}, Description: "x", Host: "claude.ai", Loopback: true, Origin: &authorizeOrigin{Host: "x", Text: "x"}, Tenants: []kit.Option{{Value: "1", Label: "Acme"}},
	Problem: &kit.Problem{Title: "x", Who: "x", How: "x", Reference: "x"}, Asks: "x",
	News:   &authorizeNews{Title: "x", New: []sideLine{{Label: "x", Icon: "apps", Text: "x", Why: "x", More: []string{"x"}}}, Gone: []sideLine{{Label: "x", Icon: "apps"}}, Living: "x"},
	Models: []authorizeModel{{Label: "Company", Actions: "view", Shown: []string{"Name"}, Write: "x", NotRole: []string{"ARR"}, NotApp: []string{"ARR"}}}, Fold: "x",
	Left: []sideLine{{Label: "Asset", Icon: "apps", Text: "x", Why: "x"}}, Both: &authorizeNo{"a", "b"}, Matrix: &kit.Matrix{}, Rows: []string{"x"},
	Scopes: "x", Ends: "x", Approve: true,
}

const dateForm = "2 January 2006"

func authorizePage(reg *model.Registry, p oauth.Page) authorizeView {
	view := authorizeView{
		Name: p.Client.Name, Logo: appLogo(p.Client),
		Description: p.Client.Description, Host: p.RedirectHost, Loopback: p.Loopback, Origin: originOf(p),
		Person: p.PersonName, Email: p.Email, Tenant: p.Tenant.Name, Tenants: tenantChoice(p),
		Request: p.Pending, Token: p.FormToken, Count: countOf(len(p.Overlap), "model", "models"),
		Overlap: mandorla(p.ClientAsks, p.RoleAllows, p.Client.Name, "Your role"),
		Left:    leftOut(reg, p), Scopes: p.Scopes, Approve: !p.NoOverlap,
	}
	view.Overlap.Overlap = permissions(p.Overlap)
	if view.Person == "" {
		view.Person = p.Email
	}
	if len(p.Named) > 0 {
		view.Asks = setInWords(reg, p.Named)
	}
	if p.NoOverlap {
		view.Both = &authorizeNo{Client: modelList(reg, p.ClientAsks), Role: modelList(reg, p.RoleAllows)}
		return view
	}
	view.Rows, view.Ends = rowsReached(reg, p), lifetime(p)
	view.News = news(reg, p)
	if p.Client.Dynamic {
		m := dynamicMatrix(reg, p)
		view.Matrix = &m
		return view
	}
	for _, m := range reg.Models() {
		if got, ok := p.Overlap[m.Name]; ok {
			view.Models = append(view.Models, authorizedModel(m, got, p.ClientAsks[m.Name], p.RoleAllows[m.Name]))
		}
	}
	if view.News != nil {
		view.Fold = "All that it gets: " + view.Count
	}
	return view
}

func tenantChoice(p oauth.Page) (out []kit.Option) {
	if len(p.Tenants) < 2 {
		return nil
	}
	for _, t := range p.Tenants {
		out = append(out, kit.Option{Value: t.ID, Label: t.Name, Selected: t.ID == p.Tenant.ID})
	}
	return out
}

// lifetime says how long the connection lasts by itself.
func lifetime(p oauth.Page) string {
	return "It stays connected until you disconnect it, " + countOf(int(p.IdleLifetime/(24*time.Hour)), "day", "days") +
		" without use at most, and until " + p.EndsAt.Format(dateForm) + " in any case."
}

func authorizedModel(m *model.Model, got, client, role access.ModelPermission) authorizeModel {
	out := authorizeModel{Label: m.Label, Icon: m.Icon, Actions: got.Actions.String()}
	writes, writable := 0, 0
	for _, p := range m.Props() {
		if p.Name == "_id" {
			continue
		}
		label := p.DisplayLabel()
		switch {
		case got.Actions&access.View == 0:
		case got.View.Has(p.ID):
			out.Shown = append(out.Shown, label)
		case client.View.Has(p.ID):
			out.NotRole = append(out.NotRole, label)
		case role.View.Has(p.ID):
			out.NotApp = append(out.NotApp, label)
		}
		if p.Writable() {
			writable++
			if got.Update.Has(p.ID) {
				writes++
			}
		}
	}
	out.Count = countOf(len(out.Shown), "property", "properties")
	if got.Actions&(access.Create|access.Update) != 0 && writes < writable {
		out.Write = countOf(writes, "property", "properties") + " of " + kit.Count(writable) + " may be written."
	}
	return out
}

func modelList(reg *model.Registry, set access.Set) string {
	var words []string
	for _, m := range reg.Models() {
		if p, ok := set[m.Name]; ok && p.Actions != 0 {
			words = append(words, m.Label)
		}
	}
	if len(words) == 0 {
		return "nothing"
	}
	return strings.Join(words, ", ")
}

// setInWords names actions and models: "view Company; view, update End user".
func setInWords(reg *model.Registry, set access.Set) string {
	var words []string
	for _, m := range reg.Models() {
		if p, ok := set[m.Name]; ok {
			words = append(words, p.Actions.String()+" "+m.Label)
		}
	}
	return strings.Join(words, "; ")
}

// dynamicMatrix lets the person pick inside the role; what the role lacks is fixed off.
func dynamicMatrix(reg *model.Registry, p oauth.Page) kit.Matrix {
	m, allowed := matrixOf(reg, p.Picked), matrixOf(reg, p.Overlap)
	m.ID = "pick"
	rows := m.Rows[:0]
	for i, row := range m.Rows {
		if allowed.Rows[i].Off() {
			continue
		}
		limit(&row, allowed.Rows[i])
		rows = append(rows, row)
	}
	m.Rows = rows
	return m
}

// limit fixes off what is not on in the row of what may be picked.
func limit(row *kit.MatrixRow, allowed kit.MatrixRow) {
	fix := func(p *kit.Permission, may kit.Permission) {
		if !may.On {
			p.On, p.Fixed, p.Why = false, true, "Your role does not have it, or the app did not ask for it."
		}
	}
	for i := range row.Actions {
		fix(&row.Actions[i], allowed.Actions[i])
	}
	for i := range row.Properties {
		fix(&row.Properties[i].View, allowed.Properties[i].View)
		fix(&row.Properties[i].Update, allowed.Properties[i].Update)
	}
	fix(&row.FutureView, allowed.FutureView)
	fix(&row.FutureUpdate, allowed.FutureUpdate)
}
