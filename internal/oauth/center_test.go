package oauth_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/oauth"
)

// TestCenter covers what administrators may say about clients and rules, up to the limits, and what the log keeps of it.
func TestCenter(t *testing.T) {
	st := openStore(t, "sqlite")
	for name, run := range map[string]func(*world){
		"clients": centerClients, "secrets": centerSecrets, "rules": centerRules, "many": centerMany, "through": centerThrough, "waiting": centerWaiting, "used": centerUsed, "published": centerPublished, "may": centerMay, "follow": centerFollow,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, st, withSite)
			w.first()
			run(w)
		})
	}
}

// fields checks which fields of an input are wrong, in order.
func (w *world) fields(what string, err error, want ...string) {
	w.Helper()
	var got []string
	var f *fault.Error
	if errors.As(err, &f) {
		for _, field := range f.Fields {
			got = append(got, field.Path)
		}
	}
	if !slices.Equal(got, want) || err != nil && len(want) == 0 {
		w.Errorf("%s: %v of %v, want %v", what, got, err, want)
	}
}

func centerClients(w *world) {
	var uris []string
	for i := range 21 {
		uris = append(uris, fmt.Sprint("https://c1.test/", i))
	}
	good := oauth.ClientInput{Name: "N", Kind: oauth.Public, RedirectURIs: uris[:1], Set: w.full()}
	for what, c := range map[string]struct {
		change func(*oauth.ClientInput)
		bad    []string
	}{
		"good":             {func(*oauth.ClientInput) {}, nil},
		"no name":          {func(in *oauth.ClientInput) { in.Name = " " }, []string{"name"}},
		"a long name":      {func(in *oauth.ClientInput) { in.Name = strings.Repeat("ü", 80) }, nil},
		"too long a name":  {func(in *oauth.ClientInput) { in.Name = strings.Repeat("ü", 81) }, []string{"name"}},
		"a long text":      {func(in *oauth.ClientInput) { in.Description = strings.Repeat("ü", 500) }, nil},
		"too long a text":  {func(in *oauth.ClientInput) { in.Description = strings.Repeat("ü", 501) }, []string{"description"}},
		"no kind":          {func(in *oauth.ClientInput) { in.Kind = "" }, []string{"kind"}},
		"twenty addresses": {func(in *oauth.ClientInput) { in.RedirectURIs = uris[:20] }, nil},
		"one more":         {func(in *oauth.ClientInput) { in.RedirectURIs = uris }, []string{"redirectUris.20"}},
		"twice":            {func(in *oauth.ClientInput) { in.RedirectURIs = []string{uris[0], uris[0]} }, []string{"redirectUris.1"}},
		"all at once": {func(in *oauth.ClientInput) { in.Name, in.Kind, in.RedirectURIs = "", "x", []string{"x", uris[0], ""} },
			[]string{"name", "kind", "redirectUris.0", "redirectUris.2"}},
	} {
		in := good
		c.change(&in)
		made, secret, err := w.as.CreateClient(w.Context(), w.operator("T1"), in)
		w.fields(what, err, c.bad...)
		if len(c.bad) == 0 && (made.Name != in.Name || made.Description != in.Description || !slices.Equal(made.RedirectURIs, in.RedirectURIs) || secret != "" || !made.Enabled || made.Version != 1) {
			w.Errorf("%s: %+v", what, made)
		}
	}
	made, secret, err := w.as.CreateClient(w.Context(), w.visitor("A").Principal, oauth.ClientInput{Name: "K", Kind: oauth.Confidential, Set: w.full()})
	if err != nil || !strings.HasPrefix(secret, "sk_") || len(secret) != 46 || made.SecretLast4 != secret[42:] || !made.SecretChangedAt.Equal(w.clock.Now()) || made.CreatedBy != w.user["A"] {
		w.Errorf("%+v, %q, %v", made, secret, err)
	}
	if err := second(w.as.Client(w.Context(), w.tenant["T1"], "pk_nobody")); err == nil || !strings.Contains(err.Error(), "no such client") {
		w.Errorf("nobody: %v", err)
	}
	plain := good
	plain.Name, plain.Description = " N\u202e\n", "D\x00 "
	if c, _, err := w.as.CreateClient(w.Context(), w.operator("T1"), plain); err != nil || c.Name != "N" || c.Description != "D" {
		w.Errorf("%q, %q, %v", c.Name, c.Description, err)
	}
	if list, err := w.as.Clients(w.Context(), w.tenant["T1"]); err != nil || len(list) < 7 || list[0].Name != "C1" || len(list[0].Set) == 0 {
		w.Errorf("%d clients, %v", len(list), err)
	}
	line := w.lines("client.create")[1]
	if line.Client != made.ID || line.ClientName != "K" || line.Detail["kind"] != "confidential" || line.Detail["enabled"] != "true" || line.Detail["version"] != "1" || line.Detail["set"] == "" || len(line.Detail) != 7 {
		w.Errorf("log %+v", line)
	}
	for who, by := range map[string]access.Principal{"somebody without the permission": w.visitor("V").Principal, "somebody who looks on": w.visitor("A").Principal.SeenBy(w.visitor("A").Principal)} {
		if _, _, err := w.as.CreateClient(w.Context(), by, good); !fault.Is(err, fault.Forbidden) {
			w.Errorf("%s makes a client: %v", who, err)
		}
		if _, err := w.as.UpdateClient(w.Context(), by, made.ID, 1, good); !fault.Is(err, fault.Forbidden) {
			w.Errorf("%s changes a client: %v", who, err)
		}
		if err := w.as.DeleteClient(w.Context(), by, made.ID); !fault.Is(err, fault.Forbidden) {
			w.Errorf("%s deletes a client: %v", who, err)
		}
		if _, err := w.as.RegenerateSecret(w.Context(), by, made.ID, 0); !fault.Is(err, fault.Forbidden) {
			w.Errorf("%s makes a secret: %v", who, err)
		}
		if err := w.as.RemoveClientLogo(w.Context(), by, made.ID); !fault.Is(err, fault.Forbidden) {
			w.Errorf("%s takes a logo away: %v", who, err)
		}
	}
	if _, err := w.as.UpdateClient(w.Context(), w.operator("T1"), made.ID, 2, good); !fault.Is(err, fault.Conflict) {
		w.Errorf("over another version: %v", err)
	}
	if err := w.as.DeleteClient(w.Context(), w.operator("T2"), made.ID); !fault.Is(err, fault.NotFound) {
		w.Errorf("another tenant's: %v", err)
	}
	good.Kind = oauth.Public // cannot change
	if made, err = w.as.UpdateClient(w.Context(), w.operator("T1"), made.ID, 1, good); err != nil || made.Kind != oauth.Confidential || made.Enabled || made.Version != 2 || !made.UpdatedAt.Equal(w.clock.Now()) {
		w.Errorf("%+v, %v", made, err)
	}
}

