package oauth_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"mandorla/internal/oauth"
)

var codeRows = []row{
	{name: "053-code-replay", stored: true, run: func(w *world) {
		code := w.code(w.c1)
		first := w.exchange(w.c1, code)
		w.ok(first)
		w.refused(w.exchange(w.c1, code), 400, "invalid_grant")
		if w.works(first.str("access_token")) {
			w.Error("the access token survived the replay")
		}
		w.refused(w.refresh(w.c1, first.str("refresh_token")), 400, "invalid_grant")
		if w.audited("oauth.code_reuse") != 1 {
			w.Error("no audit entry")
		}
	}},
	{name: "054-parallel-redemption", stored: true, run: func(w *world) {
		code := w.code(w.c1)
		var ok atomic.Int32
		var token atomic.Value
		together(50, func(int) {
			if got := w.exchange(w.c1, code); got.Code == 200 {
				ok.Add(1)
				token.Store(got.str("access_token"))
			}
		})
		if ok.Load() != 1 {
			w.Fatalf("%d redemptions succeeded", ok.Load())
		}
		if w.works(token.Load().(string)) {
			w.Error("the token lives although the code was replayed")
		}
	}},
	{name: "055-other-client", stored: true, run: func(w *world) {
		code := w.code(w.c1)
		w.refused(w.exchange(w.c2, code), 400, "invalid_grant")
		w.refused(w.exchange(w.c1, code), 400, "invalid_grant")
	}},
	{name: "056-confidential-code-public-client", stored: true, run: func(w *world) {
		w.refused(w.exchange(w.c1, w.code(w.k1)), 400, "invalid_grant")
	}},
	{name: "057-redirect-mismatch", stored: true, run: func(w *world) {
		w.refused(w.exchange(w.c1, w.code(w.c1), "redirect_uri=http://127.0.0.1/cb"), 400, "invalid_grant")
		w.ok(w.exchange(w.c1, w.code(w.c1)))
		w.ok(w.exchange(w.c1, w.code(w.c1), "redirect_uri="+callback))
	}},
	{name: "058-expired", stored: true, run: func(w *world) {
		code := w.code(w.c1)
		w.clock.Add(61 * time.Second)
		w.refused(w.exchange(w.c1, code), 400, "invalid_grant")
		code = w.code(w.c1)
		w.clock.Add(59 * time.Second)
		w.ok(w.exchange(w.c1, code))
	}},
	{name: "059-guesses", stored: true, run: func(w *world) {
		code := w.code(w.c1)
		flip := []byte(code)
		flip[10] ^= 0x20 // of the family's name
		last := []byte(code)
		last[60] ^= 0x20 // of the secret
		for _, c := range []string{code[:len(code)-1], code + "A", string(flip), string(last), "ac_" + code[3:46] + strings.Repeat("A", 43), code[:46], "ac_" + code[46:], strings.Replace(code, code[5:6], "１", 1), code + "'", "' OR 1=1 --", "ac_" + strings.Repeat("\x00", 86), code[:46] + strings.Repeat("\x00", 43), "ac_" + strings.Repeat("é", 43)} {
			got := w.exchange(w.c1, c)
			w.refused(got, 400, "invalid_grant")
			if got.str("error_description") != w.exchange(w.c1, "ac_"+strings.Repeat("A", 86)).str("error_description") {
				w.Error("descriptions differ")
			}
		}
		w.ok(w.exchange(w.c1, code))
	}},
	{name: "060-type-confusion", stored: true, run: func(w *world) {
		code := w.code(w.c1)
		at, rt := w.connect()
		for _, bearer := range []string{code, rt} {
			if w.works(bearer) {
				w.Errorf("%.3s works as an access token", bearer)
			}
		}
		for _, token := range []string{code, at, "rt_" + at[3:], "rt_" + code[3:]} {
			w.refused(w.refresh(w.c1, token), 400, "invalid_grant")
		}
		w.refused(w.exchange(w.c1, "ac_"+rt[3:]), 400, "invalid_grant")
		if w.works("at_" + rt[3:]) {
			w.Error("a refresh token under another prefix works")
		}
	}},
	{name: "061-user-disabled-between", stored: true, run: func(w *world) {
		code := w.code(w.c1)
		w.setUser("A", "inactive", true)
		w.refused(w.exchange(w.c1, code), 400, "invalid_grant")
	}},
	{name: "062-revoked-between", stored: true, run: func(w *world) {
		code := w.code(w.c1)
		must(w.T, w.as.EndPersonConnections(w.Context(), w.visitor("A").Principal, w.user["A"]))
		w.refused(w.exchange(w.c1, code), 400, "invalid_grant")
	}},
	{name: "063-crash-in-the-middle", stored: true, run: func(w *world) {
		for n := 1; n <= 12; n++ {
			code := w.code(w.c1)
			broken := &brokenStore{Store: w.store}
			broken.left.Store(int32(n))
			w2 := *w
			w2.as = w.remake(broken)
			w2.serve()
			got := w2.exchange(w.c1, code)
			if got.Code == 200 { // more statements than the exchange has: nothing failed
				if n < 6 {
					w.Errorf("only %d statements", n)
				}
				return
			}
			w.refused(got, 503, "temporarily_unavailable")
			w.ok(w.exchange(w.c1, code)) // everything was taken back
		}
		w.Error("the exchange never succeeded")
	}},
	{name: "064-nothing-secret-kept", stored: true, run: func(w *world) {
		code := w.code(w.c1)
		first := w.exchange(w.c1, code)
		second := w.refresh(w.c1, first.str("refresh_token"))
		w.exchange(w.c1, code)
		w.exchange(w.k1, "x", "client_secret="+w.secret)
		entries, err := w.store.TenantAudit(w.Context(), w.tenant["T1"], "", 1000)
		must(w.T, err)
		kept := w.log.String() + fmt.Sprint(entries)
		for _, secret := range []string{code, first.str("access_token"), first.str("refresh_token"), second.str("access_token"), second.str("refresh_token"), w.secret, password, w.token["A"]} {
			if secret == "" || strings.Contains(kept, secret) || strings.Contains(kept, secret[3:]) {
				w.Errorf("%.6s… is empty or in the log or the audit entries", secret)
			}
		}
		if len(entries) < 5 {
			w.Errorf("%d entries", len(entries))
		}
	}},
}

