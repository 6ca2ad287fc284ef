package web_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/chromedp/chromedp"

	"mandorla/internal/access"
	"mandorla/internal/model"
	"mandorla/internal/query"
	"mandorla/internal/testkit"
)

// choose picks an option as a person does: the change is told to the page.
func choose(t *testing.T, tab context.Context, selector, value string) {
	t.Helper()
	do(t, tab, chromedp.WaitReady(selector))
	ask(t, tab, chromedp.Evaluate[any](fmt.Sprintf(`(() => { const e = document.querySelector(%q); e.value = %q; e.dispatchEvent(new Event("change", {bubbles: true})) })()`, selector, value)))
}

// rebuild chooses in a row of the filter builder, and waits until the server has drawn the builder anew.
func rebuild(t *testing.T, tab context.Context, selector, value string) {
	t.Helper()
	do(t, tab, chromedp.WaitReady(selector))
	ask(t, tab, chromedp.Evaluate[any](`document.querySelector("#filter-builder").dataset.before = "1"`))
	choose(t, tab, selector, value)
	do(t, tab, chromedp.WaitReady(`#filter-builder:not([data-before])`))
}

// until waits for something to be true in the page.
func until(t *testing.T, tab context.Context, expression string) {
	t.Helper()
	ask(t, tab, chromedp.Poll[bool](expression))
}

// The portfolio of a role put together with scripts: operators and values come by themselves, the count follows, the save bar knows.
func TestRoleWalk(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	ada := person(t, "Ada")
	path := "/settings/roles/" + roleNamed(t, s, "CSM").ID
	tab := openTab(t)
	do(t, tab, chromedp.EmulateViewport(1280, 900), chromedp.Navigate(s.URL+"/signin"), chromedp.SendKeys(`[name=email]`, ada.Email),
		chromedp.SendKeys(`[name=password]`, ada.Password+"\r"), chromedp.WaitReady(`.shell`), chromedp.Navigate(s.URL+path))
	until(t, tab, `document.querySelector("#portfolio-reach").textContent.includes("41 companies now")`)
	until(t, tab, `getComputedStyle(document.querySelector(".portfolio-filter")).display === "none"`)
	do(t, tab, chromedp.Click(`[name=portfolio][value=full]`))
	until(t, tab, `document.querySelector("#portfolio-reach").textContent.includes("120 companies now")`)
	do(t, tab, chromedp.Click(`[name=portfolio][value=filter]`), chromedp.WaitVisible(`#filter-builder`))
	until(t, tab, `document.querySelector("#portfolio-reach").textContent.includes("not complete")`)

	rebuild(t, tab, "#f-fp-0", "arr")
	rebuild(t, tab, "#f-fo-0", "gte")
	do(t, tab, chromedp.SendKeys(`#f-fv-0`, "10000\t"))
	want := companies(t, s, s.Admin, query.Where("arr", model.Gte, 10000.0))
	until(t, tab, fmt.Sprintf(`document.querySelector("#portfolio-reach").textContent.includes(%q)`, countText(want)))

	do(t, tab, chromedp.Click(`button[value=add]`), chromedp.WaitReady(`#f-fp-1`))
	rebuild(t, tab, "#f-fp-1", "status")
	rebuild(t, tab, "#f-fo-1", "in")
	until(t, tab, `document.querySelector("#f-fv-1")?.multiple && document.querySelector("#f-fv-0").value === "10000"`)
	ask(t, tab, chromedp.Evaluate[any](`(() => { const e = document.querySelector("#f-fv-1"); for (const o of e.options) o.selected = ["coming", "customer"].includes(o.value); e.dispatchEvent(new Event("change", {bubbles: true})) })()`))
	do(t, tab, chromedp.Click(`button[value="remove.0"]`))
	until(t, tab, `!document.querySelector("#f-fp-1") && document.querySelector("#f-fp-0").value === "status" && [...document.querySelector("#f-fv-0").selectedOptions].length === 2`)
	until(t, tab, `document.querySelector("[data-savebar]").classList.contains("is-dirty") && /^\d+ changes?$/.test(document.querySelector("[data-savebar-count]").textContent)`)
	do(t, tab, chromedp.Click(`.savebar .btn-primary`), chromedp.WaitVisible(`.toast-card`))
	until(t, tab, `document.body.textContent.includes("Companies where Status is one of coming, customer")`)
	if got := roleNamed(t, s, "CSM").Portfolio; got != (access.Portfolio{Kind: access.KindFilter, Filter: `{"property":"status","op":"in","value":["coming","customer"]}`}) {
		t.Errorf("stored %+v", got)
	}

	// Choosing for whom to count is no change of the role.
	choose(t, tab, "#f-as", s.Admin.Person)
	until(t, tab, `!document.querySelector("#portfolio-reach").classList.contains("htmx-request")`)
	until(t, tab, `!document.querySelector("[data-savebar]").classList.contains("is-dirty")`)

	do(t, tab, chromedp.Click(`button[value="remove.0"]`))
	until(t, tab, `document.querySelector("#f-fp-0").value === "" && document.querySelector("[data-savebar]").classList.contains("is-dirty")`)

	// The same builder beside a table; Enter applies it. A new tab, since this one asks before it is left.
	tab = openTab(t)
	do(t, tab, chromedp.EmulateViewport(1280, 900), chromedp.Navigate(s.URL+"/signin"), chromedp.SendKeys(`[name=email]`, ada.Email),
		chromedp.SendKeys(`[name=password]`, ada.Password+"\r"), chromedp.WaitReady(`.shell`),
		chromedp.Navigate(s.URL+"/data/companies?f=status:eq:customer"), chromedp.Click(`.chips .btn`), chromedp.WaitReady(`dialog #f-fp-1`))
	rebuild(t, tab, "#f-fp-1", "owner.name")
	rebuild(t, tab, "#f-fo-1", "contains")
	do(t, tab, chromedp.WaitReady(`input#f-fv-1`), chromedp.SendKeys(`#f-fv-1`, "hart\r"))
	do(t, tab, chromedp.WaitReady(`.chips .chip:nth-of-type(2)`))
	until(t, tab, `!document.querySelector("dialog.drawer") && document.body.textContent.includes("Owner: Name contains hart") && document.body.textContent.includes("Status is customer")`)
	if status := ask(t, tab, chromedp.Evaluate[int](`performance.getEntriesByType("navigation")[0].responseStatus`)); status != http.StatusOK {
		t.Errorf("status %d", status)
	}
}
