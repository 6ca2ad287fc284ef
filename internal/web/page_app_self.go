package web

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"mandorla/internal/oauth"
	"mandorla/internal/web/kit"
)

// What the pages of an OAuth client show of an app that registered itself.

// waitingTable lists the apps that wait for an administrator; nil where none does.
func waitingTable(v *visit, clients []oauth.Client) *kit.Table {
	t := kit.Table{ID: "waiting", Caption: "Waiting for approval", Columns: []kit.Column{
		// A phone, too, shows who vouches for an app and where it leads: that is what one decides by.
		{Label: "Name", Wide: true}, {Label: "Sends people back to"}, {Label: "Asked for", Kind: kit.KindAgo, HideOnPhone: true},
	}}
	if mayLetIn(v) {
		t.Columns = append(t.Columns, kit.Column{Label: "Approve or refuse", LabelHidden: true, Kind: kit.KindActions})
	}
	for _, c := range clients {
		if c.Approval != oauth.Waiting {
			continue
		}
		name := kit.LinkTo(c.Name, "/apps/"+c.ID)
		name.Icon, name.Sub = presetOf(c).Icon, voucher(c)
		asked := c.CreatedAt
		if c.Steps.AuthorizeLast.After(asked) {
			asked = c.Steps.AuthorizeLast
		}
		row := kit.Row{Cells: []kit.Value{name, kit.Text(strings.Join(redirectHosts(c), ", ")), kit.Ago(asked)}}
		if mayLetIn(v) {
			row.Cells = append(row.Cells, kit.Actions(decisions(c)...))
		}
		t.Rows = append(t.Rows, row)
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return &t
}

// decisions are the buttons about an app that registered itself. They name the version that was looked at.
func decisions(c oauth.Client) []kit.Button {
	decide := func(label, icon, value string) kit.Button {
		return kit.Button{Label: label, Icon: icon, Small: true, Post: "/apps/" + c.ID + "/decision", Name: "decision", Value: fmt.Sprint(value, " ", c.Version)}
	}
	approve, refuse := decide("Approve", "check", "approve"), decide("Refuse", "x", "refuse")
	switch c.Approval {
	case oauth.Waiting:
		return []kit.Button{approve, refuse}
	case oauth.Refused:
		return []kit.Button{approve}
	}
	return nil
}

func (s *Server) postAppDecision(w http.ResponseWriter, v *visit) error {
	c, err := s.client(v)
	if err != nil {
		return err
	}
	verb, text, _ := strings.Cut(v.r.PostForm.Get("decision"), " ")
	made, err := strconv.ParseInt(text, 10, 64)
	if err != nil || verb != "approve" && verb != "refuse" {
		return errOldForm
	}
	if _, err := s.OAuth.DecideClient(v.ctx(), v.who, c.ID, made, verb == "approve"); err != nil {
		return err
	}
	return s.done(w, v, "/apps/"+c.ID, map[string]string{"approve": "approved", "refuse": "refused"}[verb])
}

// voucher says whose word the name of such an app is.
func voucher(c oauth.Client) string {
	if host := c.Host(); host != "" {
		return "vouched for by " + host
	}
	return "nobody vouches for it"
}

// redirectHosts are where an app sends people back to, each once.
func redirectHosts(c oauth.Client) []string {
	var out []string
	for _, uri := range c.RedirectURIs {
		host, err := parseHost(uri)
		if err == nil && !strings.Contains(" "+strings.Join(out, " ")+" ", " "+host+" ") {
			out = append(out, host)
		}
	}
	return out
}

// selfForm is the General tab's form for such an app: only the description is the administrators'.
func selfForm(c oauth.Client, form kit.Form) kit.Form {
	from := kit.Field{Kind: kit.FieldShown, Name: "from", Label: "Comes from", Value: "It registered itself, under an id that it was given here: " + c.AppID}
	if c.Origin == oauth.Document {
		from.Value = c.AppID + ", read last on " + c.ReadAt.UTC().Format("2 January 2006, 15:04") + " UTC"
	}
	for i, f := range form.Fields {
		switch f.Name {
		case "name":
			form.Fields[i] = kit.Field{Kind: kit.FieldShown, Name: "name", Label: "Name", Value: c.Name, Help: "As the app calls itself."}
		case "kind":
			form.Fields[i].Value = "Public: it has no secret"
		case "redirectUris":
			form.Fields[i] = kit.Field{Kind: kit.FieldShown, Name: "redirectUris", Label: "Redirect URLs", Value: strings.Join(c.RedirectURIs, ", "), Help: "As the app says; they cannot be changed here."}
		}
	}
	form.Fields = append(form.Fields, from)
	return form
}

// selfNotice says how such an app came in, where that wants attention or explains something.
func selfNotice(c oauth.Client) *kit.Notice {
	switch c.Approval {
	case oauth.Waiting:
		return &kit.Notice{Tone: kit.Warn, Title: "This app waits for approval", Text: "Somebody here wants to connect it. " + vouchWords(c) + " Until an administrator approves it, nobody can."}
	case oauth.Refused:
		return &kit.Notice{Tone: kit.Warn, Title: "This app was refused", Text: "Nobody can connect it, and it is not asked about again. Deleting it forgets the refusal."}
	case oauth.LetIn:
		return &kit.Notice{Tone: kit.Info, Title: "Let in by the rules", Text: vouchWords(c) + " No administrator has looked at it.", Action: &kit.Button{Label: "Rules", Href: pathRules}}
	}
	return nil
}

func vouchWords(c oauth.Client) string {
	if host := c.Host(); host != "" {
		return "Its name and its redirect URLs are what the website " + host + " says."
	}
	return "Nobody vouches for its name: anybody can register under any."
}

// selfStatus is the status of an app that is not let in; nil for any other.
func selfStatus(c oauth.Client) *kit.Badge {
	switch c.Approval {
	case oauth.Waiting:
		return kit.Status(kit.Warn, "Waiting for approval")
	case oauth.Refused:
		return kit.Status(kit.Bad, "Refused")
	}
	return nil
}

// selfSetup is what is to be done for such an app: nothing but giving it the address.
func selfSetup(c oauth.Client, app, url string) setupStep {
	step := setupStep{Title: "Give " + app + " the address of this server", Text: "It identifies itself: there is no client ID and no secret to paste.", Copies: []kit.Copy{{ID: "mcp-url", Label: "MCP server URL", Value: url}}}
	step.Done = !c.Steps.AuthorizeFirst.IsZero()
	return step
}
