package identity

import (
	"encoding/json"
	"fmt"

	"mandorla/internal/access"
	"mandorla/internal/kept"
)

// Sets decodes stored permission sets and keeps the decoded form, at most limit of them. The stored text is its own key, so
// nothing can be stale, not even after a restore. Decoded sets are shared: nobody may change one. Safe for concurrent use.
type Sets struct {
	kept *kept.Values[string, access.Set]
}

// NewSets makes one.
func NewSets(limit int) *Sets { return &Sets{kept.New[string, access.Set](limit)} }

// Decode gives the set that the text holds, in its normal form.
func (s *Sets) Decode(text string) (access.Set, error) {
	if set, ok := s.kept.Get(text); ok {
		return set, nil
	}
	var raw access.Set
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		return nil, fmt.Errorf("stored permission set: %w", err)
	}
	set := raw.Normal()
	s.kept.Put(text, set)
	return set, nil
}

// EncodeSet gives the stored text of a set, the same for equal sets.
func EncodeSet(set access.Set) string {
	if set == nil {
		set = access.Set{}
	}
	text, err := json.Marshal(set.Normal())
	if err != nil {
		panic(fmt.Sprintf("encode permission set: %v", err)) // names and flags can always be written
	}
	return string(text)
}
