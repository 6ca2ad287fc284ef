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

// seeded is a SQLite file with the demo tenant in it. Seeding takes longer than most tests, so a process does it once and each test
// gets a copy; ids, secrets and installation keys are the same in all of them.
var seeded = sync.OnceValues(func() (out struct {
	installation
	file []byte
}, err error) {
	dir, err := os.MkdirTemp("", "mandorla-seeded-")
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	c := clock.At(start)
	a, err := app.Open(context.Background(), app.Config{DataDir: dir}, app.Deps{Now: c.Now, Rand: rand.Reader})
	if err != nil {
		return out, err
	}
	if out.installation, err = seed(context.Background(), a, start); err != nil {
		return out, errors.Join(err, a.Close())
	}
	if err := a.Close(); err != nil {
		return out, err
	}
	out.file, err = os.ReadFile(filepath.Join(dir, "mandorla.db"))
	return out, err
})

// copySeeded puts the seeded file into a folder.
func copySeeded(tb testing.TB, dir string) installation {
	tb.Helper()
	s, err := seeded()
	if err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "mandorla.db"), s.file, 0o600); err != nil {
		tb.Fatal(err)
	}
	return s.installation
}
