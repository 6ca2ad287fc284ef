package testkit

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/app"
	"mandorla/internal/demo"
	"mandorla/internal/oauth"
	"mandorla/internal/testkit/clock"
	"mandorla/internal/testkit/pg"
)

// installation is where the demo tenant is found: ids, and the secret of its client.
type installation struct{ tenant, admin, client, secret string }

// seed fills an empty installation with the demo tenant and its client.
func seed(ctx context.Context, a *app.App, today time.Time) (in installation, err error) {
	in.tenant, err = demo.Seeder{
		Tenants: a.Store, Registries: a.Schema, Gate: a.Gate, Identity: a.Identity, NewID: a.NewID, Today: today,
		Client: func(ctx context.Context, admin access.Principal) error {
			set := access.Of(a.Schema.Base(), access.View)
			set["Company"] = access.FullModel
			var c oauth.Client
			c, in.secret, err = a.OAuth.CreateClient(ctx, admin, oauth.ClientInput{
				Name: "Claude Connector", Description: "Mandorla customer platform connector for Claude", Kind: oauth.Confidential,
				RedirectURIs: []string{Callback, "http://127.0.0.1/callback", "http://127.0.0.1/oauth/callback"}, Set: set,
			})
			in.admin, in.client = admin.Person, c.ID
			return err
		},
	}.Seed(ctx)
	return in, err
}

// seeded are the demo tenant on each engine. Seeding takes longer than most tests, so a process does it once for each engine and every test
// gets a copy; ids, secrets and installation keys are the same in all of them.
var seeded = struct {
	sqlite   func() (seededFile, error)
	postgres *pg.Filled[installation]
}{
	sqlite:   sync.OnceValues(seedFile),
	postgres: &pg.Filled[installation]{Fill: func(dsn string) (installation, error) { return seedInto(app.Config{DB: dsn}) }},
}

type seededFile struct {
	installation
	content []byte
}

func seedFile() (out seededFile, err error) {
	dir, err := os.MkdirTemp("", "mandorla-seeded-")
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if out.installation, err = seedInto(app.Config{DataDir: dir}); err != nil {
		return out, err
	}
	out.content, err = os.ReadFile(filepath.Join(dir, databaseFile))
	return out, err
}

// seedInto seeds a second before the tests begin, so that ids, which are ordered by time, come before all that a test makes.
func seedInto(cfg app.Config) (installation, error) {
	ctx := context.Background()
	a, err := app.Open(ctx, cfg, app.Deps{Now: clock.At(start.Add(-time.Second)).Now, Rand: rand.Reader})
	if err != nil {
		return installation{}, err
	}
	in, err := seed(ctx, a, start)
	return in, errors.Join(err, a.Close())
}

const databaseFile = "mandorla.db"

// begin puts a copy of the demo tenant where cfg says, or has it made there, and names its database in cfg.
func begin(tb testing.TB, engine string, cfg *app.Config) (in installation) {
	tb.Helper()
	if engine == "postgres" {
		cfg.DB, in = seeded.postgres.DSN(tb)
		return in
	}
	s, err := seeded.sqlite()
	if err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(cfg.DataDir, databaseFile), s.content, 0o600); err != nil {
		tb.Fatal(err)
	}
	return s.installation
}
