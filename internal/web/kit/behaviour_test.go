package kit

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"mandorla/internal/web/assets"
)

// browser opens the gallery in Chromium. Whatever the browser refuses (the
// policy) or throws (a script) fails the test.
func browser(t *testing.T) (ctx context.Context, origin string) {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil || !assets.Built() {
		if os.Getenv("CI") != "" {
			t.Fatalf("chromium and built assets are needed: %v, built %v", err, assets.Built())
		}
		t.Fatal("needs Chromium and built assets: make tools assets")
	}
	k := galleryKit(t)
	mux := http.NewServeMux()
	mux.Handle(assets.Prefix, assets.Handler())
	for name, s := range gallery() {
		mux.HandleFunc("GET /"+name, func(w http.ResponseWriter, r *http.Request) {
			s := s
			if r.Header.Get("Accept") == "application/json" { // a preset, for scripts
				w.Header().Set("Content-Type", "application/json")
				fmt.Fprint(w, `{"Company":{"actions":["view","update"],"view":"all","update":["p00"]},"Role":{"actions":["view"]}}`)
				return
			}
			s.page.Theme = Theme(r.URL.Query().Get("theme"))
			if err := k.Render(w, http.StatusOK, s.page, s.name, s.body); err != nil {
				t.Error(err)
			}
		})
	}
	mux.HandleFunc("GET /check", func(w http.ResponseWriter, r *http.Request) {
		var lines []CheckedLine
		for line := range strings.Lines(r.URL.Query().Get("text")) {
			lines = append(lines, CheckedLine{Line: strings.TrimSpace(line), Text: "<b>as the server says", Good: !strings.Contains(line, "example.com")})
		}
		if err := k.Fragment(w, http.StatusOK, Page{}, "problem", "checks", lines); err != nil {
			t.Error(err)
		}
	})
	mux.HandleFunc("POST /preview", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "token %s, export %q", r.Header.Get(CSRFHeader), r.PostFormValue("p.Company.export"))
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("force-prefers-reduced-motion", true), chromedp.WindowSize(1280, 900))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	err = chromedp.Listen(ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			t.Errorf("script: %s", e.ExceptionDetails.Text)
		case *log.EventEntryAdded:
			if e.Entry.Level == log.EntryLevelError && !strings.Contains(e.Entry.Text, "beforeunload") {
				t.Errorf("browser: %s %s", e.Entry.Text, e.Entry.URL)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return ctx, server.URL
}

// run does the actions, then checks that each expression is true in the page.
func run(t *testing.T, ctx context.Context, step string, truths []string, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, actions...); err != nil {
		t.Fatalf("%s: %v", step, err)
	}
	for _, truth := range truths {
		poll := chromedp.Poll[chromedp.Void](truth, chromedp.WithPollingTimeout(4*time.Second))
		_, err := chromedp.Run(ctx, poll)
		if err != nil && strings.Contains(err.Error(), "context") { // the page was left meanwhile: ask the next one
			_, err = chromedp.Run(ctx, poll)
		}
		if err != nil {
			t.Errorf("%s: not true: %s (%v)", step, truth, err)
		}
	}
}

func TestBehaviour(t *testing.T) {
	ctx, origin := browser(t)
	all := `document.querySelectorAll('.matrix:not(.matrix-read) .matrix-boxes input[data-col="export"]:not(:disabled)')`
	box := `input[name="p.Company.export"]`
	run(t, ctx, "matrix opens", []string{
		`document.documentElement.classList.contains("js")`,
		`!document.querySelector(".savebar").classList.contains("is-dirty")`,
		`document.querySelector('[data-matrix-column="View"] .tri').dataset.state === "some"`,
	}, chromedp.Navigate(origin+"/matrix"))
	run(t, ctx, "one box", []string{
		`document.querySelector("[data-savebar-count]").textContent === "1 change"`,
		`document.querySelector("[data-matrix-words]").textContent.includes("view, create, update and export Company")`,
		`document.querySelector("[data-savebar-note]").textContent === 'token a-token, export "on"'`,
		`document.querySelector("[name=confirmed]").value === 'token a-token, export "on"'`,
	}, chromedp.Click(box))
	run(t, ctx, "column", []string{`[...` + all + `].every(b => b.checked)`, `document.querySelector('[data-matrix-column="Export"]').getAttribute("aria-pressed") === "true"`},
		chromedp.Click(`[data-matrix-column="Export"]`))
	run(t, ctx, "column again", []string{`[...` + all + `].every(b => !b.checked)`}, chromedp.Click(`[data-matrix-column="Export"]`))
	run(t, ctx, "arrows and space", []string{`document.activeElement.name === "p.Enduser.remove"`, `document.activeElement.checked`},
		chromedp.Focus(box), chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.ArrowLeft), chromedp.KeyEvent(" "))
	run(t, ctx, "search", []string{`[...document.querySelectorAll("#matrix .matrix-row:not([hidden])")].length === 1`},
		chromedp.SendKeys(`#matrix [data-matrix-search]`, "asset"))
	run(t, ctx, "palette", []string{`document.querySelector("#palette").open`, `document.querySelector("#palette [aria-selected]").textContent.trim() === "Search records for “lic”"`},
		chromedp.Evaluate[chromedp.Void](`document.querySelector("#matrix [data-matrix-search]").blur()`), chromedp.KeyEvent("k", chromedp.KeyModifiers(chromedp.ModifierCtrl)), chromedp.SendKeys(`#palette input`, "lic"))
	run(t, ctx, "palette closes", []string{`!document.querySelector("#palette").open`}, chromedp.KeyEvent(kb.Escape))
	run(t, ctx, "dark", []string{`document.documentElement.dataset.bsTheme === "dark"`, `document.cookie.includes("theme=dark")`, `getComputedStyle(document.body).backgroundColor === "rgb(18, 18, 20)"`},
		chromedp.Click(`.side .person summary`), chromedp.Click(`.side .theme-buttons [value=dark]`))
}

