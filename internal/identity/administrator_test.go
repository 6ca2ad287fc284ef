package identity_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/record"
)

// account makes an account of its own.
func (w *world) account() identity.Account {
	w.Helper()
	a, err := w.ids.CreateAccount(w.Context(), identity.NewAccount{Email: newID() + "@people.test"})
	must(w.T, err)
	return a
}

// gate is the record gate as the application wires it.
func (w *world) gate() *record.Service {
	return record.New(record.Options{
		Store: w.store, Registries: w.schemas, Now: w.clock.Now, NewID: newID, CursorKey: make([]byte, 32), Guard: w.ids.Guard,
	})
}

// update changes a User record through the gate, as an administrator through an assistant would.
func (w *world) update(user string, values map[string]any) error {
	p := access.Operator(w.tenant, w.reg, 0)
	p.Surface = access.SurfaceMCP
	_, err := w.gate().Update(w.Context(), p, record.Write{Model: "User", ID: user, Values: values})
	return err
}

func (w *world) remove(user string) error {
	_, err := w.gate().Delete(w.Context(), access.Operator(w.tenant, w.reg, 0), record.Write{Model: "User", ID: user})
	return err
}

func (w *world) role(name string) []string { return []string{w.roles[name].ID} }

// ways are the changes that could take the administrator's power away.
func (w *world) ways(user string, account identity.Account) map[string]func() error {
	ctx := w.Context()
	return map[string]func() error{
		"roles changed":    func() error { return w.ids.AssignRoles(ctx, w.operator(), w.tenant, user, w.role(identity.CSM)) },
		"roles taken":      func() error { return w.ids.AssignRoles(ctx, w.operator(), w.tenant, user, nil) },
		"member removed":   func() error { return w.ids.RemoveMember(ctx, w.operator(), w.tenant, user) },
		"account disabled": func() error { return w.ids.DisableAccount(ctx, account.ID, true) },
		"inactive":         func() error { return w.update(user, map[string]any{"inactive": true}) },
		"inactive in a dry run": func() error {
			_, err := w.gate().Update(ctx, access.Operator(w.tenant, w.reg, 0), record.Write{Model: "User", ID: user, Values: map[string]any{"inactive": true}, DryRun: true})
			return err
		},
		"inactive by an import": func() error {
			_, _, err := w.gate().Upsert(ctx, access.Operator(w.tenant, w.reg, 0), record.Write{Model: "User", Values: map[string]any{"_id": user, "inactive": true}})
			return err
		},
		"record deleted": func() error { return w.remove(user) },
		"role saved without the switch": func() error {
			r, err := w.ids.Role(ctx, w.tenant, w.roles[identity.Administrator].ID)
			must(w.T, err)
			r.Admin = false
			_, err = w.ids.SaveRole(ctx, w.operator(), r)
			return err
		},
		"role deleted": func() error {
			return w.ids.DeleteRole(ctx, w.operator(), w.tenant, w.roles[identity.Administrator].ID, w.roles[identity.CSM].ID)
		},
	}
}

