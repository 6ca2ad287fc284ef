package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/app"
	"mandorla/internal/demo"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/oauth"
	"mandorla/internal/web"
)

type demoCmd struct {
	Addr  string `help:"Loopback address to listen on." default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	Data  string `help:"Folder of the demo's data. Default: mandorla-demo in the user's configuration folder." placeholder:"DIR"`
	DB    string `name:"db" help:"PostgreSQL instead of SQLite; the folder then keeps only the client's secret." placeholder:"DSN"`
	Reset bool   `help:"Start over: removes the demo's own data first."`
}

// demoSetting marks a database as a demo's.
const demoSetting = "demo"

// demoFile, in the data folder, marks the folder as a demo's and keeps the client's secret for ask.
const demoFile = "demo.json"

// Run creates the demo tenant where there is none and serves it until an interrupt. "ready" is the last thing it prints.
func (c *demoCmd) Run(env *environment) error {
	if err := c.loopbackOnly(); err != nil {
		return err
	}
	if c.Data == "" {
		if env.ConfigDir == "" {
			return fault.New(fault.Invalid, "There is no configuration folder for this user; name a folder with --data DIR.")
		}
		c.Data = filepath.Join(env.ConfigDir, "mandorla-demo")
	}
	l, err := app.Listen(c.Addr)
	if err != nil {
		return err
	}
	defer l.Close()
	if err := c.prepareFolder(); err != nil {
		return err
	}
	client, err := c.seed(env)
	if err != nil {
		return err
	}
	origin := "http://" + l.Addr().String()
	cfg := app.Config{DataDir: c.Data, DB: c.DB, Origin: origin, Version: version(), Demo: demoPages(), DemoClient: client, CallLimit: app.DefaultCallLimit}
	deps := env.deps()
	deps.Log = slog.New(slog.NewTextHandler(env.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})) // what is printed should stay in sight
	a, err := app.Open(env.Ctx, cfg, deps)
	if err != nil {
		return err
	}
	defer a.Close()
	c.say(env, origin, client)
	return a.Serve(env.Ctx, l)
}

func (c *demoCmd) loopbackOnly() error {
	host, _, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return fault.New(fault.Invalid, "--addr %s is not HOST:PORT, such as 127.0.0.1:8080.", c.Addr)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fault.New(fault.Invalid, "The demo's passwords are public, so it listens on this machine only: use --addr 127.0.0.1:8080. For a real installation use mandorla serve.")
	}
	return nil
}

// prepareFolder makes the folder, refuses one that holds something else, and with --reset removes what the demo made.
func (c *demoCmd) prepareFolder() error {
	marker := filepath.Join(c.Data, demoFile)
	_, markerErr := os.Stat(marker)
	ours := markerErr == nil
	if _, err := os.Stat(filepath.Join(c.Data, "mandorla.db")); err == nil && !ours {
		return fault.New(fault.Conflict, "The folder %s holds an installation that is not a demo. Choose another with --data DIR.", c.Data)
	}
	if c.Reset && ours {
		if c.DB != "" {
			return fault.New(fault.Invalid, "--reset works on the demo's own folder only. Empty the PostgreSQL database yourself, or use another.")
		}
		for _, name := range []string{"mandorla.db", "mandorla.db-wal", "mandorla.db-shm", demoFile} {
			if err := os.Remove(filepath.Join(c.Data, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
				return fault.Wrap(fault.Invalid, err, "The demo's data in %s cannot be removed: %v.", c.Data, cause(err))
			}
		}
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return fault.Wrap(fault.Invalid, err, "The folder %s cannot be made: %v. Choose another with --data DIR.", c.Data, cause(err))
	}
	return nil
}

// seed fills a database that has no tenant yet, and gives the client either way. The client's file is written first: a demo that was
// stopped in between has a file without a tenant and starts over.
func (c *demoCmd) seed(env *environment) (*app.DemoClient, error) {
	today := env.Now().UTC().Truncate(24 * time.Hour)
	deps := env.deps()
	deps.IDs = bytes.NewReader(demoIDs())
	deps.Now = func() time.Time { return today }
	a, err := app.Open(env.Ctx, app.Config{DataDir: c.Data, DB: c.DB}, deps)
	if err != nil {
		return nil, err
	}
	defer a.Close()
	tenants, err := a.Store.Tenants(env.Ctx)
	if err != nil {
		return nil, err
	}
	if len(tenants) > 0 {
		client, err := c.existing(env.Ctx, a)
		if err != nil {
			return nil, err
		}
		return client, demoSuper(env.Ctx, a)
	}
	client := &app.DemoClient{Demo: true, Login: demo.Carly.Email, Password: demo.Carly.Password}
	seeder := demo.Seeder{
		Tenants: a.Store, Registries: a.Schema, Gate: a.Gate, Identity: a.Identity, NewID: a.NewID, Today: today,
		Client: func(ctx context.Context, admin access.Principal) error {
			made, secret, err := a.OAuth.CreateClient(ctx, admin, demoClientInput())
			if err != nil {
				return fmt.Errorf("create the OAuth client: %w", err)
			}
			client.ID, client.Secret = made.ID, secret
			if err := a.Store.SetSetting(ctx, demoSetting, made.ID); err != nil {
				return err
			}
			if err := demoSuper(ctx, a); err != nil {
				return err
			}
			return c.writeClient(client)
		},
	}
	_, err = seeder.Seed(env.Ctx)
	return client, err
}

// demoSuper makes the account that sees the console. A demo that an older version made has none.
func demoSuper(ctx context.Context, a *app.App) error {
	_, err := a.Identity.AccountByEmail(ctx, demo.Super.Email)
	if !fault.Is(err, fault.NotFound) {
		return err
	}
	account, err := a.Identity.CreateAccount(ctx, identity.NewAccount{Email: demo.Super.Email, Password: demo.Super.Password, Operator: true})
	if err != nil {
		return fmt.Errorf("account of the super admin: %w", err)
	}
	return a.Identity.AppointSuper(ctx, account.ID, true)
}

// existing reads back what the first start wrote; a tenant that no demo made is refused.
func (c *demoCmd) existing(ctx context.Context, a *app.App) (*app.DemoClient, error) {
	if _, err := a.Store.Setting(ctx, demoSetting); err != nil {
		return nil, fault.Wrap(fault.Conflict, err, "The database holds an installation that is not a demo. Choose another with --data or --db.")
	}
	raw, err := os.ReadFile(filepath.Join(c.Data, demoFile))
	client := &app.DemoClient{}
	if err == nil {
		err = json.Unmarshal(raw, client)
	}
	if err != nil {
		return nil, fault.Wrap(fault.Invalid, err, "The demo's file %s cannot be read. Start over with --reset.", filepath.Join(c.Data, demoFile))
	}
	return client, nil
}

func (c *demoCmd) writeClient(client *app.DemoClient) error {
	raw, err := json.MarshalIndent(client, "", "  ")
	if err != nil {
		return err
	}
	path := filepath.Join(c.Data, demoFile)
	if err := os.WriteFile(path, append(raw, '\n'), 0o600); err != nil {
		return fault.Wrap(fault.Invalid, err, "The file %s cannot be written: %v.", path, cause(err))
	}
	return nil
}

// demoIDs is fixed "randomness", so that two demos of the same day have the same record ids. Secrets are made from real randomness.
func demoIDs() []byte {
	sum := sha256.Sum256([]byte("mandorla demo"))
	return sum[:]
}

func demoClientInput() oauth.ClientInput {
	set := access.Set{"Company": access.FullModel}
	for _, name := range []string{"End User", "Asset", "License", "Conversation", "Task", "User", "Team"} {
		set[name] = access.ModelPermission{Actions: access.View, View: access.AllProperties}
	}
	return oauth.ClientInput{
		Name: "Claude Connector", Description: "Mandorla customer platform connector for Claude", Kind: oauth.Confidential, Set: set,
		RedirectURIs: []string{
			"https://claude.ai/api/mcp/auth_callback", "https://claude.com/api/mcp/auth_callback",
			"http://127.0.0.1/callback", "http://localhost/callback",
			"http://localhost:6274/oauth/callback", "http://127.0.0.1:6276/oauth/callback", // MCP Inspector
		},
	}
}

func demoPages() *web.Demo {
	d := &web.Demo{Notice: "This is a demo on your own machine. Its passwords are public."}
	for _, p := range demo.Logins() {
		d.Logins = append(d.Logins, web.DemoLogin{Name: p.Name(), Role: p.Role, Email: p.Email, Password: p.Password})
	}
	return d
}

func (c *demoCmd) say(env *environment, origin string, client *app.DemoClient) {
	var b strings.Builder
	fmt.Fprintf(&b, "Mandorla demo: %s\n\n%-26s %-16s %s\n", origin, "Sign in as", "Role", "Password")
	for _, p := range demo.Logins() {
		fmt.Fprintf(&b, "%-26s %-16s %s\n", p.Email, p.Role, p.Password)
	}
	ask := "mandorla ask"
	if origin != "http://127.0.0.1:8080" {
		ask += " --server " + origin
	}
	fmt.Fprintf(&b, "\nMCP server  %s/v1/mcp\nClient ID   %s\nSecret      in %s\n", origin, client.ID, filepath.Join(c.Data, demoFile))
	fmt.Fprintf(&b, "\nFour things to try:\n")
	fmt.Fprintf(&b, "  1  %s \"List the Companies where Carly is the Owner\"\n", ask)
	fmt.Fprintf(&b, "  2  sign in as %s, open App Center, and look at what Claude Connector may do\n", demo.People[0].Email)
	fmt.Fprintf(&b, "  3  take \"View\" of Company away from it, save, and ask again\n")
	fmt.Fprintf(&b, "  4  sign in as %s: the console, for who operates the installation and is in no tenant\n\nready\n", demo.Super.Email)
	fmt.Fprint(env.Stdout, b.String())
}

// notDemo refuses to serve a demo's database as a real installation: everybody knows its passwords.
func notDemo(ctx context.Context, a *app.App) error {
	_, err := a.Store.Setting(ctx, demoSetting)
	switch {
	case err == nil:
		return fault.New(fault.Conflict, "This database belongs to a demo, whose passwords are public. Serve it with mandorla demo, or choose another with --data or --db.")
	case fault.Is(err, fault.NotFound):
		return nil
	default:
		return err
	}
}

// cause gives the last part of a file error: "permission denied".
func cause(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
