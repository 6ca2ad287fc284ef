package web_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"mandorla/internal/access"
	"mandorla/internal/identity"
	"mandorla/internal/model"
	"mandorla/internal/query"
	"mandorla/internal/record"
	"mandorla/internal/testkit"
)

// roleNamed finds a role of the tenant.
func roleNamed(t *testing.T, s *testkit.Server, name string) access.Role {
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
	t.Fatalf("no role %s", name)
	return access.Role{}
}

// userNamed gives the id of a person's User record.
func userNamed(t *testing.T, s *testkit.Server, first string) string {
	t.Helper()
	return s.Person(t, person(t, first)).Person
}

func companies(t *testing.T, s *testkit.Server, p access.Principal, f query.Filter) int {
	t.Helper()
	page, err := s.Gate.List(t.Context(), p, record.ListRequest{Model: "Company", Filter: f, Limit: 1, Total: true})
	if err != nil {
		t.Fatal(err)
	}
	return page.Total
}

// A portfolio is put together condition by condition, in a browser without scripts, and bites at the next call.
func TestPortfolioBuilder(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	ada := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	role := roleNamed(t, s, "CSM")
	path := "/settings/roles/" + role.ID
	form := ada.get(path).want(t, http.StatusOK, "Only my portfolio", "Team access", "Filter based", "Full access", "41 companies now").form(t, path)
	form.Set("portfolio", "filter")
	ada.post(path, form).want(t, http.StatusUnprocessableEntity, "needs at least one condition")

	// The property first: then its operators and its values are offered.
	form.Set("fp.0", "status")
	form.Set("builder", "refresh")
	p := ada.post(path, form).want(t, http.StatusOK, "is one of", "customer", "Unsaved changes")
	if strings.Contains(p.body, `name="fp.1"`) {
		t.Error("a second row nobody asked for")
	}
	form = p.form(t, path)
	form.Set("fp.0", "status")
	form.Set("fo.0", "eq")
	form.Set("fv.0", "customer")
	form.Set("builder", "add")
	form = ada.post(path, form).want(t, http.StatusOK, "One is enough", "Choose a property").form(t, path)
	for name, value := range map[string]string{"fp.0": "status", "fo.0": "eq", "fv.0": "customer", "fp.1": "owner.name", "fo.1": "contains", "fv.1": "", "match": "any"} {
		form.Set(name, value)
	}
	ada.post(path, form).want(t, http.StatusUnprocessableEntity, "Choose or type a value")
	form.Set("fv.1", "hart")
	saved := ada.follow(ada.post(path, form)).want(t, http.StatusOK, "Saved", "Companies where Status is customer or Owner: Name contains hart")

	f := query.Filter{Or: []query.Filter{query.Where("status", model.Eq, "customer"), query.Where("owner.name", model.Contains, "hart")}}
	want := companies(t, s, s.Admin, f)
	role = roleNamed(t, s, "CSM")
	if got := role.Portfolio; got.Kind != access.KindFilter || got.Filter != `{"or":[{"property":"status","op":"eq","value":"customer"},{"property":"owner.name","op":"contains","value":"hart"}]}` {
		t.Errorf("stored %+v", got)
	}
	if got := companies(t, s, s.Person(t, person(t, "Carly")), query.Filter{}); got != want || got < 50 {
		t.Errorf("Carly reaches %d companies, want %d", got, want)
	}
	if !strings.Contains(saved.text(), countText(want)) {
		t.Errorf("the page does not count %d companies:\n%s", want, saved.text())
	}

	// Without its first condition, and with figures as figures.
	form = saved.form(t, path)
	for name, value := range map[string]string{"fp.0": "status", "fo.0": "eq", "fv.0": "customer", "fp.1": "arr", "fo.1": "gte", "fv.1": "10000", "builder": "remove.0", "match": "all"} {
		form.Set(name, value)
	}
	form = ada.post(path, form).want(t, http.StatusOK).form(t, path)
	for name, value := range map[string]string{"fp.0": "arr", "fo.0": "gte", "fv.0": "10000"} {
		form.Set(name, value)
	}
	ada.follow(ada.post(path, form)).want(t, http.StatusOK, "Companies where ARR ≥ 10,000")
	if got := roleNamed(t, s, "CSM").Portfolio.Filter; got != `{"property":"arr","op":"gte","value":10000}` {
		t.Errorf("stored %s", got)
	}
	form = ada.get(path).form(t, path)
	form.Set("fp.0", "arr")
	form.Set("fo.0", "gte")
	form.Set("fv.0", "many")
	ada.post(path, form).want(t, http.StatusUnprocessableEntity, "The filter")
}

