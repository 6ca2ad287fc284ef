package web_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mandorla/internal/access"
	"mandorla/internal/identity"
	"mandorla/internal/model"
	"mandorla/internal/privateapp"
	"mandorla/internal/query"
	"mandorla/internal/record"
	"mandorla/internal/testkit"
	"mandorla/internal/web"
	"mandorla/internal/web/kit"
)

// paths are addresses of every page, by the least that opens it: nobody, a team member, an administrator.
func paths(t *testing.T, s *testkit.Server) (open, member, admin []string) {
	t.Helper()
	list, err := s.Gate.List(t.Context(), s.Admin, record.ListRequest{Model: "Company", Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	company := "/data/companies/" + list.Rows[0].ID
	role := ""
	roles, err := s.Identity.Roles(t.Context(), s.Tenant)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range roles {
		if r.Name == "CSM" {
			role = r.ID
		}
	}
	app := "/apps/" + s.Client.ID
	made, err := s.Apps.Create(t.Context(), s.Admin, privateapp.Input{Name: "Program of the pages", Set: access.Of(s.Schema.Base(), access.View)})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Apps.NewToken(t.Context(), s.Admin, made.ID, "Nightly", 0); err != nil {
		t.Fatal(err)
	}
	program := "/private-apps/" + made.ID
	published := "/published-apps/" + publishedApp(t, s)
	s.Connect(t, person(t, "Ada"))
	own := ownApplication(t, s, s.Admin.Person)
	field := customField(t, s, "Contract type")
	open = []string{"/signin", "/forgot"}
	member = []string{
		"/", "/profile", "/data/companies", "/data/endusers", "/data/assets", "/data/licenses", "/data/conversations", "/data/tasks", "/data/users", "/data/teams",
		"/data/companies?q=energy&f=status:eq:customer&f=arr:gte:1000&sort=-arr", "/data/companies?drawer=filter", "/data/companies?drawer=filter&fp.0=owner&builder=refresh",
		"/data/companies?drawer=filter&fp.0=renewalDate&fp.1=owner.name&builder=add", "/data/companies?f=owner:in:me&f=phase:empty&match=any&drawer=filter",
		"/data/companies/filter?fp.0=status&fo.0=in&fv.0=customer&fv.0=lost",
	}
	admin = []string{
		company, company + "?tab=history", company + "?tab=tasks.companyId", "/apps", "/apps/new", "/apps/new?for=claude", "/apps/new?for=other",
		"/apps/self-registering", "/apps/self-registering?preset=view",
		app, app + "?generate", app + "/setup", app + "/connections?end-all", app + "/activity", "/apps/redirects?text=https://ok.test/cb", app + "/permissions", app + "/permissions?preset=full", app + "/permissions?copy=role." + role, app + "/connections",
		"/private-apps", "/private-apps/new", program, program + "?token", program + "/permissions", program + "/permissions?copy=role." + role, program + "/logs",
		"/settings/roles", "/settings/roles/" + role, "/settings/roles/new", "/settings/roles/" + role + "?preset=view", "/settings/roles/" + role + "?copy=client." + s.Client.ID,
		"/settings/roles/" + role + "/people", "/settings/roles/" + role + "/remove", "/settings/roles/new?copy=role." + role, "/settings/people", "/settings/people/invite", "/settings/people/" + s.Admin.Person,
		"/settings/roles/filter?fp.0=owner.name&fo.0=contains&builder=add", "/settings/roles/reach?portfolio=mine",
		"/settings/data-model", "/settings/data-model/companies", "/settings/data-model/users", "/settings/data-model/companies/new", field, field + "/remove",
		published, published + "?shut", published + "/activity", own, own + "?disconnect",
	}
	return open, member, admin
}

func TestEveryPage(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	s.Connect(t, person(t, "Carly"))
	open, member, admin := paths(t, s)
	nobody, carly, ada := newBrowser(t, s.URL), newBrowser(t, s.URL).signIn(person(t, "Carly")), newBrowser(t, s.URL).signIn(person(t, "Ada"))
	for _, path := range open {
		clean(t, nobody.raw(path).want(t, http.StatusOK))
	}
	for _, path := range member {
		if to := nobody.raw(path).want(t, http.StatusSeeOther).header.Get("Location"); to != "/signin" {
			t.Errorf("%s without a sign-in leads to %q", path, to)
		}
		clean(t, carly.raw(path).want(t, http.StatusOK))
		clean(t, ada.raw(path).want(t, http.StatusOK))
	}
	for _, path := range admin {
		clean(t, ada.raw(path).want(t, http.StatusOK))
		if strings.HasPrefix(path, "/apps") || strings.HasPrefix(path, "/private-apps") || strings.HasPrefix(path, "/settings") || strings.HasPrefix(path, "/published-apps") || strings.HasPrefix(path, "/profile/applications") {
			carly.raw(path).want(t, http.StatusNotFound)
		}
	}
	sam := newBrowser(t, s.URL).signIn(testkit.SuperLogin)
	for _, path := range consolePaths(s) {
		clean(t, sam.raw(path).want(t, http.StatusOK))
		ada.raw(path).want(t, http.StatusNotFound)
	}
	ada.get("/settings").want(t, http.StatusOK, "Roles")
}

var (
	inlineScript = regexp.MustCompile(`<script(?:\s[^>]*)?>[^<]`)
	inlineStyle  = regexp.MustCompile(`<style|\sstyle="|\son[a-z]+="|javascript:`)
	countsNone   = regexp.MustCompile(`\b0 (living |other )?(connections?|people|apps?|tenants?)\b.*?[.;]`)
	postForm     = regexp.MustCompile(`(?s)<form[^>]*method="post".*?</form>`)
)

// clean holds what every page keeps: nothing inline, the token in every form that writes, and no sentence about none of something.
func clean(t *testing.T, p page) {
	t.Helper()
	if m := inlineScript.FindString(p.body); m != "" {
		t.Errorf("%s has an inline script: %s", p.path, m)
	}
	if m := inlineStyle.FindString(p.body); m != "" {
		t.Errorf("%s has inline style or behaviour: %s", p.path, m)
	}
	if m := countsNone.FindString(p.text()); m != "" {
		t.Errorf("%s says %q where there is none", p.path, m)
	}
	for _, form := range postForm.FindAllString(p.body, -1) {
		if !strings.Contains(form, `name="`+kit.CSRFField+`" value="`) || strings.Contains(form, `name="`+kit.CSRFField+`" value=""`) {
			t.Errorf("%s has a form without a token: %.120s", p.path, form)
		}
	}
}

// Row 277: the same headers on every answer, errors included.
func TestHeaders(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	open, member, admin := paths(t, s)
	ada := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	check := func(p page) {
		t.Helper()
		for name, want := range map[string]string{
			"Content-Security-Policy": kit.CSP, "X-Content-Type-Options": "nosniff", "Cross-Origin-Opener-Policy": "same-origin",
			"X-Frame-Options": "DENY", "Cross-Origin-Resource-Policy": "same-origin", "Server": "", "X-Powered-By": "",
		} {
			if got := p.header.Get(name); got != want {
				t.Errorf("%d %s: %s is %q, want %q", p.status, p.path, name, got, want)
			}
		}
		for _, name := range []string{"Permissions-Policy", "Referrer-Policy", "X-Request-Id"} {
			if p.header.Get(name) == "" {
				t.Errorf("%d %s: no %s", p.status, p.path, name)
			}
		}
	}
	for _, path := range append(append(open, member...), admin...) {
		check(ada.raw(path))
		check(newBrowser(t, s.URL).raw(path))
	}
	sam := newBrowser(t, s.URL).signIn(testkit.SuperLogin)
	for _, path := range consolePaths(s) {
		check(sam.raw(path))
		check(ada.raw(path))
	}
	for _, status := range []struct {
		want int
		page page
	}{
		{http.StatusNotFound, ada.raw("/nothing")},
		{http.StatusNotFound, newBrowser(t, s.URL).raw("/nothing")},
		{http.StatusNotFound, ada.raw("/data/nothing")},
		{http.StatusBadRequest, ada.raw("/data/companies?f=nme:eq:x")},
		{http.StatusBadRequest, ada.raw("/oauth/authorize")},
		{http.StatusMethodNotAllowed, ada.post("/data/companies", nil)},
		{http.StatusForbidden, ada.post("/signout", nil)},
		{http.StatusRequestEntityTooLarge, ada.post("/signout", url.Values{"x": {strings.Repeat("x", 1<<20)}})},
		{http.StatusOK, ada.raw(regexp.MustCompile(`/assets/mandorla-[0-9a-f]+\.css`).FindString(ada.raw("/").body))},
	} {
		status.page.want(t, status.want)
		check(status.page)
	}
}

// broken fails in the way it is told.
type broken struct{ panics bool }

func (b broken) Registry(context.Context, string, int64) (*model.Registry, error) {
	if b.panics {
		panic("secret-of-the-panic")
	}
	return nil, errors.New("secret-of-the-error")
}

// A panic and a broken dependency are the same page, with the reference that the log has and nothing of the cause.
func TestInternalError(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	for _, panics := range []bool{false, true} {
		var log strings.Builder
		h, err := web.New(web.Options{
			Gate: s.Gate, Identity: s.Identity, OAuth: s.OAuth, Apps: s.Apps, Fields: s.Fields, Calls: s.Calls, Registries: broken{panics}, Origin: "https://crm.test", Now: s.Clock.Now,
			Logger: slog.New(slog.NewTextHandler(&log, nil)),
		})
		if err != nil {
			t.Fatal(err)
		}
		token, err := s.Identity.SignIn(t.Context(), person(t, "Ada").Email, person(t, "Ada").Password, identity.From{IP: "127.0.0.1"})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://crm.test/settings/roles/new", nil)
		r.AddCookie(&http.Cookie{Name: "__Host-sid", Value: token})
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		p := page{w.Code, w.Header(), w.Body.String(), "/settings/roles/new"}
		p.want(t, http.StatusInternalServerError, "Something went wrong on this side", "Reference")
		if strings.Contains(p.body, "secret-of") {
			t.Error("the page tells the cause")
		}
		if ref := p.header.Get("X-Request-Id"); !strings.Contains(p.body, ref) || !strings.Contains(log.String(), ref) || !strings.Contains(log.String(), "secret-of") {
			t.Errorf("reference %s is not on the page and in the log: %s", ref, log.String())
		}
		if p.header.Get("Content-Security-Policy") != kit.CSP {
			t.Error("without headers")
		}
	}
}

// Every write without its token is refused, whoever sends it, and changes nothing.
func TestTokenMissing(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	ada := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	h, err := web.New(web.Options{Gate: s.Gate, Identity: s.Identity, OAuth: s.OAuth, Apps: s.Apps, Fields: s.Fields, Calls: s.Calls, Registries: s.Schema, Origin: "https://crm.test", Now: s.Clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, pattern := range h.Routes() {
		path, ok := strings.CutPrefix(pattern, "POST ")
		if !ok {
			continue
		}
		n++
		path = strings.ReplaceAll(path, "{id}", s.Client.ID)
		ada.post(path, url.Values{"name": {"x"}, "confirm": {s.Client.Name}}).want(t, http.StatusForbidden)
	}
	if n < 15 {
		t.Errorf("only %d writes", n)
	}
	if c, err := s.OAuth.Client(t.Context(), s.Tenant, s.Client.ID); err != nil || c.Version != s.Client.Version {
		t.Errorf("client %v %v", c.Version, err)
	}
}

// What one may not see does not exist: the same page for a hidden model, an unknown one, a hidden row and an unknown one.
func TestHiddenIsUnknown(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	reduceRole(t, s, "CSM", func(set access.Set) { delete(set, "License") })
	carly := newBrowser(t, s.URL).signIn(person(t, "Carly"))
	reference := regexp.MustCompile(`[A-Z2-7]{12}`)
	same := func(a, b page) {
		t.Helper()
		a.want(t, http.StatusNotFound)
		b.want(t, http.StatusNotFound)
		if diff := cmp.Diff(reference.ReplaceAllString(a.body, ""), reference.ReplaceAllString(b.body, "")); diff != "" {
			t.Errorf("%s and %s differ:\n%s", a.path, b.path, diff)
		}
	}
	same(carly.raw("/data/licenses"), carly.raw("/data/nonsense"))
	list, err := s.Gate.List(t.Context(), s.Admin, record.ListRequest{Model: "Company", Limit: 200, Select: []string{"owner", "coOwner"}})
	if err != nil {
		t.Fatal(err)
	}
	me := s.Person(t, person(t, "Carly")).Person
	for i, row := range list.Rows {
		if list.Value(i, "owner") != me && list.Value(i, "coOwner") != me {
			same(carly.raw("/data/companies/"+row.ID), carly.raw("/data/companies/000000000000000000000000"))
			same(carly.raw("/data/companies/"+row.ID), carly.raw("/data/companies/nonsense"))
			break
		}
	}
	same(carly.raw("/apps/"+s.Client.ID), carly.raw("/apps/pk_nothing"))
	same(carly.raw("/apps"), carly.raw("/nonsense"))
	if home := carly.get("/"); strings.Contains(home.body, "icense") {
		t.Error("the hidden model is named on the home page")
	}
}

func reduceRole(t *testing.T, s *testkit.Server, name string, change func(access.Set)) {
	t.Helper()
	roles, err := s.Identity.Roles(t.Context(), s.Tenant)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range roles {
		if r.Name == name {
			set := access.Set{}
			for m, p := range r.Set {
				set[m] = p
			}
			change(set)
			r.Set = set
			if _, err := s.Identity.SaveRole(t.Context(), s.Admin, r); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestData(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	ada := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	first := ada.get("/data/companies").want(t, http.StatusOK, "1–50 of 120", "Companies 120")
	next := regexp.MustCompile(`rel="next" href="([^"]+)"`)
	seen := map[string]bool{}
	rows := regexp.MustCompile(`href="/data/companies/([0-9a-f]{24})"`)
	p := first
	for i, want := range []string{"1–50 of 120", "51–100 of 120", "101–120 of 120"} {
		p.want(t, http.StatusOK, want)
		for _, m := range rows.FindAllStringSubmatch(p.body, -1) {
			seen[m[1]] = true
		}
		if i < 2 {
			p = ada.get(strings.ReplaceAll(next.FindStringSubmatch(p.body)[1], "&amp;", "&"))
		}
	}
	if len(seen) != 120 {
		t.Errorf("%d companies on three pages", len(seen))
	}
	prev := regexp.MustCompile(`rel="prev" href="([^"]+)"`)
	for _, want := range []string{"51–100 of 120", "1–50 of 120"} {
		p = ada.get(strings.ReplaceAll(prev.FindStringSubmatch(p.body)[1], "&amp;", "&")).want(t, http.StatusOK, want)
	}
	ada.get("/data/companies?f=owner:eq:me").want(t, http.StatusOK, "Owner is me")
	ada.get("/data/companies?f=arr:gte:10000").want(t, http.StatusOK, "ARR ≥ 10,000")
	ada.get("/data/companies?drawer=filter&fp.0=status&fo.0=eq&fv.0=customer&apply=1").want(t, http.StatusOK, "Status is customer")
	ada.get("/data/companies?drawer=filter&fp.0=status&fo.0=eq&fv.0=&apply=1").want(t, http.StatusOK, "Choose or type a value")
	ada.get("/data/companies?f=nme:eq:x").want(t, http.StatusBadRequest, "no such property", `Did you mean "name"`)
	ada.get("/data/companies?f=arr:gte:many").want(t, http.StatusBadRequest, "expects a number", "ARR ≥ many")
	ada.get("/data/companies?sort=nope").want(t, http.StatusBadRequest, "cannot be shown")
	ada.get("/data/companies?after=forged&n=50").want(t, http.StatusBadRequest, "cannot be shown")
	ada.get("/data/companies?q=zzzz").want(t, http.StatusOK, "No companies match")
}

// Row 283: markup in stored text is never in force.
func TestMarkupInRecords(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	const evil = `"><svg onload=1>`
	list, err := s.Gate.List(t.Context(), s.Admin, record.ListRequest{Model: "Company", Limit: 1, Filter: query.Where("owner", "eq", s.Person(t, person(t, "Carly")).Person)})
	if err != nil {
		t.Fatal(err)
	}
	id := list.Rows[0].ID
	if _, err := s.Gate.Update(t.Context(), s.Admin, record.Write{Model: "Company", ID: id, Values: map[string]any{
		"name": evil, "description": evil + "\n" + evil, "phase": evil, "tags": []any{evil}, "country": evil,
	}}); err != nil {
		t.Fatal(err)
	}
	ada := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	for _, path := range []string{"/data/companies?q=svg", "/data/companies/" + id, "/data/companies/" + id + "?tab=history", "/data/tasks", "/data/companies?q=" + url.QueryEscape(evil), "/data/companies?f=" + url.QueryEscape("phase:eq:"+evil), "/data/companies?f=" + url.QueryEscape(evil+":eq:"+evil)} {
		if p := ada.get(path); strings.Contains(p.body, "<svg onload") {
			t.Errorf("%s: markup is in force", path)
		}
	}
	ada.get("/data/companies/"+id+"?tab=history").want(t, http.StatusOK, "changed", "Phase:")
}

func TestRecord(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	carly := newBrowser(t, s.URL).signIn(person(t, "Carly"))
	p := carly.get("/data/companies")
	m := regexp.MustCompile(`href="(/data/companies/[0-9a-f]{24})"`).FindStringSubmatch(p.body)
	got := carly.get(m[1]).want(t, http.StatusOK, "Overview", "Owner", "End users", "History", "Kept by the system")
	if !regexp.MustCompile(`href="/data/users/[0-9a-f]{24}"`).MatchString(got.body) {
		t.Error("the owner is no link")
	}
	carly.get(m[1]+"?tab=endusers.companyId").want(t, http.StatusOK, "Open in End users")
}
