package oauth_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/oauth"
)

// refusedDocument checks that a document with these changes is not taken.
func (w *world) refusedDocument(page http.HandlerFunc) {
	w.Helper()
	w.clock.Add(2 * time.Minute)
	w.site().set(m1, page)
	w.paged(400, w.query(appM1))
	if list, _ := w.store.ClientsOf(w.Context(), w.tenant["T1"]); len(list) != 3 {
		w.Error("a client was made")
	}
}

var documentRows = []row{
	{name: "138-document-addresses", options: withSite, run: func(w *world) {
		w.rules("T1", func(p *oauth.Policy) { p.Documents = oauth.RuleAsk })
		for _, id := range []string{
			"http://m1.test/client.json", "https://m1.test", "https://m1.test/", "https://m1.test/c#f", "https://m1.test/c#", "https://u@m1.test/c", "https://u:p@m1.test/c",
			"https://m1.test/a/../c", "https://m1.test/./c", "https://m1.test/%2e%2e/c", "https://m1.test/%2E%2E/c", "https://127.0.0.1/c", "https://[::1]/c", "https://10.1/c",
			"https://0x7f000001/c", "https://2130706433/c", "https://m1.test/a b", "https://m1.test/a\\b", "https:\\\\m1.test\\c", "https:m1.test/c", "https:///c", "https://M1.test/c",
			"HTTPS://m1.test/c", "https://m1.test:8443/c", "https://m1.test:443/c", "https://m1.test./c", "https://localhost/c", "https://m1.test//c", "https://m1.test/c?x=1",
			"https://m1.test/c?", "https://m1.test/\x00", "https://m1.test/ü", "https://xn/", "https://m1.test/a%2fb", "https://m1.test/" + strings.Repeat("x", 600), "https://", "https:",
		} {
			w.unfetched(w.query(self(id, m1Answer)))
		}
	}},
	{name: "144-id-mismatch", options: withSite, run: func(w *world) {
		w.trust()
		for _, id := range []string{"https://m1.test/Client.json", "https://m1.test/client.json/", "https://m1.test:443/client.json", "https://m1.test/client%2Ejson", "https://m2.test/client.json", ""} {
			w.refusedDocument(serving(document(m1, fmt.Sprintf("client_id=%q", id))))
		}
		w.refusedDocument(serving(document(m1, "client_id=")))
		w.refusedDocument(serving(document(m1, "client_id=", `Client_ID="`+m1+`"`)))
	}},
	{name: "145-secrets-in-document", options: withSite, run: func(w *world) {
		w.trust()
		for _, field := range []string{
			`client_secret="x"`, `client_secret=""`, `client_secret_expires_at=0`, `registration_access_token="x"`, `token_endpoint_auth_method="client_secret_post"`,
			`token_endpoint_auth_method="client_secret_jwt"`, `token_endpoint_auth_methods_supported=["none","client_secret_basic"]`,
			`token_endpoint_auth_method="private_key_jwt"`, `token_endpoint_auth_methods_supported=["private_key_jwt"]`,
			`jwks={"keys":[{"kty":"RSA","n":"x","e":"AQAB","d":"x"}]}`, `jwks={"keys":[{"kty":"oct","k":"x"}]}`, `jwks={"keys":"x"}`, `grant_types=["implicit"]`, `response_types=["token"]`,
		} {
			w.refusedDocument(serving(document(m1, field)))
		}
		w.clock.Add(2 * time.Minute) // ChatGPT's document
		w.site().set(m1, serving(document(m1, `token_endpoint_auth_method="private_key_jwt"`, `token_endpoint_auth_methods_supported=["none","private_key_jwt"]`, `jwks_uri="https://m1.test/jwks.json"`)))
		w.ok(w.exchange(appM1, w.code(appM1)))
	}},
	{name: "146-redirects-in-document", options: withSite, run: func(w *world) {
		w.trust()
		for _, uri := range []string{"javascript:alert(1)", "http://m1.test/cb", "https://m1.test/cb#x", "https://*.m1.test/cb", "data:x", ""} {
			w.refusedDocument(serving(document(m1, fmt.Sprintf("redirect_uris=[%q,%q]", m1Answer, uri))))
		}
		w.refusedDocument(serving(document(m1, "redirect_uris=[]")))
		w.refusedDocument(serving(document(m1, "redirect_uris=")))
		w.clock.Add(2 * time.Minute)
		w.site().set(m1, serving(document(m1)))
		w.paged(400, w.query(appM1, "redirect_uri=https://m1.test/other"))
		if _, err := w.store.ClientByApp(w.Context(), w.tenant["T1"], m1); err == nil {
			w.Error("a client was made for a request that is not the app's")
		}
		_, err := w.show("A", w.query(appM1))
		must(w.T, err)
		w.paged(400, w.query(appM1, "redirect_uri=https://m1.test/other"))
		if p := w.own("T1", m1).Problem; p.Code != oauth.ProblemRedirect || p.Detail != "https://m1.test/other" {
			w.Errorf("its administrators are told %+v", p)
		}
		w.unfetched(w.query(appM1, "redirect_uri=javascript:alert(1)"))
		w.unfetched(w.query(appM1, "-redirect_uri"))
	}},
	{name: "147-redirect-on-another-host", options: withSite, run: func(w *world) {
		w.trust()
		w.site().set(m1, serving(document(m1, `redirect_uris=["https://elsewhere.test/cb"]`)))
		page, err := w.show("A", w.query(self(m1, "https://elsewhere.test/cb")))
		must(w.T, err)
		if page.RedirectHost != "elsewhere.test" || page.Client.Host() != "m1.test" || !page.Client.Unverified {
			w.Errorf("%+v", page)
		}
	}},
	{name: "148-localhost-impersonation", stored: true, options: withSite, run: func(w *world) {
		w.trust()
		w.site().set(m1, serving(document(m1, `redirect_uris=["http://localhost/cb"]`)))
		local := self(m1, "http://localhost:5555/cb")
		for range 2 { // an approval is never remembered
			page, err := w.show("A", w.query(local))
			must(w.T, err)
			if !page.Loopback || page.RedirectHost != "localhost:5555" || page.Client.Host() != "m1.test" {
				w.Errorf("%+v", page)
			}
			w.ok(w.exchange(local, w.code(local)))
		}
		_, err := w.show("A", w.query(local, "prompt=none"))
		var to *oauth.RedirectError
		if !errors.As(err, &to) || to.Code != "interaction_required" {
			w.Errorf("prompt=none: %v", err)
		}
	}},
	{name: "149-staleness", stored: true, options: withSite, run: staleDocuments},
	{name: "150-amplification", options: withSite, run: func(w *world) {
		w.rules("T1", func(p *oauth.Policy) { p.Documents = oauth.RuleAsk })
		often := 0
		for n := range 300 {
			_, err := w.show([]string{"A", "V"}[n%2], w.query(self(fmt.Sprintf("https://victim.test/%d", n), "https://victim.test/cb")))
			var page *oauth.PageError
			if errors.As(err, &page) && page.Status == 429 {
				often++
			}
			if n%100 == 99 {
				w.clock.Add(time.Minute) // past the limit of requests
			}
		}
		if n := w.site().fetches(); n > 30 || often < 270 {
			w.Errorf("%d fetches of one host in three minutes, %d refusals", n, often)
		}
		w.clock.Add(time.Hour)
		before := w.site().fetches()
		for range 5 { // a failure is remembered
			w.paged(400, w.query(self("https://gone.test/c", "https://gone.test/cb")))
		}
		if n := w.site().fetches() - before; n != 1 {
			w.Errorf("%d fetches of a document that is not there", n)
		}
	}},
	{name: "151-before-sign-in", stored: true, options: withSite, run: func(w *world) {
		w.trust()
		for _, id := range []string{m1, "https://nowhere.test/c"} {
			begun, err := w.as.BeginAuthorize(w.Context(), oauth.AuthorizeRequest{RawQuery: w.query(self(id, m1Answer)), Browser: strings.Repeat("b", 46)})
			if err != nil || !begun.SignIn {
				w.Errorf("%s: %+v, %v", id, begun, err)
			}
			if _, err := w.as.Show(w.Context(), begun.Pending, oauth.Visitor{Browser: strings.Repeat("b", 46)}); !errors.Is(err, oauth.ErrSignIn) {
				w.Errorf("%s: %v", id, err)
			}
		}
		if n := w.site().fetches(); n != 0 {
			w.Errorf("%d fetches for nobody", n)
		}
		w.admission("A", w.query(self("https://nowhere.test/c", m1Answer)), oauth.NotLetIn) // nor for a host that is not let in
		if n := w.site().fetches(); n != 0 {
			w.Errorf("%d fetches of a host that is not let in", n)
		}
	}},
	{name: "152-error-reflection", options: withSite, run: func(w *world) {
		w.trust()
		texts := map[string]bool{}
		for _, page := range []http.HandlerFunc{
			serving(`{"client_id":"secret-of-the-inside"}`), serving("secret-of-the-inside"), nil,
			func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "secret-of-the-inside", 404) },
			func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "https://secret-of-the-inside/", http.StatusFound)
			},
		} {
			w.clock.Add(2 * time.Minute)
			w.site().set(m1, page)
			_, err := w.show("A", w.query(appM1))
			texts[err.Error()] = true
		}
		if len(texts) != 1 {
			w.Errorf("the texts differ: %v", texts)
		}
		for text := range texts {
			if strings.Contains(text, "secret-of") || strings.Contains(text, "refused") {
				w.Errorf("%q", text)
			}
		}
	}},
	{name: "153-id-of-a-stored-client", stored: true, options: withSite, run: func(w *world) {
		w.trust()
		w.ok(w.exchange(appM1, w.code(appM1)))
		own := w.own("T1", m1)
		w.page400(w.query(self(own.ID, m1Answer))) // by its own id it is nobody's
		w.refused(w.exchange(self(own.ID, m1Answer), "ac_"+strings.Repeat("x", 43)), 401, "invalid_client")
		c, _ := w.client(oauth.ClientInput{Name: m1, Kind: oauth.Public, Set: w.full(), RedirectURIs: []string{m1Answer}})
		if !strings.HasPrefix(c.ID, "pk_") || c.AppID != "" || w.own("T1", m1).ID != own.ID {
			w.Errorf("an administrator's client took an app's id: %+v", c)
		}
	}},
	{name: "155-documents-off", stored: true, options: withSite, run: func(w *world) {
		w.trust()
		meta := func() answer { return w.do("GET", "/.well-known/oauth-authorization-server", "") }
		if meta().body["client_id_metadata_document_supported"] != true {
			w.Errorf("%s", meta().Body)
		}
		w.allow(false, false)
		w.unfetched(w.query(appM1))
		if meta().body["client_id_metadata_document_supported"] != false || meta().body["registration_endpoint"] != nil {
			w.Errorf("%s", meta().Body)
		}
		w.allow(true, false)
		w.rules("T1", func(p *oauth.Policy) { p.Documents = oauth.RuleOff })
		w.admission("A", w.query(appM1), oauth.NotLetIn)
		if w.site().fetches() != 0 {
			w.Error("a document was fetched")
		}
		_, err := w.show("B", w.query(appM1))
		must(w.T, err)
	}},
}

