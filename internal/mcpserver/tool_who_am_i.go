package mcpserver

import (
	"context"
	"encoding/json"

	"mandorla/internal/access"
)

func toolWhoAmI() *tool {
	return &tool{
		name: "who_am_i", title: "Who am I",
		doc: "Says who is connected, to which tenant, through which app, what time it is there, and what this connection may do with " +
			"each model. Answers reach exactly that far: fewer records than expected usually means that the others are out of reach.",
		hints: hintsRead,
		output: []argument{
			{name: "person", form: formObject}, {name: "tenant", form: formObject}, {name: "app", form: formObject},
			{name: "now", form: formText}, {name: "reach", form: formObjects, doc: "Per role: which rows it reaches."},
			{name: "models", form: formObjects, doc: "Per model: the actions allowed."},
		},
		run: runWhoAmI,
	}
}

func runWhoAmI(ctx context.Context, c *caller, _ arguments) (*answer, error) {
	views, err := c.models(ctx)
	if err != nil {
		return nil, err
	}
	p := c.principal
	models := []object{}
	for _, v := range views {
		models = append(models, object{{"name", v.Model.Name}, {"actions", actionNames(v.Actions)}})
	}
	reach := []object{}
	for _, l := range p.Lanes {
		reach = append(reach, object{{"role", l.Role}, {"rows", l.Portfolio.Reach()}})
	}
	var out object
	if p.Person != "" {
		out = append(out, member{"person", object{{"_id", p.Person}, {"name", p.PersonName}, {"email", p.Email}}})
	}
	out = append(out, member{"tenant", object{{"name", p.TenantName}}})
	switch {
	case p.Client != "":
		out = append(out, member{"app", object{{"name", p.ClientName}}})
	case p.PrivateApp != "":
		out = append(out, member{"app", object{{"name", p.PrivateAppName}, {"private", true}}})
	}
	return newAnswer(append(out,
		member{"now", c.server.opts.Now().UTC().Format("2006-01-02T15:04:05Z")},
		member{"reach", reach}, member{"models", models}))
}

func actionNames(a access.Action) []string {
	out := []string{}
	for _, one := range access.Actions {
		if a&one != 0 {
			out = append(out, one.String())
		}
	}
	return out
}

// WhoAmI gives what who_am_i answers to a connection of this principal, as JSON. It is no call: nothing is logged.
func (s *Server) WhoAmI(ctx context.Context, p access.Principal) (json.RawMessage, error) {
	a, err := runWhoAmI(ctx, &caller{server: s, principal: p}, nil)
	if err != nil {
		return nil, err
	}
	return a.doc, nil
}
