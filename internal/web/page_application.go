package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/audit"
	"mandorla/internal/fault"
	"mandorla/internal/model"
	"mandorla/internal/oauth"
	"mandorla/internal/web/kit"
)

// applicationView is one connection of the person: what it may do, what it did, and how to narrow or end it.
type applicationView struct {
	Notice  *kit.Notice
	Facts   kit.Properties
	Words   string
	Models  kit.Properties // one folded group each
	Narrow  kit.Form
	Calls   kit.Table
	Modal   kit.Modal
	Hidden  kit.Field
	Section struct{ Allowed, Narrow, Calls kit.Section }
}

var sampleApplication = applicationView{
	Notice: &kit.Notice{Title: "x"}, Facts: sampleRecord.Properties, Words: "x", Models: sampleRecord.Properties, Narrow: kit.Form{Action: "/"}, Calls: sampleApps.Table,
	Modal: kit.Modal{ID: "disconnect", Action: "/"}, Hidden: kit.Field{Kind: kit.FieldHidden},
}

// ownCalls is how many calls the page of an application shows.
const ownCalls = 20

// selves are who the person is in each tenant they are in now: as this visit first, without a client in between.
func (s *Server) selves(v *visit) ([]access.Principal, error) {
	out := []access.Principal{v.who}
	if v.who.Tenant == "" {
		out = nil
	}
	if len(v.session.Tenants) < 2 {
		return out, nil
	}
	members, err := s.Identity.Memberships(v.ctx(), v.session.Account.ID)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		if m.Tenant == v.who.Tenant {
			continue
		}
		p, err := s.Identity.PrincipalFor(v.ctx(), m.Tenant, m.User, access.SurfaceWeb)
		if fault.Is(err, fault.NotFound) { // inactive there, or the tenant is suspended
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// ownApplication finds a connection of the person in any of their tenants, and who they are there. Anybody else's is like none.
func (s *Server) ownApplication(v *visit, id string) (access.Principal, oauth.Application, error) {
	selves, err := s.selves(v)
	if err != nil || !model.IsID(id) {
		selves = nil
		if err == nil {
			err = errNoPage
		}
	}
	for _, p := range selves {
		app, err := s.OAuth.Application(v.ctx(), p, strings.ToLower(id))
		if !fault.Is(err, fault.NotFound) {
			return p, app, err
		}
	}
	if err == nil {
		err = errNoPage
	}
	return access.Principal{}, oauth.Application{}, err
}

func (s *Server) getApplication(w http.ResponseWriter, v *visit) error {
	return s.showApplication(w, v, http.StatusOK, nil, nil)
}

// showApplication draws the page; ticked are the boxes of a form that came back, nil for what is accepted.
func (s *Server) showApplication(w http.ResponseWriter, v *visit, status int, ticked url.Values, problem error) error {
	who, app, err := s.ownApplication(v, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	reg, err := s.Registries.Registry(v.ctx(), who.Tenant, who.RegistryVersion)
	if err != nil {
		return fmt.Errorf("take registry: %w", err)
	}
	path := "/profile/applications/" + app.ID
	page := s.shell(v, "profile", app.ClientName)
	page.Icon, page.Logo = presetOf(oauth.Client{RedirectURIs: []string{app.RedirectURI}}).Icon, logoAddress(app.Client, app.ClientLogo)
	page.Lead, page.Narrow = app.Description, true
	page.Breadcrumb = []kit.Link{{Label: "Profile", Href: "/profile#applications"}}
	page.Status = kit.Status(kit.Good, "Connected")
	page.Actions = []kit.Button{{Label: "Disconnect…", Icon: "plug-connected-x", Href: "?disconnect", Modal: "disconnect"}}
	view := applicationView{
		Facts: applicationFacts(who, app), Words: inWords(reg, app.Works), Models: applicationModels(reg, app), Narrow: narrowForm(reg, app, ticked),
		Modal: kit.Modal{
			ID: "disconnect", Title: "Disconnect " + app.ClientName + "?", Text: "Its next call is refused. To use it again, connect it from the app and authorize it anew.",
			Action: "/profile/applications/end", Submit: kit.Button{Label: "Disconnect", Look: kit.Danger}, Open: v.r.URL.Query().Has("disconnect"), CloseHref: path,
		},
		Hidden: kit.Field{Kind: kit.FieldHidden, Name: "connection", Value: app.ID},
	}
	view.Section.Allowed = kit.Section{ID: "allowed", Title: "What it may do", Text: "What you authorized, as far as the app and your role allow it now."}
	view.Section.Narrow = kit.Section{ID: "narrow", Title: "Take something away", Text: "What you take away is gone at the next call, and back only by authorizing the app again."}
	view.Section.Calls = kit.Section{ID: "calls", Title: "Recent calls", Text: "What it did in your name over this connection, for 90 days."}
	if app.Stopped != "" {
		page.Status, view.Words = kit.Status(kit.Warn, "Does not work now"), "Nothing, at present."
		view.Notice = &kit.Notice{Tone: kit.Warn, Title: "No call of this connection works now", Text: app.Stopped}
	}
	placeErrors(&view.Narrow, problem)
	if view.Calls, err = s.applicationCalls(v, who, app); err != nil {
		return err
	}
	return s.kit.Render(w, status, page, "application", view)
}

func applicationFacts(who access.Principal, app oauth.Application) kit.Properties {
	item := func(label string, value kit.Value) kit.Property { return kit.Property{Label: label, Value: value} }
	items := []kit.Property{
		item("Organisation", kit.Text(who.TenantName)), item("Since", kit.Ago(app.Since)), item("Last use", kit.Ago(app.UsedAt)),
		{Label: "Ends", Value: kit.Date(app.EndsAt), Help: "Each use moves it, up to a year after you authorized the app."},
	}
	if app.Host != "" {
		items = append(items, kit.Property{Label: "Authorized from", Value: kit.Mono(app.Host), Help: "The address that you were sent back to."})
	}
	if app.Scope != oauth.ScopeInclusive {
		items = append(items, item("Asked for", kit.Mono(app.Scope)))
	}
	return kit.Properties{Groups: []kit.PropertyGroup{{Label: "Connection", Items: items}}}
}

// applicationModels says for each model what works and what was accepted and does not work now, folded.
func applicationModels(reg *model.Registry, app oauth.Application) kit.Properties {
	var out kit.Properties
	for _, m := range reg.Models() {
		accepted, was := app.Set[m.Name]
		works := app.Works[m.Name]
		if !was {
			continue
		}
		group := kit.PropertyGroup{Label: m.Label + ": " + works.Actions.String(), Folded: true}
		if works.Actions == 0 {
			group.Label = m.Label + ": nothing now"
		}
		add := func(label, text string) {
			if text != "" {
				group.Items = append(group.Items, kit.Property{Label: label, Value: kit.Long(text)})
			}
		}
		var seen, written, lost []string
		for _, p := range m.Props() {
			if p.Name == "_id" {
				continue
			}
			switch label := p.DisplayLabel(); {
			case works.Actions&access.View != 0 && works.View.Has(p.ID):
				seen = append(seen, label)
			case accepted.Actions&access.View != 0 && accepted.View.Has(p.ID):
				lost = append(lost, label)
			}
			if p.Writable() && works.Actions&(access.Create|access.Update) != 0 && works.Update.Has(p.ID) {
				written = append(written, p.DisplayLabel())
			}
		}
		add("Sees", strings.Join(seen, ", "))
		add("Writes", strings.Join(written, ", "))
		add("Not now", strings.Join(lost, ", "))
		if gone := accepted.Actions &^ works.Actions; gone != 0 {
			add("Authorized, not now", gone.String())
		}
		out.Groups = append(out.Groups, group)
	}
	return out
}

// narrowForm has a box for each action that was accepted; what is unticked is taken away.
func narrowForm(reg *model.Registry, app oauth.Application, ticked url.Values) kit.Form {
	path := "/profile/applications/" + app.ID
	form := kit.Form{ID: "narrow-form", Action: path + "/narrow", SaveBar: &kit.SaveBar{Label: "Take away", Discard: path, Note: "What is unticked is gone at the next call."}}
	for _, m := range reg.Models() {
		p, ok := app.Set[m.Name]
		if !ok {
			continue
		}
		field := kit.Field{Kind: kit.FieldChecks, Name: "keep." + m.Name, Label: m.Label}
		for _, a := range matrixActions {
			if p.Actions&a == 0 {
				continue
			}
			on := ticked == nil
			for _, name := range ticked["keep."+m.Name] {
				on = on || name == a.String()
			}
			field.Options = append(field.Options, kit.Option{Value: a.String(), Label: title(a.String()), Selected: on})
		}
		form.Fields = append(form.Fields, field)
		form.Hidden = append(form.Hidden, kit.Hidden{Name: "model", Value: m.Name})
	}
	return form
}

// applicationCalls are the last calls over this connection.
func (s *Server) applicationCalls(v *visit, who access.Principal, app oauth.Application) (kit.Table, error) {
	t := kit.Table{
		ID: "calls-table", Caption: "Recent calls",
		Columns: []kit.Column{
			{Label: "Time", Kind: kit.KindAgo}, {Label: "Tool", Kind: kit.KindMono, Wide: true}, {Label: "Model", HideOnPhone: true},
			{Label: "Rows", Kind: kit.KindNumber, HideOnPhone: true}, {Label: "ms", Kind: kit.KindNumber, HideOnPhone: true}, {Label: "Outcome"},
		},
		Empty: &kit.Empty{Icon: "activity", Title: "No calls", Text: "Each call over this connection appears here within a second."},
	}
	calls, err := s.Calls.List(v.ctx(), audit.CallQuery{Tenant: who.Tenant, Client: app.Client, Person: who.Person, Authorization: app.ID, Limit: ownCalls})
	if err != nil {
		return t, err
	}
	for _, c := range calls {
		row := callRow(c, kit.Value{})
		row.Cells = append(row.Cells[:1], row.Cells[2:]...) // all are one's own
		t.Rows = append(t.Rows, row)
	}
	return t, nil
}

func (s *Server) postApplicationNarrow(w http.ResponseWriter, v *visit) error {
	who, app, err := s.ownApplication(v, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	form := v.r.PostForm
	keep, left, taken := access.Set{}, access.Action(0), false
	named := map[string]bool{}
	for _, name := range form["model"] {
		named[name] = true
	}
	for name, p := range app.Set {
		had := p.Actions
		if named[name] { // what has no box in the form stays
			p.Actions = 0
			for _, a := range matrixActions {
				for _, on := range form["keep."+name] {
					if on == a.String() {
						p.Actions |= a & had
					}
				}
			}
		}
		left, taken = left|p.Actions, taken || p.Actions != had
		keep[name] = p
	}
	path := "/profile/applications/" + app.ID
	switch {
	case len(named) == 0:
		return errOldForm
	case left == 0:
		return s.showApplication(w, v, http.StatusUnprocessableEntity, form, fault.New(fault.Invalid, "Nothing would be left. Disconnect the app instead."))
	case !taken:
		return s.done(w, v, path, "unchanged")
	}
	if err := s.OAuth.NarrowConnection(v.ctx(), who, app.ID, keep.Normal()); err != nil {
		return err
	}
	return s.done(w, v, path, "narrowed")
}
