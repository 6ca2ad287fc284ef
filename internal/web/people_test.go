package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"mandorla/internal/demo"
	"mandorla/internal/identity"
	"mandorla/internal/testkit"
	"mandorla/internal/testkit/mailbox"
)

const norasPassword = "seven quiet boats at noon"

// From the invitation to the first page, by mail; then what can go wrong, in words.
func TestInvitationByMail(t *testing.T) {
	m := startMailing(t, mailbox.Options{})
	csm, manager := roleNamed(t, m.Server, "CSM"), roleNamed(t, m.Server, "Manager")
	ada := newBrowser(t, m.URL).signIn(person(t, "Ada"))
	form := inviteForm(t, ada, "Nora@People.example ", csm.ID, manager.ID)
	form.Set("first", "")
	p := ada.post("/settings/people/invite", form).want(t, http.StatusUnprocessableEntity, "First name is missing")
	if kept := p.form(t, "/settings/people/invite"); kept.Get("last") != "Quist" || len(kept["roles"]) != 2 {
		t.Errorf("typed values are lost: %v", kept)
	}
	form.Set("first", "Nora")
	ada.post("/settings/people/invite", form).want(t, http.StatusSeeOther)
	mail, link := m.mail(t)
	if mail.To != "nora@people.example" || mail.Subject != "You are invited to Northwind Metrics" || !strings.HasPrefix(mail.Text, "Ada Lindqvist invites you to Northwind Metrics") {
		t.Errorf("%+v", mail)
	}
	ada.get("/settings/people").want(t, http.StatusOK, "Open invitations", "Nora Quist", "nora@people.example", "CSM, Manager", "Ada Lindqvist", "Sent, until 30 Nov", "Send again", "Withdraw")
	ada.post("/settings/people/invite", form).want(t, http.StatusConflict, "is invited already")
	carly := newBrowser(t, m.URL).signIn(person(t, "Carly"))
	carly.raw("/settings/people/invite").want(t, http.StatusNotFound)

	nora := newBrowser(t, m.URL)
	nora.get(link).want(t, http.StatusOK, "Join Northwind Metrics", "Ada Lindqvist invites nora@people.example")
	nora.choosePassword(link, "short").want(t, http.StatusUnprocessableEntity, "needs at least 15 characters")
	nora.choosePassword(link, norasPassword).want(t, http.StatusSeeOther)
	home := nora.get("/").want(t, http.StatusOK, "Northwind Metrics", "Nora Quist", "You have joined")
	if strings.Contains(home.text(), "Settings") {
		t.Error("a CSM sees the settings")
	}
	nora.get("/profile").want(t, http.StatusOK, "Roles Manager, CSM")
	if p := ada.get("/settings/people").want(t, http.StatusOK, "Nora Quist"); strings.Contains(p.text(), "Open invitations") {
		t.Error("the invitation is still open")
	}
	newBrowser(t, m.URL).get(link).want(t, http.StatusNotFound, "This link does not work", "was used, withdrawn, replaced")
	again := inviteForm(t, ada, "nora@people.example", csm.ID)
	ada.post("/settings/people/invite", again).want(t, http.StatusConflict, "can sign in to this tenant already")
}

// Sending again, a link to hand on, withdrawing: each ends the link before.
func TestInvitationIsManaged(t *testing.T) {
	m := startMailing(t, mailbox.Options{})
	csm := roleNamed(t, m.Server, "CSM")
	ada := newBrowser(t, m.URL).signIn(person(t, "Ada"))
	ada.post("/settings/people/invite", inviteForm(t, ada, "nora@people.example", csm.ID)).want(t, http.StatusSeeOther)
	_, first := m.mail(t)
	act := func(what string) page {
		p := ada.get("/settings/people").want(t, http.StatusOK)
		path := regexp.MustCompile(`/settings/people/invitations/[0-9a-f]{24}/` + what).FindString(p.body)
		return ada.post(path, p.form(t, path)).want(t, http.StatusSeeOther)
	}
	act("send")
	_, second := m.mail(t)
	newBrowser(t, m.URL).get(first).want(t, http.StatusNotFound)
	newBrowser(t, m.URL).get(second).want(t, http.StatusOK, "Join Northwind Metrics")
	act("link")
	shown := linkIn.FindString(ada.get("/settings/people").want(t, http.StatusOK, "Invitation link for nora@people.example", "Shown once").body)
	third := m.path(t, strings.TrimSuffix(shown, `"`))
	newBrowser(t, m.URL).get(second).want(t, http.StatusNotFound)
	newBrowser(t, m.URL).get(third).want(t, http.StatusOK, "Join Northwind Metrics")
	stored := regexp.MustCompile(`/settings/people\?stored=[0-9a-f]+`).FindString(ada.get("/settings/people").body)
	ada.get("/settings/people?stored=wrong").want(t, http.StatusOK, "Invitation link for")
	if p := ada.get(stored).want(t, http.StatusOK); strings.Contains(p.text(), "Invitation link for") {
		t.Error("the link is shown again")
	}
	m.Clock.Add(7*24*time.Hour + time.Second)
	newBrowser(t, m.URL).get(third).want(t, http.StatusNotFound, "older than 7 days")
	ada.signIn(person(t, "Ada")).get("/settings/people").want(t, http.StatusOK, "Expired")
	act("send")
	_, fourth := m.mail(t)
	act("withdraw")
	newBrowser(t, m.URL).get(fourth).want(t, http.StatusNotFound)
}