func countText(n int) string {
	return strings.TrimSpace(strings.Join([]string{itoa(n), "companies now"}, " "))
}

func itoa(n int) string {
	digits := ""
	for ; n > 0; n /= 10 {
		digits = string(rune('0'+n%10)) + digits
	}
	return digits
}

// A tree that rows cannot show is kept, said in words and edited as text.
func TestDeepPortfolioIsKept(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	ada := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	role := roleNamed(t, s, "CSM")
	path := "/settings/roles/" + role.ID
	form := ada.get(path).form(t, path)
	form.Set("portfolio", "filter")
	form.Set("filter", `{"or":[{"owner":"me"},{"and":[{"phase":"Live"},{"not":{"h":{"lt":5}}}]}]}`)
	words := "Companies where Owner is the person who has the role or (Phase is Live and not (Health < 5))"
	p := ada.follow(ada.post(path, form)).want(t, http.StatusOK, words, "nested deeper", "Edit as text")
	before := roleNamed(t, s, "CSM").Portfolio
	form = p.form(t, path)
	form.Set("doc", "Another sentence.")
	ada.follow(ada.post(path, form)).want(t, http.StatusOK, words)
	if after := roleNamed(t, s, "CSM").Portfolio; after != before || after.Kind != access.KindFilter {
		t.Errorf("%+v became %+v", before, after)
	}
	form = ada.get(path).form(t, path)
	form.Set("filter", `{"or":[`)
	if kept := ada.post(path, form).want(t, http.StatusUnprocessableEntity, "is not JSON").form(t, path); kept.Get("filter") != `{"or":[` {
		t.Errorf("what was typed is lost: %q", kept.Get("filter"))
	}
	form.Set("filter", `{"custom.Gone":1}`)
	ada.post(path, form).want(t, http.StatusUnprocessableEntity, "no property")
}

// Switches and the administrator switch are read from the form; internal models of the set outlive a save.
func TestRoleSwitches(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	ada := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	path := "/settings/roles/" + roleNamed(t, s, "Developer").ID
	form := ada.get(path).want(t, http.StatusOK, "Connect apps and AI assistants", "App Center", "Administrator").form(t, path)
	form.Del("switch.connect")
	form.Del("switch.import")
	ada.post(path, form).want(t, http.StatusSeeOther)
	if r := roleNamed(t, s, "Developer"); r.Switches != access.SwitchAppCenter|access.SwitchSettings|access.SwitchExport || r.Admin || !r.Set.Allows(access.OAuthClient, access.Create) {
		t.Errorf("%s, admin %v, %v", r.Switches, r.Admin, r.Set[access.OAuthClient])
	}
}

