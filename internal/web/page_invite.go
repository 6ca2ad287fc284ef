package web

import (
	"net/http"
	"strings"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/people"
	"mandorla/internal/web/kit"
)

const pathPeople = "/settings/people"

// inviteView asks who is invited, and to which roles.
type inviteView struct{ Form kit.Form }

var sampleInvite = inviteView{Form: kit.Form{Action: "/"}}

func (s *Server) getInvite(w http.ResponseWriter, v *visit) error {
	return s.showInvite(w, v, http.StatusOK, people.Person{}, nil)
}

func (s *Server) showInvite(w http.ResponseWriter, v *visit, status int, p people.Person, problem error) error {
	roles, err := s.Identity.Roles(v.ctx(), v.who.Tenant)
	if err != nil {
		return err
	}
	page := s.shell(v, "settings", "Invite person")
	page.Icon, page.Narrow = "user-plus", true
	page.Breadcrumb = []kit.Link{{Label: "Settings", Href: "/settings"}, {Label: "People", Href: pathPeople}}
	how, label := "A mail with a link goes to this address. Whoever opens it chooses a password and is in; somebody with an account here signs in and accepts.", "Send invitation"
	if !s.People.Mails() {
		how, label = "This installation sends no mail: you get a link to hand on. Whoever opens it chooses a password and is in; somebody with an account here signs in and accepts.", "Make invitation"
	}
	form := kit.Form{
		Action: pathPeople + "/invite", Submit: kit.Button{Label: label, Look: kit.Primary}, Cancel: &kit.Link{Label: "Cancel", Href: pathPeople},
		Fields: []kit.Field{
			{Name: "email", Label: "E-mail address", Type: "email", Autocomplete: "off", Value: p.Email, Required: true, Autofocus: true, Max: 254, Help: how},
			{Name: "first", Label: "First name", Value: p.First, Required: true, Max: 80, Autocomplete: "off"},
			{Name: "last", Label: "Last name", Value: p.Last, Required: true, Max: 80, Autocomplete: "off"},
			rolesField(roles, p.Roles),
		},
	}
	if confirm := s.confirmField(v); confirm != nil {
		form.Fields = append(form.Fields, *confirm)
	}
	placeErrors(&form, problem)
	return s.kit.Render(w, status, page, "invite", inviteView{Form: form})
}

func (s *Server) postInvite(w http.ResponseWriter, v *visit) error {
	form := v.r.PostForm
	p := people.Person{Email: form.Get("email"), First: form.Get("first"), Last: form.Get("last"), Roles: form["roles"]}
	in, link, err := s.People.Invite(v.ctx(), v.who, p)
	if badInput(err) || fault.Is(err, fault.Conflict) || fault.Is(err, fault.Forbidden) || fault.Is(err, fault.NotFound) {
		return s.showInvite(w, v, formStatus(w, err), p, err)
	}
	if err != nil {
		return err
	}
	if s.People.Mails() {
		return s.done(w, v, pathPeople+"#invitations", "invited")
	}
	return s.showLink(w, v, in, link)
}

// showLink keeps a fresh link for the next page to show, once.
func (s *Server) showLink(w http.ResponseWriter, v *visit, in identity.Invitation, link string) error {
	if err := s.keepSecret(w, v, in.ID, link); err != nil {
		return err
	}
	return s.done(w, v, pathPeople+"#invitations", "invite_link")
}

// postInvitationSend sends an invitation again, with a new link.
func (s *Server) postInvitationSend(w http.ResponseWriter, v *visit) error {
	if !s.People.Mails() {
		return s.postInvitationLink(w, v)
	}
	if _, _, err := s.People.Renew(v.ctx(), v.who, v.r.PathValue("id"), true); err != nil {
		return err
	}
	return s.done(w, v, pathPeople+"#invitations", "invited")
}

// postInvitationLink makes a new link for an invitation, to hand on.
func (s *Server) postInvitationLink(w http.ResponseWriter, v *visit) error {
	in, link, err := s.People.Renew(v.ctx(), v.who, v.r.PathValue("id"), false)
	if err != nil {
		return err
	}
	return s.showLink(w, v, in, link)
}

func (s *Server) postInvitationWithdraw(w http.ResponseWriter, v *visit) error {
	err := s.Identity.WithdrawInvitation(v.ctx(), v.who, v.who.Tenant, v.r.PathValue("id"))
	if err != nil && !fault.Is(err, fault.NotFound) { // one that is gone already is what was wanted
		return err
	}
	return s.done(w, v, pathPeople, "withdrawn")
}

