package access

import (
	"fmt"
	"strings"

	"mandorla/internal/model"
)

// Side names one of the things that decide together.
type Side string

// The sides, from the question itself to the rows. Switch and portfolio are a role's own.
const (
	SideModel         Side = "model"
	SideProperty      Side = "property"
	SideScope         Side = "scope"
	SideAuthorization Side = "authorization"
	SideClient        Side = "client"
	SideApp           Side = "app" // a private app
	SideRole          Side = "role"
	SideSwitch        Side = "switch"
	SidePortfolio     Side = "portfolio"
)

// Question asks whether a principal may do one thing.
type Question struct {
	Model  string
	Action Action // one
	// Properties are the names of what is read or sent, all in one step; none: the model as such.
	Properties []string
}

// Reason is what one side says to a question.
type Reason struct {
	Side   Side   `json:"side"`
	Name   string `json:"name,omitempty"` // of the role, client, app, model or property
	ID     string `json:"id,omitempty"`   // of the role or client
	Allows bool   `json:"allows"`
	Text   string `json:"text"`          // what it says, to be read after Label: "does not let update companies"
	Fix    string `json:"fix,omitempty"` // a sentence: what would have to change here; "" where nothing can
	// Switch is the label of the switch that SideSwitch is about.
	Switch string `json:"switch,omitempty"`
	// Portfolio is the rule that SidePortfolio is about.
	Portfolio Portfolio `json:"-"`
	rule      bool      // holds for everybody
	role      int       // which role the reason belongs to, from 1; 0: none
}

// Label names the side to people, as the beginning of a sentence.
func (r Reason) Label() string {
	switch r.Side {
	case SideModel:
		return "Model " + r.Name
	case SideProperty:
		return "Property " + r.Name
	case SideScope:
		return "Scope of the connection"
	case SideAuthorization:
		return "Authorization of " + r.Name
	case SideClient:
		return "App " + r.Name
	case SideApp:
		return "Private app " + r.Name
	case SideSwitch:
		return fmt.Sprintf("Switch “%s” of %s", r.Switch, r.Name)
	case SidePortfolio:
		return "Portfolio of " + r.Name
	}
	return strings.TrimSpace("Role " + r.Name)
}

// Verdict is the answer of the permission sets and of the rules on properties: allowed on some row. The rows are the gate's to look at.
type Verdict struct {
	Allowed bool
	Reasons []Reason // scope, authorization, client, then each role with its switches and portfolio
}

// explainer is one question, asked of one principal.
type explainer struct {
	p     Principal
	d     Decider
	need  need
	props []*model.Property
	out   []Reason
}

// Explain says whether the sets allow something, and what each side of the principal says to it. It is for people: what decides is
// the Decider, and a test holds that both agree.
func (p Principal) Explain(reg *model.Registry, q Question) Verdict {
	m, ok := reg.Model(q.Model)
	if !ok {
		return Verdict{Reasons: []Reason{{Side: SideModel, Name: q.Model, Text: "does not exist", rule: true}}}
	}
	e := &explainer{p: p, d: p.Decide(reg)}
	for _, name := range q.Properties {
		prop, ok := m.Property(name)
		if !ok {
			return Verdict{Reasons: []Reason{{Side: SideProperty, Name: name, Text: "is none of " + m.Label, rule: true}}}
		}
		e.props = append(e.props, prop)
	}
	e.need = needOf(m, q.Action, e.props)
	e.rules()
	e.client()
	e.roles()
	e.shown()
	_, allowed := e.d.Allowed(m, q.Action, e.props)
	return Verdict{Allowed: allowed, Reasons: e.out}
}

// rules adds what nobody's permissions change.
func (e *explainer) rules() {
	for _, prop := range e.props {
		no, yes := e.need.rule(prop)
		if no != "" {
			e.add(Reason{Side: SideProperty, Name: prop.Name, Text: no, rule: true})
		} else if yes != "" {
			e.add(Reason{Side: SideProperty, Name: prop.Name, Allows: true, Text: yes, rule: true})
		}
	}
}

