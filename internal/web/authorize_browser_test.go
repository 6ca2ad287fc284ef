package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"mandorla/internal/access"
	"mandorla/internal/demo"
	"mandorla/internal/identity"
	"mandorla/internal/oauth"
	"mandorla/internal/record"
	"mandorla/internal/testkit"
)

// fjordTenant adds another organisation, and gives its operator.
func fjordTenant(t *testing.T, s *testkit.Server) access.Principal {
	t.Helper()
	id := s.NewID()
	if err := s.Store.CreateTenant(t.Context(), id, "Fjord Analytics", "fjord"); err != nil {
		t.Fatal(err)
	}
	op := access.Operator(id, s.Schema.Base(), 1)
	op.TenantName = "Fjord Analytics"
	return op
}

// joins makes a person of the demo an administrator of another organisation as well.
func joins(t *testing.T, s *testkit.Server, op access.Principal, login demo.Login) {
	t.Helper()
	roles, err := s.Identity.CreateDefaultRoles(t.Context(), op, s.Schema.Base(), op.Tenant)
	if err != nil {
		t.Fatal(err)
	}
	user, err := s.Gate.Create(t.Context(), op, record.Write{Model: "User", Values: map[string]any{"firstName": login.First, "lastName": login.Last, "email": login.Email}})
	if err != nil {
		t.Fatal(err)
	}
	token, err := s.Identity.SignIn(t.Context(), login.Email, login.Password, identity.From{IP: "127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	session, _, err := s.Identity.Session(t.Context(), token, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Identity.AddMember(t.Context(), op, op.Tenant, user.ID, session.Account.ID, []string{roles[identity.Administrator].ID}); err != nil {
		t.Fatal(err)
	}
}

// chromeWalk is one person at a real browser, before an app that waits for its answer on this machine.
type chromeWalk struct {
	*testkit.Server
	t       *testing.T
	tab     context.Context
	app     *httptest.Server
	answers chan url.Values
}

func newChromeWalk(t *testing.T, s *testkit.Server) *chromeWalk {
	t.Helper()
	w := &chromeWalk{Server: s, t: t, tab: openTab(t), answers: make(chan url.Values, 10)}
	w.app = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/callback" {
			rw.WriteHeader(http.StatusNoContent)
			return
		}
		w.answers <- r.URL.Query()
		fmt.Fprint(rw, `<!doctype html><title>App</title><p id="app">The app has its answer.</p>`)
	}))
	t.Cleanup(w.app.Close)
	return w
}

// open brings the browser to the authorization page; change may be nil.
func (w *chromeWalk) open(change func(url.Values)) {
	w.t.Helper()
	do(w.t, w.tab, chromedp.Navigate(w.URL+authorizeURL(w.Server, func(q url.Values) {
		q.Set("redirect_uri", w.app.URL+"/callback")
		if change != nil {
			change(q)
		}
	})), chromedp.WaitReady("body"))
}

func (w *chromeWalk) signIn(login demo.Login) {
	w.t.Helper()
	do(w.t, w.tab, chromedp.WaitVisible(`[name=email]`), chromedp.SendKeys(`[name=email]`, login.Email), chromedp.SendKeys(`[name=password]`, login.Password+"\r"))
}

func (w *chromeWalk) says(texts ...string) {
	w.t.Helper()
	for _, text := range texts {
		w.until(fmt.Sprintf(`!!document.body?.innerText.replace(/\s+/g, " ").includes(%q)`, text))
	}
}

// until waits for an expression to be true, over pages that follow one another by themselves or come back out of the browser's cache. A
// question that is put to a page in between is lost, and put again.
func (w *chromeWalk) until(expression string) {
	w.t.Helper()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for end := time.Now().Add(patience); time.Now().Before(end); <-again.C {
		if yes, err := eval[bool](w.tab, expression); err == nil && yes {
			return
		}
	}
	at, err := eval[string](w.tab, `location.href + " " + document.body?.innerText`)
	w.t.Fatalf("%s\nat %s %v", expression, at, err)
}

