package web

import (
	"fmt"
	"net/http"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/oauth"
	"mandorla/internal/privateapp"
	"mandorla/internal/web/kit"
)

// privateAppView is the General tab of a private app.
type privateAppView struct {
	Notice *kit.Notice
	Form   kit.Form
	Access kit.Section
	Copies []kit.Copy // MCP server URL, the fresh token
	Tokens kit.Section
	Table  kit.Table
	New    *kit.Modal
	Fields []kit.Field
	Danger kit.DangerZone
}

var samplePrivateApp = privateAppView{
	Notice: &kit.Notice{}, Form: kit.Form{Fields: []kit.Field{{Name: "x"}}}, Access: kit.Section{Title: "x"}, Copies: []kit.Copy{{ID: "c"}},
	Tokens: kit.Section{Title: "x"}, Table: sampleApps.Table, New: &kit.Modal{ID: "token"}, Fields: []kit.Field{{Name: "x"}}, Danger: kit.DangerZone{Items: []kit.DangerAct{{Title: "x"}}},
}

func (s *Server) privateApp(v *visit) (privateapp.App, error) {
	return s.Apps.App(v.ctx(), v.who, v.r.PathValue("id"))
}

// privatePage starts one tab of a private app.
func (s *Server) privatePage(v *visit, a privateapp.App, tab string) kit.Page {
	path := "/private-apps/" + a.ID
	page := s.shell(v, "apps", a.Name)
	page.Icon, page.Status = privateCard.Icon, privateStatus(a)
	page.Breadcrumb = []kit.Link{{Label: "App Center", Href: "/private-apps"}}
	page.Tabs = kit.Tabs{Label: "Private app", Items: []kit.Tab{
		{Label: "General", Href: path, Active: tab == "general"},
		{Label: "Permissions", Href: path + "/permissions", Active: tab == "permissions"},
		{Label: "Logs", Href: path + "/logs", Active: tab == "logs"},
	}}
	return page
}

func (s *Server) getPrivateApp(w http.ResponseWriter, v *visit) error {
	a, err := s.privateApp(v)
	if err != nil {
		return err
	}
	if stored := v.r.URL.Query().Get("stored"); stored != "" {
		if token := s.freshSecret(v, a.ID); token != "" && sameToken(stored, storedMark(v, token)) {
			s.cookies.clear(w, s.cookies.once)
		}
		return s.done(w, v, "/private-apps/"+a.ID, "")
	}
	return s.showPrivateApp(w, v, http.StatusOK, a, privateProblem{})
}

// privateProblem is what was wrong with a form of the page.
type privateProblem struct {
	general, token error
	refused        error // what was to be done with the app as it is
	in             *privateapp.Input
}

func (s *Server) showPrivateApp(w http.ResponseWriter, v *visit, status int, a privateapp.App, p privateProblem) error {
	path, may := "/private-apps/"+a.ID, v.who.Manages(access.PrivateApp, access.Update)
	in := privateapp.Input{Name: a.Name, Description: a.Description}
	if p.in != nil {
		in = *p.in
	}
	tokens, err := s.Apps.Tokens(v.ctx(), v.who, a.ID)
	if err != nil {
		return err
	}
	view := privateAppView{
		Form:   privateForm(a, in, may),
		Access: kit.Section{ID: "access", Title: "Access", Text: "Programs send a token as a bearer token (Authorization: Bearer …)."},
		Copies: []kit.Copy{{ID: "mcp-url", Label: "MCP server URL", Value: s.Origin + oauth.PathMCP}},
		Tokens: kit.Section{ID: "tokens", Title: "Tokens"},
		Notice: privateNotice(a, may),
		Danger: privateDanger(v, a),
	}
	placeErrors(&view.Form, p.general)
	if p.refused != nil {
		msg, _ := fault.Safe(p.refused)
		view.Notice = &kit.Notice{Tone: kit.Bad, Title: "Nothing was changed", Text: msg}
	}
	if view.Table, err = s.tokenTable(v, a, tokens, may); err != nil {
		return err
	}
	if token := s.freshSecret(v, a.ID); token != "" {
		view.Copies = append(view.Copies, kit.Copy{ID: "token-value", Label: "New token", Value: token, Secret: true, Done: path + "?stored=" + storedMark(v, token)})
	}
	if may {
		view.Tokens.Actions = []kit.Button{{Label: "New token…", Icon: "plus", Href: "?token", Modal: "token"}}
		view.New, view.Fields = newTokenModal(v, path), s.newTokenFields(v, p.token)
		view.New.Open = view.New.Open || p.token != nil
	}
	return s.kit.Render(w, status, s.privatePage(v, a, "general"), "private_app", view)
}

