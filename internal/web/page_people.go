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

// peopleView is everybody with an account in the tenant.
type peopleView struct{ Table kit.Table }

var samplePeople = peopleView{Table: sampleApps.Table}

func (s *Server) getPeople(w http.ResponseWriter, v *visit) error {
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

// personView is what one person may do.
type personView struct {
	Form  kit.Form
	Facts kit.Properties
}

var samplePerson = personView{Form: kit.Form{Action: "/", SaveBar: &kit.SaveBar{}}, Facts: sampleRecord.Properties}

func (s *Server) getPerson(w http.ResponseWriter, v *visit) error {
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
	field := kit.Field{Kind: kit.FieldChecks, Name: "roles", Label: "Roles", Help: "A row and a property are reached where one and the same role grants both. Without a role, nothing is reached."}
	for _, r := range roles {
		label := r.Name
		if r.Admin && r.Name != identity.Administrator {
			label += " (administrator)"
		}
		field.Options = append(field.Options, kit.Option{Value: r.ID, Label: label, Help: r.Doc, Selected: slices.Contains(ticked, r.ID)})
	}
	view := personView{
		Form: kit.Form{
			ID: "person", Action: path, Fields: []kit.Field{field}, Hidden: []kit.Hidden{{Name: "had", Value: strings.Join(has, " ")}},
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
	return s.kit.Render(w, status, page, "person", view)
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
