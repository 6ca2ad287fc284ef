package sqlstore

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"
	"strings"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/computed/0016_keys.sql
var keysText string

// keysMigration is the one that gives tokens their [tokenNumber], which SQL cannot compute.
func (s *Store) keysMigration() *goose.Migration {
	return goose.NewGoMigration(16, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
		text := strings.NewReplacer("{own_number}", s.d.OwnNumber, "{number}", s.d.Number).Replace(keysText)
		for _, statement := range strings.Split(text, ";\n") {
			if strings.TrimSpace(statement) == "" {
				continue
			}
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return fmt.Errorf("%w in %s", err, statement)
			}
		}
		if err := s.keyTokens(ctx, tx); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "DROP TABLE sys_oauth_token_before")
		return err
	}}, nil)
}

// keyTokens brings the tokens over, a thousand at a time. One without an authorization stays behind: it opened nothing.
func (s *Store) keyTokens(ctx context.Context, tx *sql.Tx) error {
	const many = 1000
	for after, n := "", many; n == many; {
		hashes, err := texts(tx.QueryContext(ctx, s.d.bind("SELECT hash FROM sys_oauth_token_before WHERE hash > ? ORDER BY hash LIMIT ?"), after, many))
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
