package web

import (
	"net/http"

	"mandorla/internal/access"
	"mandorla/internal/web/kit"
)

// usedMost is how many models the sidebar shows before "All models".
const usedMost = 6

// frame is what surrounds every page of somebody signed in.
func (s *Server) frame(v *visit) kit.Frame {
	f := kit.Frame{
		Tenant: kit.Tenant{Name: v.who.TenantName},
		Person: kit.Person{Name: v.who.PersonName, Email: v.who.Email, Profile: "/profile", SignOut: "/signout", ThemeAction: "/theme"},
		Nav:    kit.Nav{Home: kit.NavItem{ID: "home", Label: "Home", Href: "/", Icon: "home"}},
		Theme:  kit.ThemeFrom(v.r),
		CSRF:   v.session.CSRF,
		Marker: s.marker(),
	}
	if f.Tenant.Name == "" { // a super admin in no tenant
		f.Tenant.Name = f.ProductName()
	}
	if f.Person.Name == "" {
		f.Person.Name = v.who.Email
	}
	if v.who.Viewer != nil {
		f.Marker = viewMarker(v.who)
		f.Person.Name, f.Person.Email, f.Person.Profile = v.self.Called(), v.self.Email, ""
		if v.who.Client != "" && s.Tools != nil {
			f.Nav.Tools = append(f.Nav.Tools, kit.NavItem{ID: "tools", Label: "Tools", Href: "/tools", Icon: "tools"})
		}
	}
	for _, t := range v.session.Tenants {
		if t.ID != v.session.Tenant && v.who.Viewer == nil {
			f.Tenant.Others = append(f.Tenant.Others, kit.Button{Label: t.Name, Post: "/tenant", Name: "tenant", Value: t.ID})
		}
	}
	for _, m := range v.models {
		if m.Actions&access.View == 0 {
			continue
		}
		item := kit.NavItem{ID: m.Model.Route, Label: m.Model.Plural, Href: "/data/" + m.Model.Route, Icon: m.Model.Icon}
		if len(f.Nav.Data) < usedMost {
			f.Nav.Data = append(f.Nav.Data, item)
		} else {
			f.Nav.More = append(f.Nav.More, item)
		}
	}
	switch {
	case v.who.Viewer != nil:
	case v.who.Manages(access.OAuthClient, access.View):
		f.Nav.Tools = append(f.Nav.Tools, kit.NavItem{ID: "apps", Label: "App Center", Href: "/apps", Icon: "apps"})
	case v.who.Manages(access.PrivateApp, access.View):
		f.Nav.Tools = append(f.Nav.Tools, kit.NavItem{ID: "apps", Label: "App Center", Href: "/private-apps", Icon: "apps"})
	}
	if v.who.Viewer == nil && len(settingsTabs(v, "").Items) > 0 {
		f.Nav.Tools = append(f.Nav.Tools, kit.NavItem{ID: "settings", Label: "Settings", Href: "/settings", Icon: "settings"})
	}
	if v.session.Account.Super && v.who.Viewer == nil && s.Console != nil {
		f.Nav.Tools = append(f.Nav.Tools, kit.NavItem{ID: "console", Label: "Console", Href: "/console", Icon: "server"})
	}
	return f
}

func (s *Server) marker() *kit.Marker {
	if s.Demo == nil || s.Demo.Notice == "" {
		return nil
	}
	return &kit.Marker{Tone: kit.Info, Text: s.Demo.Notice}
}

// shell starts a whole page with the sidebar; active is the ID of its line there. What the write before it says is on it, unless htmx
// takes a part of the page only: that part may be on its way when the write answers, and nobody would read it.
func (s *Server) shell(v *visit, active, title string) kit.Page {
	p := s.part(v)
	p.Nav.Active, p.Title = active, title
	if v.flash != nil && !partial(v.r) {
		p.Toasts = v.flash()
	}
	return p
}

// part is what a part of a page is drawn with alone.
func (s *Server) part(v *visit) kit.Page { return kit.Page{Frame: s.frame(v)} }

// bare starts a page of one column, for people who may not be signed in; csrf is the token of its forms.
func (s *Server) bare(r *http.Request, title, csrf string) kit.Page {
	return kit.Page{Layout: kit.Bare, Title: title, Plain: true, Frame: kit.Frame{Theme: kit.ThemeFrom(r), CSRF: csrf, Marker: s.marker()}}
}
