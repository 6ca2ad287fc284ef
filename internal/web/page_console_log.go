package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"mandorla/internal/identity"
	"mandorla/internal/model"
	"mandorla/internal/web/kit"
)

// consoleLogView is what happened above the tenants.
type consoleLogView struct {
	Table kit.Table
	Pages []kit.Button
}

var sampleConsoleLog = consoleLogView{Table: sampleApps.Table, Pages: []kit.Button{{Label: "Older"}}}

// consoleLogs are the ways to look at the log, by what stands in the address; acts begin with the prefix.
var consoleLogs = []struct{ key, label, prefix string }{
	{"", "All", ""}, {"tenants", "Tenants", "tenant."}, {"clients", "Clients", "client."}, {"accounts", "Accounts", "account."}, {"sign-ins", "Sign-ins", "session."},
}

// consoleActs are acts in words; any other is shown by its name.
var consoleActs = map[string]string{
	"tenant.create": "Created a tenant", "tenant.rename": "Renamed a tenant", "tenant.suspend": "Suspended a tenant", "tenant.resume": "Resumed a tenant",
	"tenant.invite": "Invited a first administrator again",
	"client.reach":  "Set the switches of a client", "account.super": "Changed a super admin", "account.create": "Made an account", "account.password": "Changed a password",
	"account.disable": "Disabled or enabled an account", "session.start": "Signed in", "session.end": "Signed out", "session.end_all": "Ended sessions",
	"session.refused": "Was refused at sign-in", "oauth.end_everything": "Ended every connection",
	"installation.registration": "Changed which apps may register themselves",
}

func (s *Server) getConsoleLog(w http.ResponseWriter, v *visit, by identity.Super) error {
	q := v.r.URL.Query()
	at, before := consoleLogs[0], ""
	view := consoleLogView{Table: kit.Table{
		Caption: "Log",
		Columns: []kit.Column{
			{Label: "Time", Kind: kit.KindAgo}, {Label: "Act"}, {Label: "By", HideOnPhone: true}, {Label: "Details", Wide: true, HideOnPhone: true}, {Label: "Address", Kind: kit.KindMono, HideOnPhone: true},
		},
		Empty: &kit.Empty{Icon: "history", Title: "Nothing yet", Text: "What super admins and the operator do, and what accounts without a tenant do, is kept here for good."},
	}}
	for _, l := range consoleLogs {
		if l.key == q.Get("of") {
			at = l
		}
	}
	for _, l := range consoleLogs {
		view.Table.Views.Items = append(view.Table.Views.Items, kit.Tab{Label: l.label, Href: consoleLogAt(l.key, ""), Active: l.key == at.key})
	}
	if id := q.Get("before"); model.IsID(id) {
		before = strings.ToLower(id)
		view.Pages = append(view.Pages, kit.Button{Label: "Newest entries", Href: consoleLogAt(at.key, "")})
	}
	entries, err := s.Console.Log(v.ctx(), by, at.prefix, before, callsPage+1)
	if err != nil {
		return err
	}
	if len(entries) > callsPage {
		entries = entries[:callsPage]
		view.Pages = append(view.Pages, kit.Button{Label: "Older entries", Href: consoleLogAt(at.key, entries[callsPage-1].ID)})
	}
	for _, e := range entries {
		view.Table.Rows = append(view.Table.Rows, kit.Row{Cells: []kit.Value{kit.Ago(e.At), kit.Text(actWords(e.Act)), kit.Text(e.PersonName), kit.Text(detailWords(e.Detail)), kit.Mono(e.IP)}})
	}
	return s.kit.Render(w, http.StatusOK, s.consolePage(v, "log"), "console_log", view)
}

func consoleLogAt(of, before string) string {
	q := url.Values{}
	if of != "" {
		q.Set("of", of)
	}
	if before != "" {
		q.Set("before", before)
	}
	if len(q) == 0 {
		return "/console/log"
	}
	return "/console/log?" + q.Encode()
}

func actWords(act string) string {
	if words := consoleActs[act]; words != "" {
		return words
	}
	return act
}

// detailWords are the facts of an entry, without the ids of who did it.
func detailWords(detail map[string]string) string {
	var out []string
	for name, value := range detail {
		if name != "by" && name != "session" && value != "" {
			out = append(out, name+" "+value)
		}
	}
	slices.Sort(out)
	return strings.Join(out, " · ")
}
