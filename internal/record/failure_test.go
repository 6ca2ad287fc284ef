package record_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"mandorla/internal/access"
	"mandorla/internal/audit"
	"mandorla/internal/model"
	"mandorla/internal/query"
	"mandorla/internal/record"
)

var errBroken = errors.New("the disk is gone")

// breaking is a store of which one call fails: number at, counted from 1.
type breaking struct {
	record.Store
	calls, at int
}

func (b *breaking) fail() error {
	if b.calls++; b.calls == b.at {
		return errBroken
	}
	return nil
}

func (b *breaking) Select(ctx context.Context, q query.Select) ([]query.Row, error) {
	if err := b.fail(); err != nil {
		return nil, err
	}
	return b.Store.Select(ctx, q)
}

func (b *breaking) Count(ctx context.Context, q query.Select) (int, error) {
	if err := b.fail(); err != nil {
		return 0, err
	}
	return b.Store.Count(ctx, q)
}

func (b *breaking) Insert(ctx context.Context, tenant string, m *model.Model, id string, v map[*model.Property]any) error {
	return errors.Join(b.Store.Insert(ctx, tenant, m, id, v), b.fail())
}

func (b *breaking) Update(ctx context.Context, tenant string, m *model.Model, id string, v map[*model.Property]any) error {
	return errors.Join(b.Store.Update(ctx, tenant, m, id, v), b.fail())
}

func (b *breaking) Delete(ctx context.Context, tenant string, m *model.Model, id string) error {
	return errors.Join(b.Store.Delete(ctx, tenant, m, id), b.fail())
}

func (b *breaking) AppendAudit(ctx context.Context, entries ...audit.Entry) error {
	return errors.Join(b.Store.AppendAudit(ctx, entries...), b.fail())
}

func (b *breaking) RecordAudit(ctx context.Context, tenant, modelName, id string, limit int) ([]audit.Entry, error) {
	if err := b.fail(); err != nil {
		return nil, err
	}
	return b.Store.RecordAudit(ctx, tenant, modelName, id, limit)
}

// act is one request to a gate; its text is the answer, and err the error that came with it.
type act struct {
	name string
	do   func(gate *record.Service) (text string, err error)
	want string // part of the answer while nothing is broken
}

// acts are requests that ask the store everything that the gate ever asks.
func (f *fixture) acts() []act {
	ctx, full := context.Background(), f.full()
	all := access.Full(f.reg)
	see := access.Of(f.reg, access.View|access.Update|access.Remove)
	guarded := f.as(carly, wide(f.without(see, "Company", "arr")), own(see))
	role := func(name string, p access.Portfolio, set access.Set) access.Role {
		return access.Role{ID: name, Name: name, Portfolio: p, Set: set, Switches: access.AllSwitches}
	}
	ask := func(asker, subject access.Principal, a access.Action, id string) func(*record.Service) (string, error) {
		return func(gate *record.Service) (string, error) {
			answer, err := gate.Explain(ctx, asker, subject, record.Question{Question: access.Question{Model: "Company", Action: a}, Record: id})
			if err != nil {
				return "", err
			}
			return toJSON(f, answer.Reasons), nil
		}
	}
	filtered := f.person(role("Live", access.Portfolio{Kind: access.KindFilter, Filter: `{"arr":{"lt":500}}`}, all), role("Reader", access.FullAccess, access.Of(f.reg, access.View)))
	write := func(fn func(*record.Service, record.Write) (*record.Result, error), w record.Write) func(*record.Service) (string, error) {
		return func(gate *record.Service) (string, error) {
			res, err := fn(gate, w)
			if err == nil || res == nil {
				return resultText(res, err), err
			}
			return "a result beside an error: " + resultText(res, nil), err
		}
	}
	create := func(gate *record.Service, w record.Write) (*record.Result, error) { return gate.Create(ctx, full, w) }
	update := func(gate *record.Service, w record.Write) (*record.Result, error) { return gate.Update(ctx, full, w) }
	remove := func(p access.Principal) func(*record.Service, record.Write) (*record.Result, error) {
		return func(gate *record.Service, w record.Write) (*record.Result, error) { return gate.Delete(ctx, p, w) }
	}
	upsert := func(gate *record.Service, w record.Write) (*record.Result, error) {
		res, outcome, err := gate.Upsert(ctx, full, w)
		if err != nil && outcome != "" {
			return &record.Result{Title: string(outcome)}, err
		}
		return res, err
	}
	read := func(page *record.Page, err error) (string, error) {
		if err != nil && page != nil {
			return "a page beside an error", err
		}
		return pageText(page, err), err
	}
	return []act{
		{"list", func(g *record.Service) (string, error) {
			return read(g.List(ctx, full, record.ListRequest{Model: "Company", Limit: 1, Total: true}))
		}, "total 4"},
		{"get", func(g *record.Service) (string, error) { return read(g.Get(ctx, full, "Company", acme, nil)) }, `"Acme"`},
		{"create", write(create, record.Write{Model: "Task", Values: values{"mainType": "task", "companyId": acme, "ownerId": max}}), "ownerId"},
		{"update", write(update, record.Write{Model: "Task", ID: acmeTask, Values: values{"companyId": birch, "endusers": []any{eva}}}), "companyId"},
		{"history", func(g *record.Service) (string, error) {
			entries, err := g.History(ctx, full, "Task", acmeTask)
			if err != nil && entries != nil {
				return "a history beside an error", err
			}
			return historyText(entries, err), err
		}, "companyId"},
		{"upsert, new", write(upsert, record.Write{Model: "Company", Values: values{"name": "New", "externalId": "N"}}), `"New"`},
		{"upsert, there", write(upsert, record.Write{Model: "Company", Values: values{"arr": 2, "externalId": "N"}}), "arr"},
		{"remove", write(remove(full), record.Write{Model: "Company", ID: delta}), "Delta"},
		{"remove what others need", write(remove(f.mine()), record.Write{Model: "Company", ID: acme}), "still has end users"},
		{"history of what is guarded", func(g *record.Service) (string, error) {
			e := audit.By(full, "record.update", f.now)
			e.Model, e.Record, e.Changes = "Company", acme, []audit.Change{{Property: f.prop("Company", "arr").ID, New: []byte("1")}}
			must(f, f.store.AppendAudit(ctx, e))
			entries, err := g.History(ctx, guarded, "Company", acme)
			return historyText(entries, err), err
		}, "arr"},
		{"explain a portfolio", ask(f.admin(), f.person(role("CSM", access.MyPortfolio, all)), access.Update, cedar), "neither owner nor co-owner of Cedar"},
		{"explain a filter", ask(f.admin(), filtered, access.Update, acme), "arr is below 500"},
		{"explain to oneself", ask(filtered, filtered, access.Update, acme), "it does not allow this on Acme"},
	}
}

