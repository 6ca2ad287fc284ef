package access_test

import (
	"strings"
	"testing"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/model"
)

// The rows of each portfolio, as the condition that the database is asked.
func TestPortfolioRows(t *testing.T) {
	reg := registry(t)
	const mine = "(owner eq [carly] | coOwner eq [carly])"
	big := access.Portfolio{Kind: access.KindFilter, Filter: `{"status":"lost"}`}
	for name, c := range map[string]struct {
		who       access.Principal
		people    []string
		portfolio access.Portfolio
		model     string
		want      string
	}{
		"mine":               {access.Principal{Person: "carly"}, nil, access.MyPortfolio, "Company", mine},
		"mine of nobody":     {access.Principal{}, nil, access.MyPortfolio, "Company", "none"},
		"mine, of a child":   {access.Principal{Person: "carly"}, nil, access.MyPortfolio, "Asset", "companyId->Company(" + mine + ")"},
		"full":               {access.Principal{Person: "carly"}, nil, access.FullAccess, "Company", "all"},
		"full, of a child":   {access.Principal{Person: "carly"}, nil, access.FullAccess, "Asset", "all"},
		"none, of a child":   {access.Principal{}, nil, access.MyPortfolio, "Asset", "none"},
		"team without one":   {access.Principal{Person: "carly"}, nil, access.TeamAccess, "Company", mine},
		"team of nobody":     {access.Principal{Teams: []string{"red"}}, nil, access.TeamAccess, "Company", "none"},
		"team":               {access.Principal{Person: "carly", Teams: []string{"red"}}, nil, access.TeamAccess, "Company", "(" + mine + " | (owner->User(teams contains [red]) | coOwner->User(teams contains [red])))"},
		"two teams":          {access.Principal{Person: "carly", Teams: []string{"red", "blue"}}, nil, access.TeamAccess, "Company", "(" + mine + " | (owner->User((teams contains [red] | teams contains [blue])) | coOwner->User((teams contains [red] | teams contains [blue]))))"},
		"team that is known": {access.Principal{Person: "carly", Teams: []string{"red"}}, []string{"carly", "max"}, access.TeamAccess, "Company", "(owner in [carly max] | coOwner in [carly max])"},
		"team of one":        {access.Principal{Person: "carly", Teams: []string{"red"}}, []string{"carly"}, access.TeamAccess, "Company", mine},
		"known team, nobody": {access.Principal{Teams: []string{"red"}}, []string{"max"}, access.TeamAccess, "Company", "none"},
		"filter":             {access.Principal{Person: "carly"}, nil, big, "Company", "status eq [lost]"},
		"filter about me":    {access.Principal{Person: "00000000000000000000ca41"}, nil, access.Portfolio{Kind: access.KindFilter, Filter: `{"owner":"me"}`}, "Company", "owner eq [00000000000000000000ca41]"},
		"filter not JSON":    {access.Principal{Person: "carly"}, nil, access.Portfolio{Kind: access.KindFilter, Filter: `{`}, "Company", "none"},
		"filter of nothing":  {access.Principal{Person: "carly"}, nil, access.Portfolio{Kind: access.KindFilter, Filter: `{}`}, "Company", "none"},
		"filter that is old": {access.Principal{Person: "carly"}, nil, access.Portfolio{Kind: access.KindFilter, Filter: `{"gone":1}`}, "Company", "none"},
		"unknown kind":       {access.Principal{Person: "carly"}, nil, access.Portfolio{Kind: "else"}, "Company", "none"},
		"below no company":   {access.Principal{}, nil, access.MyPortfolio, "User", "all"},
	} {
		d := c.who.Decide(reg).With(c.people)
		if got := words(d.Reach(modelNamed(t, reg, c.model), c.portfolio)); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.want)
		}
	}
	d := access.Principal{}.Decide(reg)
	status := words(d.Reach(modelNamed(t, reg, "Company"), big))
	if got := words(d.Below(modelNamed(t, reg, "Asset"), d.Reach(modelNamed(t, reg, "Company"), big))); got != "companyId->Company("+status+")" {
		t.Errorf("Below: %s", got)
	}
	if words(access.InTeams(modelNamed(t, reg, "Company"), []string{"red"})) != "none" {
		t.Error("people are looked for in a model that is in no team")
	}
}

