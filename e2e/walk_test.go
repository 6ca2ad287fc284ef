package e2e

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/oauth"
	"mandorla/internal/record"
	"mandorla/internal/testkit"
)

type walkModel struct {
	name  string
	props []string
}

// What the walk looks at: two properties of companies and two of what hangs off them.
var (
	walkModels    = []walkModel{{"Company", []string{"phase", "city"}}, {"End User", []string{"position", "phone"}}}
	walkActions   = []string{"view", "update"}
	walkCountries = []string{"SE", "DE"}
)

const walkPassword = "a walk that nobody takes alone"

// TestPermissionsWalk goes at random through everything that changes what somebody reaches (authorize, reduce, widen, move an owner, change
// a team, a role, a person, a client, revoke) and compares after each step every read of everybody, directly and through each connection,
// with the reference. MANDORLA_PROVE=1 walks for longer.
func TestPermissionsWalk(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine string) { walk(t, engine, "20", "20") })
}

// TestProvePermissionsWalk is the long form.
func TestProvePermissionsWalk(t *testing.T) {
	if os.Getenv("MANDORLA_PROVE") == "" {
		t.Skip("the long form of TestPermissionsWalk; MANDORLA_PROVE=1 runs it")
	}
	testkit.Engines(t, func(t *testing.T, engine string) { walk(t, engine, "100", "40") })
}

func walk(t *testing.T, engine, checks, steps string) {
	for name, value := range map[string]string{"rapid.checks": checks, "rapid.steps": steps} {
		if f := flag.Lookup(name); f.Value.String() == f.DefValue {
			if err := f.Value.Set(value); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = f.Value.Set(f.DefValue) }()
		}
	}
	s := testkit.Start(t, engine)
	rapid.Check(t, func(rt *rapid.T) { newWalker(rt, s).walk() })
}

// walker holds one tenant and its reference.
type walker struct {
	*rapid.T
	ctx    context.Context
	s      *testkit.Server
	admin  access.Principal
	tenant string
	ref    reference

	roles     []access.Role
	people    []string // User ids
	emails    []string
	teams     []string
	companies []string
	contacts  []string // one End User of each company
	client    oauth.Client
	secret    string
	alive     []*walkConnection
}

type walkConnection struct {
	refConnection
	id, token string
}

func newWalker(t *rapid.T, s *testkit.Server) *walker {
	w := &walker{T: t, ctx: context.Background(), s: s, tenant: s.NewID()}
	w.must(s.Store.CreateTenant(w.ctx, w.tenant, "Walk", "w"+w.tenant))
	w.admin = access.Operator(w.tenant, s.Schema.Base(), 0)
	defaults, err := s.Identity.CreateDefaultRoles(w.ctx, w.admin, s.Schema.Base(), w.tenant)
	w.must(err)
	for i := range 2 {
		w.teams = append(w.teams, w.create("Team", map[string]any{"name": fmt.Sprint("team ", i)}))
		w.ref.roles = append(w.ref.roles, refRole{grants: everyGrant(), portfolio: "full", country: "SE", connects: true})
		w.roles = append(w.roles, w.saved(access.Role{Tenant: w.tenant, Name: fmt.Sprint("role ", i)}, w.ref.roles[i]))
	}
	for i := range 4 { // the last one is the administrator
		email := fmt.Sprintf("p%d-%s@walk.example", i, w.tenant)
		user := w.create("User", map[string]any{"email": email, "firstName": "P", "lastName": strconv.Itoa(i)})
		account, err := s.Identity.CreateAccount(w.ctx, identity.NewAccount{Email: email, Password: walkPassword, Operator: true})
		w.must(err)
		role := defaults[identity.Administrator].ID
		if i < 3 {
			role = w.roles[0].ID
			w.ref.people = append(w.ref.people, refPerson{roles: []int{0}})
			w.people, w.emails = append(w.people, user), append(w.emails, email)
		}
		w.must(s.Identity.AddMember(w.ctx, w.admin, w.tenant, user, account.ID, []string{role}))
	}
	for i := range 4 {
		c := w.create("Company", map[string]any{"name": fmt.Sprint("company ", i), "phase": "p", "city": "c", "country": walkCountries[i%2]})
		w.ref.companies = append(w.ref.companies, refCompany{owner: -1, coOwner: -1, country: i % 2})
		w.companies = append(w.companies, c)
		w.contacts = append(w.contacts, w.create("End User", map[string]any{
			"companyId": c, "email": fmt.Sprintf("e%d@walk.example", i), "position": "p", "phone": "+46 1",
		}))
	}
	w.ref.client = everyGrant()
	w.client, w.secret, err = s.OAuth.CreateClient(w.ctx, w.admin, oauth.ClientInput{
		Name: "Walk", Kind: oauth.Confidential, RedirectURIs: []string{testkit.Callback}, Set: w.set(w.ref.client),
	})
	w.must(err)
	return w
}

