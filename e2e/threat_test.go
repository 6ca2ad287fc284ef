package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/model"
	"mandorla/internal/oauth"
	"mandorla/internal/query"
	"mandorla/internal/record"
	"mandorla/internal/testkit"
	"mandorla/internal/transfer"
)

// threatRows are the rows of docs/threats.md about permissions, tenants and files that are tried here: w is the person's tenant, there
// is somebody else's on the same server.
var threatRows = map[string]func(w, there *leakWorld){
	"213-scope-beyond-role":        scopeBeyondRole,
	"214-role-downgrade":           roleDowngrade,
	"215-shut-out":                 shutOut,
	"218-id-in-secondary-place":    secondaryIDs,
	"221-cursor-of-another-tenant": foreignCursor,
	"222-search-across-tenants":    foreignSearch,
	"223-unique-across-tenants":    foreignUnique,
	"225-authorization-for-tenant": tenantOfAuthorization,
	"226-two-people-one-client":    twoPeople,
	"227-administrator-sees-no-token": func(w, _ *leakWorld) {
		list, err := w.s.OAuth.ClientConnections(w.t.Context(), w.tenant, w.client.ID)
		w.must(err)
		if text := fmt.Sprintf("%+v", list); len(list) != 1 || strings.Contains(text, w.token) || strings.Contains(text, "at_") || strings.Contains(text, "rt_") {
			w.t.Errorf("connections %s", text)
		}
	},
	"233-relation-path":            relationPath,
	"238-error-text":               errorText,
	"240-mass-assignment":          massAssignment,
	"243-hidden-goes-the-same-way": sameWay,
	"253-formulas-and-markup":      formulasAndMarkup,
}

func TestMatrix(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine string) {
		s := testkit.Start(t, engine)
		there := newLeakWorldIn(t, s, "there")
		for name, run := range threatRows {
			t.Run(name, func(t *testing.T) {
				there.t = t
				run(newLeakWorldIn(t, s, "w"+name[:3]), there)
			})
		}
	})
}

func (w *leakWorld) refused(what, answer string, contains ...string) {
	w.t.Helper()
	for _, want := range contains {
		if !strings.Contains(answer, want) {
			w.t.Errorf("%s: no %q in %.300s", what, want, answer)
		}
	}
}

func scopeBeyondRole(w, _ *leakWorld) {
	w.saveRole(access.Of(w.reg, access.View), access.FullAccess)
	for name, arguments := range map[string]map[string]any{
		"create_record": {"model": "Company", "values": map[string]any{"name": "x"}},
		"update_record": {"model": "Company", "id": w.ids["Company"][0], "values": map[string]any{"name": "x"}},
		"delete_record": {"model": "Company", "id": w.ids["Company"][0]},
	} {
		w.refused(name, w.call(name, arguments), `"isError":true`, "You may not", "the role")
	}
	if tools := w.rpc("tools/list", nil); strings.Contains(tools, "update_record") || !strings.Contains(tools, "list_records") {
		w.t.Errorf("tools %.300s", tools)
	}
}

func roleDowngrade(w, there *leakWorld) {
	ask := func() string {
		return w.call("update_record", map[string]any{"model": "Company", "id": w.ids["Company"][0], "values": map[string]any{"phase": "x"}})
	}
	w.refused("before", ask(), "200", `"phase`)
	scopeBeyondRole(w, there)
	w.refused("after", ask(), `"isError":true`, "You may not")
}

func shutOut(w, _ *leakWorld) {
	list := func() string { return w.call("list_records", map[string]any{"model": "Company"}) }
	w.refused("before", list(), "200")
	set := func(inactive bool) {
		_, err := w.s.Gate.Update(w.t.Context(), w.operator, record.Write{Model: "User", ID: w.user, Values: map[string]any{"inactive": inactive}})
		w.must(err)
	}
	set(true)
	w.refused("inactive", list(), "401")
	w.refused("inactive, in the pages", w.get("/data/companies"), "404")
	set(false)
	w.refused("active again", list(), "200")
	w.must(w.s.Identity.AssignRoles(w.t.Context(), w.operator, w.tenant, w.user, nil))
	w.refused("without a role", list(), "Unknown tool")
	w.must(w.s.Identity.AssignRoles(w.t.Context(), w.operator, w.tenant, w.user, []string{w.role.ID}))
	w.must(w.s.Identity.RemoveMember(w.t.Context(), w.operator, w.tenant, w.user))
	w.refused("no member any more", list(), "401")
}