// What the mail server refuses is said on the invitation; the request did not wait for it.
func TestInvitationThatCannotBeSent(t *testing.T) {
	m := startMailing(t, mailbox.Options{Refuse: "550 there is no such mailbox here"})
	ada := newBrowser(t, m.URL).signIn(person(t, "Ada"))
	ada.post("/settings/people/invite", inviteForm(t, ada, "nora@people.example", roleNamed(t, m.Server, "CSM").ID)).want(t, http.StatusSeeOther)
	m.People.Queue.Wait()
	ada.get("/settings/people").want(t, http.StatusOK, "Not sent", "The mail to nora@people.example could not be sent", "there is no such mailbox here")
	if !strings.Contains(m.log.String(), "send invitation") {
		t.Error("the log does not say so")
	}
}

// Somebody with an account elsewhere joins with the own password, and only as the very person.
func TestInvitationOfAKnownAddress(t *testing.T) {
	m := startMailing(t, mailbox.Options{})
	account, err := m.Identity.CreateAccount(t.Context(), identity.NewAccount{Email: "olga@people.example", Password: norasPassword})
	if err != nil {
		t.Fatal(err)
	}
	ada := newBrowser(t, m.URL).signIn(person(t, "Ada"))
	ada.post("/settings/people/invite", inviteForm(t, ada, account.Email, roleNamed(t, m.Server, "CSM").ID)).want(t, http.StatusSeeOther)
	_, link := m.mail(t)

	b := newBrowser(t, m.URL)
	p := b.get(link).want(t, http.StatusOK, "has an account here already", "Sign in as olga@people.example")
	if strings.Contains(p.body, `name="password"`) {
		t.Error("a link offers to set the password of an account")
	}
	b.post("/invitation", url.Values{"csrf": {b.get("/signin").form(t, "/signin").Get("csrf")}, "password": {"a password by the back door"}}).want(t, http.StatusSeeOther)
	if _, err := m.Identity.SignIn(t.Context(), account.Email, norasPassword, identity.From{IP: "192.0.2.9"}); err != nil {
		t.Fatalf("the password was changed: %v", err)
	}
	carly := newBrowser(t, m.URL).signIn(person(t, "Carly"))
	carly.get(link).want(t, http.StatusOK, "Sign in as olga@people.example")
	carly.post("/invitation", carly.get("/").form(t, "/signout")).want(t, http.StatusConflict, "Sign in as olga@people.example")

	b.raw("/invitation?signin").want(t, http.StatusSeeOther)
	form := b.get("/signin").want(t, http.StatusOK, "taken back afterwards").form(t, "/signin")
	form.Set("email", account.Email)
	form.Set("password", norasPassword)
	if to := b.post("/signin", form).want(t, http.StatusSeeOther).header.Get("Location"); to != "/invitation" {
		t.Errorf("leads to %s", to)
	}
	join := b.get("/invitation").want(t, http.StatusOK, "You are signed in as olga@people.example").form(t, "/invitation")
	b.post("/invitation", join).want(t, http.StatusSeeOther)
	b.get("/").want(t, http.StatusOK, "Northwind Metrics", "You have joined")
}