// invitationsOf draws the open invitations for those who may invite.
func (s *Server) invitationsOf(v *visit, view *peopleView) error {
	if !v.changes() {
		return nil
	}
	open, err := s.Identity.Invitations(v.ctx(), v.who, v.who.Tenant)
	if err != nil || len(open) == 0 {
		return err
	}
	roles, err := s.Identity.Roles(v.ctx(), v.who.Tenant)
	if err != nil {
		return err
	}
	view.Invitations = &kit.Table{ID: "invitations-table", Caption: "Open invitations", Columns: []kit.Column{
		{Label: "Name", Wide: true}, {Label: "Roles", HideOnPhone: true}, {Label: "Invited by", HideOnPhone: true},
		{Label: "Invited", Kind: kit.KindAgo, HideOnPhone: true}, {Label: "Link"}, {Label: "What to do", LabelHidden: true, Kind: kit.KindActions},
	}}
	for _, in := range open {
		row, why := s.invitationRow(in, roles)
		view.Invitations.Rows = append(view.Invitations.Rows, row)
		if why != "" {
			view.Failed = append(view.Failed, kit.Notice{Tone: kit.Bad, Title: "The mail to " + in.Email + " could not be sent", Text: why})
		}
		if link := s.freshSecret(v, in.ID); link != "" {
			view.Link = linkCopy(v, "Invitation link for "+in.Email, link, pathPeople, "Send it to "+in.Email+" in a way that nobody else reads. It works once, for 7 days.")
		}
	}
	return nil
}

// linkCopy shows a link once; back is the page that it stands on.
func linkCopy(v *visit, label, link, back, help string) *kit.Copy {
	return &kit.Copy{
		ID: "link", Label: label, Value: link, Secret: true, Done: back + "?stored=" + storedMark(v, link), Help: help,
		Once: "Shown once. It cannot be seen again after you leave this page; a new link can be made.",
	}
}

// invitationRow is one invitation; why says why its mail could not be sent, "" where nothing is wrong.
func (s *Server) invitationRow(in identity.Invitation, roles []access.Role) (row kit.Row, why string) {
	name := kit.PersonValue(in.UserName, "")
	name.Sub = in.Email
	if in.UserName == "" {
		name = kit.Text(in.Email)
	}
	var given []access.Role
	for _, r := range roles {
		for _, id := range in.Roles {
			if r.ID == id {
				given = append(given, r)
			}
		}
	}
	path := pathPeople + "/invitations/" + in.ID
	buttons := []kit.Button{{Label: "New link", Icon: "link", Small: true, Post: path + "/link"}, {Label: "Withdraw", Icon: "x", Small: true, Post: path + "/withdraw"}}
	if s.People.Mails() {
		buttons = append([]kit.Button{{Label: "Send again", Icon: "send", Small: true, Post: path + "/send"}}, buttons...)
	}
	state, why := s.linkState(in)
	return kit.Row{Cells: []kit.Value{
		name, kit.Text(roleNames(given)), kit.Text(invitedBy(in)), kit.Ago(in.CreatedAt), state, kit.Actions(buttons...),
	}}, why
}

// mailPatience is how long a mail may take before it counts as lost, as where the server was stopped meanwhile.
const mailPatience = 10 * time.Minute

// linkState says how it stands with the newest link of an invitation, and why its mail could not be sent, if so.
func (s *Server) linkState(in identity.Invitation) (state kit.Value, why string) {
	until, tone := "until "+in.ExpiresAt.UTC().Format("2 Jan"), kit.Good
	switch {
	case !s.Now().Before(in.ExpiresAt):
		return kit.StatusValue(kit.Warn, "Expired"), ""
	case in.Mail.Kind == identity.MailFailed:
		return kit.StatusValue(kit.Bad, "Not sent"), "Why: " + strings.TrimSuffix(in.Mail.Note, ".") + ". Send the invitation again, or make a link to hand on."
	case in.Mail.Kind == identity.MailWaiting && s.Now().Sub(in.Mail.At) > mailPatience:
		return kit.StatusValue(kit.Bad, "Not sent"), "The server was stopped before it was done. Send the invitation again."
	case in.Mail.Kind == identity.MailWaiting:
		until, tone = "being sent", kit.Neutral
	case in.Mail.Kind == identity.MailSent:
		until = "sent, " + until
	}
	return kit.Badges(kit.Badge{
		Tone: tone, Dot: true, Text: strings.ToUpper(until[:1]) + until[1:], Title: "The link works until " + in.ExpiresAt.UTC().Format("2 January, 15:04") + " UTC",
	}), ""
}
