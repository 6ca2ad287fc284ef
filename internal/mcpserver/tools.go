package mcpserver

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime/debug"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/record"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// tool is one declared tool: everything a client is told and everything a call is checked against.
type tool struct {
	name  string
	title string
	// doc is the description without its example. It says what the tool does and how to use it, never what to do next.
	doc string
	// example gives arguments that are right for this principal, in terms of a model it reaches; nil: none.
	example func(views []record.ModelView, view record.ModelView) map[string]any
	// needs is what must be allowed on a model for the tool to apply to it; 0: the tool is for everyone.
	needs access.Action
	// anyModel hides a tool without needs from who reaches no model.
	anyModel  bool
	arguments []argument
	output    []argument // members of the answer, for its schema
	hints     hints
	run       func(ctx context.Context, c *caller, in arguments) (*answer, error)
}

// hints are the annotations; all four are always sent, since the protocol's defaults are the unsafe ones.
type hints struct{ readOnly, destructive, idempotent bool }

var (
	hintsRead   = hints{readOnly: true, idempotent: true}
	hintsCreate = hints{}
	hintsUpdate = hints{destructive: true, idempotent: true}
	hintsDelete = hints{destructive: true, idempotent: true}
)

// allTools lists the tools in the order clients see them: reads first.
func allTools() []*tool {
	return []*tool{
		toolWhoAmI(),
		toolListModels(),
		toolDescribeModel(),
		toolListRecords(),
		toolGetRecord(),
		toolCreateRecord(),
		toolUpdateRecord(),
		toolDeleteRecord(),
	}
}

// reaches gives the models the tool applies to, among those that the principal reaches.
func (t *tool) reaches(views []record.ModelView) []record.ModelView {
	var out []record.ModelView
	for _, v := range views {
		if v.Actions&t.needs == t.needs {
			out = append(out, v)
		}
	}
	return out
}

// shown reports whether the principal may use the tool at all.
func (t *tool) shown(views []record.ModelView) bool {
	return t.needs == 0 && !t.anyModel || len(t.reaches(views)) > 0
}

// ToolInfo is a tool as one principal's connection is told of it.
type ToolInfo struct {
	Name, Title, Description string
	ReadOnly                 bool
	InputSchema              json.RawMessage
}

// Tools gives what tools/list answers to a connection of this principal.
func (s *Server) Tools(ctx context.Context, p access.Principal) ([]ToolInfo, error) {
	views, err := s.opts.Gate.Models(ctx, p)
	if err != nil {
		return nil, err
	}
	var out []ToolInfo
	for _, t := range s.shown(views) {
		schema, err := json.Marshal(t.InputSchema)
		if err != nil {
			return nil, fmt.Errorf("schema of %s: %w", t.Name, err)
		}
		out = append(out, ToolInfo{Name: t.Name, Title: t.Title, Description: t.Description, ReadOnly: t.Annotations.ReadOnlyHint, InputSchema: schema})
	}
	return out, nil
}

// shown describes the tools that apply to what somebody reaches.
func (s *Server) shown(views []record.ModelView) []*mcp.Tool {
	out := []*mcp.Tool{}
	for _, t := range s.tools {
		if t.shown(views) {
			out = append(out, t.describe(views))
		}
	}
	return out
}

// middleware makes the one shared server answer each principal with its own tools.
func (s *Server) middleware(next mcp.MethodHandler) mcp.MethodHandler {
	return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
		switch method {
		case "tools/list":
			return s.listTools(ctx, method, req, next)
		case "tools/call":
			if err := s.refuseHidden(ctx, req); err != nil {
				return nil, err
			}
		}
		return next(ctx, method, req)
	}
}