// A store that fails somewhere gives no answer and no change: not "there is none", not "you may not", not half of it.
func TestBrokenStoreIsNoAnswer(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		state := func() string {
			out := ""
			for _, m := range []string{"Company", "Task"} {
				out += f.list(f.full(), record.ListRequest{Model: m, Select: []string{"*"}, Total: true})
			}
			entries, err := f.store.TenantAudit(t.Context(), here, "record.", 100)
			must(t, err)
			return fmt.Sprint(out, len(entries))
		}
		for _, a := range f.acts() {
			for n := 1; ; n++ {
				store := &breaking{Store: f.store, at: n}
				before := state()
				text, err := a.do(f.over(store, f.schemas))
				if store.calls < n { // nothing was broken
					has(t, a.name, text, a.want)
					if n == 1 {
						t.Errorf("%s asks the store nothing", a.name)
					}
					break
				}
				if !errors.Is(err, errBroken) || err.Error() == errBroken.Error() {
					t.Errorf("%s: call %d failed, and the answer is %s", a.name, n, text)
				}
				lacks(t, a.name, text, "beside an error")
				if a.name != "history of what is guarded" {
					same(t, fmt.Sprintf("%s: after call %d failed", a.name, n), state(), before)
				}
			}
		}
	})
}

// unregistered gives a registry until call number at, and none then.
type unregistered struct {
	record.Registries
	calls, at int
}

func (u *unregistered) Registry(ctx context.Context, tenant string, version int64) (*model.Registry, error) {
	if u.calls++; u.calls == u.at {
		return nil, errBroken
	}
	return u.Registries.Registry(ctx, tenant, version)
}

// Without a registry nobody is told anything, not even what there is.
func TestNoRegistryIsNoAnswer(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		acts := append(f.acts(),
			act{name: "models", do: func(g *record.Service) (string, error) { return "", second(g.Models(t.Context(), f.full())) }},
			act{name: "describe", do: func(g *record.Service) (string, error) {
				return "", second(g.Describe(t.Context(), f.full(), "Company"))
			}},
			act{name: "refusal", do: func(g *record.Service) (string, error) {
				return "", g.Refusal(t.Context(), f.full(), "Company", access.Create)
			}})
		for _, a := range acts {
			for n := 1; ; n++ {
				registries := &unregistered{Registries: f.schemas, at: n}
				text, err := a.do(f.over(f.store, registries))
				if registries.calls < n {
					break
				}
				if !errors.Is(err, errBroken) {
					t.Errorf("%s: registry %d is not to be had, and the answer is %s", a.name, n, text)
				}
			}
		}
	})
}

// again is a store whose transactions fail to serialize at first: each runs twice, and only the second run counts.
type again struct{ record.Store }

func (a again) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	if err := a.Store.InTx(ctx, func(ctx context.Context) error { return errors.Join(fn(ctx), errBroken) }); !errors.Is(err, errBroken) {
		return err
	}
	return a.Store.InTx(ctx, fn)
}

// A transaction that has to run again leaves, answers and logs what one run does.
func TestTransactionsMayRunAgain(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		ctx, p, gate := t.Context(), f.full(), f.over(again{f.store}, f.schemas)
		res, err := gate.Create(ctx, p, record.Write{Model: "Company", Values: values{"name": "New", "externalId": "N"}})
		must(t, err)
		has(t, "create", resultText(res, err), `[name: null→"New", externalId: null→"N"]`)
		has(t, "update", resultText(gate.Update(ctx, p, record.Write{Model: "Company", ID: res.ID, Values: values{"name": "Newer"}})), `[name: "New"→"Newer"]`)
		has(t, "remove", resultText(gate.Delete(ctx, p, record.Write{Model: "Company", ID: res.ID})), `"Newer" []`)
		log := ""
		for _, e := range f.log("Company", res.ID) {
			for _, c := range e.Changes {
				log += fmt.Sprintf("%s→%s ", c.Old, c.New)
			}
			log += e.Act + "; "
		}
		same(t, "the log", log, `"Newer"→ "N"→ record.remove; "New"→"Newer" record.update; →"New" →"N" record.create; `)
	})
}
