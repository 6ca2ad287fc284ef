package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"mandorla/internal/identity"
	"mandorla/internal/testkit"
	"mandorla/internal/testkit/mailbox"
)

// Rows 175 to 194 of the threat matrix that are about mails, links and the question for the password.

func enumerationForgot(t *testing.T, _ *testkit.Server) {
	m := startMailing(t, mailbox.Options{Silent: true}) // a mail server that never answers keeps nobody waiting, and tells nobody anything
	ask := func(email string) []page {
		b := newBrowser(t, m.URL)
		form := b.get("/forgot").form(t, "/forgot")
		form.Set("email", email)
		var out []page
		for range 4 {
			p := b.post("/forgot", form)
			p.body = strings.ReplaceAll(p.body, email, "")
			out = append(out, p)
		}
		return append(out, b.get("/forgot?sent"))
	}
	known, unknown := ask("devi@northwind.example"), ask("nobody@northwind.example")
	for i := range known {
		if known[i].status != unknown[i].status || known[i].text() != unknown[i].text() || known[i].header.Get("Location") != unknown[i].header.Get("Location") || len(known[i].header) != len(unknown[i].header) {
			t.Errorf("%d %v\n%d %v", known[i].status, known[i].header, unknown[i].status, unknown[i].header)
		}
	}
	if known[0].status != http.StatusSeeOther || known[3].status != http.StatusTooManyRequests {
		t.Errorf("%d, %d", known[0].status, known[3].status)
	}
}

// knownDevice is rows 180 and 263 at the page: other people's failures hold nobody up in a browser of the own.
func knownDevice(t *testing.T, s *testkit.Server) {
	s.Clock.Add(time.Hour)
	defer s.Clock.Add(time.Hour)
	sofia := person(t, "Sofia")
	try := func(b *browser, password string) int {
		form := b.get("/signin").form(t, "/signin")
		form.Set("email", sofia.Email)
		form.Set("password", password)
		return b.post("/signin", form).status
	}
	own := newBrowser(t, s.URL).signIn(sofia)
	own.post("/signout", own.get("/").form(t, "/signout")).want(t, http.StatusSeeOther)
	if own.cookie("device") == "" {
		t.Fatal("signing out forgets the device")
	}
	attacker := newBrowser(t, s.URL)
	status := 0
	for range 8 {
		status = try(attacker, "not the password at all")
	}
	if status != http.StatusTooManyRequests {
		t.Fatalf("the attacker gets %d", status)
	}
	if got := try(newBrowser(t, s.URL), sofia.Password); got != http.StatusTooManyRequests {
		t.Errorf("a new browser gets %d", got)
	}
	thief := newBrowser(t, s.URL).signIn(person(t, "Jonas"))
	thief.post("/signout", thief.get("/").form(t, "/signout"))
	if got := try(thief, sofia.Password); got != http.StatusTooManyRequests {
		t.Errorf("the browser of somebody else gets %d", got)
	}
	if got := try(own, sofia.Password); got != http.StatusSeeOther {
		t.Errorf("the owner gets %d", got)
	}
}

// resetPoisoning is row 185: where a link leads is configured, whatever a request says.
func resetPoisoning(t *testing.T, _ *testkit.Server) {
	m := startMailing(t, mailbox.Options{})
	b := newBrowser(t, m.URL)
	form := b.get("/forgot").form(t, "/forgot")
	form.Set("email", "devi@northwind.example")
	r := b.request(http.MethodPost, "/forgot", form)
	r.Host = "evil.test"
	b.do(r).want(t, http.StatusMisdirectedRequest)
	r = b.request(http.MethodPost, "/forgot", form)
	for _, name := range []string{"X-Forwarded-Host", "X-Forwarded-Server", "Forwarded", "X-Host", "X-Original-Host"} {
		r.Header.Set(name, "evil.test")
	}
	b.do(r).want(t, http.StatusSeeOther)
	mail, _ := m.mail(t) // which checks the origin
	if len(m.box.Mails()) != 1 || strings.Contains(mail.Raw, "evil") {
		t.Errorf("%d mails, %s", len(m.box.Mails()), mail.Raw)
	}
}

