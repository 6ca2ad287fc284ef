package web_test

import (
	"context"
	"fmt"
	"hash/crc32"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// screen is what a page is looked at on.
type screen struct {
	name          string
	width, height int64
	theme         string
}

var screens = []screen{
	{"wide-light", 1280, 800, "light"},
	{"wide-dark", 1280, 800, "dark"},
	{"phone-light", 390, 844, "light"},
	{"phone-dark", 390, 844, "dark"},
}

// screensOf gives the screens that a page is seen on: both widths and both themes, in one of the two ways to pair them, which its name
// decides, so that it stays the same when other pages come and go. All four where pictures are kept.
func screensOf(name string) []screen {
	if os.Getenv("MANDORLA_PICTURES") != "" {
		return screens
	}
	if crc32.ChecksumIEEE([]byte(name))%2 == 0 {
		return []screen{screens[0], screens[3]}
	}
	return []screen{screens[1], screens[2]}
}

func dress(t *testing.T, tab context.Context, s screen) {
	t.Helper()
	var mobile []chromedp.EmulateViewportOption
	if s.width < 768 {
		mobile = append(mobile, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	do(t, tab, chromedp.EmulateViewport(s.width, s.height, mobile...))
	ask(t, tab, chromedp.Evaluate[any](fmt.Sprintf("void (document.cookie = 'theme=%s; path=/')", s.theme)))
}

// openTab starts a browser of its own, so that who is signed in never mixes. A breach of the content policy or an error of a script
// fails the test.
func openTab(t *testing.T) context.Context {
	t.Helper()
	tab, done := chromedp.NewContext(t.Context(), chromedp.WithAllocatorOptions(chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.UserDataDir(t.TempDir()), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("hide-scrollbars", true)))
	t.Cleanup(done)
	start(t, tab)
	do(t, tab, chromedp.Navigate("about:blank"))
	messages := chromedp.Console(tab)
	listened := make(chan struct{})
	go func() {
		defer close(listened)
		for m, err := range messages {
			if err != nil {
				return
			}
			if text := m.String(); strings.Contains(text, "Content Security Policy") || m.IsException() {
				t.Errorf("console: %s", text)
			}
		}
	}()
	t.Cleanup(func() { done(); <-listened })
	return tab
}

// start starts the browser of a tab, which lives as long as the context of its first step.
func start(t *testing.T, tab context.Context) {
	t.Helper()
	if err := chromedp.Do(tab); err != nil {
		t.Fatal(err)
	}
}

const patience = 40 * time.Second

func do(t *testing.T, tab context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	for _, step := range steps {
		ask(t, tab, step)
	}
}

func ask[T any](t *testing.T, tab context.Context, a chromedp.Action[T]) T {
	t.Helper()
	limited, done := context.WithTimeoutCause(tab, patience, fmt.Errorf("the browser did not answer in %s", patience))
	defer done()
	out, err := chromedp.Run(limited, a)
	if cause := context.Cause(limited); err != nil && cause != nil {
		t.Fatalf("%v\n%s", cause, shown(tab))
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// shown is what a tab shows when a step in it did not end: its address and how its text begins.
func shown(tab context.Context) string {
	limited, done := context.WithTimeout(tab, 5*time.Second)
	defer done()
	text, err := chromedp.Run(limited, chromedp.Evaluate[string](`location.href + "\n" + document.body.innerText.slice(0, 2000)`))
	if err != nil {
		return fmt.Sprintf("and not what it shows either: %v", err)
	}
	return text
}

// take opens a page and looks at it.
func take(t *testing.T, tab context.Context, address string, shot shot, screen screen) {
	t.Helper()
	do(t, tab, chromedp.Navigate(address))
	hold(t, tab, shot, screen)
}

// hold holds what every page keeps on a screen, of the page that is open.
func hold(t *testing.T, tab context.Context, shot shot, screen screen) {
	t.Helper()
	page := ask(t, tab, chromedp.Evaluate[struct {
		Text   string
		Width  int64
		Status int
	}](`(() => {
		const main = document.querySelector(".main") ?? document.body; // clips what is too wide, so that the page itself is not
		const bars = [...main.querySelectorAll(".savebar")]; // whose line is drawn beyond the screen on purpose
		for (const bar of bars) bar.style.overflowX = "clip";
		const width = Math.max(document.documentElement.scrollWidth, Math.ceil(main.getBoundingClientRect().left) + main.scrollWidth);
		for (const bar of bars) bar.style.overflowX = "";
		return {text: document.body.textContent, width, status: performance.getEntriesByType("navigation")[0].responseStatus};
	})()`))
	if page.Status >= http.StatusInternalServerError {
		t.Errorf("%s: status %d", shot.name, page.Status)
	}
	if !strings.Contains(strings.Join(strings.Fields(page.Text), " "), shot.has) {
		t.Errorf("%s does not say %q:\n%s", shot.name, shot.has, page.Text)
	}
	if page.Width > screen.width {
		t.Errorf("%s: %d pixels wide on a screen of %d", shot.name, page.Width, screen.width)
	}
	for _, fault := range ask(t, tab, chromedp.Evaluate[[]string](looks)) {
		t.Errorf("%s on %s: %s", shot.name, screen.name, fault)
	}
	picture(t, tab, shot.name+"-"+screen.name)
}

// looks measures what a page looks like, and gives a sentence for each thing that is wrong: a circle or box that is not beside the
// first line of its label, choices that stand closer than they are apart inside, a tab that is open and out of sight, columns in
// another order than they are read in, a label of something folded that is not drawn as ours are, a button too low for a finger on a phone.
const looks = `(() => {
	const wrong = [];
	const shown = (e) => e.checkVisibility({visibilityProperty: true}) && !e.closest(".sr");
	const lines = (e) => { const r = document.createRange(); r.selectNodeContents(e); return [...r.getClientRects()].filter((b) => b.width && b.height); };
	for (const tick of [...document.querySelectorAll(".tick")].filter(shown)) {
		const box = tick.querySelector("input").getBoundingClientRect();
		const first = lines(tick.querySelector("span"))[0];
		const off = Math.abs(box.top + box.bottom - first.top - first.bottom) / 2;
		if (off > 3) wrong.push("the box of “" + tick.textContent.trim().slice(0, 40) + "” is " + off + " pixels from its first line");
		const next = tick.nextElementSibling;
		if (!next?.matches(".tick") || !shown(next)) continue;
		const last = Math.max(...lines(tick).map((b) => b.bottom));
		const gap = Math.min(...lines(next).map((b) => b.top)) - last;
		if (gap < 8 && next.getBoundingClientRect().left === tick.getBoundingClientRect().left) wrong.push("only " + gap + " pixels below “" + tick.textContent.trim().slice(0, 40) + "”");
	}
	for (const tab of [...document.querySelectorAll(".tab[aria-current]")].filter(shown)) {
		const at = tab.getBoundingClientRect();
		if (at.left < 0 || at.right > innerWidth) wrong.push("the open tab “" + tab.textContent.trim() + "” is out of sight");
	}
	for (const label of [...document.querySelectorAll("summary")].filter(shown)) {
		const style = getComputedStyle(label);
		if (style.display === "list-item" && style.listStyleType !== "none") wrong.push("“" + label.textContent.trim().slice(0, 40) + "” has the browser's own triangle");
	}
	for (const button of [...document.querySelectorAll(".btn")].filter(shown)) {
		const {height} = button.getBoundingClientRect();
		if (innerWidth < 768 && height < 44) wrong.push("“" + button.textContent.trim().slice(0, 40) + "” is " + height + " pixels high for a finger");
	}
	for (const columns of document.querySelectorAll(".columns")) {
		const [main, aside] = [...columns.children].map((e) => e.getBoundingClientRect());
		if (aside && (main.top > aside.top || main.left > aside.left)) wrong.push("the columns are not in their order");
	}
	return wrong;
})()`

// picture keeps what the screen shows, where pictures are asked for: taking one costs more than opening the page.
func picture(t *testing.T, tab context.Context, name string) {
	t.Helper()
	folder := os.Getenv("MANDORLA_PICTURES")
	if folder == "" {
		return
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, name+".png"), ask(t, tab, chromedp.FullScreenshot(100)), 0o644); err != nil {
		t.Fatal(err)
	}
}
