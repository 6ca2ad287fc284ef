package kit

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const (
	words  = `document.querySelector("#matrix [data-matrix-words]").textContent`
	change = `document.querySelector("[data-savebar-count]").textContent`
	drawer = `document.querySelector("#matrix dialog.matrix-drawer")`
)

func script(text string) chromedp.Action[chromedp.Void] {
	return chromedp.Evaluate[chromedp.Void]("void (() => {" + text + "})()")
}

// checked says whether the box of this name is ticked.
func checked(name string) string {
	return fmt.Sprintf(`document.getElementsByName("%s")[0].checked`, name)
}

func sent(name string) string {
	return fmt.Sprintf(`(new FormData(document.getElementById("m")).get("%s") === "on")`, name)
}

func TestMatrixDrawer(t *testing.T) {
	ctx, origin := browser(t)
	company := `#matrix .matrix-row[data-model="Company"] summary`
	run(t, ctx, "opens", []string{
		drawer + `.matches(":modal")`, `location.hash === "#props=Company"`, drawer + `.querySelector("h2").textContent === "Properties of Company"`,
		drawer + `.querySelector("[data-matrix-drawer-sum]").textContent === "48 of 49 may be viewed, 25 of 48 updated"`,
		`document.activeElement.matches("[data-matrix-drawer-search]")`, drawer + `.querySelectorAll("tr[data-prop]").length === 49`,
		drawer + `.querySelector('[data-matrix-props="View"] .tri').dataset.state === "some"`,
	}, chromedp.Navigate(origin+"/matrix"), chromedp.Click(company))
	axe(t, ctx, "the drawer")
	run(t, ctx, "search and all", []string{
		drawer + `.querySelectorAll("tr[data-prop]:not([hidden])").length === 7`, checked("pv.Company.p02"), checked("pu.Company.p30"), "!" + checked("pa.Company.update"),
		sent("pv.Company.p02"), change + ` === "1 change"`,
	}, chromedp.SendKeys(`[data-matrix-drawer-search]`, "arr"), chromedp.Click(`[data-matrix-all="on"]`))
	run(t, ctx, "none of those shown", []string{"!" + checked("pv.Company.p02"), "!" + checked("pv.Company.p09"), checked("pv.Company.p00"), "!" + sent("pv.Company.p09")},
		chromedp.Click(`[data-matrix-all=""]`))
	run(t, ctx, "only what is on", []string{drawer + `.querySelectorAll("tr[data-prop]:not([hidden])").length === 0`, `!document.querySelector("[data-matrix-drawer-none]").hidden`},
		chromedp.Click(`[data-matrix-drawer-only]`))
	run(t, ctx, "a head", []string{checked("pv.Company.p02"), drawer + `.querySelector('[data-matrix-props="View"]').getAttribute("aria-pressed") === "true"`},
		chromedp.Click(`[data-matrix-drawer-only]`), script(`const s = document.querySelector("[data-matrix-drawer-search]"); s.value = ""; s.dispatchEvent(new Event("input", {bubbles: true}))`),
		chromedp.Click(`dialog [data-matrix-props="View"]`))
	run(t, ctx, "arrows", []string{`document.activeElement.name === "pu.Company.p01"`},
		chromedp.Focus(`[name="pv.Company.p00"]`), chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.ArrowRight))
	run(t, ctx, "closes", []string{
		"!" + drawer + ".open", `location.hash === ""`, `document.activeElement.matches('.matrix-row[data-model="Company"] summary')`, sent("pv.Company.p02"),
		`document.querySelector('.matrix-row[data-model="Company"] [data-matrix-sum]').textContent === "all"`,
		`document.querySelectorAll('#matrix .matrix-row[data-model="Company"] details tr[data-prop]').length === 49`,
	}, chromedp.KeyEvent(kb.Escape))
	run(t, ctx, "the address opens it, going back closes it", []string{drawer + ".open", drawer + `.querySelector("h2").textContent === "Properties of End user"`},
		script(`location.hash = "#props=Enduser"`))
	run(t, ctx, "back", []string{"!" + drawer + ".open", `location.hash === ""`}, script(`history.back()`))
	run(t, ctx, "nonsense in the address", []string{"!" + drawer + ".open"}, script(`location.hash = "#props=%E0%A4%A"`))
	run(t, ctx, "loaded with it", []string{drawer + ".open", drawer + `.querySelector("h2").textContent === "Properties of Task"`},
		script(`document.querySelector("a[data-discard]").click()`), chromedp.WaitReady(`.savebar:not(.is-dirty)`), chromedp.Navigate("about:blank"), chromedp.Navigate(origin+"/matrix#props=Task"))
	run(t, ctx, "closed without a page before it", []string{"!" + drawer + ".open", `location.pathname === "/matrix" && location.hash === ""`}, chromedp.KeyEvent(kb.Escape))
}

