package web

import (
	"net/http"
	"time"

	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/people"
	"mandorla/internal/web/kit"
)

// linkLife is how long a browser keeps the secret of a link between opening it and using it.
const linkLife = 30 * time.Minute

// linkView is a page that a link from a mail leads to: what it is, and a form, or the way to sign in.
type linkView struct {
	Title string
	Lead  string
	Form  *kit.Form
	Next  *kit.Button
	Note  string
}

var sampleLink = linkView{Title: "x", Lead: "x", Form: &kit.Form{Action: "/"}, Next: &kit.Button{Label: "x", Href: "/"}, Note: "x"}

// linkKey gives the secret of the link that was opened in this browser. An address that still holds it is left at once, so that it stays
// in no history, no screenshot and no Referer; done says that the answer was given.
func (s *Server) linkKey(w http.ResponseWriter, r *http.Request) (key string, done bool) {
	q := r.URL.Query()
	if !q.Has(people.KeyParam) {
		return s.cookies.get(r, s.cookies.link), false
	}
	if key = q.Get(people.KeyParam); len(key) > 100 {
		key = ""
	}
	s.cookies.set(w, s.cookies.link, key, linkLife)
	http.Redirect(w, r, r.URL.Path, http.StatusSeeOther)
	return "", true
}

// deadLink says that a link does not work, the same for every reason.
func (s *Server) deadLink(w http.ResponseWriter, r *http.Request, err error, how string) error {
	if !fault.Is(err, fault.NotFound) {
		return err
	}
	s.cookies.clear(w, s.cookies.link)
	msg, _ := fault.Safe(err)
	p := saying(problemLink, msg)
	p.How, p.Action = how, &kit.Button{Label: "Sign in", Href: "/signin"}
	s.problem(w, r, p, err)
	return nil
}

const askInviter = "If you joined with it before, sign in. Otherwise ask whoever invited you to send the invitation again."

// getInvitation shows what an invitation is and uses nothing up: programs that check mail open links, too.
func (s *Server) getInvitation(w http.ResponseWriter, r *http.Request) error {
	key, done := s.linkKey(w, r)
	if done {
		return nil
	}
	if r.URL.Query().Has("signin") {
		s.goSignIn(w, r, people.PathInvitation)
		return nil
	}
	return s.showInvitation(w, r, http.StatusOK, key, nil)
}

func (s *Server) showInvitation(w http.ResponseWriter, r *http.Request, status int, key string, problem error) error {
	in, known, err := s.Identity.OpenInvitation(r.Context(), key)
	if err != nil {
		return s.deadLink(w, r, err, askInviter)
	}
	v, csrf, err := s.anybody(w, r)
	if err != nil {
		return err
	}
	view := linkView{Title: "Join " + in.TenantName, Lead: invitedBy(in) + " invites " + in.Email + " to " + in.TenantName + "."}
	switch {
	case !known:
		view.Form = joinForm(in, s.Identity.MinPassword)
		placeErrors(view.Form, problem)
	case v != nil && v.session.Account.Email == in.Email:
		view.Form = &kit.Form{Action: people.PathInvitation, Submit: kit.Button{Label: "Join " + in.TenantName, Look: kit.Primary}}
		placeErrors(view.Form, problem)
		view.Note = "You are signed in as " + in.Email + "."
	default:
		view.Next = &kit.Button{Label: "Sign in as " + in.Email, Look: kit.Primary, Href: people.PathInvitation + "?signin"}
		view.Note = "This address has an account here already. Sign in with its password to join; you are taken back to this page."
	}
	return s.kit.Render(w, status, s.bare(r, view.Title, csrf), "link", view)
}

func invitedBy(in identity.Invitation) string {
	if in.By == "" || in.ByName == "" {
		return "The operator"
	}
	return in.ByName
}

func joinForm(in identity.Invitation, least int) *kit.Form {
	return &kit.Form{
		Action: people.PathInvitation, Submit: kit.Button{Label: "Join " + in.TenantName, Look: kit.Primary},
		Fields: []kit.Field{
			{Kind: kit.FieldShown, Name: "address", Label: "E-mail address", Value: in.Email},
			newPasswordField("Password", least),
		},
	}
}

