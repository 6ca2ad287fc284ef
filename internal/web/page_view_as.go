package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/model"
	"mandorla/internal/record"
	"mandorla/internal/web/kit"
)

// Tool is a tool as a connection is told of it.
type Tool struct {
	Name, Title, Doc string
	ReadOnly         bool
	Schema           string // JSON Schema of its arguments
}

// look turns the visit of an administrator who views as somebody into that person's. What there is to see is found anew at every
// request; where nothing is left, the view ends.
func (s *Server) look(v *visit) error {
	as := v.session.View
	if as.Person == "" {
		return nil
	}
	who, _, err := s.eyes(v, as)
	switch {
	case err == nil:
		v.who = who
		return nil
	case fault.KindOf(err) == fault.Internal || fault.Is(err, fault.Unavailable):
		return err
	}
	v.toasts = append(v.toasts, kit.Toast{Tone: kit.Warn, Title: "Viewing as somebody has ended", Text: "The person, the app or your own role no longer allows it."})
	return s.Identity.StopViewing(v.ctx(), v.self, v.session)
}

// eyes gives the principal that an administrator looks as, and whether it is a living connection's.
func (s *Server) eyes(v *visit, as identity.ViewAs) (p access.Principal, connected bool, err error) {
	if err := identity.MayManage(v.self, v.self.Tenant); err != nil {
		return p, false, err
	}
	if as.Client == "" {
		p, err = s.Identity.PrincipalFor(v.ctx(), v.self.Tenant, as.Person, access.SurfaceWeb)
	} else {
		p, connected, err = s.OAuth.Through(v.ctx(), v.self, as.Client, as.Person, access.SurfaceWeb)
	}
	if err != nil {
		return p, false, err
	}
	p.Viewer = &access.Viewer{Person: v.self.Person, PersonName: v.self.PersonName}
	return p, connected, nil
}

// viewMarker is the bar on every page that is seen through somebody else's eyes.
func viewMarker(p access.Principal) *kit.Marker {
	text := "Viewing as " + p.PersonName
	if p.Client != "" {
		text += " through " + p.ClientName
	}
	return &kit.Marker{Tone: kit.Warn, Text: text + " · read-only", Button: &kit.Button{Label: "Stop viewing", Small: true, Post: "/view-as/stop"}}
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
	page := s.shell(v, "settings", "View as")
	page.Narrow = true
	page.Breadcrumb = []kit.Link{{Label: "Settings", Href: "/settings"}}
	page.Lead = "See tables, records and tools exactly as somebody else does. Nothing can be changed meanwhile, and the log keeps that you looked."
	form := kit.Form{
		Action: "/settings/view-as", Submit: kit.Button{Label: "View as this person", Look: kit.Primary}, Cancel: &kit.Link{Label: "Cancel", Href: "/settings"},
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
	page, err := s.Gate.List(v.ctx(), v.self, record.ListRequest{Model: "User", Select: []string{"name", "inactive"}, Sort: []string{"name"}, Limit: record.MaxLimit})
	if err != nil {
		return nil, err
	}
	out := []kit.Option{{Value: "", Label: "Choose a person"}}
	for _, row := range page.Rows {
		name, _ := row.Values[1].(string)
		if inactive, _ := row.Values[2].(bool); inactive || row.ID == v.self.Person {
			continue
		}
		out = append(out, kit.Option{Value: row.ID, Label: name})
	}
	return out, nil
}

func (s *Server) postViewAs(w http.ResponseWriter, v *visit) error {
	as := identity.ViewAs{Person: v.r.PostForm.Get("person"), Client: v.r.PostForm.Get("client")}
	err := error(fault.BadField("person", "choose a person."))
	if model.IsID(as.Person) && as.Person != v.self.Person {
		if _, _, err = s.eyes(v, as); err == nil {
			err = s.Identity.StartViewing(v.ctx(), v.self, v.session, as)
		}
	}
	switch fault.KindOf(err) {
	case fault.Invalid, fault.NotFound:
		return s.showViewAs(w, v, http.StatusUnprocessableEntity, as, err)
	}
	if err != nil {
		return err
	}
	to := "/"
	if as.Client != "" {
		to = "/view-as/tools"
	}
	return s.done(w, v, to, "")
}

func (s *Server) postStopViewing(w http.ResponseWriter, v *visit) error {
	if v.session.View.Person != "" {
		if err := s.Identity.StopViewing(v.ctx(), v.self, v.session); err != nil {
			return err
		}
	}
	return s.done(w, v, "/settings/view-as", "viewed")
}

// viewToolsView is what a connection is told that it can do.
type viewToolsView struct {
	Notice *kit.Notice
	Groups []toolGroup
}

type toolGroup struct {
	Title string
	Tools []toolView
}

type toolView struct {
	Name, Title, Doc, Schema string
	Models                   []string
}

var sampleViewTools = viewToolsView{Notice: &kit.Notice{}, Groups: []toolGroup{{Tools: []toolView{{Models: []string{"Company"}}}}}}

func (s *Server) getViewTools(w http.ResponseWriter, v *visit) error {
	if v.who.Viewer == nil || v.who.Client == "" || s.Tools == nil {
		return errNoPage
	}
	tools, err := s.Tools(v.ctx(), v.who)
	if err != nil {
		return err
	}
	page := s.shell(v, "tools", "Tools of "+v.who.ClientName)
	page.Count = kit.Count(len(tools))
	page.Lead = "What the connection of " + v.who.PersonName + " is told that it can do."
	view := viewToolsView{Groups: []toolGroup{{Title: "Read-only"}, {Title: "Write and delete"}}}
	if v.who.Authorization == "" {
		view.Notice = &kit.Notice{Tone: kit.Info, Title: v.who.PersonName + " has not connected " + v.who.ClientName, Text: "This is what authorizing it now would give."}
	}
	for _, t := range tools {
		one, err := describeTool(t)
		if err != nil {
			return err
		}
		group := &view.Groups[1]
		if t.ReadOnly {
			group = &view.Groups[0]
		}
		group.Tools = append(group.Tools, one)
	}
	view.Groups = slices.DeleteFunc(view.Groups, func(g toolGroup) bool { return len(g.Tools) == 0 })
	return s.kit.Render(w, http.StatusOK, page, "view_tools", view)
}

// describeTool takes from a tool's schema the models that it may be asked about.
func describeTool(t Tool) (toolView, error) {
	var schema struct {
		Properties struct {
			Model struct{ Enum []string }
		}
	}
	if err := json.Unmarshal([]byte(t.Schema), &schema); err != nil {
		return toolView{}, fmt.Errorf("schema of %s: %w", t.Name, err)
	}
	var pretty strings.Builder
	enc := json.NewEncoder(&pretty)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(json.RawMessage(t.Schema)); err != nil {
		return toolView{}, fmt.Errorf("schema of %s: %w", t.Name, err)
	}
	return toolView{Name: t.Name, Title: t.Title, Doc: t.Doc, Schema: pretty.String(), Models: schema.Properties.Model.Enum}, nil
}
