package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"mandorla/internal/access"
	"mandorla/internal/identity"
	"mandorla/internal/model"
	"mandorla/internal/oauth"
	"mandorla/internal/record"
	"mandorla/internal/testkit"
)

const leakPassword = "nothing to see here at all"

// leakWorld is a tenant with three records of each model, and one person who asks: in the pages, and through a connection.
type leakWorld struct {
	t        *testing.T
	s        *testkit.Server
	h        http.Handler
	reg      *model.Registry
	tenant   string
	email    string
	user     string
	operator access.Principal
	role     access.Role
	client   oauth.Client
	secret   string
	token    string // of the connection
	cookie   string
	ids      map[string][]string
	asked    int
	stride   int // every how manieth property has its own questions asked
}

func newLeakWorld(t *testing.T, engine string) *leakWorld {
	return newLeakWorldIn(t, testkit.Start(t, engine), "peep")
}

func newLeakWorldIn(t *testing.T, s *testkit.Server, name string) *leakWorld {
	t.Helper()
	h, err := s.Handler()
	w := &leakWorld{t: t, s: s, h: h, reg: s.Schema.Base(), tenant: s.NewID(), email: name + "@leak.example", ids: map[string][]string{}, stride: 1}
	w.must(err)
	ctx := t.Context()
	w.must(s.Store.CreateTenant(ctx, w.tenant, "Leak "+name, "leak-"+name))
	w.operator = access.Operator(w.tenant, w.reg, 0)
	_, err = s.Identity.CreateDefaultRoles(ctx, w.operator, w.reg, w.tenant)
	w.must(err)
	w.role, err = s.Identity.SaveRole(ctx, w.operator, access.Role{Tenant: w.tenant, Name: "Peep", Portfolio: access.FullAccess, Set: access.Full(w.reg), Switches: access.AllSwitches})
	w.must(err)
	res, err := s.Gate.Create(ctx, w.operator, record.Write{Model: "User", Values: map[string]any{"email": w.email, "firstName": "Peep", "lastName": "Ing"}})
	w.must(err)
	w.user = res.ID
	account, err := s.Identity.CreateAccount(ctx, identity.NewAccount{Email: w.email, Password: leakPassword, Operator: true})
	w.must(err)
	w.must(s.Identity.AddMember(ctx, w.operator, w.tenant, w.user, account.ID, []string{w.role.ID}))
	w.records()
	w.client, w.secret, err = s.OAuth.CreateClient(ctx, w.operator, oauth.ClientInput{
		Name: "Leak", Kind: oauth.Confidential, RedirectURIs: []string{testkit.Callback}, Set: access.Full(w.reg),
	})
	w.must(err)
	w.connect()
	session, err := s.Identity.SignIn(ctx, w.email, leakPassword, identity.From{IP: "127.0.0.1"})
	w.must(err)
	u, err := url.Parse(s.URL)
	w.must(err)
	w.cookie = "mandorla-sid-" + u.Port() + "=" + session
	return w
}

func (w *leakWorld) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// records stores three records of each model with every stored property set, straight into the store.
func (w *leakWorld) records() {
	for _, m := range w.reg.Models() {
		for range 3 {
			w.ids[m.Name] = append(w.ids[m.Name], w.s.NewID())
		}
	}
	w.must(w.s.Store.InTx(w.t.Context(), func(ctx context.Context) error {
		for _, m := range w.reg.Models() {
			for i, id := range w.ids[m.Name] {
				values := map[*model.Property]any{}
				for _, p := range m.Props() {
					if p.Name != "_id" && !p.Computed() {
						values[p] = w.sample(p, i, 0)
					}
				}
				if err := w.s.Store.Insert(ctx, w.tenant, m, id, values); err != nil {
					return err
				}
			}
		}
		return nil
	}))
}

