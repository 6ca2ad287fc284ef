package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/model"
	"mandorla/internal/record"
	"mandorla/internal/web/kit"
)

// openness says where a page is open while an administrator views as somebody.
type openness int

const (
	openToSelf  openness = iota // not at all: it is about the one who is signed in, or changes something
	openToEyes                  // yes: it shows what the other one sees
	openToSuper                 // not at all, and to nobody but super admins is there anything
	openAlways                  // yes: it acts on the session itself, and asks nobody's eyes
)

// look turns the visit of an administrator who views as somebody into that person's. What there is to see is found anew at every request.
func (s *Server) look(v *visit) error {
	as := v.session.View
	if as.Person == "" {
		return nil
	}
	seen, err := s.eyes(v, as)
	if err == nil {
		v.who = seen
	}
	return err
}

// eyes gives the principal that an administrator looks as.
func (s *Server) eyes(v *visit, as identity.ViewAs) (p access.Principal, err error) {
	if err := identity.MayManage(v.self, v.self.Tenant); err != nil {
		return p, err
	}
	if as.Client == "" {
		p, err = s.Identity.PrincipalFor(v.ctx(), v.self.Tenant, as.Person, access.SurfaceWeb)
	} else {
		p, _, err = s.OAuth.Through(v.ctx(), v.self, as.Client, as.Person, access.SurfaceWeb)
	}
	if err != nil {
		return access.Principal{}, err
	}
	return p.SeenBy(v.self), nil
}

// endView ends the view of a visit that finds nothing to look through any more; any other error is given back.
func (s *Server) endView(v *visit, err error) error {
	switch {
	case fault.Is(err, fault.Forbidden):
		v.ended = "You are no longer an administrator."
	case fault.Is(err, fault.NotFound):
		v.ended, _ = fault.Safe(err)
	default:
		return fmt.Errorf("view as: %w", err)
	}
	v.who = v.self
	if partial(v.r) { // which is answered with a reload: the whole page says so, and ends it
		return nil
	}
	return s.Identity.StopViewing(v.ctx(), v.self, v.session, v.ended)
}

// partial reports whether htmx asks for a part of a page that is already there.
func partial(r *http.Request) bool { return r.Header.Get("HX-Request") == "true" }

// barred answers a visit that goes no further while an administrator views as somebody: the page is not open to those eyes, or there
// is nothing to see any more. The latter has a page of its own, so that nobody takes the own sight for the other one's.
func (s *Server) barred(w http.ResponseWriter, v *visit, open openness) bool {
	switch {
	case open == openToSuper && !v.session.Account.Super: // the handler says that there is nothing
		return false
	case open == openAlways || v.ended == "" && (v.who.Viewer == nil || open == openToEyes):
		return false
	case v.ended != "":
		if partial(v.r) {
			w.Header().Set("HX-Refresh", "true")
		}
		p := problemOf(problemViewEnded)
		p.Text = v.ended + " " + p.Text
		p.Action = &kit.Button{Label: "Go to home", Href: "/", Look: kit.Primary}
		s.problem(w, v.r, p, nil)
		return true
	}
	name := v.who.Called()
	p := problemOf(problemViewing)
	p.Title, p.Text = "Stop viewing as "+name+" first", strings.ReplaceAll(p.Text, "view as somebody", "view as "+name)
	p.Action = &kit.Button{Label: "Stop viewing", Post: pathStopViewing, Look: kit.Primary}
	s.problem(w, v.r, p, nil)
	return true
}

const (
	pathViewAs      = "/settings/view-as"
	pathStopViewing = "/view-as/stop"
)

// viewAsAction is where a button posts a person to view as through a client.
func viewAsAction(client string) string { return pathViewAs + "?client=" + url.QueryEscape(client) }

// viewMarker is the bar on every page that is seen through somebody else's eyes.
func viewMarker(p access.Principal) *kit.Marker {
	text := "Viewing as " + p.Called()
	if p.Client != "" {
		text += " through " + p.ClientName
	}
	return &kit.Marker{Tone: kit.Warn, Icon: "eye", Text: text + " · read-only", Button: &kit.Button{Label: "Stop viewing", Icon: "eye-off", Small: true, Post: pathStopViewing}}
}