// brokenStore fails at one statement inside a transaction, as a crash there would.
type brokenStore struct {
	oauth.Store
	left atomic.Int32
}

var errBroken = fmt.Errorf("secret detail of the database")

func (b *brokenStore) tick() error {
	if b.left.Add(-1) == 0 {
		return errBroken
	}
	return nil
}

func (b *brokenStore) LockFamily(ctx context.Context, family string) error {
	if err := b.tick(); err != nil {
		return err
	}
	if err := b.Store.LockFamily(ctx, family); err != nil {
		return err
	}
	return b.tick()
}

func (b *brokenStore) SaveTokens(ctx context.Context, a oauth.AuthorizationRecord, t oauth.Tokens) error {
	if err := b.tick(); err != nil {
		return err
	}
	if err := b.Store.SaveTokens(ctx, a, t); err != nil {
		return err
	}
	return b.tick()
}

func (b *brokenStore) MarkStep(ctx context.Context, client string, step oauth.Step, at time.Time) error {
	if err := b.Store.MarkStep(ctx, client, step, at); err != nil {
		return err
	}
	return b.tick()
}

func (b *brokenStore) StandingByFamily(ctx context.Context, family string) (oauth.Standing, error) {
	if err := b.tick(); err != nil {
		return oauth.Standing{}, err
	}
	return b.Store.StandingByFamily(ctx, family)
}

func (b *brokenStore) BearerByFamily(ctx context.Context, family string) (oauth.Standing, error) {
	if err := b.tick(); err != nil {
		return oauth.Standing{}, err
	}
	return b.Store.BearerByFamily(ctx, family)
}

