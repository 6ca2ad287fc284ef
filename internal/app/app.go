// Package app is the composition root: it opens the store, makes every service and surface, and gives one http.Handler. The
// command line, the end-to-end tests and the benchmarks all start the product here, so what they run is what people get.
package app

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"path/filepath"
	"strings"
	"time"

	"mandorla/internal/audit"
	"mandorla/internal/catalog"
	"mandorla/internal/console"
	"mandorla/internal/customfield"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/mail"
	"mandorla/internal/mcpserver"
	"mandorla/internal/model"
	"mandorla/internal/oauth"
	"mandorla/internal/outbound"
	"mandorla/internal/people"
	"mandorla/internal/privateapp"
	"mandorla/internal/record"
	"mandorla/internal/schema"
	"mandorla/internal/store/postgres"
	"mandorla/internal/store/sqlite"
	"mandorla/internal/store/sqlstore"
	"mandorla/internal/web"
)

// Config is what an operator chooses.
type Config struct {
	DataDir string // folder of the SQLite file; made where it is missing
	DB      string // PostgreSQL DSN; "": SQLite
	Origin  string // of the server as browsers and clients see it; "" where nothing is served

	SMTP           string         // address of the mail server, as mail.ParseServer reads it; "": no mail is sent
	MailFrom       string         // address that mail comes from; required with SMTP
	TrustedProxies []netip.Prefix // whose X-Forwarded-For is believed; see ParseProxies

	AccessLife time.Duration // of access tokens; 0: 8 hours
	CallLimit  int           // calls that one person through one client, or one private app, may make in ten seconds; 0: no limit
	Version    string        // of the product, told to MCP clients
	Demo       *web.Demo     // marks a demo installation; nil otherwise
	DemoClient *DemoClient   // what demo mode tells `mandorla ask` on this machine; nil otherwise
}

// Deps are the application's ties to the world outside. Now and Rand are required.
type Deps struct {
	Now  func() time.Time
	Rand io.Reader    // cryptographic randomness
	IDs  io.Reader    // what record ids are made from; nil: Rand
	Log  *slog.Logger // nil: nothing is logged
	// Outbound asks addresses that strangers gave; nil: the guarded one.
	Outbound *http.Client
}

// DefaultCallLimit is far above what an assistant does and far below what one machine answers.
const DefaultCallLimit = 200

// App is a running installation.
type App struct {
	Store    *sqlstore.Store
	Schema   *schema.Service
	Fields   *customfield.Service // custom fields
	Gate     *record.Service
	Identity *identity.Service
	OAuth    *oauth.Service
	Apps     *privateapp.Service // private apps
	People   *people.Service
	Calls    *audit.Calls
	Console  *console.Service
	NewID    func() string

	cfg   Config
	deps  Deps
	pace  *identity.Pace
	mails *mail.Queue // nil where no mail is sent
}

// Open opens or creates the database and makes the services. The caller closes the App.
func Open(ctx context.Context, cfg Config, deps Deps) (*App, error) {
	if deps.Log == nil {
		deps.Log = slog.New(slog.DiscardHandler)
	}
	if deps.IDs == nil {
		deps.IDs = deps.Rand
	}
	if deps.Outbound == nil {
		deps.Outbound = outbound.New(nil)
	}
	ids, err := model.NewIDs(deps.Now, deps.IDs)
	if err != nil {
		return nil, err
	}
	base, err := model.New(catalog.Models(), nil)
	if err != nil {
		return nil, fmt.Errorf("catalog: %w", err)
	}
	st, err := openStore(ctx, cfg, base, ids.New)
	if err != nil {
		return nil, err
	}
	a := &App{Store: st, NewID: ids.New, cfg: cfg, deps: deps}
	if err := a.services(ctx); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return a, nil
}

func openStore(ctx context.Context, cfg Config, base *model.Registry, newID func() string) (*sqlstore.Store, error) {
	switch {
	case cfg.DB == "":
		return sqlite.Open(ctx, filepath.Join(cfg.DataDir, "mandorla.db"), base, newID)
	case strings.HasPrefix(cfg.DB, "postgres://"), strings.HasPrefix(cfg.DB, "postgresql://"):
		return postgres.Open(ctx, cfg.DB, base, newID)
	default:
		return nil, fault.New(fault.Invalid, "The database address must begin with postgres://, as in postgres://user:password@host:5432/name. Leave --db out for SQLite.")
	}
}

