package mail

import (
	"context"
	"sync"
	"time"
)

// queueLength is how much work may wait; what comes on top is refused, so that memory stays bounded.
const queueLength = 256

// grace is what running work is given to end when the program ends.
const grace = 2 * time.Second

// workers is how much is done at once, so that one slow conversation does not hold up the next.
const workers = 4

// Queue does work in the background, in no promised order. Safe for concurrent use.
type Queue struct {
	jobs chan func(ctx context.Context)
	busy sync.WaitGroup
}

// NewQueue makes one; nothing is done before Run.
func NewQueue() *Queue { return &Queue{jobs: make(chan func(context.Context), queueLength)} }

// Post hands over work and returns at once; false says that too much is waiting and this will not be done.
func (q *Queue) Post(job func(ctx context.Context)) bool {
	q.busy.Add(1)
	select {
	case q.jobs <- job:
		return true
	default:
		q.busy.Done()
		return false
	}
}

// Run works until ctx ends. What runs then has two more seconds, and what waits is not done.
func (q *Queue) Run(ctx context.Context) {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(grace, cancel) })()
	var group sync.WaitGroup
	for range workers {
		group.Go(func() { q.work(ctx, work) })
	}
	group.Wait()
}

func (q *Queue) work(ctx, work context.Context) {
	for ctx.Err() == nil {
		select {
		case job := <-q.jobs:
			job(work)
			q.busy.Done()
		case <-ctx.Done():
			return
		}
	}
}

// Wait returns once everything that was handed over is done, for those who must see the outcome.
func (q *Queue) Wait() { q.busy.Wait() }