var tokenRows = []row{
	{name: "065-get", run: func(w *world) {
		got := w.do("GET", oauth.PathToken+"?grant_type=authorization_code&client_id="+w.c1.ID+"&code="+w.code(w.c1)+"&code_verifier="+verifier, "")
		w.refused(got, 405, "invalid_request")
		if !strings.Contains(got.Header().Get("Allow"), "POST") {
			w.Errorf("Allow: %q", got.Header().Get("Allow"))
		}
		for _, m := range []string{"PUT", "DELETE", "PATCH"} {
			w.refused(w.do(m, oauth.PathToken, ""), 405, "invalid_request")
		}
	}},
	{name: "066-query-parameters", run: func(w *world) {
		code := w.code(w.c1)
		all := encode("grant_type=authorization_code", "client_id="+w.c1.ID, "code="+code, "code_verifier="+verifier)
		w.refused(w.do("POST", oauth.PathToken+"?"+all, "", "Content-Type: application/x-www-form-urlencoded"), 400, "invalid_request")
		w.refused(w.do("POST", oauth.PathToken+"?grant_type=authorization_code", all), 400, "invalid_request")
		w.ok(w.do("POST", oauth.PathToken, all))
	}},
	{name: "067-content-type", run: func(w *world) {
		for _, ct := range []string{"application/json", "text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencodedx", ";"} {
			w.refused(w.do("POST", oauth.PathToken, encode("grant_type=x", "client_id="+w.c1.ID), "Content-Type: "+ct), 415, "invalid_request")
		}
		w.ok(w.do("POST", oauth.PathToken, encode("grant_type=authorization_code", "client_id="+w.c1.ID, "code="+w.code(w.c1), "code_verifier="+verifier), "Content-Type: application/x-www-form-urlencoded; charset=UTF-8"))
	}},
	{name: "068-duplicates", run: func(w *world) {
		code := w.code(w.c1)
		for _, p := range []string{"grant_type=authorization_code", "client_id=" + w.c1.ID, "code=" + code, "code=x", "unknown=1"} {
			w.refused(w.exchange(w.c1, code, p, p), 400, "invalid_request")
		}
		w.ok(w.exchange(w.c1, code))
	}},
	{name: "069-grant-types", run: func(w *world) {
		for _, g := range []string{"password", "client_credentials", "urn:ietf:params:oauth:grant-type:device_code", "urn:ietf:params:oauth:grant-type:token-exchange",
			"urn:ietf:params:oauth:grant-type:jwt-bearer", "authorization_code ", "Authorization_Code", "implicit"} {
			w.refused(w.post(oauth.PathToken, "grant_type="+g, "client_id="+w.c1.ID), 400, "unsupported_grant_type")
		}
		w.refused(w.post(oauth.PathToken, "client_id="+w.c1.ID), 400, "invalid_request")
	}},
	{name: "071-oversized", run: func(w *world) {
		w.refused(w.do("POST", oauth.PathToken, "grant_type="+strings.Repeat("x", 10<<20)), 413, "invalid_request")
		w.refused(w.do("POST", oauth.PathToken, strings.Repeat("a=b&", 10_000)), 400, "invalid_request")
		w.refused(w.do("POST", oauth.PathToken, "a"+strings.Repeat("[]", 10_000)+"=1"), 401, "invalid_client")
	}},
	{name: "072-cache-headers", run: func(w *world) {
		for _, got := range []answer{w.exchange(w.c1, w.code(w.c1)), w.exchange(w.c1, "x"), w.post(oauth.PathToken), w.do("GET", oauth.PathToken, "")} {
			if got.Header().Get("Cache-Control") != "no-store" || got.Header().Get("Content-Type") != "application/json" {
				w.Errorf("%d: %v", got.Code, got.Header())
			}
		}
	}},
	{name: "073-cors", run: func(w *world) {
		for _, got := range []answer{
			w.do("POST", oauth.PathToken, encode("client_id="+w.c1.ID), "Origin: https://evil"),
			w.do("OPTIONS", oauth.PathToken, "", "Origin: https://evil", "Access-Control-Request-Method: POST"),
			w.do("GET", "/.well-known/oauth-authorization-server", "", "Origin: https://evil"),
		} {
			h := got.Header()
			if h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Access-Control-Allow-Credentials") != "" {
				w.Errorf("%v", h)
			}
		}
	}},
	{name: "074-cookies-ignored", run: func(w *world) {
		w.visitor("A")
		w.refused(w.do("POST", oauth.PathToken, encode("grant_type=authorization_code", "code="+w.code(w.c1), "code_verifier="+verifier), "Cookie: __Host-session="+w.token["A"]), 401, "invalid_client")
	}},
	{name: "075-error-oracle", run: func(w *world) {
		expired := w.code(w.c1)
		w.clock.Add(2 * time.Minute)
		foreign := w.code(w.k1)
		used := w.code(w.c1)
		w.ok(w.exchange(w.c1, used))
		want := w.exchange(w.c1, "ac_"+strings.Repeat("A", 86)).Body.String()
		for _, c := range []string{expired, foreign, used, "x"} {
			if got := w.exchange(w.c1, c).Body.String(); got != want {
				w.Errorf("%s differs from %s", got, want)
			}
		}
	}},
	{name: "076-success-shape", run: func(w *world) {
		got := w.exchange(w.c1, w.code(w.c1, "scope=companies:view offline_access companies:view"))
		w.ok(got)
		if got.str("token_type") != "Bearer" || got.body["expires_in"] != float64(8*3600) || got.str("scope") != "companies:view offline_access" {
			w.Errorf("%v", got.body)
		}
		for name, form := range map[string]string{"access_token": `^at_[\w-]{86}$`, "refresh_token": `^rt_[\w-]{86}$`} {
			if v := got.str(name); !regexp.MustCompile(form).MatchString(v) {
				w.Errorf("%s is %q", name, v)
			}
		}
		if s := w.exchange(w.c1, w.code(w.c1)).str("scope"); s != "inclusive" {
			w.Errorf("scope %q", s)
		}
	}},
	{name: "078-compressed-body", run: func(w *world) {
		w.refused(w.do("POST", oauth.PathToken, "x", "Content-Encoding: gzip"), 415, "invalid_request")
	}},
}