func TestReach(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	ada := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	for _, row := range []struct{ who, query, has string }{
		{"Carly", "portfolio=mine", countText(companies(t, s, s.Person(t, person(t, "Carly")), query.Filter{}))},
		{"Jonas", "portfolio=team", countText(companies(t, s, s.Person(t, person(t, "Jonas")), query.Filter{}))},
		{"Devi", "portfolio=mine", "0 companies now"},
		{"Carly", "portfolio=full", "120 companies now"},
		{"Marcus", "portfolio=filter&fp.0=owner&fo.0=eq&fv.0=me", countText(companies(t, s, s.Admin, query.Where("owner", model.Eq, userNamed(t, s, "Marcus"))))},
		{"Carly", "portfolio=filter&fp.0=arr&fo.0=gte", "not complete"},
		{"Carly", "portfolio=everything", "not complete"},
	} {
		ada.get("/settings/roles/reach?"+row.query+"&as="+userNamed(t, s, row.who)).want(t, http.StatusOK, row.has)
	}
}

// Whoever may view roles looks at the settings and changes nothing; for others they are not there.
func TestSettingsReader(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	devi, carly := newBrowser(t, s.URL).signIn(person(t, "Devi")), newBrowser(t, s.URL).signIn(person(t, "Carly"))
	csm := "/settings/roles/" + roleNamed(t, s, "CSM").ID
	risk := "/settings/roles/" + roleNamed(t, s, "Risk watch").ID
	for path, has := range map[string]string{
		"/settings/roles": "Risk watch", csm: "Only my portfolio", csm + "/people": "Carly Hart", "/settings/people": "Sofia Marchetti",
		risk: "Companies where Status is customer and Health ≤ 4",
	} {
		p := devi.raw(path).want(t, http.StatusOK, has)
		clean(t, p)
		_, main, _ := strings.Cut(p.body, "<main")
		main, _, _ = strings.Cut(main, "</main>")
		if regexp.MustCompile(`method="post"|type="checkbox"(?:[^>]*name="p)|/remove"|/settings/people/[0-9a-f]`).MatchString(main) {
			t.Errorf("%s offers a change to somebody who may only look", path)
		}
		carly.raw(path).want(t, http.StatusNotFound)
	}
	token := devi.get("/profile").form(t, "/profile/password")
	for _, path := range []string{csm, csm + "/clone", csm + "/delete", csm + "/people/give", csm + "/people/take", "/settings/people/" + userNamed(t, s, "Devi")} {
		devi.post(path, token).want(t, http.StatusNotFound)
	}
	for _, path := range []string{"/settings/roles/new", csm + "/remove", "/settings/people/" + userNamed(t, s, "Devi"), "/settings/roles/reach?portfolio=full", "/settings/roles/filter"} {
		devi.raw(path).want(t, http.StatusNotFound)
	}
	carly.get("/profile").want(t, http.StatusOK, "What your roles allow", "Companies that you own or co-own, and what belongs to them")
	if body := carly.get("/").body; strings.Contains(body, `href="/settings"`) {
		t.Error("the sidebar names the settings")
	}
	if body := devi.get("/").body; !strings.Contains(body, `href="/settings"`) {
		t.Error("the sidebar does not name the settings")
	}
}

