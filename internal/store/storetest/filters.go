package storetest

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mandorla/internal/model"
	"mandorla/internal/query"
	"mandorla/internal/store/sqlstore"
)

// testFilters runs every operator of every property with every value there is.
func testFilters(t *testing.T, open Open) {
	s, w := openWorld(t, open)
	for _, p := range firm.Props() {
		t.Run(p.Name, func(t *testing.T) {
			for _, op := range p.Kind.Operators() {
				for _, e := range leaves(p, op) {
					q := query.Select{Tenant: here, Model: firm, Columns: columns(p), Where: e}
					Compare(t, s, q, w.naive(here).run(q))
				}
			}
		})
	}
}

// leaves are conditions with the operator: one per value, or a few lists of them, and one that compares with nothing.
func leaves(p *model.Property, op model.Op) []query.Expr {
	options := pool(p)
	if p.Name == "_id" {
		options = []any{id(101), id(120), id(999)}
	}
	switch op {
	case model.Empty, model.NotEmpty:
		return []query.Expr{is(p, op)}
	case model.In, model.NotIn:
		return []query.Expr{is(p, op, options...), is(p, op, options[0]), is(p, op, options[1], nil)}
	case model.Contains, model.StartsWith:
		if p.Kind.Storage() == model.StoreList {
			options = []any{"a", "b", `quo"te`, "a,b", "<ä>", id(2), "absent"}
		}
	default:
		options = append(slices.Clip(options), nil)
	}
	var out []query.Expr
	for _, v := range options {
		out = append(out, is(p, op, v))
	}
	return out
}

// testOpposites: for every condition, each row is in it or in its opposite, and never in both.
func testOpposites(t *testing.T, open Open) {
	s, w := openWorld(t, open)
	all := len(w.rows[here][firm])
	check := func(t *testing.T, e query.Expr) {
		q := query.Select{Tenant: here, Model: firm, Columns: columns(firm.Props()[0]), Where: e}
		yes, err := s.Count(context.Background(), q)
		must(t, err)
		q.Where = query.Not{X: e}
		no, err := s.Count(context.Background(), q)
		must(t, err)
		q.Where = query.Not{X: query.Not{X: e}}
		again, err := s.Count(context.Background(), q)
		must(t, err)
		if yes+no != all || again != yes {
			t.Errorf("%v: %d match, %d match its opposite, %d the opposite of that, of %d", e, yes, no, again, all)
		}
	}
	for _, p := range firm.Props() {
		t.Run(p.Name, func(t *testing.T) {
			for _, op := range p.Kind.Operators() {
				for _, e := range leaves(p, op) {
					check(t, e)
				}
			}
		})
	}
	t.Run("joined", func(t *testing.T) {
		note, size := prop(firm, "note"), prop(firm, "size")
		check(t, query.And{is(note, model.Contains, "a"), query.Not{X: is(size, model.Lt, int64(2))}})
		check(t, query.Or{is(note, model.Lt, "b"), query.Not{X: is(size, model.Lt, int64(2))}})
		check(t, query.Via{Ref: prop(firm, "owner"), To: person, Where: is(prop(person, "firstName"), model.Lt, "b")})
		check(t, query.Via{Ref: prop(firm, "owner"), To: person, Guard: is(size, model.Gt, int64(0))})
		check(t, query.And{})
		check(t, query.Or{})
	})
}

// testTextSearch spells out what "contains" and "starts with" mean; the naive evaluation would share a mistake in Fold.
func testTextSearch(t *testing.T, open Open) {
	s, ctx := openEmpty(t, open), context.Background()
	note, memo := prop(firm, "note"), prop(firm, "custom.Memo")
	for i, c := range []struct {
		text, needle   string
		inside, begins bool
	}{
		{"Straße Ä 100%", "ÄN", false, false}, {"Straße Ä 100%", "strasse", false, false}, {"Straße Ä 100%", "STRAßE ä", true, true},
		{"Straße Ä 100%", "100%", true, false}, {"abc", "a%c", false, false}, {"abc", "a_c", false, false}, {"a_c", "A_C", true, true},
		{"100", "%", false, false}, {`back\slash`, `K\S`, true, false}, {"ΟΔΟΣ", "οδος", true, true}, {"οδος", "ΟΔΟΣ", true, true},
		{"ПРИВЕТ мир", "привет МИР", true, true}, {"𐐀𐐁", "𐐨𐐩", true, true}, {"İzmir", "i\u0307zmir", true, true}, {"İzmir", "izmir", false, false},
		{"it's", "'", true, false}, {"why?", "?", true, false}, {"\U0010ffff!", "\U0010ffff", true, true}, {"\ud7ffx", "\ud7ff", true, true},
		{"\ue000", "\ud7ff", false, false}, {"b", "a", false, false}, {strings.Repeat("x", 70000) + "Y", strings.Repeat("X", 60000) + "y", true, false},
	} {
		must(t, s.Insert(ctx, here, firm, id(i+1), map[*model.Property]any{note: c.text, memo: c.text}))
		for _, p := range []*model.Property{note, memo} {
			for op, want := range map[model.Op]bool{model.Contains: c.inside, model.StartsWith: c.begins} {
				q := query.Select{Tenant: here, Model: firm, Columns: columns(note), Where: query.And{is(prop(firm, "_id"), model.Eq, id(i+1)), is(p, op, c.needle)}}
				if got := len(ids(t, s, q)) == 1; got != want {
					t.Errorf("%s: %.30q %s %.30q = %v", p.Name, c.text, op, c.needle, got)
				}
			}
		}
	}
	t.Run("fold", func(t *testing.T) { foldEverything(t, s) })
}

// foldEverything checks that the engine folds every letter there is as Go does: a text whose fold is equal begins with it, in a
// range that has room for nothing else.
func foldEverything(t *testing.T, s *sqlstore.Store) {
	ctx, note := context.Background(), prop(firm, "note")
	var differing []rune
	err := s.InTx(ctx, func(ctx context.Context) error {
		n := 100000
		for r := rune(0x41); r < 0x1E944; r++ {
			if text := string(r); sqlstore.Fold(text) != text {
				n++
				if err := s.Insert(ctx, there, firm, id(n), map[*model.Property]any{note: text}); err != nil {
					return err
				}
				q := query.Select{Tenant: there, Model: firm, Columns: columns(note), Where: query.And{is(prop(firm, "_id"), model.Eq, id(n)), is(note, model.StartsWith, text)}}
				if got, err := s.Count(ctx, q); err != nil {
					return err
				} else if got != 1 {
					differing = append(differing, r)
				}
			}
		}
		return nil
	})
	must(t, err)
	if diff := cmp.Diff([]rune(nil), differing); diff != "" {
		t.Errorf("folded otherwise than in Go: %q", string(differing))
	}
}
