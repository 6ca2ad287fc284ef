package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"mandorla/internal/audit"
	"mandorla/internal/model"
	"mandorla/internal/web/kit"
)

// callsView is the log of the calls through a client, or of a private app.
type callsView struct {
	Only  *kit.Button // away from the calls of one person
	Table kit.Table
	Pages []kit.Button // to the newest and to older calls
}

var sampleCalls = callsView{Only: &kit.Button{Label: "Everybody"}, Table: sampleApps.Table, Pages: []kit.Button{{Label: "Older"}}}

// callsPage is how many calls one page of a log shows.
const callsPage = 50

// callLog is a log to draw: whose calls, and where it stands.
type callLog struct {
	ask   audit.CallQuery
	path  string
	who   string // the column that says who called: "Person" or "Token"
	empty string // where there are no calls: when they appear
}

func (s *Server) getPrivateLogs(w http.ResponseWriter, v *visit) error {
	a, err := s.privateApp(v)
	if err != nil {
		return err
	}
	view, err := s.calls(v, callLog{
		ask: audit.CallQuery{App: a.ID}, path: "/private-apps/" + a.ID + "/logs", who: "Token",
		empty: "Each call with one of the app's tokens appears here within a second, for 90 days.",
	})
	if err != nil {
		return err
	}
	return s.kit.Render(w, http.StatusOK, s.privatePage(v, a, "logs"), "calls", view)
}

func (s *Server) getAppActivity(w http.ResponseWriter, v *visit) error {
	c, page, _, err := s.appTab(v, "activity")
	if err != nil {
		return err
	}
	view, err := s.calls(v, callLog{
		ask: audit.CallQuery{Client: c.ID}, path: "/apps/" + c.ID + "/activity", who: "Person",
		empty: "Each call that somebody makes through " + c.Name + " appears here within a second, for 90 days.",
	})
	if err != nil {
		return err
	}
	return s.kit.Render(w, http.StatusOK, page, "calls", view)
}

// outcomes are the ways to look at a log, by what stands in the address.
var outcomes = []struct{ key, label string }{{"", "All"}, {"ok", "Worked"}, {"failed", "Failed"}}

// calls draws one page of a log; the address says which page, of which outcome and whose calls.
func (s *Server) calls(v *visit, l callLog) (callsView, error) {
	q := v.r.URL.Query()
	ask := l.ask
	ask.Tenant, ask.Limit = v.who.Tenant, callsPage+1
	for name, to := range map[string]*string{"before": &ask.Before, "person": &ask.Person} {
		if id := q.Get(name); model.IsID(id) && (name == "before" || l.who == "Person") {
			*to = strings.ToLower(id)
		}
	}
	for _, o := range outcomes {
		if o.key == q.Get("outcome") {
			ask.Outcome = o.key
		}
	}
	calls, err := s.Calls.List(v.ctx(), ask)
	if err != nil {
		return callsView{}, err
	}
	view := callsView{Table: kit.Table{
		Caption: "Calls",
		Columns: []kit.Column{
			// a phone has room for three: a person matters more than the time, the time more than a token's name
			{Label: "Time", Kind: kit.KindAgo, HideOnPhone: l.who == "Person"}, {Label: l.who, HideOnPhone: l.who == "Token"}, {Label: "Tool", Kind: kit.KindMono, Wide: true}, {Label: "Model", HideOnPhone: true},
			{Label: "Rows", Kind: kit.KindNumber, HideOnPhone: true}, {Label: "ms", Kind: kit.KindNumber, HideOnPhone: true}, {Label: "Outcome"},
		},
		Empty: &kit.Empty{Icon: "activity", Title: "No calls", Text: l.empty},
	}}
	for _, o := range outcomes {
		view.Table.Views.Items = append(view.Table.Views.Items, kit.Tab{Label: o.label, Href: callsAt(l.path, o.key, ask.Person, ""), Active: o.key == ask.Outcome})
	}
	if ask.Person != "" {
		view.Only = &kit.Button{Label: "Show everybody's calls", Href: callsAt(l.path, ask.Outcome, "", "")}
	}
	if ask.Before != "" {
		view.Pages = append(view.Pages, kit.Button{Label: "Newest calls", Href: callsAt(l.path, ask.Outcome, ask.Person, "")})
	}
	if len(calls) > callsPage {
		calls = calls[:callsPage]
		view.Pages = append(view.Pages, kit.Button{Label: "Older calls", Href: callsAt(l.path, ask.Outcome, ask.Person, calls[callsPage-1].ID)})
	}
	for _, c := range calls {
		who := kit.Text(c.Token)
		if l.who == "Person" {
			who = kit.LinkTo(c.PersonName, callsAt(l.path, ask.Outcome, c.Person, ""))
		}
		view.Table.Rows = append(view.Table.Rows, callRow(c, who))
	}
	return view, nil
}

// callsAt is the address of a page of a log.
func callsAt(path, outcome, person, before string) string {
	q := url.Values{}
	for name, value := range map[string]string{"outcome": outcome, "person": person, "before": before} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

func callRow(c audit.Call, who kit.Value) kit.Row {
	outcome := kit.StatusValue(kit.Good, "OK")
	if c.Outcome != "ok" {
		outcome = kit.StatusValue(kit.Bad, title(strings.ReplaceAll(c.Outcome, "_", " ")))
	}
	rows := kit.Value{}
	if c.Rows > 0 {
		rows = kit.Number(kit.Count(c.Rows))
	}
	return kit.Row{Cells: []kit.Value{
		kit.Ago(c.At), who, kit.Mono(c.Tool), kit.Text(c.Model), rows,
		kit.Number(fmt.Sprintf("%.1f", float64(c.Duration)/float64(time.Millisecond))), outcome,
	}}
}
