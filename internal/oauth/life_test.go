package oauth_test

import (
	"flag"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"mandorla/internal/identity"
	"mandorla/internal/oauth"
	"mandorla/internal/store/sqlstore"
)

// TestLife walks at random through everything that can happen to an authorization and to what it depends on, on both engines, and holds after
// each step that no token lives under a dead authorization, person, client or tenant, and that what should live lives.
func TestLife(t *testing.T) { walkLife(t, 24) } // of eight walks, none may come far

// TestProveLife is the long form, for make prove.
func TestProveLife(t *testing.T) {
	if os.Getenv("MANDORLA_PROVE") != "" {
		walkLife(t, 150)
	}
}

func walkLife(t *testing.T, walks int) {
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		must(t, f.Value.Set(strconv.Itoa(walks)))
		defer func() { must(t, f.Value.Set(f.DefValue)) }()
	}
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			st := openStore(t, engine)
			seen := map[string]int{}
			rapid.Check(t, func(rt *rapid.T) { newLifeWalk(t, rt, st, seen).run() })
			for what, from := range map[string]int{"works": 1, "dead": 1, "redeem refused": 50, "rotate refused": 50, "approve refused": 50} {
				if walks >= from && seen[what] == 0 && !testing.Short() { // where rapid walks less
					t.Errorf("no walk saw: %s", what)
				}
			}
		})
	}
}

type lifeWalk struct {
	*world
	*life
	rt      *rapid.T
	seen    map[string]int
	role    string
	apps    map[string]*oauth.Client
	waiting []waitingRequest
	steps   int
}

// waitingRequest is a request that was shown to somebody.
type waitingRequest struct {
	person, client string
	visitor        oauth.Visitor
	page           oauth.Page
	at             time.Time
}

func newLifeWalk(t *testing.T, rt *rapid.T, st *sqlstore.Store, seen map[string]int) *lifeWalk {
	w := newWorld(t, st)
	l := &life{now: w.clock.Now(), people: map[string]*lifePerson{"A": {}, "V": {}}, clients: map[string]*lifeClient{"C1": {}, "K1": {}}}
	walk := &lifeWalk{world: w, life: l, rt: rt, seen: seen, apps: map[string]*oauth.Client{"C1": &w.c1, "K1": &w.k1}}
	roles, err := w.ids.Roles(w.Context(), w.tenant["T1"])
	must(t, err)
	for _, r := range roles {
		if r.Name == identity.CSM {
			walk.role = r.ID
		}
	}
	return walk
}

func (w *lifeWalk) run() {
	actions := map[string]func(*rapid.T){"": func(*rapid.T) { w.check() }}
	for name, weight := range map[string]int{"open": 3, "approve": 4, "deny": 1, "redeem": 5, "refresh": 5, "revoke": 2, "client": 1, "person": 1, "tenant": 1, "secret": 1, "wait": 2} {
		for i := range weight { // rapid draws each name as often as another
			actions[name+" "+strconv.Itoa(i)] = map[string]func(*rapid.T){
				"open": w.open, "approve": w.approve, "deny": w.deny, "redeem": w.redeemOne, "refresh": w.refreshOne, "revoke": w.revokeOne,
				"client": w.changeClient, "person": w.changePerson, "tenant": w.changeTenant, "secret": w.newSecret, "wait": w.wait,
			}[name]
		}
	}
	w.rt.Repeat(actions)
}

func (w *lifeWalk) check() {
	w.rt.Helper()
	w.steps++
	w.from = fmt.Sprintf("10.%d.%d.9", w.steps>>8&255, w.steps&255) // each time another network: the limits on what is refused are no part of this
	for n, c := range w.all {
		for token := range c.access {
			want := w.life.works(c, token)
			if got := w.world.works(token); got != want {
				w.rt.Fatalf("connection %d of %s through %s: a token works: %v", n, c.person, c.client, got)
			}
			w.seen[map[bool]string{true: "works", false: "dead"}[want]]++
		}
	}
}

// enter gives somebody as a visitor of the pages, where they can be one.
func (w *lifeWalk) enter(name string) (oauth.Visitor, bool) {
	if session, p, err := w.ids.Session(w.Context(), w.token[name], ""); err == nil {
		if w.life.people[name].disabled {
			w.rt.Fatalf("a session of %s lives although the account is disabled", name)
		}
		return oauth.Visitor{Session: session, Principal: p, Browser: "br_" + strings.Repeat(name, 43), IP: "192.0.2.1"}, p.Tenant != ""
	}
	if w.life.people[name].disabled { // trying again and again would only meet the limit on wrong passwords
		return oauth.Visitor{}, false
	}
	w.signIn(name)
	session, p, err := w.ids.Session(w.Context(), w.token[name], "")
	if err != nil {
		w.rt.Fatal(err)
	}
	return oauth.Visitor{Session: session, Principal: p, Browser: "br_" + strings.Repeat(name, 43), IP: "192.0.2.1"}, p.Tenant != ""
}