func (s *Server) listTools(ctx context.Context, method string, req mcp.Request, next mcp.MethodHandler) (mcp.Result, error) {
	res, err := next(ctx, method, req)
	if err != nil {
		return nil, err
	}
	list, ok := res.(*mcp.ListToolsResult)
	if !ok {
		return nil, internalError()
	}
	c, ok := callerOf(ctx)
	if !ok {
		return nil, internalError()
	}
	views, err := c.models(ctx)
	if err != nil {
		s.log.ErrorContext(ctx, "list tools", "error", err)
		return nil, internalError()
	}
	list.Tools = s.shown(views)
	return list, nil
}

// refuseHidden answers a call of a tool that the principal may not use exactly like one of a tool that does not exist. About a model that
// is seen, the tool itself says which side refuses.
func (s *Server) refuseHidden(ctx context.Context, req mcp.Request) error {
	params, ok := req.GetParams().(*mcp.CallToolParamsRaw)
	c, there := callerOf(ctx)
	if !ok || !there {
		return internalError()
	}
	views, err := c.models(ctx)
	if err != nil {
		s.log.ErrorContext(ctx, "find tool", "error", err)
		return internalError()
	}
	if t, ok := s.byName[params.Name]; ok {
		view, named := c.namedModel(ctx, params.Arguments)
		if t.shown(views) || named && view.Actions&access.View != 0 {
			return nil
		}
	}
	s.report(ctx, c, CallInfo{Tool: clip(params.Name, 64), Outcome: "unknown_tool"})
	return &jsonrpc.Error{Code: codeInvalidParams, Message: fmt.Sprintf("Unknown tool %q.", clip(params.Name, 64))}
}

func internalError() error {
	msg, _ := fault.Safe(nil)
	return &jsonrpc.Error{Code: -32603, Message: msg}
}

// handle gives the SDK's handler for a tool: check the arguments, run, answer, report.
func (s *Server) handle(t *tool) mcp.ToolHandler {
	return func(ctx context.Context, req *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		c, ok := callerOf(ctx)
		if !ok {
			return nil, internalError()
		}
		start := s.opts.Now()
		ctx, cancel := context.WithTimeout(ctx, s.opts.CallTimeout)
		defer cancel()
		a, err := s.call(ctx, t, c, req.Params.Arguments)
		info := CallInfo{Tool: t.name, Outcome: "ok"}
		if err != nil {
			if fault.Is(err, fault.Internal) {
				s.log.ErrorContext(ctx, "mcp call failed", "tool", t.name, "error", err)
			}
			info.Outcome = fault.KindOf(err).String()
			a = failure(t, err)
			if view, named := c.namedModel(ctx, req.Params.Arguments); named {
				a.model = view.Model.Name
			}
		}
		info.Model, info.Record, info.Rows, info.Bytes = a.model, a.record, a.rows, len(a.doc)
		info.Duration = s.opts.Now().Sub(start)
		s.report(ctx, c, info)
		return &mcp.CallToolResult{
			StructuredContent: json.RawMessage(a.doc),
			Content:           []mcp.Content{&mcp.TextContent{Text: string(a.doc)}},
			IsError:           err != nil,
		}, nil
	}
}

// call runs the tool. The SDK runs handlers on goroutines of its own, where a panic would end the process.
func (s *Server) call(ctx context.Context, t *tool, c *caller, raw json.RawMessage) (a *answer, err error) {
	defer func() {
		if p := recover(); p != nil {
			a, err = nil, fmt.Errorf("tool %s: panic: %v\n%s", t.name, p, debug.Stack())
		}
	}()
	in, err := t.check(raw)
	if err != nil {
		return nil, err
	}
	if name, ok := in["model"].(string); ok {
		views, err := c.models(ctx)
		if err != nil {
			return nil, err
		}
		// A name that fits no visible model goes to the gate as it is, for its answer.
		if view, found := findModel(views, name); found {
			in["model"] = view.Model.Name
		}
	}
	if a, err = t.run(ctx, c, in); err != nil && ctx.Err() != nil {
		err = fault.Wrap(fault.Unavailable, err, "This took too long and was stopped. Ask for less: a narrower filter, fewer properties, a smaller limit.")
	}
	return a, err
}
