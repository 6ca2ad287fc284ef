package oauth

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"mandorla/internal/model"
)

// SignKind is something that programs do before this server knows which client they are.
type SignKind string

// The kinds.
const (
	SignMetadata SignKind = "metadata" // one of the metadata documents was read
	SignStranger SignKind = "stranger" // an authorization was asked for with a client id that is not known here
)

// Sign is when something of a kind happened last, on the whole installation.
type Sign struct {
	Kind  SignKind
	Agent string // what the program calls itself: a stranger's words, plain, at most 100 characters
	At    time.Time
}

const signAgent = 100

// signs keeps the last sign of each kind until Flush writes it: one row each, however many come.
type signs struct {
	mu      sync.Mutex
	waiting map[SignKind]Sign
}

func (w *signs) add(one Sign) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.waiting == nil {
		w.waiting = map[SignKind]Sign{}
	}
	if one.At.After(w.waiting[one.Kind].At) {
		w.waiting[one.Kind] = one
	}
}

func (w *signs) take() []Sign {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := make([]Sign, 0, len(w.waiting))
	for _, one := range w.waiting {
		out = append(out, one)
	}
	w.waiting = nil
	return out
}

// noteSign remembers what a program did. A person who looks at a document in a browser is no sign of a program.
func (s *Service) noteSign(kind SignKind, agent string) {
	if strings.HasPrefix(agent, "Mozilla/") && kind == SignMetadata {
		return
	}
	agent = model.PlainName(agent)
	if runes := []rune(agent); len(runes) > signAgent {
		agent = string(runes[:signAgent-1]) + "…"
	}
	s.signs.add(Sign{Kind: kind, Agent: agent, At: s.Now()})
}

// flushSigns writes what waits. What cannot be written is kept for the next time.
func (s *Service) flushSigns(ctx context.Context) error {
	for _, one := range s.signs.take() {
		if err := s.Store.NoteSign(ctx, one); err != nil {
			s.signs.add(one)
			return fmt.Errorf("note signs of programs: %w", err)
		}
	}
	return nil
}

// Signs gives the last sign of each kind; a kind that never came is missing. One is seen some seconds after it happened.
func (s *Service) Signs(ctx context.Context) (map[SignKind]Sign, error) {
	list, err := s.Store.Signs(ctx)
	if err != nil {
		return nil, fmt.Errorf("read signs of programs: %w", err)
	}
	out := map[SignKind]Sign{}
	for _, one := range list {
		out[one.Kind] = one
	}
	return out, nil
}
