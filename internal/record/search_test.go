package record_test

import (
	"testing"

	"mandorla/internal/fault"
	"mandorla/internal/record"
)

// What is not text is the asker's mistake on both engines.
func TestSearchForNoText(t *testing.T) {
	engines(t, func(t *testing.T, f *fixture) {
		for _, text := range []string{"\x00", "a\xff"} {
			if _, err := f.gate.List(t.Context(), f.full(), record.ListRequest{Model: "Company", Search: text}); !fault.Is(err, fault.Invalid) {
				t.Errorf("%q: %v", text, err)
			}
		}
	})
}
