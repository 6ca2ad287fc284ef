package web

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/model"
	"mandorla/internal/oauth"
	"mandorla/internal/web/kit"
)

// authorizeView is the authorization page.
type authorizeView struct {
	Name, Initial, Icon string
	Description         string
	Host                string // where the answer goes
	Loopback            bool
	Origin              *authorizeOrigin // of an app that registered itself
	Person, Email       string
	Tenant              string
	Tenants             []kit.Option // more than one: a choice
	Roles               string
	Request, Token      string
	Overlap             kit.Mandorla
	Count               string // "8 models"
	Models              []authorizeModel
	Left                []string     // "Asset: view, update (your role does not have it)"
	NoOverlap           *authorizeNo // nothing to approve
	Matrix              *kit.Matrix  // a client whose permissions the person picks
	Scopes              string
	Lifetime            string
}

// authorizeModel is one model in the overlap.
type authorizeModel struct {
	Label, Icon, Actions string
	Count                string // "48 properties"
	Shown                []string
	Write                string // what may be changed, where it is less
	Not                  []string
}

// authorizeNo names both sides where nothing overlaps.
type authorizeNo struct{ Client, Role string }

var sampleAuthorize = authorizeView{
	Name: "Claude", Description: "x", Host: "claude.ai", Loopback: true, Origin: &authorizeOrigin{Host: "x", Text: "x"}, Tenants: []kit.Option{{Value: "1", Label: "Acme"}}, Roles: "CSM",
	Models: []authorizeModel{{Label: "Company", Actions: "view", Shown: []string{"Name"}, Write: "x", Not: []string{"ARR (your role)"}}},
	Left:   []string{"Asset"}, NoOverlap: &authorizeNo{"a", "b"}, Matrix: &kit.Matrix{}, Scopes: "x", Icon: "apps",
}

// leaveView moves on to the app: a page and not a redirect, since browsers apply the form rule of the policy to redirects as well.
type leaveView struct{ URL, Host, Title, Text string }

var sampleLeave = leaveView{URL: "https://claude.ai/", Host: "claude.ai", Title: "Authorized", Text: "x"}

// getAuthorize takes the app's request. It is kept, and the page that shows it has an address of its own.
func (s *Server) getAuthorize(w http.ResponseWriter, r *http.Request) error {
	binding, err := s.binding(w, r)
	if err != nil {
		return err
	}
	req := oauth.AuthorizeRequest{RawQuery: r.URL.RawQuery, Browser: binding, IP: s.ClientIP(r)}
	v, err := s.visit(r)
	switch {
	case err == nil:
		v.r = r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
		if s.barred(w, v, openToSelf) {
			return nil
		}
		req.Session = &v.session
	case !fault.Is(err, fault.Unauthenticated):
		return err
	}
	begun, err := s.OAuth.BeginAuthorize(r.Context(), req)
	if err != nil {
		return s.authorizeError(w, r, err)
	}
	path := "/oauth/authorize/" + begun.Pending
	if begun.SignIn {
		s.goSignIn(w, r, path)
		return nil
	}
	http.Redirect(w, r, path, http.StatusSeeOther)
	return nil
}

// binding gives the value that ties an authorization request to this browser, and sets its cookie where there is none.
func (s *Server) binding(w http.ResponseWriter, r *http.Request) (string, error) {
	name := s.cookies.name("authorize")
	if have := s.cookies.get(r, name); len(have) >= 40 && len(have) < 200 {
		return have, nil
	}
	fresh, err := s.OAuth.NewBinding()
	if err != nil {
		return "", err
	}
	s.cookies.set(w, name, fresh, 0)
	return fresh, nil
}

func (s *Server) visitor(v *visit) oauth.Visitor {
	return oauth.Visitor{
		Session: v.session, Principal: v.who, Browser: s.cookies.get(v.r, s.cookies.name("authorize")), IP: s.ClientIP(v.r),
	}
}

