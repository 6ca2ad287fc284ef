package web_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"mandorla/internal/testkit"
)

// An administrator starts from a connection's row, looks around and stops, in a real browser, wide and narrow. The bar stays in sight.
// With MANDORLA_PICTURES=<folder> the pictures are kept there. axe-core finds nothing on what is new.
func TestViewAsWalk(t *testing.T) {
	axe, err := os.ReadFile("assets/node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("axe-core is not installed, run make assets: %v", err)
	}
	s := testkit.Start(t, "sqlite")
	s.Connect(t, person(t, "Carly"))
	ada, tab := person(t, "Ada"), openTab(t)
	do(t, tab, chromedp.Navigate(s.URL+"/signin"), chromedp.SendKeys(`[name=email]`, ada.Email), chromedp.SendKeys(`[name=password]`, ada.Password+"\r"), chromedp.WaitReady(`.shell`))
	for _, screen := range screensOf("view-as") {
		dress(t, tab, screen)
		look := func(name, path, has string) {
			t.Helper()
			take(t, tab, s.URL+path, shot{"view-as-" + name, "Ada", path, has}, screen)
			accessible(t, tab, string(axe), name+" "+screen.name)
		}
		look("form", "/settings/view-as", "exactly as somebody")
		look("connections", "/apps/"+s.Client.ID+"/connections", "View as")
		click(t, tab, `form[action*="view-as"] button`, `#tool-list_records`)
		look("tools", "/tools", "Viewing as Carly Hart through Claude Connector · read-only")
		do(t, tab, chromedp.Click(`#tool-list_records > summary`), chromedp.Click(`#tool-list_records details > summary`), chromedp.WaitReady(`#tool-list_records details[open]`))
		stays(t, tab, "tools "+screen.name)
		picture(t, tab, "view-as-tools-open-"+screen.name)
		accessible(t, tab, string(axe), "an open tool "+screen.name)
		look("home", "/", "Within your reach")
		look("data", "/data/companies", "Viewing as Carly Hart")
		stays(t, tab, "data "+screen.name)
		do(t, tab, chromedp.Evaluate[chromedp.Void](`scrollTo(0, 0); document.querySelector(".table-block thead a").click()`))
		do(t, tab, chromedp.WaitReady(`.marker + .frame th[aria-sort="descending"]`)) // a part of the page, by htmx
		look("barred", "/profile", "Stop viewing as Carly Hart first")
		click(t, tab, `.marker form button`, `.shell:not(:has(.marker))`)
	}
}

// click presses something and waits for what it leads to.
func click(t *testing.T, tab context.Context, what, leads string) {
	t.Helper()
	do(t, tab, chromedp.Click(what), chromedp.WaitReady(leads))
}

// stays holds that the bar is at the top of the screen wherever one has scrolled to, and that nothing of it is cut off.
func stays(t *testing.T, tab context.Context, where string) {
	t.Helper()
	got := ask(t, tab, chromedp.Evaluate[string](`(() => {
		scrollTo({top: document.documentElement.scrollHeight, behavior: "instant"});
		const bar = document.querySelector(".marker"), box = bar.getBoundingClientRect(), button = bar.querySelector("button").getBoundingClientRect();
		const problems = [];
		if (box.top !== 0) problems.push("the bar is at " + box.top);
		if (button.right > innerWidth || button.bottom > box.bottom || button.top < 0) problems.push("the button is cut off");
		if (innerWidth < 768 && button.height < 44) problems.push("the button is " + button.height + " high");
		if (document.elementFromPoint(button.left + 8, button.top + 8)?.closest("button") === null) problems.push("something covers the button");
		const side = document.querySelector(".side").getBoundingClientRect();
		if (side.width > 0 && Math.abs(side.top - box.bottom) > 1) problems.push("the bar ends at " + box.bottom + ", the sidebar starts at " + side.top);
		return problems.join("; ");
	})()`))
	if got != "" {
		t.Errorf("%s: %s", where, got)
	}
}

func accessible(t *testing.T, tab context.Context, axe, where string) {
	t.Helper()
	do(t, tab, chromedp.Evaluate[chromedp.Void](axe))
	found := ask(t, tab, chromedp.Evaluate[string](`axe.run({resultTypes: ["violations"]}).then(r =>
		r.violations.map(v => v.id + ": " + v.help + "\n\t" + v.nodes.map(n => n.html.slice(0, 160)).join("\n\t")).join("\n"))`, chromedp.EvalAwaitPromise))
	if strings.TrimSpace(found) != "" {
		t.Errorf("%s: %s", where, found)
	}
}
