package sqlstore

import (
	"container/list"
	"context"
	"database/sql"
	"errors"
	"sync"
)

// maxStatements is how many prepared statements are kept; the one that was not used for longest goes first.
const maxStatements = 256

// preparer is a pool of connections or one connection.
type preparer interface {
	PrepareContext(ctx context.Context, text string) (*sql.Stmt, error)
}

// statements keeps what was prepared for one pool of connections, or for one connection, for engines whose driver prepares anew at every call: preparing
// costs more than running a small query does. Safe for concurrent use.
type statements struct {
	db preparer

	mu   sync.Mutex
	used *list.List // of *prepared, the last used first
	by   map[string]*list.Element
	errs []error // of closing those that had to go; close gives them
}

type prepared struct {
	text string
	stmt *sql.Stmt
	busy int  // calls between get and put
	gone bool // no longer kept: the last put closes it
}

func newStatements(db preparer) *statements {
	return &statements{db: db, used: list.New(), by: map[string]*list.Element{}}
}

// get gives the statement of a text; the caller gives it back by put. Rows that are still open then keep working.
func (c *statements) get(ctx context.Context, text string) (*prepared, error) {
	if p := c.find(text); p != nil {
		return p, nil
	}
	stmt, err := c.db.PrepareContext(ctx, text) // outside the lock: others go on meanwhile
	if err != nil {
		return nil, err
	}
	return c.keep(&prepared{text: text, stmt: stmt, busy: 1}), nil
}

func (c *statements) find(text string) *prepared {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.by[text]
	if !ok {
		return nil
	}
	c.used.MoveToFront(e)
	p := e.Value.(*prepared)
	p.busy++
	return p
}

// keep gives the one that is kept: somebody may have been faster.
func (c *statements) keep(p *prepared) *prepared {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.by[p.text]; ok {
		other := e.Value.(*prepared)
		other.busy++
		c.end(p)
		return other
	}
	c.by[p.text] = c.used.PushFront(p)
	if c.used.Len() <= maxStatements {
		return p
	}
	old := c.used.Remove(c.used.Back()).(*prepared)
	delete(c.by, old.text)
	old.gone = true
	if old.busy == 0 {
		c.end(old)
	}
	return p
}

func (c *statements) put(p *prepared) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p.busy--
	if p.gone && p.busy == 0 {
		c.end(p)
	}
}

func (c *statements) end(p *prepared) {
	if err := p.stmt.Close(); err != nil {
		c.errs = append(c.errs, err)
	}
}

// close ends all of them.
func (c *statements) close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for e := c.used.Front(); e != nil; e = e.Next() {
		c.end(e.Value.(*prepared))
	}
	c.used.Init()
	clear(c.by)
	return errors.Join(c.errs...)
}
