package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/oauth"
	"mandorla/internal/web/kit"
)

// appNewView is the Apps Library as a page of its own, then the form that asks for a name.
type appNewView struct {
	Cards []libraryCard
	Form  *kit.Form
	Hint  string
}

var sampleAppNew = appNewView{Cards: libraryCards(), Form: &kit.Form{Action: "/apps/new"}, Hint: "Hint"}

func (s *Server) getAppNew(w http.ResponseWriter, v *visit) error {
	p, ok := presetByKey(v.r.URL.Query().Get("for"))
	if !ok || !v.who.Manages(access.OAuthClient, access.Create) {
		page := s.shell(v, "apps", "Apps Library")
		page.Lead = "What do you want to connect?"
		page.Breadcrumb = []kit.Link{appsCrumb(v)}
		return s.kit.Render(w, http.StatusOK, page, "app_new", appNewView{Cards: appCards(v)})
	}
	return s.showAppNew(w, v, http.StatusOK, newApp{preset: p, name: p.Name, kind: p.Kind, access: "view"}, nil)
}

// newApp is what the form that creates a client holds.
type newApp struct {
	preset appPreset
	name   string
	kind   oauth.ClientKind
	access string // key of one of the presets of the matrix
}

func (s *Server) showAppNew(w http.ResponseWriter, v *visit, status int, in newApp, problem error) error {
	p := in.preset
	page := s.shell(v, "apps", "New app: "+p.Label)
	page.Icon, page.Narrow = p.Icon, true
	page.Breadcrumb = []kit.Link{appsCrumb(v), {Label: "Apps Library", Href: "/apps/new"}}
	form := kit.Form{
		Action: "/apps/new", Hidden: []kit.Hidden{{Name: "for", Value: p.Key}},
		Submit: kit.Button{Label: "Create client", Look: kit.Primary}, Cancel: &kit.Link{Label: "Cancel", Href: "/apps/new"},
		Fields: []kit.Field{{Name: "name", Label: "Name", Value: in.name, Required: true, Autofocus: true, Max: 80,
			Help: "People read it when they authorize the app. You can change it later."}},
	}
	if p.Key == "other" {
		form.Fields = append(form.Fields, kindField(in.kind))
	}
	form.Fields = append(form.Fields, accessField(in.access))
	if confirm := s.confirmField(v); confirm != nil {
		form.Fields = append(form.Fields, *confirm)
	}
	placeErrors(&form, problem)
	view := appNewView{Form: &form}
	if len(p.Redirects) > 0 {
		view.Hint = "Its redirect URLs are filled in: " + strings.Join(p.Redirects, ", ") + "."
	}
	return s.kit.Render(w, status, page, "app_new", view)
}

func kindField(kind oauth.ClientKind) kit.Field {
	return kit.Field{Kind: kit.FieldRadio, Name: "kind", Label: "Kind", Options: []kit.Option{
		{Value: string(oauth.Confidential), Label: "Confidential", Help: "It runs on a server and can keep a secret.", Selected: kind != oauth.Public},
		{Value: string(oauth.Public), Label: "Public", Help: "It runs on people's machines or in a browser, and has no secret.", Selected: kind == oauth.Public},
	}}
}

// accessField asks what the client may do at most, before there is a matrix to say it in detail.
func accessField(chosen string) kit.Field {
	field := kit.Field{Kind: kit.FieldRadio, Name: "access", Label: "What it may do at most",
		Help: "Everybody who connects gets what is shared by this and by their own role, and nothing else. You can change it later, model by model."}
	for _, key := range []string{"view", "work", "full", "none"} {
		for _, p := range presets {
			if p.key == key {
				field.Options = append(field.Options, kit.Option{Value: key, Label: p.label, Help: accessHelp[key], Icon: p.icon, Selected: key == chosen})
			}
		}
	}
	return field
}

var accessHelp = map[string]string{
	"view": "It may look at all models, but for sensitive properties.",
	"work": "It may also create and update, but for sensitive properties.",
	"full": "All models and properties, removing and exporting as well.",
	"none": "You choose model by model afterwards; until then nobody can authorize it.",
}

// accessSet gives the set that was chosen; nothing where the form did not ask.
func (s *Server) accessSet(v *visit, key string) (access.Set, error) {
	reg, err := s.registry(v)
	if err != nil {
		return nil, err
	}
	if key == "" {
		key = "none"
	}
	set, ok := preset(reg, key)
	if !ok {
		return nil, fault.BadField("access", "Choose what it may do at most.")
	}
	return access.DataOnly(set), nil
}

