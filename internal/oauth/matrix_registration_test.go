package oauth_test

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"mandorla/internal/oauth"
)

// badRegistration checks that a registration is refused with this code and leaves nothing.
func (w *world) badRegistration(body, code string) {
	w.Helper()
	got := w.register(body)
	w.refused(got, 400, code)
	if got.str("client_id") != "" {
		w.Errorf("%s: a client was given", short(body))
	}
}

func redirects(uris ...string) string {
	return `{"client_name":"D1","redirect_uris":["` + strings.Join(uris, `","`) + `"]}`
}

var registrationRows = []row{
	{name: "035-registration-scheme", options: withSite, run: func(w *world) {
		w.allow(true, true)
		for _, uri := range []string{"javascript:alert(1)//", "data:text/html,x", "vbscript:x", "blob:https://x/y", "file:///etc/passwd", "about:blank", "JaVaScRiPt:alert(1)"} {
			w.badRegistration(redirects(uri), "invalid_redirect_uri")
		}
	}},
	{name: "036-registration-redirects", options: withSite, run: func(w *world) {
		w.allow(true, true)
		for _, uri := range []string{"https://d.test/cb#f", "https://u@d.test/cb", "/cb", "http://d.test/cb", "https://*.d.test/cb", "https://d.test/" + strings.Repeat("x", 4096), ""} {
			w.badRegistration(redirects(uri), "invalid_redirect_uri")
		}
		many := make([]string, 200)
		for i := range many {
			many[i] = fmt.Sprint("https://d.test/", i)
		}
		w.badRegistration(redirects(many...), "invalid_redirect_uri")
		for _, body := range []string{`{}`, `{"redirect_uris":[]}`, `{"redirect_uris":null}`, `{"redirect_uris":"https://d.test/cb"}`, `{"redirect_uris":[1]}`} {
			w.badRegistration(body, "invalid_redirect_uri")
		}
		w.badRegistration(`{"application_type":"web","redirect_uris":["http://localhost/cb"]}`, "invalid_redirect_uri")
	}},
	{name: "070-grant-type-not-registered", stored: true, options: withSite, run: func(w *world) {
		d1 := w.registered(`{"redirect_uris":["https://d1.test/cb"],"grant_types":["authorization_code"]}`)
		got := w.exchange(d1, w.code(d1))
		w.ok(got)
		if _, there := got.body["refresh_token"]; there || !w.works(got.str("access_token")) {
			w.Errorf("tokens %s", got.Body)
		}
		both := w.registered(`{"redirect_uris":["https://d1.test/cb"],"grant_types":["authorization_code","refresh_token"]}`)
		got = w.exchange(both, w.code(both))
		w.ok(got)
		must(w.T, w.store.UpdateClient(w.Context(), w.withoutRefresh(both)))
		w.refused(w.refresh(both, got.str("refresh_token")), 400, "unauthorized_client")
	}},
	{name: "128-privilege-by-metadata", stored: true, options: withSite, run: func(w *world) {
		w.allow(true, true)
		got := w.register(`{"redirect_uris":["https://d1.test/cb"],"scope":"admin","trusted":true,"skip_consent":true,"tenant_id":"` + w.tenant["T1"] +
			`","client_id":"` + w.c1.ID + `","client_secret":"x","dynamic":true,"published":true,"set":{"Company":["view"]},"client_secret_expires_at":0}`)
		if got.Code != 201 || got.Header().Get("Cache-Control") != "no-store" || got.str("client_id") == w.c1.ID || !strings.HasPrefix(got.str("client_id"), "dc_") {
			w.Fatalf("%d %s", got.Code, got.Body)
		}
		if got.str("scope") != "inclusive" || strings.Contains(got.Body.String(), "secret") || strings.Contains(got.Body.String(), "admin") || got.str("token_endpoint_auth_method") != "none" {
			w.Errorf("%s", got.Body)
		}
		if _, err := w.store.ClientByApp(w.Context(), w.tenant["T1"], got.str("client_id")); err == nil {
			w.Error("a registration made a client in a tenant")
		}
		for _, body := range []string{
			`{"redirect_uris":["https://d1.test/cb"],"grant_types":["password"]}`, `{"redirect_uris":["https://d1.test/cb"],"response_types":["token"]}`,
			`{"redirect_uris":["https://d1.test/cb"],"grant_types":"authorization_code"}`, `{"redirect_uris":["https://d1.test/cb"],"client_name":7}`,
			`{"redirect_uris":["https://d1.test/cb"],"application_type":"robot"}`,
		} {
			w.badRegistration(body, "invalid_client_metadata")
		}
	}},
	{name: "129-confidential-by-anyone", options: withSite, run: func(w *world) {
		w.allow(true, true)
		for _, method := range []string{"client_secret_basic", "client_secret_post", "private_key_jwt", "NONE"} {
			w.badRegistration(`{"redirect_uris":["https://d1.test/cb"],"token_endpoint_auth_method":"`+method+`"}`, "invalid_client_metadata")
		}
	}},
	{name: "130-no-secret-returned", options: withSite, run: func(w *world) {
		w.allow(true, true)
		got := w.register(goodRegistration)
		for _, secret := range []string{w.secret, "client_secret", "registration_access_token", w.k1.ID} {
			if got.Code != 201 || strings.Contains(got.Body.String(), secret) {
				w.Errorf("%d %s", got.Code, got.Body)
			}
		}
	}},
	{name: "131-name-spoofing", stored: true, options: withSite, run: func(w *world) {
		for name, want := range map[string]string{
			`Claude`: "Claude", `Cl\u202eaude`: "Claude", `Cla\u200bude`: "Claude", `Cla\nude`: "Claude", `  A   B  `: "A B", ``: "App without a name",
			strings.Repeat("x", 10<<10): strings.Repeat("x", 80), `<script>alert(1)</script>`: "<script>alert(1)</script>",
		} {
			d := w.registered(`{"client_name":"` + name + `","redirect_uris":["https://evil.test/cb"]}`)
			page, err := w.show("A", w.query(d))
			must(w.T, err)
			if page.Client.Name != want || !page.Client.Unverified || page.RedirectHost != "evil.test" || page.Client.Host() != "" {
				w.Errorf("%q is shown as %+v of %s", name, page.Client, page.RedirectHost)
			}
		}
	}},
	{name: "132-uri-metadata", options: withSite, run: func(w *world) {
		w.allow(true, true)
		for _, field := range []string{"client_uri", "logo_uri", "tos_uri", "policy_uri"} {
			for _, uri := range []string{"javascript:alert(1)", "http://d1.test/", "data:image/png;base64,x", " https://d1.test"} {
				w.badRegistration(`{"redirect_uris":["https://d1.test/cb"],"`+field+`":"`+uri+`"}`, "invalid_client_metadata")
			}
		}
	}},
	{name: "133-no-fetch-at-registration", options: withSite, run: func(w *world) {
		w.allow(true, true)
		got := w.register(`{"redirect_uris":["https://d1.test/cb"],"jwks_uri":"http://169.254.169.254/","sector_identifier_uri":"https://169.254.169.254/","logo_uri":"https://169.254.169.254/x.png","request_uris":["https://169.254.169.254/"]}`)
		if got.Code != 201 || w.site().fetches() != 0 {
			w.Errorf("%d, asked %q", got.Code, w.site().asked)
		}
	}},
	{name: "134-flood", stored: true, options: withSite, run: func(w *world) {
		w.allow(true, true)
		limited := 0
		for range 100 {
			if got := w.register(goodRegistration); got.Code == 429 && got.Header().Get("Retry-After") != "" {
				limited++
			}
		}
		if limited < 75 {
			w.Errorf("only %d of 100 from one address are refused", limited)
		}
		last := ""
		for n := range 1100 {
			got := w.register(goodRegistration, fmt.Sprintf("From-IP: 198.51.%d.%d", n/250, n%250))
			if got.Code == 201 {
				last = got.str("client_id")
			} else if got.Code != 429 {
				w.Fatalf("%d %s", got.Code, got.Body)
			}
		}
		left, err := w.store.TrimRegistrations(w.Context(), 2000, w.clock.Now())
		must(w.T, err)
		if left > 1000 {
			w.Errorf("%d registrations are kept", left)
		}
		w.clock.Add(11 * time.Minute)
		if got := w.register(goodRegistration, "From-IP: 203.0.113.7"); got.Code != 201 {
			w.Errorf("after a while: %d %s", got.Code, got.Body)
		}
		w.clock.Add(25 * time.Hour)
		must(w.T, w.as.Clean(w.Context()))
		if left, err = w.store.TrimRegistrations(w.Context(), 2000, w.clock.Now()); err != nil || left != 0 {
			w.Errorf("%d unused registrations after a day, %v", left, err)
		}
		w.page400(w.query(self(last, "https://d1.test/cb")))
	}},
	{name: "135-body-junk", options: withSite, run: func(w *world) {
		w.allow(true, true)
		for _, body := range []string{
			strings.Repeat("[", 9000), `{"a":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `,"redirect_uris":["https://d1.test/cb"]}`,
			`{"redirect_uris":["https://d1.test/cb"],"redirect_uris":["https://evil.test/cb"]}`, `{"redirect_uris":["https://d1.test/cb"],"x":{"a":1,"a":2}}`,
			`{"redirect_uris":["https://d1.test/cb"],"x":NaN}`, `{"redirect_uris":["https://d1.test/cb"],"x":"` + strings.Repeat("x", 5<<20) + `"}`,
			"\ufeff" + goodRegistration, goodRegistration + goodRegistration, `null`, `[]`, `"x"`, "{", "\xff", `{"redirect_uris":["https://d1.test/cb"],"x":"` + "\xff" + `"}`,
		} {
			w.badRegistration(body, "invalid_client_metadata")
		}
		w.refused(w.register(goodRegistration, "Content-Type: text/plain"), 400, "invalid_client_metadata")
		w.refused(w.register(goodRegistration, "Content-Encoding: gzip"), 400, "invalid_client_metadata")
	}},
	{name: "136-no-management", options: withSite, run: func(w *world) {
		w.allow(true, true)
		d1 := w.register(goodRegistration).str("client_id")
		want := w.do("GET", oauth.PathRegister+"/dc_nobody", "")
		for _, method := range []string{"GET", "PUT", "DELETE", "POST", "PATCH"} {
			for _, token := range []string{"", "Authorization: Bearer x"} {
				headers := []string{}
				if token != "" {
					headers = append(headers, token)
				}
				got := w.do(method, oauth.PathRegister+"/"+d1, "", headers...)
				if got.Code != 401 || got.Body.String() != want.Body.String() {
					w.Errorf("%s: %d %s", method, got.Code, got.Body)
				}
			}
		}
		if got := w.do("GET", oauth.PathRegister, ""); got.Code != 405 {
			w.Errorf("GET: %d", got.Code)
		}
	}},
	{name: "137-registration-cors", options: withSite, run: func(w *world) {
		w.allow(true, true)
		got := w.register(goodRegistration, "Origin: https://evil.test")
		if got.Header().Get("Access-Control-Allow-Origin") != "*" || got.Header().Get("Access-Control-Allow-Credentials") != "" {
			w.Errorf("%v", got.Header())
		}
	}},
}

// withoutRefresh is the stored client of T1 for an app, changed to have no refresh tokens.
func (w *world) withoutRefresh(c oauth.Client) oauth.ClientRecord {
	w.Helper()
	rec, err := w.store.ClientByApp(w.Context(), w.tenant["T1"], c.ID)
	must(w.T, err)
	rec.NoRefresh, rec.Version = true, rec.Version+1
	return rec
}

// registrationOff: what is not allowed is not there.
func registrationOff(w *world) {
	w.refused(w.register(goodRegistration), 404, "invalid_request")
	d1 := w.registered(goodRegistration)
	if got := w.do("GET", "/.well-known/oauth-authorization-server", "").str("registration_endpoint"); got != origin+oauth.PathRegister {
		w.Errorf("registration is advertised at %q", got)
	}
	token := w.exchange(d1, w.code(d1))
	w.ok(token)
	w.rules("T1", func(p *oauth.Policy) { p.Registered = oauth.RuleOff })
	if w.works(token.str("access_token")) {
		w.Error("a connection lives on that the rules let in no more")
	}
	w.admission("A", w.query(d1), oauth.AwaitsChoice)
	w.allow(true, false)
	w.page400(w.query(d1))
	w.refused(w.register(goodRegistration), 404, "invalid_request")
}

// asksFirst: a registered app waits for an administrator, and works once it was approved; before a sign-in nobody is redirected.
func asksFirst(w *world) {
	d1 := w.registered(goodRegistration)
	w.rules("T1", func(p *oauth.Policy) { p.Registered = oauth.RuleAsk })
	begun, err := w.as.BeginAuthorize(w.Context(), oauth.AuthorizeRequest{RawQuery: w.query(d1, "scope=bad"), Browser: strings.Repeat("b", 46)})
	if err != nil || !begun.SignIn {
		w.Errorf("before a sign-in: %+v, %v", begun, err)
	}
	w.page400(w.query(d1, "redirect_uri=https://evil.test/cb"))
	waits := w.admission("V", w.query(d1), oauth.AwaitsChoice)
	c := w.own("T1", d1.ID)
	if waits.Client != c.ID || c.Enabled || c.Approval != oauth.Waiting || !c.Unverified || c.CreatedBy != w.user["V"] || w.audited("client.register") != 1 {
		w.Errorf("%+v, client %+v", waits, c)
	}
	w.admission("A", w.query(d1, "scope=bad"), oauth.AwaitsChoice) // and the app is told nothing
	_, err = w.as.DecideClient(w.Context(), w.visitor("V").Principal, c.ID, c.Version, true)
	if err == nil {
		w.Error("somebody who may not approved it")
	}
	_, err = w.as.UpdateClient(w.Context(), w.operator("T1"), c.ID, c.Version, oauth.ClientInput{Name: "x", Set: w.full(), Enabled: true})
	if err == nil {
		w.Error("it was enabled without an approval")
	}
	c, err = w.as.DecideClient(w.Context(), w.visitor("A").Principal, c.ID, c.Version, true)
	must(w.T, err)
	got := w.exchange(d1, w.code(d1))
	w.ok(got)
	_, err = w.show("A", w.query(d1, "scope=bad"))
	var to *oauth.RedirectError
	if !errors.As(err, &to) || to.Code != "invalid_scope" || !strings.HasPrefix(to.URL, "https://d1.test/cb?") {
		w.Errorf("an app that is let in is told: %v", err)
	}
	_, err = w.as.DecideClient(w.Context(), w.visitor("A").Principal, c.ID, c.Version, false)
	must(w.T, err)
	w.admission("A", w.query(d1), oauth.WasRefused)
	if w.works(got.str("access_token")) || w.audited("client.approve") != 1 || w.audited("client.refuse") != 1 {
		w.Error("a refused app works, or its refusal is not in the log")
	}
}
