package oauth_test

import (
	"maps"
	"slices"
	"sync"
	"testing"

	"mandorla/internal/access"
	"mandorla/internal/store/sqlstore"
)

// TestNarrowAtOnce: each of several who take something out of a connection at the same moment gets rid of it for good.
func TestNarrowAtOnce(t *testing.T) {
	onStores(t, func(t *testing.T, st *sqlstore.Store, _ string) {
		w := newWorld(t, st)
		token, _ := w.connect()
		who, id := w.visitor("A").Principal, w.connections("A")[0].ID
		models := slices.Sorted(maps.Keys(w.connections("A")[0].Set))[:8]
		var group sync.WaitGroup
		start := make(chan struct{})
		for _, model := range models {
			keep := w.full()
			delete(keep, model)
			group.Go(func() {
				<-start
				if err := w.as.NarrowConnection(w.Context(), who, id, keep); err != nil {
					t.Errorf("without %s: %v", model, err)
				}
			})
		}
		close(start)
		group.Wait()
		for _, model := range models {
			if w.may(token, model, access.View) {
				t.Errorf("%s came back", model)
			}
		}
	})
}
