package identity_test

import (
	"testing"

	"mandorla/internal/access"
	"mandorla/internal/catalog"
	"mandorla/internal/identity"
	"mandorla/internal/model"
)

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
