package app_test

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"

	"mandorla/internal/access"
	"mandorla/internal/demo"
	"mandorla/internal/fault"
	"mandorla/internal/model"
	"mandorla/internal/oauth"
	"mandorla/internal/record"
	"mandorla/internal/testkit"
	"mandorla/internal/transfer"
)

// readers are the methods that take a principal and change nothing. Every other one must refuse a principal that somebody looks through.
var readers = []string{
	"record.Models", "record.Describe", "record.List", "record.Get", "record.History", "record.Explain", "record.Refusal",
	"oauth.Through", "oauth.Application", "oauth.PublishedApp", "oauth.PublishedApps", "privateapp.Apps", "privateapp.App", "privateapp.Tokens", "privateapp.Principal",
	"identity.StopViewing", // which ends the looking; its principal is the one who looks
}

// Whoever looks through an administrator's eyes can change nothing by any service, whatever that administrator could: the list of
// methods is the services' own, so a new one is tried as well.
func TestViewersChangeNothing(t *testing.T) {
	s := testkit.Start(t, "sqlite")
	s.Connect(t, demo.People[0])
	eyes := s.Person(t, demo.People[0]).SeenBy(s.Admin)
	if eyes.Direct() || !eyes.Admin {
		t.Fatalf("%s is no administrator", eyes.PersonName)
	}
	before := acts(t, s)
	tried := 0
	for _, service := range []any{s.Gate, s.Identity, s.OAuth, s.Apps} {
		v := reflect.ValueOf(service)
		for i := range v.NumMethod() {
			name := strings.TrimSuffix(strings.TrimPrefix(v.Type().String(), "*"), "Service") + v.Type().Method(i).Name
			args, takes := arguments(t, v.Method(i).Type(), eyes)
			if !takes || slices.Contains(readers, name) {
				continue
			}
			tried++
			out := v.Method(i).Call(args)
			err, _ := out[len(out)-1].Interface().(error)
			if !fault.Is(err, fault.Forbidden) || !strings.HasSuffix(err.Error(), "You are viewing as "+eyes.PersonName+". Stop viewing as to make changes.") {
				t.Errorf("%s: %v (if it changes nothing, it belongs to the readers above)", name, err)
			}
		}
	}
	if tried < 25 {
		t.Errorf("only %d methods were tried", tried)
	}
	// With what would be right otherwise, on one's own connection and as a mere try.
	list, err := s.OAuth.PersonConnections(t.Context(), s.Tenant, eyes.Person)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d connections, %v", len(list), err)
	}
	company, err := s.Gate.List(t.Context(), eyes, record.ListRequest{Model: "Company", Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	w := record.Write{Model: "Company", ID: company.Rows[0].ID, Values: map[string]any{"name": "x"}, DryRun: true}
	for name, err := range map[string]error{
		"end":     s.OAuth.EndConnection(t.Context(), eyes, list[0].ID),
		"narrow":  s.OAuth.NarrowConnection(t.Context(), eyes, list[0].ID, nil),
		"end all": s.OAuth.EndPersonConnections(t.Context(), eyes, eyes.Person),
		"dry run": second(s.Gate.Update(t.Context(), eyes, w)),
		"import":  second(transfer.Import{Gate: s.Gate, As: eyes, Model: "Company"}.Run(t.Context(), nil)),
	} {
		if !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if after := acts(t, s); after != before {
		t.Errorf("%d entries in the log, %d before", after, before)
	}
}

func second[A any](_ A, err error) error { return err }

func acts(t *testing.T, s *testkit.Server) int {
	t.Helper()
	entries, err := s.Store.TenantAudit(t.Context(), s.Tenant, "", 100000)
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// arguments fills a method's parameters; takes is false where none of them is a principal.
func arguments(t *testing.T, method reflect.Type, p access.Principal) (args []reflect.Value, takes bool) {
	for i := range method.NumIn() {
		switch in := method.In(i); in {
		case reflect.TypeFor[context.Context]():
			args = append(args, reflect.ValueOf(t.Context()))
		case reflect.TypeFor[access.Principal]():
			args, takes = append(args, reflect.ValueOf(p)), true
		case reflect.TypeFor[oauth.Visitor]():
			args, takes = append(args, reflect.ValueOf(oauth.Visitor{Principal: p})), true
		case reflect.TypeFor[*model.Registry]():
			args = append(args, reflect.ValueOf(&model.Registry{}))
		default:
			args = append(args, reflect.Zero(in))
		}
	}
	return args, takes
}