// client adds what stands between a person and the roles.
func (e *explainer) client() {
	s, n := e.p.Sides, e.need
	if s == nil || e.p.Client == "" {
		return
	}
	within, _ := n.in(s.Authorization)
	if scoped, _ := n.in(s.Scope); within && e.p.Authorization != "" {
		r := Reason{Side: SideScope, Name: e.p.ClientName, ID: e.p.Client, Allows: scoped, Text: "leaves it in"}
		if !scoped {
			r.Text, r.Fix = "asked for less than was authorized, and leaves it out", fmt.Sprintf("Connect %s again, with a scope that includes it.", e.p.ClientName)
		}
		e.add(r)
	}
	r := Reason{Side: SideAuthorization, Name: e.p.ClientName, ID: e.p.Client, Allows: within, Text: "includes it"}
	switch {
	case e.p.Authorization == "":
		r.Allows, r.Text = true, "is not there yet: connecting would include what the app and the roles allow"
	case !within:
		r.Text, r.Fix = n.words(s.Authorization, "includes", "does not include"), fmt.Sprintf("Connect %s again and let it %s.", e.p.ClientName, n)
	}
	e.add(r)
	r = Reason{Side: SideClient, Name: e.p.ClientName, ID: e.p.Client, Allows: true, Text: "has no set of its own: the person chose"}
	if !s.Dynamic {
		r = e.set(r, s.Client, "the app "+e.p.ClientName)
	}
	e.add(r)
}

// set lets a permission set speak.
func (e *explainer) set(r Reason, set Set, whose string) Reason {
	if r.Allows, r.Text = e.need.in(set); !r.Allows {
		r.Fix = fmt.Sprintf("Let %s %s.", whose, e.need)
	}
	return r
}

// roles adds each role, its switches and the rows it reaches. Without known sides, the lanes are all there is.
func (e *explainer) roles() {
	switch {
	case e.p.PrivateApp != "":
		for i, l := range e.p.Lanes {
			e.add(e.set(Reason{Side: SideApp, Name: e.p.PrivateAppName, ID: e.p.PrivateApp, role: i + 1}, l.Set, "the private app "+e.p.PrivateAppName))
			e.portfolio(Reason{Name: e.p.PrivateAppName, ID: e.p.PrivateApp, role: i + 1}, l.Portfolio)
		}
	case e.p.Sides == nil:
		for i, l := range e.p.Lanes {
			e.role(Role{Name: l.Role, Portfolio: l.Portfolio, Set: l.Set, Switches: AllSwitches}, i+1)
		}
	default:
		for i, r := range e.p.Sides.Roles {
			e.role(r, i+1)
		}
	}
	if len(e.out) == 0 || e.out[len(e.out)-1].role == 0 {
		e.add(Reason{Side: SideRole, Text: "is not there: without a role nothing is allowed", Fix: "Give a role that may " + e.need.String() + ".", role: 1})
	}
}

func (e *explainer) role(r Role, n int) {
	own := Reason{Name: r.Name, ID: r.ID, role: n}
	set := own
	set.Side = SideRole
	e.add(e.set(set, r.Set.Normal(), "the role "+r.Name))
	if e.p.Client != "" {
		e.switched(own, r, SwitchConnect)
	}
	if e.need.action == Export {
		e.switched(own, r, SwitchExport)
	}
	e.portfolio(own, r.Portfolio)
}

func (e *explainer) switched(own Reason, r Role, s Switches) {
	for _, info := range SwitchList {
		if info.Switch == s {
			own.Switch = info.Label
		}
	}
	own.Side, own.Allows, own.Text = SideSwitch, true, "is on"
	if !r.Has(s) {
		own.Allows, own.Text, own.Fix = false, "is off", fmt.Sprintf("Turn on “%s” in the role %s.", own.Switch, r.Name)
	}
	e.add(own)
}

func (e *explainer) portfolio(own Reason, p Portfolio) {
	if e.need.m.Anchor == "" {
		return
	}
	own.Side, own.Allows, own.Portfolio = SidePortfolio, true, p
	own.Text = fmt.Sprintf("is %s: %s", strings.ToLower(p.Kind.Label()), p.Reach())
	e.add(own)
}

// shown adds a reason for each property that may be sent but not seen: one cannot name it.
func (e *explainer) shown() {
	a := e.need.action
	for _, prop := range e.props {
		if a == Remove || e.d.Names(e.need.m, prop, a) {
			continue
		}
		r := Reason{Side: SideProperty, Name: prop.Name}
		switch {
		case prop.Computed():
			r.Text, r.Fix = "is worked out from something that may not be seen", "Show what "+prop.Name+" is worked out from."
		case a == View || a == Export: // the sets above have said it
			continue
		default:
			seen := e.p.Explain(e.d.reg, Question{e.need.m.Name, View, []string{prop.Name}})
			r.Text, r.Fix = "may not be seen, and what may not be seen cannot be written", strings.Join(seen.Changes(), " ")
		}
		e.add(r)
	}
}

func (e *explainer) add(r Reason) { e.out = append(e.out, r) }
