package sqlstore

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"
)

// keptSets is how many permission sets' texts are kept in memory, mostly less than a kilobyte each.
const keptSets = 4096

// setHash names a permission set by its text. Many authorizations have the same set: it is stored once, and a row that is read at every
// call holds its hash.
func setHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// keepSet stores the set where it is not, and gives its hash. It is for the transaction that goes on to store what refers to the set: until
// that ends, nobody removes the set as one that nothing refers to, as it has just been asked for.
func (s *Store) keepSet(ctx context.Context, tenant, text string, at time.Time) (hash string, err error) {
	hash = setHash(text)
	_, err = s.exec(ctx, `INSERT INTO sys_permission_set (tenant_id, hash, set_json, asked_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (tenant_id, hash) DO UPDATE SET asked_at = excluded.asked_at`, tenant, hash, text, millis(at))
	return hash, err
}

// setText gives the set with this hash. What is kept in memory cannot be stale: the hash is that of the text.
func (s *Store) setText(ctx context.Context, tenant, hash string) (text string, err error) {
	if text, ok := s.sets.Get(hash); ok {
		return text, nil
	}
	if err := s.queryRow(ctx, `SELECT set_json FROM sys_permission_set WHERE tenant_id = ? AND hash = ?`, tenant, hash).Scan(&text); err != nil {
		return "", fmt.Errorf("read permission set %s: %w", hash, err)
	}
	s.sets.Put(hash, text)
	return text, nil
}

// unasked is the condition on permission sets that nothing refers to and that nobody asked for since.
const unasked = `asked_at < ? AND NOT EXISTS (SELECT 1 FROM sys_oauth_authorization z
	WHERE z.tenant_id = sys_permission_set.tenant_id AND z.set_hash = sys_permission_set.hash)`
