package pg

import (
	"crypto/rand"
	"strings"
	"sync"
	"testing"
)

// Filled makes databases that begin alike: what Fill does takes longer than most tests, so it is done once a process and copied. On a
// server that somebody named it is done for each test, since the original would stay there.
type Filled[T any] struct {
	Fill func(dsn string) (T, error) // leaves no connection open

	once sync.Once
	name string
	made T
	err  error
}

// DSN returns the address of such a database, as the function DSN does, and what Fill gave.
func (f *Filled[T]) DSN(tb testing.TB) (dsn string, made T) {
	tb.Helper()
	c, err := server()
	if err == nil && c.private {
		f.once.Do(func() { f.err = f.fill(c) })
		if f.err != nil {
			tb.Fatalf("fill the database that tests begin with: %v", f.err)
		}
		return c.create(tb, f.name), f.made
	}
	dsn = DSN(tb) // says what is wrong where there is no server
	if made, err = f.Fill(dsn); err != nil {
		tb.Fatal(err)
	}
	return dsn, made
}

func (f *Filled[T]) fill(c cluster) error {
	f.name = "mandorla_filled_" + strings.ToLower(rand.Text())
	if err := run(c.dsn, "CREATE DATABASE "+f.name+" TEMPLATE template0 ENCODING 'UTF8'"); err != nil {
		return err
	}
	dsn, err := withDatabase(c.dsn, f.name)
	if err == nil {
		f.made, err = f.Fill(dsn)
	}
	return err
}
