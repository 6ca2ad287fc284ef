package web

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/oauth"
	"mandorla/internal/web/kit"
)

// appView is the General tab of an OAuth client.
type appView struct {
	Notice      *kit.Notice
	Form        kit.Form
	Credentials kit.Section
	Copies      []kit.Copy // MCP server URL, client ID, the fresh secret
	SecretText  string     // where it is not fresh
	Logo        logoView
	Generate    *kit.Modal
	Overlap     kit.Field // how long the old secret goes on working
	Confirm     *kit.Field
	Connections int
	Danger      kit.DangerZone
}

var sampleApp = appView{
	Notice: &kit.Notice{Title: "x"}, Logo: sampleLogo, Form: kit.Form{Fields: []kit.Field{{Name: "x"}}},
	Credentials: kit.Section{Title: "Credentials"}, Copies: []kit.Copy{{ID: "c", Secret: true, Done: "?"}}, SecretText: "x",
	Generate: &kit.Modal{ID: "generate"}, Overlap: overlapField("", 1), Confirm: &kit.Field{}, Connections: 1, Danger: kit.DangerZone{Items: []kit.DangerAct{{Title: "x"}}},
}

func (s *Server) client(v *visit) (oauth.Client, error) {
	return s.OAuth.Client(v.ctx(), v.who.Tenant, v.r.PathValue("id"))
}

// appTab reads the OAuth client of the address and starts one tab of it.
func (s *Server) appTab(v *visit, tab string) (oauth.Client, kit.Page, []oauth.Connection, error) {
	c, err := s.client(v)
	if err != nil {
		return c, kit.Page{}, nil, err
	}
	connections, err := s.OAuth.ClientConnections(v.ctx(), v.who.Tenant, c.ID)
	return c, s.appPage(v, c, tab, connections), connections, err
}

// appPage starts one tab of an OAuth client.
func (s *Server) appPage(v *visit, c oauth.Client, tab string, connections []oauth.Connection) kit.Page {
	path := "/apps/" + c.ID
	page := s.shell(v, "apps", c.Name)
	page.Icon, page.Logo = presetOf(c).Icon, logoAddress(c.ID, c.LogoHash)
	page.Breadcrumb = []kit.Link{{Label: "App Center", Href: "/apps"}}
	page.Status = appStatus(c)
	if mayLetIn(v) {
		page.Actions = decisions(c)
	}
	page.Tabs = kit.Tabs{Label: "OAuth client", Items: []kit.Tab{
		{Label: "General", Href: path, Active: tab == "general"},
		{Label: "Set-up", Href: path + "/setup", Active: tab == "setup"},
		{Label: "Permissions", Href: path + "/permissions", Active: tab == "permissions"},
		{Label: "Connections", Href: path + "/connections", Count: kit.Count(len(connections)), Active: tab == "connections"},
		{Label: "Activity", Href: path + "/activity", Active: tab == "activity"},
	}}
	return page
}

func (s *Server) getApp(w http.ResponseWriter, v *visit) error {
	c, err := s.client(v)
	if err != nil {
		return err
	}
	if s.takeStored(w, v, c) {
		return s.done(w, v, "/apps/"+c.ID, "")
	}
	return s.showApp(w, v, http.StatusOK, c, clientInput(c), appProblem{})
}

// takeStored forgets a fresh secret where the link "I have stored it" was followed, and reports that a link was.
func (s *Server) takeStored(w http.ResponseWriter, v *visit, c oauth.Client) bool {
	stored := v.r.URL.Query().Get("stored")
	if secret := s.freshClientSecret(v, c); secret != "" && sameToken(stored, storedMark(v, secret)) {
		s.cookies.clear(w, s.cookies.once)
	}
	return stored != ""
}

// storedMark is in the "I have stored it" link, so that no other site can make a secret disappear.
func storedMark(v *visit, secret string) string {
	sum := sha256.Sum256([]byte("stored " + v.session.CSRF + " " + secret))
	return hex.EncodeToString(sum[:8])
}

