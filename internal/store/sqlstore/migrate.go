package sqlstore

import (
	"context"
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

// prepareAttempts covers other processes that prepare the same database at this moment.
const prepareAttempts = 3

// prepare runs the migrations that are missing, then the planner.
func (s *Store) prepare(ctx context.Context) error {
	var err error
	for range prepareAttempts {
		if err = s.migrate(ctx); err == nil {
			err = s.plan(ctx)
		}
		if err == nil || fault.KindOf(err) != fault.Internal || ctx.Err() != nil {
			break
		}
	}
	return err
}

func (s *Store) migrate(ctx context.Context) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	p, err := goose.NewProvider(goose.Dialect(s.d.Goose), s.write, files, goose.WithTableName(versionTable), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
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
