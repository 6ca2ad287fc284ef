package web_test

import (
	"net/http"
	"strings"
	"testing"

	"mandorla/internal/testkit"
)

// A page often has parts on their way while a write is answered. What the write has to say waits for the page that shows it.
func TestFlashWaitsForAWholePage(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	ada := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	path := "/settings/roles/" + roleNamed(t, s, "CSM").ID
	form := ada.get(path).form(t, path)
	form.Set("doc", "Looks after its companies")
	ada.post(path, form).want(t, http.StatusSeeOther)

	const toast = `class="toast-card`
	for _, part := range []string{"/settings/roles/reach", "/settings/roles/filter", "/data/companies/filter", "/data/companies?sort=-arr"} {
		for _, by := range []string{"htmx", "a script"} {
			r := ada.request(http.MethodGet, part, nil)
			if by == "htmx" {
				r.Header.Set("HX-Request", "true")
			} else if strings.Contains(part, "?") {
				continue // asked for so, it is the page
			}
			if got := ada.do(r).want(t, http.StatusOK); strings.Contains(got.body, toast) {
				t.Errorf("%s by %s shows it", part, by)
			}
		}
	}
	if got := ada.get(path).want(t, http.StatusOK, "Saved"); strings.Count(got.body, toast) != 1 {
		t.Errorf("%d toasts on the page that it led to", strings.Count(got.body, toast))
	}
	if got := ada.get(path); strings.Contains(got.body, toast) {
		t.Error("said twice")
	}
}
