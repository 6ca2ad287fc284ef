package sqlite_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	modernc "modernc.org/sqlite"

	"mandorla/internal/store/sqlite"
)

// listening notes the last connection of a pool.
type listening struct {
	driver.Connector
	last *driver.Conn
}

func (l listening) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := l.Connector.Connect(ctx)
	*l.last = c
	return c, err
}

// TestALongTransactionLeavesReadersTheirPages: what a transaction took of the memory of those who read is given back, so that what is read
// twice comes from memory the second time.
func TestALongTransactionLeavesReadersTheirPages(t *testing.T) {
	var pools []*driver.Conn // to write, to read, and for checkpoints
	s, err := sqlite.Open(t.Context(), t.TempDir(), products(t), noID, func(c driver.Connector) driver.Connector {
		pools = append(pools, new(driver.Conn))
		return listening{c, pools[len(pools)-1]}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	const settings = 12_000 // of a page each, three times what the connection that writes keeps
	write := func(text string) {
		t.Helper()
		err := s.InTx(t.Context(), func(ctx context.Context) error {
			for _, n := range rand.New(rand.NewPCG(1, 2)).Perm(settings) {
				if err := s.SetSetting(ctx, fmt.Sprint("setting ", n), strings.Repeat(text, 3000)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	read := func(n int) {
		t.Helper()
		if _, err := s.Setting(t.Context(), fmt.Sprint("setting ", n)); err != nil {
			t.Fatal(err)
		}
	}
	write("a")
	for n := range 800 { // a little less than what a connection that reads keeps
		read(n)
	}
	write("b")
	status := func(pool int, op modernc.DBStatusOp) int {
		t.Helper()
		n, _, err := (*pools[pool]).(modernc.DBStatus).Status(op, true)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	err = s.InTx(t.Context(), func(context.Context) error { // the connection that writes is nobody else's now, and memory has been given back
		if used := status(0, modernc.DBStatusCacheUsed); used > 18<<20 {
			t.Errorf("the connection that writes keeps %d MB", used>>20)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for n := range 600 {
		read(n)
	}
	status(1, modernc.DBStatusCacheMiss)
	read(0)
	if misses := status(1, modernc.DBStatusCacheMiss); misses > 0 {
		t.Errorf("what was read before is not in memory: %d pages are read from the file", misses)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// TestTheLogIsTakenToTheFile: while transactions write one after the other, the log stays short.
func TestTheLogIsTakenToTheFile(t *testing.T) {
	dir := t.TempDir()
	s, err := sqlite.Open(t.Context(), dir, products(t), noID)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	const parts, perPart = 600, 20
	for part := range parts {
		err := s.InTx(t.Context(), func(ctx context.Context) error {
			for n := range perPart { // a page each
				if err := s.SetSetting(ctx, fmt.Sprint("setting ", part*perPart+n), strings.Repeat("x", 3000)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	size := func(name string) int64 {
		t.Helper()
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return info.Size() >> 20
	}
	if log := size(sqlite.FileName + "-wal"); log > 20 {
		t.Errorf("the log has %d MB after 48 MB in short transactions", log)
	}
	if file := size(sqlite.FileName); file < 28 {
		t.Errorf("the file has %d MB of 48", file)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, sqlite.FileName+"-wal")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a connection is open after the end: %v", err)
	}
}
