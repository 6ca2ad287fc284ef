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

// logsView is the log of an app's calls.
type logsView struct {
	Table kit.Table
	Pages []kit.Button // to the newest and to older calls
}

var sampleLogs = logsView{Table: sampleApps.Table, Pages: []kit.Button{{Label: "Older"}}}

// logsPage is how many calls one page of a log shows.
const logsPage = 50

func (s *Server) getPrivateLogs(w http.ResponseWriter, v *visit) error {
	a, err := s.privateApp(v)
	if err != nil {
		return err
	}
	calls, err := s.callLog(v, audit.CallQuery{App: a.ID}, "/private-apps/"+a.ID+"/logs")
	if err != nil {
		return err
	}
	return s.kit.Render(w, http.StatusOK, s.privatePage(v, a, "logs"), "private_logs", calls)
}

// outcomes are the ways to look at a log, by what stands in the address.
var outcomes = []struct{ key, label string }{{"", "All"}, {"ok", "Worked"}, {"failed", "Failed"}}

// callLog draws one page of the calls that ask selects; the address says which page, and of which outcome.
func (s *Server) callLog(v *visit, ask audit.CallQuery, path string) (logsView, error) {
	q := v.r.URL.Query()
	ask.Tenant, ask.Limit = v.who.Tenant, logsPage+1
	if before := q.Get("before"); model.IsID(before) {
		ask.Before = strings.ToLower(before)
	}
	view := logsView{Table: kit.Table{
		Caption: "Calls",
		Columns: []kit.Column{
			{Label: "Time", Kind: kit.KindAgo}, {Label: "Token", HideOnPhone: true}, {Label: "Tool", Kind: kit.KindMono, Wide: true}, {Label: "Model", HideOnPhone: true},
			{Label: "Rows", Kind: kit.KindNumber, HideOnPhone: true}, {Label: "ms", Kind: kit.KindNumber, HideOnPhone: true}, {Label: "Outcome"},
		},
		Empty: &kit.Empty{Icon: "activity", Title: "No calls", Text: "Each call with one of the app's tokens appears here within a second, for 90 days."},
	}}
	chosen := q.Get("outcome")
	for _, o := range outcomes {
		if o.key == chosen {
			ask.Outcome = o.key
		}
	}
	for _, o := range outcomes {
		view.Table.Views.Items = append(view.Table.Views.Items, kit.Tab{Label: o.label, Href: logsAt(path, o.key, ""), Active: o.key == ask.Outcome})
	}
	calls, err := s.Calls.List(v.ctx(), ask)
	if err != nil {
		return logsView{}, err
	}
	if ask.Before != "" {
		view.Pages = append(view.Pages, kit.Button{Label: "Newest calls", Href: logsAt(path, ask.Outcome, "")})
	}
	if len(calls) > logsPage {
		calls = calls[:logsPage]
		view.Pages = append(view.Pages, kit.Button{Label: "Older calls", Href: logsAt(path, ask.Outcome, calls[logsPage-1].ID)})
	}
	for _, c := range calls {
		view.Table.Rows = append(view.Table.Rows, callRow(c))
	}
	return view, nil
}

// logsAt is the address of a page of a log.
func logsAt(path, outcome, before string) string {
	q := url.Values{}
	if outcome != "" {
		q.Set("outcome", outcome)
	}
	if before != "" {
		q.Set("before", before)
	}
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

func callRow(c audit.Call) kit.Row {
	outcome := kit.StatusValue(kit.Good, "OK")
	if c.Outcome != "ok" {
		outcome = kit.StatusValue(kit.Bad, strings.ReplaceAll(c.Outcome, "_", " "))
	}
	rows := kit.Value{}
	if c.Rows > 0 {
		rows = kit.Number(kit.Count(c.Rows))
	}
	return kit.Row{Cells: []kit.Value{
		kit.Ago(c.At), kit.Text(c.Token), kit.Mono(c.Tool), kit.Text(c.Model), rows,
		kit.Number(fmt.Sprintf("%.1f", float64(c.Duration)/float64(time.Millisecond))), outcome,
	}}
}
