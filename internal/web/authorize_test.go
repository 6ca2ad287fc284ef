package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"mandorla/internal/access"
	"mandorla/internal/oauth"
	"mandorla/internal/testkit"
)

// widen changes what the demo client may do.
func widen(t *testing.T, s *testkit.Server, change func(access.Set)) {
	t.Helper()
	c, err := s.OAuth.Client(t.Context(), s.Tenant, s.Client.ID)
	if err != nil {
		t.Fatal(err)
	}
	set := access.Set{}
	for name, p := range c.Set {
		set[name] = p
	}
	change(set)
	if _, err := s.OAuth.UpdateClient(t.Context(), s.Admin, c.ID, c.Version, oauth.ClientInput{
		Name: c.Name, Description: c.Description, Kind: c.Kind, RedirectURIs: c.RedirectURIs, Set: set, Enabled: true,
	}); err != nil {
		t.Fatal(err)
	}
}

// tokens exchanges the code of a decision.
func (p page) tokens(t *testing.T, s *testkit.Server) testkit.Tokens {
	t.Helper()
	res, err := http.PostForm(s.URL+"/oauth/token", url.Values{
		"grant_type": {"authorization_code"}, "code": {p.landing(t).Query().Get("code")}, "redirect_uri": {testkit.Callback},
		"client_id": {s.Client.ID}, "client_secret": {s.Secret}, "code_verifier": {verifier},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var out testkit.Tokens
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil || out.Access == "" {
		t.Fatal(res.StatusCode, err)
	}
	return out
}

// lacks holds that the page does not say any of these.
func (p page) lacks(t *testing.T, texts ...string) page {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(p.text(), text) {
			t.Fatalf("%s says %q:\n%s", p.path, text, p.text())
		}
	}
	return p
}

// Where the person has a living connection of this client and resource, the page leads with what differs from it.
func TestAuthorizeNews(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	b := newBrowser(t, s.URL).signIn(person(t, "Carly"))
	again := func() page { t.Helper(); return b.get(authorizeURL(s, nil)).want(t, http.StatusOK) }
	again().lacks(t, "since you last authorized", "All that it gets")
	s.Connect(t, person(t, "Marcus"))
	again().lacks(t, "since you last authorized") // somebody else's
	phase := access.Only("co02", "co03")
	widen(t, s, func(set access.Set) {
		set["Company"] = access.ModelPermission{Actions: access.View | access.Update, View: phase, Update: phase}
		delete(set, "Task")
	})
	s.Connect(t, person(t, "Carly"))
	p := again().want(t, http.StatusOK, "Nothing is new since you last authorized on 23 November 2026", "The connection from then stays as it is", "All that it gets: ").
		lacks(t, "New since", "No longer included")
	if fold := strings.Index(p.body, "authorize-fold"); fold < 0 || strings.Contains(p.body[:fold], "authorize-model") || !strings.Contains(p.body[fold:], "authorize-model") {
		t.Error("what is not new is not folded away")
	}

	widen(t, s, func(set access.Set) {
		set["Task"] = access.ModelPermission{Actions: access.View, View: access.AllProperties}
		set["Company"] = access.ModelPermission{Actions: access.View | access.Update | access.Create, View: access.Only("co02", "co03", "co26", "co07"), Update: phase}
	})
	p = again().want(t, http.StatusOK, "New since you last authorized on 23 November 2026", "Company : create, 2 more properties", "Task : view")
	p.lacks(t, "Nothing is new", "No longer included", "Conversation : view")
	if news := p.body[strings.Index(p.body, "authorize-news"):strings.Index(p.body, `id="decide"`)]; !strings.Contains(news, "ARR, Phase") {
		t.Errorf("the properties are not named: %s", news)
	}

	// What was taken away is said, with the side that took it.
	widen(t, s, func(set access.Set) { delete(set, "Conversation"); delete(set, "Task") })
	reduceRole(t, s, "CSM", func(set access.Set) { delete(set, "License") })
	again().want(t, http.StatusOK, "No longer included", "Conversation : view – this app is not set up for it", "License : view – your role does not have it", "Company : create")
	narrow := b.get(authorizeURL(s, func(q url.Values) { q.Set("scope", "companies:view") }))
	narrow.want(t, http.StatusOK, "No longer included", "Company : update – the app did not ask for it this time", "Asks for: view Company")

	// Authorizing makes it nothing new; the other resource has news of its own, and an ended connection none.
	b.post(decision, approve(again().form(t, decision))).want(t, http.StatusOK).tokens(t, s)
	b.get(authorizeURL(s, func(q url.Values) { q.Set("scope", "companies:view") })).want(t, http.StatusOK, "Less than when you last authorized on 23 November 2026")
	again().want(t, http.StatusOK, "Nothing is new since", "The 2 connections that you have stay as they are")
	b.get(authorizeURL(s, func(q url.Values) { q.Set("resource", s.URL+"/api") })).want(t, http.StatusOK).lacks(t, "since you last authorized")
	if err := s.OAuth.EndPersonConnections(t.Context(), s.Person(t, person(t, "Carly")), s.Person(t, person(t, "Carly")).Person); err != nil {
		t.Fatal(err)
	}
	again().lacks(t, "since you last authorized")
}

// What was asked for and cannot be given is named with its side, and the rows are said in words.
func TestAuthorizeSides(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	b := newBrowser(t, s.URL).signIn(person(t, "Carly"))
	carly := s.Person(t, person(t, "Carly"))
	open := func(scope string) page {
		t.Helper()
		return b.get(authorizeURL(s, func(q url.Values) { q.Set("scope", scope) })).want(t, http.StatusOK)
	}
	reduceRole(t, s, "CSM", func(set access.Set) { delete(set, "Asset"); delete(set, "License") })
	widen(t, s, func(set access.Set) { delete(set, "License"); delete(set, "Conversation") })
	open("inclusive").want(t, http.StatusOK, "Asset : view – your role does not have it", "Of companies and what belongs to them: only those that you own or co-own.",
		"sends you back to claude.ai", "Signed in as Carly Hart", "recorded under your name", "Profile → Applications", "90 days without use", "until 23 November 2027").
		lacks(t, "License : ", "Conversation : ")
	open("assets:view licenses:view conversations:view companies:view").want(t, http.StatusOK, "Asks for: view Company; view Asset; view License; view Conversation",
		"Asset : view – your role does not have it", "License : view – neither this app nor your role has it", "Conversation : view – this app is not set up for it").
		lacks(t, "Task")
	open("inclusive licenses:view").want(t, http.StatusOK, "License : view – neither this app nor your role has it", "Asks for: view License")

	// A second role that reaches other rows, and a third that may not connect apps.
	extra := func(name string, switches access.Switches, portfolio access.Portfolio, set access.Set) string {
		r, err := s.Identity.SaveRole(t.Context(), s.Admin, access.Role{Tenant: s.Tenant, Name: name, Portfolio: portfolio, Switches: switches, Set: set})
		if err != nil {
			t.Fatal(err)
		}
		return r.ID
	}
	view := access.ModelPermission{Actions: access.View, View: access.AllProperties}
	roles := []string{
		roleNamed(t, s, "CSM").ID, extra("Watch", access.SwitchConnect, access.TeamAccess, access.Set{"Company": view}),
		extra("Desk", 0, access.FullAccess, access.Set{"Asset": view}),
	}
	if err := s.Identity.AssignRoles(t.Context(), s.Admin, s.Tenant, carly.Person, roles); err != nil {
		t.Fatal(err)
	}
	open("inclusive").want(t, http.StatusOK, "With your role CSM, of companies and what belongs to them: only those that you own or co-own.",
		"With your role Watch, of companies and what belongs to them: those that you or somebody in your teams own or co-own.",
		"Asset : view – your role Desk has it, but may not connect apps")

	// Nothing on either side, and nobody who may connect: the page says whose turn it is, and the log has its reference.
	if p := open("licenses:view").want(t, http.StatusOK, "There is nothing that both sides allow", "The app may work with: nothing. Your role may work with: Company", "Your administrator: Widen", "no-overlap"); strings.Contains(p.body, `value="approve"`) {
		t.Error("offers to approve nothing")
	}
	if err := s.Identity.AssignRoles(t.Context(), s.Admin, s.Tenant, carly.Person, roles[2:]); err != nil {
		t.Fatal(err)
	}
	open("inclusive").want(t, http.StatusOK, "Your role may not connect apps", "may-not-connect").lacks(t, "There is nothing that both sides allow")
}

var shownModel = regexp.MustCompile(`(?s)authorize-model"><summary.*?<strong>([^<]*)</strong><span class="muted">([^<]*)</span>`)

// Row 173: for each scope, the text names exactly the models and actions that the tools then reach.
func scopeText(t *testing.T, s *testkit.Server) {
	full := access.Full(s.Schema.Base())
	widen(t, s, func(set access.Set) {
		for name, p := range full {
			set[name] = p
		}
	})
	defer widen(t, s, func(set access.Set) {
		clear(set)
		for name, p := range s.Client.Set {
			set[name] = p
		}
	})
	b := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	for _, scope := range []string{
		"", "inclusive", "offline_access", "companies:view", "companies:create", "companies:update", "companies:remove", "companies:export",
		"companies:view companies:update", "companies:view companies:remove offline_access", "endusers:view tasks:view companies:create",
		"tasks:view tasks:create tasks:update tasks:remove tasks:export", "users:view teams:view", "companies:view inclusive",
	} {
		p := b.get(authorizeURL(s, func(q url.Values) {
			if scope != "" {
				q.Set("scope", scope)
			}
		})).want(t, http.StatusOK)
		said := map[string]bool{}
		for _, m := range shownModel.FindAllStringSubmatch(p.body, -1) {
			for _, action := range strings.Split(m[2], ", ") {
				said[m[1]+" "+action] = true
			}
		}
		if len(said) == 0 {
			t.Fatalf("%q: the page says nothing:\n%s", scope, p.text())
		}
		token := b.post(decision, approve(p.form(t, decision))).want(t, http.StatusOK).tokens(t, s).Access
		for _, m := range s.Schema.Base().Models() {
			for tool, c := range map[string]struct {
				arguments map[string]any
				takes     []string
			}{
				"list_records":   {map[string]any{"limit": 1}, []string{"view"}},
				"get_record":     {map[string]any{"id": strings.Repeat("0", 24)}, []string{"view"}},
				"create_record":  {map[string]any{"values": map[string]any{}, "dry_run": true}, []string{"create"}},
				"update_record":  {map[string]any{"id": strings.Repeat("0", 24), "values": map[string]any{}, "dry_run": true}, []string{"view", "update"}},
				"delete_record":  {map[string]any{"id": strings.Repeat("0", 24), "dry_run": true}, []string{"view", "remove"}},
				"describe_model": {map[string]any{}, nil},
			} {
				c.arguments["model"] = m.Name
				status, _, text := s.Call(t, token, tool, c.arguments)
				reached := status == http.StatusOK && !strings.Contains(text, "Unknown tool") && !strings.Contains(text, "no model") && !strings.Contains(text, "You may not")
				told := said[m.Label+" view"] || said[m.Label+" create"]
				for _, action := range c.takes {
					told = told && said[m.Label+" "+action] || len(c.takes) == 1 && said[m.Label+" "+action]
				}
				if reached != told {
					t.Errorf("%q: %s of %s is reached: %v, and the page says so: %v\n%d %s", scope, tool, m.Name, reached, told, status, text)
				}
			}
		}
	}
}

// A dynamic client: what is ticked to begin with, and that nothing beyond what is shown can be had by changing the form.
func TestDynamicMatrix(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	if _, err := s.OAuth.SetClientReach(t.Context(), s.Super(t), s.Client.ID, s.Client.Version, true, false); err != nil {
		t.Fatal(err)
	}
	reduceRole(t, s, "CSM", func(set access.Set) {
		delete(set, "Asset")
		set["Company"] = access.ModelPermission{Actions: access.View | access.Update, View: access.Only("co02", "co03", "co07"), Update: access.Only("co02")}
	})
	b := newBrowser(t, s.URL).signIn(person(t, "Carly"))
	open := func(scope string) page {
		t.Helper()
		return b.get(authorizeURL(s, func(q url.Values) { q.Set("scope", scope) })).want(t, http.StatusOK, "Choose what it may do")
	}
	ticked := func(p page) (out []string) {
		for name, v := range p.form(t, decision) {
			if strings.HasPrefix(name, "p.Company.") && v[0] == "on" {
				out = append(out, name)
			}
		}
		return out
	}
	first := open("inclusive")
	if got := ticked(first); len(got) != 1 || got[0] != "p.Company.view" {
		t.Errorf("ticked the first time: %v", got)
	}
	if strings.Contains(first.body, `name="p.Asset.view"`) || !regexp.MustCompile(`name="p\.Company\.remove"[^>]* disabled`).MatchString(first.body) ||
		!regexp.MustCompile(`name="pv\.Company\.co26"[^>]* disabled`).MatchString(first.body) || !regexp.MustCompile(`name="pu\.Company\.co02"`).MatchString(first.body) {
		t.Error("the matrix goes beyond the role, or lacks some of it")
	}
	if got := ticked(open("inclusive companies:update companies:view")); len(got) != 2 {
		t.Errorf("ticked where it is asked for by name: %v", got)
	}
	// Nothing ticked: the page again, with a sentence, and the request still good.
	empty := first.form(t, decision)
	for name := range empty {
		if strings.HasPrefix(name, "p") {
			empty.Del(name)
		}
	}
	page := b.post(decision, approve(empty)).want(t, http.StatusUnprocessableEntity, "Nothing is ticked", "Choose what it may do")
	// Everything that a form can be made to say.
	form := page.form(t, decision)
	for _, m := range s.Schema.Base().Models() {
		form.Set("pw."+m.Name, "")
		for _, a := range access.Actions {
			form.Set("p."+m.Name+"."+a.String(), "on")
		}
		for _, p := range m.Props() {
			form.Set("pv."+m.Name+"."+p.ID, "on")
			form.Set("pu."+m.Name+"."+p.ID, "on")
		}
		form.Set("pa."+m.Name+".view", "on")
		form.Set("pa."+m.Name+".update", "on")
	}
	for _, name := range []string{access.RoleModel, access.OAuthClient, "Nothing"} {
		form.Set("pw."+name, "")
		form.Set("p."+name+".view", "on")
	}
	b.post(decision, approve(form)).want(t, http.StatusOK, "Authorized").tokens(t, s)
	list, err := s.OAuth.PersonConnections(t.Context(), s.Tenant, s.Person(t, person(t, "Carly")).Person)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	got, role := list[0].Set, access.DataOnly(roleNamed(t, s, "CSM").Lane().Set)
	if !role.Covers(got) || got["Company"].View.All || got["Company"].View.Has("co26") || got.Allows("Asset", access.View) || got["Company"].Actions != access.View|access.Update {
		t.Errorf("authorized %+v of %+v", got["Company"], role["Company"])
	}
	if _, internal := got[access.RoleModel]; internal {
		t.Error("authorized what is the platform's own")
	}
	// The next time, what was picked is ticked.
	if got := ticked(open("inclusive")); len(got) != 2 {
		t.Errorf("ticked the second time: %v", got)
	}
	// A narrow request offers what it asks for and nothing else, whatever is posted.
	form = open("companies:view").form(t, decision)
	form.Set("p.Company.update", "on")
	form.Set("pw.Task", "")
	form.Set("p.Task.view", "on")
	b.post(decision, approve(form)).want(t, http.StatusOK).tokens(t, s)
	if list, err = s.OAuth.PersonConnections(t.Context(), s.Tenant, s.Person(t, person(t, "Carly")).Person); err != nil || fmt.Sprint(list[0].Set.Models()) != "[Company]" || list[0].Set["Company"].Actions != access.View {
		t.Errorf("authorized %+v %v", list[0].Set, err)
	}
}
