package schema_test

import (
	"fmt"
	"testing"

	"mandorla/internal/catalog"
	"mandorla/internal/fault"
	"mandorla/internal/model"
	"mandorla/internal/schema"
	"mandorla/internal/store/sqlite"
)

// What no registry can hold is refused before it is stored: the tenant could not be worked with any more.
func TestNothingBreaksTheRegistry(t *testing.T) {
	base, err := model.New(catalog.Models(), nil)
	must(t, err)
	n := 0
	newID := func() string { n++; return fmt.Sprintf("%024x", n) }
	st, err := sqlite.Open(t.Context(), t.TempDir(), base, newID)
	must(t, err)
	defer func() { must(t, st.Close()) }()
	s, err := schema.New(st, catalog.Models(), newID)
	must(t, err)
	tenant := newID()
	must(t, st.CreateTenant(t.Context(), tenant, "Here", tenant))
	stage, err := s.AddCustom(t.Context(), tenant, "Company", model.Property{Name: "Stage", Kind: model.Enum, Options: []string{"One"}})
	must(t, err)
	other, err := s.AddCustom(t.Context(), tenant, "Company", model.Property{Name: "Other", Kind: model.Text})
	must(t, err)

	with := func(change func(p *model.Property)) error {
		p := *stage
		change(&p)
		return s.ChangeCustom(t.Context(), tenant, "Company", p)
	}
	add := func(p model.Property) error {
		_, err := s.AddCustom(t.Context(), tenant, "Company", p)
		return err
	}
	for name, row := range map[string]struct {
		err  error
		kind fault.Kind
	}{
		"a reference to nothing":    {add(model.Property{Name: "A", Kind: model.Ref}), fault.Invalid},
		"a reference to no model":   {add(model.Property{Name: "A", Kind: model.Ref, To: "Planet"}), fault.Invalid},
		"a choice of nothing":       {add(model.Property{Name: "A", Kind: model.Enum}), fault.Invalid},
		"another kind, same name":   {add(model.Property{Name: "Stage", Kind: model.Text}), fault.Conflict},
		"changed to no choice":      {with(func(p *model.Property) { p.Options = nil }), fault.Invalid},
		"changed to a double one":   {with(func(p *model.Property) { p.Options = []string{"A", "a"} }), fault.Invalid},
		"changed to another kind":   {with(func(p *model.Property) { p.Kind, p.Options = model.Text, nil }), fault.Invalid},
		"changed to a taken name":   {with(func(p *model.Property) { p.Name = other.Name }), fault.Conflict},
		"changed to no name":        {with(func(p *model.Property) { p.Name = "a;b" }), fault.Invalid},
		"changed, but not there":    {with(func(p *model.Property) { p.ID = "cf_x" }), fault.NotFound},
		"changed, but the catalogs": {with(func(p *model.Property) { p.ID = base.Models()[0].Properties[1].ID }), fault.NotFound},
	} {
		if !fault.Is(row.err, row.kind) {
			t.Errorf("%s: %v, want %v", name, row.err, row.kind)
		}
	}
	must(t, with(func(p *model.Property) { p.Name = "custom.Step" }))
	reg, err := s.Current(t.Context(), tenant)
	must(t, err)
	m, _ := reg.Model("Company")
	if got, ok := m.Property("custom.Step"); !ok || got.ID != stage.ID || len(m.Properties) != len(base.Models()[0].Properties)+2 {
		t.Errorf("the registry has %d properties, and the changed one is %+v", len(m.Properties), got)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	if err := add(model.Property{Name: "B", Kind: model.Text}); err == nil || fault.Is(err, fault.Invalid) {
		t.Errorf("where the database is gone: %v", err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
