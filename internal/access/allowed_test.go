package access_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"mandorla/internal/access"
	"mandorla/internal/model"
)

// Two roles: one sees all companies by name, the other knows phase on its own ones.
func wideAndDeep(t *testing.T, reg *model.Registry) (access.Decider, *model.Model) {
	t.Helper()
	company := modelNamed(t, reg, "Company")
	p := access.Principal{Person: "carly", Lanes: []access.Lane{
		{Role: "wide", Portfolio: access.FullAccess, Set: access.Set{"Company": showing(t, company, access.View|access.Create, "name")}},
		{Role: "deep", Portfolio: access.MyPortfolio, Set: access.Set{"Company": showing(t, company, access.View|access.Update|access.Remove, "name", "phase")}},
	}}
	return p.Decide(reg), company
}

const mine = "(owner eq [carly] | coOwner eq [carly])"

// Rule 3.2 and 3.4 in one step: the rows on which a question is allowed.
func TestAllowedRows(t *testing.T) {
	d, company := wideAndDeep(t, registry(t))
	for name, c := range map[string]struct {
		a     access.Action
		props []string
		want  string // "" where it is allowed on no row
	}{
		"view":                          {access.View, nil, "all"},
		"view name":                     {access.View, []string{"name"}, "all"},
		"view phase":                    {access.View, []string{"phase"}, "(" + mine + " & " + mine + ")"},
		"view arr":                      {access.View, []string{"arr"}, ""},
		"update":                        {access.Update, nil, mine},
		"update phase":                  {access.Update, []string{"phase"}, "(" + mine + " & " + mine + ")"},
		"update name":                   {access.Update, []string{"name"}, mine},
		"update arr":                    {access.Update, []string{"arr"}, ""},
		"remove":                        {access.Remove, nil, mine},
		"remove does not ask what":      {access.Remove, []string{"phase"}, mine},
		"remove what may not be named":  {access.Remove, []string{"arr"}, mine},
		"create":                        {access.Create, nil, "all"},
		"create with name":              {access.Create, []string{"name"}, "all"},
		"create with phase":             {access.Create, []string{"phase"}, ""},
		"export":                        {access.Export, nil, ""},
		"update what the platform sets": {access.Update, []string{"createdAt"}, ""},
	} {
		rows, ok := d.Allowed(company, c.a, propsNamed(t, company, c.props...))
		if got := words(rows); ok != (c.want != "") || ok && got != c.want || !ok && got != "none" {
			t.Errorf("%s: %s, %v; want %q", name, got, ok, c.want)
		}
	}
}

// A creation is about no row yet, so where the property may be seen does not bound it.
func TestCreationIsNotGuarded(t *testing.T) {
	reg := registry(t)
	company := modelNamed(t, reg, "Company")
	d := access.Principal{Person: "carly", Lanes: []access.Lane{
		{Portfolio: access.FullAccess, Set: access.Set{"Company": showing(t, company, access.Create, "phase")}},
		{Portfolio: access.MyPortfolio, Set: access.Set{"Company": showing(t, company, access.View, "phase")}},
		{Portfolio: access.FullAccess, Set: access.Set{"Company": showing(t, company, access.View, "name")}},
	}}.Decide(reg)
	if rows, ok := d.Allowed(company, access.Create, propsNamed(t, company, "phase")); !ok || words(rows) != "all" {
		t.Errorf("%s, %v", words(rows), ok)
	}
}