func privateNotice(a privateapp.App, may bool) *kit.Notice {
	switch {
	case !a.Enabled && may:
		return &kit.Notice{Tone: kit.Warn, Title: "This app is disabled", Text: "None of its tokens works. Enable it below."}
	case !a.Enabled:
		return &kit.Notice{Tone: kit.Warn, Title: "This app is disabled", Text: "None of its tokens works."}
	case len(a.Set) == 0 && may:
		return &kit.Notice{
			Tone: kit.Warn, Title: "No permissions yet", Text: "Choose what this app may do; until then its tokens reach nothing.",
			Action: &kit.Button{Label: "Set permissions", Href: "/private-apps/" + a.ID + "/permissions"},
		}
	case len(a.Set) == 0:
		return &kit.Notice{Tone: kit.Warn, Title: "No permissions yet", Text: "Its tokens reach nothing."}
	}
	return nil
}

func privateForm(a privateapp.App, in privateapp.Input, may bool) kit.Form {
	form := kit.Form{
		ID: "general", Action: "/private-apps/" + a.ID, Hidden: []kit.Hidden{{Name: "version", Value: fmt.Sprint(a.Version)}},
		Fields: []kit.Field{
			{Name: "name", Label: "Name", Value: in.Name, Required: true, Max: 80, Disabled: !may, Help: "It stands in the history of every record the app changes."},
			{Kind: kit.FieldArea, Name: "description", Label: "Description", Value: in.Description, Rows: 2, Max: 500, Disabled: !may, Help: "What the program does, and who looks after it."},
		},
	}
	if may {
		form.SaveBar = &kit.SaveBar{Discard: form.Action}
	}
	return form
}

func privateDanger(v *visit, a privateapp.App) kit.DangerZone {
	var zone kit.DangerZone
	path := "/private-apps/" + a.ID
	if v.who.Manages(access.PrivateApp, access.Update) {
		act := kit.DangerAct{Title: "Disable this app", Text: "None of its tokens works until it is enabled again.", Label: "Disable app", Post: path + "/disabled", Quiet: true}
		if !a.Enabled {
			act.Title, act.Text, act.Label = "Enable this app", "Its tokens work again.", "Enable app"
		}
		zone.Items = append(zone.Items, act)
	}
	if v.who.Manages(access.PrivateApp, access.Remove) {
		zone.Items = append(zone.Items, kit.DangerAct{
			Title: "Delete this app", Text: "It is gone for good, with its tokens. The log keeps what it did.", Label: "Delete app", Post: path + "/delete", Type: a.Name,
		})
	}
	return zone
}

func (s *Server) postPrivateApp(w http.ResponseWriter, v *visit) error {
	a, err := s.privateApp(v)
	if err != nil {
		return err
	}
	in := privateapp.Input{Name: v.r.PostForm.Get("name"), Description: v.r.PostForm.Get("description"), Set: a.Set, Enabled: a.Enabled}
	made, err := version(v.r.PostForm)
	if err == nil {
		_, err = s.Apps.Update(v.ctx(), v.who, a.ID, made, in)
	} else {
		err = errOldForm
	}
	switch {
	case fault.Is(err, fault.Conflict):
		return s.showPrivateApp(w, v, http.StatusConflict, a, privateProblem{general: err, in: &in})
	case badInput(err):
		return s.showPrivateApp(w, v, http.StatusUnprocessableEntity, a, privateProblem{general: err, in: &in})
	case err != nil:
		return err
	}
	return s.done(w, v, "/private-apps/"+a.ID, "saved")
}

func (s *Server) postPrivateDisabled(w http.ResponseWriter, v *visit) error {
	a, err := s.privateApp(v)
	if err != nil {
		return err
	}
	in := privateapp.Input{Name: a.Name, Description: a.Description, Set: a.Set, Enabled: !a.Enabled}
	switch _, err := s.Apps.Update(v.ctx(), v.who, a.ID, a.Version, in); {
	case fault.Is(err, fault.Forbidden):
		return s.showPrivateApp(w, v, http.StatusForbidden, a, privateProblem{refused: err})
	case err != nil:
		return err
	}
	return s.done(w, v, "/private-apps/"+a.ID, "saved")
}

func (s *Server) postPrivateDelete(w http.ResponseWriter, v *visit) error {
	a, err := s.privateApp(v)
	if err != nil {
		return err
	}
	if strings.TrimSpace(v.r.PostForm.Get("confirm")) != a.Name {
		return s.showPrivateApp(w, v, http.StatusUnprocessableEntity, a, privateProblem{
			general: fault.New(fault.Invalid, "Nothing was deleted: type the app's name, %s, to confirm.", a.Name),
		})
	}
	if err := s.Apps.Delete(v.ctx(), v.who, a.ID); err != nil {
		return err
	}
	return s.done(w, v, "/private-apps", "deleted")
}
