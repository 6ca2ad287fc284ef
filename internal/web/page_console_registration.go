package web

import (
	"net/http"

	"mandorla/internal/identity"
	"mandorla/internal/oauth"
	"mandorla/internal/web/kit"
)

// consoleRegistrationView is which apps may register themselves on this installation at all.
type consoleRegistrationView struct{ Form kit.Form }

var sampleConsoleRegistration = consoleRegistrationView{Form: kit.Form{Action: "/"}}

func (s *Server) getConsoleRegistration(w http.ResponseWriter, v *visit, _ identity.Super) error {
	allowed, err := s.OAuth.Allowed(v.ctx())
	if err != nil {
		return err
	}
	page := s.consolePage(v, "registration")
	page.Lead = "Which apps may come without an administrator making a client for them first. Each tenant narrows it further in its App Center, under “Self-registering”."
	page.Narrow = true
	view := consoleRegistrationView{Form: s.withConfirm(v, kit.Form{
		Action: "/console/registration", Submit: kit.Button{Label: "Save switches", Look: kit.Primary},
		Fields: []kit.Field{
			{Kind: kit.FieldSwitch, Name: "documents", Label: "Client ID Metadata Documents", Checked: allowed.Documents,
				Help: "An app is known by the address of its own description, as Claude, ChatGPT and VS Code are. This server reads that address, after a person has signed in."},
			{Kind: kit.FieldSwitch, Name: "registration", Label: "Dynamic registration", Checked: allowed.Registration,
				Help: "Any program may register itself without an account (RFC 7591), for older clients. Nobody vouches for its name, and it waits for approval in each tenant that takes such apps."},
		},
	})}
	return s.kit.Render(w, http.StatusOK, page, "console_registration", view)
}

func (s *Server) postConsoleRegistration(w http.ResponseWriter, v *visit, by identity.Super) error {
	form := v.r.PostForm
	err := s.OAuth.SetAllowed(v.ctx(), by, oauth.Allowed{Documents: form.Get("documents") == "on", Registration: form.Get("registration") == "on"})
	if err != nil {
		return err
	}
	return s.done(w, v, "/console/registration", "registration")
}
