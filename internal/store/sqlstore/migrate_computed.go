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

// keyTokens gives tokens their [tokenNumber]. One without an authorization stays behind: it opened nothing.
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
				FROM sys_oauth_token_before k JOIN sys_oauth_authorization z ON z.id = k.authorization_id WHERE k.hash = ?`), tokenNumber(hash), hash); err != nil {
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
	for after, n := int64(0), atOnce; n == atOnce; {
		rows, err := s.setRows(ctx, tx, after)
		if err != nil {
			return fmt.Errorf("read authorizations: %w", err)
		}
		for _, r := range rows {
			hash := setHash(r.text)
			if _, err := tx.ExecContext(ctx, s.d.bind(`INSERT INTO sys_permission_set (tenant_id, hash, set_json, asked_at) VALUES (?, ?, ?, 0)
				ON CONFLICT (tenant_id, hash) DO NOTHING`), r.tenant, hash, r.text); err != nil {
				return fmt.Errorf("store a permission set: %w", err)
			}
			if _, err := tx.ExecContext(ctx, s.d.bind("UPDATE sys_oauth_authorization SET set_hash = ? WHERE number = ?"), hash, r.number); err != nil {
				return fmt.Errorf("name a permission set: %w", err)
			}
			after = r.number
		}
		n = len(rows)
	}
	return nil
}

type setRow struct {
	number       int64
	tenant, text string
}

func (s *Store) setRows(ctx context.Context, tx *sql.Tx, after int64) (out []setRow, err error) {
	rows, err := tx.QueryContext(ctx, s.d.bind("SELECT number, tenant_id, set_json FROM sys_oauth_authorization WHERE number > ? ORDER BY number LIMIT ?"), after, atOnce)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r setRow
		if err := rows.Scan(&r.number, &r.tenant, &r.text); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}
