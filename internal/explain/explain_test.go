package explain_test

import (
	"encoding/json"
	"strings"
	"testing"

	"mandorla/internal/access"
	"mandorla/internal/demo"
	"mandorla/internal/explain"
	"mandorla/internal/fault"
	"mandorla/internal/oauth"
	"mandorla/internal/privateapp"
	"mandorla/internal/testkit"
)

// Questions in people's words about the demo tenant, directly and through its app, and what cannot be found.
func TestAsk(t *testing.T) {
	testkit.Engines(t, func(t *testing.T, engine string) {
		s := testkit.Start(t, engine)
		s.Connect(t, demo.Carly)
		if _, _, err := s.OAuth.CreateClient(t.Context(), s.Admin, oauth.ClientInput{Name: "Claude Desktop", Kind: oauth.Public, Set: access.Set{}}); err != nil {
			t.Fatal(err)
		}
		view := access.Set{"Company": {Actions: access.View, View: access.AllProperties}}
		if _, err := s.Apps.Create(t.Context(), s.Admin, privateapp.Input{Name: "Portal sync", Set: view}); err != nil {
			t.Fatal(err)
		}
		off, err := s.Apps.Create(t.Context(), s.Admin, privateapp.Input{Name: "Old sync", Set: view})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Apps.Update(t.Context(), s.Admin, off.ID, off.Version, privateapp.Input{Name: off.Name, Set: view}); err != nil {
			t.Fatal(err)
		}
		ask := func(asker access.Principal, text string) string {
			asked, err := explain.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			a, err := s.Explain().Ask(t.Context(), asker, asked)
			if err != nil {
				msg, _ := fault.Safe(err)
				return fault.KindOf(err).String() + ": " + msg
			}
			return strings.Join(append([]string{a.Answer}, a.Changes...), " ")
		}
		for text, want := range map[string]string{
			"can Carly update arr of Brightwater Energy?":                         "Yes, Carly Hart may update arr of Brightwater Energy.",
			"can carly@northwind.example edit company brightwater energy":         "Yes, Carly Hart may update Brightwater Energy.",
			"can Carly through Claude Connector view Brightwater Energy's ARR":    "Yes, Carly Hart through Claude Connector may view arr of Brightwater Energy.",
			"can Sofia through Claude Connector view companies":                   "Yes, once connected: Sofia Marchetti through Claude Connector may view companies, within the portfolio.",
			"can Sofia update Brightwater Energy":                                 "No, Sofia Marchetti may not update Brightwater Energy. Make Sofia Marchetti owner or co-owner of Brightwater Energy, or widen the portfolio of the role CSM.",
			"can Marcus view health":                                              "Yes, Marcus Oyelaran may view h of companies.",
			"can Carly through Claude Connector update tasks":                     "No, Carly Hart through Claude Connector may not update tasks. Let the app Claude Connector update tasks. Then connect again: the authorization does not include it yet.",
			"can Carly through Claude Desktop view the renewal date of companies": "No, Carly Hart through Claude Desktop may not view renewalDate of companies. Let the app Claude Desktop view renewalDate of companies.",
			"can Carly export license":                                            "No, Carly Hart may not export licenses. Let the role CSM export licenses. And: Turn on “Export” in the role CSM.",
			"can Carly through Claude view companies":                             "invalid: \"Claude\" may mean several apps: Claude Connector and Claude Desktop. Say which.",
			"can Carly through Siri view companies":                               "not_found: None of the apps is called \"Siri\". There are Claude Connector and Claude Desktop.",
			"can Karl view companies":                                             "not_found: None of the people is called \"Karl\". There are",
			"can northwind view companies":                                        "not_found: None of the people is called",
			"can Carly view taste of companies":                                   "invalid: taste: Company has no such property.",
			"can Carly view Nowhere Ltd":                                          "not_found: Nothing here is called \"Nowhere Ltd\": no model, no property and no record.",
			"can Carly view the arr of company Nowhere":                           "not_found: There are no companies that \"Nowhere\" may mean.",
			"can Carly view company " + strings.Repeat("0", 24):                   "not_found: There is no Company with the _id",
			"can Carly through pk_AAAAAAAAAAAAAAAAAAAAAA view companies":          "not_found: There is no such client.",
			"can Portal sync view Brightwater Energy":                             "Yes, Portal sync may view Brightwater Energy.",
			"can Portal sync update Brightwater Energy":                           "No, Portal sync may not update Brightwater Energy. Let the private app Portal sync update companies.",
			"can Old sync view companies":                                         "not_found: The private app \"Old sync\" is disabled: it reaches nothing.",
			"can Portal sync through Claude Connector view company":               "not_found: None of the people is called \"Portal sync\".",
		} {
			if got := ask(s.Admin, text); !strings.HasPrefix(got, want) {
				t.Errorf("%s\n got %s\nwant %s", text, got, want)
			}
		}
		several := ask(s.Admin, "can Carly view Energy")
		if !strings.HasPrefix(several, "invalid: \"Energy\" may mean several records: ") || !strings.Contains(several, "Brightwater Energy (company)") {
			t.Error(several)
		}
		// People may ask about themselves, and about nobody else.
		carly := s.Person(t, demo.Carly)
		for text, want := range map[string]string{
			"can Portal sync view companies":                         "not_found: None of the people is called \"Portal sync\".",
			"can me view companies":                                  "Yes, Carly Hart may view companies, within the portfolio.",
			"can Carly through " + s.Client.ID + " update companies": "Yes, Carly Hart through Claude Connector may update companies, within the portfolio.",
			"can Jonas view companies":                               "forbidden: Only an administrator may do this.",
		} {
			if got := ask(carly, text); !strings.HasPrefix(got, want) {
				t.Errorf("%s\n got %s\nwant %s", text, got, want)
			}
		}
	})
}