func eval[T any](tab context.Context, expression string) (T, error) {
	try, stop := context.WithTimeout(tab, 2*time.Second)
	defer stop()
	return chromedp.Run(try, chromedp.Evaluate[T](expression))
}

func (w *chromeWalk) press(decision string) {
	w.t.Helper()
	do(w.t, w.tab, chromedp.Click(`button[value="`+decision+`"]`))
}

// loaded waits for the page to be whole: what a script does before that takes the page's place in the history.
func (w *chromeWalk) loaded() {
	w.t.Helper()
	w.until(`performance.getEntriesByType("navigation")[0].loadEventEnd > 0`)
}

// back goes back to the authorization page. Where the browser kept the page as it was, the person presses the button once more.
func (w *chromeWalk) back(decision string) {
	w.t.Helper()
	w.loaded()
	do(w.t, w.tab, script(`history.back()`))
	w.until(`location.pathname.startsWith("/oauth/authorize/au_") && document.readyState === "complete"`)
	do(w.t, w.tab, script(`document.querySelector('button[value="`+decision+`"]')?.click()`))
}

// answer is what the app got.
func (w *chromeWalk) answer() url.Values {
	w.t.Helper()
	select {
	case q := <-w.answers:
		return q
	case <-time.After(patience):
		w.t.Fatal("the app got no answer")
		return nil
	}
}

// silent holds that the app got no more than it was asked about.
func (w *chromeWalk) silent() {
	w.t.Helper()
	select {
	case q := <-w.answers:
		w.t.Errorf("the app got %v", q)
	default:
	}
}

// The walks of the authorization page in a real browser: what a person presses, and what the app gets. Row 169: the form's policy holds
// while the page that moves on brings the answer to the app.
func TestAuthorizeInChromium(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	w := newChromeWalk(t, s)
	carly, marcus := person(t, "Carly"), person(t, "Marcus")

	t.Run("logged out, approve, back, double submit", func(t *testing.T) {
		w.t = t
		w.open(nil)
		w.signIn(carly)
		w.says("wants to work with your data", "Signed in as Carly Hart")
		// Quick presses are one answer.
		w.loaded()
		do(t, w.tab, script(`const b = document.querySelector('[value=approve]'); b.click(); setTimeout(() => b.click(), 20); setTimeout(() => b.click(), 40)`))
		w.says("The app has its answer.")
		if q := w.answer(); q.Get("code") == "" || q.Get("state") != "st" || q.Get("iss") != s.URL {
			t.Errorf("the app got %v", q)
		}
		w.back("approve")
		w.says("This request was answered already", "connected, there is nothing to do")
		w.silent()
	})
	t.Run("deny", func(t *testing.T) {
		w.t = t
		w.open(nil)
		w.press("deny")
		w.says("The app has its answer.")
		if q := w.answer(); q.Get("error") != "access_denied" || q.Has("code") {
			t.Errorf("the app got %v", q)
		}
	})
	t.Run("not you", func(t *testing.T) {
		w.t = t
		w.open(nil)
		w.says("Signed in as Carly Hart")
		do(t, w.tab, chromedp.Click(`form[action="/oauth/authorize/switch"] button`))
		w.signIn(marcus)
		w.says("Signed in as Marcus Oyelaran")
		w.press("approve")
		if q := w.answer(); q.Get("code") == "" {
			t.Errorf("the app got %v", q)
		}
		list, err := s.Store.Authorizations(t.Context(), oauth.Which{Client: s.Client.ID})
		if err != nil || len(list) != 2 || list[0].PersonName != marcus.Name() {
			t.Errorf("%+v %v", list, err)
		}
	})
	t.Run("another person's request", func(t *testing.T) {
		w.t = t
		_, theirs := opened(t, s, "Devi", nil)
		do(t, w.tab, chromedp.Navigate(s.URL+"/oauth/authorize/"+theirs.form(t, decision).Get("request")))
		w.says("This request was started in another browser", "close this page", "Reference")
		w.silent()
	})
	t.Run("signed out meanwhile", func(t *testing.T) {
		w.t = t
		w.open(nil)
		ask(t, w.tab, chromedp.Evaluate[any](`fetch("/signout", {method: "POST", headers: {"X-Csrf-Token": document.querySelector("[name=csrf]").value}}).then(() => { document.title = "out" })`))
		w.until(`document.title === "out"`)
		w.press("approve")
		do(t, w.tab, chromedp.WaitVisible(`[name=email]`))
		w.silent()
	})
	t.Run("expired", func(t *testing.T) {
		w.t = t
		w.signIn(carly)
		do(t, w.tab, chromedp.WaitReady(`.shell`))
		w.open(nil)
		w.says("Signed in as Carly Hart")
		s.Clock.Add(10*time.Minute + time.Second)
		w.press("approve")
		w.says("This request has expired", "Connect again from the app")
		w.silent()
	})
}