func centerSecrets(w *world) {
	for _, overlap := range []time.Duration{-1, 30*24*time.Hour + 1, 0, 30 * 24 * time.Hour} {
		_, err := w.as.RegenerateSecret(w.Context(), w.operator("T1"), w.k1.ID, overlap)
		if good := overlap >= 0 && overlap <= 30*24*time.Hour; good {
			w.fields(overlap.String(), err)
		} else {
			w.fields(overlap.String(), err, "overlap")
		}
	}
	if _, err := w.as.RegenerateSecret(w.Context(), w.operator("T1"), w.c1.ID, 0); !fault.Is(err, fault.Invalid) {
		w.Errorf("a public client: %v", err)
	}
	if _, err := w.as.RegenerateSecret(w.Context(), w.operator("T2"), w.k1.ID, 0); !fault.Is(err, fault.NotFound) {
		w.Errorf("another tenant's: %v", err)
	}
	if c, err := w.as.Client(w.Context(), w.tenant["T1"], w.k1.ID); err != nil || c.OldSecretUntil.IsZero() {
		w.Errorf("%+v, %v", c, err)
	}
	old, err := w.as.RegenerateSecret(w.Context(), w.operator("T1"), w.k1.ID, 0)
	must(w.T, err)
	if c, err := w.as.Client(w.Context(), w.tenant["T1"], w.k1.ID); err != nil || !c.OldSecretUntil.IsZero() {
		w.Errorf("%+v, %v", c, err)
	}
	got := w.exchange(w.k1, w.code(w.k1), "client_secret="+old)
	w.ok(got)
	fresh, err := w.as.RegenerateSecret(w.Context(), w.operator("T1"), w.k1.ID, time.Hour)
	must(w.T, err)
	c, err := w.as.Client(w.Context(), w.tenant["T1"], w.k1.ID)
	if err != nil || !c.OldSecretUntil.Equal(w.clock.Now().Add(time.Hour)) || c.SecretLast4 != fresh[42:] || !w.works(got.str("access_token")) {
		w.Errorf("%+v, %v", c, err)
	}
	if line := w.lines("client.secret")[0]; line.Detail["last4"] != fresh[42:] || line.Detail["overlap"] != "1h0m0s" {
		w.Errorf("log %+v", line)
	}
	asks := func(secret string) int {
		return w.post(oauth.PathRevoke, "client_id="+w.k1.ID, "client_secret="+secret, "token=x").Code
	}
	w.clock.Add(time.Hour - time.Millisecond)
	if asks(old) != 200 || asks(fresh) != 200 {
		w.Error("one of two secrets does not work")
	}
	w.clock.Add(time.Millisecond)
	if asks(old) != 401 || asks(fresh) != 200 {
		w.Error("the old secret works after its time")
	}
}

