package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"mandorla/internal/access"
	"mandorla/internal/testkit"
)

// A new administrator's first task, by hand in a real browser: CSMs may see and edit their own companies but not arr, Claude may only
// read companies and end users. Then explain tells of each thing outside why it is refused, and by whom.
func TestNewAdministratorsFirstTask(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	ada, csm := person(t, "Ada"), roleNamed(t, s, "CSM")
	begin := time.Now()
	tab := openTab(t)
	do(t, tab, chromedp.EmulateViewport(1280, 900), chromedp.Navigate(s.URL+"/signin"), chromedp.SendKeys(`[name=email]`, ada.Email),
		chromedp.SendKeys(`[name=password]`, ada.Password+"\r"), chromedp.WaitReady(`.shell`))

	// The role: its portfolio, then one property in the drawer.
	do(t, tab, chromedp.Navigate(s.URL+"/settings/roles/"+csm.ID), chromedp.Click(`[name=portfolio][value=mine]`),
		chromedp.Click(`.matrix-row[data-model="Company"] summary`), chromedp.WaitVisible(`dialog.matrix-drawer`),
		chromedp.SendKeys(`[data-matrix-drawer-search]`, "arr"), chromedp.WaitVisible(`dialog [name="pv.Company.co26"]`),
		chromedp.Click(`dialog [name="pv.Company.co26"]`), chromedp.Click(`dialog [name="pu.Company.co26"]`))
	do(t, tab, chromedp.KeyEvent("\x1b"), chromedp.WaitNotVisible(`dialog.matrix-drawer`))
	until(t, tab, `document.querySelector("[data-matrix-words]").textContent.includes("ARR")`)
	do(t, tab, chromedp.Click(`.savebar .btn-primary`), chromedp.WaitVisible(`.toast-card`))

	// The client: nothing, then two boxes.
	do(t, tab, chromedp.Navigate(s.URL+"/apps/"+s.Client.ID+"/permissions"), chromedp.WaitReady(`.matrix-menus summary`),
		chromedp.Click(`.matrix-menus summary`), chromedp.Click(`.matrix-menus a[href$="preset=none"]`))
	until(t, tab, `document.querySelector("[data-matrix-words]").textContent.includes("May do nothing")`)
	do(t, tab, chromedp.Click(`[name="p.Company.view"]`), chromedp.Click(`[name="p.End User.view"]`))
	until(t, tab, `document.querySelector("[data-matrix-words]").textContent.includes("May view Company and End user")`)
	do(t, tab, chromedp.Click(`.savebar .btn-primary`), chromedp.WaitVisible(`.toast-card`))
	if took := time.Since(begin); took > 2*time.Minute {
		t.Errorf("it took %s", took)
	}

	client, err := s.OAuth.Client(t.Context(), s.Tenant, s.Client.ID)
	if err != nil || len(client.Set) != 2 || client.Set["Company"].Actions != access.View || client.Set["End User"].Actions != access.View {
		t.Fatalf("client %+v, %v", client.Set, err)
	}
	role := roleNamed(t, s, "CSM")
	if p := role.Set["Company"]; role.Portfolio != access.MyPortfolio || p.View.Has("co26") || p.Update.Has("co26") || !p.View.Has("co02") || !p.Update.Has("co02") {
		t.Fatalf("role %+v", role)
	}

	// Why not? Each answer names the side that decides.
	s.Connect(t, person(t, "Carly"))
	browser := newBrowser(t, s.URL).signIn(ada)
	for question, want := range map[string][]string{
		"can Carly view arr of Brightwater Energy":                   {"Role CSM"},
		"can Carly update name of Brightwater Energy":                {"Yes"},
		"can Carly through Claude update name of Brightwater Energy": {"App Claude Connector", "allows view on companies, but not update"},
		"can Carly through Claude view assets":                       {"App Claude Connector"},
		"can Carly through Claude view end users":                    {"Yes"},
		"can Sofia update Brightwater Energy":                        {"Portfolio of CSM", "is only my portfolio"},
		"can Carly export companies":                                 {"Role CSM"},
		"can Carly through Claude view arr of Brightwater Energy":    {"Role CSM"},
		"can Carly through Claude remove Brightwater Energy":         {"Role CSM", "App Claude Connector"},
		"can Marcus through Claude create companies":                 {"App Claude Connector"},
	} {
		page := browser.get("/settings/explain?" + url.Values{"q": {question + "?"}}.Encode())
		page.want(t, http.StatusOK, want...)
		if fmt.Sprint(want) != "[Yes]" {
			page.want(t, http.StatusOK, "No,", "What would have to change")
		}
	}
}
