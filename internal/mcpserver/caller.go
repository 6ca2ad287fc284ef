package mcpserver

import (
	"context"
	"net/http"
	"sync"

	"mandorla/internal/access"
	"mandorla/internal/record"
)

// caller is who sent the request, on the way from the HTTP side to the tools. The SDK hands the request's context on to its
// handlers, and a stateless server makes a session of its own for each request, so one caller's context never serves another.
type caller struct {
	server    *Server
	principal access.Principal
	agent     string
	ip        string

	once  sync.Once
	views []record.ModelView
	err   error
}

type callerKey struct{}

func (s *Server) callerFor(r *http.Request, p access.Principal) *caller {
	return &caller{server: s, principal: p, agent: clip(r.UserAgent(), 200), ip: s.opts.ClientIP(r)}
}

// callID gives a call its name in the call log, "" where none is kept.
func (s *Server) callID() string {
	if s.opts.NewID == nil {
		return ""
	}
	return s.opts.NewID()
}

// callerOf gives the request's caller; without one nothing may be answered.
func callerOf(ctx context.Context) (*caller, bool) {
	c, ok := ctx.Value(callerKey{}).(*caller)
	return c, ok
}

// models gives the models the principal reaches, asked for once per request.
func (c *caller) models(ctx context.Context) ([]record.ModelView, error) {
	c.once.Do(func() { c.views, c.err = c.server.opts.Gate.Models(ctx, c.principal) })
	return c.views, c.err
}

// recordURL is the page of a record.
func (c *caller) recordURL(route, id string) string {
	return c.server.opts.Origin + "/data/" + route + "/" + id
}
