package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"mandorla/internal/access"
	"mandorla/internal/demo"
	"mandorla/internal/oauth"
	"mandorla/internal/record"
	"mandorla/internal/testkit"
)

// Row 283: markup in the names of roles, clients and people is in force on no page, nor is a redirect URL that looks like some.
func TestMarkupInNames(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	const evil = `"><svg onload=1>`
	roles, err := s.Identity.Roles(t.Context(), s.Tenant)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range roles {
		r.Doc = evil
		if r.Name != "CSM" { // which paths looks for
			r.Name += evil
		}
		if _, err := s.Identity.SaveRole(t.Context(), s.Admin, r); err != nil {
			t.Fatal(err)
		}
	}
	for _, login := range demo.People {
		w := record.Write{Model: "User", ID: s.Person(t, login).Person, Values: map[string]any{"firstName": evil, "lastName": evil, "nickName": evil}}
		if _, err := s.Gate.Update(t.Context(), s.Admin, w); err != nil {
			t.Fatal(err)
		}
	}
	open, member, admin := paths(t, s)
	first := s.Client.ID
	for _, redirect := range []string{"https://x.test/'onload=1", "https://x.test/cb;url=javascript:alert(1)", "https://x.test/?a='%22%3E", "https://x.test/&quot;x"} {
		s.Client, _, err = s.OAuth.CreateClient(t.Context(), s.Admin, oauth.ClientInput{
			Name: evil, Description: evil, Kind: oauth.Public, RedirectURIs: []string{redirect}, Set: access.Of(s.Schema.Base(), access.View),
		})
		if err != nil {
			t.Fatal(err)
		}
		b, p := opened(t, s, "Carly", func(q url.Values) {
			q.Set("client_id", s.Client.ID)
			q.Set("redirect_uri", redirect)
			q.Set("state", evil)
		})
		left := b.post("/oauth/authorize/decision", approve(p.form(t, "/oauth/authorize/decision"))).want(t, http.StatusOK)
		if to := left.landing(t); strings.Contains(p.body+left.body, "<svg onload") || to.Host != "x.test" || to.Scheme != "https" {
			t.Errorf("%s: markup is in force, or the way leads to %s", redirect, to)
		}
	}
	ada := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	for _, path := range append(append(open, member...), admin...) {
		if p := ada.get(strings.ReplaceAll(path, first, s.Client.ID)); p.status >= 400 || strings.Contains(p.body, "<svg onload") {
			t.Errorf("%s: %d, or markup is in force", path, p.status)
		}
	}
}

// Bytes that PostgreSQL does not store are the sender's mistake, not a fault of ours.
func TestNoText(t *testing.T) {
	s := testkit.Start(t, "postgres")
	ada := newBrowser(t, s.URL).signIn(person(t, "Ada"))
	token := ada.get("/profile").form(t, "/profile/password")
	for path, form := range map[string]url.Values{
		"/profile/sessions/end":                     {"session": {"\x00"}},
		"/apps/" + s.Client.ID + "/connections/end": {"connection": {"\xff"}},
		"/settings/roles/new":                       {"name": {"a\x00b"}, "portfolio": {"full"}, "version": {"0"}, "matrix": {"x"}},
	} {
		for name := range token {
			if !form.Has(name) {
				form.Set(name, token.Get(name))
			}
		}
		ada.post(path, form).want(t, http.StatusBadRequest, "not text")
	}
}
