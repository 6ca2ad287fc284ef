package web_test

import (
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"mandorla/internal/access"
	"mandorla/internal/identity"
	"mandorla/internal/oauth"
	"mandorla/internal/testkit"
)

var confirmButton = regexp.MustCompile(`<button class="btn btn-primary" name="confirmed" value="([^"]+)">Save changes`)

// save sends a form as somebody without scripts does: where the page asks whether a loss is meant, it is.
func (b *browser) save(path string, form url.Values) page {
	b.t.Helper()
	p := b.post(path, form)
	ask := confirmButton.FindStringSubmatch(p.body)
	if ask == nil {
		return p
	}
	p.want(b.t, http.StatusUnprocessableEntity, "Nothing is saved yet", html.UnescapeString(ask[1]))
	again := p.form(b.t, path)
	again.Set("confirmed", html.UnescapeString(ask[1]))
	return b.post(path, again)
}

func text(t *testing.T, set access.Set) string {
	t.Helper()
	return identity.EncodeSet(set)
}

// roleByName reads a role of the demo.
func roleByName(t *testing.T, s *testkit.Server, name string) access.Role {
	t.Helper()
	roles, err := s.Identity.Roles(t.Context(), s.Tenant)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range roles {
		if r.Name == name {
			return r
		}
	}
	t.Fatalf("there is no role %s", name)
	return access.Role{}
}

// An unchanged form gives back the very set that is stored, whatever is in it.
func TestMatrixRoundTrip(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	reg := s.Schema.Base()
	company, _ := reg.Model("Company")
	var every []string
	for _, p := range company.Props() {
		every = append(every, p.ID)
	}
	ada := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	for name, set := range map[string]access.Set{
		"empty":             {},
		"full":              access.Full(reg),
		"view":              access.Of(reg, access.View),
		"some properties":   {"Company": {Actions: access.View | access.Update, View: access.Only("co02", "co03"), Update: access.Only("co02")}},
		"no property":       {"Company": {Actions: access.View | access.Update}},
		"every, not future": {"Company": {Actions: access.View | access.Update, View: access.Only(every...), Update: access.Only(every...)}},
		"removed property":  {"Company": {Actions: access.View | access.Update, View: access.Only("co02", "zz98"), Update: access.Only("zz98", "zz99")}},
		"removed model":     {"Company": access.FullModel, "Gone": {Actions: access.View, View: access.Only("go01")}},
		"create alone":      {"Task": {Actions: access.Create, Update: access.AllProperties}, "End User": {Actions: access.Export | access.Remove}},
	} {
		t.Run(name, func(t *testing.T) {
			c, _, err := s.OAuth.CreateClient(t.Context(), s.Admin, oauth.ClientInput{Name: name, Kind: oauth.Public, Set: set})
			if err != nil {
				t.Fatal(err)
			}
			path := "/apps/" + c.ID + "/permissions"
			ada.post(path, ada.get(path).form(t, path)).want(t, http.StatusSeeOther)
			after, err := s.OAuth.Client(t.Context(), s.Tenant, c.ID)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(text(t, set), text(t, after.Set)); diff != "" {
				t.Errorf("the client's set (-was +is):\n%s", diff)
			}
			if after.Version != c.Version+1 {
				t.Errorf("version %d", after.Version)
			}
		})
	}
	for name, set := range map[string]access.Set{
		"data alone": access.Of(reg, access.View), "with internals": access.WithInternals(access.Of(reg, access.View)),
		"some internals": {"Company": access.FullModel, access.RoleModel: {Actions: access.View}, access.OAuthClient: {Actions: access.View | access.Update}},
		// No box stands for changing roles: it stays, without effect.
		"an action without a box": {access.RoleModel: {Actions: access.View | access.Update}},
	} {
		t.Run("role/"+name, func(t *testing.T) {
			r, err := s.Identity.SaveRole(t.Context(), s.Admin, access.Role{Tenant: s.Tenant, Name: name, Portfolio: access.MyPortfolio, Set: set, Switches: access.SwitchConnect})
			if err != nil {
				t.Fatal(err)
			}
			path := "/settings/roles/" + r.ID
			ada.post(path, ada.get(path).form(t, path)).want(t, http.StatusSeeOther)
			after, err := s.Identity.Role(t.Context(), s.Tenant, r.ID)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(text(t, set), text(t, after.Set)); diff != "" || after.Switches != r.Switches || after.Portfolio != r.Portfolio {
				t.Errorf("the role (-was +is):\n%s%v %v", diff, after.Switches, after.Portfolio)
			}
		})
	}
}

