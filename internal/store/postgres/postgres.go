// Package postgres opens a PostgreSQL database for sqlstore: the connections and the Dialect.
//
// It holds no query of its own beyond checking that the server fits. The composition root and tests call Open.
package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"mandorla/internal/fault"
	"mandorla/internal/model"
	"mandorla/internal/store/sqlstore"
)

// Connections of one process, and how long an unused one is kept.
const (
	maxConnections = 16
	maxIdle        = 8
	idleTime       = 5 * time.Minute
)

// Open connects to the database named by dsn ("postgres://user:password@host:5432/name" or "host=… dbname=…") and makes what
// is missing in it. newID gives ids for audit entries. What an operator can mend is a fault whose message is one sentence that names
// server and database, never the password. wrap stands between the store and the driver, where a test lets statements fail.
func Open(ctx context.Context, dsn string, base *model.Registry, newID func() string, wrap ...func(driver.Connector) driver.Connector) (*sqlstore.Store, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil { // the cause may repeat the text, and with it the password
		return nil, fault.New(fault.Invalid, "The database address is not understood; write it as postgres://user:password@host:5432/name.")
	}
	config.RuntimeParams["timezone"] = "UTC"
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "mandorla"
	}
	connector := stdlib.GetConnector(*config)
	for _, w := range wrap {
		connector = w(connector)
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(maxConnections)
	db.SetMaxIdleConns(maxIdle)
	db.SetConnMaxIdleTime(idleTime)
	if err := check(ctx, db, config); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	s, err := sqlstore.New(ctx, sqlstore.Config{Dialect: Dialect(), Write: db, Read: db, Base: base, NewID: newID, Place: where(config)})
	if err != nil {
		return nil, explain(config, err)
	}
	return s, nil
}

// where names the database for people.
func where(c *pgx.ConnConfig) string { return fmt.Sprintf("%q on %s:%d", c.Database, c.Host, c.Port) }

// check connects once and asks for what the Dialect relies on.
func check(ctx context.Context, db *sql.DB, c *pgx.ConnConfig) error {
	var encoding string
	var icu bool
	err := db.QueryRowContext(ctx, `SELECT current_setting('server_encoding'), EXISTS (SELECT 1 FROM pg_collation WHERE collname = 'und-x-icu')`).Scan(&encoding, &icu)
	switch {
	case err != nil:
		return explain(c, err)
	case encoding != "UTF8":
		return fault.New(fault.Invalid, "The database %s has the encoding %s; make one with ENCODING 'UTF8'.", where(c), encoding)
	case !icu:
		return fault.New(fault.Invalid, `The server of database %s lacks the collation "und-x-icu"; use a PostgreSQL built with ICU.`, where(c))
	}
	return nil
}

// explain gives the failures an operator can mend a sentence. Codes: PostgreSQL documentation, appendix A.
func explain(c *pgx.ConnConfig, err error) error {
	if fault.KindOf(err) != fault.Internal {
		return err
	}
	switch code(err) {
	case "28P01", "28000":
		return fault.Wrap(fault.Invalid, err, "The server %s:%d does not let the user %q in; check the user, the password and pg_hba.conf.", c.Host, c.Port, c.User)
	case "3D000":
		return fault.Wrap(fault.Invalid, err, "There is no database %q on %s:%d; make it with createdb, or name another one.", c.Database, c.Host, c.Port)
	case "42501":
		return fault.Wrap(fault.Invalid, err, "The user %q may not make tables in the database %s; make it the owner of the database.", c.User, where(c))
	case "53300", "57P03":
		return fault.Wrap(fault.Unavailable, err, "The server of database %s takes no connections now; try again in a moment.", where(c))
	}
	var network net.Error
	var connect *pgconn.ConnectError
	if errors.As(err, &network) || errors.As(err, &connect) && code(err) == "" {
		return fault.Wrap(fault.Unavailable, err, "Nothing answers at %s:%d; check that PostgreSQL runs there and that the address is right.", c.Host, c.Port)
	}
	return fmt.Errorf("open database %s: %w", where(c), err)
}
