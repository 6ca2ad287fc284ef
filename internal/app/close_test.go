package app_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"testing"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/app"
	"mandorla/internal/audit"
	"mandorla/internal/privateapp"
)

// What waits to be written when the server is stopped is written: the last calls, and the last use of a token.
func TestStopWritesTheLogs(t *testing.T) {
	l, err := app.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg := app.Config{DataDir: t.TempDir(), Origin: "http://" + l.Addr().String()}
	open := func() *app.App {
		t.Helper()
		a, err := app.Open(t.Context(), cfg, app.Deps{Now: time.Now, Rand: rand.Reader})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	a := open()
	tenant := a.NewID()
	if err := a.Store.CreateTenant(t.Context(), tenant, "Acme", "acme"); err != nil {
		t.Fatal(err)
	}
	operator := access.Principal{Tenant: tenant, Surface: access.SurfaceCommand}
	program, err := a.Apps.Create(t.Context(), operator, privateapp.Input{Name: "Portal sync"})
	if err != nil {
		t.Fatal(err)
	}
	_, token, err := a.Apps.NewToken(t.Context(), operator, program.ID, "x", 0)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- a.Serve(ctx, l) }()
	res, err := http.Get(cfg.Origin + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if _, err := a.Apps.Authenticate(t.Context(), token, access.SurfaceMCP); err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		a.Calls.Add(audit.Call{ID: fmt.Sprintf("%024x", i), Tenant: tenant, At: time.Now(), Tool: "who_am_i", Outcome: "ok"})
	}
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	a = open()
	calls, err := a.Store.Calls(t.Context(), audit.CallQuery{Tenant: tenant, Limit: 500})
	if err != nil || len(calls) != 100 {
		t.Errorf("%d calls, %v", len(calls), err)
	}
	if program, err = a.Apps.App(t.Context(), operator, program.ID); err != nil || program.UsedAt.IsZero() {
		t.Errorf("last use %v, %v", program.UsedAt, err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
}
