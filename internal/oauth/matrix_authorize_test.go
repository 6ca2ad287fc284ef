package oauth_test

import (
	"errors"
	"net/url"
	"strings"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/oauth"
)

func (w *world) full() access.Set { return access.Full(w.reg) }

var authorizeRows = []row{
	{name: "001-baseline", stored: true, run: func(w *world) {
		u := w.approve("A", w.query(w.c1, "state=a b&c"))
		q := u.Query()
		if u.Scheme+"://"+u.Host+u.Path != callback || len(q) != 3 || len(q["code"]) != 1 || q.Get("state") != "a b&c" || q.Get("iss") != origin {
			w.Errorf("redirect to %s", u)
		}
		got := w.exchange(w.c1, q.Get("code"), "redirect_uri="+callback, "resource="+mcp)
		w.ok(got)
		if !w.works(got.str("access_token")) {
			w.Error("the access token does not work")
		}
		meta := w.do("GET", "/.well-known/oauth-authorization-server", "")
		if meta.str("issuer") != q.Get("iss") {
			w.Errorf("issuer %q, iss %q", meta.str("issuer"), q.Get("iss"))
		}
	}},
	{name: "002-unknown-client", run: func(w *world) {
		w.page400(w.query(w.c1, "client_id=nope"))
		w.page400(w.query(w.c1, "client_id=pk_nope"))
		w.page400(w.query(w.c1, "client_id=pk_\x00"))
	}},
	{name: "003-no-client", run: func(w *world) { w.page400(w.query(w.c1, "-client_id")); w.page400("") }},
	{name: "004-disabled-client", stored: true, run: func(w *world) {
		token, _ := w.connect()
		code := w.code(w.c1)
		_, err := w.as.UpdateClient(w.Context(), w.operator("T1"), w.c1.ID, 1, oauth.ClientInput{Name: "C1", RedirectURIs: w.c1.RedirectURIs, Set: w.full()})
		must(w.T, err)
		w.page400(w.query(w.c1))
		if w.works(token) {
			w.Error("a token of a disabled client works")
		}
		w.refused(w.exchange(w.c1, code), 401, "invalid_client")
		if len(w.connections("A")) != 0 {
			w.Error("connections are left")
		}
		_, err = w.as.UpdateClient(w.Context(), w.operator("T1"), w.c1.ID, 2, oauth.ClientInput{Name: "C1", RedirectURIs: w.c1.RedirectURIs, Set: w.full(), Enabled: true})
		must(w.T, err)
		if w.works(token) {
			w.Error("a token came back to life")
		}
	}},
	{name: "005-duplicate-same", run: func(w *world) { w.page400(w.query(w.c1, "+state=s")) }},
	{name: "006-duplicate-redirect", run: func(w *world) { w.page400(w.query(w.c1, "+redirect_uri=https://evil/cb")) }},
	{name: "007-duplicate-others", run: func(w *world) {
		for _, p := range []string{"client_id=" + w.c2.ID, "code_challenge=" + challenge("x"), "scope=inclusive", "response_type=token", "code_challenge_method=plain"} {
			w.page400(w.query(w.c1, "scope=inclusive", "+"+p))
		}
	}},
	{name: "008-implicit", run: func(w *world) {
		for _, v := range []string{"token", "id_token token", "code token", "none", "CODE", " code"} {
			w.redirected(w.query(w.c1, "response_type="+v), "unsupported_response_type")
		}
		w.redirected(w.query(w.c1, "-response_type"), "invalid_request")
		w.redirected(w.query(w.c1, "response_type="), "invalid_request")
	}},
	{name: "009-response-mode", run: func(w *world) {
		for _, v := range []string{"fragment", "form_post", "web_message", "query.jwt"} {
			w.redirected(w.query(w.c1, "response_mode="+v), "invalid_request")
		}
	}},
	{name: "010-request-object", run: func(w *world) {
		w.redirected(w.query(w.c1, "request=eyJhbGciOiJub25lIn0.e30."), "request_not_supported")
		w.redirected(w.query(w.c1, "request_uri=http://169.254.169.254/"), "request_uri_not_supported")
	}},
	{name: "011-unknown-scope", run: func(w *world) {
		for _, v := range []string{"admin", "inclusive admin", "companies", "companies:admin", "Company:view", "openid"} {
			w.redirected(w.query(w.c1, "scope="+v), "invalid_scope")
		}
	}},
	{name: "012-scope-syntax", run: func(w *world) {
		for _, v := range []string{"inclusive\x00", `companies:view"x`, strings.Repeat("x", 10<<10), strings.Repeat("inclusive ", 500) + "inclusive", "inclusive  offline_access", " inclusive", "inclusive ", "companies:view\tinclusive"} {
			w.redirected(w.query(w.c1, "scope="+v), "invalid_scope")
		}
	}},
	{name: "013-state-reflection", run: func(w *world) {
		for _, state := range []string{"\r\nSet-Cookie:x=1", `"><script>`, "a\x00b", "\xff\xfe", "ü&code=x"} {
			u := w.approve("A", w.query(w.c1, "state="+state))
			if u.Query().Get("state") != state || len(u.Query()["code"]) != 1 {
				w.Errorf("state %q came back as %q", state, u.Query().Get("state"))
			}
			if strings.ContainsAny(u.String(), "\r\n\"<>\x00") {
				w.Errorf("raw characters in %q", u)
			}
			w.redirected(w.query(w.c1, "state="+state, "scope=bad"), "invalid_scope")
		}
	}},
	{name: "014-giant-or-missing-state", run: func(w *world) {
		w.page400(w.query(w.c1, "state="+strings.Repeat("x", 64<<10)))
		w.page400(w.query(w.c1, "state="+strings.Repeat("x", 5000)))
		if q := w.approve("A", w.query(w.c1, "-state")).Query(); q.Has("state") || !q.Has("code") {
			w.Errorf("without a state the answer is %v", q)
		}
	}},
	{name: "016-open-redirect-before-login", stored: true, run: func(w *world) {
		d1 := oauth.ClientRecord{Client: oauth.Client{ID: "pk_D1" + newID(), Tenant: w.tenant["T1"], Name: "D1", Kind: oauth.Public,
			RedirectURIs: []string{callback}, Unverified: true, Enabled: true, Version: 1}, SetText: "{}"}
		must(w.T, w.store.InsertClient(w.Context(), d1))
		_, err := w.as.BeginAuthorize(w.Context(), oauth.AuthorizeRequest{RawQuery: w.query(d1.Client, "scope=bad"), Browser: strings.Repeat("b", 46)})
		var page *oauth.PageError
		if !errors.As(err, &page) {
			w.Errorf("got %v, want a page", err)
		}
		begun, err := w.as.BeginAuthorize(w.Context(), oauth.AuthorizeRequest{RawQuery: w.query(w.c1), Browser: strings.Repeat("b", 46)})
		if err != nil || !begun.SignIn {
			w.Errorf("got %+v, %v, want a sign-in first", begun, err)
		}
	}},
	{name: "017-prompt", run: func(w *world) {
		w.redirected(w.query(w.c1, "prompt=none"), "interaction_required")
		w.redirected(w.query(w.c1, "prompt=none login"), "invalid_request")
		w.redirected(w.query(w.c1, "prompt=quick"), "invalid_request")
		_, err := w.as.BeginAuthorize(w.Context(), oauth.AuthorizeRequest{RawQuery: w.query(w.c1, "prompt=none"), Browser: strings.Repeat("b", 46)})
		var to *oauth.RedirectError
		if !errors.As(err, &to) || to.Code != "login_required" {
			w.Errorf("signed out: %v", err)
		}
		v := w.visitor("A")
		w.clock.Add(time.Minute)
		begun, err := w.begin(v, w.query(w.c1, "prompt=login"))
		must(w.T, err)
		if _, err := w.as.Show(w.Context(), begun.Pending, v); !begun.SignIn || !errors.Is(err, oauth.ErrSignIn) {
			w.Errorf("prompt=login: %+v, %v", begun, err)
		}
		w.clock.Add(time.Minute)
		w.token["A"] = ""
		if _, err := w.as.Show(w.Context(), begun.Pending, w.visitor("A")); err != nil {
			w.Errorf("after a new sign-in: %v", err)
		}
	}},
	{name: "018-iss-on-errors", run: func(w *world) { w.redirected(w.query(w.c1, "scope=bad", "state=x y"), "invalid_scope") }},
	{name: "022-stale-tab-after-logout", stored: true, run: func(w *world) {
		v := w.visitor("A")
		begun, err := w.begin(v, w.query(w.c1))
		must(w.T, err)
		page, err := w.as.Show(w.Context(), begun.Pending, v)
		must(w.T, err)
		must(w.T, w.ids.SignOut(w.Context(), w.token["A"]))
		if _, _, err := w.ids.Session(w.Context(), w.token["A"], ""); err == nil {
			w.Error("the session is alive")
		}
		out := oauth.Visitor{Browser: v.Browser}
		if _, err := w.as.Approve(w.Context(), page.Pending, page.FormToken, nil, out); !errors.Is(err, oauth.ErrSignIn) {
			w.Errorf("got %v", err)
		}
		w.token["A"] = ""
		_, err = w.as.Approve(w.Context(), page.Pending, page.FormToken, nil, w.visitor("A"))
		w.page403(err)
	}},
}