func TestLastAdministratorStays(t *testing.T) {
	onEngines(t, map[string]func(*world){
		"refused": func(w *world) {
			sleeper, shut := w.account(), w.account()
			w.inactive(w.addUser("Sleeper", sleeper, identity.Administrator), true) // neither of the two counts
			w.addUser("Shut out", shut, identity.Administrator)
			must(w.T, w.ids.DisableAccount(w.Context(), shut.ID, true))
			w.addUser("Colleague", w.account(), identity.CSM)
			for what, try := range w.ways(w.user, w.acct) {
				if err := try(); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "nobody who can administer") {
					w.Errorf("%s: %v", what, err)
				}
			}
			p, err := w.ids.PrincipalFor(w.Context(), w.tenant, w.user, access.SurfaceWeb)
			if err != nil || !p.Admin || len(p.Lanes) != 1 {
				w.Errorf("after the refusals: %+v %v", p, err)
			}
			must(w.T, w.update(w.user, map[string]any{"nickName": "Boss"})) // any other change of the record
		},
		"another one is there": func(w *world) {
			for what := range w.ways("", w.acct) {
				fresh := newWorld(w.T, w.store)
				own, err := fresh.ids.CloneRole(w.Context(), fresh.operator(), fresh.tenant, fresh.roles[identity.Administrator].ID)
				must(w.T, err)
				fresh.roles["own"] = own
				fresh.addUser("Second", fresh.account(), "own")
				if err := fresh.ways(fresh.user, fresh.acct)[what](); err != nil {
					w.Errorf("%s: %v", what, err)
				}
			}
		},
		"none to lose": func(w *world) {
			must(w.T, w.store.CreateTenant(w.Context(), "t2"+w.tenant[2:], "Bare", "bare-"+w.tenant))
			w.tenant = "t2" + w.tenant[2:]
			roles, err := w.ids.CreateDefaultRoles(w.Context(), w.operator(), w.reg, w.tenant)
			must(w.T, err)
			w.roles = roles
			user := w.addUser("First", w.account(), identity.CSM)
			must(w.T, w.ids.AssignRoles(w.Context(), w.operator(), w.tenant, user, nil))
			must(w.T, w.remove(user))
		},
		"in every tenant of the account": func(w *world) {
			other := newWorld(w.T, w.store)
			ada := other.addUser("Ada", w.acct, identity.CSM)
			w.addUser("Second", w.account(), identity.Administrator)
			must(w.T, w.ids.DisableAccount(w.Context(), w.acct.ID, true))
			must(w.T, w.ids.DisableAccount(w.Context(), w.acct.ID, false))
			other.inactive(other.user, true)
			must(w.T, other.ids.AssignRoles(w.Context(), other.operator(), other.tenant, ada, other.role(identity.Administrator)))
			err := w.ids.DisableAccount(w.Context(), w.acct.ID, true)
			if !fault.Is(err, fault.Conflict) {
				w.Errorf("the last one of another tenant: %v", err)
			}
		},
	})
}

// Two administrators who demote each other at the same moment: exactly one of the two changes holds, whatever the changes are.
func TestTwoDemotionsAtOnce(t *testing.T) {
	onEngines(t, map[string]func(*world){
		"race": func(w *world) {
			account := w.account()
			second := w.addUser("Second", account, identity.Administrator)
			lock := w.ways(w.user, w.acct)
			other := w.ways(second, account)
			for _, pair := range [][2]string{
				{"roles changed", "roles changed"}, {"inactive", "inactive"}, {"account disabled", "roles taken"}, {"inactive by an import", "account disabled"},
			} {
				for round := range 40 {
					errs := [2]error{}
					var wg sync.WaitGroup
					start := make(chan struct{})
					for i, try := range []func() error{lock[pair[0]], other[pair[1]]} {
						wg.Go(func() {
							<-start
							errs[i] = try()
						})
					}
					close(start)
					wg.Wait()
					refused := 0
					for _, err := range errs {
						if fault.Is(err, fault.Conflict) {
							refused++
						} else if err != nil {
							w.Errorf("%v: %v", pair, err)
						}
					}
					left, err := w.store.Administrators(w.Context(), w.tenant)
					must(w.T, err)
					if refused != 1 || len(left) != 1 {
						w.Fatalf("%v, round %d: %d refused, %d administrators left", pair, round, refused, len(left))
					}
					w.restore(map[string]identity.Account{w.user: w.acct, second: account})
				}
			}
		},
	})
}

// restore makes both people administrators again.
func (w *world) restore(people map[string]identity.Account) {
	w.Helper()
	for user, account := range people {
		must(w.T, w.ids.DisableAccount(w.Context(), account.ID, false))
		w.inactive(user, false)
		must(w.T, w.ids.AssignRoles(w.Context(), w.operator(), w.tenant, user, w.role(identity.Administrator)))
	}
}