func secondaryIDs(w, there *leakWorld) {
	w.hideByPortfolio()
	nobody := strings.Repeat("a", 24)
	foreign := map[string]map[string]string{
		"Company": {"another's": w.ids["Company"][2], "another tenant's": there.ids["Company"][0]}, "User": {"another tenant's": there.ids["User"][1]},
	}
	for place, ask := range map[string]func(id string) string{
		"Company parent at creation": func(id string) string {
			return w.call("create_record", map[string]any{"model": "End User", "values": map[string]any{"email": "a@b.example", "companyId": id}})
		},
		"Company parent at update": func(id string) string {
			return w.call("update_record", map[string]any{"model": "End User", "id": w.ids["End User"][0], "values": map[string]any{"companyId": id}})
		},
		"User owner": func(id string) string {
			return w.call("update_record", map[string]any{"model": "Company", "id": w.ids["Company"][0], "values": map[string]any{"coOwner": id}})
		},
		"Company key of an import": func(id string) string {
			_, outcome, err := w.s.Gate.Upsert(w.t.Context(), w.principal(), record.Write{Model: "Company", Values: map[string]any{"_id": id, "phase": "x"}})
			return fmt.Sprint(outcome, err)
		},
	} {
		modelName, _, _ := strings.Cut(place, " ")
		want := ask(nobody)
		for whose, id := range foreign[modelName] {
			if got := strings.ReplaceAll(ask(id), id, nobody); got != want {
				w.t.Errorf("%s, %s id:\n%s", place, whose, difference(got, want))
			}
		}
		if strings.Contains(want, `"dry_run"`) {
			w.t.Errorf("%s: nobody's id is taken: %s", place, want)
		}
	}
}

func foreignCursor(w, there *leakWorld) {
	args := map[string]any{"model": "Company", "limit": 1, "sort": []any{"name"}}
	cursor := func(x *leakWorld) string {
		page, err := x.s.Gate.List(x.t.Context(), x.principal(), record.ListRequest{Model: "Company", Limit: 1, Sort: []string{"name"}})
		x.must(err)
		return page.NextCursor
	}
	list := func(p access.Principal, cursor string) error {
		_, err := w.s.Gate.List(w.t.Context(), p, record.ListRequest{Model: "Company", Limit: 1, Sort: []string{"name"}, Cursor: cursor})
		return err
	}
	if err := list(w.principal(), cursor(w)); err != nil {
		w.t.Errorf("the own cursor: %v", err)
	}
	if err := list(w.principal(), cursor(there)); !fault.Is(err, fault.Invalid) {
		w.t.Errorf("another tenant's cursor: %v", err)
	}
	args["cursor"] = cursor(there)
	w.refused("over MCP", w.call("list_records", args), "cursor", `"isError":true`)
}

func foreignSearch(w, there *leakWorld) {
	const word = "quetzalcoatlus"
	_, err := there.s.Gate.Update(there.t.Context(), there.operator, record.Write{Model: "Company", ID: there.ids["Company"][0], Values: map[string]any{"name": word}})
	there.must(err)
	count := func(x *leakWorld) int {
		page, err := x.s.Gate.List(x.t.Context(), x.principal(), record.ListRequest{Model: "Company", Search: word, Total: true})
		x.must(err)
		return page.Total
	}
	if count(w) != 0 || count(there) != 1 {
		w.t.Errorf("%d hits here, %d there", count(w), count(there))
	}
	if text := w.call("list_records", map[string]any{"model": "Company", "search": "quetzalcoatlu"}); strings.Contains(text, word) {
		w.t.Errorf("suggested: %s", text)
	}
}

func foreignUnique(w, there *leakWorld) {
	values := map[string]any{"name": "Twin", "externalId": "twin-1"}
	_, err := there.s.Gate.Create(there.t.Context(), there.operator, record.Write{Model: "Company", Values: values})
	there.must(err)
	if _, err := w.s.Gate.Create(w.t.Context(), w.principal(), record.Write{Model: "Company", Values: values}); err != nil {
		w.t.Errorf("a value that another tenant has: %v", err)
	}
	_, err = w.s.Gate.Create(w.t.Context(), w.principal(), record.Write{Model: "Company", Values: values})
	if msg, _ := fault.Safe(err); !fault.Is(err, fault.Conflict) || strings.Contains(msg, "Twin") {
		w.t.Errorf("a value that the own tenant has: %v", err)
	}
}

