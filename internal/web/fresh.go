package web

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"mandorla/internal/fault"
	"mandorla/internal/web/kit"
)

// act is a write that wants the password to have been given recently.
type act struct {
	words string                     // what it does, after "To "
	but   func(form url.Values) bool // a form that writes nothing; nil: every form does
}

// sensitive are all of them, by route: who finds a browser open must not get further than its owner left it. Beside them stands
// POST /profile/password, which asks for the current password always. A page that is added for such an act comes into this list, as
// exporting everything will.
var sensitive = map[string]act{
	"POST /apps/new":                 {words: "create a client"},
	"POST /apps/{id}/secret":         {words: "generate a new secret"},
	"POST /apps/{id}/delete":         {words: "delete a client"},
	"POST /apps/{id}/decision":       {words: "approve an app", but: func(form url.Values) bool { return strings.HasPrefix(form.Get("decision"), "refuse ") }},
	"POST " + pathRules:              {words: "change the rules for apps that register themselves"},
	"POST /private-apps/new":         {words: "create a private app"},
	"POST /private-apps/{id}/tokens": {words: "make a token"},
	"POST /private-apps/{id}/delete": {words: "delete a private app"},

	"POST /settings/people/invite":                {words: "invite a person"},
	"POST /settings/people/invitations/{id}/send": {words: "send an invitation again"},
	"POST /settings/people/invitations/{id}/link": {words: "make a link for an invitation"},
	"POST /settings/people/{user}":                {words: "change the roles of a person"},
	"POST /settings/people/{user}/reset":          {words: "make a link for a new password"},

	"POST /settings/roles/{id}":             {words: "change a role", but: func(form url.Values) bool { return form.Has(fieldAct) }},
	"POST /settings/roles/{id}/clone":       {words: "clone a role"},
	"POST /settings/roles/{id}/people/give": {words: "give a role"},
	"POST /settings/roles/{id}/people/take": {words: "take a role"},
	"POST /settings/roles/{id}/delete":      {words: "remove a role"},

	"POST " + pathDataModel + "/{model}/{field}/remove": {words: "remove a custom field"},

	"POST /console/tenants/new":                               {words: "create a tenant"},
	"POST /console/tenants/{tenant}":                          {words: "rename a tenant"},
	"POST /console/tenants/{tenant}/status":                   {words: "suspend or resume a tenant"},
	"POST /console/tenants/{tenant}/invitations/{invitation}": {words: "make a link for an invitation"},
	"POST /console/clients/{id}":                              {words: "change what a client reaches"},
	"POST /console/registration":                              {words: "change which apps may register themselves"},
	"POST /console/admins":                                    {words: "make a super admin"},
	"POST /console/admins/remove":                             {words: "remove a super admin"},
}

// Fields of the question: the password, and where Cancel leads; and a password that a form gives to somebody.
const (
	fieldConfirm  = "confirm_password"
	fieldBack     = "confirm_back"
	fieldPassword = "password"
)

// confirming is the handler of a route, behind the question for the password where the route is sensitive and the session not fresh.
// It stands behind the check of who may open the address, so that the question tells nobody anything.
func (s *Server) confirming(pattern string, h handler) handler {
	a, ok := sensitive[pattern]
	if !ok {
		return h
	}
	return func(w http.ResponseWriter, v *visit) error {
		if a.but != nil && a.but(v.r.PostForm) {
			return h(w, v)
		}
		err := s.confirm(v)
		if badInput(err) || fault.Is(err, fault.RateLimited) {
			return s.askAgain(w, v, a, err)
		}
		if err != nil {
			return err
		}
		v.r.PostForm.Del(fieldConfirm)
		v.r.PostForm.Del(fieldBack)
		return h(w, v)
	}
}

// errConfirm asks for the password; with it, nothing is wrong yet.
var errConfirm error = fault.BadField(fieldConfirm, "is missing.")

