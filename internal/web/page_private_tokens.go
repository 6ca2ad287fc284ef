package web

import (
	"fmt"
	"net/http"
	"time"

	"mandorla/internal/fault"
	"mandorla/internal/privateapp"
	"mandorla/internal/web/kit"
)

// tokenLives are how long a new token may work, in days; 0 is without an end.
var tokenLives = []struct {
	days  int
	label string
}{{30, "30 days"}, {90, "90 days"}, {365, "One year"}, {0, "Without an end"}}

// tokenTable lists the tokens; who made one is named where the person may see that name.
func (s *Server) tokenTable(v *visit, a privateapp.App, tokens []privateapp.Token, may bool) (kit.Table, error) {
	var makers []string
	for _, one := range tokens {
		makers = append(makers, one.CreatedBy)
	}
	names, err := s.titles(v, "User", makers)
	if err != nil {
		return kit.Table{}, err
	}
	t := kit.Table{
		ID: "tokens-table", Caption: "Tokens",
		Columns: []kit.Column{
			{Label: "Token", Wide: true}, {Label: "Ends in", Kind: kit.KindMono}, {Label: "Made by", HideOnPhone: true}, {Label: "Last call", Kind: kit.KindAgo, HideOnPhone: true},
			{Label: "Expires", HideOnPhone: true}, {Label: "Status", LabelHidden: may, Kind: kit.KindActions},
		},
		Empty: &kit.Empty{Icon: "key", Title: "No tokens yet", Text: "A token lets the program in. It is shown once, when it is made."},
	}
	for _, one := range tokens {
		row := kit.Row{Cells: s.tokenCells(one, names[one.CreatedBy]), Muted: !one.Works(s.Now())}
		if may && !row.Muted {
			row.Cells[len(row.Cells)-1] = kit.Actions(kit.Button{Label: "Revoke", Small: true, Post: "/private-apps/" + a.ID + "/tokens/revoke", Name: "token", Value: one.ID})
		}
		t.Rows = append(t.Rows, row)
	}
	return t, nil
}

func (s *Server) tokenCells(k privateapp.Token, maker string) []kit.Value {
	name, by, expires, status := kit.Text(k.Name), kit.Text(maker), kit.Text("Never"), kit.StatusValue(kit.Good, "Works")
	name.Title, by.Title = k.Name, "Made on "+k.CreatedAt.Format("2 Jan 2006")
	if k.CreatedBy == "" {
		by.Text = "The operator"
	}
	if !k.ExpiresAt.IsZero() {
		expires = kit.Date(k.ExpiresAt)
	}
	switch {
	case !k.RevokedAt.IsZero():
		status = kit.StatusValue(kit.Neutral, "Revoked")
	case !k.Works(s.Now()):
		status = kit.StatusValue(kit.Neutral, "Expired")
	}
	return []kit.Value{name, kit.Mono(k.Last4), by, kit.Ago(k.UsedAt), expires, status}
}

func newTokenModal(v *visit, path string) *kit.Modal {
	return &kit.Modal{
		ID: "token", Title: "New token", Action: path + "/tokens", Text: "It is shown once. Whoever holds it may do what this app may do.",
		Submit: kit.Button{Label: "Make token", Look: kit.Primary}, Open: v.r.URL.Query().Has("token"), CloseHref: path,
	}
}

func (s *Server) newTokenFields(v *visit, problem error) []kit.Field {
	form := kit.Form{Fields: []kit.Field{{Name: "tokenName", Label: "Name", Required: true, Max: 80, Value: v.r.PostForm.Get("tokenName"), Help: "Where it is used, such as Nightly job on the intranet server."}}}
	ends := kit.Field{Kind: kit.FieldSelect, Name: "expires", Label: "Expires after"}
	for i, life := range tokenLives {
		ends.Options = append(ends.Options, kit.Option{Value: fmt.Sprint(life.days), Label: life.label, Selected: i == 1})
	}
	form.Fields = append(form.Fields, ends)
	if confirm := s.confirmField(v); confirm != nil {
		form.Fields = append(form.Fields, *confirm)
	}
	placeErrors(&form, problem)
	if form.Error != "" {
		form.Fields[0].Error = form.Error
	}
	return form.Fields
}

func (s *Server) postPrivateToken(w http.ResponseWriter, v *visit) error {
	a, err := s.privateApp(v)
	if err != nil {
		return err
	}
	life := time.Duration(-1)
	for _, one := range tokenLives {
		if v.r.PostForm.Get("expires") == fmt.Sprint(one.days) {
			life = time.Duration(one.days) * 24 * time.Hour
		}
	}
	_, token, err := s.Apps.NewToken(v.ctx(), v.who, a.ID, v.r.PostForm.Get("tokenName"), life)
	if badInput(err) || fault.Is(err, fault.Conflict) || fault.Is(err, fault.Forbidden) || fault.Is(err, fault.RateLimited) {
		return s.showPrivateApp(w, v, formStatus(w, err), a, privateProblem{token: err})
	}
	if err != nil {
		return err
	}
	if err := s.keepSecret(w, v, a.ID, token); err != nil {
		return err
	}
	return s.done(w, v, "/private-apps/"+a.ID+"#access", "token")
}

func (s *Server) postPrivateRevoke(w http.ResponseWriter, v *visit) error {
	id := v.r.PathValue("id")
	err := s.Apps.RevokeToken(v.ctx(), v.who, id, v.r.PostForm.Get("token"))
	if err != nil && !fault.Is(err, fault.NotFound) { // one that is over already is what was wanted
		return err
	}
	return s.done(w, v, "/private-apps/"+id, "revoked")
}