// sample is a value of a property on record i, in one of two variants that differ on every record.
func (w *leakWorld) sample(p *model.Property, i, variant int) any {
	n := 2*i + variant
	var raw any
	switch {
	case p.Name == "createdAt" || p.Name == "updatedAt":
		raw = "2026-11-01T00:00:00Z"
	case p.To != "":
		raw = w.ids[p.To][(i+variant)%3]
		if p.To == "User" && i == 0 && p.Name == "owner" {
			raw = []string{w.user, w.ids["User"][1]}[variant]
		}
		if p.IsRefs() {
			raw = []any{raw}
		}
	case p.Kind == model.Email:
		raw = fmt.Sprintf("x%d@%s.example", n, strings.ToLower(p.Name))
	case p.Kind == model.Bool:
		raw = (i+variant)%2 == 0
	case p.Kind == model.Enum:
		raw = p.Options[(i+variant)%len(p.Options)]
	case p.Kind == model.Date || p.Kind == model.DateTime:
		raw = fmt.Sprintf("2026-0%d-15", 1+n)
	case p.Kind == model.Tags:
		raw = []any{fmt.Sprintf("tag%d", n)}
	case p.Kind == model.JSON:
		raw = map[string]any{"n": n}
	case p.Kind == model.URL:
		raw = fmt.Sprintf("https://w%d.example", n)
	case p.Kind.Storage() == model.StoreNumber || p.Kind.Storage() == model.StoreInteger:
		raw = 100 - 10*n
	default:
		raw = fmt.Sprintf("%c%s word%d", 'z'-rune(n), p.Name, n)
	}
	v, err := p.Kind.Parse(p, raw)
	w.must(err)
	return v
}

// text is a sample as a caller would write it in a filter.
func (w *leakWorld) text(p *model.Property, i, variant int) any {
	var v any
	w.must(json.Unmarshal(p.Kind.AppendJSON(nil, w.sample(p, i, variant)), &v))
	if list, ok := v.([]any); ok {
		return list[0]
	}
	return v
}

// write gives every record another variant of these properties: through the gate, so that the history knows, and straight into the store
// where nobody may write. The clock stands still, so nothing else changes.
func (w *leakWorld) write(m *model.Model, properties []*model.Property, variant int) {
	for i, id := range w.ids[m.Name] {
		stored, written := map[*model.Property]any{}, map[string]any{}
		for _, p := range properties {
			switch {
			case p.Unique || m.Name == "User" && p.Name == "inactive":
				stored[p] = w.sample(p, i, variant)
			case p.Writable() && !p.CreateOnly:
				var v any
				w.must(json.Unmarshal(p.Kind.AppendJSON(nil, w.sample(p, i, variant)), &v))
				written[p.Name] = v
			default:
				stored[p] = w.sample(p, i, variant)
			}
		}
		updated, _ := m.Property("updatedAt")
		stored[updated] = w.s.Clock.Now()
		w.must(w.s.Store.Update(w.t.Context(), w.tenant, m, id, stored))
		if len(written) > 0 {
			_, err := w.s.Gate.Update(w.t.Context(), w.operator, record.Write{Model: m.Name, ID: id, Values: written})
			w.must(err)
		}
	}
}

func (w *leakWorld) saveRole(set access.Set, portfolio access.Portfolio) {
	w.role.Set, w.role.Portfolio = set, portfolio
	var err error
	w.role, err = w.s.Identity.SaveRole(w.t.Context(), w.operator, w.role)
	w.must(err)
}

func (w *leakWorld) saveClient(set access.Set) {
	var err error
	w.client, err = w.s.OAuth.UpdateClient(w.t.Context(), w.operator, w.client.ID, w.client.Version, oauth.ClientInput{
		Name: w.client.Name, Kind: w.client.Kind, RedirectURIs: w.client.RedirectURIs, Set: set, Enabled: true,
	})
	w.must(err)
}

func (w *leakWorld) hideByRole(set access.Set) {
	w.saveRole(set, access.FullAccess)
}