// confirm makes the session fresh with the password in the form, where it is not fresh yet.
func (s *Server) confirm(v *visit) error {
	switch {
	case v.session.Fresh(s.Now()):
		return nil
	case !v.r.PostForm.Has(fieldConfirm):
		return errConfirm
	}
	password := v.r.PostForm.Get(fieldConfirm)
	if password == "" { // no guess
		return fault.BadField(fieldConfirm, "Type your password.")
	}
	err := s.Identity.Confirm(v.ctx(), v.session, password, s.ClientIP(v.r))
	if fault.Is(err, fault.Unauthenticated) {
		return fault.BadField(fieldConfirm, "This is not your password. Type the one you sign in with.")
	}
	if err == nil {
		v.session.ConfirmedAt = s.Now()
	}
	return err
}

// confirmField is the field for a form that asks for the password by itself, so that no page of its own has to; nil where the session is fresh.
func (s *Server) confirmField(v *visit) *kit.Field {
	if v.session.Fresh(s.Now()) {
		return nil
	}
	return &kit.Field{
		Name: fieldConfirm, Label: "Your password", Type: "password", Autocomplete: "current-password", Required: true,
		Help: "You gave it more than 10 minutes ago, so this asks for it once more.",
	}
}

// confirmView asks for the password and keeps everything else that the form held.
type confirmView struct{ Form kit.Form }

var sampleConfirm = confirmView{Form: kit.Form{Action: "/", Hidden: []kit.Hidden{{Name: "x", Value: "y"}}}}

func (s *Server) askAgain(w http.ResponseWriter, v *visit, a act, problem error) error {
	page := s.shell(v, "", "Confirm that it is you")
	page.Icon, page.Narrow = "shield-lock", true
	page.Lead = "To " + a.words + ", type your password once more: you gave it more than 10 minutes ago. The next 10 minutes need no confirmation."
	back, kept := s.cameFrom(v.r), "Nothing of what you typed is lost, and nothing was changed yet."
	if v.r.PostForm.Get(fieldPassword) != "" {
		kept = "Nothing was changed yet, and what you typed is kept, except for the new password: no page shows one."
	}
	form := kit.Form{
		Action: v.r.URL.RequestURI(), Submit: kit.Button{Label: "Confirm and go on", Look: kit.Primary}, Cancel: &kit.Link{Label: "Cancel", Href: back},
		Hidden: []kit.Hidden{{Name: fieldBack, Value: back}},
		Fields: []kit.Field{{Name: fieldConfirm, Label: "Your password", Type: "password", Autocomplete: "current-password", Required: true, Autofocus: true,
			Help: kept}},
	}
	for _, name := range slices.Sorted(maps.Keys(v.r.PostForm)) {
		if name == fieldConfirm || name == fieldBack || name == fieldPassword || name == kit.CSRFField {
			continue
		}
		for _, value := range v.r.PostForm[name] {
			form.Hidden = append(form.Hidden, kit.Hidden{Name: name, Value: value})
		}
	}
	status := http.StatusForbidden
	if problem != errConfirm { //nolint:errorlint // this very value: nothing was typed yet
		status = formStatus(w, problem)
		placeErrors(&form, problem)
	}
	if partial(v.r) { // htmx shows good answers only, and in the place that asked
		status = http.StatusOK
		w.Header().Set("HX-Retarget", "body")
		w.Header().Set("HX-Reswap", "innerHTML")
	}
	return s.kit.Render(w, status, page, "confirm", confirmView{Form: form})
}

// cameFrom is the page of this server that a form was sent from.
func (s *Server) cameFrom(r *http.Request) string {
	if r.PostForm.Has(fieldBack) {
		return localPath(r.PostForm.Get(fieldBack))
	}
	from, err := url.Parse(r.Referer())
	if err != nil || from.Host != s.origin.Host {
		return "/"
	}
	return localPath(from.RequestURI())
}
