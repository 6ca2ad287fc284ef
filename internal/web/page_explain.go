package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/explain"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/model"
	"mandorla/internal/oauth"
	"mandorla/internal/web/kit"
)

// explainView asks why somebody may or may not do something, and answers.
type explainView struct {
	Answer *explainAnswer // nil: nothing was asked yet
	Ask    kit.Section
	Form   kit.Form
}

// explainAnswer is a verdict with each side that had a say.
type explainAnswer struct {
	Question string
	Notice   kit.Notice
	Sides    []explainSide
	Changes  []string
	Overlap  *kit.Mandorla // through a client
	JSON     string        // the same for programs
}

// explainSide is one side: a link to where it is set, and what it says.
type explainSide struct {
	Label, Href, Text string
	Allows, Decides   bool
}

var sampleExplain = explainView{
	Ask:  kit.Section{Title: "x"},
	Form: kit.Form{Action: "/", Get: true, Fields: []kit.Field{{Name: "person"}}, Submit: kit.Button{Label: "Explain"}},
	Answer: &explainAnswer{
		Question: "x", Notice: kit.Notice{Title: "x"}, Sides: []explainSide{{Label: "x", Href: "/", Text: "x", Allows: true}, {Label: "x", Text: "x", Decides: true}},
		Changes: []string{"x"}, Overlap: &kit.Mandorla{}, JSON: "/",
	},
}

// getExplain answers the question in the address, as a page or, for programs, as JSON.
func (s *Server) getExplain(w http.ResponseWriter, v *visit) error {
	if identity.MayManage(v.who, v.who.Tenant) != nil {
		return errNoPage
	}
	in := v.r.URL.Query()
	asked, err := explainAsked(in)
	var answer *explain.Answer
	if err == nil && (asked.Person != "" || wantsJSON(v.r)) {
		service := explain.Service{Gate: s.Gate, Identity: s.Identity, OAuth: s.OAuth, Apps: s.Apps, Registries: s.Registries}
		answer, err = service.Ask(v.ctx(), v.who, asked)
	}
	if wantsJSON(v.r) {
		return s.explainJSON(w, v, answer, err)
	}
	return s.showExplain(w, v, asked, answer, err)
}

// explainAsked reads the question from an address: q in words, or its parts.
func explainAsked(in url.Values) (explain.Asked, error) {
	if q := strings.TrimSpace(in.Get("q")); q != "" {
		return explain.Parse(q)
	}
	return explain.Asked{
		Person: in.Get("person"), Client: in.Get("client"), Action: in.Get("action"), Model: in.Get("model"),
		Property: strings.TrimSpace(in.Get("property")), Record: strings.TrimSpace(in.Get("record")),
	}, nil
}

func wantsJSON(r *http.Request) bool {
	return r.URL.Query().Get("format") == "json" || strings.Contains(r.Header.Get("Accept"), "application/json")
}

