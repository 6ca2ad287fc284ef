package e2e

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"mandorla/internal/access"
	"mandorla/internal/model"
	"mandorla/internal/record"
	"mandorla/internal/testkit"
)

// The leak matrix over every surface: model × property × question × surface. Somebody who may not read a property gets the same answers
// whatever its values are, and is told of the property what they would be told of one that does not exist. Whoever may read it sees the
// difference, which shows that the questions can find one. A new model or property grows the matrix by itself.
//
// A new surface joins with one line in leakSurfaces: its name, and the questions that it can be asked about a property. A question gives
// the whole answer as text, without what differs from request to request by design (references of error pages).

// leakSurfaces are all surfaces through which customer data is read or written.
var leakSurfaces = []leakSurface{
	{"mcp", mcpQuestions},
	{"pages", pageQuestions},
	{"history", historyQuestions},
	{"import", importQuestions},
}

type leakSurface struct {
	name      string
	questions func(w *leakWorld, m *model.Model, p *model.Property) []leakQuestion
}

// leakQuestion is one request.
type leakQuestion struct {
	name string
	kind leakKind
	ask  func(w *leakWorld, property string) string
}

type leakKind int

const (
	byName leakKind = iota // the property by its name: an unknown one must be answered alike
	about                  // one of the property's values, without its name
	once                   // neither, so it is asked once for all properties
)

// unknown makes the name of no property out of another name: it stands beside it where names are sorted.
func unknown(name string) string { return name + "qq" }

// leakSides hide properties in turn: the person's role, the client's ceiling, what the person authorized. Only the first is seen by
// surfaces without a client, so the other two ask the MCP server alone.
var leakSides = []struct {
	name string
	hide func(w *leakWorld, set access.Set)
	only string
}{
	{"role", (*leakWorld).hideByRole, ""},
	{"client", (*leakWorld).hideByClient, "mcp"},
	{"authorization", (*leakWorld).hideByAuthorization, "mcp"},
}

func TestLeakMatrix(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine string) {
		w := newLeakWorld(t, engine)
		if engine != "sqlite" { // every question of every property on one engine, every third property's on the other
			w.stride = 3
		}
		for n, m := range w.reg.Models() {
			for half := range 2 {
				side := leakSides[0]
				w.leakHalf(t, m, half, side.name, side.hide, side.only)
				if half == 0 { // each of the others over every second model
					side = leakSides[1+n%2]
					w.leakHalf(t, m, half, side.name, side.hide, side.only)
				}
			}
		}
		if w.asked < 9000/w.stride {
			t.Errorf("only %d questions were asked", w.asked)
		}
	})
}

// leakHalf hides half of a model's properties on one side and compares the answers before and after a change of all their values.
func (w *leakWorld) leakHalf(t *testing.T, m *model.Model, half int, sideName string, hide func(*leakWorld, access.Set), only string) {
	hidden := w.hideable(m, half)
	set := access.WithInternals(access.Full(w.reg))
	delete(set, access.PrivateApp)
	set[m.Name] = access.ModelPermission{Actions: access.AllActions, View: others(m, hidden), Update: others(m, hidden)}
	w.write(m, hidden, 0) // so that there is a history, and a time of change, before and after
	hide(w, set)
	w.likeUnknown(m, hidden, only)
	before := w.answers(m, hidden, only)
	w.write(m, hidden, 1)
	after := w.answers(m, hidden, only)
	for key, one := range before {
		if other := after[key]; one != other && !takenValue(one) && !takenValue(other) {
			t.Errorf("%s of %s hidden by the %s leaks through %s:\n%s", key.property, m.Name, sideName, key.question, difference(one, other))
		}
	}
	w.reset()
	if only == "" { // the other way round: who may read it sees that something changed
		seen := w.answers(m, hidden, only)
		w.write(m, hidden, 0)
		w.controls(t, m, hidden, seen, w.answers(m, hidden, only))
	} else {
		w.write(m, hidden, 0)
	}
	w.asked += 2 * len(before)
}

type leakKey struct{ property, question string }

// takenValue recognises the one thing that a unique property cannot keep to itself: that a value is taken. It is said of properties that
// one may send, in the same words whatever record has it.
func takenValue(answer string) bool { return strings.Contains(answer, "already has this value") }

// answers asks every surface about each of the properties.
func (w *leakWorld) answers(m *model.Model, properties []*model.Property, only string) map[leakKey]string {
	out := map[leakKey]string{}
	w.each(m, properties, only, func(s leakSurface, p *model.Property, q leakQuestion) {
		key := leakKey{p.Name, s.name + " " + q.name}
		if q.kind == once {
			key.property = "all properties"
		}
		if _, asked := out[key]; !asked {
			out[key] = q.ask(w, p.Name)
		}
	})
	return out
}

// likeUnknown demands that a question that names a hidden property is answered as if there were none.
func (w *leakWorld) likeUnknown(m *model.Model, properties []*model.Property, only string) {
	w.each(m, properties, only, func(s leakSurface, p *model.Property, q leakQuestion) {
		if q.kind != byName || s.name == "import" && p.Required { // what is required may be sent by whoever creates
			return
		}
		none := unknown(p.Name)
		answer, want := nameless(q.ask(w, p.Name), p.Name), nameless(q.ask(w, none), p.Name)
		if answer != want {
			w.t.Errorf("%s.%s is told from an unknown property by %s %s:\n%s", m.Name, p.Name, s.name, q.name, difference(answer, want))
		}
	})
}

