package testkit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"mandorla/internal/oauth"
)

func post(h http.Handler, form url.Values) (int, []byte) {
	r := httptest.NewRequest(http.MethodPost, oauth.PathToken, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Body.Bytes()
}

// Call makes one tools/call over HTTP with a bearer token, as a client of the 2025-11-25 era. It gives the HTTP status, whether
// the tool reported an error, and the text of the answer.
func (s *Server) Call(tb testing.TB, token, tool string, arguments map[string]any) (status int, isError bool, text string) {
	tb.Helper()
	body, err := json.Marshal(map[string]any{
		"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": map[string]any{"name": tool, "arguments": arguments},
	})
	if err != nil {
		tb.Fatal(err)
	}
	r, err := http.NewRequestWithContext(tb.Context(), http.MethodPost, s.URL+"/v1/mcp", bytes.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	r.Header.Set("MCP-Protocol-Version", "2025-11-25")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		tb.Fatal(err)
	}
	defer res.Body.Close()
	var raw bytes.Buffer
	if _, err := raw.ReadFrom(res.Body); err != nil {
		tb.Fatal(err)
	}
	isError, text, err = result(raw.Bytes())
	if err != nil && res.StatusCode == http.StatusOK {
		tb.Fatalf("answer: %v\n%s", err, raw.Bytes())
	}
	return res.StatusCode, isError, text
}

// result reads a JSON-RPC answer, plain or as a server-sent event.
func result(raw []byte) (isError bool, text string, err error) {
	for line := range bytes.Lines(raw) {
		if data, ok := bytes.CutPrefix(line, []byte("data:")); ok && len(bytes.TrimSpace(data)) > 0 {
			raw = data
		}
	}
	var msg struct {
		Error  *struct{ Message string }
		Result struct {
			IsError bool
			Content []struct{ Text string }
		}
	}
	if err := json.Unmarshal(raw, &msg); err != nil {
		return false, string(raw), fmt.Errorf("not JSON-RPC: %w", err)
	}
	switch {
	case msg.Error != nil:
		return true, msg.Error.Message, nil
	case len(msg.Result.Content) == 0:
		return msg.Result.IsError, "", nil
	default:
		return msg.Result.IsError, msg.Result.Content[0].Text, nil
	}
}
