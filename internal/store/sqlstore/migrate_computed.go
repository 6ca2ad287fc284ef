package sqlstore

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"strings"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/computed/*.sql
var computed embed.FS

// computedMigrations are those that need what SQL cannot compute: it is done between the statements before and after the line "-- computed".
func (s *Store) computedMigrations() []*goose.Migration {
	return []*goose.Migration{
		s.computedMigration(16, "0016_keys.sql", s.keyTokens),
		s.computedMigration(17, "0017_sets.sql", s.hashSets),
		s.computedMigration(18, "0018_families.sql", s.nameFamilies),
	}
}

func (s *Store) computedMigration(version int64, file string, compute func(context.Context, *sql.Tx) error) *goose.Migration {
	return goose.NewGoMigration(version, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
		text, err := computed.ReadFile("migrations/computed/" + file)
		if err != nil {
			return fmt.Errorf("read migration: %w", err)
		}
		before, after, _ := strings.Cut(strings.NewReplacer("{own_number}", s.d.OwnNumber, "{number}", s.d.Number).Replace(string(text)), "-- computed\n")
		if err := runAll(ctx, tx, before); err != nil {
			return err
		}
		if err := compute(ctx, tx); err != nil {
			return err
		}
		return runAll(ctx, tx, after)
	}}, nil)
}

func runAll(ctx context.Context, tx *sql.Tx, statements string) error {
	for _, statement := range strings.Split(statements, ";\n") {
		if strings.TrimSpace(statement) == "" {
			continue
		}
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%w in %s", err, statement)
		}
	}
	return nil
}

// atOnce is how many rows are brought over at once.
const atOnce = 1000

// keyTokens gives tokens their number. One without an authorization stays behind: it opened nothing.
func (s *Store) keyTokens(ctx context.Context, tx *sql.Tx) error {
	for after, n := "", atOnce; n == atOnce; {
		hashes, err := texts(tx.QueryContext(ctx, s.d.bind("SELECT hash FROM sys_oauth_token_before WHERE hash > ? ORDER BY hash LIMIT ?"), after, atOnce))
		if err != nil {
			return fmt.Errorf("read tokens: %w", err)
		}
		for _, hash := range hashes {
			if _, err := tx.ExecContext(ctx, s.d.bind(`INSERT INTO sys_oauth_token (tenant_id, number, hash, authorization_number, authorization_id, client_id, kind, scope,
				created_at, expires_at, used_at, revoked_at, successor, sealed)
				SELECT k.tenant_id, CAST(? AS BIGINT), k.hash, z.number, k.authorization_id, k.client_id, k.kind, k.scope,
				k.created_at, k.expires_at, k.used_at, k.revoked_at, k.successor, k.sealed
				FROM sys_oauth_token_before k JOIN sys_oauth_authorization z ON z.id = k.authorization_id WHERE k.hash = ?`), familyNumber(hash), hash); err != nil {
				return fmt.Errorf("key a token: %w", err)
			}
			after = hash
		}
		n = len(hashes)
	}
	return nil
}

// hashSets stores each permission set of an authorization by its hash.
func (s *Store) hashSets(ctx context.Context, tx *sql.Tx) error {
	return s.byNumber(ctx, tx, "SELECT number, tenant_id, set_json FROM sys_oauth_authorization WHERE number > ? ORDER BY number LIMIT ?",
		func(number int64, tenant, text string) error {
			hash := setHash(text)
			if _, err := tx.ExecContext(ctx, s.d.bind(`INSERT INTO sys_permission_set (tenant_id, hash, set_json, asked_at) VALUES (?, ?, ?, 0)
				ON CONFLICT (tenant_id, hash) DO NOTHING`), tenant, hash, text); err != nil {
				return fmt.Errorf("store a permission set: %w", err)
			}
			if _, err := tx.ExecContext(ctx, s.d.bind("UPDATE sys_oauth_authorization SET set_hash = ? WHERE number = ?"), hash, number); err != nil {
				return fmt.Errorf("name a permission set: %w", err)
			}
			return nil
		})
}

// nameFamilies brings authorizations over, each under the family of its refresh token that works. One without has a family that no token names.
func (s *Store) nameFamilies(ctx context.Context, tx *sql.Tx) error {
	const columns = "tenant_id, id, person_id, account_id, account_epoch, client_id, resource, scope, set_hash, created_at, connected_at, used_at, " +
		"idle_until, expires_at, ended_at, ended_because, redirect_host"
	return s.byNumber(ctx, tx, `SELECT z.number, z.id, COALESCE((SELECT MAX(k.hash) FROM sys_oauth_token k
		WHERE k.authorization_number = z.number AND k.kind = 'refresh' AND k.used_at = 0 AND k.revoked_at = 0), '')
		FROM sys_oauth_authorization_before z WHERE z.number > ? ORDER BY z.number LIMIT ?`,
		func(number int64, id, refresh string) error {
			family := refresh
			if family == "" {
				family = "none of " + id
			}
			if _, err := tx.ExecContext(ctx, s.d.bind(`INSERT INTO sys_oauth_authorization (number, family, refresh_hash, `+columns+`)
				SELECT CAST(? AS BIGINT), CAST(? AS TEXT), CAST(? AS TEXT), `+columns+` FROM sys_oauth_authorization_before WHERE number = ?`),
				familyNumber(family), family, refresh, number); err != nil {
				return fmt.Errorf("name a family: %w", err)
			}
			return nil
		})
}

// byNumber calls fn for each row that the query gives: a number and two texts, in the order of the number, so many after one number at a time.
func (s *Store) byNumber(ctx context.Context, tx *sql.Tx, query string, fn func(number int64, first, second string) error) error {
	for after, n := int64(0), atOnce; n == atOnce; {
		rows, err := numberedRows(tx.QueryContext(ctx, s.d.bind(query), after, atOnce))
		if err != nil {
			return fmt.Errorf("read rows to bring over: %w", err)
		}
		for _, r := range rows {
			if err := fn(r.number, r.first, r.second); err != nil {
				return err
			}
			after = r.number
		}
		n = len(rows)
	}
	return nil
}

type numberedRow struct {
	number        int64
	first, second string
}

// numberedRows reads all rows before the next statement: a transaction has one connection.
func numberedRows(rows *sql.Rows, err error) (out []numberedRow, _ error) {
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r numberedRow
		if err := rows.Scan(&r.number, &r.first, &r.second); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}
