package web

import (
	"net/http"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/oauth"
	"mandorla/internal/web/kit"
)

// notLetInView says to a person why an app cannot be connected, and who can change that.
type notLetInView struct {
	Problem kit.Problem
	Person  string
	Tenant  string
	Tenants []kit.Option
	Request string
}

var sampleNotLetIn = notLetInView{Problem: kit.Problem{Title: "x", Action: &kit.Button{Label: "x", Href: "/"}}, Tenants: []kit.Option{{Value: "1", Label: "x"}}}

func (s *Server) showNotLetIn(w http.ResponseWriter, v *visit, e *oauth.AdmissionError) error {
	p := problemPage(e.Problem())
	if e.App != "" {
		p.Title = e.App + strings.TrimPrefix(p.Title, "This app")
	} else if e.Host != "" {
		p.Title = "The app of " + e.Host + strings.TrimPrefix(p.Title, "This app")
	}
	p.Reference = requestID(v.ctx())
	s.logProblem(v.r, p, e)
	if e.Client != "" && v.who.Manages(access.OAuthClient, access.View) {
		p.Action = &kit.Button{Label: "Look at the app", Href: "/apps/" + e.Client, Look: kit.Primary}
	} else if e.Client == "" && v.who.Manages(access.OAuthClient, access.View) {
		p.Action = &kit.Button{Label: "Look at the rules", Href: pathRules, Look: kit.Primary}
	}
	view := notLetInView{Problem: p, Person: v.who.PersonName, Tenant: e.Tenant.Name, Request: e.Pending}
	if len(e.Tenants) > 1 {
		for _, t := range e.Tenants {
			view.Tenants = append(view.Tenants, kit.Option{Value: t.ID, Label: t.Name, Selected: t.ID == e.Tenant.ID})
		}
	}
	page := s.bare(v.r, p.Title, v.session.CSRF)
	page.Plain = false
	return s.kit.Render(w, p.Status, page, "not_let_in", view)
}

// authorizeOrigin says on the authorization page how much the name of an app that registered itself is worth.
type authorizeOrigin struct {
	Host     string // the website that the name comes from; "" where it comes from nowhere
	Text     string
	Approved bool // an administrator looked at it
}

func originOf(p oauth.Page) *authorizeOrigin {
	if p.Client.Origin == oauth.Made {
		return nil
	}
	out := &authorizeOrigin{Host: p.Client.Host(), Text: "No administrator has looked at it.", Approved: p.Client.Approval == oauth.Approved}
	switch {
	case out.Approved:
		out.Text = "An administrator of " + p.Tenant.Name + " approved it."
	case out.Host == "":
		out.Text = "It gave itself this name, and nobody has checked it."
	}
	return out
}
