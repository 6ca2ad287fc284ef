package web

import (
	"context"
	"errors"
	"net/http"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/oauth"
	"mandorla/internal/web/kit"
)

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
		p := problemPage(page.PageProblem)
		s.problemOn(w, r, s.bareTitled(r, p.Title), p, page)
		return nil
	}
	return err
}

func (s *Server) bareTitled(r *http.Request, title string) kit.Page {
	page := s.bare(r, title, "")
	page.Plain = false
	return page
}

func (s *Server) getAuthorizePage(w http.ResponseWriter, v *visit) error {
	return s.showAuthorize(w, v, v.r.PathValue("request"), "")
}

// showAuthorize draws the page of a request; problem is the code of what was wrong with the answer that was just given, "" for none.
func (s *Server) showAuthorize(w http.ResponseWriter, v *visit, request, problem string) error {
	shown, err := s.OAuth.Show(v.ctx(), request, s.visitor(v))
	var other *oauth.TenantError
	if errors.As(err, &other) { // the app belongs to another tenant of this person
		if v.session, v.who, err = s.Identity.Session(v.ctx(), v.token, other.Tenant.ID); err != nil {
			return err
		}
		shown, err = s.OAuth.Show(v.ctx(), request, s.visitor(v))
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
	reg, err := s.registry(v)
	if err != nil {
		return err
	}
	view, status := authorizePage(reg, shown), http.StatusOK
	switch {
	case problem != "":
		status = problemOf(problem).Status
	case shown.MayNotConnect:
		problem = oauth.PageMayNotConnect
	case shown.NoOverlap:
		problem = oauth.PageNoOverlap
	}
	if problem != "" {
		p := problemOf(problem)
		p.Reference = requestID(v.ctx())
		s.logProblem(v.r, p, nil)
		view.Problem = &p
	}
	return s.kit.Render(w, status, s.bare(v.r, "Authorize "+shown.Client.Name, v.session.CSRF), "authorize", view)
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
	var page *oauth.PageError
	if errors.As(err, &page) && page.Code == oauth.PageNothingChosen {
		return s.showAuthorize(w, v, request, page.Code)
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
