package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"mandorla/internal/access"
	"mandorla/internal/demo"
	"mandorla/internal/oauth"
	"mandorla/internal/testkit"
	"mandorla/internal/web/kit"
)

var applicationPath = regexp.MustCompile(`href="(/profile/applications/[0-9a-f]{24})"`)

// A person sees what they connected, what it may do and did, takes something away, and disconnects it.
func TestApplicationPage(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	tokens := s.Connect(t, person(t, "Carly"))
	marcus := s.Connect(t, person(t, "Marcus"))
	s.Call(t, tokens.Access, "list_records", map[string]any{"model": "Task", "limit": 5})
	s.Call(t, tokens.Access, "get_record", map[string]any{"model": "Task", "id": strings.Repeat("0", 24)})
	s.Call(t, marcus.Access, "describe_model", map[string]any{"model": "Company"})
	carly := newBrowser(t, s.URL).signIn(person(t, "Carly"))
	path := applicationPath.FindStringSubmatch(carly.get("/profile").want(t, http.StatusOK, "Claude Connector").body)[1]
	p := carly.get(path).want(t, http.StatusOK, "Claude Connector", "Mandorla customer platform connector", "claude.ai", demo.TenantName, "May view", "list_records", "Not found", "Take something away", "Sees")
	if strings.Contains(p.body, "describe_model") {
		t.Error("somebody else's calls are shown")
	}
	// Somebody else's is like a missing one, whoever asks and however.
	ada := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	csrf := ada.get("/").form(t, "/signout")[kit.CSRFField]
	for _, other := range []string{path, "/profile/applications/" + strings.Repeat("0", 24), "/profile/applications/nonsense"} {
		ada.raw(other).want(t, http.StatusNotFound)
		ada.post(other+"/narrow", url.Values{kit.CSRFField: csrf, "model": {"Company"}}).want(t, http.StatusNotFound)
	}

	may := func(m string, a access.Action) bool {
		who, err := s.OAuth.Authenticate(t.Context(), tokens.Access, oauth.MCP, access.SurfaceMCP)
		return err == nil && who.Can(m, a)
	}
	form := carly.get(path).form(t, path+"/narrow")
	carly.follow(carly.post(path+"/narrow", form)).want(t, http.StatusOK, "Nothing to save")
	if !may("Company", access.Update) || !may("Task", access.View) {
		t.Fatal("less than expected before")
	}
	form["keep.Company"] = []string{"view"}
	form.Del("keep.Task")
	carly.follow(carly.post(path+"/narrow", form)).want(t, http.StatusOK, "Narrowed")
	if may("Company", access.Update) || may("Task", access.View) || !may("Company", access.View) {
		t.Error("not what was left")
	}
	// A form cannot give more than there is, and not take everything.
	form["keep.Company"] = []string{"view", "update", "export"}
	form["keep.Task"] = []string{"view"}
	carly.post(path+"/narrow", form).want(t, http.StatusSeeOther)
	if may("Company", access.Update) || may("Task", access.View) {
		t.Error("a form widened a connection")
	}
	nothing := url.Values{kit.CSRFField: form[kit.CSRFField], "model": carly.get(path).form(t, path+"/narrow")["model"]}
	carly.post(path+"/narrow", nothing).want(t, http.StatusUnprocessableEntity, "Nothing would be left")
	carly.post(path+"/narrow", url.Values{kit.CSRFField: form[kit.CSRFField]}).want(t, http.StatusBadRequest)

	// What the role loses is said, and what stops everything as well.
	reduceRole(t, s, "CSM", func(set access.Set) { delete(set, "Company") })
	carly.get(path).want(t, http.StatusOK, "Company: nothing now", "Authorized, not now")
	end := carly.get(path+"?disconnect").want(t, http.StatusOK, "Disconnect Claude Connector").form(t, "/profile/applications/end")
	carly.follow(carly.post("/profile/applications/end", end)).want(t, http.StatusOK, "Disconnected", "No connected applications")
	if may("Company", access.View) {
		t.Error("the token works after disconnecting")
	}
	carly.raw(path).want(t, http.StatusNotFound)
}

// Somebody in two tenants finds what they connected in either, from either, and acts on it where it is.
func TestApplicationsOfSeveralTenants(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	carly := person(t, "Carly")
	second := secondTenant(t, s, carly)
	connectAs(t, s, carly) // in the first by name
	publish(t, s, true)
	b := newBrowser(t, s.URL).signIn(carly)
	b.post("/tenant", url.Values{kit.CSRFField: b.get("/").form(t, "/tenant")[kit.CSRFField], "tenant": {second}}).want(t, http.StatusSeeOther)
	p := b.get("/profile").want(t, http.StatusOK, "Second Inc", "in "+demo.TenantName)
	path := applicationPath.FindStringSubmatch(p.body)[1]
	b.get(path).want(t, http.StatusOK, demo.TenantName)
	form := b.get(path).form(t, path+"/narrow")
	form.Del("keep.Task")
	b.follow(b.post(path+"/narrow", form)).want(t, http.StatusOK, "Narrowed")
	log, err := s.Store.TenantAudit(t.Context(), s.Tenant, "oauth.narrow", 2)
	if err != nil || len(log) != 1 || log[0].Person != userID(t, s, "Carly") {
		t.Errorf("%+v, %v", log, err)
	}
	// A tenant that is suspended shows nothing, and what is in it cannot be reached.
	if err := s.Console.Suspend(t.Context(), s.Super(t), s.Tenant, true); err != nil {
		t.Fatal(err)
	}
	b.get("/profile").want(t, http.StatusOK, "No connected applications")
	b.raw(path).want(t, http.StatusNotFound)
}
