package record

import (
	"context"
	"fmt"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/model"
	"mandorla/internal/query"
)

// Question asks whether a principal may do one thing, to one record where it is named.
type Question struct {
	access.Question
	Record string // _id; "": on some row
}

// Answer is what the gate would do, and why. Where a record was asked about, the reasons say whether each role reaches it.
type Answer struct {
	access.Verdict
	Action     access.Action
	Model      *model.Model
	Properties []*model.Property
	Record     string
	Title      string // of the record, as the asker may read it
}

// Explain says whether the subject may do something and which side decides. Administrators who act directly, and the operator, may ask
// about anybody of their tenant, in full; everybody else about themselves only, and is told no more than they may know: what the asker
// may not see is unknown. The caller has made sure that both are of one tenant.
func (s *Service) Explain(ctx context.Context, asker, subject access.Principal, q Question) (*Answer, error) {
	full := asker.Admin && asker.Direct()
	if asker.Tenant != subject.Tenant || !full && !sameOne(asker, subject) {
		return nil, fault.New(fault.NotFound, "There is nobody here of whom you may ask this.")
	}
	r, err := s.begin(ctx, asker)
	if err != nil {
		return nil, err
	}
	of, err := s.begin(ctx, subject)
	if err != nil {
		return nil, err
	}
	e := &explanation{s: s, asker: r, of: of, full: full}
	if err := e.names(q); err != nil {
		return nil, err
	}
	e.answer.Verdict = subject.Explain(of.Registry(), e.question())
	if q.Record != "" {
		if err := e.record(ctx, q); err != nil {
			return nil, err
		}
	}
	return &e.answer, nil
}

// sameOne reports whether both are the same person, through whatever, or the same program.
func sameOne(a, b access.Principal) bool {
	return a.Person != "" && a.Person == b.Person || a.PrivateApp != "" && a.PrivateApp == b.PrivateApp
}

// explanation is one question about somebody, as somebody else may hear the answer.
type explanation struct {
	s      *Service
	asker  *request
	of     *request
	full   bool // the asker may know all of the subject's permissions
	answer Answer
}

func (e *explanation) question() access.Question {
	q := access.Question{Model: e.answer.Model.Name, Action: e.answer.Action}
	for _, p := range e.answer.Properties {
		q.Properties = append(q.Properties, p.Name)
	}
	return q
}

// names finds model and properties, as far as the asker may know of them.
func (e *explanation) names(q Question) error {
	e.answer.Action = q.Action
	if q.Action.String() == "" || strings.Contains(q.Action.String(), ",") {
		return fault.BadField("action", "is one of %s.", access.AllActions)
	}
	var err error
	if m, ok := e.of.Registry().Model(q.Model); ok && e.full {
		e.answer.Model = m
	} else if e.answer.Model, err = e.asker.model(q.Model, q.Action == access.Create); err != nil {
		return err
	}
	for _, name := range q.Properties {
		m := e.answer.Model
		p, ok := m.Property(name)
		if !ok || !e.full && !e.asker.known(m, p, q.Action) {
			return e.asker.Unknown(m, name, name)
		}
		e.answer.Properties = append(e.answer.Properties, p)
	}
	return nil
}

// record looks at the row: whether it is there for the asker, and which roles of the subject reach it.
func (e *explanation) record(ctx context.Context, q Question) error {
	m, id := e.answer.Model, strings.ToLower(q.Record)
	if q.Action == access.Create {
		return fault.BadField("record", "is not there before it is created; ask about the model alone.")
	}
	if err := e.s.visible(ctx, e.asker, m, q.Record); err != nil {
		return err
	}
	title, err := e.s.title(ctx, e.asker, m, id)
	if err != nil {
		return err
	}
	e.answer.Record, e.answer.Title = id, title
	rows, bySets := e.of.Allowed(m, q.Action, e.answer.Properties)
	if e.answer.Allowed, err = e.s.reaches(ctx, e.of, m, id, rows); err != nil {
		return err
	}
	if err := e.portfolios(ctx, bySets); err != nil || !bySets {
		return err
	}
	if !e.answer.Allowed && e.answer.Holds() {
		// One role may write here and another one shows the property elsewhere only.
		e.answer.Reasons = append(e.answer.Reasons, access.Reason{
			Side: access.SideProperty, Name: strings.Join(e.question().Properties, ", "), Text: "may not be seen on " + e.this() + ", and what may not be seen cannot be written",
			Fix: "Let one and the same role show and change it.",
		})
	}
	return nil
}