// linksOnPages is row 186 at the pages: looking uses nothing up, and the secret stays nowhere.
func linksOnPages(t *testing.T, _ *testkit.Server) {
	m := startMailing(t, mailbox.Options{})
	ada := newBrowser(t, m.URL).signIn(person(t, "Ada"))
	ada.post("/settings/people/invite", inviteForm(t, ada, "nora@people.example", roleNamed(t, m.Server, "CSM").ID)).want(t, http.StatusSeeOther)
	_, invitation := m.mail(t)
	b := newBrowser(t, m.URL)
	form := b.get("/forgot").form(t, "/forgot")
	form.Set("email", "devi@northwind.example")
	b.post("/forgot", form)
	_, reset := m.mail(t)
	for _, link := range []string{invitation, reset} {
		path, query, _ := strings.Cut(link, "?")
		_, key, _ := strings.Cut(query, "=")
		scanner := newBrowser(t, m.URL)
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			p := scanner.do(scanner.request(method, link, nil)).want(t, http.StatusSeeOther)
			if p.header.Get("Location") != path || p.header.Get("Referrer-Policy") != "no-referrer" || p.header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %v", method, p.header)
			}
		}
		p := scanner.get(path).want(t, http.StatusOK)
		if p.header.Get("Referrer-Policy") != "no-referrer" || strings.Contains(p.body, key) {
			t.Errorf("%s: the secret is in the page", path)
		}
		clean(t, p)
		scanner.post(path, url.Values{"password": {norasPassword}}).want(t, http.StatusForbidden)
		cross := scanner.request(http.MethodPost, path, p.form(t, path))
		cross.Header.Set("Sec-Fetch-Site", "cross-site")
		scanner.do(cross).want(t, http.StatusForbidden)

		other := newBrowser(t, m.URL) // the purpose is part of the link
		wrong := map[string]string{"/invitation": "/reset", "/reset": "/invitation"}[path]
		other.get(wrong+"?"+query).want(t, http.StatusNotFound, "This link does not work")
		other.get(path).want(t, http.StatusNotFound)

		person := newBrowser(t, m.URL)
		person.choosePassword(link, norasPassword).want(t, http.StatusSeeOther)
		if person.cookie("link") != "" {
			t.Error("the browser keeps the secret")
		}
		person.get(path).want(t, http.StatusNotFound)
		scanner.post(path, p.form(t, path)).want(t, http.StatusNotFound)
		if strings.Contains(m.log.String(), key) {
			t.Error("the secret is in the log")
		}
	}
	newBrowser(t, m.URL).get("/reset?key="+strings.Repeat("x", 3000)).want(t, http.StatusNotFound)
}

// harmless are the writes that want no fresh password, and why. Every other one is in the list of sensitive acts.
var harmless = map[string]string{
	"/signin": "asks for the password", "/profile/password": "asks for the current password, always", "/forgot": "for people without a password",
	"/reset": "the link is the proof", "/invitation": "the link is the proof",
	"/signout": "ends", "/tenant": "changes what is seen", "/theme": "changes what is seen", "/view-as/stop": "changes what is seen", "/settings/view-as": "looks only",
	"/oauth/authorize/decision": "a page of its own, bound to this browser", "/oauth/authorize/tenant": "changes what is seen", "/oauth/authorize/switch": "ends",
	"/apps/{id}": "gives no access by itself", "/apps/{id}/permissions": "living connections gain nothing", "/apps/{id}/permissions/preview": "writes nothing",
	"/apps/{id}/disabled": "must be quick", "/apps/{id}/connections/end-all": "ends",
	"/apps/{id}/logo": "a picture", "/apps/{id}/logo/remove": "a picture", "/apps/{id}/setup/redirect": "gives no access by itself", "/apps/{id}/connections/end": "ends",
	"/private-apps/{id}": "gives no access by itself", "/private-apps/{id}/permissions": "no more than the person may do", "/private-apps/{id}/disabled": "must be quick",
	"/private-apps/{id}/tokens/revoke": "ends",
	"/settings/roles/{id}/preview":     "writes nothing", "/settings/people/invitations/{id}/withdraw": "ends",
	"/settings/data-model/{model}/new": "says what there is, and gives nobody anything that a role does not", "/settings/data-model/{model}/{field}": "values and permissions stay",
	"/profile/sessions/end": "ends", "/profile/applications/end": "ends", "/profile/applications/{id}/narrow": "allows less",
	"/published-apps/{id}/shut-out": "ends", "/published-apps/{id}/connections/end": "ends",
}

