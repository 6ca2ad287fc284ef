package privateapp_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/audit"
	"mandorla/internal/catalog"
	"mandorla/internal/identity"
	"mandorla/internal/model"
	"mandorla/internal/privateapp"
	"mandorla/internal/schema"
	"mandorla/internal/store/postgres"
	"mandorla/internal/store/sqlite"
	"mandorla/internal/store/sqlstore"
	"mandorla/internal/testkit/clock"
	"mandorla/internal/testkit/pg"
)

const here, there = "100000000000000000000001", "200000000000000000000002"

// world is two tenants, the service and a clock.
type world struct {
	*testing.T
	store *sqlstore.Store
	db    *sql.DB // the same database, past the store
	uses  *failing
	clock *clock.Clock
	apps  *privateapp.Service
	reg   *model.Registry
	admin access.Principal // of the tenant here
}

// failing is the store, until noting uses is told to fail.
type failing struct {
	privateapp.Store
	fail   atomic.Bool
	writes atomic.Int64
}

var errBroken = errors.New("broken")

func (f *failing) NotePrivateUses(ctx context.Context, uses []identity.Use) error {
	if f.fail.Load() {
		return errBroken
	}
	f.writes.Add(1)
	return f.Store.NotePrivateUses(ctx, uses)
}

// engines runs a test in a fresh world on each engine.
func engines(t *testing.T, run func(t *testing.T, w *world)) {
	t.Helper()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) { run(t, newWorld(t, engine)) })
	}
}

func newWorld(t *testing.T, engine string) *world {
	t.Helper()
	reg, err := catalog.Registry()
	must(t, err)
	w := &world{T: t, reg: reg, clock: clock.At(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC))}
	ids, err := model.NewIDs(w.clock.Now, rand.Reader)
	must(t, err)
	if engine == "sqlite" {
		file := filepath.Join(t.TempDir(), "test.db")
		w.store, err = sqlite.Open(t.Context(), file, reg, ids.New)
		must(t, err)
		w.db, err = sql.Open("sqlite", file)
	} else {
		dsn := pg.DSN(t)
		w.store, err = postgres.Open(t.Context(), dsn, reg, ids.New)
		must(t, err)
		w.db, err = sql.Open("pgx", dsn)
	}
	must(t, err)
	t.Cleanup(func() { must(t, w.db.Close()); must(t, w.store.Close()) })
	must(t, w.store.CreateTenant(t.Context(), here, "Acme", "acme"))
	must(t, w.store.CreateTenant(t.Context(), there, "Other", "other"))
	schemas, err := schema.New(w.store, catalog.Models(), ids.New)
	must(t, err)
	w.uses = &failing{Store: w.store}
	w.apps = privateapp.New(privateapp.Options{Store: w.uses, Registries: schemas, Now: w.clock.Now, Rand: rand.Reader, NewID: ids.New})
	w.admin = access.Principal{
		Tenant: here, Person: "300000000000000000000003", PersonName: "Ada Admin", Surface: access.SurfaceWeb, Admin: true, Switches: access.AllSwitches,
		Lanes: []access.Lane{{Role: "Administrator", Portfolio: access.FullAccess, Set: access.WithInternals(access.Full(reg))}},
	}
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) app(name string, set access.Set) privateapp.App {
	w.Helper()
	a, err := w.apps.Create(w.Context(), w.admin, privateapp.Input{Name: name, Set: set})
	must(w.T, err)
	return a
}

func (w *world) token(app privateapp.App, life time.Duration) (privateapp.Token, string) {
	w.Helper()
	t, secret, err := w.apps.NewToken(w.Context(), w.admin, app.ID, "nightly", life)
	must(w.T, err)
	return t, secret
}

func (w *world) authenticate(token string) (access.Principal, error) {
	return w.apps.Authenticate(w.Context(), token, access.SurfaceMCP)
}

func (w *world) exec(text string) {
	w.Helper()
	_, err := w.db.ExecContext(w.Context(), text)
	must(w.T, err)
}

// acts gives what the audit log has, oldest first.
func (w *world) acts() (out []audit.Entry) {
	w.Helper()
	list, err := w.store.TenantAudit(w.Context(), here, "private_app.", 100)
	must(w.T, err)
	for i := range list {
		out = append(out, list[len(list)-1-i])
	}
	return out
}
