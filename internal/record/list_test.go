package record_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"mandorla/internal/access"
	"mandorla/internal/catalog"
	"mandorla/internal/model"
	"mandorla/internal/query"
	"mandorla/internal/record"
)

// Walking all pages gives each row once, in the order of one big page, whatever the order.
func TestPagesJoinUp(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		ctx := context.Background()
		must(t, f.store.InTx(ctx, func(ctx context.Context) error {
			for i := range 60 {
				in := values{"name": []string{"Elm", "elm", "Élan", "elm ", "Zed"}[i%5], "externalId": fmt.Sprint("X", i)}
				for name, v := range map[string]any{
					"phase": []string{"a", "A", "ä", "b"}[i%4], "arr": []float64{0, -1.5, 1e15, 0.1}[i/3%4], "h": i % 3, "owner": []string{carly, max, zoe, nobodyID}[i/2%4],
					"renewalDate": fmt.Sprintf("2026-01-0%dT00:00:00.00%dZ", 1+i%3, i%2), "autoRenews": i%2 == 0, "status": []string{"lost", "customer"}[i/5%2],
					"custom.Sector": []string{"x", "Y", "z"}[i%3], "custom.Seats": i % 4, "custom.Since": fmt.Sprintf("2026-02-0%d", 1+i%3), "custom.Buddy": []string{carly, max}[i%2],
				} {
					if (i+len(name))%4 != 0 { // a quarter is empty
						in[name] = v
					}
				}
				f.put(ctx, here, "Company", id(0x20000+i), in)
			}
			return nil
		}))
		all := access.Full(f.reg)
		people := []access.Principal{
			f.full(), f.mine(), f.as(carly, wide(f.without(all, "Company", "arr", "name", "owner")), own(all)), f.as(carly, wide(f.without(all, "User", "lastName"))),
		}
		paths := []string{
			"_id", "name", "phase", "arr", "h", "owner", "coOwner", "owner.email", "renewalDate", "autoRenews", "status", "externalId", "createdAt", "updatedAt",
			"custom.Sector", "custom.Seats", "custom.Since", "custom.Tier", "custom.Buddy", "orgRootId", "orgRootId.name",
		}
		rapid.Check(t, func(rt *rapid.T) {
			req := record.ListRequest{Model: "Company", Select: []string{"name"}, Total: true, Limit: 500}
			for _, path := range rapid.SliceOfN(rapid.SampledFrom(paths), 0, 3).Draw(rt, "sort") {
				req.Sort = append(req.Sort, rapid.SampledFrom([]string{"", "-"}).Draw(rt, "way")+path)
			}
			p := rapid.SampledFrom(people).Draw(rt, "person")
			if rapid.Bool().Draw(rt, "filtered") {
				req.Filter = query.Where("phase", model.Ne, "b")
			}
			big, err := f.gate.List(ctx, p, req)
			must(t, err)
			if big.NextCursor != "" || big.Total != len(big.Rows) {
				rt.Fatalf("one big page has %d of %d rows and a next %q", len(big.Rows), big.Total, big.NextCursor)
			}
			req.Limit = rapid.IntRange(1, 20).Draw(rt, "limit")
			var got []string
			for {
				page, err := f.gate.List(ctx, p, req)
				must(t, err)
				if page.Total != big.Total || len(page.Rows) > req.Limit || page.NextCursor != "" && len(page.Rows) < req.Limit {
					rt.Fatalf("a page of %d rows, total %d, next %q; want total %d", len(page.Rows), page.Total, page.NextCursor, big.Total)
				}
				for _, r := range page.Rows {
					got = append(got, r.ID)
				}
				if req.Cursor = page.NextCursor; req.Cursor == "" || len(got) > len(big.Rows) {
					break
				}
			}
			var want []string
			for _, r := range big.Rows {
				want = append(want, r.ID)
			}
			if strings.Join(got, " ") != strings.Join(want, " ") {
				rt.Fatalf("sort %v, limit %d:\n got %v\nwant %v", req.Sort, req.Limit, got, want)
			}
		})
	})
}