// Which roles' portfolios keep an action from other rows.
func TestBounds(t *testing.T) {
	reg := registry(t)
	d, company := wideAndDeep(t, reg)
	for name, c := range map[string]struct {
		a     access.Action
		props []string
		want  []string
	}{
		"view is on every row for one": {access.View, []string{"name"}, []string{"deep"}},
		"create is unbounded":          {access.Create, nil, nil},
		"update":                       {access.Update, []string{"phase"}, []string{"deep"}},
		"nobody may":                   {access.Export, nil, nil},
	} {
		var got []string
		for _, l := range d.Bounds(company, c.a, propsNamed(t, company, c.props...)) {
			got = append(got, l.Role)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	// Changing name is allowed to one role on its rows; another, on other rows, shows what is changed and bounds it as well.
	split := access.Principal{Person: "carly", Teams: []string{"red"}, Lanes: []access.Lane{
		{Role: "writes", Portfolio: access.TeamAccess, Set: access.Set{"Company": {Actions: access.View | access.Update, View: access.AllProperties, Update: access.AllProperties}}},
		{Role: "blind", Portfolio: access.FullAccess, Set: access.Set{"Company": showing(t, company, access.View, "name")}},
		{Role: "shows", Portfolio: access.MyPortfolio, Set: access.Set{"Company": showing(t, company, access.View, "phase")}},
		{Role: "elsewhere", Portfolio: access.MyPortfolio, Set: access.Set{"Task": access.FullModel}},
	}}.Decide(reg)
	for a, want := range map[access.Action][]string{access.Update: {"writes", "shows"}, access.View: {"writes", "shows"}, access.Update | access.View: {"writes"}} {
		var got []string
		for _, l := range split.Bounds(company, a, propsNamed(t, company, "phase")) {
			got = append(got, l.Role)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", a, diff)
		}
	}
	users := modelNamed(t, reg, "User")
	p := access.Principal{Person: "carly", Lanes: []access.Lane{{Role: "r", Portfolio: access.MyPortfolio, Set: access.Set{"User": access.FullModel}}}}
	if got := p.Decide(reg).Bounds(users, access.View, nil); got != nil {
		t.Errorf("users are in no portfolio, yet bounded by %v", got)
	}
}

// Rule 3.5: a request may name what may be seen, and at creation what must be set, or may where nothing of the model is seen.
func TestNames(t *testing.T) {
	reg := registry(t)
	company := modelNamed(t, reg, "Company")
	decide := func(p access.ModelPermission) access.Decider {
		return access.Principal{Person: "carly", Lanes: []access.Lane{{Portfolio: access.FullAccess, Set: access.Set{"Company": p}.Normal()}}}.Decide(reg)
	}
	writesPhase := showing(t, company, access.Create, "phase")
	seesArr := access.ModelPermission{Actions: access.Create | access.View, View: showing(t, company, access.View, "arr").View, Update: writesPhase.Update}
	for name, c := range map[string]struct {
		p    access.ModelPermission
		prop string
		a    access.Action
		want bool
	}{
		"seen":                                      {seesArr, "arr", access.Update, true},
		"not seen":                                  {seesArr, "phase", access.Update, false},
		"creation, may be set, others are seen":     {seesArr, "phase", access.Create, false},
		"creation, required":                        {seesArr, "name", access.Create, true},
		"creation, nothing is seen, may be set":     {writesPhase, "phase", access.Create, true},
		"creation, nothing is seen, may not be set": {writesPhase, "arr", access.Create, false},
		"no creation, nothing is seen, may be set":  {writesPhase, "phase", access.Update, false},
		"creation, required, but none may create":   {showing(t, company, access.View, "arr"), "name", access.Create, false},
		"a change, nothing is seen, may be set": {
			access.ModelPermission{Actions: access.Create | access.Update, Update: writesPhase.Update}, "phase", access.Update, false,
		},
	} {
		if got := decide(c.p).Names(company, propsNamed(t, company, c.prop)[0], c.a); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// A model is there for whoever may view or create it, and for nobody else.
func TestDecidedModels(t *testing.T) {
	reg := registry(t)
	d := access.Principal{Person: "carly", Lanes: []access.Lane{
		{Portfolio: access.FullAccess, Set: access.Set{"Company": {Actions: access.View}, "Asset": {Actions: access.Create}, "Task": {Actions: access.Remove}}},
		{Portfolio: access.MyPortfolio, Set: access.Set{"Company": {Actions: access.Update}}},
	}}.Decide(reg)
	for name, want := range map[string]bool{"Company": true, "Asset": true, "Task": false, "License": false, "Nothing": false} {
		m, ok := d.Model(name)
		if ok != want || ok && m.Name != name || !ok && m != nil {
			t.Errorf("%s: %v, %v", name, m, ok)
		}
	}
	company, task := modelNamed(t, reg, "Company"), modelNamed(t, reg, "Task")
	if got := d.Actions(company); got != access.View|access.Update {
		t.Errorf("actions on companies: %s", got)
	}
	if !d.Any(company, access.Update) || d.Any(company, access.Remove) || !d.Any(task, access.Remove) || d.Any(task, access.View) {
		t.Error("Any is not what one of the lanes allows")
	}
	if rows, ok := d.Visible(company); !ok || words(rows) != "all" {
		t.Errorf("visible companies: %s", words(rows))
	}
	if d.Registry() != reg {
		t.Error("another registry")
	}
}

// A property that every row's role shows needs no guard; one that only some role shows is guarded by its rows.
func TestGuards(t *testing.T) {
	reg := registry(t)
	d, company := wideAndDeep(t, reg)
	for name, want := range map[string]string{"_id": "nil", "name": "nil", "phase": mine} {
		guard, ok := d.Sees(company, propsNamed(t, company, name)[0])
		if words(guard) != want || !ok {
			t.Errorf("%s: %s, %v", name, words(guard), ok)
		}
	}
	users := modelNamed(t, reg, "User")
	people := access.Principal{Lanes: []access.Lane{
		{Portfolio: access.MyPortfolio, Set: access.Set{"User": showing(t, users, access.View, "email")}},
		{Portfolio: access.FullAccess, Set: access.Set{"User": showing(t, users, access.View, "firstName")}},
	}}.Decide(reg)
	if guard, ok := people.Sees(users, propsNamed(t, users, "email")[0]); guard != nil || !ok {
		t.Errorf("users are in no portfolio, yet their address is guarded by %s", words(guard))
	}
	narrow := access.Principal{Person: "carly", Lanes: []access.Lane{
		{Portfolio: access.MyPortfolio, Set: access.Set{"Company": showing(t, company, access.View, "phase")}},
		{Portfolio: access.MyPortfolio, Set: access.Set{"Company": showing(t, company, access.View, "name")}},
	}}.Decide(reg)
	if guard, ok := narrow.Sees(company, propsNamed(t, company, "name")[0]); guard != nil || !ok {
		t.Errorf("both roles reach the same rows, yet there is a guard %s", words(guard))
	}
}