// staleDocuments: kept for five minutes to a day, whatever the headers say; a change is seen then, and shown before it counts.
func staleDocuments(w *world) {
	w.trust()
	for _, c := range []struct {
		header string
		life   time.Duration
	}{
		{"Cache-Control: max-age=1000000000", 24 * time.Hour}, {"Cache-Control: max-age=0", 5 * time.Minute}, {"Cache-Control: no-store", 5 * time.Minute}, {"X: x", 5 * time.Minute},
		{"Cache-Control: public, max-age=3600", time.Hour}, {"Cache-Control: max-age=99999999999999999999", 5 * time.Minute}, {"Expires: Sat, 01 Jan 2000 00:00:00 GMT", 5 * time.Minute},
	} {
		w.clock.Add(25 * time.Hour)
		delete(w.token, "A")
		w.site().set(m1, serving(document(m1), c.header))
		before := w.site().fetches()
		for _, wait := range []time.Duration{0, c.life - time.Second} {
			w.clock.Add(wait)
			delete(w.token, "A")
			_, err := w.show("A", w.query(appM1))
			must(w.T, err)
		}
		if n := w.site().fetches() - before; n != 1 {
			w.Errorf("%s: %d fetches while it is fresh", c.header, n)
		}
		w.clock.Add(2 * time.Second)
		_, err := w.show("A", w.query(appM1))
		must(w.T, err)
		if n := w.site().fetches() - before; n != 2 {
			w.Errorf("%s: %d fetches after it went stale", c.header, n)
		}
	}
	w.clock.Add(25 * time.Hour)
	delete(w.token, "A")
	v := w.visitor("A")
	begun, err := w.begin(v, w.query(appM1))
	must(w.T, err)
	page, err := w.as.Show(w.Context(), begun.Pending, v)
	must(w.T, err)
	w.clock.Add(6 * time.Minute) // meanwhile the app calls itself something else
	w.site().set(m1, serving(document(m1, `client_name="Bank"`)))
	other, err := w.show("V", w.query(appM1))
	must(w.T, err)
	if other.Client.Name != "Bank" || w.audited("client.document") != 1 {
		w.Errorf("shown as %q", other.Client.Name)
	}
	if _, err = w.as.Approve(w.Context(), page.Pending, page.FormToken, nil, v); err == nil {
		w.Error("an approval for another name counts")
	}
	page, err = w.show("A", w.query(appM1))
	must(w.T, err)
	w.clock.Add(6 * time.Minute)
	w.site().set(m1, serving(document(m1, `redirect_uris=["https://m1.test/new"]`)))
	w.paged(400, w.query(appM1))
	_, err = w.show("V", w.query(self(m1, "https://m1.test/new")))
	must(w.T, err)
	if _, err = w.as.Approve(w.Context(), page.Pending, page.FormToken, nil, v); err == nil {
		w.Error("an approval for a redirect address that is gone counts")
	}
	w.clock.Add(6 * time.Minute)
	w.site().set(m1, serving("{"))
	w.paged(400, w.query(self(m1, "https://m1.test/new"))) // what it said before counts no more
}

