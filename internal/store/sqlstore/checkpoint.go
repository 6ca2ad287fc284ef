package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
)

// checkpointAfter is how many pages commits put into the log before a checkpoint takes them to the file.
const checkpointAfter = 1000

// checkpoints are what is known of a writer's checkpoints. Left to SQLite, every thousandth page or so one commit takes all of them to the file, and whoever waits
// for it, or behind it, waits for that too. For whoever has the turn, but for running.
type checkpoints struct {
	beside  *sql.DB
	running sync.WaitGroup
	begun   bool
	err     error // of the last one; the pages are still in the log then, and the next one takes them
}

// beginCheckpoint begins one beside those who write, unless one is on its way. It needs the turn.
func (w *writer) beginCheckpoint() bool {
	c := &w.checkpoints
	if w.d.Checkpoint == "" || c.begun || w.closed {
		return false
	}
	c.begun = true
	c.running.Go(func() { w.checkpoint(context.Background()) })
	return true
}

// checkpoint takes the pages to the file on a connection of its own, again for those that have come meanwhile, and what has come during that on the one that
// writes. Only a log that holds nothing more than the file is begun anew, which would never be while others write.
func (w *writer) checkpoint(ctx context.Context) {
	c := &w.checkpoints
	var err error
	for range 2 {
		if err == nil {
			_, err = c.beside.ExecContext(ctx, w.d.Checkpoint)
		}
	}
	if w.takeTurn(ctx) != nil {
		return // never: ctx does not end
	}
	defer w.passTurn()
	if err == nil && !w.closed {
		w.commit()
		err = w.control(ctx, w.d.Checkpoint)
	}
	c.begun, c.err = false, nil
	if err != nil {
		c.err = fmt.Errorf("checkpoint: %w", err)
	}
}
