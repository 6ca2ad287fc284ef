package web_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"mandorla/internal/app"
	"mandorla/internal/oauth"
	"mandorla/internal/testkit"
)

// askedURL is an authorization request of the client as an app makes it; change bends it.
func askedURL(s *testkit.Server, c oauth.Client, change func(url.Values)) string {
	q := url.Values{
		"response_type": {"code"}, "client_id": {c.ID}, "redirect_uri": {c.RedirectURIs[0]}, "resource": {s.URL + oauth.PathMCP},
		"code_challenge": {strings.Repeat("A", 43)}, "code_challenge_method": {"S256"}, "state": {"x"},
	}
	change(q)
	return "/oauth/authorize?" + q.Encode()
}

// Each way in which a try fails is told to the administrator in words that say what to do, and goes away once it works.
func TestSetupSaysWhatWentWrong(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	ada, carly := newBrowser(t, s.URL).signIn(person(t, "Ada")), newBrowser(t, s.URL).signIn(person(t, "Carly"))
	setup := "/apps/" + s.Client.ID + "/setup"
	if p := ada.get(setup).want(t, http.StatusOK, "Add this server to", "Waiting").not(t, "Seen"); !strings.Contains(p.body, `value="`+s.URL+`/v1/mcp"`) || !strings.Contains(p.body, `value="`+s.Client.ID+`"`) {
		t.Error("the address and the client ID are not there to copy")
	}

	for name, c := range map[string]struct {
		bend func(url.Values)
		says string
	}{
		"redirect":    {func(q url.Values) { q.Set("redirect_uri", "https://other.example/callback") }, "asked to be answered at https://other.example/callback, which is not among"},
		"no redirect": {func(q url.Values) { q.Del("redirect_uri") }, "The app did not say where to answer"},
		"scope":       {func(q url.Values) { q.Set("scope", "everything") }, "“everything”"},
		"resource":    {func(q url.Values) { q.Set("resource", "https://elsewhere.example/mcp") }, "The address to paste is " + s.URL + "/v1/mcp."},
		"no PKCE":     {func(q url.Values) { q.Del("code_challenge") }, "does not use PKCE"},
	} {
		carly.get(askedURL(s, s.Client, c.bend))
		if p := ada.get(setup); !strings.Contains(p.text(), c.says) {
			t.Errorf("%s: the set-up does not say %q", name, c.says)
		}
	}
	for secret, says := range map[string]string{"sk_wrong": "The secret in the app is not right", "": "The app sent no secret"} {
		res, err := http.PostForm(s.URL+"/oauth/token", url.Values{"grant_type": {"authorization_code"}, "code": {"ac_x"}, "client_id": {s.Client.ID}, "client_secret": {secret}})
		if err != nil || res.StatusCode != http.StatusUnauthorized {
			t.Fatal(res, err)
		}
		res.Body.Close()
		ada.get(setup).want(t, http.StatusOK, says)
	}
	res, err := http.PostForm(s.URL+"/oauth/token", url.Values{
		"grant_type": {"authorization_code"}, "code": {"ac_" + strings.Repeat("x", 86)}, "client_id": {s.Client.ID}, "client_secret": {s.Secret},
	})
	if err != nil || res.StatusCode != http.StatusBadRequest {
		t.Fatal(res, err)
	}
	res.Body.Close()
	ada.get(setup).want(t, http.StatusOK, "The app could not fetch its tokens", "the code is not known")

	if got := carly.get(setup).status; got != http.StatusNotFound && got != http.StatusForbidden {
		t.Errorf("somebody who manages no clients is answered %d", got)
	}
	s.Connect(t, person(t, "Carly"))
	ada.get(setup).want(t, http.StatusOK, "Seen").not(t, "could not fetch")
	carly.get(askedURL(s, s.Client, func(q url.Values) { q.Set("prompt", "none") }))
	ada.get(setup).want(t, http.StatusOK, "Seen").not(t, "cannot be granted")
}

// The steps are given anew only where something happened.
func TestSetupPolls(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	ada := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	poll := func() string {
		p := ada.get("/apps/"+s.Client.ID+"/setup").want(t, http.StatusOK)
		_, rest, _ := strings.Cut(p.body, `hx-get="`)
		address, _, _ := strings.Cut(rest, `"`)
		return strings.ReplaceAll(address, "&amp;", "&")
	}
	address := poll()
	if p := ada.get(address); p.status != http.StatusNoContent || p.body != "" {
		t.Errorf("nothing happened: %d %q", p.status, p.body)
	}
	s.Connect(t, person(t, "Carly"))
	p := ada.get(address).want(t, http.StatusOK, "Seen")
	if strings.Contains(p.body, "<html") {
		t.Error("the whole page came, not the steps")
	}
}