// One tick does what it says without scripts, also on a page that a preset was filled into.
func TestMatrixFirstTick(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	ada := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	path := "/apps/" + s.Client.ID + "/permissions"
	form := ada.get(path+"?preset=none").want(t, http.StatusOK, "May do nothing.").form(t, path)
	form.Set("p.Task.view", "on")
	form.Set("p.Company.update", "on")
	form.Set("pu.Company.co02", "on")
	ada.post(path, form).want(t, http.StatusSeeOther)
	c, err := s.OAuth.Client(t.Context(), s.Tenant, s.Client.ID)
	if err != nil {
		t.Fatal(err)
	}
	want := access.Set{"Task": {Actions: access.View, View: access.AllProperties}, "Company": {Actions: access.Update, Update: access.Only("co02")}}
	if diff := cmp.Diff(text(t, want), text(t, c.Set)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	// A form cut short keeps what it does not name.
	short := url.Values{"matrix": {"matrix"}, "version": form["version"], "csrf": form["csrf"], "pw.Company": {""}}
	for name := range form {
		if !strings.HasPrefix(name, "p") {
			short[name] = form[name]
		}
	}
	short.Set("version", "2")
	ada.post(path, short).want(t, http.StatusSeeOther)
	if c, err = s.OAuth.Client(t.Context(), s.Tenant, s.Client.ID); err != nil || len(c.Set) != 1 || !c.Set.Allows("Task", access.View) {
		t.Errorf("%v %v", c.Set, err)
	}
}

// Presets and copies answer scripts with the set alone.
func TestMatrixSources(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	reg := s.Schema.Base()
	ada := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	csm := roleByName(t, s, "CSM")
	app, role := "/apps/"+s.Client.ID+"/permissions", "/settings/roles/"+csm.ID
	work := access.AllActions &^ (access.Remove | access.Export)
	for _, c := range []struct {
		address string
		want    access.Set
	}{
		{app + "?preset=none", access.Set{}},
		{app + "?preset=view", access.Of(reg, access.View)},
		{app + "?preset=work", access.Of(reg, work)},
		{app + "?preset=full", access.Full(reg)},
		{app + "?copy=role." + csm.ID, access.DataOnly(csm.Set)},
		{role + "?copy=client." + s.Client.ID, s.Client.Set},
		{role + "?preset=full", access.WithInternals(access.Full(reg))},
	} {
		r := ada.request(http.MethodGet, c.address, nil)
		r.Header.Set("Accept", "application/json")
		p := ada.do(r)
		var got access.Set
		if err := json.Unmarshal([]byte(p.body), &got); err != nil || !strings.HasPrefix(p.header.Get("Content-Type"), "application/json") {
			t.Fatalf("%s: %d %v\n%.200s", c.address, p.status, err, p.body)
		}
		if diff := cmp.Diff(text(t, c.want), text(t, got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.address, diff)
		}
	}
	ada.get(app+"?copy=role.nobody").want(t, http.StatusNotFound)
	ada.get(app).want(t, http.StatusOK, "Copy from", "Role CSM")
	if p := ada.get(role); strings.Contains(p.text(), "Role CSM") || !strings.Contains(p.text(), "OAuth client Claude Connector") {
		t.Error("a role offers to be copied from itself, or offers no client")
	}
}

// The preview tells what saving would do, and saving without having read it asks first.
func TestPreviewOfClient(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	s.Connect(t, person(t, "Carly"))
	s.Connect(t, person(t, "Marcus"))
	ada := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	path := "/apps/" + s.Client.ID + "/permissions"
	form := ada.get(path).form(t, path)
	preview := func(form url.Values) string {
		t.Helper()
		p := ada.post(path+"/preview", form).want(t, http.StatusOK)
		if !strings.HasPrefix(p.header.Get("Content-Type"), "text/plain") {
			t.Errorf("content type %s", p.header.Get("Content-Type"))
		}
		return p.body
	}
	if got := preview(form); got != "2 living connections: nothing changes." {
		t.Errorf("unchanged: %s", got)
	}
	form.Del("p.Company.update")
	want := "2 living connections: all lose update on Company at the next call; none gains anything before authorizing again."
	if got := preview(form); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	asked := ada.post(path, form).want(t, http.StatusUnprocessableEntity, "Nothing is saved yet", want, "Save changes")
	again := asked.form(t, path)
	again.Set("confirmed", "something else")
	ada.post(path, again).want(t, http.StatusUnprocessableEntity, want)
	again.Set("confirmed", want)
	ada.follow(ada.post(path, again)).want(t, http.StatusOK, "Saved")
	c, err := s.OAuth.Client(t.Context(), s.Tenant, s.Client.ID)
	if err != nil || c.Set.Allows("Company", access.Update) || !c.Set.Allows("Company", access.View|access.Create) {
		t.Errorf("%v %v", c.Set, err)
	}
	// Back again: what was accepted comes back at once, and nobody is asked.
	form = ada.get(path).form(t, path)
	form.Set("p.Company.update", "on")
	if got, want := preview(form), "2 living connections: all get back what they were authorized for at the next call."; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	ada.post(path, form).want(t, http.StatusSeeOther)
	// A version that is not current is told before anything is asked.
	form.Del("p.Company.view")
	ada.post(path, form).want(t, http.StatusConflict)
	form.Del("matrix")
	ada.post(path+"/preview", form).want(t, http.StatusBadRequest)
	newBrowser(t, s.URL).signIn(person(t, "Carly")).post(path+"/preview", form).want(t, http.StatusForbidden) // no token of hers
}

func TestPreviewOfRole(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	s.Connect(t, person(t, "Carly"))
	ada := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	path := "/settings/roles/" + roleByName(t, s, "CSM").ID
	for _, c := range []struct {
		name   string
		change func(url.Values)
		want   string
	}{
		{"nothing", func(url.Values) {}, "1 living connection: nothing changes."},
		{"portfolio", func(f url.Values) { f.Set("portfolio", "full") }, "1 living connection: it reaches more companies at its next call."},
		{"filter", func(f url.Values) {
			f.Set("portfolio", "filter")
			for name, value := range map[string]string{"fp.0": "status", "fo.0": "eq", "fv.0": "customer"} {
				f.Set(name, value)
			}
		}, "1 living connection: it reaches other companies at its next call."},
		{"a property", func(f url.Values) { f.Del("pv.Company.co02"); f.Del("pa.Company.view") }, "1 living connection: it loses the view of 1 property on Company at its next call."},
		{"connecting", func(f url.Values) { f.Del("switch.connect") }, "1 living connection: it loses view, create and update on Company at its next call."},
		{"an internal model", func(f url.Values) { f.Set("p.OAuthClient.view", "on") }, "1 living connection: nothing changes."},
	} {
		form := ada.get(path).form(t, path)
		if c.name == "connecting" {
			for name := range form {
				if strings.HasPrefix(name, "p.") && !strings.HasPrefix(name, "p.Company.") {
					form.Del(name)
				}
			}
			ada.save(path, form).want(t, http.StatusSeeOther)
			form = ada.get(path).form(t, path)
		}
		c.change(form)
		if got := ada.post(path+"/preview", form).want(t, http.StatusOK).body; got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.name, got, c.want)
		}
	}
	fresh := ada.get("/settings/roles/new").form(t, "/settings/roles/new")
	if got := ada.post("/settings/roles/new/preview", fresh).want(t, http.StatusOK).body; got != "No living connection is concerned." {
		t.Errorf("a new role: %s", got)
	}
}

