package identity_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mandorla/internal/access"
	"mandorla/internal/catalog"
	"mandorla/internal/identity"
	"mandorla/internal/model"
)

var update = flag.Bool("update", false, "write the golden files anew")

// User.inactive shuts people out, so in the roles of a new tenant only administrators may change users, or remove or add one.
func TestOnlyAdministratorsChangeUsers(t *testing.T) {
	reg, err := model.New(catalog.Models(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range identity.DefaultRoles(reg, "t") {
		if got := r.Set["User"].Actions &^ (access.View | access.Export); got != 0 && !r.Admin {
			t.Errorf("%s may %s users", r.Name, got)
		}
		if r.Set["User"].Actions&access.View == 0 || r.Set["Company"].Actions&access.Update == 0 {
			t.Errorf("%s cannot work", r.Name)
		}
	}
}

// The roles of a new tenant in words, so that a change of what they allow is seen by whoever reads the change.
func TestDefaultRolesInWords(t *testing.T) {
	reg, err := model.New(catalog.Models(), nil)
	must(t, err)
	var b strings.Builder
	for _, r := range identity.DefaultRoles(reg, "t") {
		fmt.Fprintf(&b, "%s: %s\n", r.Name, r.Doc)
		fmt.Fprintf(&b, "  reaches   %s\n", r.Portfolio.Reach())
		fmt.Fprintf(&b, "  switches  %s\n", r.Switches)
		if r.Admin {
			b.WriteString("  administrator\n")
		}
		var models []string
		for _, m := range reg.Models() {
			models = append(models, m.Name)
		}
		for _, in := range access.Internals {
			models = append(models, in.Name)
		}
		said := map[string]string{} // what is allowed → the models it is allowed on
		var order []string
		for _, name := range models {
			p := r.Set[name]
			words := fmt.Sprintf("%s%s%s", p.Actions, some(" seeing", p.Actions&access.View, p.View), some(" changing", p.Actions&(access.Create|access.Update), p.Update))
			if _, internal := access.FindInternal(name); internal {
				words = p.Actions.String()
			}
			if p.Actions == 0 {
				words = "nothing"
			}
			if said[words] == "" {
				order = append(order, words)
			} else {
				said[words] += ", "
			}
			said[words] += name
		}
		for _, words := range order {
			fmt.Fprintf(&b, "  may %s: %s\n", words, said[words])
		}
		b.WriteString("\n")
	}
	const file = "testdata/default_roles.txt"
	if *update {
		must(t, os.MkdirAll("testdata", 0o755))
		must(t, os.WriteFile(file, []byte(b.String()), 0o644))
	}
	want, err := os.ReadFile(file)
	must(t, err)
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("go test -update ./internal/identity writes it anew (-want +got):\n%s", diff)
	}
}

// some says which properties, where they are not all.
func some(what string, needed access.Action, p access.Properties) string {
	if needed == 0 || p.All {
		return ""
	}
	return what + " only " + strings.Join(p.IDs, " ")
}