func (w *walker) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *walker) create(modelName string, values map[string]any) string {
	w.Helper()
	res, err := w.s.Gate.Create(w.ctx, w.admin, record.Write{Model: modelName, Values: values})
	w.must(err)
	return res.ID
}

func (w *walker) write(modelName, id string, values map[string]any) {
	w.Helper()
	_, err := w.s.Gate.Update(w.ctx, w.admin, record.Write{Model: modelName, ID: id, Values: values})
	w.must(err)
}

func everyGrant() grants {
	out := grants{}
	for _, m := range walkModels {
		for _, act := range walkActions {
			out[m.name+" "+act] = true
			for _, p := range m.props {
				out[m.name+"."+p+" "+act] = true
			}
		}
	}
	return out
}

// drawGrants draws a permission set. Each key is on more often than not, so that something is left of an overlap.
func (w *walker) drawGrants() grants {
	out := grants{}
	for _, key := range slices.Sorted(maps.Keys(everyGrant())) {
		if rapid.IntRange(0, 3).Draw(w.T, key) > 0 {
			out[key] = true
		}
	}
	return both(out, out)
}

// set turns grants into the product's form.
func (w *walker) set(g grants) access.Set {
	out := access.Set{}
	for _, m := range walkModels {
		mod, _ := w.s.Schema.Base().Model(m.name)
		var p access.ModelPermission
		lists := map[string][]string{}
		for _, act := range walkActions {
			if a, _ := access.ParseAction(act); g[m.name+" "+act] {
				p.Actions |= a
			}
			for _, name := range m.props {
				if prop, _ := mod.Property(name); g[m.name+"."+name+" "+act] {
					lists[act] = append(lists[act], prop.ID)
				}
			}
		}
		p.View, p.Update = access.Only(lists["view"]...), access.Only(lists["update"]...)
		if len(lists["view"]) == len(m.props) {
			p.View = access.AllProperties
		}
		out[m.name] = p
	}
	return out
}

func (w *walker) saved(r access.Role, ref refRole) access.Role {
	r.Set, r.Portfolio, r.Switches = w.set(ref.grants), access.Portfolio{Kind: access.PortfolioKind(ref.portfolio)}, 0
	if ref.portfolio == "filter" {
		r.Portfolio.Filter = `{"country":"` + ref.country + `"}`
	}
	if ref.connects {
		r.Switches = access.SwitchConnect
	}
	out, err := w.s.Identity.SaveRole(w.ctx, w.admin, r)
	w.must(err)
	return out
}

func (w *walker) walk() {
	for range w.people { // begin somewhere in the middle
		w.moveOwner()
		w.moveOwner()
		w.changeTeams()
		w.assignRoles()
	}
	w.changeRole()
	w.changeRole()
	w.Repeat(map[string]func(*rapid.T){
		"authorize":      w.step(w.authorize),
		"change role":    w.step(w.changeRole),
		"change client":  w.step(w.changeClient),
		"disable client": w.step(w.disableClient),
		"revoke":         w.step(w.revoke),
		"move owner":     w.step(w.moveOwner),
		"change teams":   w.step(w.changeTeams),
		"assign roles":   w.step(w.assignRoles),
		"shut out":       w.step(w.shutOut),
		"":               w.step(w.compare),
	})
}

// step makes the walker draw from the step's own source.
func (w *walker) step(do func()) func(*rapid.T) {
	return func(t *rapid.T) {
		outer := w.T
		w.T = t
		defer func() { w.T = outer }()
		do()
	}
}