func clientInput(c oauth.Client) oauth.ClientInput {
	return oauth.ClientInput{
		Name: c.Name, Description: c.Description, Kind: c.Kind, RedirectURIs: c.RedirectURIs, Set: c.Set, Enabled: c.Enabled,
	}
}

// appProblem is what is wrong with one of the forms of the General tab.
type appProblem struct{ form, secret, logo error }

func (s *Server) showApp(w http.ResponseWriter, v *visit, status int, c oauth.Client, in oauth.ClientInput, problem appProblem) error {
	connections, err := s.OAuth.ClientConnections(v.ctx(), v.who.Tenant, c.ID)
	if err != nil {
		return err
	}
	path := "/apps/" + c.ID
	page := s.appPage(v, c, "general", connections)
	may := mayChangeApps(v)
	view := appView{
		Form:        appForm(c, in, may),
		Logo:        appLogoView(c, may, problem.logo),
		Credentials: kit.Section{ID: "credentials", Title: "Credentials", Text: "Paste these into the assistant.", Actions: []kit.Button{{Label: "Set-up guide", Icon: "list-check", Small: true, Href: path + "/setup"}}},
		Connections: len(connections), Danger: appDanger(v, c, len(connections)),
	}
	placeErrors(&view.Form, problem.form)
	if view.Notice = appNotice(c); view.Notice != nil && !may {
		view.Notice.Action = nil
	}
	view.Copies = []kit.Copy{
		{ID: "mcp-url", Label: "MCP server URL", Value: s.Origin + oauth.PathMCP},
		{ID: "client-id", Label: "Client ID", Value: c.ID},
	}
	if c.Origin != oauth.Made {
		view.Credentials.Text = "The app identifies itself. Give it the address; there is nothing else to paste."
		view.Copies = view.Copies[:1]
		return s.kit.Render(w, status, page, "app", view)
	}
	if c.Kind == oauth.Public {
		view.SecretText = "A public client has no secret: the client ID is all that it needs."
		return s.kit.Render(w, status, page, "app", view)
	}
	if secret := s.freshClientSecret(v, c); secret != "" {
		view.Copies = append(view.Copies, secretCopy(v, secret, path))
	} else {
		view.SecretText = "Ends in " + c.SecretLast4 + ". It was shown once, when it was made, and cannot be shown again."
		if until := c.OldSecretUntil; s.Now().Before(until) {
			view.SecretText += " The one before works as well until " + until.UTC().Format("2 January, 15:04") + " UTC."
		}
	}
	if !may {
		return s.kit.Render(w, status, page, "app", view)
	}
	view.Confirm, view.Overlap = s.confirmField(v), overlapField(v.r.PostForm.Get("overlap"), len(connections))
	view.Generate = &kit.Modal{
		ID: "generate", Title: "Generate a new secret?", Action: path + "/secret",
		Text:   "The new secret is shown once. Paste it into the assistant.",
		Submit: kit.Button{Label: "Generate new secret", Look: kit.Danger},
		Open:   v.r.URL.Query().Has("generate"), CloseHref: path,
	}
	if problem.secret != nil {
		view.Generate.Open = true
		view.Overlap.Error, _ = fault.Safe(problem.secret)
	}
	return s.kit.Render(w, status, page, "app", view)
}

// secretCopy shows a fresh secret; back is the page it is shown on.
func secretCopy(v *visit, secret, back string) kit.Copy {
	return kit.Copy{ID: "client-secret", Label: "Client secret", Value: secret, Secret: true, Done: back + "?stored=" + storedMark(v, secret)}
}

func endsText(n int) string {
	if n == 0 {
		return ""
	}
	return ", and " + countOf(n, "living connection ends", "living connections end")
}

// overlaps are how long a secret that is replaced may go on working.
var overlaps = []struct {
	key, label string
	long       time.Duration
}{{"", "At once", 0}, {"day", "In a day", 24 * time.Hour}, {"week", "In a week", 7 * 24 * time.Hour}}

// errOverlap: a choice that is not offered ends no connection.
var errOverlap error = fault.New(fault.Invalid, "Choose when the old secret stops working.")

