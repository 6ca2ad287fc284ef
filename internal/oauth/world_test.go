package oauth_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/catalog"
	"mandorla/internal/identity"
	"mandorla/internal/model"
	"mandorla/internal/oauth"
	"mandorla/internal/schema"
	"mandorla/internal/store/postgres"
	"mandorla/internal/store/sqlite"
	"mandorla/internal/store/sqlstore"
	"mandorla/internal/testkit/clock"
	"mandorla/internal/testkit/pg"
)

const (
	origin   = "https://as.test"
	mcp      = origin + oauth.PathMCP
	callback = "https://c1.test/cb"
	verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	password = "four unrelated plain words"
)

var lastID atomic.Int64

// newID gives ids in the order in which they are asked for.
func newID() string { return fmt.Sprintf("%024x", lastID.Add(1)) }

var engines = []string{"sqlite", "postgres"}

// onStores opens each engine once for a test; worlds share the database and nothing else.
func onStores(t *testing.T, run func(t *testing.T, st *sqlstore.Store, engine string)) {
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) { run(t, openStore(t, engine), engine) })
	}
}

func openStore(t *testing.T, engine string, wrap ...func(driver.Connector) driver.Connector) *sqlstore.Store {
	t.Helper()
	reg, err := catalog.Registry()
	must(t, err)
	var st *sqlstore.Store
	if engine == "sqlite" {
		st, err = sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "test.db"), reg, newID, wrap...)
	} else {
		st, err = postgres.Open(t.Context(), pg.DSN(t), reg, newID, wrap...)
	}
	must(t, err)
	t.Cleanup(func() { _ = st.Close() })
	return st
}

// world is two tenants with people and clients, a server and a clock.
type world struct {
	*testing.T
	store  *sqlstore.Store
	reg    *model.Registry
	clock  *clock.Clock
	ids    *identity.Service
	as     *oauth.Service
	log    *bytes.Buffer
	mux    *http.ServeMux
	tenant map[string]string // T1, T2
	user   map[string]string // A, V, B: ids of User records
	acct   map[string]identity.Account
	token  map[string]string // sessions
	c1, c2 oauth.Client      // public
	k1     oauth.Client      // confidential
	secret string
	reach  map[string]int // how often a handler behind Protect was reached
	from   string         // address of who asks
}

// passwordHash is the password's, for all accounts: working it out is slow on purpose.
const passwordHash = "$argon2id$v=19$m=47104,t=1,p=1$YSBzYWx0IGZvciB0ZXN0cw$iV/3Ce82iEjWa+Q5Exhps7gKxI/w/o1eFQ9m6XTgTx0"

func newWorld(t *testing.T, st *sqlstore.Store, options ...func(*oauth.Options)) *world {
	t.Helper()
	reg, err := catalog.Registry()
	must(t, err)
	w := &world{
		T: t, store: st, reg: reg, clock: clock.At(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)), log: &bytes.Buffer{},
		tenant: map[string]string{}, user: map[string]string{}, acct: map[string]identity.Account{}, token: map[string]string{}, reach: map[string]int{},
		from: "192.0.2.9",
	}
	log := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	schemas, err := schema.New(st, catalog.Models(), newID)
	must(t, err)
	w.ids = identity.New(identity.Options{Store: st, Registries: schemas, Now: w.clock.Now, Rand: rand.Reader, NewID: newID, Log: log})
	o := oauth.Options{Store: st, Identity: w.ids, Registry: reg, Origin: origin, Now: w.clock.Now, Rand: rand.Reader, NewID: newID, Log: log}
	for _, f := range options {
		f(&o)
	}
	w.as, err = oauth.New(o)
	must(t, err)
	w.people()
	full := access.Full(reg)
	w.c1, _ = w.client(oauth.ClientInput{Name: "C1", Kind: oauth.Public, Set: full, RedirectURIs: []string{callback, "http://127.0.0.1/cb", "http://localhost/cb", "http://[::1]/cb"}})
	w.c2, _ = w.client(oauth.ClientInput{Name: "C2", Kind: oauth.Public, Set: full, RedirectURIs: []string{"https://c2.test/cb"}})
	w.k1, w.secret = w.client(oauth.ClientInput{Name: "K1", Kind: oauth.Confidential, Set: full, RedirectURIs: []string{callback}})
	w.serve()
	return w
}

