package web

import (
	"net/http"
	"slices"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/web/kit"
)

// peopleView is everybody with an account in the tenant, and who is invited.
type peopleView struct {
	Link        *kit.Copy // of an invitation that was just made
	Table       kit.Table
	Invitations *kit.Table   // nil: there is none, or none to be seen
	Failed      []kit.Notice // mails that could not be sent
}

var samplePeople = peopleView{Link: &kit.Copy{Secret: true, Once: "x"}, Table: sampleApps.Table, Invitations: &kit.Table{}, Failed: []kit.Notice{{Title: "x"}}}

func (s *Server) getPeople(w http.ResponseWriter, v *visit) error {
	if v.r.URL.Query().Has("stored") {
		return s.stored(w, v, pathPeople)
	}
	members, err := s.Identity.Members(v.ctx(), v.who.Tenant)
	if err != nil {
		return err
	}
	var ids []string
	for _, m := range members {
		ids = append(ids, m.Teams...)
	}
	slices.Sort(ids)
	teams, err := s.titles(v, "Team", slices.Compact(ids))
	if err != nil {
		return err
	}
	page := s.shell(v, "settings", "Settings")
	page.Tabs = settingsTabs(v, "people")
	view := peopleView{Table: kit.Table{Caption: "People", Columns: []kit.Column{
		{Label: "Name", Wide: true}, {Label: "E-mail address", HideOnPhone: true}, {Label: "Roles"}, {Label: "Teams", HideOnPhone: true}, {Label: "Status", HideOnPhone: true},
	}}}
	for _, m := range members {
		var names []string
		for _, id := range m.Teams {
			if teams[id] != "" {
				names = append(names, teams[id])
			}
		}
		view.Table.Rows = append(view.Table.Rows, kit.Row{Muted: !m.Active(), Cells: []kit.Value{
			v.memberValue(m), kit.Text(m.Account.Email), roleBadges(m), kit.Text(strings.Join(names, ", ")), memberStatus(m),
		}})
	}
	if v.changes() {
		page.Primary = &kit.Button{Label: "Invite person", Icon: "user-plus", Look: kit.Primary, Href: pathPeople + "/invite"}
	}
	if err := s.invitationsOf(v, &view); err != nil {
		return err
	}
	return s.kit.Render(w, http.StatusOK, page, "people", view)
}

// memberValue is a person's name, for those who may change something a link to the person's roles.
func (v *visit) memberValue(m identity.Membership) kit.Value {
	href := ""
	if v.changes() {
		href = "/settings/people/" + m.User
	}
	return kit.PersonValue(personName(m), href)
}

func roleBadges(m identity.Membership) kit.Value {
	var badges []kit.Badge
	for _, r := range m.Roles {
		tone := kit.Neutral
		if r.Admin {
			tone = kit.Info
		}
		badges = append(badges, kit.Badge{Text: r.Name, Tone: tone})
	}
	return kit.Badges(badges...)
}

func memberStatus(m identity.Membership) kit.Value {
	switch {
	case m.Account.Disabled:
		return kit.StatusValue(kit.Bad, "Account disabled")
	case m.UserInactive:
		return kit.StatusValue(kit.Neutral, "Inactive")
	}
	return kit.StatusValue(kit.Good, "Active")
}

// stored forgets a link that was noted down, and opens the page again without that in its address.
func (s *Server) stored(w http.ResponseWriter, v *visit, path string) error {
	owner, _, _ := strings.Cut(s.cookies.get(v.r, s.cookies.once), ".")
	if link := s.freshSecret(v, owner); link != "" && sameToken(v.r.URL.Query().Get("stored"), storedMark(v, link)) {
		s.cookies.clear(w, s.cookies.once)
	}
	return s.done(w, v, path, "")
}

// personView is what one person may do.
type personView struct {
	Link      *kit.Copy // to a new password, just made
	Form      kit.Form
	Facts     kit.Properties
	Reset     *kit.Button // nil where ResetText says why not
	ResetText string
}

var samplePerson = personView{
	Link: &kit.Copy{Secret: true}, Form: kit.Form{Action: "/", SaveBar: &kit.SaveBar{}}, Facts: sampleRecord.Properties, Reset: &kit.Button{Post: "/"}, ResetText: "x",
}

func (s *Server) getPerson(w http.ResponseWriter, v *visit) error {
	if v.r.URL.Query().Has("stored") {
		return s.stored(w, v, pathPeople+"/"+v.r.PathValue("user"))
	}
	return s.showPerson(w, v, http.StatusOK, nil, nil)
}

