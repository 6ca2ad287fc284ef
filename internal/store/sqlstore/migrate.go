package sqlstore

import (
	"context"
	"database/sql/driver"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"

	"mandorla/internal/fault"
)

//go:embed migrations/*.sql
var migrations embed.FS

// versionTable is where goose notes which migrations have run.
const versionTable = "sys_version"

// prepareAttempts is how often preparing is tried where other processes that do the same cannot be kept out.
const prepareAttempts = 5

// prepare runs the migrations that are missing, then the planner.
func (s *Store) prepare(ctx context.Context) error {
	unlock, err := s.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	for range prepareAttempts {
		if err = s.migrate(ctx); err == nil {
			err = s.plan(ctx)
		}
		if err == nil || s.d.Lock != "" || fault.KindOf(err) != fault.Internal || ctx.Err() != nil {
			break
		}
	}
	return err
}

// lock keeps other processes from preparing the database until unlock.
func (s *Store) lock(ctx context.Context) (unlock func(), err error) {
	if s.d.Lock == "" {
		return func() {}, nil
	}
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	unlock = func() {
		// Ending the connection frees the lock; a connection in the pool would keep it.
		_ = conn.Raw(func(any) error { return driver.ErrBadConn })
		_ = conn.Close()
	}
	if _, err := conn.ExecContext(ctx, s.d.Lock); err != nil {
		unlock()
		return nil, fmt.Errorf("lock the schema: %w", err)
	}
	return unlock, nil
}

// migrations gives what brings a database from any version to this one.
func (s *Store) migrations() (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	p, err := goose.NewProvider(goose.Dialect(s.d.Goose), s.write, files, goose.WithTableName(versionTable), goose.WithDisableGlobalRegistry(true),
		goose.WithGoMigrations(s.computedMigrations()...))
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return p, nil
}

func (s *Store) migrate(ctx context.Context) error {
	p, err := s.migrations()
	if err != nil {
		return err
	}
	have, newest, err := p.GetVersions(ctx)
	if err != nil {
		return s.explain(fmt.Errorf("read version of database: %w", err))
	}
	if have > newest {
		return fault.New(fault.Conflict, "The database %s is of version %d, and this program knows versions up to %d. "+
			"Run the newer program that wrote it, or restore the backup made before that program was installed.", s.place, have, newest)
	}
	if _, err := p.Up(ctx); err != nil {
		return s.explain(fmt.Errorf("migrate database: %w", err))
	}
	return nil
}
