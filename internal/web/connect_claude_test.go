package web_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"mandorla/internal/access"
	"mandorla/internal/testkit"
)

// theirSteps are what a person does on the platform when connecting Claude to the customer platform that this one is measured against,
// as its own guide lists it: clicks, fields filled, values copied. Reading is no step; the optional logo and "Show more" are left out;
// "set the permission levels" counts as one, though each level is a click.
var theirSteps = []string{
	"go to App Center", "click New app", "click OAuth Client", "enter a name", "click Create", "add a short description", "enter the redirect URL",
	"click the Permissions tab", "set the permission levels", "click back to General", "copy the client secret", "click Save", "copy the client ID",
	"click Authorize",
}

// walker is a person at work: each act is counted.
type walker struct {
	t    *testing.T
	tab  context.Context
	acts []string
}

func (w *walker) click(what, selector string, then ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	w.acts = append(w.acts, what)
	do(w.t, w.tab, append([]chromedp.Action[chromedp.Void]{chromedp.WaitVisible(selector), chromedp.Click(selector)}, then...)...)
}

// copied presses the copy button of a value and gives the value.
func (w *walker) copied(id string) string {
	w.t.Helper()
	w.click("copy "+id, `.copy:has(#`+id+`) [data-copy]`)
	return ask(w.t, w.tab, chromedp.Evaluate[string](`document.querySelector(".copy:has(#`+id+`) [data-copy]").dataset.copy`))
}

// hosted is the assistant at its maker's, given three values by a person, as a program over HTTP.
type hosted struct {
	t               *testing.T
	url, id, secret string
	meta            map[string]any
}

func (h *hosted) get(address string) (res map[string]any) {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, address, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	r.Header.Set("User-Agent", "python-httpx/0.28.1")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(&res); err != nil || answer.StatusCode != http.StatusOK {
		h.t.Fatalf("%s: %d, %v", address, answer.StatusCode, err)
	}
	return res
}

// discover goes from the address that was pasted to all others.
func (h *hosted) discover() {
	h.t.Helper()
	res, err := http.Post(h.url, "application/json", strings.NewReader("{}"))
	if err != nil {
		h.t.Fatal(err)
	}
	res.Body.Close()
	_, at, ok := strings.Cut(res.Header.Get("WWW-Authenticate"), `resource_metadata="`)
	at, _, _ = strings.Cut(at, `"`)
	if res.StatusCode != http.StatusUnauthorized || !ok {
		h.t.Fatalf("%d %q", res.StatusCode, res.Header.Get("WWW-Authenticate"))
	}
	resource := h.get(at)
	if resource["resource"] != h.url {
		h.t.Fatalf("the resource is %v", resource["resource"])
	}
	h.meta = h.get(resource["authorization_servers"].([]any)[0].(string) + "/.well-known/oauth-authorization-server")
}

// connectURL is what the assistant's Connect button opens.
func (h *hosted) connectURL() string {
	sum := sha256.Sum256([]byte(verifier))
	return h.meta["authorization_endpoint"].(string) + "?" + url.Values{
		"response_type": {"code"}, "client_id": {h.id}, "redirect_uri": {testkit.Callback}, "state": {"s"}, "resource": {h.url}, "scope": {"inclusive offline_access"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}.Encode()
}

func (h *hosted) exchange(code string) (access string) {
	h.t.Helper()
	res, err := http.PostForm(h.meta["token_endpoint"].(string), url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {testkit.Callback}, "client_id": {h.id}, "client_secret": {h.secret},
		"code_verifier": {verifier}, "resource": {h.url},
	})
	if err != nil {
		h.t.Fatal(err)
	}
	defer res.Body.Close()
	var tokens testkit.Tokens
	if err := json.NewDecoder(res.Body).Decode(&tokens); err != nil || res.StatusCode != http.StatusOK || tokens.Access == "" {
		h.t.Fatalf("token endpoint: %d, %v", res.StatusCode, err)
	}
	return tokens.Access
}