func TestMatrixTools(t *testing.T) {
	ctx, origin := browser(t)
	guarded := `!window.dispatchEvent(new Event("beforeunload", {cancelable: true}))`
	run(t, ctx, "the first tick takes the properties along", []string{
		checked("pv.Asset.p00"), checked("pv.Asset.p02"), checked("pa.Asset.view"), change + ` === "1 change"`, guarded,
		words + `.includes("view End user (all properties but ARR) and Asset")`,
	}, chromedp.Navigate(origin+"/matrix"), script(`for (const b of document.querySelectorAll('[name^="pv.Asset."], [name="pa.Asset.view"]')) { b.checked = false; b.defaultChecked = false }`),
		chromedp.Click(`[name="p.Asset.view"]`))
	run(t, ctx, "but not once they were chosen", []string{"!" + checked("pv.Asset.p00"), words + `.includes("Asset (no property)")`},
		chromedp.Click(`#matrix .matrix-row[data-model="Asset"] summary`), chromedp.Click(`[data-matrix-all=""]`))
	run(t, ctx, "a preset in place", []string{
		checked("p.Company.view"), "!" + checked("p.Company.create"), checked("pv.Company.p02"), checked("pa.Company.view"), checked("pu.Company.p00"), "!" + checked("pu.Company.p02"),
		checked("p.Role.view"), "!" + checked("p.Task.view"), `window.same === 1`, guarded, `!document.querySelector(".matrix-menus details").open`,
		words + ` === "May view and update Company (update 1 of 48 properties). Nothing may be created, removed or exported. Platform: view Role."`,
	}, chromedp.KeyEvent(kb.Escape), script(`window.same = 1; const m = document.querySelector("#matrix .matrix-menus details"); m.open = true; m.querySelector("[data-matrix-apply]").click()`))
	run(t, ctx, "discard", []string{`window.same === undefined`, checked("p.Task.view"), `!document.querySelector(".savebar").classList.contains("is-dirty")`, "!(" + guarded + ")"},
		script(`document.querySelector("a[data-discard]").click()`), chromedp.WaitReady(`.savebar:not(.is-dirty)`))
	run(t, ctx, "a row's head", []string{checked("p.OAuthClient.remove"), `document.getElementsByName("p.OAuthClient.export").length === 0`, "!" + checked("p.Conversation.remove"),
		`document.querySelector('[data-matrix-row="OAuthClient"]').getAttribute("aria-pressed") === "true"`}, script(`document.querySelector('[data-matrix-row="OAuthClient"]').click()`))
	run(t, ctx, "arrows reach the heads and pass what is missing", []string{`document.activeElement.dataset.matrixColumn === "Export"`},
		chromedp.Focus(`[name="p.Task.export"]`), chromedp.KeyEvent(kb.ArrowUp), chromedp.KeyEvent(kb.ArrowUp), chromedp.KeyEvent(kb.ArrowUp), chromedp.KeyEvent(kb.ArrowUp), chromedp.KeyEvent(kb.ArrowUp))
	run(t, ctx, "to the row's head", []string{`document.activeElement.dataset.matrixRow === "Role"`},
		chromedp.Focus(`[name="p.Role.view"]`), chromedp.KeyEvent(kb.ArrowLeft))
	run(t, ctx, "enter saves nothing", []string{`location.pathname === "/matrix" && window.submits === 0`},
		script(`window.submits = 0; document.getElementById("m").addEventListener("submit", (e) => { e.preventDefault(); window.submits++ })`), chromedp.Focus(`[name="p.Role.view"]`), chromedp.KeyEvent(kb.Enter))
	run(t, ctx, "search for a property", []string{
		`[...document.querySelectorAll("#matrix .matrix-row:not([hidden])")].map(r => r.dataset.model).join() === "Company,Enduser"`,
		`document.querySelector('.matrix-row[data-model="Enduser"] [data-matrix-sum]').textContent === "1 found"`, `document.querySelector('[data-matrix-group="Platform"]').hidden`,
	}, chromedp.SendKeys(`#matrix [data-matrix-search]`, "phase 10"))
	run(t, ctx, "and on in the drawer", []string{drawer + `.querySelectorAll("tr[data-prop]:not([hidden])").length === 1`}, chromedp.Click(`#matrix .matrix-row[data-model="Enduser"] summary`))
	run(t, ctx, "only what is on", []string{`[...document.querySelectorAll("#matrix .matrix-row:not([hidden])")].every(r => r.dataset.model !== "Asset")`, `!document.querySelector('[data-matrix-group="Platform"]').hidden`},
		chromedp.KeyEvent(kb.Escape), script(`const s = document.querySelector("#matrix [data-matrix-search]"); s.value = ""; s.dispatchEvent(new Event("input", {bubbles: true}))`), script(`document.querySelector("#matrix [data-matrix-only]").click()`))
	run(t, ctx, "a change withdraws what the button confirms", []string{`window.at === ""`, `document.querySelector("[name=confirmed]").value !== ""`},
		script(`document.getElementsByName("p.Company.export")[0].click(); window.at = document.querySelector("[name=confirmed]").value`))
}

