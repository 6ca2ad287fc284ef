package sqlite_test

import (
	"context"
	"database/sql/driver"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	modernc "modernc.org/sqlite"

	"mandorla/internal/store/sqlite"
)

// listening notes each connection of the driver.
type listening struct {
	driver.Connector
	conns *[]driver.Conn
}

func (l listening) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := l.Connector.Connect(ctx)
	*l.conns = append(*l.conns, c)
	return c, err
}

// TestALongTransactionLeavesReadersTheirPages: what a transaction took of the memory of those who read is given back, so that what is read
// twice comes from memory the second time.
func TestALongTransactionLeavesReadersTheirPages(t *testing.T) {
	var conns []driver.Conn
	s, err := sqlite.Open(t.Context(), t.TempDir(), products(t), noID, func(c driver.Connector) driver.Connector { return listening{c, &conns} })
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
	status := func(c driver.Conn, op modernc.DBStatusOp) int {
		t.Helper()
		n, _, err := c.(modernc.DBStatus).Status(op, true)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	write("a")
	for n := range 800 { // a little less than what a connection that reads keeps
		read(n)
	}
	write("b")
	if len(conns) != 2 {
		t.Fatalf("%d connections", len(conns))
	}
	writing, reading := conns[0], conns[1]
	for n := range 600 {
		read(n)
	}
	status(reading, modernc.DBStatusCacheMiss)
	read(0)
	if misses := status(reading, modernc.DBStatusCacheMiss); misses > 0 {
		t.Errorf("what was read before is not in memory: %d pages are read from the file", misses)
	}
	if used := status(writing, modernc.DBStatusCacheUsed); used > 18<<20 {
		t.Errorf("the connection that writes keeps %d MB", used>>20)
	}
}