// In a browser, the ticks come by themselves.
func TestSetupTicksByItself(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	tab, ada := openTab(t), person(t, "Ada")
	do(t, tab, chromedp.Navigate(s.URL+"/signin"), chromedp.SendKeys(`[name=email]`, ada.Email), chromedp.SendKeys(`[name=password]`, ada.Password+"\r"), chromedp.WaitReady(`.shell`),
		chromedp.Navigate(s.URL+"/apps/"+s.Client.ID+"/setup"), chromedp.WaitReady(`#setup li:nth-child(2).is-next`))
	token := s.Connect(t, person(t, "Carly")).Access
	do(t, tab, chromedp.WaitReady(`#setup li:nth-child(4).is-done`))
	if status, isError, text := s.Call(t, token, "who_am_i", nil); status != http.StatusOK || isError {
		t.Fatal(status, text)
	}
	if err := s.OAuth.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	do(t, tab, chromedp.WaitReady(`#setup:not([hx-get]) li:nth-child(5).is-done`))
}

// An administrator sees who called what through a client, and can look at one person's calls.
func TestAppActivity(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	ada := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	activity := "/apps/" + s.Client.ID + "/activity"
	ada.get(activity).want(t, http.StatusOK, "No calls")
	carly, marcus := person(t, "Carly"), person(t, "Marcus")
	for who, tool := range map[string]string{s.Connect(t, carly).Access: "who_am_i", s.Connect(t, marcus).Access: "list_models"} {
		s.Call(t, who, tool, nil)
	}
	s.Call(t, s.Connect(t, marcus).Access, "get_record", map[string]any{"model": "Company", "id": strings.Repeat("0", 24)})
	ada.get(activity).want(t, http.StatusOK, "who_am_i", "list_models", "get_record", carly.Name(), marcus.Name(), "Not found")
	id := s.Person(t, carly).Person
	ada.get(activity+"?person="+id).want(t, http.StatusOK, "who_am_i", "Show everybody").not(t, "list_models")
	ada.get(activity+"?outcome=failed").want(t, http.StatusOK, "get_record").not(t, "who_am_i")
	newBrowser(t, s.URL).signIn(carly).get(activity).not(t, "who_am_i")
}

// The administrator decides whether the old secret dies at once or later.
func TestSecretOverlap(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	ada := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	path := "/apps/" + s.Client.ID
	token := s.Connect(t, person(t, "Carly")).Access
	works := func() bool { status, _, _ := s.Call(t, token, "who_am_i", nil); return status == http.StatusOK }
	form := ada.get(path).want(t, http.StatusOK, "When the old secret stops working").form(t, path+"/secret")
	form.Set("overlap", "day")
	ada.follow(ada.post(path+"/secret", form).want(t, http.StatusSeeOther)).want(t, http.StatusOK, "everybody stays connected", "Shown once")
	if !works() {
		t.Error("the connection ended although the old secret was to work on")
	}
	form.Set("overlap", "century")
	ada.post(path+"/secret", form).want(t, http.StatusUnprocessableEntity, "Choose when the old secret stops working.")
	if !works() {
		t.Error("the connection ended although nothing was regenerated")
	}
	form.Set("overlap", "")
	ada.follow(ada.post(path+"/secret", form).want(t, http.StatusSeeOther)).want(t, http.StatusOK, "no longer works")
	if works() {
		t.Error("the connection lives although the secret was to die at once")
	}
}

// not asserts that none of the texts is on the page.
func (p page) not(t *testing.T, texts ...string) page {
	t.Helper()
	for _, one := range texts {
		if strings.Contains(p.text(), one) {
			t.Errorf("the page says %q", one)
		}
	}
	return p
}

// Calls that were refused because too many came are said for a while, with the way to them; the app works on.
func TestSetupSaysThatCallsCameTooFast(t *testing.T) {
	s := testkit.StartWith(t, "sqlite", nil, app.Config{CallLimit: 3})
	ada, token := newBrowser(t, s.URL).signIn(person(t, "Ada")), s.Connect(t, person(t, "Carly")).Access
	setup := "/apps/" + s.Client.ID + "/setup"
	for range 3 {
		s.Call(t, token, "who_am_i", nil)
	}
	ada.get(setup).want(t, http.StatusOK).not(t, "came too fast")
	if status, _, _ := s.Call(t, token, "who_am_i", nil); status != http.StatusTooManyRequests {
		t.Fatal(status)
	}
	ada.get(setup).want(t, http.StatusOK, "Calls of Carly Hart came too fast", "Look at the calls")
	ada.get("/apps/"+s.Client.ID+"/activity?outcome=failed").want(t, http.StatusOK, "Carly Hart", "Rate limited")
	s.Clock.Add(10 * time.Minute)
	ada.signIn(person(t, "Ada")).get(setup).want(t, http.StatusOK).not(t, "came too fast")
}
