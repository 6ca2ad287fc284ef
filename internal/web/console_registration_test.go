package web_test

import (
	"net/http"
	"strings"
	"testing"

	"mandorla/internal/testkit"
)

// The two switches of the installation are in the metadata with the next request, and in the log above the tenants.
func TestConsoleRegistration(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	s.Super(t)
	sam, ada := newBrowser(t, s.URL).signIn(testkit.SuperLogin), newBrowser(t, s.URL).signIn(person(t, "Ada"))
	const path, metadata = "/console/registration", "/.well-known/oauth-authorization-server"
	advertised := func(documents, registration bool) {
		t.Helper()
		body := ada.raw(metadata).want(t, http.StatusOK).body
		if strings.Contains(body, `"client_id_metadata_document_supported":true`) != documents || strings.Contains(body, `"registration_endpoint"`) != registration {
			t.Errorf("documents %v, registration %v: %s", documents, registration, body)
		}
	}
	advertised(true, false)
	form := sam.get(path).want(t, http.StatusOK, "Client ID Metadata Documents").form(t, path)
	if form.Get("documents") != "on" || form.Has("registration") {
		t.Errorf("the form begins with %v", form)
	}
	form.Del("documents")
	form.Set("registration", "on")
	sam.follow(sam.post(path, form)).want(t, http.StatusOK, "It works from the next request on")
	advertised(false, true)
	if form = sam.get(path).form(t, path); form.Has("documents") || form.Get("registration") != "on" {
		t.Errorf("the form shows %v", form)
	}
	sam.get("/console/log").want(t, http.StatusOK, "Changed which apps may register themselves", testkit.SuperLogin.Email)
	ada.get("/apps/self-registering").want(t, http.StatusOK)
}
