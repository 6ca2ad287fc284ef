package web

import (
	"testing"

	"mandorla/internal/access"
	"mandorla/internal/oauth"
)

func TestImpactWords(t *testing.T) {
	loss := func(model string, n int, a access.Action) oauth.Loss {
		return oauth.Loss{Model: model, Actions: a, Connections: n, People: n}
	}
	for _, c := range []struct {
		impact oauth.Impact
		want   string
	}{
		{oauth.Impact{}, "No living connection is concerned."},
		{oauth.Impact{Connections: 1}, "1 living connection: nothing changes."},
		{
			oauth.Impact{Connections: 4, Losers: 1, Losing: []oauth.Loss{loss("Company", 1, access.Update)}},
			"4 living connections: 1 loses update on Company at its next call; none gains anything before authorizing again.",
		},
		{
			oauth.Impact{Connections: 4, Losers: 3, Losing: []oauth.Loss{loss("Company", 3, access.AllActions), {Model: "Task", View: 2, Update: 1, Connections: 1}}},
			"4 living connections: 3 lose everything on Company and 1 loses the view of 2 properties and the update of 1 property on Task at the next call; none gains anything before authorizing again.",
		},
		{
			oauth.Impact{Connections: 2, Losers: 2, Losing: []oauth.Loss{loss("A", 2, access.Export), loss("B", 2, access.Export), loss("C", 2, access.Export), loss("D", 2, access.Export)}},
			"2 living connections: all lose export on 4 models at the next call; none gains anything before authorizing again.",
		},
		{
			oauth.Impact{Connections: 9, Losers: 4, Losing: []oauth.Loss{loss("A", 4, 1), loss("B", 3, 1), loss("C", 2, 1), loss("D", 1, 1)}},
			"9 living connections: 4 lose create on A, 3 lose create on B and 2 more things are lost at the next call; none gains anything before authorizing again.",
		},
		{oauth.Impact{Connections: 3, WiderLater: 2}, "3 living connections: nothing changes now; 2 can gain more by authorizing again."},
		{oauth.Impact{Connections: 3, Fewer: 1, Other: 1, More: 1}, "3 living connections: 1 reaches fewer companies, 1 reaches other companies and 1 reaches more companies at the next call."},
		{oauth.Impact{Connections: 1, Losers: 1, Losing: []oauth.Loss{{Model: "Company", Later: true, Connections: 1}}}, "1 living connection: it loses the properties that are added later on Company at its next call."},
		{oauth.Impact{Connections: 2, Regaining: 1, WiderLater: 1}, "2 living connections: 1 gets back what it was authorized for at its next call; 1 can gain more by authorizing again."},
	} {
		if got := impactWords(c.impact); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}