func tenantOfAuthorization(w, there *leakWorld) {
	// The person is in both tenants; the connection was authorized for one.
	account, err := w.s.Identity.Member(w.t.Context(), w.tenant, w.user)
	w.must(err)
	res, err := there.s.Gate.Create(w.t.Context(), there.operator, record.Write{Model: "User", Values: map[string]any{"email": w.email, "firstName": "Peep", "lastName": "Ing"}})
	w.must(err)
	w.must(there.s.Identity.AddMember(w.t.Context(), there.operator, there.tenant, res.ID, account.Account.ID, []string{there.role.ID}))
	id := there.ids["Company"][0]
	want := w.call("get_record", map[string]any{"model": "Company", "id": strings.Repeat("a", 24)})
	if got := strings.ReplaceAll(w.call("get_record", map[string]any{"model": "Company", "id": id}), id, strings.Repeat("a", 24)); got != want {
		w.t.Errorf("the connection reads another tenant of the person:\n%s", difference(got, want))
	}
	session, err := w.s.Identity.SignIn(w.t.Context(), w.email, leakPassword, identity.From{IP: "127.0.0.1"})
	w.must(err)
	if _, p, err := w.s.Identity.Session(w.t.Context(), session, there.tenant); err != nil || !p.Can("Company", access.View) {
		w.t.Errorf("control: in the pages: %v", err)
	}
}

func twoPeople(w, _ *leakWorld) {
	ctx := w.t.Context()
	res, err := w.s.Gate.Create(ctx, w.operator, record.Write{Model: "User", Values: map[string]any{"email": "second-" + w.email, "firstName": "Se", "lastName": "Cond"}})
	w.must(err)
	account, err := w.s.Identity.CreateAccount(ctx, identity.NewAccount{Email: "second-" + w.email, Password: leakPassword, Operator: true})
	w.must(err)
	w.must(w.s.Identity.AddMember(ctx, w.operator, w.tenant, res.ID, account.ID, []string{w.role.ID}))
	second, err := testkit.Authorize(ctx, w.s.App, w.s.URL, w.client.ID, w.secret, "second-"+w.email, leakPassword)
	w.must(err)
	p, err := w.s.OAuth.Authenticate(ctx, w.token, oauth.MCP, access.SurfaceMCP)
	w.must(err)
	w.must(w.s.OAuth.EndConnection(ctx, w.operator, p.Authorization))
	w.refused("the one that was ended", w.call("who_am_i", nil), "401")
	if q, err := w.s.OAuth.Authenticate(ctx, second.Access, oauth.MCP, access.SurfaceMCP); err != nil || q.Person != res.ID {
		w.t.Errorf("the other one: %v", err)
	}
}

func relationPath(w, _ *leakWorld) {
	for _, path := range []string{
		"owner.password_hash", "owner.account.password_hash", "companyId.owner.managers.email", "tenant_id", "owner.tenant_id",
		"companyId.orgRootId.orgRootId.orgRootId.orgRootId.name", strings.Repeat("companyId.", 10) + "name",
	} {
		for clause, args := range map[string]map[string]any{
			"select": {"select": []any{path}}, "sort": {"sort": []any{path}}, "filter": {"filter": map[string]any{path: "x"}},
		} {
			args["model"] = "End User"
			w.refused(clause+" "+path, w.call("list_records", args), "no such property", `"isError":true`)
		}
	}
}

func errorText(w, _ *leakWorld) {
	m, _ := w.reg.Model("Company")
	arr, _ := m.Property("arr")
	set := access.Full(w.reg)
	set["Company"] = access.ModelPermission{Actions: access.AllActions, View: others(m, []*model.Property{arr}), Update: access.AllProperties}
	w.hideByRole(set)
	for _, value := range []any{"not a number", map[string]any{}, 1e300, nil} {
		ask := func(name string) string {
			return nameless(w.call("update_record", map[string]any{"model": "Company", "id": w.ids["Company"][0], "values": map[string]any{name: value}}), "arr")
		}
		if got, want := ask("arr"), ask("arrqq"); got != want || !strings.Contains(got, "no such property") {
			w.t.Errorf("%v:\n%s", value, difference(got, want))
		}
	}
}