func TestCursorFitsOneListOnly(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		p := f.full()
		req := record.ListRequest{Model: "Company", Limit: 1, Sort: []string{"-arr"}, Search: "e", Filter: query.Where("name", model.NotEmpty, nil)}
		first, err := f.gate.List(context.Background(), p, req)
		must(t, err)
		cursor := first.NextCursor
		with := func(change func(p *access.Principal, r *record.ListRequest)) string {
			who, r := p, req
			r.Cursor = cursor
			change(&who, &r)
			return f.list(who, r)
		}
		lacks(t, "the list itself", with(func(*access.Principal, *record.ListRequest) {}), "invalid")
		lacks(t, "another page size", with(func(_ *access.Principal, r *record.ListRequest) { r.Limit = 7 }), "invalid")
		raw, err := base64.RawURLEncoding.DecodeString(cursor)
		must(t, err)
		for name, change := range map[string]func(p *access.Principal, r *record.ListRequest){
			"person": func(p *access.Principal, _ *record.ListRequest) { p.Person = max },
			"client": func(p *access.Principal, _ *record.ListRequest) { p.Client = "c" },
			"tenant": func(p *access.Principal, _ *record.ListRequest) { p.Tenant, p.RegistryVersion = there, 0 },
			"model": func(_ *access.Principal, r *record.ListRequest) {
				r.Model, r.Sort = "License", []string{"-arr"}
				r.Filter = query.Filter{}
			},
			"filter": func(_ *access.Principal, r *record.ListRequest) { r.Filter = query.Where("name", model.NotEmpty, 1) },
			"search": func(_ *access.Principal, r *record.ListRequest) { r.Search = "a" },
			"sort":   func(_ *access.Principal, r *record.ListRequest) { r.Sort = []string{"arr"} },
			"cut":    func(_ *access.Principal, r *record.ListRequest) { r.Cursor = cursor[:len(cursor)-2] },
			"noise":  func(_ *access.Principal, r *record.ListRequest) { r.Cursor = "abc" },
			"bytes":  func(_ *access.Principal, r *record.ListRequest) { r.Cursor = "!!" },
		} {
			has(t, name, with(change), "invalid: cursor: does not belong to this list")
		}
		for i := range raw {
			bad := append([]byte{}, raw...)
			bad[i] ^= 4
			has(t, fmt.Sprint("tampered at ", i), with(func(_ *access.Principal, r *record.ListRequest) { r.Cursor = base64.RawURLEncoding.EncodeToString(bad) }), "invalid: cursor:")
		}
		// A right that was taken away meanwhile is gone at the next page.
		less := f.as(carly, wide(f.without(access.Full(f.reg), "Company", "arr")))
		req.Cursor = cursor
		has(t, "the order's property is hidden now", f.list(less, req), "no such property")
		// None and an empty order are the same list.
		req = record.ListRequest{Model: "Company", Limit: 1}
		first, err = f.gate.List(context.Background(), p, req)
		must(t, err)
		req.Cursor, req.Sort = first.NextCursor, []string{}
		lacks(t, "an empty order", f.list(p, req), "invalid")
	})
}

func FuzzCursor(f *testing.F) {
	f.Add("", "abc")
	f.Add("eyJrIjpbXX0", "AAAAAAAAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, a, b string) {
		gate := record.New(record.Options{Registries: fixed{registry(t)}, CursorKey: []byte(a)})
		p := access.Principal{Tenant: "t", Lanes: []access.Lane{wide(access.Full(registry(t)))}}
		if b == "" {
			return
		}
		// No store: a cursor that is taken would be a crash.
		if _, err := gate.List(context.Background(), p, record.ListRequest{Model: "Company", Cursor: b}); err == nil {
			t.Error("a made-up cursor was taken")
		}
	})
}

func registry(t *testing.T) *model.Registry {
	reg, err := catalog.Registry()
	must(t, err)
	return reg
}

func TestDatesInFilters(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		// Acme 2026-12-31T23:30, Birch 2027-01-01T00:00, Delta 2026-12-31T00:00, Cedar nothing.
		for text, want := range map[string]string{
			`{"renewalDate":"2026-12-31"}`:                            "acme delta",
			`{"renewalDate":{"ne":"2026-12-31"}}`:                     "birch cedar",
			`{"renewalDate":{"lte":"2026-12-31"}}`:                    "acme delta",
			`{"renewalDate":{"lt":"2026-12-31"}}`:                     "",
			`{"renewalDate":{"gt":"2026-12-31"}}`:                     "birch",
			`{"renewalDate":{"gte":"2026-12-31"}}`:                    "acme birch delta",
			`{"renewalDate":["2026-12-31","2027-01-01"]}`:             "acme birch delta",
			`{"renewalDate":{"not_in":["2026-12-31"]}}`:               "birch cedar",
			`{"renewalDate":["2027-01-01T00:00:00Z"," 2026-12-31 "]}`: "acme birch delta",
			`{"renewalDate":"2026-12-31T23:30:00Z"}`:                  "acme",
			`{"renewalDate":"2027-01-01T00:30:00+01:00"}`:             "acme",
			`{"renewalDate":{"lte":"2026-12-31T00:00:00Z"}}`:          "delta",
			`{"not":{"renewalDate":"2026-12-31"}}`:                    "birch cedar",
			`{"custom.Since":"2026-01-02"}`:                           "acme",
			`{"custom.Since":{"lte":"2026-01-01"}}`:                   "",
			`{"orgRootId.renewalDate":{"ne":"2026-12-31"}}`:           "acme birch cedar delta",
		} {
			same(t, text, f.ids(f.full(), record.ListRequest{Model: "Company", Filter: filter(t, text)}), want)
		}
		has(t, "no date", f.list(f.full(), record.ListRequest{Model: "Company", Filter: filter(t, `{"renewalDate":"soon"}`)}), "invalid: filter.renewalDate:", "2026-11-23")
	})
}