// newPasswordField is where a password is chosen.
func newPasswordField(label string, least int) kit.Field {
	return kit.Field{
		Name: "password", Label: label, Type: "password", Autocomplete: "new-password", Required: true, Autofocus: true,
		Help: "At least " + countOf(least, "character", "characters") + "; a few words in a row do well.",
	}
}

// anybody gives who is signed in, nil for nobody, and the token for the page's forms.
func (s *Server) anybody(w http.ResponseWriter, r *http.Request) (v *visit, csrf string, err error) {
	if v, err = s.visitTo(r, openAlways); err == nil {
		return v, v.session.CSRF, nil
	}
	browser, err := s.browserID(w, r)
	return nil, browserCSRF(browser), err
}

// anybodysForm reads a form of a page that works with and without a sign-in, and checks its token against either.
func (s *Server) anybodysForm(r *http.Request) (v *visit, err error) {
	if err := parseForm(r); err != nil {
		return nil, err
	}
	sent := r.PostForm.Get(kit.CSRFField)
	if v, err = s.visitTo(r, openAlways); err != nil {
		v = nil
	}
	if v != nil && v.session.CheckCSRF(sent) || s.signInCSRF(r) {
		return v, nil
	}
	return nil, errCSRF
}

// postInvitation uses the invitation up.
func (s *Server) postInvitation(w http.ResponseWriter, r *http.Request) error {
	v, err := s.anybodysForm(r)
	if err != nil {
		return err
	}
	key, ip := s.cookies.get(r, s.cookies.link), s.ClientIP(r)
	in, known, err := s.Identity.OpenInvitation(r.Context(), key)
	if err != nil {
		return s.deadLink(w, r, err, askInviter)
	}
	if known {
		return s.joinAs(w, r, v, key)
	}
	password := r.PostForm.Get("password")
	_, err = s.Identity.JoinNew(r.Context(), key, password, ip)
	switch {
	case fault.Is(err, fault.NotFound):
		return s.deadLink(w, r, err, askInviter)
	case fault.Is(err, fault.Conflict): // an account was made meanwhile: the page says to sign in
		http.Redirect(w, r, people.PathInvitation, http.StatusSeeOther)
		return nil
	case badInput(err), fault.Is(err, fault.RateLimited):
		return s.showInvitation(w, r, formStatus(w, err), key, err)
	case err != nil:
		return err
	}
	s.cookies.clear(w, s.cookies.link)
	token, err := s.Identity.SignIn(r.Context(), in.Email, password, s.from(r))
	if err != nil { // joined all the same: the sign-in page takes the password
		http.Redirect(w, r, "/signin", http.StatusSeeOther)
		return nil
	}
	if err := s.keepSession(w, r, token, in.Email); err != nil {
		return err
	}
	return s.joined(w, r, token, in.Tenant)
}

// joinAs accepts an invitation for the account that is signed in.
func (s *Server) joinAs(w http.ResponseWriter, r *http.Request, v *visit, key string) error {
	if v == nil {
		s.goSignIn(w, r, people.PathInvitation)
		return nil
	}
	in, err := s.Identity.JoinAs(r.Context(), key, v.session.Account, s.ClientIP(r))
	switch {
	case fault.Is(err, fault.NotFound):
		return s.deadLink(w, r, err, askInviter)
	case fault.Is(err, fault.Forbidden), fault.Is(err, fault.Conflict):
		return s.showInvitation(w, r, http.StatusConflict, key, err)
	case err != nil:
		return err
	}
	s.cookies.clear(w, s.cookies.link)
	return s.joined(w, r, v.token, in.Tenant)
}

// joined takes the session to the tenant that was joined.
func (s *Server) joined(w http.ResponseWriter, r *http.Request, token, tenant string) error {
	if _, _, err := s.Identity.Session(r.Context(), token, tenant); err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	s.cookies.set(w, s.cookies.flash, "joined", time.Minute)
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}