// twoTenants: one document, two tenants: each has a client of its own, and nothing that one decides touches the other.
func twoTenants(w *world) {
	w.trust()
	v1 := w.exchange(appM1, w.code(appM1))
	w.ok(v1)
	v2 := w.exchange(appM1, w.approve("B", w.query(appM1)).Query().Get("code"))
	w.ok(v2)
	one, two := w.own("T1", m1), w.own("T2", m1)
	if one.ID == two.ID {
		w.Fatal("one client in two tenants")
	}
	at := func(a answer) access.Principal { return w.principal(a.str("access_token")) }
	if p := at(v1); p.Tenant != w.tenant["T1"] || p.Client != one.ID {
		w.Errorf("A through the app is %+v", p)
	}
	if p := at(v2); p.Tenant != w.tenant["T2"] || p.Client != two.ID {
		w.Errorf("B through the app is %+v", p)
	}
	if at(v1).Can("Company", access.Update) || !at(v1).Can("Company", access.View) {
		w.Error("the first ceiling is not: look, and change nothing")
	}
	if _, err := w.as.Client(w.Context(), w.tenant["T2"], one.ID); err == nil {
		w.Error("a tenant sees another's client")
	}
	if _, err := w.as.DecideClient(w.Context(), w.operator("T2"), one.ID, one.Version, false); err == nil {
		w.Error("a tenant decides about another's client")
	}
	w.ok(w.post(oauth.PathRevoke, "client_id="+m1, "token="+v1.str("access_token")))
	if w.works(v1.str("access_token")) {
		w.Error("an app cannot give a token back")
	}
	w.rules("T1", func(p *oauth.Policy) { p.Documents = oauth.RuleOff })
	w.refused(w.refresh(appM1, v1.str("refresh_token")), 400, "invalid_grant")
	if !w.works(v2.str("access_token")) {
		w.Error("a tenant's rules ended another's connection")
	}
	w.ok(w.refresh(appM1, v2.str("refresh_token")))
	_, err := w.as.DecideClient(w.Context(), w.operator("T2"), two.ID, two.Version, false)
	must(w.T, err)
	if w.works(v2.str("access_token")) {
		w.Error("a refused app works")
	}
	other := self("https://nobody.test/client.json", m1Answer) // an app that nobody lets in is no client at all
	w.refused(w.exchange(other, "ac_"+strings.Repeat("x", 43)), 401, "invalid_client")
}