func TestColumns(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		p := f.full()
		one := func(req record.ListRequest) string {
			req.Model, req.Filter = "Company", query.Where("name", model.Eq, "Acme")
			got, _, _ := strings.Cut(f.list(p, req), "\n")
			return got
		}
		same(t, "an alias answers under the name", one(record.ListRequest{Select: []string{"ownerId", "owner", "_id"}}), `{"_id":"`+acme+`","owner":"`+carly+`"}`)
		same(t, "titles", one(record.ListRequest{Select: []string{"owner", "coOwner", "custom.Buddy"}, Titles: true}), `{"_id":"`+acme+`","owner":{"_id":"`+carly+`","name":"Carly Diaz"},"coOwner":null,"custom.Buddy":null}`)
		same(t, "custom and paths", one(record.ListRequest{Select: []string{"custom.Sector", "custom.Seats", "custom.Since", "owner.email"}}), `{"_id":"`+acme+`","custom.Sector":"Steel","custom.Seats":12,"custom.Since":"2026-01-02T00:00:00.000Z","owner.email":"carly@here.example"}`)
		full := one(record.ListRequest{Select: []string{"*"}})
		has(t, "everything", full, `"description":null`, `"custom.Tier":"gold"`)
		got := f.get(p, "companies", strings.ToUpper(acme))
		has(t, "get leaves empty values out", got, `"owner":{"_id":"`+carly+`","name":"Carly Diaz"}`, `"custom.Sector":"Steel"`)
		lacks(t, "get leaves empty values out", got, "null", "description")
		has(t, "by default", one(record.ListRequest{}), `"name":"Acme"`, `"status":"customer"`)

		same(t, "custom filter", f.ids(p, record.ListRequest{Model: "Company", Filter: filter(t, `{"custom.Seats":{"gt":7}}`)}), "acme")
		same(t, "custom filter, text", f.ids(p, record.ListRequest{Model: "Company", Filter: filter(t, `{"custom.Sector":{"contains":"OO"}}`)}), "cedar")
		same(t, "custom order", f.ids(p, record.ListRequest{Model: "Company", Sort: []string{"custom.Seats"}}), "cedar acme birch delta")
		same(t, "custom search", f.ids(p, record.ListRequest{Model: "Company", Search: "steel"}), "acme")
		far := access.Principal{Tenant: there, Person: olga, Lanes: []access.Lane{wide(access.Full(f.reg))}}
		has(t, "another tenant's custom property", f.list(far, record.ListRequest{Model: "Company", Select: []string{"custom.Sector"}}), "no such property")

		names := func(req record.ListRequest) string { req.Model = "Company"; return f.ids(p, req) }
		same(t, "order by default", names(record.ListRequest{}), "acme birch cedar delta")
		same(t, "a reference sorts by its title", names(record.ListRequest{Sort: []string{"owner"}}), "acme birch cedar delta")
		same(t, "and downwards, empty ones last", names(record.ListRequest{Sort: []string{"-owner", "-name"}}), "cedar birch acme delta")
	})
}

func TestListLimits(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		p := f.full()
		many := func(n int, s string) []string {
			return strings.Split(strings.TrimSuffix(strings.Repeat(s+",", n), ","), ",")
		}
		for name, row := range map[string]struct {
			req  record.ListRequest
			want string
		}{
			"limit above":      {record.ListRequest{Limit: record.MaxLimit + 1}, "limit: is 5001; it must be between 1 and 5000"},
			"limit below":      {record.ListRequest{Limit: -1}, "limit: is -1"},
			"limit at":         {record.ListRequest{Limit: record.MaxLimit}, "total"},
			"select":           {record.ListRequest{Select: many(201, "name")}, "select: names 201 properties"},
			"sort":             {record.ListRequest{Sort: many(6, "name")}, "sort: names 6 properties"},
			"search words":     {record.ListRequest{Search: strings.Repeat("a ", 11)}, "search: is too long"},
			"search bytes":     {record.ListRequest{Search: strings.Repeat("a", 501)}, "search: is too long"},
			"sort by a list":   {record.ListRequest{Sort: []string{"tags"}}, "sort.tags: tags cannot be sorted by"},
			"an operator":      {record.ListRequest{Filter: query.Where("h", model.Contains, "1")}, "h cannot be filtered with contains; use eq"},
			"no value":         {record.ListRequest{Filter: query.Where("h", model.Eq, "")}, "eq expects a value; use empty"},
			"no list":          {record.ListRequest{Filter: query.Where("h", model.In, 3.0)}, "in expects a list"},
			"an empty list":    {record.ListRequest{Filter: query.Where("h", model.In, []any{}), Total: true}, "total 0"},
			"no hop":           {record.ListRequest{Select: []string{"name.x"}}, "no such property"},
			"too many hops":    {record.ListRequest{Select: []string{"orgRootId.orgRootId.orgRootId.orgRootId.name"}}, "no such property"},
			"a very long name": {record.ListRequest{Select: []string{strings.Repeat("x", 5000)}}, "x…"},
			"an enum":          {record.ListRequest{Filter: query.Where("status", model.Eq, "gone")}, "prospect"},
		} {
			row.req.Model = "Company"
			got := f.list(p, row.req)
			has(t, name, got, row.want)
			if len(got) > 3000 {
				t.Errorf("%s: an answer of %d bytes", name, len(got))
			}
		}
	})
}