func centerRules(w *world) {
	var hosts []string
	for i := range 101 {
		hosts = append(hosts, fmt.Sprintf("h%d.test", i))
	}
	p, err := w.as.Policy(w.Context(), w.tenant["T1"])
	must(w.T, err)
	for what, c := range map[string]struct {
		change func(*oauth.Policy)
		bad    []string
	}{
		"a hundred hosts": {func(p *oauth.Policy) { p.Hosts = hosts[:100] }, nil},
		"one more":        {func(p *oauth.Policy) { p.Hosts = hosts }, []string{"hosts"}},
		"bad ones":        {func(p *oauth.Policy) { p.Hosts = []string{"a", "b.test", "c"} }, []string{"hosts.0", "hosts.2"}},
		"bad rules":       {func(p *oauth.Policy) { p.Documents, p.Registered = oauth.RuleAtOnce, oauth.RuleListed }, []string{"documents", "registered"}},
	} {
		bad := p
		c.change(&bad)
		saved, err := w.as.SetPolicy(w.Context(), w.operator("T1"), bad)
		if w.fields(what, err, c.bad...); err == nil {
			p = saved
		}
	}
	p.Hosts, p.Set = []string{"b.test", "a.test", "b.test"}, viewing("Company")
	if p, err = w.as.SetPolicy(w.Context(), w.operator("T1"), p); err != nil || !slices.Equal(p.Hosts, []string{"a.test", "b.test"}) || p.Version != 2 || !p.UpdatedAt.Equal(w.clock.Now()) {
		w.Errorf("%+v, %v", p, err)
	}
	if line := w.lines("client.policy")[0]; line.Detail["hosts"] != "a.test b.test" || line.Detail["documents"] != "listed" || line.Detail["registered"] != "off" || !strings.Contains(line.Detail["set"], "Company") {
		w.Errorf("log %+v", line)
	}
	again, err := w.as.Policy(w.Context(), w.tenant["T1"])
	if err != nil || again.Version != 2 || !slices.Equal(again.Hosts, p.Hosts) || again.Documents != oauth.RuleListed || again.Registered != oauth.RuleOff || len(again.Set) != 1 {
		w.Errorf("%+v, %v", again, err)
	}
	only := w.visitor("V").Principal
	if _, err := w.as.DecideClient(w.Context(), only, w.c1.ID, 1, true); !fault.Is(err, fault.Forbidden) {
		w.Errorf("somebody without the permission decides: %v", err)
	}
}

