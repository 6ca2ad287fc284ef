package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"mandorla/internal/access"
	"mandorla/internal/customfield"
	"mandorla/internal/model"
	"mandorla/internal/testkit"
)

// reference is what differs between two answers that say the same.
var reference = regexp.MustCompile(`Reference:? ?\S+`)

// customField makes a choice on Company and gives the address of its page.
func customField(t *testing.T, s *testkit.Server, name string) string {
	t.Helper()
	p, err := s.Fields.Add(t.Context(), s.Admin, "Company", customfield.Field{
		Name: name, Doc: "What it is called in the contract.", Kind: model.Enum, Options: []string{"Order form", "Frame agreement", "None"}, List: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return "/settings/data-model/companies/" + p.ID
}

// An administrator makes a field with mistakes on the way, looks who sees it, changes it and removes it.
func TestCustomFieldByForms(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	carly := s.Connect(t, person(t, "Carly")).Access
	ada := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	const models, companies = "/settings/data-model", "/settings/data-model/companies"
	ada.get(models).want(t, http.StatusOK, "Companies A customer organisation; almost everything else", "companies", "End users", "Teams")
	p := ada.get(companies).want(t, http.StatusOK, "No custom fields yet", "Add what is missing about companies", "Owner Account or success manager in charge; decides whose portfolio the company is in. Reference to one user owner In tables", "Choice: prospect, coming, customer, canc… status")
	if !strings.Contains(p.body, `href="`+companies+`/new"`) {
		t.Error("nothing leads to a new field")
	}

	p = ada.get(companies+"/new").want(t, http.StatusOK, "Shown at once by Administrator", "which have all properties of companies, also future ones", "Reference to one end user", "References to teams")
	form := p.form(t, companies+"/new")
	form.Set("doc", "What we signed & when.")
	form.Set("kind", "enum")
	form.Set("options", " Order form\r\n\r\nFrame agreement \r\norder FORM")
	form.Set("required", "on")
	p = ada.post(companies+"/new", form).want(t, http.StatusUnprocessableEntity, "Name is missing. Give the field a name", "Choices have order FORM twice. Leave one of them.", "Some fields need a change.")
	clean(t, p)
	back := p.form(t, companies+"/new")
	for _, name := range []string{"doc", "options", "required"} {
		if typed, got := strings.Fields(form.Get(name)), strings.Fields(back.Get(name)); !slices.Equal(typed, got) {
			t.Errorf("%s comes back as %q, typed was %q", name, got, typed)
		}
	}
	if !regexp.MustCompile(`<option value="enum" selected>`).MatchString(p.body) {
		t.Error("the kind is forgotten")
	}
	form.Set("name", " Contract type ")
	form.Set("options", "Order form\r\nFrame agreement")
	form.Del("required")
	form.Set("list", "on")
	made := ada.post(companies+"/new", form).want(t, http.StatusSeeOther)
	path := made.header.Get("Location")
	ada.get(path).want(t, http.StatusOK, "Custom field created", "Who sees it", "Administrator View and change", "Team lead", "Choice")
	ada.get(companies).want(t, http.StatusOK, "Contract type What we signed & when. Choice: Order form, Frame agreement custom.Contract type In tables")
	ada.get(models).want(t, http.StatusOK, "Custom fields")
	if _, bad, text := s.Call(t, carly, "describe_model", map[string]any{"model": "Company"}); bad || !strings.Contains(text, "What we signed & when.") {
		t.Errorf("a connection that was allowed future properties does not know it: %.400s", text)
	}
	ada.get("/data/companies").want(t, http.StatusOK, "Contract type")

	form = ada.get(path).form(t, path)
	old := url.Values{"csrf": form["csrf"], "was": form["was"], "name": {"Agreement"}}
	form.Set("name", "custom")
	form.Set("options", "Order form\nFrame agreement\nVerbal")
	ada.post(path, form).want(t, http.StatusSeeOther)
	ada.get(path).want(t, http.StatusOK, "Saved", "custom", "Verbal")
	p = ada.post(path, old).want(t, http.StatusConflict, "Somebody changed this field in the meantime.")
	if got := p.form(t, path).Get("name"); got != "Agreement" {
		t.Errorf("what was typed comes back as %q", got)
	}
	form = ada.get(path).form(t, path)
	form.Set("name", "owner")
	ada.post(path, form).want(t, http.StatusSeeOther) // "custom.owner" is another name than "owner"
	form = ada.get(path).form(t, path)
	form.Set("name", `a"b`)
	ada.post(path, form).want(t, http.StatusUnprocessableEntity, "Name has at most 80 letters, digits, spaces")

	remove := path + "/remove"
	p = ada.get(remove).want(t, http.StatusOK, "None of the companies that you see has a value. Its values go with it, also those in records that you do not reach")
	form = p.form(t, remove)
	ada.post(remove, form).want(t, http.StatusUnprocessableEntity, "nothing was removed. Type owner")
	form.Set("confirm", "owner")
	if to := ada.post(remove, form).want(t, http.StatusSeeOther).header.Get("Location"); to != companies {
		t.Errorf("removing leads to %s", to)
	}
	ada.get(companies).want(t, http.StatusOK, "Custom field removed", "No custom fields yet")
	form = ada.get(models+"/users/new").form(t, models+"/users/new")
	form.Set("name", "Badge")
	form.Set("kind", "text")
	form.Set("required", "on")
	ada.post(models+"/users/new", form).want(t, http.StatusUnprocessableEntity, "Required is not possible here: an invitation makes a user")
	for _, gone := range []string{path, remove} {
		ada.get(gone).want(t, http.StatusNotFound)
	}
}

// What a role does not show is not there, and buttons that one may not use are not drawn.
func TestCustomFieldsOfOthers(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	path := customField(t, s, "Contract type")
	hidden := customField(t, s, "Margin")
	reg, err := s.Schema.Current(t.Context(), s.Tenant)
	if err != nil {
		t.Fatal(err)
	}
	company, _ := reg.Company()
	var ids []string
	for _, p := range company.Props() {
		if !strings.HasSuffix(hidden, p.ID) {
			ids = append(ids, p.ID)
		}
	}
	carly := newBrowser(t, s.URL).signIn(person(t, "Carly"))
	carly.get("/settings").want(t, http.StatusNotFound)
	role := access.Role{Tenant: s.Tenant, Name: "Reader", Portfolio: access.FullAccess, Switches: access.SwitchSettings, Set: access.Set{
		"Company": {Actions: access.View, View: access.Only(ids...)}, access.CustomField: {Actions: access.View},
	}}
	give := func(actions access.Action) {
		t.Helper()
		role.Set[access.CustomField] = access.ModelPermission{Actions: actions}
		saved, err := s.Identity.SaveRole(t.Context(), s.Admin, role)
		if err != nil {
			t.Fatal(err)
		}
		role.ID, role.Version = saved.ID, saved.Version
		if err := s.Identity.AssignRoles(t.Context(), s.Admin, s.Tenant, userID(t, s, "Carly"), []string{role.ID}); err != nil {
			t.Fatal(err)
		}
	}
	give(access.View)
	if p := carly.get("/settings").want(t, http.StatusOK, "Data model", "Companies"); strings.Contains(p.body, "/settings/roles") || strings.Contains(p.text(), "End users") {
		t.Errorf("shows more than may be seen: %s", p.text())
	}
	p := carly.get("/settings/data-model/companies").want(t, http.StatusOK, "Contract type")
	if strings.Contains(p.text(), "Margin") || strings.Contains(p.text(), "New custom field") || strings.Contains(p.text(), "to one user") || !strings.Contains(p.text(), "Reference to one company") {
		t.Errorf("shows more than may be seen: %s", p.text())
	}
	p = carly.get(path).want(t, http.StatusOK, "What it is called in the contract", "custom.Contract type")
	if strings.Contains(p.body, "<form class=\"form") || strings.Contains(p.text(), "Remove field") || strings.Contains(p.text(), "Who sees it") {
		t.Errorf("shows more than may be used: %s", p.text())
	}
	same := carly.get("/settings/data-model/companies/cf_nothing").want(t, http.StatusNotFound).text()
	same = reference.ReplaceAllString(same, "")
	for _, gone := range []string{hidden, hidden + "/remove", path + "/remove", "/settings/data-model/companies/new", "/settings/data-model/endusers", "/settings/data-model/nothing"} {
		if got := carly.get(gone).want(t, http.StatusNotFound).text(); reference.ReplaceAllString(got, "") != same {
			t.Errorf("%s says %s, and what is not there %s", gone, got, same)
		}
	}

	give(access.View | access.Create | access.Update)
	form := carly.get("/settings/data-model/companies/new").want(t, http.StatusOK, "It is shown at once by roles that have all properties of companies, also future ones.").form(t, "/settings/data-model/companies/new")
	form.Set("name", "Rating")
	form.Set("kind", "integer")
	if to := carly.post("/settings/data-model/companies/new", form).want(t, http.StatusSeeOther).header.Get("Location"); to != "/settings/data-model/companies" {
		t.Errorf("leads to %s, which her role does not show", to)
	}
	if p := carly.get("/settings/data-model/companies").want(t, http.StatusOK, "Custom field created"); strings.Contains(p.text(), "Rating") {
		t.Error("her role shows a field without future properties")
	}
	form = carly.get(path).form(t, path)
	form.Set("doc", "As signed")
	carly.post(path, form).want(t, http.StatusSeeOther)
	carly.get(path).want(t, http.StatusOK, "Saved")
	carly.post(path+"/remove", url.Values{"csrf": form["csrf"], "confirm": {"Contract type"}}).want(t, http.StatusNotFound)
}

// With scripts, choices are there for the kind that has them; the save bar guards a change.
func TestCustomFieldInTheBrowser(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	ada := person(t, "Ada")
	tab := openTab(t)
	do(t, tab, chromedp.EmulateViewport(1280, 900), chromedp.Navigate(s.URL+"/signin"), chromedp.SendKeys(`[name=email]`, ada.Email),
		chromedp.SendKeys(`[name=password]`, ada.Password+"\r"), chromedp.WaitReady(`.shell`), chromedp.Navigate(s.URL+"/settings/data-model/endusers"),
		chromedp.Click(`.head .btn-primary`), chromedp.WaitVisible(`#f-name`))
	const hidden = `getComputedStyle(document.querySelector("#f-options").closest(".field")).display === "none"`
	until(t, tab, hidden)
	choose(t, tab, "#f-kind", "enum")
	until(t, tab, "!("+hidden+")")
	choose(t, tab, "#f-kind", "refs:teams")
	until(t, tab, hidden)
	choose(t, tab, "#f-kind", "enum")
	do(t, tab, chromedp.SendKeys(`#f-name`, "Seniority"), chromedp.SendKeys(`#f-options`, "Junior\nSenior"), chromedp.Click(`.form-foot .btn-primary`), chromedp.WaitVisible(`.toast-card`))
	until(t, tab, `document.querySelector("h1").textContent.includes("Seniority") && !(`+hidden+`)`)
	do(t, tab, chromedp.SendKeys(`#f-doc`, "How long they do this."))
	until(t, tab, `document.querySelector("[data-savebar]").classList.contains("is-dirty")`)
	do(t, tab, chromedp.Click(`.savebar .btn-primary`), chromedp.WaitVisible(`.toast-card`))
	until(t, tab, `document.querySelector("#f-doc").value === "How long they do this."`)
}