func (w *world) operator(tenant string) access.Principal {
	return access.Principal{Tenant: w.tenant[tenant], Surface: access.SurfaceCommand}
}

// super is a super admin who is in no tenant.
func (w *world) super() identity.Super {
	w.Helper()
	if w.token["S"] == "" {
		a := identity.Account{ID: newID(), Email: "s-" + newID() + "@people.test", Epoch: 1, CreatedAt: w.clock.Now(), Super: true}
		must(w.T, w.store.InsertAccount(w.Context(), a, passwordHash))
		w.acct["S"] = a
		w.signIn("S")
	}
	by, err := w.ids.Super(w.Context(), w.token["S"], "192.0.2.1")
	must(w.T, err)
	return by
}

func (w *world) people() {
	w.Helper()
	ctx := w.Context()
	users, _ := w.reg.Model("User")
	mail, _ := users.Property("email")
	first, _ := users.Property("firstName")
	last, _ := users.Property("lastName")
	created, _ := users.Property("createdAt")
	updated, _ := users.Property("updatedAt")
	roles := map[string]map[string]access.Role{}
	for _, t := range []string{"T1", "T2"} {
		id := newID()
		w.tenant[t] = id
		must(w.T, w.store.CreateTenant(ctx, id, t, "t-"+id))
		var err error
		roles[t], err = w.ids.CreateDefaultRoles(ctx, w.operator(t), w.reg, id)
		must(w.T, err)
	}
	for _, p := range []struct{ name, tenant, role string }{
		{"A", "T1", identity.Administrator}, {"V", "T1", identity.CSM}, {"B", "T2", identity.Administrator},
	} {
		id, now := newID(), w.clock.Now()
		a := identity.Account{ID: newID(), Email: strings.ToLower(p.name) + "-" + id + "@people.test", Epoch: 1, CreatedAt: now}
		must(w.T, w.store.InsertAccount(ctx, a, passwordHash))
		must(w.T, w.store.Insert(ctx, w.tenant[p.tenant], users, id, map[*model.Property]any{
			mail: a.Email, first: p.name, last: "Person", created: now, updated: now,
		}))
		must(w.T, w.ids.AddMember(ctx, w.operator(p.tenant), w.tenant[p.tenant], id, a.ID, []string{roles[p.tenant][p.role].ID}))
		w.user[p.name], w.acct[p.name] = id, a
	}
}

func (w *world) client(in oauth.ClientInput) (oauth.Client, string) {
	w.Helper()
	c, secret, err := w.as.CreateClient(w.Context(), w.operator("T1"), in)
	must(w.T, err)
	return c, secret
}

func (w *world) serve() {
	w.mux = http.NewServeMux()
	for _, r := range w.as.Routes() {
		w.mux.Handle(r.Path, r.Handler)
	}
	for path, surface := range map[string]access.Surface{oauth.PathMCP: access.SurfaceMCP, oauth.PathMCPAlias: access.SurfaceMCP, oauth.PathREST: access.SurfaceREST} {
		w.mux.Handle(path, w.as.Protect(path, surface, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			w.reach[path]++
			p, _ := oauth.PrincipalFrom(r.Context())
			_ = json.NewEncoder(rw).Encode(p)
		})))
	}
}

// signIn starts a session without the password, which is slow on purpose and another package's matter.
func (w *world) signIn(name string) {
	w.Helper()
	now := w.clock.Now()
	rec := identity.SessionRecord{ID: newID(), Account: w.acct[name], CreatedAt: now, SeenAt: now, IP: "192.0.2.1"}
	w.token[name] = "se_" + rec.ID
	must(w.T, w.store.InsertSession(w.Context(), rec, sum(w.token[name])))
}

// visitor is a signed-in person in a browser with its binding.
func (w *world) visitor(name string) oauth.Visitor {
	w.Helper()
	if w.token[name] == "" {
		w.signIn(name)
	}
	session, p, err := w.ids.Session(w.Context(), w.token[name], "")
	must(w.T, err)
	return oauth.Visitor{Session: session, Principal: p, Browser: "br_" + strings.Repeat(name, 43), IP: "192.0.2.1"}
}