// viewAsView chooses through whose eyes to look.
type viewAsView struct{ Form kit.Form }

var sampleViewAs = viewAsView{Form: kit.Form{Action: "/"}}

func (s *Server) getViewAs(w http.ResponseWriter, v *visit) error {
	q := v.r.URL.Query()
	return s.showViewAs(w, v, http.StatusOK, identity.ViewAs{Person: q.Get("person"), Client: q.Get("client")}, nil)
}

func (s *Server) showViewAs(w http.ResponseWriter, v *visit, status int, as identity.ViewAs, problem error) error {
	people, err := s.people(v)
	if err != nil {
		return err
	}
	clients, err := s.OAuth.Clients(v.ctx(), v.self.Tenant)
	if err != nil {
		return err
	}
	through := []kit.Option{{Value: "", Label: "Directly, in these pages", Selected: as.Client == ""}}
	for _, c := range clients {
		through = append(through, kit.Option{Value: c.ID, Label: "Through " + c.Name, Selected: as.Client == c.ID})
	}
	for i := range people {
		people[i].Selected = people[i].Value == as.Person
	}
	page := s.shell(v, "settings", "Settings")
	page.Narrow, page.Tabs = true, settingsTabs(v, "view-as")
	page.Lead = "See tables, records and tools exactly as somebody else does. Nothing can be changed meanwhile, and the log keeps that you looked."
	form := kit.Form{
		Action: pathViewAs, Submit: kit.Button{Label: "View as this person", Look: kit.Primary}, Cancel: &kit.Link{Label: "Cancel", Href: "/settings"},
		Fields: []kit.Field{
			{Kind: kit.FieldSelect, Name: "person", Label: "Person", Options: people, Required: true},
			{Kind: kit.FieldSelect, Name: "client", Label: "How", Options: through, Help: "Through an app, you see what their connection reaches; without a connection, what authorizing now would give."},
		},
	}
	placeErrors(&form, problem)
	return s.kit.Render(w, status, page, "view_as", viewAsView{Form: form})
}

// people offers the tenant's active users by name.
func (s *Server) people(v *visit) ([]kit.Option, error) {
	out := []kit.Option{{Value: "", Label: "Choose a person"}}
	page, err := s.Gate.List(v.ctx(), v.self, record.ListRequest{Model: "User", Select: []string{"name", "inactive"}, Sort: []string{"name"}, Limit: record.MaxLimit})
	if badInput(err) || fault.Is(err, fault.NotFound) { // an administrator whose roles do not show people still has the rows of connections
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	for _, row := range page.Rows {
		name, _ := row.Values[1].(string)
		if inactive, _ := row.Values[2].(bool); inactive {
			continue
		}
		out = append(out, kit.Option{Value: row.ID, Label: name})
	}
	return out, nil
}

func (s *Server) postViewAs(w http.ResponseWriter, v *visit) error {
	as := identity.ViewAs{Person: v.r.Form.Get("person"), Client: v.r.Form.Get("client")} // buttons of rows name the client in their address
	err := s.startViewing(v, as)
	switch fault.KindOf(err) {
	case fault.Invalid, fault.NotFound:
		return s.showViewAs(w, v, http.StatusUnprocessableEntity, as, err)
	}
	if err != nil {
		return err
	}
	if as.Client != "" {
		return s.done(w, v, "/tools", "")
	}
	return s.done(w, v, "/", "")
}

func (s *Server) startViewing(v *visit, as identity.ViewAs) error {
	switch {
	case !model.IsID(as.Person):
		return fault.BadField("person", "choose a person.")
	case as.Person == v.self.Person && as.Client == "":
		return fault.BadField("person", "is you: choose somebody else, or look through an app.")
	}
	seen, err := s.eyes(v, as)
	if err != nil {
		return err
	}
	return s.Identity.StartViewing(v.ctx(), v.self, v.session, seen)
}

func (s *Server) postStopViewing(w http.ResponseWriter, v *visit) error {
	if err := s.Identity.StopViewing(v.ctx(), v.self, v.session, "asked"); err != nil {
		return err
	}
	if !v.self.Admin {
		return s.done(w, v, "/", "viewed")
	}
	return s.done(w, v, pathViewAs, "viewed")
}