// authorizeError says what the authorization server said: to the app where its address can be trusted, else on a page.
func (s *Server) authorizeError(w http.ResponseWriter, r *http.Request, err error) error {
	var page *oauth.PageError
	var redirect *oauth.RedirectError
	switch {
	case errors.As(err, &redirect):
		http.Redirect(w, r, redirect.URL, http.StatusSeeOther)
		return nil
	case errors.As(err, &page):
		p := kit.Problem{Title: "This app cannot be authorized like this", Text: page.Msg}
		if page.Status == http.StatusTooManyRequests {
			p.Title = "Too many requests"
		}
		p.Status, p.Reference = page.Status, requestID(r.Context())
		return s.kit.Problem(w, page.Status, s.bareTitled(r, p.Title), p)
	}
	return err
}

func (s *Server) bareTitled(r *http.Request, title string) kit.Page {
	page := s.bare(r, title, "")
	page.Plain = false
	return page
}

func (s *Server) getAuthorizePage(w http.ResponseWriter, v *visit) error {
	request := v.r.PathValue("request")
	shown, err := s.OAuth.Show(v.ctx(), request, s.visitor(v))
	var other *oauth.TenantError
	if errors.As(err, &other) { // the app belongs to another tenant of this person
		if v.session, v.who, err = s.Identity.Session(v.ctx(), v.token, other.Tenant.ID); err != nil {
			return err
		}
		shown, err = s.OAuth.Show(v.ctx(), request, s.visitor(v))
	}
	if errors.Is(err, oauth.ErrSignIn) {
		s.goSignIn(w, v.r, v.r.URL.Path)
		return nil
	}
	var outside *oauth.AdmissionError
	if errors.As(err, &outside) {
		return s.showNotLetIn(w, v, outside)
	}
	if err != nil {
		return s.authorizeError(w, v.r, err)
	}
	reg, err := s.registry(v)
	if err != nil {
		return err
	}
	page := s.bare(v.r, "Authorize "+shown.Client.Name, v.session.CSRF)
	return s.kit.Render(w, http.StatusOK, page, "authorize", authorizePage(reg, shown))
}