// each runs over surfaces, properties and questions. Values of all hidden properties change together, so questions that do not belong to
// one property see all of them; w.stride leaves out some of the others.
func (w *leakWorld) each(m *model.Model, properties []*model.Property, only string, run func(leakSurface, *model.Property, leakQuestion)) {
	for _, s := range leakSurfaces {
		if only != "" && s.name != only {
			continue
		}
		for i := len(m.Name) % w.stride; i < len(properties); i += w.stride {
			for _, q := range s.questions(w, m, properties[i]) {
				run(s, properties[i], q)
			}
		}
	}
}

// controls demands that the matrix can see: each property that is stored shows a difference on each surface to somebody who may read it.
func (w *leakWorld) controls(t *testing.T, m *model.Model, properties []*model.Property, one, other map[leakKey]string) {
	for _, s := range leakSurfaces {
		for i := len(m.Name) % w.stride; i < len(properties); i += w.stride {
			p, differs := properties[i], false
			for key, answer := range one {
				if (key.property == p.Name || key.property == "all properties") && strings.HasPrefix(key.question, s.name+" ") && other[key] != answer {
					differs = true
				}
			}
			if !differs && !s.blind(p) {
				t.Errorf("control: nobody sees a change of %s.%s through %s", m.Name, p.Name, s.name)
			}
		}
	}
}

// blind says where a surface has no way to show a property even to those who may read it.
func (s leakSurface) blind(p *model.Property) bool {
	switch s.name {
	case "history": // keeps what people and programs write
		return !p.Writable() || p.CreateOnly || p.Unique // written into the store here
	case "import":
		return !p.Writable() || p.CreateOnly || p.Kind == model.JSON
	}
	return false
}

// nameless takes the name of a property, the one that stood for an unknown property, and the suggestion of another one out of an answer.
func nameless(answer, name string) string {
	answer = suggestion.ReplaceAllString(answer, "")
	return regexp.MustCompile(`\b`+regexp.QuoteMeta(name)+`(qq)?\b`).ReplaceAllString(answer, "NAME")
}

// difference shows where two answers part.
func difference(a, b string) string {
	at := 0
	for at < len(a) && at < len(b) && a[at] == b[at] {
		at++
	}
	from := max(0, at-60)
	return fmt.Sprintf("%q\n%q", a[from:min(len(a), at+160)], b[from:min(len(b), at+160)])
}

// hideable gives every second property of a model that is stored and can be hidden.
func (w *leakWorld) hideable(m *model.Model, half int) (out []*model.Property) {
	for i, p := range m.Props() {
		if i%2 == half && p.Name != "_id" && !p.Computed() && p.Name != "createdAt" && p.Name != "updatedAt" {
			out = append(out, p)
		}
	}
	return out
}

func others(m *model.Model, hidden []*model.Property) access.Properties {
	var ids []string
	for _, p := range m.Props() {
		shown := true
		for _, h := range hidden {
			shown = shown && h != p
		}
		if shown {
			ids = append(ids, p.ID)
		}
	}
	return access.Only(ids...)
}

// TestLeakRows: a record out of reach is answered like one that does not exist, on every surface that takes an id.
func TestLeakRows(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine string) {
		w := newLeakWorld(t, engine)
		stranger := newLeakWorldIn(t, w.s, "stranger")
		for _, m := range w.reg.Models() {
			if m.Anchor == "" {
				continue
			}
			ids := map[string]string{
				"somebody else's": w.ids[m.Name][2], "another tenant's": stranger.ids[m.Name][0], "removed": w.removed(m), "never there": strings.Repeat("a", 24),
			}
			w.hideByPortfolio()
			for _, ask := range rowQuestions(m) {
				want := ask.ask(w, ids["never there"])
				for name, id := range ids {
					got := strings.ReplaceAll(ask.ask(w, id), id, ids["never there"])
					if got != want {
						t.Errorf("%s: %s record through %s:\n%s", m.Name, name, ask.name, difference(got, want))
					}
				}
				if own := ask.ask(w, w.ids[m.Name][0]); strings.ReplaceAll(own, w.ids[m.Name][0], ids["never there"]) == want {
					t.Errorf("control: %s: the own record is answered like none through %s: %.200s", m.Name, ask.name, own)
				}
			}
			w.reset()
		}
	})
}

// TestLeakModels: a hidden model is answered like one that does not exist.
func TestLeakModels(t *testing.T) {
	w := newLeakWorld(t, "sqlite")
	for _, m := range w.reg.Models() {
		set := access.Full(w.reg)
		delete(set, m.Name)
		w.hideByRole(set)
		for _, q := range modelQuestions() {
			quoted := regexp.MustCompile(`"` + m.Name + `(qq)?\\*"`)
			got := quoted.ReplaceAllString(suggestion.ReplaceAllString(q.ask(w, m.Name), ""), "NAME")
			want := quoted.ReplaceAllString(suggestion.ReplaceAllString(q.ask(w, unknown(m.Name)), ""), "NAME")
			if got != want {
				t.Errorf("%s through %s:\n%s", m.Name, q.name, difference(got, want))
			}
		}
		w.reset()
		if page, err := w.s.Gate.List(t.Context(), w.principal(), record.ListRequest{Model: m.Name}); err != nil || len(page.Rows) == 0 {
			t.Errorf("control: %s: %v", m.Name, err)
		}
	}
}
