package web_test

import (
	"context"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"mandorla/internal/demo"
	"mandorla/internal/testkit/mailbox"
)

// snap keeps a picture of what only a walk reaches, on each screen.
func snap(t *testing.T, tab context.Context, name string) {
	t.Helper()
	if os.Getenv("MANDORLA_PICTURES") == "" {
		return
	}
	for _, screen := range screens {
		ask(t, tab, chromedp.Evaluate[any]("void (document.documentElement.dataset.theme = document.documentElement.dataset.bsTheme = '"+screen.theme+"')"))
		do(t, tab, chromedp.EmulateViewport(screen.width, screen.height))
		picture(t, tab, name+"-"+screen.name)
	}
	do(t, tab, chromedp.EmulateViewport(1280, 900))
}

// In a real browser: Ada invites Nora, who opens the link of the mail, chooses a password and is in. Later Nora forgets it, asks for a
// new one and sets it: the session and the connected app that were open before are over.
func TestPeopleWalk(t *testing.T) {
	m := startMailing(t, mailbox.Options{})
	ada := person(t, "Ada")
	admin := openTab(t)
	do(t, admin, chromedp.EmulateViewport(1280, 900), chromedp.Navigate(m.URL+"/signin"), chromedp.SendKeys(`[name=email]`, ada.Email),
		chromedp.SendKeys(`[name=password]`, ada.Password+"\r"), chromedp.WaitReady(`.shell`), chromedp.Navigate(m.URL+"/settings/people"))
	m.Clock.Add(11 * time.Minute) // the invitation asks for the password once more, on a page of its own
	do(t, admin, chromedp.Click(`a[href="/settings/people/invite"]`), chromedp.WaitReady(`[name=first]`))
	snap(t, admin, "walk-invite")
	do(t, admin, chromedp.SendKeys(`[name=email]`, "nora@people.example"), chromedp.SendKeys(`[name=first]`, "Nora"), chromedp.SendKeys(`[name=last]`, "Quist"),
		chromedp.Click(`input[name=roles][value="`+roleNamed(t, m.Server, "CSM").ID+`"]`), chromedp.SendKeys(`[name=confirm_password]`, "wrong\r"), chromedp.WaitReady(`input[type=hidden][name=first]`))
	until(t, admin, `document.querySelector("h1").textContent.includes("Confirm that it is you") && document.body.textContent.includes("This is not your password")`)
	snap(t, admin, "walk-confirm")
	do(t, admin, chromedp.SendKeys(`[name=confirm_password]`, ada.Password+"\r"), chromedp.WaitReady(`#invitations`))
	mail, invitation := m.mail(t)
	if mail.To != "nora@people.example" {
		t.Fatalf("mail to %s", mail.To)
	}
	do(t, admin, chromedp.Navigate(m.URL+"/settings/people"), chromedp.WaitReady(`#invitations`))
	until(t, admin, `document.querySelector("#invitations").textContent.includes("Sent, until")`)
	snap(t, admin, "walk-invitations")

	nora := openTab(t)
	do(t, nora, chromedp.EmulateViewport(1280, 900), chromedp.Navigate(m.URL+invitation), chromedp.WaitReady(`[name=password]`))
	until(t, nora, `location.pathname === "/invitation" && location.search === "" && document.body.textContent.includes("Ada Lindqvist invites nora@people.example")`)
	snap(t, nora, "walk-join")
	do(t, nora, chromedp.SendKeys(`[name=password]`, norasPassword+"\r"), chromedp.WaitReady(`.shell`))
	until(t, nora, `document.body.textContent.includes("You have joined") && document.body.textContent.includes("Northwind Metrics")`)
	do(t, nora, chromedp.Navigate(m.URL+"/data/companies"), chromedp.WaitReady(`.shell`))

	connected := m.Connect(t, demo.Login{Email: "nora@people.example", Password: norasPassword})
	if status, failed, text := m.Call(t, connected.Access, "who_am_i", nil); status != http.StatusOK || failed || !strings.Contains(text, "Nora") {
		t.Fatalf("%d %v %s", status, failed, text)
	}
	other := openTab(t) // on another machine
	do(t, other, chromedp.EmulateViewport(1280, 900), chromedp.Navigate(m.URL+"/signin"), chromedp.Click(`a[href="/forgot"]`), chromedp.WaitReady(`form[action="/forgot"]`))
	snap(t, other, "walk-forgot")
	do(t, other, chromedp.SendKeys(`[name=email]`, "nora@people.example\r"), chromedp.WaitReady(`.bare-head + p`))
	until(t, other, `document.body.textContent.includes("Look into your mail")`)
	snap(t, other, "walk-forgot-sent")
	_, reset := m.mail(t)
	do(t, other, chromedp.Navigate(m.URL+reset), chromedp.WaitReady(`form[action="/reset"]`))
	snap(t, other, "walk-reset")
	do(t, other, chromedp.SendKeys(`[name=password]`, "nine new words that nobody knows\r"), chromedp.WaitReady(`form[action="/signin"]`))
	until(t, other, `document.body.textContent.includes("Password set")`)

	do(t, nora, chromedp.Navigate(m.URL+"/profile"), chromedp.WaitReady(`form[action="/signin"]`))
	if status, _, _ := m.Call(t, connected.Access, "who_am_i", nil); status != http.StatusUnauthorized {
		t.Errorf("the connection answers %d", status)
	}
	do(t, other, chromedp.SendKeys(`[name=email]`, "nora@people.example"), chromedp.SendKeys(`[name=password]`, "nine new words that nobody knows\r"), chromedp.WaitReady(`.shell`))
	do(t, other, chromedp.Navigate(m.URL+reset), chromedp.WaitReady(`.problem`))
	snap(t, other, "walk-dead-link")
}
