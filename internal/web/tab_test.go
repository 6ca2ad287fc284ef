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

const patience = 40 * time.Second

func do(t *testing.T, tab context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	for _, step := range steps {
		ask(t, tab, step)
	}
}

func ask[T any](t *testing.T, tab context.Context, a chromedp.Action[T]) T {
	t.Helper()
	timer := time.AfterFunc(patience, func() { t.Errorf("the browser did not answer in %s", patience) })
	defer timer.Stop()
	out, err := chromedp.Run(tab, a)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// take opens a page and holds what every page keeps on a screen.
func take(t *testing.T, tab context.Context, address string, shot shot, screen screen) {
	t.Helper()
	do(t, tab, chromedp.Navigate(address))
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
	picture(t, tab, shot.name+"-"+screen.name)
}

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