func (w *world) page403(err error) {
	w.Helper()
	var page *oauth.PageError
	if !errors.As(err, &page) || page.Status != 403 {
		w.Errorf("got %v, want a page with status 403", err)
	}
}

func (w *world) redirects(bad ...string) {
	w.Helper()
	for _, uri := range bad {
		w.page400(w.query(w.c1, "redirect_uri="+uri))
	}
}

var redirectRows = []row{
	{name: "024-other-path", run: func(w *world) { w.redirects("https://c1.test/evil", "https://c1.test/", "https://c1.test") }},
	{name: "025-query-fragment", run: func(w *world) { w.redirects(callback+"?x=1", callback+"?", callback+"#f", callback+"#") }},
	{name: "026-spelling", run: func(w *world) {
		w.redirects(callback+"/", "https://c1.test/CB", "https://C1.TEST/cb", "https://c1.test/x/../cb", "https://c1.test/%63b", "https://c1.test:443/cb", "HTTPS://c1.test/cb", "https://c1.test./cb", "https://c1.test//cb")
	}},
	{name: "027-host-affixes", run: func(w *world) {
		w.redirects("https://a.c1.test/cb", "https://evilc1.test/cb", "https://c1.test.evil/cb", "https://c1.testevil/cb")
	}},
	{name: "028-parser-confusion", run: func(w *world) {
		w.redirects("https://c1.test@evil/cb", "https://evil\\@c1.test/cb", "https://c1.test%00.evil/cb", "https:c1.test/cb", "https://c1.test/\tcb", "https://c1.test/cb\n", " "+callback, "https:///c1.test/cb", "//c1.test/cb", "https://c1.test/cb\x00")
	}},
	{name: "029-downgrade", run: func(w *world) { w.redirects("http://c1.test/cb") }},
	{name: "030-omitted", run: func(w *world) {
		w.page400(w.query(w.c1, "-redirect_uri"))
		w.page400(w.query(w.c2, "-redirect_uri"))
		w.page400(w.query(w.c2, "redirect_uri="))
	}},
	{name: "031-other-clients", run: func(w *world) { w.redirects("https://c2.test/cb") }},
	{name: "032-loopback-port", run: func(w *world) {
		for _, uri := range []string{"http://127.0.0.1:5555/cb", "http://localhost:5555/cb", "http://[::1]:5555/cb", "http://localhost/cb"} {
			u := w.approve("A", w.query(w.c1, "redirect_uri="+uri))
			if u.Scheme+"://"+u.Host+u.Path != uri {
				w.Errorf("%s: redirect to %s", uri, u)
			}
		}
	}},
	{name: "033-loopback-other", run: func(w *world) {
		w.redirects("http://127.0.0.1:5555/evil", "http://127.0.0.1:5555/cb?x", "http://127.0.0.2:5555/cb", "http://127.1:5555/cb", "http://0x7f000001:5555/cb",
			"http://localhost.evil/cb", "http://localhost:5555@evil/cb", "http://LOCALHOST:5555/cb", "http://[::1%25eth0]:5/cb", "http://[0:0:0:0:0:0:0:1]:5555/cb",
			"http://localhost:0/cb", "http://localhost:/cb", "http://localhost:99999/cb", "http://localhost:05/cb", "https://localhost:5555/cb")
		one, _ := w.client(oauth.ClientInput{Name: "one", Kind: oauth.Public, Set: w.full(), RedirectURIs: []string{"http://127.0.0.1/cb"}})
		for _, uri := range []string{"http://localhost/cb", "http://localhost:5555/cb", "http://[::1]:5555/cb"} {
			w.page400(w.query(one, "redirect_uri="+uri))
		}
	}},
	{name: "034-port-with-https", run: func(w *world) { w.redirects("https://c1.test:8443/cb") }},
	{name: "035-register-scheme", run: func(w *world) {
		w.registers("javascript:alert(1)//", "data:text/html,x", "vbscript:x", "blob:https://c1.test/x", "file:///etc/passwd", "about:blank", "JaVaScRiPt:alert(1)", "javascript://c1.test/%0aalert(1)")
	}},
	{name: "036-register-form", run: func(w *world) {
		w.registers(callback+"#f", "https://u@c1.test/cb", "https://u:p@c1.test/cb", "/cb", "c1.test/cb", "http://c1.test/cb", "https://*.c1.test/cb", "https://c1.test/*",
			"https://c1.test/"+strings.Repeat("x", 4<<10), "", "https://", "https://c1.test/../cb", "https://c1.test/%2e%2e/cb", "https://c1.test/cb?code=x", "https://c1.test:0/", "https://c1..test/")
		_, _, err := w.as.CreateClient(w.Context(), w.operator("T1"), oauth.ClientInput{Name: "x", Kind: oauth.Public, RedirectURIs: make([]string, 200)})
		if err == nil {
			w.Error("200 addresses were stored")
		}
	}},
	{name: "037-stored-bad-uri", stored: true, run: func(w *world) {
		bad := oauth.ClientRecord{Client: oauth.Client{ID: "pk_old" + newID(), Tenant: w.tenant["T1"], Name: "old", Kind: oauth.Public,
			RedirectURIs: []string{"javascript:alert(1)//"}, Enabled: true, Version: 1}, SetText: "{}"}
		must(w.T, w.store.InsertClient(w.Context(), bad))
		w.page400(w.query(bad.Client))
	}},
	{name: "038-changed-after-consent-page", stored: true, run: func(w *world) {
		v := w.visitor("A")
		begun, err := w.begin(v, w.query(w.c1))
		must(w.T, err)
		page, err := w.as.Show(w.Context(), begun.Pending, v)
		must(w.T, err)
		_, err = w.as.UpdateClient(w.Context(), w.operator("T1"), w.c1.ID, 1, oauth.ClientInput{Name: "C1", RedirectURIs: []string{"https://new.test/cb"}, Set: w.full(), Enabled: true})
		must(w.T, err)
		_, err = w.as.Approve(w.Context(), page.Pending, page.FormToken, nil, v)
		var bad *oauth.PageError
		if !errors.As(err, &bad) || bad.Status != 400 {
			w.Errorf("got %v", err)
		}
		if w.audited("oauth.authorize") != 0 {
			w.Error("something was issued")
		}
	}},
	{name: "041-custom-scheme", run: func(w *world) {
		w.registers("cursor://anysphere.cursor-mcp/oauth/callback", "claude://callback", "com.app:/cb")
	}},
}