func (s *Server) postAppNew(w http.ResponseWriter, v *visit) error {
	p, ok := presetByKey(v.r.PostForm.Get("for"))
	if !ok {
		return errNoPage
	}
	in := newApp{preset: p, name: v.r.PostForm.Get("name"), kind: p.Kind, access: v.r.PostForm.Get("access")}
	if p.Key == "other" {
		in.kind = oauth.ClientKind(v.r.PostForm.Get("kind"))
	}
	set, err := s.accessSet(v, in.access)
	var c oauth.Client
	var secret string
	if err == nil {
		c, secret, err = s.OAuth.CreateClient(v.ctx(), v.who, oauth.ClientInput{
			Name: in.name, Description: p.Description, Kind: in.kind, RedirectURIs: p.Redirects, Set: set,
		})
	}
	if badInput(err) || fault.Is(err, fault.RateLimited) || fault.Is(err, fault.Conflict) {
		return s.showAppNew(w, v, formStatus(w, err), in, err)
	}
	if err != nil {
		return err
	}
	if err := s.keepSecret(w, v, c.ID, secret); err != nil {
		return err
	}
	return s.done(w, v, "/apps/"+c.ID+"/setup", "") // the guide says what comes next
}

// keepSecret lets this browser show a fresh secret until it was stored, and nobody else: the cookie holds it sealed.
func (s *Server) keepSecret(w http.ResponseWriter, v *visit, client, secret string) error {
	if secret == "" {
		return nil
	}
	sealed, err := seal(s.Rand, v.token, client, secret)
	if err != nil {
		return err
	}
	s.cookies.set(w, s.cookies.once, client+"."+sealed, onceLife)
	return nil
}

// freshSecret gives the secret that keepSecret kept for this client, "" for none.
func (s *Server) freshSecret(v *visit, client string) string {
	owner, sealed, ok := strings.Cut(s.cookies.get(v.r, s.cookies.once), ".")
	if !ok || owner != client {
		return ""
	}
	secret, err := unseal(v.token, client, sealed)
	if err != nil {
		return ""
	}
	return secret
}

// freshClientSecret is freshSecret for an OAuth client. Once the app has fetched tokens with the secret, it is stored where it belongs.
func (s *Server) freshClientSecret(v *visit, c oauth.Client) string {
	if c.OldSecretUntil.IsZero() && c.Steps.ExchangeLast.After(c.SecretChangedAt) {
		return ""
	}
	return s.freshSecret(v, c.ID)
}

// placeErrors puts each field error of a fault at its field, and the rest on top of the form.
func placeErrors(form *kit.Form, err error) {
	if err == nil || askToConfirm(form, err) {
		return
	}
	msg, fields := fault.Safe(err)
	placed := 0
	for _, f := range fields {
		for i := range form.Fields {
			field := &form.Fields[i]
			if field.Name == f.Path || strings.HasPrefix(f.Path, field.Name+".") && field.Kind == kit.FieldList {
				placeError(field, f)
				placed++
			}
		}
	}
	if placed < len(fields) || len(fields) == 0 {
		form.Error = msg
	} else if len(fields) > 1 {
		form.Error = "Some fields need a change."
	}
	if form.SaveBar != nil {
		form.SaveBar.Dirty = true
	}
}

func placeError(field *kit.Field, f fault.Field) {
	if field.Kind != kit.FieldList {
		field.Error = sentence(field.Label, f.Msg)
		return
	}
	_, at, _ := strings.Cut(f.Path, ".")
	if i, ok := index(at, len(field.Lines)); ok {
		field.LineErrors = append(field.LineErrors, kit.LineError{Line: field.Lines[i], Error: f.Msg})
		return
	}
	field.Error = sentence(field.Label, f.Msg)
}

func index(s string, n int) (int, bool) {
	i := 0
	for _, r := range s {
		if r < '0' || r > '9' || i > n {
			return 0, false
		}
		i = i*10 + int(r-'0')
	}
	return i, s != "" && i < n
}

// sentence makes "needs 1 to 80 characters." a whole one: "Name needs 1 to 80 characters."
func sentence(label, msg string) string {
	if msg != "" && msg[0] >= 'a' && msg[0] <= 'z' {
		return label + " " + msg
	}
	return msg
}

var errVersion = errors.New("no version")

// version reads the version that a form was drawn from.
func version(form url.Values) (int64, error) {
	var n int64
	s := form.Get("version")
	if s == "" || len(s) > 18 {
		return 0, errVersion
	}
	for _, r := range s {
		if r < '0' || r > '9' {
			return 0, errVersion
		}
		n = n*10 + int64(r-'0')
	}
	return n, nil
}
