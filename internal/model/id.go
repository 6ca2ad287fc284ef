package model

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"sync"
	"time"
)

// IDs makes record ids: 4 bytes of seconds, 5 random bytes per process, 3 bytes counting up, as 24 hexadecimal digits, so that ids
// made later sort later and ids kept from another system of the same form stay valid. Safe for concurrent use.
type IDs struct {
	now    func() time.Time
	mu     sync.Mutex
	second uint32
	count  uint32
	node   [5]byte
}

// NewIDs makes a source; random is read once.
func NewIDs(now func() time.Time, random io.Reader) (*IDs, error) {
	s := &IDs{now: now}
	if _, err := io.ReadFull(random, s.node[:]); err != nil {
		return nil, fmt.Errorf("read randomness for ids: %w", err)
	}
	return s, nil
}

// New gives the next id. A clock that goes back does not make ids go back, and more than 16 million in a second borrow from the next.
func (s *IDs) New() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := uint32(s.now().Unix()); now > s.second { //nolint:gosec // seconds fit until 2106
		s.second, s.count = now, 0
	} else if s.count++; s.count == 1<<24 {
		s.second, s.count = s.second+1, 0
	}
	var b [12]byte
	binary.BigEndian.PutUint32(b[:4], s.second)
	copy(b[4:9], s.node[:])
	b[9], b[10], b[11] = byte(s.count>>16), byte(s.count>>8), byte(s.count)
	return hex.EncodeToString(b[:])
}
