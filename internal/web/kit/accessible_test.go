package kit

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestAccessible runs axe-core (WCAG 2.2 A and AA, and its best practices) over
// every gallery page. In the dark only colours are others, so only they are asked
// about again.
func TestAccessible(t *testing.T) {
	ctx, origin := browser(t)
	for _, name := range slices.Sorted(maps.Keys(gallery())) {
		for _, theme := range []Theme{Light, Dark} {
			if err := chromedp.Do(ctx, chromedp.Navigate(origin+"/"+name+"?theme="+string(theme))); err != nil {
				t.Fatal(err)
			}
			rules := map[Theme]string{Dark: `runOnly: ["color-contrast", "link-in-text-block"], `}[theme]
			axeRules(t, ctx, name+" in "+string(theme), rules)
		}
	}
}

// axe checks the page as it is now.
func axe(t *testing.T, ctx context.Context, what string) {
	t.Helper()
	axeRules(t, ctx, what, "")
}

// axeRules is axe with further options of axe.run.
func axeRules(t *testing.T, ctx context.Context, what, options string) {
	t.Helper()
	script, err := os.ReadFile("../assets/node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("axe-core is not installed, make assets: %v", err)
	}
	if err := chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void](string(script))); err != nil {
		t.Fatal(err)
	}
	found, err := chromedp.Run(ctx, chromedp.Evaluate[string](`axe.run({`+options+`resultTypes: ["violations"]}).then(r => JSON.stringify(
		r.violations.map(v => ({id: v.id, help: v.help, nodes: v.nodes.map(n => n.html.slice(0, 160) + " " + n.any.map(a => a.message).join("; ").slice(0, 200))}))))`, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	var violations []struct {
		ID, Help string
		Nodes    []string
	}
	if err := json.Unmarshal([]byte(found), &violations); err != nil {
		t.Fatal(err)
	}
	for _, v := range violations {
		t.Errorf("%s: %s (%s)\n\t%s", what, v.Help, v.ID, strings.Join(v.Nodes, "\n\t"))
	}
}