func (w *lifeWalk) open(rt *rapid.T) {
	who, through := pick(rt, "A", "V"), pick(rt, "C1", "K1")
	if len(w.all)+len(w.waiting) >= 8 {
		rt.Skip()
	}
	v, ok := w.enter(who)
	var begun oauth.Begun
	var err error
	if ok {
		begun, err = w.begin(v, w.query(*w.apps[through]))
	}
	if got, want := ok && err == nil, w.life.person(who) && w.life.client(through); got != want {
		rt.Fatalf("%s opens a request of %s: %v %v", who, through, got, err)
	}
	if !ok || err != nil {
		return
	}
	page, err := w.as.Show(w.Context(), begun.Pending, v)
	if err != nil {
		rt.Fatal(err)
	}
	w.waiting = append(w.waiting, waitingRequest{who, through, v, page, w.now})
}

// answer takes a waiting request and the person who is to answer it, as they are now.
func (w *lifeWalk) answer(rt *rapid.T) (r waitingRequest, v oauth.Visitor, may bool) {
	if len(w.waiting) == 0 {
		rt.Skip()
	}
	i := rapid.IntRange(0, len(w.waiting)-1).Draw(rt, "request")
	r = w.waiting[i]
	w.waiting = append(w.waiting[:i:i], w.waiting[i+1:]...)
	v, ok := w.enter(r.person)
	same := v.Session.ID == r.visitor.Session.ID // a new sign-in is not who saw the page
	return r, v, ok && same && w.life.person(r.person) && w.life.client(r.client) && w.now.Sub(r.at) < 10*time.Minute
}

func (w *lifeWalk) approve(rt *rapid.T) {
	r, v, may := w.answer(rt)
	to, err := w.as.Approve(w.Context(), r.page.Pending, r.page.FormToken, nil, v)
	if (err == nil) != may {
		rt.Fatalf("%s approves %s: %v, want %v", r.person, r.client, err, may)
	}
	if err != nil {
		w.seen["approve refused"]++
		return
	}
	u, err := url.Parse(to)
	if err != nil {
		rt.Fatal(err)
	}
	w.all = append(w.all, &lifeConn{person: r.person, client: r.client, code: u.Query().Get("code"), codeUntil: w.now.Add(time.Minute), access: map[string]time.Time{}})
}

func (w *lifeWalk) deny(rt *rapid.T) {
	r, v, may := w.answer(rt)
	if _, err := w.as.Deny(w.Context(), r.page.Pending, r.page.FormToken, v); (err == nil) != may {
		rt.Fatalf("%s denies %s: %v, want %v", r.person, r.client, err, may)
	}
}

func (w *lifeWalk) conn(rt *rapid.T) *lifeConn {
	if len(w.all) == 0 {
		rt.Skip()
	}
	return rapid.SampledFrom(w.all).Draw(rt, "connection")
}

// with is the client's own part of a request.
func (w *lifeWalk) with(c *lifeConn) (oauth.Client, []string) {
	if c.client == "K1" {
		return *w.apps["K1"], []string{"client_secret=" + w.secret}
	}
	return *w.apps["C1"], nil
}

func (w *lifeWalk) redeemOne(rt *rapid.T) {
	c := w.conn(rt)
	client, secret := w.with(c)
	got, want := w.exchange(client, c.code, secret...), w.life.redeem(c)
	if (got.Code == 200) != want {
		rt.Fatalf("a code of %s through %s: %d %s, want %v", c.person, c.client, got.Code, got.Body, want)
	}
	if want {
		w.keep(c, got.str("access_token"), got.str("refresh_token"))
		return
	}
	w.seen["redeem refused"]++
}

