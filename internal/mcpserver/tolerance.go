package mcpserver

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// The headers that describe a message beside its body.
const (
	headerVersion = "Mcp-Protocol-Version"
	headerMethod  = "Mcp-Method"
	headerName    = "Mcp-Name"
)

const (
	versionModern = "2026-07-28" // the first without initialize
	versionLegacy = "2025-11-25" // the last with it
)

var knownVersions = []string{"2024-11-05", "2025-03-26", "2025-06-18", versionLegacy, versionModern}

// Repair is one kind of correction that the tolerance layer makes; they are counted.
type Repair string

// The repairs.
const (
	RepairAccept  Repair = "accept"  // Accept lacked a type
	RepairVersion Repair = "version" // MCP-Protocol-Version disagreed with the body
	RepairMethod  Repair = "method"  // Mcp-Method was missing, or out of place
	RepairName    Repair = "name"    // Mcp-Name was missing, or out of place
)

// repairCounts counts repairs since the start.
type repairCounts struct {
	mu sync.Mutex
	n  map[Repair]int64
}

// Repairs gives how often each repair was made since the start.
func (s *Server) Repairs() map[Repair]int64 {
	s.repairs.mu.Lock()
	defer s.repairs.mu.Unlock()
	return maps.Clone(s.repairs.n)
}

func (s *Server) repaired(r *http.Request, what []Repair) {
	if len(what) == 0 {
		return
	}
	s.repairs.mu.Lock()
	if s.repairs.n == nil {
		s.repairs.n = map[Repair]int64{}
	}
	for _, one := range what {
		s.repairs.n[one]++
	}
	s.repairs.mu.Unlock()
	s.log.InfoContext(r.Context(), "mcp request repaired", "repairs", what, "user_agent", clip(r.UserAgent(), 200))
}

// tolerate mends requests that mix protocol versions, which some hosts send and the specification says to refuse. It acts only on
// the named User-Agents and on headers, never on the body. Version headers are no security input: whatever is decided about a call
// is decided on the body.
func (s *Server) tolerate(r *http.Request, env *envelope) {
	agent := r.UserAgent()
	if !slices.ContainsFunc(s.opts.TolerateAgents, func(prefix string) bool { return strings.HasPrefix(agent, prefix) }) {
		return
	}
	var done []Repair
	set := func(header, value string, what Repair) {
		if r.Header.Get(header) != value || len(r.Header.Values(header)) > 1 {
			r.Header.Set(header, value)
			done = append(done, what)
		}
	}
	drop := func(header string, what Repair) {
		if len(r.Header.Values(header)) > 0 {
			r.Header.Del(header)
			done = append(done, what)
		}
	}
	if !acceptsBoth(r.Header.Values("Accept")) {
		set("Accept", "application/json, text/event-stream", RepairAccept)
	}
	known := firstKnown(r.Header.Values(headerVersion))
	switch {
	case env.version == versionModern:
		set(headerVersion, versionModern, RepairVersion)
		if r.Header.Get(headerMethod) == "" && env.method != "" {
			set(headerMethod, env.method, RepairMethod)
		}
		if name := env.name + env.uri; r.Header.Get(headerName) == "" && (env.name == "" || env.uri == "") && name != "" {
			set(headerName, name, RepairName)
		}
	case env.version == "" && (known == "" || known >= versionModern):
		if len(r.Header.Values(headerVersion)) > 0 {
			set(headerVersion, versionLegacy, RepairVersion)
		}
		drop(headerMethod, RepairMethod)
		drop(headerName, RepairName)
	case known != "":
		set(headerVersion, known, RepairVersion)
	}
	s.repaired(r, done)
}

func acceptsBoth(accept []string) bool {
	all := strings.Join(accept, ",")
	return strings.Contains(all, "*/*") || strings.Contains(all, "application/json") && strings.Contains(all, "text/event-stream")
}

// firstKnown gives the first known protocol version among all values of the header, "" where there is none.
func firstKnown(values []string) string {
	for _, v := range values {
		for one := range strings.SplitSeq(v, ",") {
			if one = strings.TrimSpace(one); slices.Contains(knownVersions, one) {
				return one
			}
		}
	}
	return ""
}