// stolen: a code or token is nothing to another app, which ends the authorization by trying.
func stolen(w *world) {
	w.trust()
	thief := w.registered(goodRegistration)
	w.ok(w.exchange(thief, w.code(thief)))
	code := w.code(appM1)
	w.refused(w.exchange(thief, code), 400, "invalid_grant")
	got := w.exchange(appM1, w.code(appM1))
	w.ok(got)
	w.ok(w.post(oauth.PathRevoke, "client_id="+thief.ID, "token="+got.str("access_token")))
	if !w.works(got.str("access_token")) {
		w.Error("an app revoked another's token")
	}
	w.refused(w.refresh(thief, got.str("refresh_token")), 400, "invalid_grant")
	if w.works(got.str("access_token")) {
		w.Error("a stolen refresh token did not end the authorization")
	}
	w.refused(w.exchange(w.c1, w.code(appM1)), 400, "invalid_grant")
	w.refused(w.exchange(appM1, w.code(w.c1)), 400, "invalid_grant")
}

// ceiling: apps follow the tenant's set until an administrator gives one its own.
func ceiling(w *world) {
	w.trust()
	got := w.exchange(appM1, w.code(appM1))
	w.ok(got)
	can := func(a access.Action) bool { return w.principal(got.str("access_token")).Can("Company", a) }
	w.rules("T1", func(p *oauth.Policy) { p.Set = access.Set{"Task": access.FullModel} })
	if can(access.View) {
		w.Error("less for all such apps does not work at the next call")
	}
	w.rules("T1", func(p *oauth.Policy) { p.Set = w.full() })
	if !can(access.View) || can(access.Update) {
		w.Error("more for all such apps works without a new authorization, or what was accepted does not come back")
	}
	c := w.own("T1", m1)
	c, err := w.as.UpdateClient(w.Context(), w.operator("T1"), c.ID, c.Version, oauth.ClientInput{Name: "Mine", RedirectURIs: []string{"https://evil.test/"}, Set: access.Of(w.reg, access.View), Enabled: true})
	must(w.T, err)
	if c.Name != "M1" || c.RedirectURIs[0] != m1Answer || c.Follows {
		w.Errorf("an administrator changed what the app says: %+v", c)
	}
	w.rules("T1", func(p *oauth.Policy) { p.Set = access.Set{} })
	if !can(access.View) {
		w.Error("an app with permissions of its own follows the tenant's set")
	}
}
