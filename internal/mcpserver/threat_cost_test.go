package mcpserver_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/mcpserver"
	"mandorla/internal/record"
)

// row260: what would cost much is refused before anything is read, and what reads for long is stopped.
func row260(t *testing.T, w *world) {
	deep := any(m{"name": "Acme"})
	for range 50 {
		deep = m{"not": deep}
	}
	ids := make([]any, 100_000)
	for i := range ids {
		ids[i] = fmt.Sprintf("%024x", i)
	}
	many := make([]any, 200)
	for i := range many {
		many[i] = m{"name": "x"}
	}
	counted := &countingGate{}
	w2 := newWorld(t, func(o *mcpserver.Options) { counted.Gate = o.Gate; o.Gate = counted })
	for what, args := range map[string]m{
		"a deep filter": {"filter": deep}, "a long list": {"filter": m{"_id": m{"in": ids}}}, "many conditions": {"filter": m{"or": many}},
		"a huge limit": {"limit": 1e9}, "a negative limit": {"limit": -1}, "an offset": {"offset": 1e9},
		"many sort keys":   {"sort": []any{"name", "arr", "status", "owner", "phase", "createdAt"}},
		"many words":       {"search": strings.Repeat("a ", 5000)},
		"many properties":  {"select": strings.Split(strings.Repeat("name,", 5000)+"name", ",")},
		"a cursor of 1 MB": {"cursor": strings.Repeat("x", 1<<20)},
	} {
		args["model"] = "Company"
		counted.rows = 0
		r := w2.call("full", "list_records", args)
		if !r.Result.IsError && r.Error == nil || counted.rows > 0 {
			t.Errorf("%s: %d %.200s", what, r.Status, r.raw)
		}
	}
	w2.ok("full", "list_records", m{"model": "Company"})
	if counted.rows == 0 {
		t.Error("the check above would not notice")
	}
	// A leading wildcard has no meaning; the text is looked for as it is.
	if n := len(w.ok("full", "list_records", m{"model": "Company", "filter": m{"name": m{"contains": "%m"}}})["records"].([]any)); n != 0 {
		t.Errorf("%d companies for a wildcard", n)
	}
	w3 := newWorld(t, func(o *mcpserver.Options) { o.Gate, o.CallTimeout = slowGate{o.Gate}, 20*time.Millisecond })
	r := w3.call("full", "list_records", m{"model": "Company"})
	if !r.Result.IsError || !strings.Contains(r.raw, "took too long") {
		t.Errorf("a read that never ends: %d %s", r.Status, r.raw)
	}
}

// countingGate counts the rows it gives.
type countingGate struct {
	mcpserver.Gate
	rows int
}

func (g *countingGate) List(ctx context.Context, p access.Principal, req record.ListRequest) (*record.Page, error) {
	page, err := g.Gate.List(ctx, p, req)
	if err == nil {
		g.rows += len(page.Rows)
	}
	return page, err
}

// slowGate reads until it is told to stop.
type slowGate struct{ mcpserver.Gate }

func (slowGate) List(ctx context.Context, _ access.Principal, _ record.ListRequest) (*record.Page, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// row261: one message at a time, of bounded size and depth.
func row261(t *testing.T, w *world) {
	batch := "[" + strings.Repeat(listTools+",", 10_000) + listTools + "]"
	nested := callBody("list_records", m{"model": "Company", "filter": "DEEP"})
	for what, c := range map[string]struct {
		body   string
		status int
	}{
		"a large message":      {`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"x":"` + strings.Repeat("x", mcpserver.MaxBody) + `"}}`, 413},
		"a batch":              {batch, 400},
		"a deep object":        {strings.Replace(nested, `"DEEP"`, strings.Repeat(`{"a":`, 5000)+"1"+strings.Repeat("}", 5000), 1), 400},
		"a deep list":          {strings.Replace(nested, `"DEEP"`, strings.Repeat("[", 100_000)+strings.Repeat("]", 100_000), 1), 400},
		"deeper than JSON may": {strings.Repeat("[", 1_000_000), 400},
	} {
		start := time.Now()
		rec := w.send(request("full", c.body))
		if rec.Code != c.status {
			t.Errorf("%s: %d %.200s", what, rec.Code, rec.Body)
		}
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("%s took %s", what, took)
		}
	}
	if rec := w.send(request("full", listTools)); rec.Code != http.StatusOK {
		t.Errorf("afterwards: %d", rec.Code)
	}
}

// row262: nobody can hand in a pattern, so none can run for ever; what looks like one is text.
func row262(t *testing.T, w *world) {
	for _, op := range []string{"regex", "regexp", "matches", "like", "ilike", "similar", "glob", "~", "$regex"} {
		w.fails("full", "list_records", m{"model": "Company", "filter": m{"name": m{op: "(a+)+$"}}}, 1)
	}
	for _, text := range []string{"(a+)+$", "%", "_", "A%e", "[A]cme", "*", `\`, strings.Repeat("a", 100)} {
		if n := len(w.ok("full", "list_records", m{"model": "Company", "filter": m{"name": m{"contains": text}}})["records"].([]any)); n != 0 {
			t.Errorf("%.20q finds %d companies", text, n)
		}
		if n := len(w.ok("full", "list_records", m{"model": "Company", "search": text})["records"].([]any)); n != 0 {
			t.Errorf("a search for %.20q finds %d companies", text, n)
		}
	}
	if n := len(w.ok("full", "list_records", m{"model": "Company", "filter": m{"name": m{"contains": "cm"}}})["records"].([]any)); n != 1 {
		t.Errorf("plain text finds %d companies", n)
	}
}
