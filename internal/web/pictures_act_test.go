package web_test

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"mandorla/internal/access"
	"mandorla/internal/demo"
	"mandorla/internal/identity"
	"mandorla/internal/privateapp"
	"mandorla/internal/testkit"
)

// TestActPictures looks at what only an act shows: a secret that was just made, what may be authorized in one of
// several tenants, and the question for the password.
func TestActPictures(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	carly := person(t, "Carly")
	secondTenant(t, s, carly)
	publish(t, s, true)
	tab := tabOf(t, s, carly)
	tenants := shot{"authorize-tenants", "Carly", authorizeURL(s, nil), "Work in"}
	for _, screen := range screensOf(tenants.name) {
		dress(t, tab, screen)
		take(t, tab, s.URL+tenants.path, tenants, screen)
	}

	tab = tabOf(t, s, person(t, "Ada"))
	secret := shot{"app-secret", "Ada", "/apps/new?for=claude", "Shown once"}
	for _, screen := range screensOf(secret.name) {
		dress(t, tab, screen)
		submit(t, tab, s.URL+secret.path, `[data-secret]`)
		hold(t, tab, secret, screen)
		do(t, tab, chromedp.Click(`[data-secret-done]`)) // or the page asks before it is left
	}

	// Somebody may not enable an app that may do more than they.
	strong, err := s.Apps.Create(t.Context(), s.Admin, privateapp.Input{Name: "Strong", Set: access.Full(s.Schema.Base())})
	if err == nil {
		_, err = s.Apps.Update(t.Context(), s.Admin, strong.ID, strong.Version, privateapp.Input{Name: strong.Name, Set: strong.Set})
	}
	if err != nil {
		t.Fatal(err)
	}
	devi := tabOf(t, s, person(t, "Devi"))
	refused := shot{"private-not-enabled", "Devi", "/private-apps/" + strong.ID, "Ask an administrator to enable it."}
	for _, screen := range screensOf(refused.name) {
		dress(t, devi, screen)
		do(t, devi, chromedp.Navigate(s.URL+refused.path), chromedp.Click(`.danger-more summary`), chromedp.Click(`form[action$="/disabled"] button`), chromedp.WaitReady(`.notice.tone-bad`))
		hold(t, devi, refused, screen)
	}

	// The question for the password, of a form that does not ask for it by itself, and of one whose field was left empty.
	sofia := "/settings/people/" + s.Person(t, person(t, "Sofia")).Person
	again, wrong := shot{"confirm", "Ada", sofia, "To make a link for a new password, type your password once more"}, shot{"confirm-wrong", "Ada", "/apps/new?for=other", "Type your password."}
	s.Clock.Add(identity.FreshFor + time.Second)
	for _, screen := range screensOf(again.name) {
		dress(t, tab, screen)
		do(t, tab, chromedp.Navigate(s.URL+again.path), chromedp.Click(`[formaction$="/reset"], form[action$="/reset"] button`), chromedp.WaitReady(asked))
		hold(t, tab, again, screen)
		submit(t, tab, s.URL+wrong.path, asked)
		hold(t, tab, wrong, screen)
	}
}

// asked is on the page that asks for the password again, and on no form that asks for it by itself.
const asked = `input[type=hidden][name=confirm_back]`

// tabOf is a browser of its own in which somebody has signed in.
func tabOf(t *testing.T, s *testkit.Server, who demo.Login) context.Context {
	t.Helper()
	tab := openTab(t)
	do(t, tab, chromedp.Navigate(s.URL+"/signin"), chromedp.SendKeys(`[name=email]`, who.Email), chromedp.SendKeys(`[name=password]`, who.Password+"\r"), chromedp.WaitReady(`.shell`))
	return tab
}

// submit opens a page, sends its form as it stands, and waits for what comes of it.
func submit(t *testing.T, tab context.Context, address, until string) {
	t.Helper()
	do(t, tab, chromedp.Navigate(address), chromedp.Click(`.body .form-foot .btn-primary`), chromedp.WaitReady(until))
}
