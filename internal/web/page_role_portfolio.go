package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/model"
	"mandorla/internal/query"
	"mandorla/internal/record"
	"mandorla/internal/web/kit"
)

// portfolioView is the part of a role's page that says which rows the role reaches.
type portfolioView struct {
	Kinds   kit.Field
	Builder filterBuilder
	Words   string // the filter as it is stored
	Count   reachView
}

// reachView says how many companies a portfolio reaches for one person now.
type reachView struct {
	People kit.Field // whose eyes to count with
	Text   string
	Form   string // the id of the form that the choice belongs to: it is no part of the role
}

var samplePortfolio = portfolioView{
	Kinds: kit.Field{Kind: kit.FieldRadio}, Builder: sampleFilterBuilder, Words: "x", Count: reachView{People: kit.Field{Options: []kit.Option{{}}}, Text: "1 company"},
}

var kindHelps = map[access.PortfolioKind]string{
	access.KindMine:   "Companies that the person owns or co-owns.",
	access.KindTeam:   "Those, and the companies of everybody in the person's teams.",
	access.KindFilter: "Companies that a filter matches, whoever owns them.",
	access.KindFull:   "Every company.",
}

const (
	portfolioPart = "/settings/roles/filter"
	reachPart     = "/settings/roles/reach"
)

// storedDraft takes a stored filter apart; one that cannot be read is edited as text.
func storedDraft(p access.Portfolio) filterDraft {
	f, err := query.ParseFilterJSON(p.Filter)
	if err != nil {
		return filterDraft{Text: p.Filter}
	}
	return draftOf(f)
}

// readPortfolio reads the portfolio of a form. The draft of the filter is kept whatever kind is chosen, so that nothing typed is lost.
func readPortfolio(reg *model.Registry, form url.Values) (p access.Portfolio, d filterDraft, lacking int, err error) {
	p.Kind = access.PortfolioKind(form.Get("portfolio"))
	d, err = readDraft(form)
	if p.Kind != access.KindFilter {
		return p, d, -1, nil
	}
	if err != nil {
		return p, d, -1, err
	}
	company, ok := reg.Company()
	if !ok {
		return p, d, -1, fault.BadField("portfolio", "cannot be a filter: no model carries the portfolio.")
	}
	rows, lacking := d.complete()
	if lacking >= 0 {
		return p, d, lacking, nil
	}
	whole := d
	whole.Rows = rows
	if f := whole.filter(wholeScope(reg, company)); !f.IsZero() {
		text, err := json.Marshal(f)
		if err != nil {
			return p, d, -1, err
		}
		p.Filter = string(text)
	}
	return p, d, -1, p.Check(reg)
}

// portfolioProblem is what an error says about the filter; "" where it is about something else.
func portfolioProblem(err error) string {
	if err == nil || !badInput(err) {
		return ""
	}
	msg, fields := fault.Safe(err)
	for _, f := range fields {
		if f.Path == "portfolio" || f.Path == "filter" || strings.HasPrefix(f.Path, "filter.") {
			return sentence("The filter", f.Msg)
		}
	}
	if fault.Is(err, fault.TooLarge) {
		return msg
	}
	return ""
}

func (s *Server) portfolioView(v *visit, reg *model.Registry, e roleEdit) (portfolioView, error) {
	p := e.role.Portfolio
	view := portfolioView{Kinds: kit.Field{Kind: kit.FieldRadio, Name: "portfolio", Label: "Companies it reaches, and what belongs to them"}}
	for _, k := range access.PortfolioKinds {
		view.Kinds.Options = append(view.Kinds.Options, kit.Option{Value: string(k), Label: k.Label(), Help: kindHelps[k], Selected: p.Kind == k})
	}
	var err error
	if view.Builder, err = s.portfolioBuilder(v, reg, e.draft, e.lacking); err != nil {
		return view, err
	}
	if p.Kind == access.KindFilter && p.Filter != "" {
		if view.Words, err = s.portfolioWords(v, reg, p); err != nil {
			return view, err
		}
	}
	view.Count, err = s.reachView(v, reg, e.role, v.r.URL.Query().Get("as"))
	return view, err
}

