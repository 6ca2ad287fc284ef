package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"mandorla/internal/access"
	"mandorla/internal/audit"
	"mandorla/internal/fault"
	"mandorla/internal/model"
	"mandorla/internal/query"
)

// testSystem covers tenants and settings.
func testSystem(t *testing.T, open Open) {
	s, ctx := openEmpty(t, open), context.Background()
	tenants, err := s.Tenants(ctx)
	must(t, err)
	if len(tenants) != 2 || tenants[0].ID != here || tenants[0].Slug != here || tenants[0].Status != "active" || time.Since(tenants[0].CreatedAt).Abs() > time.Hour {
		t.Errorf("tenants %+v", tenants)
	}
	if err := s.CreateTenant(ctx, "other", "Other", here); !fault.Is(err, fault.Conflict) {
		t.Errorf("a taken short name: %v", err)
	}
	if _, err := s.Tenant(ctx, "nobody"); !fault.Is(err, fault.NotFound) {
		t.Errorf("an unknown tenant: %v", err)
	}
	if _, err := s.Setting(ctx, "key"); !fault.Is(err, fault.NotFound) {
		t.Errorf("an unknown setting: %v", err)
	}
	got := make([]string, 8)
	var group sync.WaitGroup
	for i := range got {
		group.Go(func() {
			value, err := s.EnsureSetting(ctx, "key", fmt.Sprint("value ", i))
			if got[i] = value; err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for _, v := range got {
		if v == "" || v != got[0] {
			t.Errorf("EnsureSetting gave different values: %q", got)
		}
	}
	must(t, s.SetSetting(ctx, "key", "set"))
	if v, err := s.Setting(ctx, "key"); err != nil || v != "set" {
		t.Errorf("Setting = %q, %v", v, err)
	}
}

func testAudit(t *testing.T, open Open) {
	s, ctx := openEmpty(t, open), context.Background()
	full := audit.Entry{
		Tenant: here, At: at("2026-11-23T09:30:00.123Z"), Act: "record.update", Person: "p", PersonName: "Pé", Client: "c", ClientName: "Client",
		Authorization: "a", App: "r", AppName: "Program", Call: "l", Surface: access.SurfaceMCP, IP: "::1", Model: "Firm", Record: id(1),
		Changes: []audit.Change{{Property: "fi02", Old: json.RawMessage(`null`), New: json.RawMessage(`"x"`)}}, Detail: map[string]string{"k": "v?"},
	}
	other := audit.Entry{Tenant: here, At: full.At, Act: "session.start"}
	foreign := full
	foreign.Tenant = there
	must(t, s.AppendAudit(ctx, full, other, foreign, full))
	check := func(name string, want []audit.Entry, got []audit.Entry, err error) {
		t.Helper()
		must(t, err)
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(audit.Entry{}, "ID"), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		for i := 1; i < len(got); i++ {
			if got[i].ID >= got[i-1].ID {
				t.Errorf("%s: the newest entry is not first", name)
			}
		}
	}
	got, err := s.RecordAudit(ctx, here, "Firm", id(1), 10)
	check("of the record", []audit.Entry{full, full}, got, err)
	got, err = s.RecordAudit(ctx, here, "Firm", id(1), 1)
	check("at most one", []audit.Entry{full}, got, err)
	got, err = s.TenantAudit(ctx, here, "", 10)
	check("of the tenant", []audit.Entry{full, other, full}, got, err)
	got, err = s.TenantAudit(ctx, here, "session.", 10)
	check("of sessions", []audit.Entry{other}, got, err)
	got, err = s.TenantAudit(ctx, here, "s%", 10)
	check("of no act", nil, got, err)
	err = s.InTx(ctx, func(ctx context.Context) error {
		must(t, s.AppendAudit(ctx, other))
		return fault.New(fault.Invalid, "no")
	})
	got, listed := s.TenantAudit(ctx, here, "session.", 10)
	check("after an undone transaction", []audit.Entry{other}, got, listed)
	if !fault.Is(err, fault.Invalid) {
		t.Error(err)
	}
}

func testCustomProperties(t *testing.T, open Open) {
	s, ctx := openEmpty(t, open), context.Background()
	if _, _, err := s.CustomProperties(ctx, "nobody"); !fault.Is(err, fault.NotFound) {
		t.Errorf("an unknown tenant: %v", err)
	}
	if err := s.AddCustomProperty(ctx, "nobody", "Firm", custom["Firm"][0]); !fault.Is(err, fault.NotFound) {
		t.Errorf("an unknown tenant: %v", err)
	}
	all := append(custom["Firm"], model.Property{
		ID: "cf_a", Name: "custom.Stage", Kind: model.Enum, Options: []string{"One", "two"}, Custom: true, Label: "L", Doc: "D", Aliases: []string{"stage"},
		Required: true, Index: true, Search: true, CreateOnly: true, List: true, Sensitive: true,
	})
	for i, p := range all {
		must(t, s.AddCustomProperty(ctx, here, "Firm", p))
		got, version, err := s.CustomProperties(ctx, here)
		must(t, err)
		if version != int64(i+1) {
			t.Errorf("version %d after %d properties", version, i+1)
		}
		if diff := cmp.Diff(map[string][]model.Property{"Firm": all[:i+1]}, got, sameProperty); diff != "" {
			t.Errorf("properties (-want +got):\n%s", diff)
		}
	}
	other := all[len(all)-1]
	other.Name, other.Doc, other.Options, other.Required = "custom.Step", "E", []string{"three"}, false
	must(t, s.ChangeCustomProperty(ctx, here, "Firm", other))
	all[len(all)-1] = other
	got, version, err := s.CustomProperties(ctx, here)
	must(t, err)
	if diff := cmp.Diff(map[string][]model.Property{"Firm": all}, got, sameProperty); diff != "" || version != int64(len(all)+1) {
		t.Errorf("version %d, properties after a change (-want +got):\n%s", version, diff)
	}
	taken := other
	taken.Name = all[0].Name
	if err := s.ChangeCustomProperty(ctx, here, "Firm", taken); !fault.Is(err, fault.Conflict) {
		t.Errorf("changed to a taken name: %v", err)
	}
	for name, err := range map[string]error{
		"of another tenant": s.ChangeCustomProperty(ctx, there, "Firm", other), "of another model": s.ChangeCustomProperty(ctx, here, "Person", other),
		"of nobody": s.ChangeCustomProperty(ctx, "nobody", "Firm", other),
	} {
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("a change %s: %v", name, err)
		}
	}
	if _, after, err := s.CustomProperties(ctx, here); err != nil || after != version {
		t.Errorf("refused changes raised the version from %d to %d, %v", version, after, err)
	}
	again := all[0]
	again.ID = "cf_z"
	if err := s.AddCustomProperty(ctx, here, "Firm", again); !fault.Is(err, fault.Conflict) {
		t.Errorf("a taken name: %v", err)
	}
	if got, version, err := s.CustomProperties(ctx, there); err != nil || version != 0 || len(got) != 0 {
		t.Errorf("the other tenant has %v, version %d, %v", got, version, err)
	}
}

// sameProperty compares what a caller can see of a property.
var sameProperty = cmp.Options{
	cmpopts.IgnoreUnexported(model.Property{}), cmpopts.EquateEmpty(),
	cmp.Comparer(func(a, b model.Kind) bool { return a.Name() == b.Name() }),
}

// testCustomIndexes: an index changes how fast answers come, not which.
func testCustomIndexes(t *testing.T, open Open) {
	s, w := openWorld(t, open)
	for _, p := range propsOf(firm, func(p *model.Property) bool { return p.Custom && p.Index }) {
		must(t, s.IndexCustom(context.Background(), firm, p))
		must(t, s.IndexCustom(context.Background(), firm, p)) // again is fine
		for _, op := range p.Kind.Operators() {
			for _, e := range leaves(p, op) {
				q := query.Select{Tenant: here, Model: firm, Columns: columns(p), Where: e, Order: []query.Order{{Field: query.Field{Property: p}}}}
				Compare(t, s, q, w.naive(here).run(q))
			}
		}
	}
	for _, p := range []*model.Property{prop(firm, "name"), prop(firm, "custom.Labels"), prop(firm, "custom.Blob")} {
		if err := s.IndexCustom(context.Background(), firm, p); !fault.Is(err, fault.Invalid) {
			t.Errorf("index on %s: %v", p.Name, err)
		}
	}
}