// everySensitiveAct is row 193: each asks for the password where it was given too long ago, keeps what was typed, and goes on with it.
func everySensitiveAct(t *testing.T, s *testkit.Server) {
	pages := behindTLS(t, s)
	list := pages.Sensitive()
	for _, pattern := range pages.Routes() {
		path, write := strings.CutPrefix(pattern, "POST ")
		if write && slices.Contains(list, pattern) == (harmless[path] != "") {
			t.Errorf("%s is neither sensitive nor harmless, or both", pattern)
		}
	}
	ada, carly := newBrowser(t, s.URL).signIn(person(t, "Ada")), newBrowser(t, s.URL).signIn(person(t, "Carly"))
	s.Super(t)
	super := newBrowser(t, s.URL).signIn(testkit.SuperLogin)
	passwords := map[*browser]string{ada: person(t, "Ada").Password, super: testkit.SuperLogin.Password}
	for _, pattern := range list {
		if !slices.Contains(pages.Routes(), pattern) {
			t.Errorf("%s is no route", pattern)
		}
		path, ada := strings.NewReplacer("POST ", "", "{id}", strings.Repeat("0", 24), "{user}", strings.Repeat("0", 24), "{model}", "companies", "{field}", "cf_0", "{tenant}", strings.Repeat("0", 24), "{invitation}", strings.Repeat("0", 24)).Replace(pattern), ada
		if strings.HasPrefix(path, "/console/") {
			ada = super
		}
		s.Clock.Add(identity.FreshFor + time.Second)
		typed := func(b *browser) url.Values {
			return url.Values{"csrf": {b.get("/").form(t, "/signout").Get("csrf")}, "typed": {"one <b>", "two"}, "email": {"x"}}
		}
		carly.post(path, typed(carly)).want(t, http.StatusNotFound)
		p := ada.post(path, typed(ada)).want(t, http.StatusForbidden, "Confirm that it is you", "you gave it more than 10 minutes ago")
		clean(t, p)
		form := p.form(t, path)
		if got := form["typed"]; !slices.Equal(got, []string{"one <b>", "two"}) {
			t.Errorf("%s keeps %q", path, got)
		}
		form.Set("confirm_password", "not my password")
		p = ada.post(path, form).want(t, http.StatusUnprocessableEntity, "This is not your password")
		form = p.form(t, path)
		if form.Get("confirm_password") != "" || len(form["typed"]) != 2 {
			t.Errorf("%s comes back with %v", path, form)
		}
		form.Set("confirm_password", passwords[ada])
		for range 2 { // and from then on without
			if p := ada.post(path, form); strings.Contains(p.text(), "Confirm that it is you") {
				t.Errorf("%s asks again", path)
			}
			form.Del("confirm_password")
		}
		if r := ada.request(http.MethodPost, path, typed(ada)); path == "/apps/new" { // htmx takes the question as the page
			s.Clock.Add(identity.FreshFor + time.Second)
			r.Header.Set("HX-Request", "true")
			if p := ada.do(r).want(t, http.StatusOK, "Confirm that it is you"); p.header.Get("HX-Retarget") != "body" {
				t.Errorf("%v", p.header)
			}
		}
	}

	// A real one: several values under one name arrive.
	s.Clock.Add(identity.FreshFor + time.Second)
	sofia := "/settings/people/" + s.Person(t, person(t, "Sofia")).Person
	form := ada.get(sofia).form(t, sofia)
	form["roles"] = []string{roleNamed(t, s, "CSM").ID, roleNamed(t, s, "Manager").ID}
	form = ada.post(sofia, form).want(t, http.StatusForbidden).form(t, sofia)
	form.Set("confirm_password", person(t, "Ada").Password)
	ada.post(sofia, form).want(t, http.StatusSeeOther)
	ada.get("/settings/people").want(t, http.StatusOK, "CSM")
	if got := s.Person(t, person(t, "Sofia")).Roles; len(got) != 2 || !slices.Contains(got, "Manager") {
		t.Errorf("Sofia has %v", got)
	}

	// A button of the filter builder writes nothing and asks nothing.
	s.Clock.Add(identity.FreshFor + time.Second)
	role := ada.get("/settings/roles/new").form(t, "/settings/roles/new")
	role.Set("builder", "add")
	ada.post("/settings/roles/new", role).want(t, http.StatusOK)
}