func overlapField(chosen string, connections int) kit.Field {
	field := kit.Field{Kind: kit.FieldRadio, Name: "overlap", Label: "When the old secret stops working"}
	for _, o := range overlaps {
		help := "Until then both work, and everybody stays connected. Paste the new one in the meantime."
		if o.long == 0 {
			help = "Right where it may have leaked: nobody gets in with it any more" + endsText(connections) + "."
		}
		field.Options = append(field.Options, kit.Option{Value: o.key, Label: o.label, Help: help, Selected: o.key == chosen})
	}
	return field
}

func appNotice(c oauth.Client) *kit.Notice {
	path := "/apps/" + c.ID
	if own := selfNotice(c); own != nil && (c.Enabled || c.Approval != oauth.LetIn) {
		return own
	}
	switch {
	case !c.Enabled:
		return &kit.Notice{Tone: kit.Warn, Title: "This client is disabled", Text: "Nobody can authorize it, and no call works. Enable it below."}
	case len(c.RedirectURIs) == 0:
		return &kit.Notice{Tone: kit.Warn, Title: "No redirect URL yet", Text: "Add the address that the app is called back at; without one nobody can authorize it."}
	case len(c.Set) == 0 && !c.Dynamic:
		return &kit.Notice{
			Tone: kit.Warn, Title: "No permissions yet", Text: "Choose what this client may do at most; until then nobody can authorize it.",
			Action: &kit.Button{Label: "Set permissions", Href: path + "/permissions"},
		}
	}
	return nil
}

// appForm is what is known of a client; who may not change it reads it.
func appForm(c oauth.Client, in oauth.ClientInput, may bool) kit.Form {
	kind := "Confidential: it keeps a secret"
	if c.Kind == oauth.Public {
		kind = "Public: it runs on people's machines and has no secret"
	}
	form := kit.Form{
		ID: "general", Action: "/apps/" + c.ID, Hidden: []kit.Hidden{{Name: "version", Value: fmt.Sprint(c.Version)}},
		SaveBar: &kit.SaveBar{Discard: "/apps/" + c.ID},
		Fields: []kit.Field{
			{Name: "name", Label: "Name", Value: in.Name, Required: true, Max: 80},
			{Kind: kit.FieldArea, Name: "description", Label: "Short description", Value: in.Description, Rows: 2, Max: 500,
				Help: "People read it on the authorization page."},
			{Kind: kit.FieldList, Name: "redirectUris", Label: "Redirect URLs", Lines: in.RedirectURIs, Check: redirectCheck, Rows: max(3, len(in.RedirectURIs)+1),
				Placeholder: "https://claude.ai/api/mcp/auth_callback", Presets: redirectPresets(),
				Help: "One a line, matched exactly: https, or http on this machine (127.0.0.1, [::1], localhost), where any port fits."},
			{Kind: kit.FieldShown, Name: "kind", Label: "Kind", Value: kind},
		},
	}
	if c.Origin != oauth.Made {
		form = selfForm(c, form)
	}
	if !may {
		form.SaveBar = nil
		for i := range form.Fields {
			form.Fields[i].Disabled, form.Fields[i].Presets, form.Fields[i].Check = true, nil, ""
		}
	}
	return form
}

func redirectPresets() []kit.Preset {
	var out []kit.Preset
	for _, p := range library {
		if len(p.Redirects) > 0 {
			out = append(out, kit.Preset{Label: p.Label, Value: p.Redirects[0]})
		}
	}
	return out
}