func TestRolePeople(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	ada := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	carly, me := userNamed(t, s, "Carly"), userNamed(t, s, "Ada")
	manager, admin := roleNamed(t, s, "Manager"), roleNamed(t, s, "Administrator")
	people := "/settings/roles/" + manager.ID + "/people"
	form := ada.get(people).want(t, http.StatusOK, "Marcus Oyelaran").form(t, people+"/give")
	form.Set("user", carly)
	ada.follow(ada.post(people+"/give", form)).want(t, http.StatusOK, "Carly Hart", "CSM", "Saved")
	if p := s.Person(t, person(t, "Carly")); len(p.Roles) != 2 {
		t.Errorf("roles %v", p.Roles)
	}
	ada.follow(ada.post(people+"/take", form)).want(t, http.StatusOK, "Saved")
	if p := s.Person(t, person(t, "Carly")); len(p.Roles) != 1 || p.Roles[0] != "CSM" {
		t.Errorf("roles %v", p.Roles)
	}
	form.Set("user", "nobody")
	ada.post(people+"/give", form).want(t, http.StatusNotFound)

	// The last administrator, on each of the three ways.
	last := "/settings/roles/" + admin.ID
	form = ada.get(last+"/people").want(t, http.StatusOK, "The last active administrator keeps the role").form(t, last+"/people/take")
	form.Set("user", me)
	ada.post(last+"/people/take", form).want(t, http.StatusConflict, "nobody who can administer")
	own := "/settings/people/" + me
	form = ada.get(own).want(t, http.StatusOK, "Everything, and the settings.").form(t, own)
	form["roles"] = []string{manager.ID}
	ada.post(own, form).want(t, http.StatusConflict, "nobody who can administer")
	form = ada.get(last+"/remove").want(t, http.StatusOK, "stops being an administrator").form(t, last+"/delete")
	form.Set("confirm", "Administrator")
	ada.post(last+"/delete", form).want(t, http.StatusConflict, "nobody who can administer")
	if _, err := s.Gate.Update(t.Context(), s.Admin, record.Write{Model: "User", ID: me, Values: map[string]any{"inactive": true}}); err == nil || !strings.Contains(err.Error(), "nobody who can administer") {
		t.Errorf("through the gate as the application wires it: %v", err)
	}

	// One person's roles; an older form changes nothing.
	hers := "/settings/people/" + carly
	form = ada.get(hers).want(t, http.StatusOK, "Carly Hart").form(t, hers)
	form["roles"] = []string{manager.ID, roleNamed(t, s, "CSM").ID}
	ada.follow(ada.post(hers, form)).want(t, http.StatusOK, "Saved")
	ada.post(hers, form).want(t, http.StatusConflict, "meanwhile")
	ada.get("/settings/people").want(t, http.StatusOK, "Carly Hart carly@northwind.example CSM Manager Enterprise Active")
	ada.get("/settings/people/nobody").want(t, http.StatusNotFound)
}

func TestRemoveRoleWithReplacement(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	ada := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	csm, lead := roleNamed(t, s, "CSM"), roleNamed(t, s, "Team lead")
	list := ada.get("/settings/roles").want(t, http.StatusOK, "New role", "Connect", "Filter based", "Team access")
	copied := ada.follow(ada.post("/settings/roles/"+csm.ID+"/clone", list.form(t, "/settings/roles/"+csm.ID+"/clone"))).want(t, http.StatusOK, "Copy of CSM", "Cloned")
	if copied.status == http.StatusOK && !roleNamed(t, s, "Copy of CSM").Set.Covers(csm.Set) {
		t.Error("the copy allows less")
	}
	path := "/settings/roles/" + csm.ID
	form := ada.get(path+"/remove").want(t, http.StatusOK, "2 people have this role", "Carly Hart", "May do nothing any more", "Risk watch", "Loses ").form(t, path+"/delete")
	ada.post(path+"/delete", form).want(t, http.StatusUnprocessableEntity, "nothing was removed")
	form.Set("confirm", "CSM")
	form.Set("replacement", "nothing")
	ada.post(path+"/delete", form).want(t, http.StatusNotFound)
	form.Set("replacement", lead.ID)
	ada.follow(ada.post(path+"/delete", form)).want(t, http.StatusOK, "Deleted")
	for first, want := range map[string][]string{"Carly": {"Team lead"}, "Sofia": {"Risk watch", "Team lead"}} {
		m, err := s.Identity.Member(t.Context(), s.Tenant, userNamed(t, s, first))
		if err != nil {
			t.Fatal(err)
		}
		if got := names(m); got != strings.Join(want, ",") {
			t.Errorf("%s has %s, want %v", first, got, want)
		}
	}
}

func names(m identity.Membership) string {
	var out []string
	for _, r := range m.Roles {
		out = append(out, r.Name)
	}
	if len(out) == 2 && out[0] > out[1] {
		out[0], out[1] = out[1], out[0]
	}
	return strings.Join(out, ",")
}
