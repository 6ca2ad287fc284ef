package catalog

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"mandorla/internal/model"
)

func registry(t *testing.T) *model.Registry {
	t.Helper()
	r, err := Registry()
	if err != nil {
		t.Fatalf("the declarations have mistakes:\n%v", err)
	}
	return r
}

// each runs check on every property, as a subtest per model.
func each(t *testing.T, check func(t *testing.T, m *model.Model, p *model.Property)) {
	for _, m := range registry(t).Models() {
		t.Run(m.Route, func(t *testing.T) {
			for _, p := range m.Props() {
				check(t, m, p)
			}
		})
	}
}

func TestRegistryHasEveryModel(t *testing.T) {
	r := registry(t)
	for name, anchor := range map[string]string{
		"Company": model.Self, "End User": "companyId", "Asset": "companyId", "License": "companyId",
		"Conversation": "companyId", "Task": "companyId", "User": "", "Team": "",
	} {
		m, ok := r.Model(name)
		if !ok {
			t.Errorf("no model %s", name)
			continue
		}
		if m.Anchor != anchor {
			t.Errorf("%s: anchor %q, want %q: portfolios would not reach it as promised", name, m.Anchor, anchor)
		}
		if m.Icon == "" {
			t.Errorf("%s has no icon", name)
		}
	}
}

func TestModelsGivesANewListEachTime(t *testing.T) {
	Models()[0].Name = "changed"
	if got := Models()[0].Name; got != "Company" {
		t.Errorf("Models()[0].Name = %q after a caller changed its copy", got)
	}
}

func TestDocs(t *testing.T) {
	each(t, func(t *testing.T, _ *model.Model, p *model.Property) {
		switch n := len([]rune(p.Doc)); {
		case n == 0:
			t.Errorf("%s has no doc", p.Name)
		case n > 120:
			t.Errorf("%s: the doc has %d characters, more than 120", p.Name, n)
		case !unicode.IsUpper([]rune(p.Doc)[0]) || !strings.HasSuffix(p.Doc, "."):
			t.Errorf("%s: the doc %q is not a sentence", p.Name, p.Doc)
		case strings.Contains(strings.TrimSuffix(p.Doc, "."), ". "):
			t.Errorf("%s: the doc %q is more than one sentence", p.Name, p.Doc)
		}
	})
}

// badWord finds what a label made from a name gets wrong: abbreviations in lower case, and leftovers of the name's own notation.
var badWord = regexp.MustCompile(`(?i:\b(is|nr|fc|md5)\b)|\b([Ii]d|[Nn]ps|[Mm]rr|[Aa]rr|[Cc]sm|[Oo]rg|[Uu]rl)\b|[a-z][A-Z0-9]|[._]`)

func TestLabels(t *testing.T) {
	for _, m := range registry(t).Models() {
		seen := map[string]string{}
		for _, p := range m.Props() {
			label := p.DisplayLabel()
			if r := []rune(label); len(r) < 2 || len(r) > 32 || !unicode.IsUpper(r[0]) || strings.TrimSpace(label) != label {
				t.Errorf("%s.%s: label %q should begin with a capital and have 2 to 32 characters", m.Name, p.Name, label)
			}
			if w := badWord.FindString(label); w != "" {
				t.Errorf("%s.%s: label %q has %q in it", m.Name, p.Name, label, w)
			}
			if other, taken := seen[label]; taken {
				t.Errorf("%s: %s and %s are both labelled %q", m.Name, other, p.Name, label)
			}
			seen[label] = p.Name
		}
	}
}

// snakeCase is the coarsest folding a storage engine could use for column names: case and underscores do not tell names apart.
func snakeCase(name string) string {
	var b strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return strings.Trim(b.String(), "_")
}