func (s *Server) explainJSON(w http.ResponseWriter, v *visit, answer *explain.Answer, problem error) error {
	var body any = answer
	status := http.StatusOK
	if problem != nil {
		switch fault.KindOf(problem) {
		case fault.Invalid:
			status = http.StatusBadRequest
		case fault.NotFound:
			status = http.StatusNotFound
		case fault.Forbidden:
			status = http.StatusForbidden
		default:
			return problem
		}
		msg, _ := fault.Safe(problem)
		body = map[string]any{"error": map[string]string{"kind": fault.KindOf(problem).String(), "message": msg}}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(body)
}

func (s *Server) showExplain(w http.ResponseWriter, v *visit, asked explain.Asked, answer *explain.Answer, problem error) error {
	reg, err := s.registry(v)
	if err != nil {
		return err
	}
	clients, err := s.OAuth.Clients(v.ctx(), v.who.Tenant)
	if err != nil {
		return err
	}
	page := s.shell(v, "settings", "Settings")
	page.Tabs = settingsTabs(v, "explain")
	page.Lead = "Why somebody may or may not do something, directly or through an app."
	view := explainView{Ask: kit.Section{ID: "ask", Title: "Ask"}}
	status := http.StatusOK
	if answer != nil {
		view.Ask.Title = "Ask something else"
		view.Answer = s.explainAnswer(reg, answer)
		asked = explain.Asked{Person: answer.Who().Name, Action: answer.Action, Model: answer.Model, Property: answer.Property}
		if answer.Client != nil {
			asked.Client = answer.Client.ID
		}
		if answer.Record != nil {
			asked.Record = answer.Record.Name
		}
	}
	words := v.r.URL.Query().Get("q")
	if answer == nil && words != "" {
		asked = explain.Asked{}
	}
	view.Form = explainForm(reg, clients, asked)
	if answer == nil {
		view.Form.Fields[0].Value = words
	}
	if problem != nil {
		if kind := fault.KindOf(problem); kind != fault.Invalid && kind != fault.NotFound {
			return problem
		}
		status = http.StatusUnprocessableEntity
		view.Form.Error, _ = fault.Safe(problem)
	}
	return s.kit.Render(w, status, page, "explain", view)
}

// explainForm asks in words or by choosing; both are links that can be passed on.
func explainForm(reg *model.Registry, clients []oauth.Client, asked explain.Asked) kit.Form {
	through := []kit.Option{{Value: "", Label: "Directly"}}
	for _, c := range clients {
		through = append(through, kit.Option{Value: c.ID, Label: "Through " + c.Name, Selected: c.ID == asked.Client})
	}
	var actions, models []kit.Option
	for _, a := range access.Actions {
		actions = append(actions, kit.Option{Value: a.String(), Label: title(a.String()), Selected: a.String() == asked.Action})
	}
	for _, m := range reg.Models() {
		models = append(models, kit.Option{Value: m.Name, Label: m.Label, Selected: m.Name == asked.Model})
	}
	return kit.Form{
		ID: "explain", Action: "/settings/explain", Get: true, Two: true, Submit: kit.Button{Label: "Explain", Look: kit.Primary},
		Fields: []kit.Field{
			{Name: "q", Label: "Ask in words", Type: "search", Wide: true, Placeholder: "can Carly through Claude update arr of Acme?", Help: "Or leave this empty and choose below."},
			{Name: "person", Label: "Person or private app", Value: asked.Person, Help: "Name or e-mail address."},
			{Kind: kit.FieldSelect, Name: "client", Label: "How", Options: through},
			{Kind: kit.FieldSelect, Name: "action", Label: "Action", Options: actions},
			{Kind: kit.FieldSelect, Name: "model", Label: "Model", Options: models},
			{Name: "property", Label: "Property", Value: asked.Property, Help: "Name or label; empty: the model as such."},
			{Name: "record", Label: "Record", Value: asked.Record, Help: "Title or ID; empty: some record."},
		},
	}
}

func title(word string) string { return strings.ToUpper(word[:1]) + word[1:] }

func (s *Server) explainAnswer(reg *model.Registry, a *explain.Answer) *explainAnswer {
	out := &explainAnswer{Question: a.Question, Notice: kit.Notice{Tone: kit.Good, Title: a.Answer}, Changes: a.Changes, JSON: explainLink(a) + "&format=json"}
	if !a.Allowed {
		out.Notice.Tone = kit.Bad
	}
	for _, r := range a.Reasons {
		out.Sides = append(out.Sides, explainSide{Label: r.Label(), Href: explainHref(reg, a, r), Text: r.Text, Allows: r.Allows, Decides: r.Decides})
	}
	if p := a.Subject; a.Client != nil && p.Sides != nil {
		client := p.Sides.Client
		if p.Sides.Dynamic {
			client = p.Sides.Authorization
		}
		m := mandorla(client, access.Union(access.ConnectingLanes(p.Sides.Roles)), a.Client.Name, "Roles of "+a.Person.Name)
		m.Overlap = permissions(access.Union(p.Lanes)) // less what the authorization leaves out
		out.Overlap = &m
	}
	return out
}

// explainHref leads to where a side is set; "" where that is nowhere, or not here.
func explainHref(reg *model.Registry, a *explain.Answer, r explain.Reason) string {
	switch r.Side {
	case access.SideRole, access.SideSwitch, access.SidePortfolio:
		if r.ID != "" && a.App == nil {
			return "/settings/roles/" + r.ID
		}
	case access.SideApp:
		return "/private-apps/" + r.ID + "/permissions"
	case access.SideClient:
		return "/apps/" + r.ID + "/permissions"
	case access.SideAuthorization, access.SideScope:
		return "/apps/" + r.ID + "/connections"
	case access.SideProperty:
		if m, ok := reg.Model(a.Model); ok && a.Record != nil {
			return fmt.Sprintf("/data/%s/%s", m.Route, a.Record.ID)
		}
	}
	return ""
}

// explainLink is the address of a question, by ids.
func explainLink(a *explain.Answer) string {
	q := url.Values{"person": {a.Who().ID}, "action": {a.Action}, "model": {a.Model}}
	if a.Client != nil {
		q.Set("client", a.Client.ID)
	}
	if a.Property != "" {
		q.Set("property", a.Property)
	}
	if a.Record != nil {
		q.Set("record", a.Record.ID)
	}
	return "/settings/explain?" + q.Encode()
}