// query is the valid request of a client, with changes "name=value" (set), "-name" (drop) or "+name=value" (add once more).
func (w *world) query(c oauth.Client, changes ...string) string {
	q := url.Values{
		"response_type": {"code"}, "client_id": {c.ID}, "redirect_uri": {c.RedirectURIs[0]}, "state": {"s"},
		"code_challenge": {challenge(verifier)}, "code_challenge_method": {"S256"}, "resource": {mcp},
	}
	var raw string
	for _, change := range changes {
		if name, ok := strings.CutPrefix(change, "-"); ok {
			q.Del(name)
			continue
		}
		name, value, _ := strings.Cut(change, "=")
		if plus, ok := strings.CutPrefix(name, "+"); ok {
			raw += "&" + plus + "=" + url.QueryEscape(value)
			continue
		}
		q.Set(name, value)
	}
	return q.Encode() + raw
}

// begin opens the authorization page as a signed-in person.
func (w *world) begin(v oauth.Visitor, query string) (oauth.Begun, error) {
	return w.as.BeginAuthorize(w.Context(), oauth.AuthorizeRequest{RawQuery: query, Browser: v.Browser, IP: v.IP, Session: &v.Session})
}

// approve does the whole walk to the address with the code.
func (w *world) approve(name, query string) *url.URL {
	w.Helper()
	v := w.visitor(name)
	begun, err := w.begin(v, query)
	must(w.T, err)
	page, err := w.as.Show(w.Context(), begun.Pending, v)
	must(w.T, err)
	to, err := w.as.Approve(w.Context(), page.Pending, page.FormToken, nil, v)
	must(w.T, err)
	u, err := url.Parse(to)
	must(w.T, err)
	return u
}

func (w *world) code(c oauth.Client, changes ...string) string {
	w.Helper()
	return w.approve("A", w.query(c, changes...)).Query().Get("code")
}

// answer is a response of an endpoint for programs.
type answer struct {
	*httptest.ResponseRecorder
	body map[string]any
}

func (a answer) str(name string) string { s, _ := a.body[name].(string); return s }

func (w *world) do(method, target, body string, header ...string) answer {
	r := httptest.NewRequest(method, origin+target, strings.NewReader(body))
	r.RemoteAddr = w.from + ":4000"
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, h := range header {
		name, value, _ := strings.Cut(h, ": ")
		switch {
		case name == "From-IP":
			r.RemoteAddr = value + ":4000"
		case name == "Content-Type":
			r.Header.Set(name, value)
		default:
			r.Header.Add(name, value)
		}
	}
	rec := httptest.NewRecorder()
	w.mux.ServeHTTP(rec, r)
	out := answer{ResponseRecorder: rec}
	_ = json.Unmarshal(rec.Body.Bytes(), &out.body)
	return out
}

// post sends fields "name=value" to an endpoint; fields may repeat.
func (w *world) post(path string, fields ...string) answer {
	return w.do("POST", path, encode(fields...))
}

func encode(fields ...string) string {
	var parts []string
	for _, f := range fields {
		name, value, _ := strings.Cut(f, "=")
		parts = append(parts, name+"="+url.QueryEscape(value))
	}
	return strings.Join(parts, "&")
}

func (w *world) exchange(c oauth.Client, code string, more ...string) answer {
	return w.post(oauth.PathToken, append([]string{"grant_type=authorization_code", "client_id=" + c.ID, "code=" + code, "code_verifier=" + verifier}, more...)...)
}

func (w *world) refresh(c oauth.Client, token string, more ...string) answer {
	return w.post(oauth.PathToken, append([]string{"grant_type=refresh_token", "client_id=" + c.ID, "refresh_token=" + token}, more...)...)
}

// connect gives a fresh pair for C1 and A.
func (w *world) connect(changes ...string) (access, refresh string) {
	w.Helper()
	got := w.exchange(w.c1, w.code(w.c1, changes...))
	w.ok(got)
	return got.str("access_token"), got.str("refresh_token")
}

// works asks the MCP server with a token; whatever is wrong with it, the answer is the same.
func (w *world) works(token string) bool {
	w.Helper()
	got := w.do("POST", oauth.PathMCP, "", "Authorization: Bearer "+token)
	if got.Code != 200 {
		w.refused(got, 401, "invalid_token")
	} else if got.str("Person") == "" {
		w.Errorf("the server does not know who it is: %s", got.Body)
	}
	return got.Code == 200
}

