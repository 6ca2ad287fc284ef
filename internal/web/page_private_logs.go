package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"mandorla/internal/audit"
	"mandorla/internal/web/kit"
)

// logsView is the log of an app's calls.
type logsView struct{ Table kit.Table }

var sampleLogs = logsView{Table: sampleApps.Table}

// logsPage is how many calls one page of a log shows.
const logsPage = 50

func (s *Server) getPrivateLogs(w http.ResponseWriter, v *visit) error {
	a, err := s.privateApp(v)
	if err != nil {
		return err
	}
	path, q := "/private-apps/"+a.ID+"/logs", v.r.URL.Query()
	failed, before := q.Get("outcome") == "failed", clip(q.Get("before"), 24)
	ask := audit.CallQuery{Tenant: v.who.Tenant, App: a.ID, Before: before, Limit: logsPage + 1}
	if failed {
		ask.Outcome = "failed"
	}
	calls, err := s.Calls.List(v.ctx(), ask)
	if err != nil {
		return err
	}
	table := kit.Table{
		Caption: "Calls",
		Views:   kit.Tabs{Items: []kit.Tab{{Label: "All", Href: path, Active: !failed}, {Label: "Failed", Href: path + "?outcome=failed", Active: failed}}},
		Columns: []kit.Column{
			{Label: "Time", Kind: kit.KindAgo}, {Label: "Token", HideOnPhone: true}, {Label: "Tool", Kind: kit.KindMono, Wide: true}, {Label: "Model"},
			{Label: "Rows", Kind: kit.KindNumber, HideOnPhone: true}, {Label: "ms", Kind: kit.KindNumber, HideOnPhone: true}, {Label: "Outcome"},
		},
		Empty: &kit.Empty{Icon: "activity", Title: "No calls", Text: "Each call with one of the app's tokens appears here within a second, for 90 days."},
	}
	if len(calls) > logsPage {
		calls = calls[:logsPage]
		older := url.Values{"before": {calls[logsPage-1].ID}}
		if failed {
			older.Set("outcome", "failed")
		}
		table.Pager = &kit.Pager{From: 1, To: logsPage, TotalText: "many", Next: path + "?" + older.Encode()}
	}
	for _, c := range calls {
		table.Rows = append(table.Rows, callRow(c))
	}
	return s.kit.Render(w, http.StatusOK, s.privatePage(v, a, "logs"), "private_logs", logsView{Table: table})
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