// The sentence is made twice, here and in matrix.js: both say the same of whatever is ticked.
func TestMatrixWordsAgree(t *testing.T) {
	ctx, origin := browser(t)
	if err := chromedp.Do(ctx, chromedp.Navigate(origin+"/matrix")); err != nil {
		t.Fatal(err)
	}
	for round := range 60 {
		said, ticked := shuffle(t, ctx, round)
		m := galleryMatrix(false)
		for i := range m.Rows {
			r := &m.Rows[i]
			for a, action := range MatrixActions {
				r.Actions[a].On = ticked["p."+r.Model+"."+strings.ToLower(action)]
			}
			for p := range r.Properties {
				r.Properties[p].View.On, r.Properties[p].Update.On = ticked["pv."+r.Model+"."+r.Properties[p].ID], ticked["pu."+r.Model+"."+r.Properties[p].ID]
			}
		}
		if want := m.Words(); said != want {
			t.Fatalf("round %d:\nscript %s\nserver %s", round, said, want)
		}
	}
}

// shuffle ticks boxes, denser or sparser by the round, and gives the sentence and what is ticked.
func shuffle(t *testing.T, ctx context.Context, round int) (said string, ticked map[string]bool) {
	t.Helper()
	out, err := chromedp.Run(ctx, chromedp.Evaluate[string](fmt.Sprintf(`(() => {
		let seed = %d + 1;
		const next = () => (seed = (seed * 16807) %% 2147483647) / 2147483647;
		const dense = [0.05, 0.5, 0.97][%[1]d %% 3], props = [0.03, 0.6, 0.99, 1][%[1]d %% 4];
		const boxes = [...document.querySelectorAll("#matrix input[data-col]:not(:disabled)")];
		for (const b of boxes) b.checked = next() < (b.name.startsWith("p.") ? dense : props);
		boxes[0].dispatchEvent(new Event("change", {bubbles: true}));
		const all = [...document.querySelectorAll("#matrix input[data-col]")];
		return JSON.stringify([document.querySelector("#matrix [data-matrix-words]").textContent, Object.fromEntries(all.map(b => [b.name, b.checked]))]);
	})()`, round)))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(out), &[]any{&said, &ticked}); err != nil {
		t.Fatal(err)
	}
	return said, ticked
}