func appDanger(v *visit, c oauth.Client, connections int) kit.DangerZone {
	var zone kit.DangerZone
	path := "/apps/" + c.ID
	toggle := kit.DangerAct{
		Title: "Disable this client", Text: "No call works any more" + endsText(connections) + ". It can be enabled again; people then authorize anew.",
		Label: "Disable client", Post: path + "/disabled", Quiet: true,
	}
	if !c.Enabled {
		toggle.Title, toggle.Text, toggle.Label = "Enable this client", "People can authorize it again.", "Enable client"
	}
	if v.who.Manages(access.OAuthClient, access.Update) && c.Approval != oauth.Waiting && c.Approval != oauth.Refused {
		zone.Items = append(zone.Items, toggle)
	}
	deletion := "It is gone for good" + endsText(connections) + ". The log keeps what was done through it."
	if c.Origin != oauth.Made {
		deletion = "It is forgotten" + endsText(connections) + ". Whoever opens it again brings it back, as the rules say then; to keep it out, disable or refuse it."
	}
	if v.who.Manages(access.OAuthClient, access.Remove) {
		zone.Items = append(zone.Items, kit.DangerAct{
			Title: "Delete this client", Text: deletion,
			Label: "Delete client", Post: path + "/delete", Type: c.Name,
		})
	}
	return zone
}

func (s *Server) postApp(w http.ResponseWriter, v *visit) error {
	c, err := s.client(v)
	if err != nil {
		return err
	}
	in := clientInput(c)
	in.Name, in.Description, in.RedirectURIs = v.r.PostForm.Get("name"), v.r.PostForm.Get("description"), lines(v.r.PostForm.Get("redirectUris"))
	made, err := version(v.r.PostForm)
	if err == nil {
		_, err = s.OAuth.UpdateClient(v.ctx(), v.who, c.ID, made, in)
	} else {
		err = errOldForm
	}
	if badInput(err) || fault.Is(err, fault.Conflict) {
		status := http.StatusUnprocessableEntity
		if fault.Is(err, fault.Conflict) {
			status = http.StatusConflict
		}
		return s.showApp(w, v, status, c, in, appProblem{form: err})
	}
	if err != nil {
		return err
	}
	return s.done(w, v, "/apps/"+c.ID, "saved")
}

var errOldForm = fault.New(fault.Invalid, "The form was incomplete. Load the page again and repeat your change.")

// lines are the non-empty lines of a text, trimmed.
func lines(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

func (s *Server) postAppSecret(w http.ResponseWriter, v *visit) error {
	c, err := s.client(v)
	if err != nil {
		return err
	}
	long, known := overlap(v.r.PostForm.Get("overlap"))
	if !known {
		err = errOverlap
	}
	var secret string
	if err == nil {
		secret, err = s.OAuth.RegenerateSecret(v.ctx(), v.who, c.ID, long)
	}
	if badInput(err) {
		return s.showApp(w, v, http.StatusUnprocessableEntity, c, clientInput(c), appProblem{secret: err})
	}
	if err != nil {
		return err
	}
	if err := s.keepSecret(w, v, c.ID, secret); err != nil {
		return err
	}
	flash := "secret"
	if long > 0 {
		flash = "overlap"
	}
	return s.done(w, v, "/apps/"+c.ID+"#credentials", flash)
}

func overlap(key string) (long time.Duration, known bool) {
	for _, o := range overlaps {
		if o.key == key {
			return o.long, true
		}
	}
	return 0, false
}

func (s *Server) postAppDisabled(w http.ResponseWriter, v *visit) error {
	c, err := s.client(v)
	if err != nil {
		return err
	}
	in := clientInput(c)
	in.Enabled = !c.Enabled
	if _, err := s.OAuth.UpdateClient(v.ctx(), v.who, c.ID, c.Version, in); err != nil {
		return err
	}
	flash := "disabled"
	if in.Enabled {
		flash = "enabled"
	}
	return s.done(w, v, "/apps/"+c.ID, flash)
}

func (s *Server) postAppDelete(w http.ResponseWriter, v *visit) error {
	c, err := s.client(v)
	if err != nil {
		return err
	}
	if strings.TrimSpace(v.r.PostForm.Get("confirm")) != c.Name {
		return s.showApp(w, v, http.StatusUnprocessableEntity, c, clientInput(c), appProblem{form: fault.New(fault.Invalid, "Nothing was deleted: type the client's name, %s, to confirm.", c.Name)})
	}
	if err := s.OAuth.DeleteClient(v.ctx(), v.who, c.ID); err != nil {
		return err
	}
	return s.done(w, v, "/apps", "deleted")
}
