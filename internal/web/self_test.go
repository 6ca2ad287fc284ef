package web_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"mandorla/internal/oauth"
	"mandorla/internal/testkit"
	"mandorla/internal/testkit/outside"
	"mandorla/internal/web/kit"
)

// documentOf is a metadata document at an address.
func documentOf(id, name string, redirects ...string) string {
	return fmt.Sprintf(`{"client_id":%q,"client_name":%q,"redirect_uris":["%s"],"token_endpoint_auth_method":"none"}`, id, name, strings.Join(redirects, `","`))
}

const (
	claudeDocument = "https://claude.ai/oauth/mcp-oauth-client-metadata"
	codeDocument   = "https://claude.ai/oauth/claude-code-client-metadata"
	notesDocument  = "https://notes.example.com/oauth/client.json"
)

// selfServer is a demo installation with the documents of some apps outside.
func selfServer(t *testing.T) *testkit.Server {
	t.Helper()
	return testkit.StartOutside(t, "sqlite", outside.Documents(t, []string{"claude.ai", "notes.example.com"}, map[string]string{
		claudeDocument: documentOf(claudeDocument, "Claude", "https://claude.ai/api/mcp/auth_callback"),
		codeDocument:   documentOf(codeDocument, "Claude Code", "http://localhost/callback", "http://127.0.0.1/callback"),
		notesDocument:  documentOf(notesDocument, "Claude", "https://notes.example.net/back"),
	}))
}

// selfURL is the link that an app which registered itself sends people to.
func selfURL(s *testkit.Server, id, redirect string) string {
	return askedURL(s, oauth.Client{ID: id, RedirectURIs: []string{redirect}}, func(url.Values) {})
}

// registerApp registers an app as itself would, and gives its client_id.
func registerApp(t *testing.T, s *testkit.Server, name, redirect string) string {
	t.Helper()
	res, err := http.Post(s.URL+oauth.PathRegister, "application/json", strings.NewReader(fmt.Sprintf(`{"client_name":%q,"redirect_uris":[%q]}`, name, redirect)))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var made struct {
		ID string `json:"client_id"`
	}
	if err := json.NewDecoder(res.Body).Decode(&made); err != nil || made.ID == "" {
		t.Fatal(res.Status, err)
	}
	return made.ID
}

