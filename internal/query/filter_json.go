package query

import (
	"encoding/json"

	"mandorla/internal/model"
)

// storedLeaf is one condition as JSON; the order of its keys is fixed, so that equal filters are equal texts.
type storedLeaf struct {
	Property string   `json:"property"`
	Op       model.Op `json:"op"`
	Value    any      `json:"value,omitempty"`
}

// MarshalJSON writes the shape that ParseFilter reads: {"and": […]}, {"or": […]}, {"not": {…}} or a condition with property, op and
// value. The zero value is {}.
func (f Filter) MarshalJSON() ([]byte, error) {
	switch {
	case f.IsZero():
		return []byte("{}"), nil
	case f.And != nil:
		return json.Marshal(map[string][]Filter{"and": f.And})
	case f.Or != nil:
		return json.Marshal(map[string][]Filter{"or": f.Or})
	case f.Not != nil:
		return json.Marshal(map[string]*Filter{"not": f.Not})
	default:
		return json.Marshal(storedLeaf{Property: f.Path, Op: f.Op, Value: f.Value})
	}
}
