package catalog

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"mandorla/internal/model"
)

var update = flag.Bool("update", false, "append new property IDs to testdata/ids.txt; it never changes or removes a line")

const idsFile = "testdata/ids.txt"

// TestIDs keeps the promise that a property's ID is never changed or reused: what is stored under it would change its meaning.
// A property that is given up keeps its line, with "(retired)" behind it.
func TestIDs(t *testing.T) {
	text, err := os.ReadFile(idsFile)
	if err != nil && !(*update && os.IsNotExist(err)) {
		t.Fatal(err)
	}
	now, mistakes := declaredIDs(Models())
	missing, more := compareIDs(string(text), now)
	mistakes = append(mistakes, more...)
	if *update && len(missing) > 0 {
		text = append(text, strings.Join(missing, "\n")+"\n"...)
		if err := os.WriteFile(idsFile, text, 0o644); err != nil {
			t.Fatal(err)
		}
		missing = nil
	}
	for _, line := range missing {
		mistakes = append(mistakes, fmt.Sprintf("%s is not in %s; go test ./internal/catalog -update appends it", line, idsFile))
	}
	for _, m := range mistakes {
		t.Error(m)
	}
}

// declaredIDs gives one line "ID Model.property" for each property, in declared order.
func declaredIDs(models []model.Model) (lines, mistakes []string) {
	seen, prefixes := map[string]string{}, map[string]string{}
	for _, m := range models {
		if other, taken := prefixes[m.Prefix]; taken || len(m.Prefix) != 2 {
			mistakes = append(mistakes, fmt.Sprintf("%s: prefix %q must be two letters of its own (%s)", m.Name, m.Prefix, other))
		}
		prefixes[m.Prefix] = m.Name
		for _, p := range m.Properties {
			name := m.Name + "." + p.Name
			if other, taken := seen[p.ID]; taken {
				mistakes = append(mistakes, fmt.Sprintf("ID %s is given to %s and %s", p.ID, other, name))
			}
			seen[p.ID] = name
			if digits := strings.TrimPrefix(p.ID, m.Prefix); len(digits) < 2 || strings.Trim(digits, "0123456789") != "" {
				mistakes = append(mistakes, fmt.Sprintf("%s: ID %q is not %s and at least two digits", name, p.ID, m.Prefix))
			}
			lines = append(lines, p.ID+" "+name)
		}
	}
	return lines, mistakes
}

// compareIDs holds the declared lines against the committed list.
func compareIDs(list string, now []string) (missing, mistakes []string) {
	const retired = " (retired)"
	given := map[string]string{}
	for line := range strings.Lines(list) {
		line = strings.TrimSpace(line)
		id, name, ok := strings.Cut(line, " ")
		if _, twice := given[id]; !ok || twice {
			mistakes = append(mistakes, fmt.Sprintf("%s: line %q is malformed or there twice", idsFile, line))
		}
		given[id] = name
	}
	declared := map[string]bool{}
	for _, line := range now {
		id, name, _ := strings.Cut(line, " ")
		declared[id] = true
		switch was, ok := given[id]; {
		case !ok:
			missing = append(missing, line)
		case was != name:
			mistakes = append(mistakes, fmt.Sprintf("ID %s belongs to %s; give %s a new one", id, was, name))
		}
	}
	for id, name := range given {
		if !declared[id] && !strings.HasSuffix(name, retired) {
			mistakes = append(mistakes, fmt.Sprintf("ID %s (%s) has disappeared; a property that is given up is marked%s in the list", id, name, retired))
		}
	}
	return missing, mistakes
}

func TestCompareIDs(t *testing.T) {
	for _, row := range []struct {
		name, list        string
		now               []string
		missing, mistakes int
	}{
		{"equal", "co01 Company._id\nco02 Company.name\n", []string{"co01 Company._id", "co02 Company.name"}, 0, 0},
		{"new", "co01 Company._id\n", []string{"co01 Company._id", "co02 Company.name"}, 1, 0},
		{"gone", "co01 Company._id\nco02 Company.name\n", []string{"co01 Company._id"}, 0, 1},
		{"retired", "co01 Company._id\nco02 Company.name (retired)\n", []string{"co01 Company._id"}, 0, 0},
		{"retired and reused", "co01 Company._id (retired)\n", []string{"co01 Company._id"}, 0, 1},
		{"moved", "co01 Company._id\n", []string{"co01 Company.name"}, 0, 1},
		{"listed twice", "co01 Company._id\nco01 Company._id\n", []string{"co01 Company._id"}, 0, 1},
		{"malformed", "co01\n", nil, 0, 2},
	} {
		missing, mistakes := compareIDs(row.list, row.now)
		if len(missing) != row.missing || len(mistakes) != row.mistakes {
			t.Errorf("%s: missing %q, mistakes %q", row.name, missing, mistakes)
		}
	}
}

func TestDeclaredIDsMistakes(t *testing.T) {
	prop := func(id string) []model.Property { return []model.Property{{ID: id, Name: "x"}} }
	for name, models := range map[string][]model.Model{
		"the same ID twice":  {{Name: "A", Prefix: "aa", Properties: append(prop("aa01"), prop("aa01")...)}},
		"too few digits":     {{Name: "A", Prefix: "aa", Properties: prop("aa1")}},
		"another prefix":     {{Name: "A", Prefix: "aa", Properties: prop("bb01")}},
		"a prefix too long":  {{Name: "A", Prefix: "aaa", Properties: prop("aaa01")}},
		"one prefix for two": {{Name: "A", Prefix: "aa"}, {Name: "B", Prefix: "aa"}},
	} {
		if _, mistakes := declaredIDs(models); len(mistakes) == 0 {
			t.Errorf("%s is not noticed", name)
		}
	}
}