// With scripts the save bar says it before, so saving asks nothing more.
func TestPreviewInSaveBar(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	s.Connect(t, person(t, "Carly"))
	s.Connect(t, person(t, "Marcus"))
	tab, ada := openTab(t), person(t, "Ada")
	path := "/apps/" + s.Client.ID + "/permissions"
	do(t, tab, chromedp.Navigate(s.URL+"/signin"), chromedp.SendKeys(`[name=email]`, ada.Email), chromedp.SendKeys(`[name=password]`, ada.Password+"\r"), chromedp.WaitReady(`.shell`),
		chromedp.Navigate(s.URL+path), chromedp.WaitReady(`.savebar:not(.is-dirty)`), chromedp.Click(`[name="p.Company.update"]`), chromedp.WaitReady(`[name=confirmed][value^="2 living"], .savebar.is-dirty`),
		chromedp.Poll[chromedp.Void](`document.querySelector("[data-savebar-note]").textContent.startsWith("2 living connections: all lose update on Company at the next call;")`, chromedp.WithPollingTimeout(patience)),
		chromedp.Click(`[name=confirmed]`), chromedp.WaitReady(`.toast-card`))
	c, err := s.OAuth.Client(t.Context(), s.Tenant, s.Client.ID)
	if err != nil || c.Set.Allows("Company", access.Update) {
		t.Errorf("%v %v", c.Set["Company"], err)
	}
}