func (w *world) registers(bad ...string) {
	w.Helper()
	before, err := w.as.Clients(w.Context(), w.tenant["T1"])
	must(w.T, err)
	for _, uri := range bad {
		_, _, err := w.as.CreateClient(w.Context(), w.operator("T1"), oauth.ClientInput{Name: "x", Kind: oauth.Public, RedirectURIs: []string{uri}})
		if err == nil {
			w.Errorf("%q was stored", short(uri))
		}
		if _, err := w.as.UpdateClient(w.Context(), w.operator("T1"), w.c1.ID, 1, oauth.ClientInput{Name: "x", RedirectURIs: []string{uri}, Enabled: true}); err == nil {
			w.Errorf("%q was stored by a change", short(uri))
		}
	}
	after, err := w.as.Clients(w.Context(), w.tenant["T1"])
	must(w.T, err)
	if len(after) != len(before) {
		w.Error("a client was stored")
	}
}

var pkceRows = []row{
	{name: "042-none-public", run: func(w *world) {
		w.redirected(w.query(w.c1, "-code_challenge", "-code_challenge_method"), "invalid_request")
	}},
	{name: "043-none-confidential", run: func(w *world) {
		w.redirected(w.query(w.k1, "-code_challenge", "-code_challenge_method"), "invalid_request")
	}},
	{name: "044-method", run: func(w *world) {
		for _, m := range []string{"code_challenge_method=plain", "-code_challenge_method", "code_challenge_method=S512", "code_challenge_method=s256"} {
			w.redirected(w.query(w.c1, m), "invalid_request")
		}
	}},
	{name: "045-challenge-form", run: func(w *world) {
		good := challenge(verifier)
		for _, c := range []string{"abc", good[:42], good + "A", good[:42] + "!", good[:42] + "=", good[:42] + "+", good[:42] + "/", good[:42] + "é"} {
			w.redirected(w.query(w.c1, "code_challenge="+c), "invalid_request")
		}
	}},
	{name: "046-verifier-missing", stored: true, run: func(w *world) { w.burned("") }},
	{name: "047-verifier-wrong", stored: true, run: func(w *world) {
		for _, v := range []string{"x" + verifier[1:], challenge(verifier), strings.ToUpper(verifier), verifier + " "} {
			w.burned(v)
		}
	}},
	{name: "048-verifier-form", run: func(w *world) {
		for _, v := range []string{verifier[:42], strings.Repeat("v", 129), verifier[:42] + "é", verifier[:42] + " "} {
			code := w.code(w.c1, "code_challenge="+challenge(v))
			w.refused(w.post(oauth.PathToken, "grant_type=authorization_code", "client_id="+w.c1.ID, "code="+code, "code_verifier="+v), 400, "invalid_grant")
		}
		for _, v := range []string{verifier[:43], strings.Repeat("~", 128)} {
			code := w.code(w.c1, "code_challenge="+challenge(v))
			w.ok(w.post(oauth.PathToken, "grant_type=authorization_code", "client_id="+w.c1.ID, "code="+code, "code_verifier="+v))
		}
	}},
	{name: "049-downgrade", run: func(w *world) { w.redirected(w.query(w.c1, "-code_challenge"), "invalid_request") }},
	{name: "050-chosen-challenge", run: func(w *world) {
		code := w.code(w.c1, "code_challenge="+challenge(strings.Repeat("attacker-", 6)))
		w.refused(w.exchange(w.c1, code), 400, "invalid_grant")
	}},
	{name: "051-duplicate-verifier", run: func(w *world) {
		w.refused(w.exchange(w.c1, w.code(w.c1), "code_verifier="+verifier), 400, "invalid_request")
	}},
	{name: "052-metadata", run: func(w *world) {
		got := w.do("GET", "/.well-known/oauth-authorization-server", "").body["code_challenge_methods_supported"].([]any)
		if len(got) != 1 || got[0] != "S256" {
			w.Errorf("got %v", got)
		}
	}},
}