func TestRemovedRoleIsReplaced(t *testing.T) {
	onEngines(t, map[string]func(*world){
		"replace": func(w *world) {
			ctx := w.Context()
			csm, manager := w.roles[identity.CSM], w.roles[identity.Manager]
			one, both := w.addUser("One", w.account(), identity.CSM), w.addUser("Two", w.account(), identity.CSM)
			must(w.T, w.ids.AssignRoles(ctx, w.operator(), w.tenant, both, []string{csm.ID, manager.ID}))
			w.fails(w.ids.DeleteRole(ctx, w.operator(), w.tenant, csm.ID, csm.ID), fault.Invalid)
			w.fails(w.ids.DeleteRole(ctx, w.operator(), w.tenant, csm.ID, "nothing"), fault.NotFound)
			if got := w.rolesOf(one) + w.rolesOf(both); got != "CSMCSM Manager" {
				w.Errorf("after refusals: %s", got)
			}
			copied, err := w.ids.CloneRole(ctx, w.operator(), w.tenant, csm.ID)
			if err != nil || copied.Name != "Copy of CSM" || copied.ID == csm.ID || !copied.Set.Covers(csm.Set) || copied.Portfolio != csm.Portfolio || copied.Switches != csm.Switches {
				w.Errorf("clone: %+v %v", copied, err)
			}
			again, err := w.ids.CloneRole(ctx, w.operator(), w.tenant, csm.ID)
			if err != nil || again.Name != "Copy of CSM 2" {
				w.Errorf("clone: %+v %v", again, err)
			}
			must(w.T, w.ids.DeleteRole(ctx, w.operator(), w.tenant, csm.ID, manager.ID))
			if got := w.rolesOf(one) + " " + w.rolesOf(both); got != "Manager Manager" {
				w.Errorf("after the removal: %s", got)
			}
			must(w.T, w.ids.DeleteRole(ctx, w.operator(), w.tenant, manager.ID, ""))
			if got := w.rolesOf(one) + w.rolesOf(both); got != "" {
				w.Errorf("without a replacement: %s", got)
			}
		},
		"members": func(w *world) {
			inactive := w.addUser("Zed", w.account(), identity.CSM)
			w.inactive(inactive, true)
			must(w.T, w.ids.AssignRoles(w.Context(), w.operator(), w.tenant, w.user, append(w.role(identity.Manager), w.role(identity.Administrator)...)))
			members, err := w.ids.Members(w.Context(), w.tenant)
			must(w.T, err)
			var got []string
			for _, m := range members {
				got = append(got, fmt.Sprintln(m.UserName, m.UserInactive, m.Account.Email != "", len(m.Roles)))
			}
			if want := []string{"Ada Person false true 2\n", "Zed Person true true 1\n"}; !slices.Equal(got, want) {
				w.Errorf("%q", got)
			}
		},
		"too many": func(w *world) {
			var ids []string
			for i := range access.MaxLanes + 1 {
				r, err := w.ids.SaveRole(w.Context(), w.operator(), access.Role{Tenant: w.tenant, Name: fmt.Sprint("r", i), Portfolio: access.MyPortfolio})
				must(w.T, err)
				ids = append(ids, r.ID)
			}
			user := w.addUser("Many", w.account(), identity.CSM)
			w.fails(w.ids.AssignRoles(w.Context(), w.operator(), w.tenant, user, ids), fault.Invalid)
			must(w.T, w.ids.AssignRoles(w.Context(), w.operator(), w.tenant, user, ids[1:]))
		},
	})
}

// rolesOf names the roles of a person.
func (w *world) rolesOf(user string) string {
	w.Helper()
	m, err := w.ids.Member(w.Context(), w.tenant, user)
	must(w.T, err)
	var out []string
	for _, r := range m.Roles {
		out = append(out, r.Name)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}
