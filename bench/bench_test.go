package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/model"
	"mandorla/internal/oauth"
	"mandorla/internal/query"
	"mandorla/internal/record"
	"mandorla/internal/testkit"
)

// sizes are the numbers of companies; MANDORLA_BENCH_COMPANIES replaces them with one, for a quick look.
func sizes(b *testing.B) []int {
	b.Helper()
	if s := os.Getenv("MANDORLA_BENCH_COMPANIES"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			b.Fatal(err)
		}
		return []int{n}
	}
	return []int{10_000, 1_000_000}
}

// median times fn b.N times and reports the median as ns/op-median beside the mean.
func median(b *testing.B, fn func() error) {
	b.Helper()
	took := make([]time.Duration, 0, b.N)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		start := time.Now()
		if err := fn(); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(start))
	}
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Nanoseconds()), "ns/median")
	b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds()), "ns/p99")
}

func each(b *testing.B, run func(b *testing.B, w *world)) {
	for _, engine := range engines {
		for _, n := range sizes(b) {
			b.Run(fmt.Sprintf("%s/companies=%d", engine, n), func(b *testing.B) { run(b, load(b, engine, n)) })
		}
	}
}

// BenchmarkMandorla runs them all over the same worlds.
func BenchmarkMandorla(b *testing.B) {
	root = b
	b.Run("GateList", benchmarkGateList)
	b.Run("Portfolio", benchmarkPortfolio)
	b.Run("MCPListRecords", benchmarkMCPListRecords)
}

// benchmarkGateList is the gate's list of 50 of one owner's companies, sorted by name.
func benchmarkGateList(b *testing.B) {
	for _, who := range []string{"full", "mine"} {
		b.Run(who, func(b *testing.B) {
			each(b, func(b *testing.B, w *world) {
				p, req := w.manager, record.ListRequest{Model: "Company", Sort: []string{"name"}, Limit: 50, Select: []string{"name", "owner", "status", "arr"}}
				if who == "mine" {
					p = w.csm // the portfolio is the filter
				} else {
					req.Filter = query.Where("owner", model.Eq, w.people[2])
				}
				median(b, func() error {
					page, err := w.app.Gate.List(context.Background(), p, req)
					if err == nil && len(page.Rows) != 50 {
						err = fmt.Errorf("%d rows", len(page.Rows))
					}
					return err
				})
			})
		})
	}
}

// benchmarkPortfolio is the gate's list of 50 by name for a role that does not show arr, under each portfolio. The measure is team against full.
func benchmarkPortfolio(b *testing.B) {
	for _, p := range []access.Portfolio{
		access.FullAccess, access.MyPortfolio, access.TeamAccess, {Kind: access.KindFilter, Filter: `{"status":"customer","arr":{"gte":50000}}`},
	} {
		b.Run(string(p.Kind), func(b *testing.B) {
			each(b, func(b *testing.B, w *world) {
				company, _ := w.app.Schema.Base().Model("Company")
				var shown []string
				for _, prop := range company.Props() {
					if prop.Name != "arr" {
						shown = append(shown, prop.ID)
					}
				}
				who := w.csm
				who.Lanes = []access.Lane{{Role: "bench", Portfolio: p, Set: access.Set{
					"Company": {Actions: access.View, View: access.Only(shown...)}, "User": {Actions: access.View, View: access.AllProperties},
				}}}
				req := record.ListRequest{Model: "Company", Sort: []string{"name"}, Limit: 50, Select: []string{"name", "owner", "status", "phase"}}
				median(b, func() error {
					page, err := w.app.Gate.List(context.Background(), who, req)
					if err == nil && len(page.Rows) != 50 {
						err = fmt.Errorf("%d rows", len(page.Rows))
					}
					return err
				})
			})
		})
	}
}

// token authorizes the administrator for a client that may do everything, and gives an access token.
func (w *world) token(b *testing.B) string {
	b.Helper()
	ctx := context.Background()
	client, secret, err := w.app.OAuth.CreateClient(ctx, w.manager, oauth.ClientInput{
		Name: "Bench", Kind: oauth.Confidential, RedirectURIs: []string{testkit.Callback}, Set: access.Full(w.app.Schema.Base()),
	})
	if err != nil {
		b.Fatal(err)
	}
	t, err := testkit.Authorize(ctx, w.app, origin, client.ID, secret, "p0@bench.example", "bench-password-1")
	if err != nil {
		b.Fatal(err)
	}
	return t.Access
}

// benchmarkMCPListRecords is list_records end to end: HTTP handler, token check, SDK, gate, store, JSON.
func benchmarkMCPListRecords(b *testing.B) {
	each(b, func(b *testing.B, w *world) {
		handler, err := w.app.Handler()
		if err != nil {
			b.Fatal(err)
		}
		token := w.token(b)
		body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": map[string]any{
			"name": "list_records", "arguments": map[string]any{
				"model": "Company", "filter": map[string]any{"owner": w.people[2]}, "sort": []string{"name"}, "limit": 50,
			},
		}})
		if err != nil {
			b.Fatal(err)
		}
		median(b, func() error {
			r := httptest.NewRequest(http.MethodPost, origin+"/v1/mcp", bytes.NewReader(body))
			r.Header.Set("Authorization", "Bearer "+token)
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Accept", "application/json, text/event-stream")
			r.Header.Set("MCP-Protocol-Version", "2025-11-25")
			rec := httptest.NewRecorder()
			handler.ServeHTTP(rec, r)
			if rec.Code != http.StatusOK || bytes.Count(rec.Body.Bytes(), []byte("Company 0")) < 50 {
				return fmt.Errorf("status %d: %.300s", rec.Code, rec.Body)
			}
			return nil
		})
	})
}