// What lanes reach together: a portfolio that lies inside another is not asked for twice.
func TestPortfoliosOfSeveralRoles(t *testing.T) {
	reg := registry(t)
	company := modelNamed(t, reg, "Company")
	filter := access.Portfolio{Kind: access.KindFilter, Filter: `{"status":"lost"}`}
	for name, c := range map[string]struct {
		lanes []access.Portfolio
		want  string
	}{
		"twice the same":     {[]access.Portfolio{access.MyPortfolio, access.MyPortfolio}, "(owner eq [carly] | coOwner eq [carly])"},
		"thrice the same":    {[]access.Portfolio{filter, filter, filter}, "status eq [lost]"},
		"mine inside full":   {[]access.Portfolio{access.MyPortfolio, access.FullAccess}, "all"},
		"mine inside team":   {[]access.Portfolio{access.TeamAccess, access.MyPortfolio}, "(owner in [carly max] | coOwner in [carly max])"},
		"mine and a filter":  {[]access.Portfolio{access.MyPortfolio, filter}, "((owner eq [carly] | coOwner eq [carly]) | status eq [lost])"},
		"a filter and more":  {[]access.Portfolio{filter, access.FullAccess, filter}, "all"},
		"team and a filter":  {[]access.Portfolio{filter, access.TeamAccess}, "(status eq [lost] | (owner in [carly max] | coOwner in [carly max]))"},
		"no lane that views": {nil, "none"},
	} {
		p := access.Principal{Person: "carly", Teams: []string{"red"}}
		for _, portfolio := range c.lanes {
			p.Lanes = append(p.Lanes, access.Lane{Portfolio: portfolio, Set: access.Set{"Company": access.FullModel}})
		}
		rows, ok := p.Decide(reg).With([]string{"carly", "max"}).Rows(company, access.View)
		if words(rows) != c.want || ok != (c.lanes != nil) {
			t.Errorf("%s: %s, %v; want %s", name, words(rows), ok, c.want)
		}
	}
}

func TestSeesTeams(t *testing.T) {
	for _, c := range []struct {
		lanes []access.Lane
		want  bool
	}{
		{nil, false},
		{[]access.Lane{{Portfolio: access.MyPortfolio}, {Portfolio: access.FullAccess}}, false},
		{[]access.Lane{{Portfolio: access.MyPortfolio}, {Portfolio: access.TeamAccess}}, true},
	} {
		if got := (access.Principal{Lanes: c.lanes}).SeesTeams(); got != c.want {
			t.Errorf("%v: %v", c.lanes, got)
		}
	}
}

func TestPortfolioCheck(t *testing.T) {
	reg := registry(t)
	bare, err := model.New([]model.Model{{
		Name: "User", Route: "users", Prefix: "us", Label: "User", Plural: "Users", Doc: "A person.", Title: "name",
		Properties: []model.Property{
			{ID: "us1", Name: "_id", Kind: model.ID, ReadOnly: true}, {ID: "us2", Name: "name", Kind: model.Text},
			{ID: "us8", Name: "createdAt", Kind: model.DateTime, ReadOnly: true}, {ID: "us9", Name: "updatedAt", Kind: model.DateTime, ReadOnly: true},
		},
	}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		reg  *model.Registry
		p    access.Portfolio
		want string // part of the message; "" for none
	}{
		"mine": {reg, access.MyPortfolio, ""}, "team": {reg, access.TeamAccess, ""}, "full": {reg, access.FullAccess, ""},
		"mine with a filter": {reg, access.Portfolio{Kind: access.KindMine, Filter: `{"status":"lost"}`}, `takes a filter only where it is "filter"`},
		"unknown":            {reg, access.Portfolio{Kind: "all"}, `is one of "mine", "team", "filter" and "full"`},
		"none":               {reg, access.Portfolio{}, "is one of"},
		"filter":             {reg, access.Portfolio{Kind: access.KindFilter, Filter: `{"status":"lost","owner":"me"}`}, ""},
		"filter over a path": {reg, access.Portfolio{Kind: access.KindFilter, Filter: `{"owner.email":"a@b.example"}`}, ""},
		"filter not JSON":    {reg, access.Portfolio{Kind: access.KindFilter, Filter: `{"status":`}, "JSON"},
		"empty filter":       {reg, access.Portfolio{Kind: access.KindFilter, Filter: `{}`}, "at least one condition"},
		"unknown property":   {reg, access.Portfolio{Kind: access.KindFilter, Filter: `{"colour":"red"}`}, `Company has no property "colour"`},
		"no companies":       {bare, access.Portfolio{Kind: access.KindFilter, Filter: `{"name":"x"}`}, "no model carries the portfolio"},
	} {
		err := c.p.Check(c.reg)
		if c.want == "" && err != nil || c.want != "" && (!fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
