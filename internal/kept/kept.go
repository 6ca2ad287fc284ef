// Package kept keeps what is true for ever in memory, up to a limit.
package kept

import "sync"

// Values holds about so many values, in two generations: what is asked for moves to the fresh one, and when that is full, what
// nobody asked for is dropped. Whatever is kept must be true under its key for ever: nothing is ever taken out. Safe for concurrent use.
type Values[K comparable, V any] struct {
	limit      int
	mu         sync.RWMutex
	fresh, old map[K]V
}

// New makes one for at most limit values.
func New[K comparable, V any](limit int) *Values[K, V] {
	return &Values[K, V]{limit: limit, fresh: map[K]V{}}
}

// Get gives the value of a key, if it is kept.
func (k *Values[K, V]) Get(key K) (v V, ok bool) {
	k.mu.RLock()
	v, ok = k.fresh[key]
	old := !ok && len(k.old) > 0
	k.mu.RUnlock()
	if !old {
		return v, ok
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if v, ok = k.old[key]; ok {
		k.add(key, v)
	}
	return v, ok
}

// Put keeps v, in the place of what was there.
func (k *Values[K, V]) Put(key K, v V) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.add(key, v)
}

func (k *Values[K, V]) add(key K, v V) {
	if len(k.fresh) >= max(1, k.limit/2) {
		k.old, k.fresh = k.fresh, map[K]V{}
	}
	k.fresh[key] = v
}
