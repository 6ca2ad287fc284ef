package web

import (
	"net/http"
	"time"

	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/oauth"
	"mandorla/internal/web/kit"
)

// signInView is the sign-in page.
type signInView struct {
	Title string
	Lead  string
	Form  kit.Form
	Demo  []demoLogin
}

// demoLogin is a form of its own, so that one click signs in.
type demoLogin struct {
	DemoLogin
	Initials string
}

var sampleSignIn = signInView{Title: "Sign in", Lead: "To go on.", Form: signInForm("", ""), Demo: []demoLogin{{Initials: "C"}}}

func signInForm(email, problem string) kit.Form {
	return kit.Form{
		Action: "/signin", Error: problem, Submit: kit.Button{Label: "Sign in", Look: kit.Primary},
		Fields: []kit.Field{
			{Name: "email", Label: "E-mail address", Type: "email", Autocomplete: "username", Value: email, Required: true, Autofocus: email == ""},
			{Name: "password", Label: "Password", Type: "password", Autocomplete: "current-password", Required: true, Autofocus: email != ""},
		},
	}
}

func (s *Server) getSignIn(w http.ResponseWriter, r *http.Request) error {
	if s.cookies.get(r, s.cookies.back) == "" {
		if _, err := s.visitTo(r, openAlways); err == nil {
			http.Redirect(w, r, "/", http.StatusSeeOther)
			return nil
		}
	}
	return s.showSignIn(w, r, http.StatusOK, signInForm("", ""))
}

func (s *Server) showSignIn(w http.ResponseWriter, r *http.Request, status int, form kit.Form) error {
	browser, err := s.browserID(w, r)
	if err != nil {
		return err
	}
	page := s.bare(r, "Sign in", browserCSRF(browser))
	page.Toasts = s.takeFlash(w, r)
	view := signInView{Title: "Sign in", Form: form}
	if back := decodeCookie(s.cookies.get(r, s.cookies.back)); back != "" && back != "/" {
		view.Lead = "Sign in to go on. You are taken back afterwards."
	}
	if s.Demo != nil {
		for _, d := range s.Demo.Logins {
			view.Demo = append(view.Demo, demoLogin{DemoLogin: d, Initials: kit.Person{Name: d.Name}.Initials()})
		}
	}
	return s.kit.Render(w, status, page, "signin", view)
}

func (s *Server) postSignIn(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	if s.cookies.get(r, s.cookies.browser) == "" { // the page with this form has set one
		s.problem(w, r, problemOf(oauth.PageCookiesOff), nil)
		return nil
	}
	if !s.signInCSRF(r) {
		return errCSRF
	}
	email := r.PostForm.Get("email")
	token, err := s.Identity.SignIn(r.Context(), email, r.PostForm.Get("password"), s.from(r))
	switch {
	case fault.Is(err, fault.Unauthenticated), fault.Is(err, fault.RateLimited):
		msg, _ := fault.Safe(err)
		return s.showSignIn(w, r, formStatus(w, err), signInForm(clip(email, 254), msg))
	case err != nil:
		return err
	}
	if err := s.keepSession(w, r, token, email); err != nil {
		return err
	}
	s.cookies.clear(w, s.cookies.back)
	http.Redirect(w, r, localPath(decodeCookie(s.cookies.get(r, s.cookies.back))), http.StatusSeeOther)
	return nil
}

// from is where a sign-in by this request comes from.
func (s *Server) from(r *http.Request) identity.From {
	return identity.From{
		IP: s.ClientIP(r), Agent: r.UserAgent(), Replaces: s.cookies.get(r, s.cookies.session), Device: s.cookies.get(r, s.cookies.device),
	}
}

// deviceLife is how long a browser is remembered after the last sign-in.
const deviceLife = 365 * 24 * time.Hour

// keepSession gives the browser its session, and a mark by which it is known the next time.
func (s *Server) keepSession(w http.ResponseWriter, r *http.Request, token, email string) error {
	device, err := s.Identity.Remember(s.cookies.get(r, s.cookies.device), email)
	if err != nil {
		return err
	}
	s.cookies.set(w, s.cookies.session, token, 0)
	s.cookies.set(w, s.cookies.device, device, deviceLife)
	s.cookies.clear(w, s.cookies.once)
	return nil
}

// signInCSRF accepts the token of this browser, or of the session that is to be replaced.
func (s *Server) signInCSRF(r *http.Request) bool {
	return sameToken(browserCSRF(s.cookies.get(r, s.cookies.browser)), r.PostForm.Get(kit.CSRFField)) &&
		s.cookies.get(r, s.cookies.browser) != ""
}

func (s *Server) postSignOut(w http.ResponseWriter, v *visit) error {
	if err := s.Identity.SignOut(v.ctx(), v.token); err != nil {
		return err
	}
	s.forget(w)
	w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	http.Redirect(w, v.r, "/signin", http.StatusSeeOther)
	return nil
}

// forget takes away every cookie that belongs to the person rather than to the browser. The mark of the device stays: it opens nothing.
func (s *Server) forget(w http.ResponseWriter) {
	for _, name := range []string{s.cookies.session, s.cookies.back, s.cookies.once, s.cookies.flash, s.cookies.browser} {
		s.cookies.clear(w, name)
	}
}

func (s *Server) postTenant(w http.ResponseWriter, v *visit) error {
	tenant := v.r.PostForm.Get("tenant")
	if tenant == "" {
		return errNoPage
	}
	if _, _, err := s.Identity.Session(v.ctx(), v.token, tenant); err != nil {
		return err
	}
	return s.done(w, v, "/", "")
}
