package mcpserver

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of one request.
const (
	MaxBody  = 4 << 20 // bytes; the SDK's own default
	maxDepth = 100     // of nested objects and lists
)

// JSON-RPC error codes.
const (
	codeParse          = -32700
	codeInvalidRequest = -32600
	codeMethodNotFound = -32601
	codeInvalidParams  = -32602
	codeForbidden      = -32003 // implementation-defined, beside HTTP 403
)

const metaVersionKey = "io.modelcontextprotocol/protocolVersion"

// envelope is the one JSON-RPC message of a request, as far as this package looks into it. The SDK reads the same bytes again;
// parseEnvelope refuses whatever two readers could understand differently.
type envelope struct {
	body    []byte
	id      json.RawMessage // nil: a notification or a response
	method  string
	name    string          // params.name
	uri     string          // params.uri
	version string          // the protocol version in params._meta
	args    json.RawMessage // params.arguments
}

// rpcError is why a message is refused.
type rpcError struct {
	code    int
	message string
}

func invalid(format string, args ...any) *rpcError {
	return &rpcError{codeInvalidRequest, fmt.Sprintf(format, args...)}
}

func (e *envelope) isCall() bool { return len(e.id) > 0 && e.method != "" }

// restore gives the request its body back.
func (e *envelope) restore(r *http.Request) *http.Request {
	r.Body = io.NopCloser(bytes.NewReader(e.body))
	r.ContentLength = int64(len(e.body))
	return r
}

// read takes the message off the request, or answers why not.
func (s *Server) read(w http.ResponseWriter, r *http.Request) (*envelope, bool) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		writeStatus(w, http.StatusMethodNotAllowed, "method_not_allowed", "Messages are sent with POST; there are no sessions and no standing streams.")
		return nil, false
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		writeStatus(w, http.StatusUnsupportedMediaType, "unsupported_media_type", "Content-Type must be application/json.")
		return nil, false
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			writeStatus(w, http.StatusRequestEntityTooLarge, "too_large", fmt.Sprintf("A message has at most %d bytes.", MaxBody))
		} else {
			writeStatus(w, http.StatusBadRequest, "invalid_request", "The body could not be read.")
		}
		return nil, false
	}
	env, bad := parseEnvelope(body)
	if bad != nil {
		env.writeError(w, http.StatusBadRequest, bad.code, bad.message)
		return nil, false
	}
	return env, true
}

// parseEnvelope reads one message strictly: one object, no member twice at any depth, no member that differs from a known one only in
// case or control characters. The envelope it gives beside an error serves for answering only.
func parseEnvelope(body []byte) (*envelope, *rpcError) {
	e := &envelope{body: body}
	if !utf8.Valid(body) || !json.Valid(body) {
		return e, &rpcError{codeParse, "The body is not JSON in UTF-8."}
	}
	if bad := checkTree(body); bad != nil {
		return e, bad
	}
	var top map[string]json.RawMessage
	if err := json.Unmarshal(body, &top); err != nil || top == nil {
		return e, invalid("The body must be one JSON-RPC message; batches are not supported.")
	}
	if bad := checkKeys(top, "jsonrpc", "id", "method", "params", "result", "error"); bad != nil {
		return e, bad
	}
	e.id = top["id"]
	if string(e.id) == "null" {
		e.id = nil
	}
	e.method = text(top["method"])
	var params map[string]json.RawMessage
	if json.Unmarshal(top["params"], &params) != nil {
		return e, nil // absent, or of a form that the SDK refuses
	}
	if bad := checkKeys(params, "name", "arguments", "uri", "_meta", "cursor"); bad != nil {
		return e, bad
	}
	e.name, e.uri, e.args = text(params["name"]), text(params["uri"]), params["arguments"]
	var meta map[string]json.RawMessage
	if json.Unmarshal(params["_meta"], &meta) == nil {
		if bad := checkKeys(meta, metaVersionKey); bad != nil {
			return e, bad
		}
		e.version = text(meta[metaVersionKey])
	}
	return e, nil
}

// text gives a JSON string, "" for anything else.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// checkKeys refuses members that a lenient reader would take for one of the known.
func checkKeys(obj map[string]json.RawMessage, known ...string) *rpcError {
	for key := range obj {
		plain := strings.Map(func(r rune) rune {
			if unicode.IsControl(r) || unicode.IsSpace(r) {
				return -1
			}
			return r
		}, key)
		for _, k := range known {
			if key != k && strings.EqualFold(plain, k) {
				return invalid("The member %q is not %q; names are matched exactly.", clip(key, 40), k)
			}
		}
	}
	return nil
}

// checkTree refuses objects with the same member twice, and deep nesting. The body is known to be valid JSON.
func checkTree(body []byte) *rpcError {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	type level struct {
		seen  map[string]bool // nil: a list
		value bool            // the next token is a member's value
	}
	var stack []level
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return invalid("The body is not JSON.")
		}
		if top := len(stack) - 1; top >= 0 && stack[top].seen != nil {
			if key, isKey := tok.(string); isKey && !stack[top].value {
				if stack[top].seen[key] {
					return invalid("The member %q is there twice.", clip(key, 40))
				}
				stack[top].seen[key], stack[top].value = true, true
				continue
			}
			stack[top].value = false
		}
		switch tok {
		case json.Delim('{'):
			stack = append(stack, level{seen: map[string]bool{}})
		case json.Delim('['):
			stack = append(stack, level{})
		case json.Delim('}'), json.Delim(']'):
			stack = stack[:len(stack)-1]
		}
		if len(stack) > maxDepth {
			return invalid("The body is nested more than %d deep.", maxDepth)
		}
	}
}

// writeError answers with a JSON-RPC error.
func (e *envelope) writeError(w http.ResponseWriter, status, code int, message string) {
	id := e.id
	if id == nil {
		id = json.RawMessage("null")
	}
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": id, "error": map[string]any{"code": code, "message": message}})
	if err != nil { // unreachable: the id was valid JSON
		body = []byte("{}")
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// clip shortens foreign text for logs and messages.
func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit] + "…"
}
