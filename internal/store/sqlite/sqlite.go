// Package sqlite opens a SQLite database for sqlstore: the file, the connections and the Dialect.
//
// It holds no query. The composition root and tests call Open.
package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"mandorla/internal/fault"
	"mandorla/internal/model"
	"mandorla/internal/store/sqlstore"
)

// FileName is the database's name inside a folder.
const FileName = "mandorla.db"

// readers is how many reads run at once; more only raise the slowest ones' time.
const readers = 4

// Open opens the database file, or FileName in the folder, and makes what is missing. newID gives ids for audit entries.
// What an operator can mend is a fault whose message is one sentence that names the file. wrap stands between the store and the driver,
// where a test lets statements fail.
func Open(ctx context.Context, path string, base *model.Registry, newID func() string, wrap ...func(driver.Connector) driver.Connector) (*sqlstore.Store, error) {
	path, err := place(path)
	if err != nil {
		return nil, err
	}
	d, err := ourDriver()
	if err != nil {
		return nil, err
	}
	open := func(pages int, more string) *sql.DB {
		var c driver.Connector = connector{d, dataSource(path, pages, more)}
		for _, w := range wrap {
			c = w(c)
		}
		return sql.OpenDB(c)
	}
	write := open(pagesToWrite, fmt.Sprintf("&_txlock=immediate&_pragma=journal_mode(wal)&_pragma=wal_autocheckpoint(%d)", pagesInLog))
	write.SetMaxOpenConns(1)
	if err := reach(ctx, write); err != nil {
		return nil, errors.Join(explain(path, err), write.Close())
	}
	read := open(pagesToRead, "&_pragma=query_only(1)")
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers)
	read.SetConnMaxIdleTime(time.Minute) // one that rests keeps pages of the memory that all share
	beside := open(pagesToRead, "&_pragma=query_only(1)")
	beside.SetMaxOpenConns(1)
	s, err := sqlstore.New(ctx, sqlstore.Config{Dialect: Dialect(), Write: write, Read: read, Beside: beside, Base: base, NewID: newID, Place: path})
	if err != nil {
		return nil, explain(path, err)
	}
	return s, nil
}

// patience is how long opening waits for another process that is opening the same file.
const patience = 10 * time.Second

// reach makes the first connection. While another process turns the file's journal over to WAL, SQLite refuses at once rather than
// wait, so the waiting is done here.
func reach(ctx context.Context, db *sql.DB) error {
	end := time.NewTimer(patience)
	defer end.Stop()
	for {
		err := db.PingContext(ctx)
		if code(err)&0xff != lib.SQLITE_BUSY {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-end.C:
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// place gives the absolute path of the database file and makes sure that it can be written.
func place(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("path of database: %w", err)
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() || err != nil && filepath.Ext(path) == "" {
		path = filepath.Join(path, FileName)
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fault.Wrap(fault.Invalid, err, "The folder %s cannot be made (%s); choose another data folder or make it by hand.", dir, reason(err))
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) // nobody else's to read; SQLite's side files take after it
	if err != nil {
		return "", fault.Wrap(fault.Invalid, err, "The database %s cannot be written (%s); give this user the right to, or choose another data folder.", path, reason(err))
	}
	return path, file.Close()
}

func reason(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

// How much memory a connection takes for pages. One that reads loses all of them when another one commits: what it needs between two commits are
// the inner pages, and taking memory costs more than reading a page anew into what is there.
const (
	pagesToWrite = 16 << 20
	pagesToRead  = 4 << 20
)

// pagesInLog is how long the log gets before a commit takes it to the file: the store's own checkpoints come long before, so one of them has failed then, or cannot keep up.
const pagesInLog = 16_000

// dataSource is the connection text. A power cut never takes an acknowledged write (synchronous=full). The file is not mapped into memory: SQLite gives up a map after every write of another connection (ADR 9 has figures).
func dataSource(path string, pages int, more string) string {
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(path)}
	if !strings.HasPrefix(u.Path, "/") { // a drive letter
		u.Path = "/" + u.Path
	}
	return u.String() + "?_busy_timeout=5000&_pragma=synchronous(full)&_pragma=foreign_keys(1)&_pragma=temp_store(memory)&_dqs=0" +
		fmt.Sprintf("&_pragma=cache_size(-%d)", pages>>10) + more
}

// explain gives the failures an operator can mend a sentence.
func explain(path string, err error) error {
	if fault.KindOf(err) == fault.Conflict {
		return err
	}
	switch code(err) & 0xff {
	case lib.SQLITE_NOTADB, lib.SQLITE_CORRUPT:
		return fault.Wrap(fault.Invalid, err, "The file %s is not a database of this program, or it is damaged; choose another file or restore a backup.", path)
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return fault.Wrap(fault.Unavailable, err, "The database %s is locked by another process; end that process and try again.", path)
	case lib.SQLITE_READONLY, lib.SQLITE_CANTOPEN, lib.SQLITE_PERM:
		return fault.Wrap(fault.Invalid, err, "The database %s cannot be opened for writing; give this user the right to write the file and its folder.", path)
	case lib.SQLITE_FULL:
		return fault.Wrap(fault.Unavailable, err, "The disk that holds the database %s is full; make room and try again.", path)
	}
	return fmt.Errorf("open database %s: %w", path, err)
}

// connector opens connections by a driver of our own, so that nothing is registered for the whole process.
type connector struct {
	driver *sqlite.Driver
	source string
}

// Connect opens one connection.
func (c connector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.source) }

// Driver gives the driver.
func (c connector) Driver() driver.Driver { return c.driver }

// ourDriver is made once: what is registered on a driver is never freed.
var ourDriver = sync.OnceValues(newDriver)

// newDriver adds the function fold to SQLite, which knows upper and lower case of ASCII only.
func newDriver() (*sqlite.Driver, error) {
	d := &sqlite.Driver{}
	err := d.RegisterDeterministicScalarFunction("fold", 1, func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
		if s, ok := args[0].(string); ok {
			return sqlstore.Fold(s), nil
		}
		return args[0], nil
	})
	if err != nil {
		return nil, fmt.Errorf("add fold to SQLite: %w", err)
	}
	return d, nil
}
