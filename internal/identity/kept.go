package identity

import "sync"

// kept holds about limit values in memory, in two generations: what is asked for moves to the fresh one, and when that is full, what
// nobody asked for is dropped. Whatever is kept must be true under its key for ever: nothing is ever taken out. Safe for concurrent use.
type kept[K comparable, V any] struct {
	limit      int
	mu         sync.RWMutex
	fresh, old map[K]V
}

func newKept[K comparable, V any](limit int) *kept[K, V] {
	return &kept[K, V]{limit: limit, fresh: map[K]V{}}
}

func (k *kept[K, V]) get(key K) (v V, ok bool) {
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

// put keeps v, in the place of what was there.
func (k *kept[K, V]) put(key K, v V) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.add(key, v)
}

func (k *kept[K, V]) add(key K, v V) {
	if len(k.fresh) >= max(1, k.limit/2) {
		k.old, k.fresh = k.fresh, map[K]V{}
	}
	k.fresh[key] = v
}