// showPerson draws a person's roles; ticked are those of a form that came back, nil for the stored ones.
func (s *Server) showPerson(w http.ResponseWriter, v *visit, status int, ticked []string, problem error) error {
	m, err := s.Identity.Member(v.ctx(), v.who.Tenant, v.r.PathValue("user"))
	if err != nil {
		return err
	}
	roles, err := s.Identity.Roles(v.ctx(), v.who.Tenant)
	if err != nil {
		return err
	}
	has := roleIDs(m)
	if problem == nil {
		ticked = has
	}
	page := s.shell(v, "settings", personName(m))
	page.Icon, page.Narrow = "user", true
	page.Breadcrumb = []kit.Link{{Label: "Settings", Href: "/settings"}, {Label: "People", Href: "/settings/people"}}
	path := "/settings/people/" + m.User
	view := personView{
		Form: kit.Form{
			ID: "person", Action: path, Fields: []kit.Field{rolesField(roles, ticked)}, Hidden: []kit.Hidden{{Name: "had", Value: strings.Join(has, " ")}},
			SaveBar: &kit.SaveBar{Discard: path, Note: "Takes effect at the person's next request, through every app as well."},
		},
		Facts: kit.Properties{Groups: []kit.PropertyGroup{{Label: "Person", Items: []kit.Property{
			{Label: "E-mail address", Value: kit.Text(m.Account.Email)}, {Label: "Status", Value: memberStatus(m)},
		}}}},
	}
	if user, ok := v.byName("User"); ok {
		view.Facts.Groups[0].Items = append(view.Facts.Groups[0].Items, kit.Property{Label: "Record", Value: kit.LinkTo("Open in "+user.Model.Plural, recordPath(user.Model, m.User))})
	}
	placeErrors(&view.Form, problem)
	if err := s.resetPart(v, m, &view); err != nil {
		return err
	}
	return s.kit.Render(w, status, page, "person", view)
}

func rolesField(roles []access.Role, ticked []string) kit.Field {
	field := kit.Field{Kind: kit.FieldChecks, Name: "roles", Label: "Roles", Help: "A row and a property are reached where one and the same role grants both. Without a role, nothing is reached."}
	for _, r := range roles {
		label := r.Name
		if r.Admin && r.Name != identity.Administrator {
			label += " (administrator)"
		}
		field.Options = append(field.Options, kit.Option{Value: r.ID, Label: label, Help: r.Doc, Selected: slices.Contains(ticked, r.ID)})
	}
	return field
}

// resetPart offers a link to a new password, or says why there is none to be had here.
func (s *Server) resetPart(v *visit, m identity.Membership, view *personView) error {
	path := pathPeople + "/" + m.User
	if link := s.freshSecret(v, m.User); link != "" {
		view.Link = linkCopy(v, "Reset link for "+m.Account.Email, link, path, "Send it to "+m.Account.Email+" in a way that nobody else reads. It works once, for an hour.")
	}
	err := s.Identity.MayReset(v.ctx(), v.who, m.Account.ID)
	if fault.Is(err, fault.Forbidden) {
		view.ResetText, _ = fault.Safe(err)
		return nil
	}
	view.ResetText = "Make a link for somebody who forgot the password. When it is used, every session and every connected app of the person ends."
	view.Reset = &kit.Button{Label: "Make a reset link", Icon: "key", Post: path + "/reset"}
	return err
}

func (s *Server) postPersonReset(w http.ResponseWriter, v *visit) error {
	m, err := s.Identity.Member(v.ctx(), v.who.Tenant, v.r.PathValue("user"))
	if err != nil {
		return err
	}
	link, err := s.People.Reset(v.ctx(), v.who, m.Account.ID)
	if err != nil {
		return err
	}
	if err := s.keepSecret(w, v, m.User, link); err != nil {
		return err
	}
	return s.done(w, v, pathPeople+"/"+m.User, "reset_link")
}

func roleIDs(m identity.Membership) []string {
	var out []string
	for _, r := range m.Roles {
		out = append(out, r.ID)
	}
	slices.Sort(out)
	return out
}

func (s *Server) postPerson(w http.ResponseWriter, v *visit) error {
	m, err := s.Identity.Member(v.ctx(), v.who.Tenant, v.r.PathValue("user"))
	if err != nil {
		return err
	}
	form := v.r.PostForm
	if !form.Has("had") {
		return errOldForm
	}
	ticked := form["roles"]
	if form.Get("had") != strings.Join(roleIDs(m), " ") {
		return s.showPerson(w, v, http.StatusConflict, ticked, fault.New(fault.Conflict, "Somebody changed the roles of %s meanwhile. Look at them again and repeat your change.", personName(m)))
	}
	err = s.Identity.AssignRoles(v.ctx(), v.who, v.who.Tenant, m.User, ticked)
	if fault.Is(err, fault.Conflict) || badInput(err) {
		return s.showPerson(w, v, http.StatusConflict, ticked, err)
	}
	if err != nil {
		return err
	}
	return s.done(w, v, "/settings/people/"+m.User, "saved")
}

// ownReach says to a person which rows a role reaches.
var ownReach = map[access.PortfolioKind]string{
	access.KindMine:   "Companies that you own or co-own, and what belongs to them.",
	access.KindTeam:   "Companies that you or the members of your teams own or co-own, and what belongs to them.",
	access.KindFilter: "Companies that match the role's filter, and what belongs to them.",
	access.KindFull:   "All companies, and what belongs to them.",
}

// rolesInWords say to a person what each of the own roles allows.
func (s *Server) rolesInWords(v *visit) ([]kit.Property, error) {
	if v.who.Sides == nil || v.who.Tenant == "" {
		return nil, nil
	}
	reg, err := s.registry(v)
	if err != nil {
		return nil, err
	}
	var out []kit.Property
	for _, r := range v.who.Sides.Roles {
		out = append(out, kit.Property{Label: r.Name, Help: r.Doc, Value: kit.Long(ownReach[r.Portfolio.Kind] + "\n" + inWords(reg, access.DataOnly(r.Set)))})
	}
	return out, nil
}
