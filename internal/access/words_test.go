package access_test

import (
	"fmt"
	"strings"
	"testing"

	"mandorla/internal/access"
	"mandorla/internal/model"
	"mandorla/internal/query"
)

// words writes a condition down: "owner=carly | teams~red", a reference followed as "companyId(…)".
func words(e query.Expr) string {
	join := func(parts []query.Expr, glue string) string {
		out := make([]string, len(parts))
		for i, p := range parts {
			out[i] = words(p)
		}
		return "(" + strings.Join(out, glue) + ")"
	}
	switch e := e.(type) {
	case nil:
		return "nil"
	case query.All:
		return "all"
	case query.None:
		return "none"
	case query.And:
		return join(e, " & ")
	case query.Or:
		return join(e, " | ")
	case query.Via:
		return e.Ref.Name + "->" + e.To.Name + "(" + words(e.Where) + ")"
	case query.Compare:
		return fmt.Sprint(e.Property.Name, " ", e.Op, " ", e.Values)
	}
	return fmt.Sprintf("%T", e)
}

func modelNamed(t *testing.T, reg *model.Registry, name string) *model.Model {
	t.Helper()
	m, ok := reg.Model(name)
	if !ok {
		t.Fatalf("no model %s", name)
	}
	return m
}

func propsNamed(t *testing.T, m *model.Model, names ...string) []*model.Property {
	t.Helper()
	var out []*model.Property
	for _, name := range names {
		p, ok := m.Property(name)
		if !ok {
			t.Fatalf("%s has no %s", m.Name, name)
		}
		out = append(out, p)
	}
	return out
}

// showing is a permission to view, and change where it says so, exactly these properties.
func showing(t *testing.T, m *model.Model, actions access.Action, names ...string) access.ModelPermission {
	t.Helper()
	var ids []string
	for _, p := range propsNamed(t, m, names...) {
		ids = append(ids, p.ID)
	}
	return access.ModelPermission{Actions: actions, View: access.Only(ids...), Update: access.Only(ids...)}
}