func TestBehaviourOfTablesAndForms(t *testing.T) {
	ctx, origin := browser(t)
	run(t, ctx, "two rows", []string{`document.querySelector("[data-selection-text]").textContent === "2 companies"`, `document.querySelector("[data-tick-all]").indeterminate`},
		chromedp.Navigate(origin+"/table"), chromedp.Click(`tbody tr:nth-child(1) .c-tick input`), chromedp.Click(`tbody tr:nth-child(2) .c-tick input`))
	run(t, ctx, "sorting replaces the table and keeps the focus", []string{`location.search === "?sort=arr"`, `document.activeElement.id === "table-sort-3"`,
		`window.same === 1`, `document.querySelectorAll("#page-head").length === 1`},
		chromedp.Evaluate[chromedp.Void](`window.same = 1`), chromedp.Focus(`#table-sort-3`), chromedp.KeyEvent(kb.Enter))
	run(t, ctx, "redirect URLs are checked", []string{`[...document.querySelectorAll(".checks li")].map(l => l.className).join() === "ok,no,ok"`,
		`document.querySelector(".checks").textContent.includes("example.com/callback: <b>as the server says")`},
		chromedp.Navigate(origin+"/form"), chromedp.WaitReady(".checks li:nth-child(3)"))
	run(t, ctx, "a preset adds a line once", []string{`document.querySelector("#f-redirects").value.split("\n").length === 3`, `!document.querySelector(".savebar").classList.contains("is-dirty")`},
		chromedp.Click(`[data-preset="f-redirects"]`))
	run(t, ctx, "copying", []string{`document.querySelector("#f-cid").parentElement.querySelector("[data-copy-label]").textContent !== "Copy"`},
		chromedp.Evaluate[chromedp.Void](`document.querySelector("#f-cid").parentElement.querySelector("button").click()`))
	run(t, ctx, "danger", []string{`!document.querySelector("[data-confirm]").checkValidity()`},
		chromedp.Evaluate[chromedp.Void](`document.querySelectorAll(".danger-more")[1].open = true`), chromedp.SendKeys(`[data-confirm]`, "Claude"))
	run(t, ctx, "danger typed", []string{`document.querySelector("[data-confirm]").checkValidity()`}, chromedp.SendKeys(`[data-confirm]`, " Connector"))
}

func TestBehaviourOfDialogs(t *testing.T) {
	ctx, origin := browser(t)
	run(t, ctx, "modal", []string{`document.querySelector("dialog#new").matches(":modal")`, `document.activeElement.name === "name"`, `scrollY === 0`}, chromedp.Navigate(origin+"/modal"))
	run(t, ctx, "modal closes", []string{`!document.querySelector("dialog#new").open`}, chromedp.KeyEvent(kb.Escape))
	run(t, ctx, "drawer", []string{`document.querySelector("dialog.drawer").matches(":modal")`}, chromedp.Navigate(origin+"/drawer?panel=1"))
	run(t, ctx, "escape leads back", []string{`location.search === ""`}, chromedp.KeyEvent(kb.Escape))
}

// TestTablerLivesWithThePolicy loads Tabler's script and opens one of its
// dropdowns; the browser fixture reports anything refused.
func TestTablerLivesWithThePolicy(t *testing.T) {
	ctx, origin := browser(t)
	run(t, ctx, "tabler", []string{`document.querySelector("#dd").classList.contains("show")`},
		chromedp.Navigate(origin+"/parts"),
		chromedp.Evaluate[chromedp.Void](`document.querySelector(".stack").insertAdjacentHTML("afterbegin",
			'<div class="dropdown"><button id="dd" class="btn" data-bs-toggle="dropdown">x</button><div class="dropdown-menu">y</div></div>')`),
		chromedp.Click("#dd"))
}
