package web

import (
	"net/http"
	"time"

	"mandorla/internal/fault"
	"mandorla/internal/people"
	"mandorla/internal/web/kit"
)

const askForgot = "Ask for a new link: “Forgot your password?” on the sign-in page, or an administrator."

// getForgot asks for the address of somebody who forgot the password, or says who can help where no mail is sent.
func (s *Server) getForgot(w http.ResponseWriter, r *http.Request) error {
	return s.showForgot(w, r, http.StatusOK, "", nil)
}

func (s *Server) showForgot(w http.ResponseWriter, r *http.Request, status int, email string, problem error) error {
	_, csrf, err := s.anybody(w, r)
	if err != nil {
		return err
	}
	view := linkView{Title: "Forgot your password?", Next: &kit.Button{Label: "Back to sign in", Href: "/signin"}}
	switch {
	case !s.People.Mails():
		view.Lead = "This installation sends no mail, so a link cannot be sent to you."
		view.Note = "An administrator of your tenant can make a link for you: Settings → People → your name → Make a reset link. Whoever runs the installation can make one, too: mandorla user reset-link."
	case r.URL.Query().Has("sent"):
		view.Title, view.Lead = "Look into your mail", "If the address has an account here, a link to choose a new password is on its way. It works once, for an hour."
		view.Note = "Nothing came? Look into the folder for junk mail, or ask an administrator of your tenant for a link."
	default:
		view.Lead, view.Next = "Type the address that you sign in with. A link to choose a new password is sent there.", nil
		view.Form = &kit.Form{
			Action: "/forgot", Submit: kit.Button{Label: "Send a link", Look: kit.Primary}, Cancel: &kit.Link{Label: "Back to sign in", Href: "/signin"},
			Fields: []kit.Field{{Name: "email", Label: "E-mail address", Type: "email", Autocomplete: "username", Value: clip(email, 254), Required: true, Autofocus: true}},
		}
		placeErrors(view.Form, problem)
	}
	return s.kit.Render(w, status, s.bare(r, view.Title, csrf), "link", view)
}

// postForgot answers the same for every address, and as fast.
func (s *Server) postForgot(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.anybodysForm(r); err != nil {
		return err
	}
	email := r.PostForm.Get("email")
	err := s.People.Forgot(r.Context(), email, s.ClientIP(r))
	if badInput(err) || fault.Is(err, fault.RateLimited) || fault.Is(err, fault.Conflict) {
		return s.showForgot(w, r, formStatus(w, err), email, err)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/forgot?sent", http.StatusSeeOther)
	return nil
}

// getReset shows the form of a reset link and uses nothing up.
func (s *Server) getReset(w http.ResponseWriter, r *http.Request) error {
	key, done := s.linkKey(w, r)
	if done {
		return nil
	}
	return s.showReset(w, r, http.StatusOK, key, nil)
}

func (s *Server) showReset(w http.ResponseWriter, r *http.Request, status int, key string, problem error) error {
	a, err := s.Identity.OpenReset(r.Context(), key)
	if err != nil {
		return s.deadLink(w, r, err, askForgot)
	}
	_, csrf, err := s.anybody(w, r)
	if err != nil {
		return err
	}
	view := linkView{Title: "Choose a new password", Lead: "Every session and every connected app of this account ends when you do."}
	view.Form = &kit.Form{
		Action: people.PathReset, Submit: kit.Button{Label: "Set the password", Look: kit.Primary},
		Fields: []kit.Field{
			{Kind: kit.FieldShown, Name: "address", Label: "E-mail address", Value: a.Email},
			newPasswordField("New password", s.Identity.MinPassword),
		},
	}
	placeErrors(view.Form, problem)
	return s.kit.Render(w, status, s.bare(r, view.Title, csrf), "link", view)
}

// postReset uses the link up. It signs nobody in: the new password does that.
func (s *Server) postReset(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.anybodysForm(r); err != nil {
		return err
	}
	key := s.cookies.get(r, s.cookies.link)
	_, err := s.Identity.Reset(r.Context(), key, r.PostForm.Get("password"), s.ClientIP(r))
	switch {
	case fault.Is(err, fault.NotFound):
		return s.deadLink(w, r, err, askForgot)
	case badInput(err), fault.Is(err, fault.RateLimited):
		return s.showReset(w, r, formStatus(w, err), key, err)
	case err != nil:
		return err
	}
	s.cookies.clear(w, s.cookies.link)
	s.cookies.set(w, s.cookies.flash, "reset", time.Minute)
	http.Redirect(w, r, "/signin", http.StatusSeeOther)
	return nil
}