func (w *walker) person() int { return rapid.IntRange(0, len(w.people)-1).Draw(w.T, "person") }

func (w *walker) authorize() {
	i := w.person()
	if w.ref.people[i].inactive || w.ref.disabled || len(w.alive) == 4 {
		w.Skip()
	}
	accepted := w.ref.offer(i)
	tokens, err := testkit.Authorize(w.ctx, w.s.App, w.s.URL, w.client.ID, w.secret, w.emails[i], walkPassword)
	if (err == nil) != (len(accepted) > 0) {
		w.Fatalf("authorize with %v on offer: %v", accepted, err)
	}
	if err != nil {
		return
	}
	p, err := w.s.OAuth.Authenticate(w.ctx, tokens.Access, oauth.MCP, access.SurfaceMCP)
	w.must(err)
	w.alive = append(w.alive, &walkConnection{refConnection: refConnection{person: i, accepted: accepted}, id: p.Authorization, token: tokens.Access})
}

func (w *walker) changeRole() {
	i := rapid.IntRange(0, len(w.roles)-1).Draw(w.T, "role")
	w.ref.roles[i] = refRole{
		grants: w.drawGrants(), portfolio: rapid.SampledFrom([]string{"mine", "team", "team", "filter", "full"}).Draw(w.T, "portfolio"),
		country: rapid.SampledFrom(walkCountries).Draw(w.T, "country"), connects: rapid.IntRange(0, 4).Draw(w.T, "connects") > 0,
	}
	w.roles[i] = w.saved(w.roles[i], w.ref.roles[i])
}

func (w *walker) changeClient() {
	w.ref.client = w.drawGrants()
	w.saveClient()
}

func (w *walker) disableClient() {
	w.ref.disabled = !w.ref.disabled
	w.alive = nil
	w.saveClient()
}

func (w *walker) saveClient() {
	var err error
	w.client, err = w.s.OAuth.UpdateClient(w.ctx, w.admin, w.client.ID, w.client.Version, oauth.ClientInput{
		Name: w.client.Name, Kind: w.client.Kind, RedirectURIs: w.client.RedirectURIs, Set: w.set(w.ref.client), Enabled: !w.ref.disabled,
	})
	w.must(err)
}

func (w *walker) revoke() {
	if len(w.alive) == 0 {
		w.Skip()
	}
	i := rapid.IntRange(0, len(w.alive)-1).Draw(w.T, "connection")
	w.must(w.s.OAuth.EndConnection(w.ctx, w.admin, w.alive[i].id))
	if _, err := w.s.OAuth.Authenticate(w.ctx, w.alive[i].token, oauth.MCP, access.SurfaceMCP); !fault.Is(err, fault.Unauthenticated) {
		w.Fatalf("a revoked connection: %v", err)
	}
	w.alive = slices.Delete(w.alive, i, i+1)
}

func (w *walker) moveOwner() {
	i, to := rapid.IntRange(0, len(w.companies)-1).Draw(w.T, "company"), rapid.IntRange(-1, len(w.people)-1).Draw(w.T, "to")
	field, c := rapid.SampledFrom([]string{"owner", "coOwner"}).Draw(w.T, "field"), &w.ref.companies[i]
	var value any
	if to >= 0 {
		value = w.people[to]
	}
	if field == "owner" {
		c.owner = to
	} else {
		c.coOwner = to
	}
	c.country = rapid.IntRange(0, 1).Draw(w.T, "country")
	w.write("Company", w.companies[i], map[string]any{field: value, "country": walkCountries[c.country]})
}

func (w *walker) changeTeams() {
	i := w.person()
	w.ref.people[i].teams = rapid.SampledFrom([][]int{{0}, {0}, {0, 1}, {1}, nil}).Draw(w.T, "teams")
	ids := []any{}
	for _, team := range w.ref.people[i].teams {
		ids = append(ids, w.teams[team])
	}
	w.write("User", w.people[i], map[string]any{"teams": ids})
}