func (w *lifeWalk) refreshOne(rt *rapid.T) {
	c := w.conn(rt)
	if len(c.refresh) == 0 {
		rt.Skip()
	}
	i := len(c.refresh) - 1 - min(len(c.refresh)-1, rapid.SampledFrom([]int{0, 0, 0, 0, 1, 1, 2}).Draw(rt, "how old"))
	client, secret := w.with(c)
	got := w.world.refresh(client, c.refresh[i].token, secret...)
	fresh, again := w.rotate(c, i)
	last := c.refresh[len(c.refresh)-1]
	switch {
	case (got.Code == 200) != (fresh || again):
		rt.Fatalf("refresh token %d of %d: %d %s, want %v %v", i, len(c.refresh), got.Code, got.Body, fresh, again)
	case again && (got.str("refresh_token") != last.token || got.str("access_token") != last.access):
		rt.Fatal("a retry gives another pair")
	case fresh:
		w.keep(c, got.str("access_token"), got.str("refresh_token"))
	case !again:
		w.seen["rotate refused"]++
	}
}

func (w *lifeWalk) revokeOne(rt *rapid.T) {
	c := w.conn(rt)
	if len(c.refresh) == 0 {
		rt.Skip()
	}
	r := c.refresh[rapid.IntRange(0, len(c.refresh)-1).Draw(rt, "token")]
	kind := pick(rt, r.token, r.access)
	client, secret := w.with(c)
	got := w.post(oauth.PathRevoke, append(secret, "client_id="+client.ID, "token="+kind)...)
	if (got.Code == 200) != w.life.client(c.client) {
		rt.Fatalf("revocation: %d %s", got.Code, got.Body)
	}
	switch {
	case got.Code != 200:
	case kind == r.access:
		c.access[r.access] = time.Time{}
	default:
		c.ended = true
	}
}

func (w *lifeWalk) changeClient(rt *rapid.T) {
	name := pick(rt, "C1", "K1")
	c := w.life.clients[name]
	if c.deleted {
		rt.Skip()
	}
	if rapid.IntRange(0, 9).Draw(rt, "delete") == 0 {
		must(w.T, w.as.DeleteClient(w.Context(), w.operator("T1"), w.apps[name].ID))
		c.deleted = true
		w.end("", name)
		return
	}
	was, err := w.as.Client(w.Context(), w.tenant["T1"], w.apps[name].ID)
	must(w.T, err)
	_, err = w.as.UpdateClient(w.Context(), w.operator("T1"), was.ID, was.Version, oauth.ClientInput{Name: was.Name, Set: was.Set, RedirectURIs: was.RedirectURIs, Enabled: c.disabled})
	must(w.T, err)
	if c.disabled = !c.disabled; c.disabled {
		w.end("", name)
	}
}

func (w *lifeWalk) changePerson(rt *rapid.T) {
	p := w.life.people["V"]
	switch pick(rt, "inactive", "disabled", "gone", "password") {
	case "inactive":
		p.inactive = !p.inactive
		w.setUser("V", "inactive", p.inactive)
	case "disabled":
		p.disabled = !p.disabled
		must(w.T, w.ids.DisableAccount(w.Context(), w.acct["V"].ID, p.disabled))
		w.end("V", "")
	case "gone":
		if p.gone = !p.gone; p.gone {
			must(w.T, w.ids.RemoveMember(w.Context(), w.operator("T1"), w.tenant["T1"], w.user["V"]))
		} else {
			must(w.T, w.ids.AddMember(w.Context(), w.operator("T1"), w.tenant["T1"], w.user["V"], w.acct["V"].ID, []string{w.role}))
		}
	case "password":
		who := pick(rt, "A", "V")
		must(w.T, w.ids.SetPassword(w.Context(), w.acct[who].ID, password, false))
		w.end(who, "")
	}
}

func (w *lifeWalk) changeTenant(*rapid.T) {
	w.suspended = !w.suspended
	if changed, err := w.store.SuspendTenant(w.Context(), w.tenant["T1"], w.suspended); err != nil || !changed {
		w.rt.Fatalf("suspend %v: %v, %v", w.suspended, changed, err)
	}
}

func (w *lifeWalk) newSecret(rt *rapid.T) {
	if w.life.clients["K1"].deleted {
		rt.Skip()
	}
	overlap := time.Duration(rapid.IntRange(0, 1).Draw(rt, "hours")) * time.Hour
	secret, err := w.as.RegenerateSecret(w.Context(), w.operator("T1"), w.apps["K1"].ID, overlap)
	must(w.T, err)
	w.secret = secret
	if overlap == 0 {
		w.end("", "K1")
	}
}

func (w *lifeWalk) wait(rt *rapid.T) {
	w.clock.Add(time.Duration(rapid.SampledFrom([]int{1, 20, 59, 61, 599, 3600, 9 * 3600}).Draw(rt, "seconds")) * time.Second)
	w.now = w.clock.Now()
}

func pick(rt *rapid.T, of ...string) string { return rapid.SampledFrom(of).Draw(rt, "which") }
