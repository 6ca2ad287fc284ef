// Package explain owns questions about permissions as people put them ("can Carly through Claude update arr of Acme?"): it reads
// them, finds whom and what they mean, and asks the gate.
//
// It decides nothing: the verdict is access's and record's, principals come from identity, oauth and privateapp. Package web and the command line
// call it.
package explain

import (
	"context"
	"fmt"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/model"
	"mandorla/internal/oauth"
	"mandorla/internal/privateapp"
	"mandorla/internal/record"
)

// Service answers. All fields are required. Safe for concurrent use.
type Service struct {
	Gate       *record.Service
	Identity   *identity.Service
	OAuth      *oauth.Service
	Apps       *privateapp.Service
	Registries record.Registries
}

// Asked is a question in people's words. Names may be ids, names or, for people, e-mail addresses.
type Asked struct {
	Person   string // or a private app
	Client   string // "": directly
	Action   string
	Model    string
	Property string // "": the model as such
	Record   string // "": some record
	// Object says model, property and record in one, such as "arr of Acme"; the three are then empty.
	Object string
}

// Named is something with an id.
type Named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Answer is whether, and why. Its JSON is the interface for programs.
type Answer struct {
	Question  string   `json:"question"`
	Answer    string   `json:"answer"` // one sentence
	Allowed   bool     `json:"allowed"`
	Person    *Named   `json:"person,omitempty"`
	App       *Named   `json:"private_app,omitempty"` // in place of a person
	Client    *Named   `json:"client,omitempty"`
	Connected *bool    `json:"connected,omitempty"` // through a client: whether there is a living connection
	Action    string   `json:"action"`
	Model     string   `json:"model"`
	Property  string   `json:"property,omitempty"`
	Record    *Named   `json:"record,omitempty"`
	Reasons   []Reason `json:"reasons"`
	Changes   []string `json:"changes"` // what would have to change, in order

	Subject access.Principal `json:"-"` // of whom it speaks
}

// Reason is what one side says.
type Reason struct {
	access.Reason
	Decides  bool   `json:"decides"`
	Sentence string `json:"sentence"`
}

// Ask answers a question. Administrators and the operator may ask about everybody in their tenant, others about themselves. What is
// not found or fits several things is a fault whose message lists what there is.
func (s *Service) Ask(ctx context.Context, asker access.Principal, asked Asked) (*Answer, error) {
	reg, err := s.Registries.Registry(ctx, asker.Tenant, asker.RegistryVersion)
	if err != nil {
		return nil, fmt.Errorf("take registry: %w", err)
	}
	f := &finder{s: s, asker: asker, reg: reg}
	action, ok := ActionOf(asked.Action)
	if !ok {
		return nil, fault.BadField("action", "is one of view, create, update, remove and export.")
	}
	out := &Answer{Action: action.String()}
	if err := f.who(ctx, asked.Person, asked.Client == "", out); err != nil {
		return nil, err
	}
	if err := s.subject(ctx, f, asked.Client, out); err != nil {
		return nil, err
	}
	q, err := f.question(ctx, asked, action)
	if err != nil {
		return nil, err
	}
	got, err := s.Gate.Explain(ctx, asker, out.Subject, q)
	if err != nil {
		return nil, err
	}
	out.fill(got)
	return out, nil
}

// subject finds the client, and makes the principal that the question is about.
func (s *Service) subject(ctx context.Context, f *finder, client string, out *Answer) (err error) {
	if out.Person == nil || out.Person.ID != f.asker.Person {
		if err := identity.MayManage(f.asker, f.asker.Tenant); err != nil {
			return err
		}
	}
	if out.App != nil {
		out.Subject, err = s.Apps.Principal(ctx, f.asker, out.App.ID, access.SurfaceREST)
		return err
	}
	if client == "" {
		out.Subject, err = s.Identity.PrincipalFor(ctx, f.asker.Tenant, out.Person.ID, f.asker.Surface)
		if fault.Is(err, fault.NotFound) {
			err = fault.New(fault.NotFound, "%s has no account in force here, and so reaches nothing.", out.Person.Name)
		}
		return err
	}
	found, err := f.client(ctx, client)
	if err != nil {
		return err
	}
	p, connected, err := s.OAuth.Through(ctx, f.asker, found.ID, out.Person.ID, access.SurfaceMCP)
	if err != nil {
		return err
	}
	out.Client, out.Connected, out.Subject = &found, &connected, p
	return nil
}

