package mcpserver_test

import (
	"net/http"
	"os"
	"testing"
	"time"

	"mandorla/internal/mcpserver"
)

func TestZZServe(t *testing.T) {
	if os.Getenv("SERVE") == "" {
		t.Skip()
	}
	w := newWorld(t, func(o *mcpserver.Options) { o.Origin = "http://localhost:3999" })
	w.tokens["x"] = w.tokens["full"]
	h := w.server.Handler()
	srv := &http.Server{Addr: "127.0.0.1:3999", Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		r.Header.Set("Authorization", "Bearer full")
		h.ServeHTTP(rw, r)
	})}
	go srv.ListenAndServe()
	time.Sleep(240 * time.Second)
}