// centerMany: connections are counted beyond what is read at once.
func centerMany(w *world) {
	at, _ := w.connect()
	a := w.authorizations("A")[0]
	add := func(n int) {
		must(w.T, w.store.InTx(w.Context(), func(ctx context.Context) error {
			for range n {
				a.ID = newID()
				a.Family, a.IdleUntil = "family of "+a.ID, a.ExpiresAt
				if err := w.store.InsertAuthorization(ctx, a, oauth.Tokens{}); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	less := viewing("Company")
	w.update(func(in *oauth.ClientInput) { in.Set = less })
	add(1999)
	for _, want := range []int{2000, 2001} {
		if got := w.impact(oauth.Change{Client: w.c1.ID, Set: w.full()}); got.Connections != want || got.Regaining != want {
			w.Errorf("%+v, want %d", got, want)
		}
		add(1)
	}
	must(w.T, w.change(w.client1(), true)())
	if got, err := w.as.Widened(w.Context(), w.tenant["T1"], w.c1.ID); err != nil || len(got) != 0 {
		w.Errorf("%d are widened: %v", len(got), err)
	}
	a.SetText = `{}`
	add(2000)
	if got, err := w.as.Widened(w.Context(), w.tenant["T1"], w.c1.ID); err != nil || len(got) != 2000 {
		w.Errorf("%d are widened: %v", len(got), err)
	}
	if !w.works(at) {
		w.Error("the token does not work")
	}
}

// client1 is C1 as it is now.
func (w *world) client1() oauth.Client {
	w.Helper()
	c, err := w.as.Client(w.Context(), w.tenant["T1"], w.c1.ID)
	must(w.T, err)
	return c
}

// centerThrough: what keeps a client from working at all is told by its name.
func centerThrough(w *world) {
	c := w.published()
	says := func(want string) {
		w.Helper()
		_, _, err := w.as.Through(w.Context(), w.operator("T2"), c.ID, w.user["B"], access.SurfaceMCP)
		if (want == "") != (err == nil) || err != nil && (!fault.Is(err, fault.NotFound) || !strings.Contains(err.Error(), want)) {
			w.Errorf("%v, want %q", err, want)
		}
	}
	says("")
	must(w.T, w.as.ShutOut(w.Context(), w.visitor("B").Principal, c.ID, true))
	says(`The app "C1" is shut out here`)
	must(w.T, w.as.ShutOut(w.Context(), w.visitor("B").Principal, c.ID, false))
	_, err := w.store.SuspendTenant(w.Context(), w.tenant["T1"], true)
	must(w.T, err)
	says(`The organisation of the app "C1" is suspended`)
	_, err = w.store.SuspendTenant(w.Context(), w.tenant["T1"], false)
	must(w.T, err)
	_, err = w.as.SetClientReach(w.Context(), w.super(), c.ID, c.Version, false, false)
	must(w.T, err)
	says("There is no such client")
}

// centerWaiting: an app that waits or was refused is not enabled by a change, only by an approval.
func centerWaiting(w *world) {
	w.rules("T1", func(p *oauth.Policy) { p.Documents = oauth.RuleAsk })
	w.admission("A", w.query(appM1), oauth.AwaitsChoice)
	c := w.own("T1", m1)
	change := func(enabled bool) error {
		c = w.own("T1", m1)
		return second(w.as.UpdateClient(w.Context(), w.operator("T1"), c.ID, c.Version, oauth.ClientInput{Description: "x", Set: c.Set, Enabled: enabled}))
	}
	if err := change(true); !fault.Is(err, fault.Invalid) {
		w.Errorf("one that waits: %v", err)
	}
	must(w.T, change(false))
	c = w.own("T1", m1)
	if !c.Follows || c.Description != "x" || c.Enabled {
		w.Errorf("%+v", c)
	}
	must(w.T, second(w.as.DecideClient(w.Context(), w.operator("T1"), c.ID, c.Version, false)))
	if err := change(true); !fault.Is(err, fault.Invalid) {
		w.Errorf("a refused one: %v", err)
	}
	if line := w.lines("client.refuse")[0]; line.Detail["origin"] != "document" || line.Detail["app"] != m1 || line.Detail["approval"] != "refused" {
		w.Errorf("log %+v", line)
	}
	c = w.own("T1", m1)
	must(w.T, second(w.as.DecideClient(w.Context(), w.operator("T1"), c.ID, c.Version, true)))
	must(w.T, change(true))
	must(w.T, change(false))
	must(w.T, change(true))
	w.code(appM1)
}

// centerUsed: the last call of several connections is told, and none where nobody called.
func centerUsed(w *world) {
	c := w.published()
	if used := (oauth.PublishedApp{}).UsedAt(); !used.IsZero() {
		w.Errorf("nobody used it at %v", used)
	}
	for range 2 {
		w.clock.Add(time.Hour)
		at, _ := w.connectTo("B", c)
		if !w.works(at) {
			w.Fatal("the token does not work")
		}
	}
	last := w.clock.Now()
	must(w.T, w.as.Flush(w.Context()))
	app, err := w.as.PublishedApp(w.Context(), w.visitor("B").Principal, c.ID)
	if err != nil || len(app.Connections) != 2 || !app.UsedAt().Equal(last) {
		w.Errorf("%+v, %v", app, err)
	}
	slices.Reverse(app.Connections)
	if !app.UsedAt().Equal(last) {
		w.Errorf("used at %v", app.UsedAt())
	}
	elsewhere, err := w.as.ConnectionsElsewhere(w.Context(), w.tenant["T1"], c.ID)
	if err != nil || len(elsewhere) != 1 || elsewhere[0].Connections != 2 {
		w.Errorf("%+v, %v", elsewhere, err)
	}
}

// centerPublished: publishing and what ends it is in the log of each tenant that is connected, and of no other.
func centerPublished(w *world) {
	id := newID()
	w.tenant["T3"] = id
	must(w.T, w.store.CreateTenant(w.Context(), id, "T3", "t-"+id))
	roles, err := w.ids.CreateDefaultRoles(w.Context(), w.operator("T3"), w.reg, id)
	must(w.T, err)
	w.addMember("T3", "C", roles[identity.CSM].ID)
	c := w.published()
	w.connectTo("A", c)
	w.connectTo("B", c)
	w.connectTo("C", c)
	noted := func(act string, want int) {
		w.Helper()
		for _, tenant := range []string{"T2", "T3"} {
			list, err := w.store.TenantAudit(w.Context(), w.tenant[tenant], act, 10)
			if err != nil || len(list) != want || want > 0 && (list[0].Client != c.ID || list[0].Detail["connections"] != "1" || list[0].Person != "") {
				w.Errorf("%s has %+v, %v", tenant, list, err)
			}
		}
		if len(w.lines(act)) != 0 {
			w.Errorf("%s is in the log of the client's own tenant twice", act)
		}
	}
	set := func(dynamic, published bool) {
		w.Helper()
		c, err = w.as.SetClientReach(w.Context(), w.super(), c.ID, c.Version, dynamic, published)
		if err != nil || c.Dynamic != dynamic || c.Published != published || len(c.Set) == 0 || !c.UpdatedAt.Equal(w.clock.Now()) {
			w.Errorf("%+v, %v", c, err)
		}
	}
	noted("client.publish", 0)
	set(true, true)
	noted("client.publish", 0)
	set(false, false)
	noted("client.unpublish", 1)
	set(false, true)
	noted("client.publish", 1)
	of, used, err := w.as.ReachOf(w.Context(), w.super(), c.ID)
	if err != nil || of.Name != "C1" || len(of.Set) != 0 || len(used) != 3 {
		w.Errorf("%+v, %+v, %v", of, used, err)
	}
	if _, _, err := w.as.ReachOf(w.Context(), w.super(), "pk_nobody"); !fault.Is(err, fault.NotFound) {
		w.Errorf("nobody: %v", err)
	}
}

// centerMay: letting apps in takes the permission to make clients and the one to change them.
func centerMay(w *world) {
	w.rules("T1", func(p *oauth.Policy) { p.Documents = oauth.RuleAsk })
	w.admission("A", w.query(appM1), oauth.AwaitsChoice)
	for name, actions := range map[string]access.Action{"X": access.Create, "Y": access.Update, "Z": access.Create | access.Update} {
		r, err := w.ids.SaveRole(w.Context(), w.operator("T1"), access.Role{
			Tenant: w.tenant["T1"], Name: name, Portfolio: access.FullAccess, Switches: access.SwitchAppCenter, Set: access.Set{access.OAuthClient: {Actions: actions | access.View}},
		})
		must(w.T, err)
		w.addMember("T1", name, r.ID)
		by := w.visitor(name).Principal
		p, err := w.as.Policy(w.Context(), w.tenant["T1"])
		must(w.T, err)
		_, saves := w.as.SetPolicy(w.Context(), by, p)
		c := w.own("T1", m1)
		_, decides := w.as.DecideClient(w.Context(), by, c.ID, c.Version, true)
		for what, err := range map[string]error{"rules": saves, "a decision": decides} {
			if both := name == "Z"; both != (err == nil) || !both && !fault.Is(err, fault.Forbidden) {
				w.Errorf("%s with %s: %v", what, actions, err)
			}
		}
	}
}

// centerFollow: new rules reach every app that follows them, end what they let in no more for good, and touch nothing else.
func centerFollow(w *world) {
	const m2 = "https://m2.test/client.json"
	w.site().set(m2, serving(document(m2, `redirect_uris=["https://m2.test/cb"]`)))
	app2 := self(m2, "https://m2.test/cb")
	both := func(p *oauth.Policy) { p.Hosts = []string{"m1.test", "m2.test"} }
	w.rules("T1", both)
	got := w.exchange(appM1, w.code(appM1))
	w.ok(got)
	w.code(app2)
	decided := w.own("T1", m2)
	must(w.T, second(w.as.DecideClient(w.Context(), w.operator("T1"), decided.ID, decided.Version, true)))
	w.rules("T1", func(p *oauth.Policy) { p.Set, p.Registered = viewing("Task"), oauth.RuleAtOnce })
	for _, id := range []string{m1, m2} {
		if c := w.own("T1", id); len(c.Set) != 1 || !c.Enabled || !c.UpdatedAt.Equal(w.clock.Now()) {
			w.Errorf("%+v", c)
		}
	}
	if n := w.audited("client.follow"); n != 2 {
		w.Errorf("%d lines in the log", n)
	}
	if c := w.client1(); c.Version != 1 || c.Approval != "" || len(c.Set) < 2 {
		w.Errorf("an administrator's client follows: %+v", c)
	}
	if c := w.own("T1", m2); c.Approval != oauth.Approved {
		w.Errorf("what was decided follows: %+v", c)
	}
	w.rules("T1", func(p *oauth.Policy) { p.Hosts = nil })
	if line := w.lines("client.follow")[0]; line.Detail["app"] != m1 || line.Detail["approval"] != "waiting" || line.Detail["enabled"] != "false" {
		w.Errorf("log %+v", line)
	}
	w.rules("T1", both)
	if c := w.own("T1", m1); c.Approval != oauth.LetIn || !c.Enabled || w.works(got.str("access_token")) {
		w.Errorf("a connection that ended with its app came back: %+v", c)
	}
}
