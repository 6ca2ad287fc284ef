package mcpserver

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/record"
)

// refuseScope answers 403 insufficient_scope where a call needs an action on a model that the connection can see but not use
// this way, so that a client may ask its person for more (step-up). It names every scope of the operation. A model or a tool that
// the connection does not reach at all gets no such answer: it goes on, and is answered like one that does not exist.
//
// It looks at the body alone; the Mcp-Name header is no evidence.
func (s *Server) refuseScope(ctx context.Context, w http.ResponseWriter, r *http.Request, c *caller, env *envelope) bool {
	if env.method != "tools/call" || !env.isCall() {
		return false
	}
	t, ok := s.byName[env.name]
	if !ok || t.needs == 0 {
		return false
	}
	start := s.opts.Now()
	view, ok := c.namedModel(ctx, env.args)
	if !ok || view.Actions&t.needs == t.needs {
		return false
	}
	message, _ := fault.Safe(s.opts.Gate.Refusal(ctx, c.principal, view.Model.Name, first(t.needs&^view.Actions)))
	w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer error="insufficient_scope", scope="%s", resource_metadata="%s"`,
		strings.Join(scopes(view, t.needs), " "), s.metadataURL(r.URL.Path)))
	env.writeError(w, http.StatusForbidden, codeForbidden, message)
	s.report(ctx, c, CallInfo{Tool: t.name, Model: view.Model.Name, Duration: s.opts.Now().Sub(start), Outcome: "forbidden"})
	return true
}

// namedModel finds the visible model that the call's arguments name.
func (c *caller) namedModel(ctx context.Context, args json.RawMessage) (record.ModelView, bool) {
	in, bad := decodeArguments(args)
	if bad != nil {
		return record.ModelView{}, false
	}
	name, ok := in["model"].(string)
	if !ok {
		return record.ModelView{}, false
	}
	views, err := c.models(ctx)
	if err != nil {
		return record.ModelView{}, false // the tool will meet the same error and answer it
	}
	return findModel(views, name)
}

// first gives one of the actions: the refusal of the first is the one that is told.
func first(a access.Action) access.Action {
	for _, one := range access.Actions {
		if a&one != 0 {
			return one
		}
	}
	return 0
}

// scopes spells actions as scopes, "companies:view".
func scopes(view record.ModelView, actions access.Action) []string {
	var out []string
	for _, a := range access.Actions {
		if actions&a != 0 {
			out = append(out, view.Model.Route+":"+a.String())
		}
	}
	return out
}

// report tells the hook about a call that has ended.
func (s *Server) report(ctx context.Context, c *caller, info CallInfo) {
	info.Principal, info.UserAgent, info.IP = c.principal, c.agent, c.ip
	info.Duration = max(info.Duration, 0).Round(time.Microsecond)
	s.log.InfoContext(ctx, "mcp call", "tool", info.Tool, "model", info.Model, "outcome", info.Outcome, "rows", info.Rows, "bytes", info.Bytes,
		"duration", info.Duration, "person", c.principal.Person, "client", c.principal.Client)
	if s.opts.OnCall != nil {
		s.opts.OnCall(ctx, info)
	}
}
