package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"mandorla/internal/testkit"
	"mandorla/internal/testkit/mailbox"
	"mandorla/internal/web/kit"
)

// newTenant makes a tenant at the console as the form stands, its administrator invited, and gives its page.
func newTenant(t *testing.T, sam *browser) (path string, shown page) {
	t.Helper()
	form := sam.get("/console/tenants/new").want(t, http.StatusOK, "By an invitation").form(t, "/console/tenants/new")
	for name, value := range map[string]string{"name": "Second Inc", "first": "Tess", "last": "Okafor", "email": tess.Email} {
		form.Set(name, value)
	}
	made := sam.post("/console/tenants/new", form).want(t, http.StatusSeeOther)
	return made.header.Get("Location"), sam.follow(made).want(t, http.StatusOK, "Tenant created", "Its administrator is invited", "Tess Okafor has not joined yet", tess.Email)
}

// again presses the button for a new link.
func again(t *testing.T, sam *browser, path string) page {
	t.Helper()
	p := sam.get(path)
	to := regexp.MustCompile(path + `/invitations/[0-9a-f]{24}`).FindString(p.body)
	return sam.follow(sam.post(to, p.form(t, to)).want(t, http.StatusSeeOther)).want(t, http.StatusOK, "New link made")
}

// Without mail, the first administrator's link is shown to the super admin, once; a new one ends the one before.
func TestConsoleInvitesByLink(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	s.Super(t)
	sam := newBrowser(t, s.URL).signIn(testkit.SuperLogin)
	link := func(p page) string {
		p.want(t, http.StatusOK, "Invitation link for "+tess.Email, "Shown once")
		return strings.TrimPrefix(strings.TrimSuffix(linkIn.FindString(p.body), `"`), s.URL)
	}
	path, p := newTenant(t, sam)
	first := link(p)
	stored := regexp.MustCompile(regexp.QuoteMeta(path) + `\?stored=[0-9a-f]+`).FindString(p.body)
	sam.get(stored).want(t, http.StatusOK, "has not joined yet").not(t, "Invitation link for")

	second := link(again(t, sam, path))
	newBrowser(t, s.URL).get(first).want(t, http.StatusNotFound)
	s.Clock.Add(7*24*time.Hour + time.Second)
	sam.signIn(testkit.SuperLogin).get(path).want(t, http.StatusOK, "has expired")
	newBrowser(t, s.URL).get(second).want(t, http.StatusNotFound)
	third := link(again(t, sam, path))
	joined := newBrowser(t, s.URL)
	joined.get(third).want(t, http.StatusOK, "Join Second Inc", "The operator invites "+tess.Email)
	joined.choosePassword(third, tess.Password).want(t, http.StatusSeeOther)
	joined.get("/settings/people/invite").want(t, http.StatusOK, "Administrator")
	gone := sam.get(path).want(t, http.StatusOK).not(t, "has not joined yet", "Invitation link for")
	to := path + "/invitations/" + strings.Repeat("0", 24)
	sam.post(to, url.Values{kit.CSRFField: {gone.form(t, "/signout").Get(kit.CSRFField)}}).want(t, http.StatusConflict, "Somebody has joined")

	log := sam.get("/console/log?of=tenants").want(t, http.StatusOK, "Created a tenant", "Invited a first administrator again", testkit.SuperLogin.Email)
	if strings.Contains(log.body, "key=") {
		t.Error("the log holds a link")
	}
}

// With mail, the link goes to the administrator alone, once the tenant is there; one with an account here accepts with it.
func TestConsoleInvitesByMail(t *testing.T) {
	m := startMailing(t, mailbox.Options{})
	m.Super(t)
	sam := newBrowser(t, m.URL).signIn(testkit.SuperLogin)
	path, p := newTenant(t, sam)
	p.not(t, "Invitation link for")
	mail, first := m.mail(t)
	if mail.To != tess.Email || mail.Subject != "You are invited to Second Inc" || !strings.HasPrefix(mail.Text, "The operator of the installation invites you to Second Inc") {
		t.Errorf("%+v", mail)
	}
	again(t, sam, path).not(t, "Invitation link for")
	_, second := m.mail(t)
	newBrowser(t, m.URL).get(first).want(t, http.StatusNotFound)
	newBrowser(t, m.URL).get(second).want(t, http.StatusOK, "Join Second Inc")

	form := sam.get("/console/tenants/new").form(t, "/console/tenants/new")
	for name, value := range map[string]string{"name": "Third Inc", "first": "Carly", "last": "Hart", "email": person(t, "Carly").Email} {
		form.Set(name, value)
	}
	sam.post("/console/tenants/new", form).want(t, http.StatusSeeOther)
	_, link := m.mail(t)
	carly := newBrowser(t, m.URL).signIn(person(t, "Carly"))
	accept := carly.get(link).want(t, http.StatusOK, "Join Third Inc").form(t, "/invitation")
	carly.post("/invitation", accept).want(t, http.StatusSeeOther)
	carly.get("/").want(t, http.StatusOK, "Third Inc", "You have joined")
}

// An account that the console makes is the super admin's act in the log, not one at the command line.
func TestConsoleAccountIsTheSuperAdmins(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	secondTenant(t, s, tess)
	list, err := s.Console.Log(t.Context(), s.Super(t), "account.create", "", 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if e.Detail["email"] == tess.Email && (e.PersonName != testkit.SuperLogin.Email || e.Surface != "web") {
			t.Errorf("the log says %q at %q", e.PersonName, e.Surface)
		}
	}
	if len(list) == 0 || list[0].Detail["email"] != tess.Email {
		t.Errorf("the log has %+v", list)
	}
}