func (w *world) ok(a answer) {
	w.Helper()
	if a.Code != 200 {
		w.Fatalf("status %d: %s", a.Code, a.Body)
	}
}

func (w *world) refused(a answer, status int, code string) {
	w.Helper()
	if a.Code != status || a.str("error") != code {
		w.Errorf("got %d %s, want %d %q", a.Code, strings.TrimSpace(a.Body.String()), status, code)
	}
	if a.str("access_token") != "" {
		w.Error("a refusal carries a token")
	}
}

// page400 checks that the request ends on our own page, with nothing stored.
func (w *world) page400(query string) {
	w.Helper()
	_, err := w.begin(w.visitor("A"), query)
	var page *oauth.PageError
	if !errors.As(err, &page) || page.Status != 400 {
		w.Errorf("%s: got %v, want a page with status 400", short(query), err)
	}
}

// redirected checks that the client is told this error, with state and iss.
func (w *world) redirected(query, code string) {
	w.Helper()
	_, err := w.begin(w.visitor("A"), query)
	var to *oauth.RedirectError
	if !errors.As(err, &to) {
		w.Errorf("%s: got %v, want a redirect with %s", short(query), err, code)
		return
	}
	u, perr := url.Parse(to.URL)
	must(w.T, perr)
	q := u.Query()
	if q.Get("error") != code || q.Get("iss") != origin || q.Get("code") != "" || u.Fragment != "" || !strings.HasPrefix(to.URL, callback+"?") {
		w.Errorf("%s: got %s, want %s", short(query), to.URL, code)
	}
	if want, _ := url.ParseQuery(query); want.Get("state") != q.Get("state") {
		w.Errorf("state %q came back as %q", want.Get("state"), q.Get("state"))
	}
}

func (w *world) connections(name string) []oauth.Connection {
	w.Helper()
	tenant := w.tenant["T1"]
	if name == "B" {
		tenant = w.tenant["T2"]
	}
	list, err := w.as.PersonConnections(w.Context(), tenant, w.user[name])
	must(w.T, err)
	return list
}

func (w *world) audited(act string) int {
	w.Helper()
	list, err := w.store.TenantAudit(w.Context(), w.tenant["T1"], act, 1000)
	must(w.T, err)
	n := 0
	for _, e := range list {
		if e.Act == act {
			n++
		}
	}
	return n
}

// setUser changes one property of a User record.
func (w *world) setUser(name, property string, value any) {
	w.Helper()
	users, _ := w.reg.Model("User")
	p, _ := users.Property(property)
	must(w.T, w.store.Update(w.Context(), w.tenant["T1"], users, w.user[name], map[*model.Property]any{p: value}))
}

func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func short(s string) string {
	if len(s) > 200 {
		return s[:200] + "…"
	}
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func together(n int, f func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() { <-start; f(i) })
	}
	close(start)
	wg.Wait()
}

func sum(token string) string {
	h := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(h[:])
}

// family is the name of a token's family, which a code and an access token say and a refresh token is hashed to.
func family(token string) string {
	if strings.HasPrefix(token, "rt_") {
		return sum(token[:46])
	}
	return token[3:46]
}

// tokens gives the authorization and what is stored of its tokens, by one of them.
func (w *world) tokens(token string) (oauth.AuthorizationRecord, oauth.Tokens) {
	w.Helper()
	a, tokens, err := w.store.TokensByFamily(w.Context(), family(token))
	must(w.T, err)
	return a, tokens
}

// addUser makes a person's account a member of one more tenant.
func (w *world) addUser(tenant, name, role string) {
	w.Helper()
	users, _ := w.reg.Model("User")
	values := map[*model.Property]any{}
	for prop, v := range map[string]any{"email": w.acct[name].Email, "firstName": name, "lastName": "Person", "createdAt": w.clock.Now(), "updatedAt": w.clock.Now()} {
		p, _ := users.Property(prop)
		values[p] = v
	}
	id := newID()
	must(w.T, w.store.Insert(w.Context(), w.tenant[tenant], users, id, values))
	must(w.T, w.ids.AddMember(w.Context(), w.operator(tenant), w.tenant[tenant], id, w.acct[name].ID, []string{role}))
}
