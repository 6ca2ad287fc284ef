package mcpserver

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/oauth"
	"mandorla/internal/record"
)

// refuseScope answers 403 insufficient_scope where client and role would allow a call now, but the authorization or the token's scope
// does not cover it: the client may then ask its person for more (step-up), and gets the call through. It names every scope of the
// operation in one challenge, and nothing has been done. A call that authorizing again would not help gets no such answer, since its
// client would ask its person again and again: it goes on, and the tool says what would have to change, or that there is no such thing.
//
// It looks at the body alone; the Mcp-Name header is no evidence.
func (s *Server) refuseScope(ctx context.Context, w http.ResponseWriter, r *http.Request, c *caller, env *envelope) bool {
	if env.method != "tools/call" || !env.isCall() {
		return false
	}
	t, ok := s.byName[env.name]
	if !ok || !t.has("model") {
		return false
	}
	start := s.opts.Now()
	in, err := t.check(env.args)
	if err != nil {
		return false // the tool answers the same
	}
	d, wide, ok := c.stepUp(ctx, t, in)
	if !ok {
		return false
	}
	asked := d.scopes(wide)
	message := s.whyStepUp(ctx, c, d, asked)
	if c.principal.Sides.Inclusive { // older clients ask for the scopes of the challenge alone, and would lose the rest
		asked = append(asked, oauth.ScopeInclusive)
	}
	w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer error="insufficient_scope", scope="%s", resource_metadata="%s"`,
		strings.Join(asked, " "), s.metadataURL(r.URL.Path)))
	env.writeError(w, http.StatusForbidden, codeForbidden, message)
	s.report(ctx, c, CallInfo{Tool: t.name, Model: d.view.Model.Name, Duration: s.opts.Now().Sub(start), Outcome: "forbidden"})
	return true
}

// whyStepUp says what the connection lacks: in the gate's words where it sees the model, else in scopes.
func (s *Server) whyStepUp(ctx context.Context, c *caller, d demand, asked []string) string {
	if have, ok := c.seen(ctx, d.view.Model.Name); ok && d.actions[have.Model.Name]&^have.Actions != 0 {
		message, _ := fault.Safe(s.opts.Gate.Refusal(ctx, c.principal, have.Model.Name, first(d.actions[have.Model.Name]&^have.Actions)))
		return message
	}
	return fmt.Sprintf("This connection was not authorized for this call, which takes %s. Connect again to allow it.", strings.Join(asked, ", "))
}

// seen finds a model that the connection may view.
func (c *caller) seen(ctx context.Context, name string) (record.ModelView, bool) {
	views, err := c.models(ctx)
	at := slices.IndexFunc(views, func(v record.ModelView) bool { return v.Model.Name == name && v.Actions&access.View != 0 })
	if err != nil || at < 0 {
		return record.ModelView{}, false
	}
	return views[at], true
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
