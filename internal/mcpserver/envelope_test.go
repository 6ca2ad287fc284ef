package mcpserver_test

import (
	"encoding/json"
	"testing"

	"mandorla/internal/mcpserver"
)

// Whatever is accepted means the same to a reader that matches names without regard to case and takes the last of two.
func FuzzEnvelope(f *testing.F) {
	for _, s := range []string{
		listTools, callModern, initialize, `[]`, `{"id":null,"method":"x"}`, `{"Method":"x"}`, `{"method":"a","method":"b"}`,
		`{"method":"a","params":{"name":"n","NAME":"m","arguments":{"a":[1,{"b":2}]}}}`, `{"m\u0065thod":"a"}`, `{"ſ":1,"params":{"argumentſ":1}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		env, bad := mcpserver.ParseEnvelope(body)
		if bad.Err() != "" {
			return
		}
		var loose struct {
			Method string `json:"method"`
			Params json.RawMessage
		}
		var params struct {
			Name string `json:"name"`
		}
		if json.Unmarshal(body, &loose) == nil && loose.Method != env.Method() {
			t.Fatalf("%q: method %q or %q", body, env.Method(), loose.Method)
		}
		if json.Unmarshal(body, &loose) == nil && json.Unmarshal(loose.Params, &params) == nil && params.Name != env.Name() {
			t.Fatalf("%q: name %q or %q", body, env.Name(), params.Name)
		}
	})
}