func (a *App) services(ctx context.Context) error {
	key, err := a.installationKey(ctx, "cursor_key")
	if err != nil {
		return err
	}
	if a.Schema, err = schema.New(a.Store, catalog.Models(), a.NewID); err != nil {
		return err
	}
	device, err := a.installationKey(ctx, "device_key")
	if err != nil {
		return err
	}
	a.Identity = identity.New(identity.Options{
		Store: a.Store, Registries: a.Schema, Now: a.deps.Now, Rand: a.deps.Rand, NewID: a.NewID, Log: a.deps.Log, DeviceKey: device,
	})
	a.Apps = privateapp.New(privateapp.Options{Store: a.Store, Registries: a.Schema, Now: a.deps.Now, Rand: a.deps.Rand, NewID: a.NewID, Log: a.deps.Log})
	a.Calls = &audit.Calls{Store: a.Store, Now: a.deps.Now, Log: a.deps.Log}
	a.Gate = record.New(record.Options{
		Store: a.Store, Registries: a.Schema, Now: a.deps.Now, NewID: a.NewID, CursorKey: key, Guard: a.Identity.Guard,
	})
	a.Fields = customfield.New(customfield.Options{Store: a.Store, Schema: a.Schema, Identity: a.Identity, Gate: a.Gate, Now: a.deps.Now})
	if a.cfg.CallLimit < 0 {
		return fault.New(fault.Invalid, "The limit of calls must not be negative. 0 is no limit.")
	}
	a.pace = identity.NewPace(a.deps.Now, a.cfg.CallLimit)
	origin := a.cfg.Origin
	if origin == "" {
		origin = "http://127.0.0.1" // nothing is served: only stored things are worked on
	}
	a.OAuth, err = oauth.New(oauth.Options{
		Store: a.Store, Identity: a.Identity, Registry: a.Schema.Base(), Origin: origin,
		Now: a.deps.Now, Rand: a.deps.Rand, NewID: a.NewID, Log: a.deps.Log, Outbound: a.deps.Outbound, AccessLifetime: a.cfg.AccessLife,
		ClientIP: clientIP(a.cfg.TrustedProxies), Pace: a.pace,
	})
	if err != nil {
		return err
	}
	if err := a.people(origin); err != nil {
		return err
	}
	a.Console, err = console.New(console.Options{
		Store: a.Store, Identity: a.Identity, OAuth: a.OAuth, Gate: a.Gate, People: a.People, Base: a.Schema.Base(), Now: a.deps.Now, NewID: a.NewID,
	})
	return err
}

// people makes what invites people, with a mail server where one is named.
func (a *App) people(origin string) error {
	o := people.Options{Gate: a.Gate, Identity: a.Identity, Origin: origin, Now: a.deps.Now, Log: a.deps.Log}
	if a.cfg.SMTP != "" {
		server, err := mail.ParseServer(a.cfg.SMTP)
		if err != nil {
			return err
		}
		sender, err := mail.New(mail.Options{Server: server, From: a.cfg.MailFrom, Now: a.deps.Now})
		if err != nil {
			return err
		}
		a.mails = mail.NewQueue()
		o.Mailer, o.Queue = sender, a.mails
	}
	a.People = people.New(o)
	return nil
}

// installationKey gives 32 secret bytes that stay the same for the life of the database, on every replica.
func (a *App) installationKey(ctx context.Context, name string) ([]byte, error) {
	fresh := make([]byte, 32)
	if _, err := io.ReadFull(a.deps.Rand, fresh); err != nil {
		return nil, fmt.Errorf("read randomness: %w", err)
	}
	kept, err := a.Store.EnsureSetting(ctx, name, hex.EncodeToString(fresh))
	if err != nil {
		return nil, fmt.Errorf("read setting %s: %w", name, err)
	}
	return hex.DecodeString(kept)
}

// Close writes what is still held back and closes the database.
func (a *App) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return errors.Join(a.OAuth.Flush(ctx), a.Apps.Flush(ctx), a.Calls.Flush(ctx), a.Store.Close())
}

// Handler gives everything that is served: pages with cookies, and beside them the addresses for programs, which read none.
func (a *App) Handler() (http.Handler, error) {
	mcp, err := mcpserver.New(mcpserver.Options{
		Gate: a.Gate, Authenticator: mcpTokens{a.OAuth, a.Apps}, Origin: a.cfg.Origin, Now: a.deps.Now, NewID: a.NewID,
		Logger: a.deps.Log, Version: a.cfg.Version, OnCall: a.logCall, Pace: a.pace, ClientIP: clientIP(a.cfg.TrustedProxies),
	})
	if err != nil {
		return nil, err
	}
	pages, err := web.New(web.Options{
		Gate: a.Gate, Identity: a.Identity, OAuth: a.OAuth, Apps: a.Apps, Fields: a.Fields, Calls: a.Calls, People: a.People, Console: a.Console,
		Registries: a.Schema, Origin: a.cfg.Origin,
		Now: a.deps.Now, Logger: a.deps.Log, Demo: a.cfg.Demo, Tools: toolsOf(mcp), ClientIP: clientIP(a.cfg.TrustedProxies),
	})
	if err != nil {
		return nil, err
	}
	front, err := newFront(a.cfg.Origin, pages, a.deps.Log)
	if err != nil {
		return nil, err
	}
	for _, route := range a.OAuth.Routes() {
		front.program(route.Path, route.Handler)
	}
	for _, path := range []string{"/v1/mcp", "/mcp"} {
		front.program(path, mcp.Handler())
	}
	front.mux.HandleFunc("GET /healthz", a.health) // under any name: what watches a server asks it by its address
	if a.cfg.DemoClient != nil {
		front.program("GET /demo.json", a.cfg.DemoClient)
	}
	return front, nil
}

// health answers 200 where the database answers.
func (a *App) health(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if _, err := a.Store.Tenants(r.Context()); err != nil {
		a.deps.Log.Error("health", "error", err)
		http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ok")
}
