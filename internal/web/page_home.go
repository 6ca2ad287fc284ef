package web

import (
	"net/http"

	"mandorla/internal/access"
	"mandorla/internal/record"
	"mandorla/internal/web/kit"
)

// homeView is the first page: what can be done next, and how much there is of what.
type homeView struct {
	Hello  string
	Steps  []homeStep
	Counts []homeCount
	Empty  *kit.Empty
}

// homeStep is one thing to do next.
type homeStep struct {
	Icon, Title, Text string
	Action            kit.Button
	Done              bool
}

// homeCount is one model with its number of rows that the person reaches.
type homeCount struct{ Icon, Label, Count, Href, Mine string }

var sampleHome = homeView{
	Hello:  "Good morning",
	Steps:  []homeStep{{Icon: "plug", Title: "Connect", Text: "Text", Action: kit.Button{Label: "Go", Href: "/"}, Done: true}},
	Counts: []homeCount{{Icon: "building", Label: "Companies", Count: "3", Href: "/data/companies", Mine: "/data/companies?f=owner:eq:me"}},
	Empty:  &kit.Empty{Title: "Nothing"},
}

func (s *Server) getHome(w http.ResponseWriter, v *visit) error {
	page := s.shell(v, "home", "Home")
	view := homeView{}
	if v.who.Client != "" && len(v.models) == 0 {
		view.Empty = &kit.Empty{Icon: "plug", Title: "This connection reaches nothing", Text: "What the app may do and what the person's role allows do not overlap."}
	} else if v.who.Tenant == "" || len(v.models) == 0 {
		view.Empty = &kit.Empty{
			Icon: "user-shield", Title: "Your account reaches nothing yet",
			Text: "An administrator gives you a role; from then on, what it reaches is here.",
		}
		s.whyNothing(v, view.Empty)
	}
	for _, m := range v.models {
		if m.Actions&access.View == 0 {
			continue
		}
		list, err := s.Gate.List(v.ctx(), v.who, record.ListRequest{Model: m.Model.Name, Select: []string{"_id"}, Sort: []string{"_id"}, Limit: 1, Total: true})
		if err != nil {
			return err
		}
		path := "/data/" + m.Model.Route
		view.Counts = append(view.Counts, homeCount{
			Icon: m.Model.Icon, Label: m.Model.Plural, Count: kit.Count(list.Total), Href: path, Mine: mineHref(m, path),
		})
	}
	var err error
	if view.Steps, err = s.homeSteps(v); err != nil {
		return err
	}
	return s.kit.Render(w, http.StatusOK, page, "home", view)
}

// whyNothing says what there is to say to somebody who is in no tenant that works.
func (s *Server) whyNothing(v *visit, e *kit.Empty) {
	switch {
	case v.who.Tenant != "":
	case v.session.Account.Super && s.Console != nil:
		e.Icon, e.Title, e.Text = "server", "You operate this installation", "You are in no tenant, so there is no data for you here."
		e.Action = &kit.Button{Label: "Open console", Look: kit.Primary, Href: "/console"}
	case len(v.session.Suspended) > 0:
		e.Icon, e.Title = "player-pause", v.session.Suspended[0].Name+" is suspended"
		e.Text = "Nobody can work in it, and no app of it works, until whoever runs this installation resumes it. Nothing was lost."
	}
}

// mineHref leads to the rows that the person owns, where the model has an owner that may be read.
func mineHref(m record.ModelView, path string) string {
	if len(m.Model.Owners) == 0 {
		return ""
	}
	for _, p := range m.Properties {
		if p.Property.Name == m.Model.Owners[0] && p.Read {
			return path + "?" + address{Filters: []condition{{Path: p.Property.Name, Op: "eq", Value: "me"}}}.query()
		}
	}
	return ""
}

// homeSteps is what the person can do next on the way to an assistant that answers.
func (s *Server) homeSteps(v *visit) ([]homeStep, error) {
	if v.who.Tenant == "" || v.who.Client != "" { // a connection that is looked through has nothing to do next
		return nil, nil
	}
	mine, err := s.OAuth.PersonConnections(v.ctx(), v.who.Tenant, v.who.Person)
	if err != nil {
		return nil, err
	}
	var steps []homeStep
	if v.who.Manages(access.OAuthClient, access.View|access.Create|access.Update) {
		admin, err := s.adminSteps(v)
		if err != nil {
			return nil, err
		}
		steps = append(steps, admin...)
	}
	connected := homeStep{
		Icon: "plug-connected", Title: "Connect your assistant",
		Text:   "In Claude or ChatGPT, open the connector that your administrator has set up and press Connect. You approve what it may do here.",
		Action: kit.Button{Label: "See your applications", Href: "/profile"},
	}
	if len(mine) > 0 {
		connected.Done, connected.Title = true, "You are connected"
		connected.Text = "Through " + mine[0].ClientName + ". What it does is recorded under your name, and you can end it at any time."
	}
	return append(steps, connected), nil
}

func (s *Server) adminSteps(v *visit) ([]homeStep, error) {
	clients, err := s.OAuth.Clients(v.ctx(), v.who.Tenant)
	if err != nil {
		return nil, err
	}
	create := homeStep{
		Icon: "apps", Title: "Create an OAuth client for your assistant",
		Text:   "Claude, ChatGPT or another assistant signs in to this platform with it. You decide what it may do at most.",
		Action: kit.Button{Label: "New app", Icon: "plus", Look: kit.Primary, Href: "/apps/new"},
	}
	if len(clients) == 0 {
		return []homeStep{create}, nil
	}
	c := clients[0]
	create.Done, create.Title, create.Action = true, countOf(len(clients), "OAuth client", "OAuth clients"), kit.Button{Label: "Open App Center", Href: "/apps"}
	steps := []homeStep{create}
	if len(clients) == 1 && len(c.Set) == 0 && !c.Dynamic {
		steps = append(steps, homeStep{
			Icon: "shield-check", Title: "Say what " + c.Name + " may do", Text: "It has no permissions yet, so nobody can authorize it.",
			Action: kit.Button{Label: "Set permissions", Look: kit.Primary, Href: "/apps/" + c.ID + "/permissions"},
		})
	}
	return steps, nil
}