// A new administrator connects Claude with nothing but the set-up guide, in a real browser: from the empty App Center to the first
// answer, with every step of the guide green, and in at most half of the acts that it takes elsewhere.
func TestConnectClaudeByTheGuide(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	if err := s.OAuth.DeleteClient(t.Context(), s.Admin, s.Client.ID); err != nil { // a new tenant has none
		t.Fatal(err)
	}
	ada, tab := person(t, "Ada"), openTab(t)
	do(t, tab, chromedp.EmulateViewport(1280, 900), chromedp.Navigate(s.URL+"/signin"), chromedp.SendKeys(`[name=email]`, ada.Email),
		chromedp.SendKeys(`[name=password]`, ada.Password+"\r"), chromedp.WaitReady(`.shell`))
	w := &walker{t: t, tab: tab}

	w.click("open App Center", `.side a[href="/apps"]`, chromedp.WaitReady(`a.card[href="/apps/new?for=claude"]`))
	w.click("choose Claude", `a.card[href="/apps/new?for=claude"]`, chromedp.WaitReady(`[name=name]`))
	until(t, tab, `document.querySelector("[name=name]").value === "Claude Connector" && document.querySelector("[name=access]:checked").value === "view"`)
	w.click("create the client", `form[action="/apps/new"] .btn-primary`, chromedp.WaitReady(`#setup li:nth-child(1).is-done`), chromedp.WaitReady(`#setup li:nth-child(2).is-next`))
	claude := &hosted{t: t, url: w.copied("mcp-url"), id: w.copied("client-id"), secret: w.copied("client-secret")}

	claude.discover()
	s.Clock.Add(time.Second)
	if err := s.OAuth.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	do(t, tab, chromedp.WaitReady(`#setup li:nth-child(2).is-done`))

	// Claude opens a window of its own for the authorization page.
	window, closed := chromedp.NewContext(tab)
	defer closed()
	start(t, window)
	do(t, window, chromedp.Navigate(claude.connectURL()), chromedp.WaitReady(`button[value=approve]`))
	do(t, tab, chromedp.WaitReady(`#setup li:nth-child(3).is-done`))
	w.acts = append(w.acts, "authorize")
	gone := ask(t, window, chromedp.WaitEvent(network.RequestWillBeSent, func(e network.EventRequestWillBeSent) bool {
		return strings.HasPrefix(e.Request.URL, testkit.Callback+"?")
	}, chromedp.Click(`button[value=approve]`)))
	landed, err := url.Parse(gone.Request.URL)
	if err != nil || landed.Query().Get("code") == "" || landed.Query().Get("state") != "s" || landed.Query().Get("iss") != s.URL {
		t.Fatalf("back at %v, %v", landed, err)
	}
	token := claude.exchange(landed.Query().Get("code"))
	do(t, tab, chromedp.WaitReady(`#setup li:nth-child(4).is-done`))
	until(t, tab, `!document.querySelector("[data-secret]")`) // the app has it: nobody is asked to store it
	if status, isError, text := s.Call(t, token, "list_records", map[string]any{"model": "Company", "limit": 3}); status != http.StatusOK || isError {
		t.Fatal(status, text)
	}
	if err := s.OAuth.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	do(t, tab, chromedp.WaitReady(`#setup:not([hx-get]) li:nth-child(5).is-done`))
	until(t, tab, `document.querySelectorAll("#setup li:not(.is-done)").length === 0 && !document.querySelector("#setup .notice")`)

	client, err := s.OAuth.Client(t.Context(), s.Tenant, claude.id)
	if err != nil || client.Set["Company"].Actions != access.View || client.Description == "" || len(client.RedirectURIs) != 2 {
		t.Errorf("client %+v, %v", client, err)
	}
	t.Logf("here %d acts: %s", len(w.acts), strings.Join(w.acts, ", "))
	t.Logf("there %d acts: %s", len(theirSteps), strings.Join(theirSteps, ", "))
	if 2*len(w.acts) > len(theirSteps) {
		t.Errorf("it took %d acts, which is more than half of %d", len(w.acts), len(theirSteps))
	}
}