// Who gives the person or private app.
func (a *Answer) Who() Named {
	if a.App != nil {
		return *a.App
	}
	return *a.Person
}

// fill takes over what the gate said, and puts it in sentences.
func (a *Answer) fill(got *record.Answer) {
	a.Allowed, a.Model, a.Changes = got.Allowed, got.Model.Name, got.Changes()
	if a.Changes == nil {
		a.Changes = []string{}
	}
	for _, p := range got.Properties {
		a.Property = p.Name
	}
	if got.Record != "" {
		a.Record = &Named{ID: got.Record, Name: got.Title}
	}
	for _, r := range got.Reasons {
		a.Reasons = append(a.Reasons, Reason{Reason: r, Decides: got.Decides(r), Sentence: r.Label() + " " + r.Text + "."})
	}
	who := a.Who().Name
	if a.Client != nil {
		who += " through " + a.Client.Name
	}
	act := a.act(got)
	within := ""
	if bounded(got) {
		within = ", within the portfolio"
	}
	a.Question = fmt.Sprintf("May %s %s?", who, act)
	switch {
	case !a.Allowed:
		a.Answer = fmt.Sprintf("No, %s may not %s.", who, act)
	case a.Connected != nil && !*a.Connected:
		a.Answer = fmt.Sprintf("Yes, once connected: %s may %s%s.", who, act, within)
	default:
		a.Answer = fmt.Sprintf("Yes, %s may %s%s.", who, act, within)
	}
}

// bounded reports whether the answer is about some rows only: no record was named and no role reaches all.
func bounded(got *record.Answer) bool {
	portfolios, all := 0, false
	for _, r := range got.Reasons {
		if r.Side == access.SidePortfolio {
			portfolios++
			all = all || r.Portfolio.Kind == access.KindFull
		}
	}
	return got.Record == "" && portfolios > 0 && !all
}

// act says what is asked for, of the record where there is one.
func (a *Answer) act(got *record.Answer) string {
	if a.Record == nil {
		return access.Act(got.Model, got.Action, got.Properties)
	}
	name := a.Record.Name
	if name == "" {
		name = strings.ToLower(got.Model.Label) + " " + a.Record.ID
	}
	if a.Property == "" || got.Action == access.Remove {
		return a.Action + " " + name
	}
	return fmt.Sprintf("%s %s of %s", a.Action, a.Property, name)
}

// verbs are the words for the actions.
var verbs = map[string]access.Action{
	"view": access.View, "see": access.View, "read": access.View, "list": access.View, "open": access.View, "find": access.View,
	"create": access.Create, "add": access.Create, "make": access.Create,
	"update": access.Update, "change": access.Update, "edit": access.Update, "set": access.Update, "write": access.Update,
	"remove": access.Remove, "delete": access.Remove,
	"export": access.Export, "download": access.Export,
}

// ActionOf reads a verb.
func ActionOf(word string) (access.Action, bool) {
	a, ok := verbs[strings.ToLower(strings.TrimSpace(word))]
	return a, ok
}

// propertyOf finds a property by its name or label.
func propertyOf(m *model.Model, words string) (*model.Property, bool) {
	if p, ok := m.Property(words); ok {
		return p, true
	}
	for _, p := range m.Props() {
		if same(p.Name, words) || same(p.DisplayLabel(), words) {
			return p, true
		}
	}
	return nil, false
}

// modelOf finds a model by its name, route, label or plural.
func modelOf(reg *model.Registry, words string) (*model.Model, bool) {
	if m, ok := reg.Model(words); ok {
		return m, true
	}
	for _, m := range reg.Models() {
		if same(m.Label, words) || same(m.Plural, words) {
			return m, true
		}
	}
	return nil, false
}

func same(a, b string) bool {
	return strings.EqualFold(strings.Join(strings.Fields(a), " "), strings.Join(strings.Fields(b), " "))
}
