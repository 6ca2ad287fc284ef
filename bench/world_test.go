// Package bench holds the benchmarks behind every performance claim. `make bench` runs them and writes docs/bench/.
package bench

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"testing"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/app"
	"mandorla/internal/identity"
	"mandorla/internal/model"
	"mandorla/internal/record"
	"mandorla/internal/testkit/pg"
)

// world is an installation with one tenant of so many companies, owned evenly by owners people.
type world struct {
	app     *app.App
	tenant  string
	people  []string
	manager access.Principal // full access
	csm     access.Principal // only my portfolio
}

const (
	owners   = 200
	teamSize = 10
)

const origin = "http://127.0.0.1:8080"

var (
	mu     sync.Mutex
	worlds = map[string]*world{}
	root   *testing.B // lives as long as the worlds
)

// engines are the storage engines, in the order of the report.
var engines = []string{"sqlite", "postgres"}

// load gives the world of this size, made once per run.
func load(b *testing.B, engine string, companies int) *world {
	b.Helper()
	mu.Lock()
	defer mu.Unlock()
	key := fmt.Sprintf("%s/%d", engine, companies)
	if w, ok := worlds[key]; ok {
		return w
	}
	w := openWorld(b, engine, origin)
	if err := w.fill(context.Background(), companies); err != nil {
		b.Fatal(err)
	}
	worlds[key] = w
	return w
}

// openWorld opens an empty installation that lasts as long as root.
func openWorld(b *testing.B, engine, origin string) *world {
	b.Helper()
	cfg := app.Config{Origin: origin}
	if engine == "postgres" {
		cfg.DB = pg.DSN(root)
	} else {
		cfg.DataDir = root.TempDir()
	}
	a, err := app.Open(context.Background(), cfg, app.Deps{Now: time.Now, Rand: rand.Reader})
	if err != nil {
		b.Fatal(err)
	}
	root.Cleanup(func() {
		if err := a.Close(); err != nil {
			root.Error(err)
		}
	})
	return &world{app: a}
}

func (w *world) fill(ctx context.Context, companies int) error {
	a := w.app
	w.tenant = a.NewID()
	if err := a.Store.CreateTenant(ctx, w.tenant, "Bench", "bench"); err != nil {
		return err
	}
	operator := access.Operator(w.tenant, a.Schema.Base(), 0)
	roles, err := a.Identity.CreateDefaultRoles(ctx, operator, a.Schema.Base(), w.tenant)
	if err != nil {
		return err
	}
	var team string
	for i := range owners {
		if i%teamSize == 0 {
			res, err := a.Gate.Create(ctx, operator, record.Write{Model: "Team", Values: map[string]any{"name": fmt.Sprint("Team ", i/teamSize)}})
			if err != nil {
				return err
			}
			team = res.ID
		}
		res, err := a.Gate.Create(ctx, operator, record.Write{Model: "User", Values: map[string]any{
			"email": fmt.Sprintf("p%d@bench.example", i), "firstName": "Person", "lastName": fmt.Sprint(i), "inactive": false, "teams": []any{team},
		}})
		if err != nil {
			return err
		}
		w.people = append(w.people, res.ID)
	}
	for i, role := range []string{"Administrator", "CSM"} {
		account, err := a.Identity.CreateAccount(ctx, identity.NewAccount{Email: fmt.Sprintf("p%d@bench.example", i), Password: "bench-password-1", Operator: true})
		if err != nil {
			return err
		}
		if err := a.Identity.AddMember(ctx, operator, w.tenant, w.people[i], account.ID, []string{roles[role].ID}); err != nil {
			return err
		}
	}
	if w.manager, err = a.Identity.PrincipalFor(ctx, w.tenant, w.people[0], access.SurfaceWeb); err != nil {
		return err
	}
	if w.csm, err = a.Identity.PrincipalFor(ctx, w.tenant, w.people[1], access.SurfaceWeb); err != nil {
		return err
	}
	return w.companies(ctx, companies)
}

// companies inserts below the gate, in large transactions: a million through the gate would only measure the change log.
func (w *world) companies(ctx context.Context, n int) error {
	m, _ := w.app.Schema.Base().Model("Company")
	prop := func(name string) *model.Property {
		p, _ := m.Property(name)
		return p
	}
	name, owner, coOwner, arr, status, created, updated := prop("name"), prop("owner"), prop("coOwner"), prop("arr"), prop("status"), prop("createdAt"), prop("updatedAt")
	now := time.Now().UTC().Truncate(time.Millisecond)
	const batch = 20000
	for from := 0; from < n; from += batch {
		err := w.app.Store.InTx(ctx, func(ctx context.Context) error {
			for i := from; i < min(from+batch, n); i++ {
				values := map[*model.Property]any{
					name: fmt.Sprintf("Company %07d", (i*7919)%n), owner: w.people[i%owners], arr: float64(i * 50021 % 100000), status: "customer", created: now, updated: now,
				}
				if i%5 == 0 {
					values[coOwner] = w.people[(i/5)%owners]
				}
				if err := w.app.Store.Insert(ctx, w.tenant, m, w.app.NewID(), values); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