// burned checks that a wrong verifier uses the code up.
func (w *world) burned(wrong string) {
	w.Helper()
	code := w.code(w.c1)
	fields := []string{"grant_type=authorization_code", "client_id=" + w.c1.ID, "code=" + code}
	if wrong != "" {
		fields = append(fields, "code_verifier="+wrong)
	}
	w.refused(w.post(oauth.PathToken, fields...), 400, "invalid_grant")
	w.refused(w.exchange(w.c1, code), 400, "invalid_grant")
}

var consentRows = []row{
	{name: "156-page-for-new-client", stored: true, run: func(w *world) {
		v := w.visitor("V")
		begun, err := w.begin(v, w.query(w.c1, "redirect_uri=http://localhost:7/cb"))
		must(w.T, err)
		p, err := w.as.Show(w.Context(), begun.Pending, v)
		must(w.T, err)
		if p.Client.Name != "C1" || p.RedirectHost != "localhost:7" || !p.Loopback || p.Tenant.Name != "T1" || p.Email != w.acct["V"].Email || p.PersonName != "V Person" {
			w.Errorf("page %+v", p)
		}
		// V is a CSM: may not remove companies, may only look at users.
		if p.Overlap.Allows("Company", access.Remove) || !p.Overlap.Allows("Company", access.Update) || p.ClientAsks["Company"].Actions&^p.Overlap["Company"].Actions != access.Remove|access.Export {
			w.Errorf("company: overlap %v, not included %v", p.Overlap["Company"], p.ClientAsks["Company"])
		}
		if p.Overlap["User"].Actions != access.View {
			w.Errorf("user: overlap %v", p.Overlap["User"])
		}
	}},
	{name: "157-post-without-request", run: func(w *world) {
		v := w.visitor("A")
		_, err := w.as.Approve(w.Context(), "au_guess", "", nil, v)
		var page *oauth.PageError
		if !errors.As(err, &page) {
			w.Errorf("got %v", err)
		}
		begun, err := w.begin(v, w.query(w.c1))
		must(w.T, err)
		_, err = w.as.Approve(w.Context(), begun.Pending, "", nil, v)
		w.page403(err)
		_, err = w.as.Show(w.Context(), begun.Pending, v)
		must(w.T, err)
		for _, form := range []string{"", "guess", v.Session.CSRF} {
			_, err = w.as.Approve(w.Context(), begun.Pending, form, nil, v)
			w.page403(err)
		}
	}},
	{name: "159-request-of-another-session", stored: true, run: func(w *world) {
		a, b := w.visitor("A"), w.visitor("V")
		begun, err := w.begin(a, w.query(w.c1))
		must(w.T, err)
		page, err := w.as.Show(w.Context(), begun.Pending, a)
		must(w.T, err)
		_, err = w.as.Approve(w.Context(), begun.Pending, page.FormToken, nil, b)
		w.page403(err)
		_, err = w.as.Approve(w.Context(), begun.Pending, page.FormToken, nil, a)
		must(w.T, err)
	}},
	{name: "159a-attacker-started", stored: true, run: func(w *world) {
		attacker, victim := w.visitor("V"), w.visitor("A")
		begun, err := w.begin(attacker, w.query(w.c1))
		must(w.T, err)
		_, err = w.as.Show(w.Context(), begun.Pending, victim)
		w.page403(err)
		victim.Browser = ""
		_, err = w.as.Show(w.Context(), begun.Pending, victim)
		w.page403(err)
	}},
	{name: "161-user-switch", stored: true, run: func(w *world) {
		a, v := w.visitor("A"), w.visitor("V")
		v.Browser = a.Browser
		begun, err := w.begin(a, w.query(w.c1))
		must(w.T, err)
		page, err := w.as.Show(w.Context(), begun.Pending, a)
		must(w.T, err)
		_, err = w.as.Approve(w.Context(), begun.Pending, page.FormToken, nil, v)
		w.page403(err)
		// The other tab shows it to V; A's page still cannot answer for V.
		_, err = w.as.Show(w.Context(), begun.Pending, v)
		must(w.T, err)
		_, err = w.as.Approve(w.Context(), begun.Pending, page.FormToken, nil, v)
		w.page403(err)
		_, err = w.as.Approve(w.Context(), begun.Pending, page.FormToken, nil, a)
		w.page403(err)
	}},
	{name: "162-hidden-fields", run: func(w *world) {
		// The answer takes no parameter of the request; a choice is ignored unless the client is dynamic.
		v := w.visitor("V")
		begun, err := w.begin(v, w.query(w.c1, "scope=companies:view"))
		must(w.T, err)
		page, err := w.as.Show(w.Context(), begun.Pending, v)
		must(w.T, err)
		to, err := w.as.Approve(w.Context(), begun.Pending, page.FormToken, w.full(), v)
		must(w.T, err)
		u, _ := url.Parse(to)
		w.ok(w.exchange(w.c1, u.Query().Get("code")))
		set := w.connections("V")[0].Set
		if len(set) != 1 || set["Company"].Actions != access.View {
			w.Errorf("stored %v", set)
		}
	}},
	{name: "163-double-submit", stored: true, run: func(w *world) {
		v := w.visitor("A")
		begun, err := w.begin(v, w.query(w.c1))
		must(w.T, err)
		page, err := w.as.Show(w.Context(), begun.Pending, v)
		must(w.T, err)
		codes := make(chan string, 8)
		together(8, func(int) {
			if to, err := w.as.Approve(w.Context(), begun.Pending, page.FormToken, nil, v); err == nil {
				codes <- to
			}
		})
		if len(codes) != 1 {
			w.Errorf("%d codes", len(codes))
		}
	}},
	{name: "164-expired-request", stored: true, run: func(w *world) {
		v := w.visitor("A")
		begun, err := w.begin(v, w.query(w.c1))
		must(w.T, err)
		page, err := w.as.Show(w.Context(), begun.Pending, v)
		must(w.T, err)
		w.clock.Add(10*time.Minute + time.Second)
		_, err = w.as.Approve(w.Context(), begun.Pending, page.FormToken, nil, v)
		var bad *oauth.PageError
		if !errors.As(err, &bad) || w.audited("oauth.authorize") != 0 {
			w.Errorf("got %v", err)
		}
	}},
	{name: "165-consent-reuse-clients", run: func(w *world) { w.asksAgain(w.query(w.c1), w.query(w.c2)) }},
	{name: "166-consent-reuse-scope", run: func(w *world) {
		w.asksAgain(w.query(w.c1, "scope=companies:view"), w.query(w.c1))
		w.asksAgain(w.query(w.c1), w.query(w.c1, "resource="+origin+"/api"))
		w.asksAgain(w.query(w.c1), w.query(w.c1, "redirect_uri=http://localhost:1/cb"))
	}},
	{name: "167-deny", stored: true, run: func(w *world) {
		v := w.visitor("A")
		begun, err := w.begin(v, w.query(w.c1))
		must(w.T, err)
		page, err := w.as.Show(w.Context(), begun.Pending, v)
		must(w.T, err)
		to, err := w.as.Deny(w.Context(), begun.Pending, page.FormToken, v)
		must(w.T, err)
		u, _ := url.Parse(to)
		if q := u.Query(); q.Get("error") != "access_denied" || q.Get("iss") != origin || q.Get("state") != "s" || q.Has("code") {
			w.Errorf("redirect to %s", to)
		}
		list, err := w.store.Authorizations(w.Context(), oauth.Which{Client: w.c1.ID})
		if err != nil || len(list) != 0 || w.audited("oauth.deny") != 1 {
			w.Errorf("%d authorizations, %v", len(list), err)
		}
		if _, err := w.as.Approve(w.Context(), begun.Pending, page.FormToken, nil, v); err == nil {
			w.Error("approved after a refusal")
		}
	}},
	{name: "170-interstitial-address", run: func(w *world) {
		for _, uri := range []string{`https://c1.test/"onload=x`, "https://c1.test/<b>", "https://c1.test/'`"} {
			if oauth.RedirectProblem(uri) == "" {
				w.Errorf("%q would be written into a page", uri)
			}
		}
	}},
	{name: "171-name-markup", run: func(w *world) {
		c, _ := w.client(oauth.ClientInput{Name: "Cl\u202eaude\u200b\n\x00 </b><h1>", Kind: oauth.Public})
		if c.Name != "Claude </b><h1>" { // the page escapes the rest
			w.Errorf("stored %q", c.Name)
		}
		if _, _, err := w.as.CreateClient(w.Context(), w.operator("T1"), oauth.ClientInput{Name: strings.Repeat("x", 10<<10), Kind: oauth.Public}); err == nil {
			w.Error("a giant name was stored")
		}
	}},
	{name: "174-revoke-by-person", stored: true, run: func(w *world) {
		token, rt := w.connect()
		id := w.connections("A")[0].ID
		for _, other := range []string{"V", "B"} {
			if err := w.as.EndConnection(w.Context(), w.visitor(other).Principal, id); err == nil {
				w.Errorf("%s ended A's connection", other)
			}
		}
		if !w.works(token) {
			w.Fatal("it ended")
		}
		must(w.T, w.as.EndConnection(w.Context(), w.visitor("A").Principal, id))
		if w.works(token) || len(w.connections("A")) != 0 {
			w.Error("the connection is alive")
		}
		w.refused(w.refresh(w.c1, rt), 400, "invalid_grant")
	}},
}

// asksAgain approves the first request and checks that the second one still waits for an answer.
func (w *world) asksAgain(first, second string) {
	w.Helper()
	w.approve("A", first)
	v := w.visitor("A")
	begun, err := w.begin(v, second)
	must(w.T, err)
	page, err := w.as.Show(w.Context(), begun.Pending, v)
	if err != nil || page.FormToken == "" {
		w.Errorf("got %v", err)
	}
}