func (w *walker) assignRoles() {
	i := w.person()
	w.ref.people[i].roles = rapid.SampledFrom([][]int{{0, 1}, {0, 1}, {0, 1}, {0}, {1}, nil}).Draw(w.T, "roles")
	var ids []string
	for _, r := range w.ref.people[i].roles {
		ids = append(ids, w.roles[r].ID)
	}
	w.must(w.s.Identity.AssignRoles(w.ctx, w.admin, w.tenant, w.people[i], ids))
}

func (w *walker) shutOut() {
	i := w.person()
	w.ref.people[i].inactive = !w.ref.people[i].inactive
	w.write("User", w.people[i], map[string]any{"inactive": w.ref.people[i].inactive})
}

// compare asks everybody's questions, directly and through every connection.
func (w *walker) compare() {
	for i, user := range w.people {
		p, err := w.s.Identity.PrincipalFor(w.ctx, w.tenant, user, access.SurfaceWeb)
		if w.ref.people[i].inactive {
			if !fault.Is(err, fault.NotFound) {
				w.Fatalf("person %d is shut out: %v", i, err)
			}
			continue
		}
		w.must(err)
		w.comparePrincipal(fmt.Sprint("person ", i), p, i, nil)
	}
	for n, c := range w.alive {
		p, err := w.s.OAuth.Authenticate(w.ctx, c.token, oauth.MCP, access.SurfaceMCP)
		if w.ref.people[c.person].inactive {
			if !fault.Is(err, fault.Unauthenticated) {
				w.Fatalf("connection %d of somebody shut out: %v", n, err)
			}
			continue
		}
		w.must(err)
		w.comparePrincipal(fmt.Sprintf("connection %d of person %d", n, c.person), p, c.person, &c.refConnection)
	}
}

func (w *walker) comparePrincipal(who string, p access.Principal, person int, via *refConnection) {
	for _, m := range walkModels {
		var want []string
		for i := range w.companies {
			if w.ref.allows(person, via, i, m.name+" view") {
				line := strconv.Itoa(i)
				for _, prop := range m.props {
					if w.ref.allows(person, via, i, m.name+" view", m.name+"."+prop+" view") {
						line += " " + prop
					}
				}
				want = append(want, line)
			}
		}
		if got := w.read(p, m); !slices.Equal(got, want) {
			w.Fatalf("%s reads of %s\n got  %q\n want %q\n%+v", who, m.name, got, want, w.ref)
		}
		w.compareWrite(who, p, person, via, m)
	}
}

// read gives, for each company in order, which properties of its record are read.
func (w *walker) read(p access.Principal, m walkModel) (out []string) {
	page, err := w.s.Gate.List(w.ctx, p, record.ListRequest{Model: m.name, Select: []string{"*"}})
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	w.must(err)
	ids := w.companies
	if m.name != "Company" {
		ids = w.contacts
	}
	for i, id := range ids {
		for _, row := range page.Rows {
			if row.ID != id {
				continue
			}
			line := strconv.Itoa(i)
			for _, prop := range m.props {
				at := slices.IndexFunc(page.Columns, func(c record.Column) bool { return c.Name == prop })
				if at >= 0 && row.Values[at] != nil {
					line += " " + prop
				}
			}
			out = append(out, line)
		}
	}
	if len(out) != len(page.Rows) {
		w.Fatalf("%d rows, of which %d are known", len(page.Rows), len(out))
	}
	return out
}

// compareWrite tries one write without doing it.
func (w *walker) compareWrite(who string, p access.Principal, person int, via *refConnection, m walkModel) {
	i := rapid.IntRange(0, len(w.companies)-1).Draw(w.T, "row")
	prop := rapid.SampledFrom(m.props).Draw(w.T, "property")
	id := w.companies[i]
	if m.name != "Company" {
		id = w.contacts[i]
	}
	view, update, key := m.name+" view", m.name+" update", m.name+"."+prop
	want := w.ref.allows(person, via, i, view, key+" view") && w.ref.allows(person, via, i, view, update, key+" update")
	_, err := w.s.Gate.Update(w.ctx, p, record.Write{Model: m.name, ID: id, Values: map[string]any{prop: "other"}, DryRun: true})
	if (err == nil) != want || err != nil && !fault.Is(err, fault.Forbidden) && !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Invalid) {
		w.Fatalf("%s updates %s of %s %d: %v, want %v", who, prop, m.name, i, err, want)
	}
}