// A dynamic client by keyboard alone, and on a phone; and a person of two organisations.
func TestAuthorizeChoicesInChromium(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	w := newChromeWalk(t, s)
	carly := person(t, "Carly")
	t.Run("dynamic by keyboard", func(t *testing.T) {
		w.t = t
		c, err := s.OAuth.SetClientReach(t.Context(), s.Super(t), s.Client.ID, s.Client.Version, true, false)
		if err != nil {
			t.Fatal(err)
		}
		w.open(nil)
		dress(t, w.tab, screens[2])
		w.signIn(carly)
		w.says("Choose what it may do")
		w.until(`document.readyState === "complete"`)
		press := func(name string, want bool) {
			t.Helper()
			do(t, w.tab, script(fmt.Sprintf(`document.getElementsByName(%q)[0].focus()`, name)), chromedp.KeyEvent(" "))
			until(t, w.tab, fmt.Sprintf(`document.getElementsByName(%q)[0].checked === %v`, name, want))
		}
		for _, m := range s.Schema.Base().Models() {
			if m.Name != "Company" {
				press("p."+m.Name+".view", false)
			}
		}
		press("p.Company.update", true)
		if wide := ask(t, w.tab, chromedp.Evaluate[int64]("document.documentElement.scrollWidth")); wide > 390 {
			t.Errorf("%d pixels wide", wide)
		}
		do(t, w.tab, script(`document.querySelector("button[value=approve]").focus()`), chromedp.KeyEvent(kb.Enter))
		if q := w.answer(); q.Get("code") == "" {
			t.Errorf("the app got %v", q)
		}
		list, err := s.Store.Authorizations(t.Context(), oauth.Which{Client: c.ID})
		if err != nil || len(list) != 1 || !strings.Contains(list[0].SetText, `"update"`) || strings.Contains(list[0].SetText, "Task") {
			t.Errorf("%+v %v", list, err)
		}
	})
	t.Run("several organisations", func(t *testing.T) {
		w.t = t
		c, err := s.OAuth.Client(t.Context(), s.Tenant, s.Client.ID)
		if err == nil {
			_, err = s.OAuth.SetClientReach(t.Context(), s.Super(t), c.ID, c.Version, false, true)
		}
		if err != nil {
			t.Fatal(err)
		}
		fjord := fjordTenant(t, s)
		joins(t, s, fjord, carly)
		w.open(nil)
		w.says("Carly Hart · Northwind Metrics", "Work in")
		do(t, w.tab, chromedp.Focus(`#tenant`), chromedp.SendKeys(`#tenant`, "Fjord"), chromedp.Click(`form[action="/oauth/authorize/tenant"] button`))
		w.says("Carly Hart · Fjord Analytics")
		w.press("approve")
		if q := w.answer(); q.Get("code") == "" {
			t.Errorf("the app got %v", q)
		}
		list, err := s.Store.Authorizations(t.Context(), oauth.Which{Client: s.Client.ID, Tenant: fjord.Tenant})
		if err != nil || len(list) != 1 {
			t.Errorf("%+v %v", list, err)
		}
	})
}

func script(text string) chromedp.Action[chromedp.Void] {
	return chromedp.Evaluate[chromedp.Void]("void (() => {" + text + "})()")
}