// this names the record to people.
func (e *explanation) this() string {
	if e.answer.Title != "" {
		return e.answer.Title
	}
	return "this " + strings.ToLower(e.answer.Model.Label)
}

// title reads what names a record, "" where the principal may not read it.
func (s *Service) title(ctx context.Context, r *request, m *model.Model, id string) (string, error) {
	fields := r.titleFields(m)
	rows, _ := r.Rows(m, access.View)
	found, err := s.store.Select(ctx, r.one(m, id, rows, fields))
	if err != nil {
		return "", fmt.Errorf("read the title of %s: %w", m.Name, err)
	}
	values := map[*model.Property]any{}
	for _, row := range found {
		for i, f := range fields {
			values[f.Property] = row.Values[i]
		}
	}
	return titleOf(m, values), nil
}

// Refusal gives the fault.Forbidden for an action that the principal may not do on a model it sees; nil where some row may allow it.
func (s *Service) Refusal(ctx context.Context, p access.Principal, modelName string, a access.Action) error {
	r, err := s.begin(ctx, p)
	if err != nil {
		return err
	}
	m, err := r.model(modelName, a == access.Create)
	if err != nil {
		return err
	}
	if _, ok := r.Allowed(m, a, nil); ok {
		return nil
	}
	return r.forbidden(access.Act(m, a, nil), m, a, nil)
}

// forbidden explains a refused action on something visible: the side that refuses and what would have to change.
func (r *request) forbidden(what string, m *model.Model, a access.Action, props []*model.Property) error {
	q := access.Question{Model: m.Name, Action: a}
	for _, p := range props {
		q.Properties = append(q.Properties, p.Name)
	}
	return fault.New(fault.Forbidden, "You may not %s: %s.", what, r.p.Explain(r.Registry(), q).Refusal())
}

// forbiddenRow refuses an action that is allowed on other rows. It says the same about every row, whichever of several roles is in the
// way, so that it tells nothing about this one. A row that has gone meanwhile is not there.
func (s *Service) forbiddenRow(ctx context.Context, r *request, res *Result, what string, a access.Action, props []*model.Property) error {
	m := res.Model
	if err := s.visible(ctx, r, m, res.ID); err != nil {
		return err
	}
	return fault.New(fault.Forbidden, "You may not %s: it is outside your portfolio%s. An administrator can widen that.", what, r.bounds(m, a, props))
}

// bounds names the roles whose portfolios bound an action, in brackets.
func (r *request) bounds(m *model.Model, a access.Action, props []*model.Property) string {
	var parts []string
	for _, l := range r.Bounds(m, a, props) {
		name := "role " + l.Role
		if r.p.PrivateApp != "" {
			name = "private app " + r.p.PrivateAppName
		}
		parts = append(parts, fmt.Sprintf("%s: %s", name, strings.ToLower(l.Portfolio.Kind.Label())))
	}
	return " (" + strings.Join(parts, "; ") + ")"
}

// outside refuses a record that would lie where the principal may not put it.
func (r *request) outside(m *model.Model, a access.Action, props []*model.Property) error {
	hint := "Choose a company that is in your portfolio."
	if m.Anchor == model.Self {
		hint = "Set " + strings.Join(m.Owners, " or ") + " to yourself."
		for _, l := range r.Bounds(m, a, props) {
			if l.Portfolio.Kind == access.KindFilter {
				hint = "Give it values that the filter of the role " + l.Role + " matches."
			}
		}
	}
	return fault.New(fault.Forbidden, "The %s would lie outside your portfolio%s. %s", strings.ToLower(m.Label), r.bounds(m, a, props), hint)
}

// lookingFor is the asker's sight on what "me" means to the subject.
type lookingFor struct {
	*request
	me string
}

// Me is the subject.
func (l lookingFor) Me() string { return l.me }

var _ query.Sight = lookingFor{}