func (w *leakWorld) hideByPortfolio() {
	w.saveRole(access.Full(w.reg), access.MyPortfolio)
}

func (w *leakWorld) hideByClient(set access.Set) {
	w.saveClient(set)
}

func (w *leakWorld) hideByAuthorization(set access.Set) {
	p, err := w.s.OAuth.Authenticate(w.t.Context(), w.token, oauth.MCP, access.SurfaceMCP)
	w.must(err)
	w.must(w.s.OAuth.NarrowConnection(w.t.Context(), w.operator, p.Authorization, set))
}

// reset shows everything again.
func (w *leakWorld) reset() {
	w.saveRole(access.Full(w.reg), access.FullAccess)
	w.saveClient(access.Full(w.reg))
	w.connect()
}

// connect authorizes the client anew where the connection no longer reaches everything.
func (w *leakWorld) connect() {
	if w.token != "" {
		p, err := w.s.OAuth.Authenticate(w.t.Context(), w.token, oauth.MCP, access.SurfaceMCP)
		if err == nil && access.Union(p.Lanes).Covers(access.Full(w.reg)) {
			return
		}
	}
	tokens, err := testkit.Authorize(w.t.Context(), w.s.App, w.s.URL, w.client.ID, w.secret, w.email, leakPassword)
	w.must(err)
	w.token = tokens.Access
}

func (w *leakWorld) principal() access.Principal {
	p, err := w.s.Identity.PrincipalFor(w.t.Context(), w.tenant, w.user, access.SurfaceWeb)
	w.must(err)
	return p
}

func (w *leakWorld) removed(m *model.Model) string {
	id := w.s.NewID()
	values := map[*model.Property]any{}
	for _, p := range m.Props() {
		if p.Name != "_id" && !p.Computed() && !p.Unique {
			values[p] = w.sample(p, 0, 0)
		}
	}
	w.must(w.s.Store.Insert(w.t.Context(), w.tenant, m, id, values))
	w.must(w.s.Store.Delete(w.t.Context(), w.tenant, m, id))
	return id
}

var (
	suggestion    = regexp.MustCompile(` Did you mean \\*"[^"]*"\?| Did you mean &#34;[^&]*&#34;\?`)
	mainPart      = regexp.MustCompile(`(?s)<main.*</main>`)
	pageReference = regexp.MustCompile(`Reference <code>[A-Z0-9]+</code>`)
)

// do asks the product in process.
func (w *leakWorld) do(r *http.Request) string {
	r.RemoteAddr = "127.0.0.1:9"
	rec := httptest.NewRecorder()
	w.h.ServeHTTP(rec, r)
	if rec.Code >= http.StatusInternalServerError {
		w.t.Errorf("%s: %d %s", r.URL, rec.Code, rec.Body)
	}
	body := rec.Body.String()
	if main := mainPart.FindString(body); main != "" {
		body = pageReference.ReplaceAllString(main, "")
	}
	return fmt.Sprint(rec.Code, " ", rec.Header().Get("Location"), " ", body)
}

// get opens a page as the person.
func (w *leakWorld) get(path string) string {
	r := httptest.NewRequest(http.MethodGet, w.s.URL+path, nil)
	r.Header.Set("Cookie", w.cookie)
	return w.do(r)
}

// rpc sends one request through the connection.
func (w *leakWorld) rpc(method string, params map[string]any) string {
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
	w.must(err)
	r := httptest.NewRequest(http.MethodPost, w.s.URL+"/v1/mcp", strings.NewReader(string(body)))
	for name, value := range map[string]string{
		"Authorization": "Bearer " + w.token, "Content-Type": "application/json", "Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-11-25",
	} {
		r.Header.Set(name, value)
	}
	return w.do(r)
}

func (w *leakWorld) call(tool string, arguments map[string]any) string {
	return w.rpc("tools/call", map[string]any{"name": tool, "arguments": arguments})
}
