package identity

import (
	"encoding/json"
	"fmt"
	"sync"

	"mandorla/internal/access"
)

// Sets decodes stored permission sets and keeps the decoded form, at most limit of them. The stored text is its own key, so
// nothing can be stale, not even after a restore. Decoded sets are shared: nobody may change one. Safe for concurrent use.
type Sets struct {
	limit int
	mu    sync.RWMutex
	fresh map[string]access.Set
	old   map[string]access.Set // the generation before; what is asked for again moves to fresh
}

// NewSets makes one.
func NewSets(limit int) *Sets {
	return &Sets{limit: limit, fresh: map[string]access.Set{}}
}

// Decode gives the set that the text holds, in its normal form.
func (s *Sets) Decode(text string) (access.Set, error) {
	s.mu.RLock()
	set, ok := s.fresh[text]
	s.mu.RUnlock()
	if ok {
		return set, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	set, ok = s.old[text]
	if !ok {
		var raw access.Set
		if err := json.Unmarshal([]byte(text), &raw); err != nil {
			return nil, fmt.Errorf("stored permission set: %w", err)
		}
		set = raw.Normal()
	}
	if len(s.fresh) >= max(1, s.limit/2) {
		s.old, s.fresh = s.fresh, map[string]access.Set{}
	}
	s.fresh[text] = set
	return set, nil
}

// EncodeSet gives the stored text of a set, the same for equal sets.
func EncodeSet(set access.Set) (string, error) {
	if set == nil {
		set = access.Set{}
	}
	text, err := json.Marshal(set.Normal())
	if err != nil {
		return "", fmt.Errorf("encode permission set: %w", err)
	}
	return string(text), nil
}