// Forgotten, reset, and what was open before is closed.
func TestResetByMail(t *testing.T) {
	m := startMailing(t, mailbox.Options{})
	carly := person(t, "Carly")
	before, tokens := newBrowser(t, m.URL).signIn(carly), m.Connect(t, carly)
	b := newBrowser(t, m.URL)
	b.get("/signin").want(t, http.StatusOK, "Forgot your password?")
	form := b.get("/forgot").form(t, "/forgot")
	form.Set("email", "nothing")
	b.post("/forgot", form).want(t, http.StatusUnprocessableEntity, "must be a mail address")
	form.Set("email", carly.Email)
	b.post("/forgot", form).want(t, http.StatusSeeOther)
	b.get("/forgot?sent").want(t, http.StatusOK, "Look into your mail")
	mail, link := m.mail(t)
	if mail.To != carly.Email || mail.Subject != "Choose a new password" {
		t.Errorf("%+v", mail)
	}
	b.get(link).want(t, http.StatusOK, "Choose a new password", carly.Email)
	b.choosePassword(link, "Password12345678!").want(t, http.StatusUnprocessableEntity, "too easy to guess")
	before.raw("/profile").want(t, http.StatusOK)
	if to := b.choosePassword(link, norasPassword).want(t, http.StatusSeeOther).header.Get("Location"); to != "/signin" {
		t.Errorf("leads to %s", to)
	}
	b.get("/signin").want(t, http.StatusOK, "Password set")
	b.raw("/").want(t, http.StatusSeeOther) // a link signs nobody in
	before.raw("/profile").want(t, http.StatusSeeOther)
	if status, _, _ := m.Call(t, tokens.Access, "who_am_i", nil); status != http.StatusUnauthorized {
		t.Errorf("the connection answers %d", status)
	}
	b.signIn(demo.Login{Email: carly.Email, Password: norasPassword}).get("/profile").want(t, http.StatusOK, "Carly Hart")
	newBrowser(t, m.URL).get(link).want(t, http.StatusNotFound, "older than an hour")
	for range 3 {
		form.Set("csrf", b.get("/forgot").form(t, "/forgot").Get("csrf"))
		b.post("/forgot", form)
	}
	b.post("/forgot", form).want(t, http.StatusTooManyRequests, "Too many attempts")
}

// Without mail there are links to hand on; an administrator makes them for people of the tenant only.
func TestLinksWithoutMail(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	nobody := newBrowser(t, s.URL)
	nobody.get("/forgot").want(t, http.StatusOK, "This installation sends no mail", "Make a reset link", "mandorla user reset-link")
	nobody.post("/forgot", url.Values{"csrf": {nobody.get("/signin").form(t, "/signin").Get("csrf")}, "email": {"a@b.example"}}).want(t, http.StatusConflict, "sends no mail")
	ada := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	ada.get("/settings/people/invite").want(t, http.StatusOK, "you get a link to hand on")
	ada.post("/settings/people/invite", inviteForm(t, ada, "nora@people.example", roleNamed(t, s, "CSM").ID)).want(t, http.StatusSeeOther)
	p := ada.get("/settings/people").want(t, http.StatusOK, "Invitation link for nora@people.example")
	link := strings.TrimPrefix(strings.TrimSuffix(linkIn.FindString(p.body), `"`), s.URL)
	if strings.Contains(p.text(), "Send again") {
		t.Error("offers to send mail")
	}
	nora := newBrowser(t, s.URL)
	nora.choosePassword(link, norasPassword).want(t, http.StatusSeeOther)
	nora.get("/").want(t, http.StatusOK, "Northwind Metrics")

	path := "/settings/people/" + s.Person(t, demo.Login{Email: "nora@people.example"}).Person
	ada.post(path+"/reset", ada.get(path).form(t, path+"/reset")).want(t, http.StatusSeeOther)
	shown := ada.get(path).want(t, http.StatusOK, "Reset link for nora@people.example", "Link made")
	reset := strings.TrimPrefix(strings.TrimSuffix(linkIn.FindString(shown.body), `"`), s.URL)
	other := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	if strings.Contains(other.get(path).body, "?key=") {
		t.Error("another session is shown the link")
	}
	newBrowser(t, s.URL).choosePassword(reset, "six other words in a line").want(t, http.StatusSeeOther)
	nora.raw("/").want(t, http.StatusSeeOther)

	account, err := s.Identity.AccountByEmail(t.Context(), "nora@people.example")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Identity.AppointSuper(t.Context(), account.ID, true); err != nil {
		t.Fatal(err)
	}
	form := ada.get("/settings/people/"+s.Admin.Person).form(t, "/settings/people/"+s.Admin.Person+"/reset")
	if p := ada.get(path).want(t, http.StatusOK, "reaches further than this tenant"); strings.Contains(p.body, path+"/reset") {
		t.Error("offers a link for somebody who reaches further")
	}
	ada.post(path+"/reset", form).want(t, http.StatusForbidden, "reaches further than this tenant")
}