// An app of a website that is not listed: turned away, then asked about, approved, connected; and refused.
func TestSelfRegisteringApp(t *testing.T) {
	s := selfServer(t)
	ada, carly := newBrowser(t, s.URL).signIn(person(t, "Ada")), newBrowser(t, s.URL).signIn(person(t, "Carly"))
	link := selfURL(s, notesDocument, "https://notes.example.net/back")
	carly.get(link).want(t, http.StatusForbidden, "The app of notes.example.com is not let in", "Northwind Metrics does not let in", "Your administrator").not(t, "Look at the rules", "decision")
	ada.get(link).want(t, http.StatusForbidden, "Look at the rules")

	rules := "/apps/self-registering"
	carly.raw(rules).want(t, http.StatusNotFound)
	p := ada.get(rules).want(t, http.StatusOK, "Teammates may connect apps of chatgpt.com, claude.ai and vscode.dev without an administrator", "No app has come by these rules yet", "May view")
	form := p.form(t, rules)
	form.Set("documents", "ask")
	bad := maps.Clone(form)
	bad.Set("hosts", "claude.ai\nnot a host\n*.example.com")
	ada.post(rules, bad).want(t, http.StatusUnprocessableEntity, "not a host", "*.example.com must be a host name")
	ada.follow(ada.post(rules, form)).want(t, http.StatusOK, "Saved", "for apps of other websites an administrator decides")
	ada.post(rules, form).want(t, http.StatusConflict, "Somebody changed these rules meanwhile")
	cut := maps.Clone(form)
	cut.Del("matrix")
	ada.post(rules, cut).want(t, http.StatusBadRequest, "incomplete")

	carly.get(link).want(t, http.StatusForbidden, "Claude waits for approval", "Ask an administrator to approve it", "Then connect again").not(t, "Look at the app")
	ada.get("/apps").want(t, http.StatusOK, "Waiting for approval", "notes.example.com", "notes.example.net")
	rec, err := s.Store.ClientByApp(t.Context(), s.Tenant, notesDocument)
	if err != nil {
		t.Fatal(err)
	}
	app := "/apps/" + rec.ID
	ada.get(link).want(t, http.StatusForbidden, "Look at the app")
	ada.get(app).want(t, http.StatusOK, "This app waits for approval", "what the website notes.example.com says", "read last on", notesDocument).not(t, "Generate new secret", "Disable client", "Client ID")
	ada.get(app+"/setup").want(t, http.StatusOK, "This app waits for approval", "It identifies itself")
	ada.post(app+"/decision", decide(t, ada.get(app), "approve 7")).want(t, http.StatusConflict)
	ada.post(app+"/decision", decide(t, ada.get(app), "adopt 1")).want(t, http.StatusBadRequest)
	carly.post(app+"/decision", decide(t, carly.get("/profile"), "approve 1")).want(t, http.StatusNotFound)
	ada.follow(ada.post(app+"/decision", decide(t, ada.get(app), fmt.Sprint("approve ", rec.Version)))).want(t, http.StatusOK, "Approved", "People can connect it now")

	carly.get(link).want(t, http.StatusOK, "This app registered itself", "Its name comes from notes.example.com", "approved it", "notes.example.net").not(t, "Unverified")
	saved := ada.get(app).form(t, app)
	saved.Set("description", "Takes notes")
	saved.Set("name", "Mine")
	saved.Set("redirectUris", "https://evil.example/back")
	ada.follow(ada.post(app, saved)).want(t, http.StatusOK, "Saved", "Takes notes", "https://notes.example.net/back").not(t, "evil.example")
	perms := ada.get(app+"/permissions").want(t, http.StatusOK, "As for every app that registers itself").form(t, app+"/permissions")
	perms.Set("p.Company.update", "on")
	ada.follow(ada.post(app+"/permissions", perms)).want(t, http.StatusOK, "Saved").not(t, "As for every app that registers itself")
	carly.get(link).want(t, http.StatusOK, "view, update")

	c, err := s.OAuth.Client(t.Context(), s.Tenant, rec.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.OAuth.DecideClient(t.Context(), s.Admin, c.ID, c.Version, false); err != nil {
		t.Fatal(err)
	}
	carly.get(link).want(t, http.StatusForbidden, "Claude was refused")
	ada.get("/apps").want(t, http.StatusOK, "Refused").not(t, "Waiting for approval")
}

// A listed website's app, and one that merely registered: each person is told what the name is worth.
func TestSelfRegisteringWords(t *testing.T) {
	s := selfServer(t)
	s.AllowRegistration(t)
	ada, carly := newBrowser(t, s.URL).signIn(person(t, "Ada")), newBrowser(t, s.URL).signIn(person(t, "Carly"))
	carly.get(selfURL(s, claudeDocument, "https://claude.ai/api/mcp/auth_callback")).want(t, http.StatusOK, "Unverified", "Its name comes from claude.ai", "No administrator has looked at it")
	carly.get(selfURL(s, codeDocument, "http://localhost:5123/callback")).want(t, http.StatusOK, "Its name comes from claude.ai", "localhost:5123", "a program on this computer")
	ada.get("/apps").want(t, http.StatusOK, "Claude Code").not(t, "Waiting for approval")

	p, err := s.OAuth.Policy(t.Context(), s.Tenant)
	if err != nil {
		t.Fatal(err)
	}
	p.Registered = oauth.RuleAtOnce
	if _, err := s.OAuth.SetPolicy(t.Context(), s.Admin, p); err != nil {
		t.Fatal(err)
	}
	id := registerApp(t, s, "Claude", "http://localhost/callback")
	link := selfURL(s, id, "http://localhost:6000/callback")
	signIn := newBrowser(t, s.URL).raw(strings.Replace(link, "scope=", "scope=bad", 1))
	signIn.want(t, http.StatusSeeOther)
	if to := signIn.header.Get("Location"); to != "/signin" {
		t.Errorf("before a sign-in the browser is sent to %q", to)
	}
	carly.get(link).want(t, http.StatusOK, "Unverified", "It gave itself this name, and nobody has checked it", "localhost:6000")
	rec, err := s.Store.ClientByApp(t.Context(), s.Tenant, id)
	if err != nil {
		t.Fatal(err)
	}
	if page := ada.get("/apps/"+rec.ID).want(t, http.StatusOK, "Let in by the rules", "Nobody vouches for its name"); strings.Contains(page.body, "#sparkles") {
		t.Error("an app that merely calls itself Claude has Claude's picture")
	}
	ada.get("/apps/self-registering").want(t, http.StatusOK, "3 apps are let in by these rules", "may be connected by anybody")
}

// decide is the form of a button about an app, with the token of any form that the page has.
func decide(t *testing.T, p page, value string) url.Values {
	t.Helper()
	return url.Values{"decision": {value}, kit.CSRFField: {p.form(t, "/signout").Get(kit.CSRFField)}}
}

// selfShots are pictures of an app that is let in, one that waits, one that was refused, and one that merely registered.
func selfShots(t *testing.T, s *testkit.Server) []shot {
	t.Helper()
	s.AllowRegistration(t)
	p, err := s.OAuth.Policy(t.Context(), s.Tenant)
	if err != nil {
		t.Fatal(err)
	}
	p.Documents, p.Registered = oauth.RuleAsk, oauth.RuleAsk
	if _, err := s.OAuth.SetPolicy(t.Context(), s.Admin, p); err != nil {
		t.Fatal(err)
	}
	carly := newBrowser(t, s.URL).signIn(person(t, "Carly"))
	open := func(id, redirect string) (link, app string) {
		link = selfURL(s, id, redirect)
		carly.get(link)
		rec, err := s.Store.ClientByApp(t.Context(), s.Tenant, id)
		if err != nil {
			t.Fatal(err)
		}
		return link, rec.ID
	}
	claude, claudeApp := open(claudeDocument, "https://claude.ai/api/mcp/auth_callback")
	code, _ := open(codeDocument, "http://localhost/callback")
	notes, notesApp := open(notesDocument, "https://notes.example.net/back")
	_, plainApp := open(registerApp(t, s, "Desktop assistant", "http://127.0.0.1/back"), "http://127.0.0.1/back")
	refused, refusedApp := open(registerApp(t, s, "Exporter", "https://exporter.example/back"), "https://exporter.example/back")
	if _, err := s.OAuth.DecideClient(t.Context(), s.Admin, refusedApp, 1, false); err != nil {
		t.Fatal(err)
	}
	return []shot{
		{"self-rules", "Ada", "/apps/self-registering", "What such apps may do at most"},
		{"self-waiting-list", "Ada", "/apps#waiting-list", "Waiting for approval"},
		{"self-app-waiting", "Ada", "/apps/" + notesApp, "waits for approval"},
		{"self-app-registered", "Ada", "/apps/" + plainApp, "Nobody vouches"},
		{"self-app-let-in", "Ada", "/apps/" + claudeApp, "Let in by the rules"},
		{"self-app-refused", "Ada", "/apps/" + refusedApp, "was refused"},
		{"self-app-permissions", "Ada", "/apps/" + claudeApp + "/permissions", "As for every app"},
		{"self-app-setup", "Ada", "/apps/" + claudeApp + "/setup", "identifies itself"},
		{"self-authorize", "Carly", claude, "Unverified"},
		{"self-authorize-local", "Carly", code, "program on this computer"},
		{"self-waits", "Carly", notes, "waits for approval"},
		{"self-refused", "Carly", refused, "was refused"},
	}
}