func (s *Server) portfolioBuilder(v *visit, reg *model.Registry, d filterDraft, lacking int) (filterBuilder, error) {
	company, ok := reg.Company()
	if !ok {
		return filterBuilder{}, nil
	}
	b, err := s.filterBuilder(v, wholeScope(reg, company), d, portfolioPart, lacking)
	b.AsText = true
	return b, err
}

// getPortfolioFilter answers with the builder alone, after each change.
func (s *Server) getPortfolioFilter(w http.ResponseWriter, v *visit) error {
	reg, err := s.registry(v)
	if err != nil {
		return err
	}
	d, problem := readDraft(v.r.URL.Query())
	b, err := s.portfolioBuilder(v, reg, d, -1)
	if err != nil {
		return err
	}
	b.Error = portfolioProblem(problem)
	return s.kit.Fragment(w, http.StatusOK, s.part(v), "role", "filter-builder", b)
}

// getReach answers with the count alone.
func (s *Server) getReach(w http.ResponseWriter, v *visit) error {
	reg, err := s.registry(v)
	if err != nil {
		return err
	}
	q := v.r.URL.Query()
	r := access.Role{Tenant: v.who.Tenant}
	var lacking int
	if r.Portfolio, _, lacking, err = readPortfolio(reg, q); err != nil || lacking >= 0 {
		r.Portfolio = access.Portfolio{Kind: access.KindFilter} // not complete yet, which the count says
	}
	view, err := s.reachView(v, reg, r, q.Get("as"))
	if err != nil {
		return err
	}
	return s.kit.Fragment(w, http.StatusOK, s.part(v), "role", "portfolio-reach", view)
}

// reachView counts for one of the people: the one who is asked for, else the first who has the role, else oneself.
func (s *Server) reachView(v *visit, reg *model.Registry, r access.Role, as string) (reachView, error) {
	members, err := s.Identity.Members(v.ctx(), v.who.Tenant)
	if err != nil {
		return reachView{}, err
	}
	view := reachView{Form: "reach-form", People: kit.Field{Kind: kit.FieldSelect, Name: "as", ID: "f-as", Label: "For"}}
	first := v.who.Person
	if people := having(members, r.ID); as == "" && len(people) > 0 {
		first = people[0].User
	}
	for _, m := range members {
		if m.Active() {
			chosen := m.User == as || as == "" && m.User == first
			view.People.Options = append(view.People.Options, kit.Option{Value: m.User, Label: personName(m), Selected: chosen})
			if chosen {
				if view.Text, err = s.reach(v, reg, r.Portfolio, m); err != nil {
					return view, err
				}
			}
		}
	}
	return view, nil
}

// reach counts the companies that a portfolio reaches for a person, through the gate as that person.
func (s *Server) reach(v *visit, reg *model.Registry, p access.Portfolio, m identity.Membership) (string, error) {
	company, ok := reg.Company()
	if !ok {
		return "", nil
	}
	if p.Check(reg) != nil {
		return "none yet: the filter is not complete", nil
	}
	who, err := s.Identity.PrincipalFor(v.ctx(), m.Tenant, m.User, access.SurfaceWeb)
	if err != nil {
		return "", err
	}
	who.Lanes = []access.Lane{{Portfolio: p, Set: access.Set{company.Name: {Actions: access.View}}}}
	page, err := s.Gate.List(v.ctx(), who, record.ListRequest{Model: company.Name, Select: []string{"_id"}, Sort: []string{"_id"}, Limit: 1, Total: true})
	if err != nil {
		return "", err
	}
	return countOf(page.Total, strings.ToLower(company.Label), strings.ToLower(company.Plural)) + " now", nil
}

func personName(m identity.Membership) string {
	if m.UserName != "" {
		return m.UserName
	}
	return m.Account.Email
}