// The JSON is an interface for programs: its shape stays.
func TestAnswerJSON(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	a, err := s.Explain().Ask(t.Context(), s.Admin, explain.Asked{Person: "Carly", Client: "Claude", Action: "delete", Model: "tasks"})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	got := strings.NewReplacer(a.Person.ID, "PERSON", a.Client.ID, "CLIENT", a.Reasons[2].ID, "ROLE").Replace(string(text))
	want := `{"question":"May Carly Hart through Claude Connector remove tasks?","answer":"No, Carly Hart through Claude Connector may not remove tasks.","allowed":false,` +
		`"person":{"id":"PERSON","name":"Carly Hart"},"client":{"id":"CLIENT","name":"Claude Connector"},"connected":false,"action":"remove","model":"Task","reasons":[` +
		`{"side":"authorization","name":"Claude Connector","id":"CLIENT","allows":true,"text":"is not there yet: connecting would include what the app and the roles allow","decides":false,"sentence":"Authorization of Claude Connector is not there yet: connecting would include what the app and the roles allow."},` +
		`{"side":"client","name":"Claude Connector","id":"CLIENT","allows":false,"text":"allows view on tasks, but not remove","fix":"Let the app Claude Connector remove tasks.","decides":true,"sentence":"App Claude Connector allows view on tasks, but not remove."},` +
		`{"side":"role","name":"CSM","id":"ROLE","allows":false,"text":"allows view, create and update on tasks, but not remove","fix":"Let the role CSM remove tasks.","decides":true,"sentence":"Role CSM allows view, create and update on tasks, but not remove."},` +
		`{"side":"switch","name":"CSM","id":"ROLE","allows":true,"text":"is on","switch":"Connect apps and AI assistants","decides":false,"sentence":"Switch “Connect apps and AI assistants” of CSM is on."},` +
		`{"side":"portfolio","name":"CSM","id":"ROLE","allows":true,"text":"is only my portfolio: companies that the person owns or co-owns, and what belongs to them","decides":false,"sentence":"Portfolio of CSM is only my portfolio: companies that the person owns or co-owns, and what belongs to them."}],` +
		`"changes":["Let the app Claude Connector remove tasks.","Let the role CSM remove tasks."]}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