func basic(id, secret string) string {
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id)+":"+url.QueryEscape(secret)))
}

// asK1 exchanges a code of K1 with these headers and further fields.
func (w *world) asK1(code string, fields []string, headers ...string) answer {
	return w.do("POST", oauth.PathToken, encode(append([]string{"grant_type=authorization_code", "code=" + code, "code_verifier=" + verifier}, fields...)...), headers...)
}

var clientRows = []row{
	{name: "079-no-secret", stored: true, run: func(w *world) { w.refused(w.exchange(w.k1, w.code(w.k1)), 401, "invalid_client") }},
	{name: "080-wrong-secret", stored: true, run: func(w *world) {
		code := w.code(w.k1)
		for _, s := range []string{"x", "", w.secret[:len(w.secret)-1], w.secret + "A", strings.ToUpper(w.secret), w.secret + "\x00"} {
			w.refused(w.exchange(w.k1, code, "client_secret="+s), 401, "invalid_client")
			got := w.asK1(code, nil, basic(w.k1.ID, s))
			w.refused(got, 401, "invalid_client")
			if !strings.HasPrefix(got.Header().Get("WWW-Authenticate"), "Basic ") {
				w.Error("no Basic challenge")
			}
		}
		w.ok(w.exchange(w.k1, code, "client_secret="+w.secret))
	}},
	{name: "081-two-methods", run: func(w *world) {
		got := w.asK1(w.code(w.k1), []string{"client_secret=" + w.secret}, basic(w.k1.ID, w.secret))
		w.refused(got, 400, "invalid_request")
		w.refused(w.asK1("x", nil, basic(w.k1.ID, w.secret), basic(w.k1.ID, w.secret)), 401, "invalid_client")
	}},
	{name: "082-basic-and-body-differ", run: func(w *world) {
		w.refused(w.asK1(w.code(w.k1), []string{"client_id=" + w.c2.ID}, basic(w.k1.ID, w.secret)), 401, "invalid_client")
		w.ok(w.asK1(w.code(w.k1), []string{"client_id=" + w.k1.ID}, basic(w.k1.ID, w.secret)))
	}},
	{name: "083-public-with-secret", run: func(w *world) {
		code := w.code(w.c1)
		w.refused(w.exchange(w.c1, code, "client_secret=x"), 401, "invalid_client")
		w.refused(w.asK1(code, nil, basic(w.c1.ID, "")), 401, "invalid_client")
		w.refused(w.asK1(code, nil, basic(w.c1.ID, "x")), 401, "invalid_client")
	}},
	{name: "084-post-and-basic", run: func(w *world) { // decided: a confidential client may use either
		w.ok(w.exchange(w.k1, w.code(w.k1), "client_secret="+w.secret))
		w.ok(w.asK1(w.code(w.k1), nil, basic(w.k1.ID, w.secret)))
	}},
	{name: "085-basic-encoding", run: func(w *world) {
		percent := func(s string) string {
			var b strings.Builder
			for _, c := range []byte(s) {
				fmt.Fprintf(&b, "%%%02X", c)
			}
			return b.String()
		}
		raw := func(id, secret string) string {
			return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))
		}
		w.ok(w.asK1(w.code(w.k1), nil, raw(percent(w.k1.ID), percent(w.secret))))
		for _, h := range []string{raw(w.k1.ID, w.secret+"%"), raw(w.k1.ID, w.secret+"+"), raw(w.k1.ID, ":"+w.secret), raw(w.k1.ID, "ü"), raw("", w.secret),
			"Authorization: Basic !!!", "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(w.k1.ID)), "Authorization: Bearer x", "Authorization: Basic"} {
			w.refused(w.asK1("x", nil, h), 401, "invalid_client")
		}
	}},
	{name: "086-assertion", run: func(w *world) {
		w.refused(w.exchange(w.k1, "x", "client_secret="+w.secret, "client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_assertion=eyJhbGciOiJub25lIn0.e30."), 401, "invalid_client")
	}},
	{name: "087-secret-once", stored: true, run: func(w *world) {
		c, err := w.as.Client(w.Context(), w.tenant["T1"], w.k1.ID)
		must(w.T, err)
		rec, err := w.store.ClientByID(w.Context(), w.k1.ID)
		must(w.T, err)
		all := fmt.Sprintf("%+v %+v", c, rec)
		if strings.Contains(all, w.secret) || strings.Contains(all, w.secret[3:]) || c.SecretLast4 != w.secret[len(w.secret)-4:] || !strings.HasPrefix(w.secret, "sk_") {
			w.Error("the secret is kept or its last characters are not")
		}
	}},
	{name: "088-rotation", stored: true, run: func(w *world) {
		got := w.exchange(w.k1, w.code(w.k1), "client_secret="+w.secret)
		w.ok(got)
		fresh, err := w.as.RegenerateSecret(w.Context(), w.operator("T1"), w.k1.ID, 0)
		must(w.T, err)
		if w.works(got.str("access_token")) {
			w.Error("a connection survived the new secret")
		}
		w.refused(w.exchange(w.k1, w.code(w.k1), "client_secret="+w.secret), 401, "invalid_client")
		got = w.exchange(w.k1, w.code(w.k1), "client_secret="+fresh)
		w.ok(got)
		third, err := w.as.RegenerateSecret(w.Context(), w.operator("T1"), w.k1.ID, time.Hour)
		must(w.T, err)
		if !w.works(got.str("access_token")) {
			w.Error("a connection ended in spite of the overlap")
		}
		w.ok(w.exchange(w.k1, w.code(w.k1), "client_secret="+fresh))
		w.clock.Add(time.Hour)
		w.refused(w.exchange(w.k1, w.code(w.k1), "client_secret="+fresh), 401, "invalid_client")
		w.ok(w.exchange(w.k1, w.code(w.k1), "client_secret="+third))
		if w.audited("client.secret") != 2 {
			w.Error("no audit entries")
		}
	}},
	{name: "089-brute-force", run: func(w *world) {
		limited := 0
		for i := range 1000 {
			got := w.exchange(w.k1, "x", fmt.Sprintf("client_secret=sk_%d", i))
			if got.Code == 429 {
				limited++
				if got.Header().Get("Retry-After") == "" {
					w.Fatal("no Retry-After")
				}
			}
		}
		if limited < 950 {
			w.Errorf("only %d of 1000 were slowed down", limited)
		}
		other := w.do("POST", oauth.PathToken, encode("grant_type=authorization_code", "client_id="+w.k1.ID, "client_secret="+w.secret, "code="+w.code(w.k1), "code_verifier="+verifier), "From-IP: 198.51.100.7")
		w.ok(other)
	}},
	{name: "091-secret-in-address", run: func(w *world) {
		w.refused(w.do("POST", oauth.PathToken+"?client_secret="+w.secret, encode("grant_type=authorization_code", "client_id="+w.k1.ID, "code=x")), 400, "invalid_request")
		if strings.Contains(w.log.String(), w.secret) {
			w.Error("the secret is in the log")
		}
	}},
	{name: "092-delete-client", stored: true, run: func(w *world) {
		got := w.exchange(w.k1, w.code(w.k1), "client_secret="+w.secret)
		w.ok(got)
		code := w.code(w.k1)
		must(w.T, w.as.DeleteClient(w.Context(), w.operator("T1"), w.k1.ID))
		if w.works(got.str("access_token")) {
			w.Error("a token works")
		}
		w.refused(w.exchange(w.k1, code, "client_secret="+w.secret), 401, "invalid_client")
		list, err := w.store.Authorizations(w.Context(), oauth.Which{Client: w.k1.ID})
		if err != nil || len(list) != 0 {
			w.Errorf("%d authorizations are left, %v", len(list), err)
		}
		w.page400(w.query(w.k1))
	}},
}
