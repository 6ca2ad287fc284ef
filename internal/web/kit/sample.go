package kit

import "time"

var sampleProblem = Problem{
	Status: 404, Title: "There is no such page", Text: "The address may be misspelt, or what it showed was removed.",
	Who: "The person who gave you the link can say where it has moved.", How: "Go back, or search for it.",
	Reference: "req_0000", Code: "not-found", Action: &Button{Label: "Go home", Href: "/", Look: Primary},
}

// samplePage fills everything a layout can draw; New renders every page in it.
func samplePage() Page {
	item := func(id string) NavItem {
		return NavItem{ID: id, Label: id, Href: "/" + id, Icon: "building", Count: "1"}
	}
	return Page{
		Frame: Frame{
			Tenant: Tenant{Name: "Acme", Others: []Button{{Label: "Globex", Post: "/tenant", Name: "tenant", Value: "1"}}},
			Person: Person{Name: "Carly Hart", Email: "carly@acme.example", Profile: "/profile", SignOut: "/sign-out", ThemeAction: "/theme"},
			Nav: Nav{Active: "Company", Home: item("Home"), Data: []NavItem{item("Company")},
				More: []NavItem{item("Asset")}, Tools: []NavItem{item("Apps")}},
			CSRF: "token", Search: SearchBox{Action: "/search"},
			Marker: &Marker{Tone: Info, Text: "Demo tenant", Link: &Link{Label: "Reset", Href: "/reset"}},
		},
		Title: "Companies", Icon: "building", Count: "1", Lead: "One sentence.", Status: Status(Good, "Works"),
		Overlap:    &Mandorla{Client: 3, Overlap: 2, Role: 4, Small: true},
		Breadcrumb: []Link{{Label: "Home", Href: "/"}},
		Primary:    &Button{Label: "New company", Icon: "plus", Look: Primary, Href: "/new"},
		Actions:    []Button{{Label: "Import", Href: "/import"}},
		Tabs:       Tabs{Items: []Tab{{Label: "All", Href: "?", Count: "1", Active: true, Progress: &Progress{1, 2}}}},
		Toasts:     []Toast{{Tone: Good, Title: "Saved", Text: "One change.", Action: &Button{Label: "Undo", Post: "/undo"}}},
	}
}

// sampleTime is a fixed instant for samples and the gallery.
var sampleTime = time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC)
