package web_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"mandorla/internal/explain"
	"mandorla/internal/testkit"
)

// The page says who decides, with links to where that is set; it is there for administrators only.
func TestExplainPage(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	s.Connect(t, person(t, "Carly"))
	ada := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	page := func(query string) string { return "/settings/explain?" + query }
	ada.get("/settings").want(t, http.StatusOK, "Explain")
	ada.get("/settings/explain").want(t, http.StatusOK, "Ask in words", "Claude Connector")

	said := ada.get(page("q="+url.QueryEscape("can Carly through Claude update tasks?"))).want(t, http.StatusOK,
		"May Carly Hart through Claude Connector update tasks?", "No, Carly Hart through Claude Connector may not update tasks.",
		"allows view on tasks, but not update", "decides", "Let the app Claude Connector update tasks.", "Overlap")
	for _, href := range []string{"/apps/" + s.Client.ID + "/permissions", "/apps/" + s.Client.ID + "/connections", "/settings/roles/"} {
		if !strings.Contains(said.body, `href="`+href) {
			t.Errorf("no link to %s", href)
		}
	}
	// What was understood stands in the form, and asks the same again.
	for _, selected := range []string{s.Client.ID, "update", "Task"} {
		if !strings.Contains(said.body, `value="`+selected+`" selected`) {
			t.Errorf("%s is not chosen", selected)
		}
	}
	again := url.Values{"person": {said.form(t, "/settings/explain").Get("person")}, "client": {s.Client.ID}, "action": {"update"}, "model": {"Task"}}
	ada.get(page(again.Encode())).want(t, http.StatusOK, "No, Carly Hart through Claude Connector may not update tasks.")
	ada.get(page("person=Carly&action=view&model=Company&property=ARR&record=Brightwater+Energy")).want(t, http.StatusOK, "Yes, Carly Hart may view arr of Brightwater Energy.")
	ada.get(page("q=can+Karl+view+companies")).want(t, http.StatusUnprocessableEntity, "None of the people is called")
	ada.get(page("q=cake")).want(t, http.StatusUnprocessableEntity, "is not a question that can be read")
	ada.get(page("person=Carly&action=eat&model=Company")).want(t, http.StatusUnprocessableEntity, "is one of view, create")

	for _, name := range []string{"Marcus", "Devi", "Carly"} {
		b := newBrowser(t, s.URL).signIn(person(t, name))
		b.get(page("person=Carly&action=view&model=Company")).want(t, http.StatusNotFound, "Nothing here")
		b.get(page("person=Carly&action=view&model=Company&format=json")).want(t, http.StatusNotFound, "Nothing here")
	}
}

// The same address is the interface for programs: an answer or an error, in JSON.
func TestExplainJSON(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	ada := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	ask := func(query string, status int) (out struct {
		explain.Answer
		Error struct{ Kind, Message string }
	}) {
		t.Helper()
		got := ada.get("/settings/explain?"+query).want(t, status)
		if kind := got.header.Get("Content-Type"); kind != "application/json" {
			t.Errorf("%s: %s", query, kind)
		}
		if err := json.Unmarshal([]byte(got.body), &out); err != nil {
			t.Errorf("%s: %v", query, err)
		}
		return out
	}
	no := ask("format=json&person=Carly&action=remove&model=Company", http.StatusOK)
	if no.Allowed || len(no.Reasons) != 2 || !no.Reasons[0].Decides || no.Changes[0] != "Let the role CSM remove companies." {
		t.Errorf("%+v", no)
	}
	if wrong := ask("format=json&person=Karl&action=view&model=Company", http.StatusNotFound); wrong.Error.Kind != "not_found" || !strings.Contains(wrong.Error.Message, "Karl") {
		t.Errorf("%+v", wrong)
	}
	if none := ask("format=json", http.StatusBadRequest); none.Error.Kind != "invalid" {
		t.Errorf("%+v", none)
	}
}