func authorizePage(reg *model.Registry, p oauth.Page) authorizeView {
	view := authorizeView{
		Name: p.Client.Name, Initial: kit.Tenant{Name: p.Client.Name}.Initial(), Icon: presetOf(p.Client).Icon,
		Description: p.Client.Description, Host: p.RedirectHost, Loopback: p.Loopback,
		Origin: originOf(p),
		Person: p.PersonName, Email: p.Email, Tenant: p.Tenant.Name, Roles: strings.Join(p.Roles, ", "),
		Request: p.Pending, Token: p.FormToken, Count: countOf(len(p.Overlap), "model", "models"),
		Overlap: mandorla(p.ClientAsks, p.RoleAllows, p.Client.Name, "Your role"),
	}
	if view.Person == "" {
		view.Person = p.Email
	}
	view.Overlap.Overlap = permissions(p.Overlap)
	if presetOf(p.Client).Key == "other" {
		view.Icon = ""
	}
	if len(p.Tenants) > 1 {
		for _, t := range p.Tenants {
			view.Tenants = append(view.Tenants, kit.Option{Value: t.ID, Label: t.Name, Selected: t.ID == p.Tenant.ID})
		}
	}
	if p.Scopes != "" && p.Scopes != oauth.ScopeInclusive {
		view.Scopes = p.Scopes
	}
	if p.NoOverlap {
		view.NoOverlap = &authorizeNo{Client: modelList(reg, p.ClientAsks), Role: modelList(reg, p.RoleAllows)}
		return view
	}
	if p.Client.Dynamic {
		m := dynamicMatrix(reg, p.Overlap)
		view.Matrix = &m
		return view
	}
	for _, m := range reg.Models() {
		if got, ok := p.Overlap[m.Name]; ok {
			view.Models = append(view.Models, authorizedModel(m, got, p.ClientAsks[m.Name], p.RoleAllows[m.Name]))
		}
		if missing, ok := p.NotIncluded[m.Name]; ok {
			view.Left = append(view.Left, m.Label+": "+missing.Actions.String())
		}
	}
	return view
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
			out.Not = append(out.Not, label+" (your role)")
		case role.View.Has(p.ID):
			out.Not = append(out.Not, label+" (this app)")
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

// dynamicMatrix lets the person pick inside the role; what the role lacks is fixed off.
func dynamicMatrix(reg *model.Registry, overlap access.Set) kit.Matrix {
	m := matrixOf(reg, overlap)
	m.ID = "pick"
	rows := m.Rows[:0]
	for _, row := range m.Rows {
		if row.Off() {
			continue
		}
		fix := func(p *kit.Permission) {
			if !p.On {
				p.Fixed, p.Why = true, "Your role does not have it."
			}
		}
		for i := range row.Actions {
			fix(&row.Actions[i])
		}
		for i := range row.Properties {
			fix(&row.Properties[i].View)
			fix(&row.Properties[i].Update)
		}
		fix(&row.FutureView)
		fix(&row.FutureUpdate)
		rows = append(rows, row)
	}
	m.Rows = rows
	return m
}

func (s *Server) postDecision(w http.ResponseWriter, v *visit) error {
	form := v.r.PostForm
	request, token := form.Get("request"), form.Get("token")
	view := leaveView{}
	var err error
	switch form.Get("decision") {
	case "approve":
		view.Title, view.Text = "Authorized", "You can disconnect it at any time in your profile, under Applications."
		var choice access.Set
		if form.Get("matrix") == "pick" {
			reg, err := s.registry(v)
			if err != nil {
				return err
			}
			choice = readMatrix(reg, form, access.Set{})
		}
		view.URL, err = s.OAuth.Approve(v.ctx(), request, token, choice, s.visitor(v))
	case "deny":
		view.Title, view.Text = "Not authorized", "Nothing was connected."
		view.URL, err = s.OAuth.Deny(v.ctx(), request, token, s.visitor(v))
	default:
		return fault.New(fault.Invalid, "The answer is one of the two buttons on the authorization page.")
	}
	if errors.Is(err, oauth.ErrSignIn) {
		s.goSignIn(w, v.r, "/oauth/authorize/"+request)
		return nil
	}
	var outside *oauth.AdmissionError
	if errors.As(err, &outside) {
		return s.showNotLetIn(w, v, outside)
	}
	if err != nil {
		return s.authorizeError(w, v.r, err)
	}
	if to, err := parseHost(view.URL); err == nil {
		view.Host = to
	}
	return s.kit.Render(w, http.StatusOK, s.bare(v.r, view.Title, ""), "leave", view)
}

func (s *Server) postAuthorizeTenant(w http.ResponseWriter, v *visit) error {
	tenant := v.r.PostForm.Get("tenant")
	if !inTenants(v.session.Tenants, tenant) {
		return errNoPage
	}
	if _, _, err := s.Identity.Session(v.ctx(), v.token, tenant); err != nil {
		return err
	}
	return s.done(w, v, requestPath(v), "")
}

func inTenants(list []identity.TenantRef, id string) bool {
	for _, t := range list {
		if t.ID == id {
			return true
		}
	}
	return false
}

// requestPath is the page of the request that a form names. Whether there is one is for that page to say.
func requestPath(v *visit) string {
	request := v.r.PostForm.Get("request")
	for _, c := range []byte(request) {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-') {
			return "/"
		}
	}
	if request == "" || len(request) > 100 {
		return "/"
	}
	return "/oauth/authorize/" + request
}

// postSwitchPerson is "Not you?": somebody else signs in and comes back to the same request.
func (s *Server) postSwitchPerson(w http.ResponseWriter, v *visit) error {
	if err := s.Identity.SignOut(v.ctx(), v.token); err != nil {
		return err
	}
	s.forget(w)
	s.goSignIn(w, v.r, requestPath(v))
	return nil
}
