package oauth_test

import (
	"fmt"
	"strings"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/audit"
	"mandorla/internal/identity"
	"mandorla/internal/oauth"
)

// auditRows tries row 274: each act that the matrix names leaves one line with who, through what, from where, and no secret.
var auditRows = []row{{name: "274-acts-leave-a-line", stored: true, run: func(w *world) {
	admin := w.visitor("A").Principal
	secrets := []string{password, "not the password at all"}
	var pair answer
	for _, a := range []struct {
		act string
		by  bool // a person is named
		ip  string
		do  func()
	}{
		{"session.refused", true, "192.0.2.7", func() {
			_, err := w.ids.SignIn(w.Context(), w.acct["A"].Email, secrets[1], identity.From{IP: "192.0.2.7"})
			if err == nil {
				w.Error("signed in with a wrong password")
			}
		}},
		{"session.start", true, "192.0.2.8", func() {
			token, err := w.ids.SignIn(w.Context(), w.acct["A"].Email, password, identity.From{IP: "192.0.2.8"})
			must(w.T, err)
			secrets = append(secrets, token)
		}},
		{"oauth.deny", true, "192.0.2.1", func() {
			v, page := w.shown()
			must(w.T, second(w.as.Deny(w.Context(), page.Pending, page.FormToken, v)))
			secrets = append(secrets, page.Pending, page.FormToken)
		}},
		{"oauth.authorize", true, "192.0.2.1", func() { secrets = append(secrets, w.code(w.c1)) }},
		{"oauth.token", true, "192.0.2.9", func() {
			pair = w.exchange(w.c1, secrets[len(secrets)-1])
			secrets = append(secrets, pair.str("access_token"), pair.str("refresh_token"))
		}},
		{"oauth.refresh", true, "192.0.2.9", func() {
			next := w.refresh(w.c1, pair.str("refresh_token"))
			secrets = append(secrets, next.str("access_token"), next.str("refresh_token"))
		}},
		{"oauth.refresh_reuse", true, "192.0.2.9", func() {
			w.clock.Add(2 * time.Minute)
			w.refused(w.refresh(w.c1, pair.str("refresh_token")), 400, "invalid_grant")
		}},
		{"oauth.revoke", true, "192.0.2.9", func() {
			_, rt := w.connect()
			secrets = append(secrets, rt)
			w.ok(w.post(oauth.PathRevoke, "client_id="+w.c1.ID, "token="+rt))
		}},
		{"client.create", true, "", func() {
			_, secret, err := w.as.CreateClient(w.Context(), admin, oauth.ClientInput{Name: "New", Kind: oauth.Confidential, Set: w.full(), RedirectURIs: []string{callback}})
			must(w.T, err)
			secrets = append(secrets, secret)
		}},
		{"client.secret", true, "", func() {
			secret, err := w.as.RegenerateSecret(w.Context(), admin, w.k1.ID, 0)
			must(w.T, err)
			secrets = append(secrets, secret, w.secret)
		}},
		{"client.delete", true, "", func() { must(w.T, w.as.DeleteClient(w.Context(), admin, w.k1.ID)) }},
		{"role.update", true, "", func() {
			roles, err := w.ids.Roles(w.Context(), w.tenant["T1"])
			must(w.T, err)
			for _, r := range roles {
				if r.Name == identity.CSM {
					r.Set = access.Set{"Company": access.FullModel}
					_, err := w.ids.SaveRole(w.Context(), admin, r)
					must(w.T, err)
				}
			}
		}},
	} {
		before := w.lines(a.act)
		a.do()
		now := w.lines(a.act)
		if len(now) != len(before)+1 {
			w.Errorf("%s left %d lines", a.act, len(now)-len(before))
			continue
		}
		e := now[0]
		if e.Tenant != w.tenant["T1"] || (e.Person == w.user["A"]) != a.by || e.PersonName == "" || !e.At.Equal(w.clock.Now()) || e.IP != a.ip {
			w.Errorf("%s: %+v", a.act, e)
		}
		if strings.HasPrefix(a.act, "oauth.") && (e.Client != w.c1.ID || e.ClientName != "C1" || a.act != "oauth.deny" && e.Authorization == "") {
			w.Errorf("%s does not say through which client: %+v", a.act, e)
		}
	}
	all := fmt.Sprintf("%+v", w.lines(""))
	for _, secret := range secrets {
		if secret == "" || strings.Contains(all, secret) {
			w.Errorf("the log holds the secret %.8q", secret)
		}
	}
}}}

// lines gives the change log of the first tenant, newest first.
func (w *world) lines(act string) []audit.Entry {
	w.Helper()
	list, err := w.store.TenantAudit(w.Context(), w.tenant["T1"], act, 1000)
	must(w.T, err)
	var out []audit.Entry
	for _, e := range list {
		if act == "" || e.Act == act {
			out = append(out, e)
		}
	}
	return out
}