func TestColumnNamesDoNotCollide(t *testing.T) {
	for _, m := range registry(t).Models() {
		seen := map[string]string{}
		for _, p := range m.Props() {
			column := snakeCase(p.Name)
			for _, key := range []string{column, strings.ReplaceAll(column, "_", "")} {
				if other, taken := seen[key]; taken && other != p.Name {
					t.Errorf("%s: %s and %s would both be column %s", m.Name, other, p.Name, key)
				}
				seen[key] = p.Name
			}
		}
	}
}

func TestRules(t *testing.T) {
	each(t, func(t *testing.T, m *model.Model, p *model.Property) {
		if p.IsRef() && !p.Computed() && !p.Index {
			t.Errorf("%s is a reference without an index", p.Name)
		}
		if (p.Name == "externalId" || p.Name == "sourceId") && (!p.Unique || !p.Index || !slices.Contains(m.Keys, p.Name)) {
			t.Errorf("%s must be a unique, indexed key", p.Name)
		}
		if p.Name == "companyId" && (!p.Required || p.ReadOnly || p.To != "Company") {
			t.Errorf("companyId must be a required, writable reference to Company")
		}
		if (p.Name == "_id" || p.Name == "createdAt" || p.Name == "updatedAt") && p.Writable() {
			t.Errorf("%s must not be writable", p.Name)
		}
		if p.Search && (p.Computed() || p.Kind.Storage() != model.StoreText) {
			t.Errorf("%s cannot be searched: it is no stored text", p.Name)
		}
		if p.Custom {
			t.Errorf("%s: custom properties belong to tenants, not to the catalog", p.Name)
		}
	})
}

func TestListColumns(t *testing.T) {
	for _, m := range registry(t).Models() {
		columns, title := 0, false
		for _, p := range m.Props() {
			if p.List {
				columns++
				title = title || p.Name == m.Title
			}
		}
		if columns < 5 || columns > 8 || !title {
			t.Errorf("%s: %d columns, title among them: %v; want 5 to 8 with the title", m.Name, columns, title)
		}
	}
}

func TestEveryModelIsSearchable(t *testing.T) {
	for _, m := range registry(t).Models() {
		if !slices.ContainsFunc(m.Props(), func(p *model.Property) bool { return p.Search }) {
			t.Errorf("free-text search finds no %s", m.Name)
		}
	}
}

// What an operations person must be able to set or import, as long as nothing works it out.
func TestImportable(t *testing.T) {
	r := registry(t)
	for name, props := range map[string]string{
		"Company": "phase status h mrr arr renewalDate renewalArr renewalMrr autoRenews domains products lastTouch nextTouch customerFrom nps",
		"License": "arr renewalDate renewalStatus",
	} {
		m, _ := r.Model(name)
		for prop := range strings.FieldsSeq(props) {
			if p, ok := m.Property(prop); !ok || !p.Writable() {
				t.Errorf("%s.%s must be writable", name, prop)
			}
		}
	}
}

func TestAliases(t *testing.T) {
	r := registry(t)
	for _, row := range []struct{ model, alias, want string }{
		{"Company", "ownerId", "owner"},
		{"End User", "cId", "companyId"},
		{"Asset", "company", "companyId"},
		{"Asset", "owner", "ownerId"},
		{"License", "currency", "_currency"},
		{"Conversation", "title", "subject"},
		{"Task", "name", "action"},
		{"Task", "title", "action"},
		{"Task", "owner", "ownerId"},
	} {
		m, _ := r.Model(row.model)
		if p, ok := m.Property(row.alias); !ok || p.Name != row.want {
			t.Errorf("%s.%s: got %v, want %s", row.model, row.alias, p, row.want)
		}
	}
}

func TestPathsAcrossModels(t *testing.T) {
	r := registry(t)
	for _, row := range []struct{ model, path string }{
		{"Company", "owner.name"},
		{"Task", "companyId.owner.email"},
		{"Conversation", "taskId.ownerId.name"},
		{"License", "parent.parent.parent.product"},
	} {
		m, _ := r.Model(row.model)
		if _, err := r.Path(m, row.path); err != nil {
			t.Errorf("%s: %v", row.model, err)
		}
	}
}
