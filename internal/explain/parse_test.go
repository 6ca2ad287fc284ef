package explain_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mandorla/internal/explain"
	"mandorla/internal/fault"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]explain.Asked{
		"can Carly through Claude update arr of Acme?":            {Person: "Carly", Client: "Claude", Action: "update", Object: "arr of Acme"},
		"Can Carly Hart via Claude Connector see Acme's ARR ?":    {Person: "Carly Hart", Client: "Claude Connector", Action: "see", Object: "ARR of Acme"},
		"may carly@northwind.example delete companies":            {Person: "carly@northwind.example", Action: "delete", Object: "companies"},
		"Carly create a new company":                              {Person: "Carly", Action: "create", Object: "company"},
		"can Carly create a company?":                             {Person: "Carly", Action: "create", Object: "company"},
		"can Carly through “Portal sync” export all end users":    {Person: "Carly", Client: "Portal sync", Action: "export", Object: "end users"},
		"is Jonas allowed to change the owner of Bank of America": {Person: "Jonas", Action: "change", Object: "owner of Bank of America"},
		"can Carly set company Acme":                              {Person: "Carly", Action: "set", Object: "company Acme"},
		"could Ada’s friend view Acme Inc’s phase":                {Person: "Ada’s friend", Action: "view", Object: "phase of Acme Inc"},
		"can Carly through update companies":                      {Person: "Carly through", Action: "update", Object: "companies"},
	} {
		got, err := explain.Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
	for _, text := range []string{"", "?", "can", "can Carly", "can update companies", "can Carly update", "can Carly eat cake", "can Carly update the", "can “” update companies", strings.Repeat("x ", 200)} {
		got, err := explain.Parse(text)
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "can Carly through Claude update arr of Acme?") {
			t.Errorf("%q: %+v %v", text, got, err)
		}
	}
}

// Whatever is typed, reading it neither panics nor gives half a question.
func FuzzParse(f *testing.F) {
	f.Add("can Carly through Claude update arr of Acme?")
	f.Add("’s 's of of view")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := explain.Parse(text)
		if err == nil && (got.Person == "" || got.Action == "" || got.Object == "") {
			t.Errorf("%q: %+v", text, got)
		}
	})
}
