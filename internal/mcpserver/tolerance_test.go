package mcpserver_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mandorla/internal/mcpserver"
)

const (
	modern = "2026-07-28"
	legacy = "2025-11-25"
	agent  = "Claude-User/1.0"
	metaIs = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{"name":"claude-ai","version":"1"}}`
)

var (
	callModern     = `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"who_am_i","arguments":{},` + metaIs + `}}`
	discoverModern = `{"jsonrpc":"2.0","id":7,"method":"server/discover","params":{` + metaIs + `}}`
	listPlain      = `{"jsonrpc":"2.0","id":7,"method":"tools/list","params":{}}`
)

// shape is one of the request shapes that hosts were reported to send.
type shape struct {
	name    string
	body    string
	session bool // after initialize and notifications/initialized
	headers map[string][]string
	plain   bool // whether it is accepted without the repairs, too
}

const (
	version = "Mcp-Protocol-Version"
	method  = "Mcp-Method"
	nameHdr = "Mcp-Name"
)

func v(values ...string) []string { return values }

var shapes = []shape{
	{"1 well-formed modern tools/call", callModern, false, map[string][]string{version: v(modern), method: v("tools/call"), nameHdr: v("who_am_i")}, true},
	{"2 legacy header, modern body", callModern, false, map[string][]string{version: v(legacy)}, false},
	{"3 legacy header, modern body, method and name", callModern, false, map[string][]string{version: v(legacy), method: v("tools/call"), nameHdr: v("who_am_i")}, false},
	{"4 no version header, modern body", callModern, false, nil, false},
	{"5 modern header, no method and name", callModern, false, map[string][]string{version: v(modern)}, false},
	{"6 well-formed legacy tools/list in session", listPlain, true, map[string][]string{version: v(legacy)}, true},
	{"7 modern header, plain body, in session", listPlain, true, map[string][]string{version: v(modern)}, false},
	{"8 no version header, plain body, in session", listPlain, true, nil, true},
	{"9 modern header, plain body, no session", listPlain, false, map[string][]string{version: v(modern)}, false},
	{"10 legacy header, plain body, no session", listPlain, false, map[string][]string{version: v(legacy)}, true},
	{"11 well-formed server/discover", discoverModern, false, map[string][]string{version: v(modern), method: v("server/discover")}, true},
	{"12 server/discover without headers", discoverModern, false, nil, false},
	{"13 Accept without event-stream", callModern, false, map[string][]string{version: v(modern), method: v("tools/call"), nameHdr: v("who_am_i"), "Accept": v("application/json")}, false},
	{"14 duplicated value in one header", listPlain, true, map[string][]string{version: v(legacy + ", " + legacy)}, false},
	{"15 unknown version", listPlain, true, map[string][]string{version: v("2025-12-31")}, false},
	{"16 as 2, in session", callModern, true, map[string][]string{version: v(legacy)}, false},
}

func (s shape) request(userAgent string) *http.Request {
	r := request("full", s.body)
	r.Header.Set("User-Agent", userAgent)
	for name, values := range s.headers {
		r.Header[http.CanonicalHeaderKey(name)] = values
	}
	return r
}

// Every shape is accepted from the agents that send them; from everyone else the specification's refusals stay.
func TestTolerance(t *testing.T) {
	w := newWorld(t)
	for _, s := range shapes {
		t.Run(s.name, func(t *testing.T) {
			if s.session {
				w.handshake(agent)
			}
			if rec := w.send(s.request(agent)); !accepted(t, rec) {
				t.Errorf("refused: %d %s", rec.Code, rec.Body)
			}
			if rec := w.send(s.request("python-requests/2")); accepted(t, rec) != s.plain {
				t.Errorf("without repairs: %d %s", rec.Code, rec.Body)
			}
		})
	}
	got := w.server.Repairs()
	want := map[mcpserver.Repair]int64{mcpserver.RepairAccept: 1, mcpserver.RepairVersion: 9, mcpserver.RepairMethod: 5, mcpserver.RepairName: 4}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("counts: %s", d)
	}
	if log := w.log.String(); !strings.Contains(log, "protocol_version=2025-12-31") || !strings.Contains(log, "user_agent=Claude-User/1.0") {
		t.Error("the log lacks what was sent")
	}
}

func accepted(t *testing.T, rec *httptest.ResponseRecorder) bool {
	t.Helper()
	return rec.Code == http.StatusOK && strings.Contains(rec.Body.String(), `"result":`)
}

func (w *world) handshake(agent string) {
	w.Helper()
	for _, body := range []string{
		`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"claude-ai","version":"1"}}}`,
		`{"jsonrpc":"2.0","method":"notifications/initialized"}`,
	} {
		r := request("full", body)
		r.Header.Set("User-Agent", agent)
		if rec := w.send(r); rec.Code/100 != 2 || rec.Header().Get("Mcp-Session-Id") != "" {
			w.Fatalf("handshake: %d %s", rec.Code, rec.Body)
		}
	}
}

// A disagreement that is no matter of versions is never repaired.
func TestToleranceLeavesDisagreements(t *testing.T) {
	w := newWorld(t)
	for _, h := range []map[string][]string{{method: v("tools/list")}, {nameHdr: v("delete_record")}} {
		s := shape{body: callModern, headers: h}
		if rec := w.send(s.request(agent)); rec.Code != http.StatusBadRequest || !strings.Contains(rec.Body.String(), "-32020") {
			t.Errorf("%v: %d %s", h, rec.Code, rec.Body)
		}
	}
	// An older version in the body, with the header doubled: the header becomes the one known value.
	doubled := shape{body: strings.ReplaceAll(callModern, modern, "2025-06-18"), headers: map[string][]string{version: v("2025-06-18, 2025-06-18")}}
	if rec := w.send(doubled.request(agent)); !accepted(t, rec) {
		t.Errorf("doubled: %d %s", rec.Code, rec.Body)
	}
	// A body version that nobody knows, without a known header, is passed on as it is.
	r := request("full", strings.ReplaceAll(callModern, modern, "2031-01-01"))
	r.Header.Set("User-Agent", agent)
	if rec := w.send(r); rec.Code != http.StatusBadRequest {
		t.Errorf("unknown body version: %d %s", rec.Code, rec.Body)
	}
}