func massAssignment(w, _ *leakWorld) {
	for name, value := range map[string]any{
		"tenant_id": "x", "_id": strings.Repeat("b", 24), "createdAt": "2020-01-01", "updatedAt": "2020-01-01", "slug": "x", "role": "Administrator", "roles": []any{"x"},
	} {
		for tool, args := range map[string]map[string]any{
			"update_record": {"model": "Company", "id": w.ids["Company"][0]}, "create_record": {"model": "Company"},
		} {
			args["values"] = map[string]any{"name": "x", name: value}
			w.refused(tool+" "+name, w.call(tool, args), `"isError":true`)
		}
	}
	w.refused("a computed one", w.call("update_record", map[string]any{"model": "End User", "id": w.ids["End User"][0], "values": map[string]any{"companyName": "x"}}), `"isError":true`)
}

// counting counts what reaches the store.
type counting struct {
	record.Store
	reads *int
}

func (c counting) Select(ctx context.Context, q query.Select) ([]query.Row, error) {
	*c.reads++
	return c.Store.Select(ctx, q)
}

func (c counting) Count(ctx context.Context, q query.Select) (int, error) {
	*c.reads++
	return c.Store.Count(ctx, q)
}

// sameWay: what is asked about a hidden property never reaches the store, like what is asked about none, so no clock can tell them apart.
func sameWay(w, _ *leakWorld) {
	m, _ := w.reg.Model("Company")
	arr, _ := m.Property("arr")
	set := access.Full(w.reg)
	set["Company"] = access.ModelPermission{Actions: access.View, View: others(m, []*model.Property{arr})}
	w.hideByRole(set)
	reads := 0
	gate := record.New(record.Options{Store: counting{w.s.Store, &reads}, Registries: w.s.Schema, Now: w.s.Clock.Now, NewID: w.s.NewID, CursorKey: make([]byte, 32)})
	for _, name := range []string{"arr", "arrqq", "mrr"} {
		for clause, req := range map[string]record.ListRequest{
			"filter": {Filter: query.Where(name, model.Gte, 1)}, "sort": {Sort: []string{name}}, "select": {Select: []string{name}},
		} {
			req.Model, reads = "Company", 0
			_, err := gate.List(w.t.Context(), w.principal(), req)
			if want := name == "mrr"; (reads > 0) != want || (err == nil) != want {
				w.t.Errorf("%s %s: %d reads, %v", clause, name, reads, err)
			}
		}
	}
}

// formulasAndMarkup: what a file brings in comes out as text, over MCP as it was and in the pages without force.
func formulasAndMarkup(w, _ *leakWorld) {
	const evil = `=cmd|' /C calc'!A0 <img src=x onerror=alert(1)> "><svg onload=1>`
	r, err := transfer.NewReader(strings.NewReader("externalId,name,description\nevil-1,\"" + strings.ReplaceAll(evil, `"`, `""`) + "\",\"" + strings.ReplaceAll(evil, `"`, `""`) + "\"\n"))
	w.must(err)
	as := access.Operator(w.tenant, w.reg, 0)
	sum, err := transfer.Import{Gate: w.s.Gate, As: as, Model: "Company", Mapping: transfer.Mapping{"externalId", "name", "description"}}.Run(w.t.Context(), r)
	if w.must(err); sum.Created != 1 {
		w.t.Fatalf("%+v", sum)
	}
	page, err := w.s.Gate.List(w.t.Context(), as, record.ListRequest{Model: "Company", Filter: query.Where("externalId", model.Eq, "evil-1")})
	w.must(err)
	id := page.Rows[0].ID
	if got := w.call("get_record", map[string]any{"model": "Company", "id": id}); strings.Count(got, `onerror=alert(1)`) < 2 || !strings.Contains(got, `=cmd|' /C calc'!A0`) {
		w.t.Errorf("over MCP: %.600s", got)
	}
	for _, path := range []string{"/data/companies", "/data/companies/" + id, "/data/companies/" + id + "?tab=history"} {
		if got := w.get(path); !strings.Contains(got, "onerror=alert(1)") || strings.Contains(got, "<img src=x") || strings.Contains(got, "<svg onload") {
			w.t.Errorf("%s: the text is not there, or in force", path)
		}
	}
}
