package sqlstore

import (
	"context"
	"strings"

	"mandorla/internal/oauth"
)

// DeleteStale is part of oauth.Store. What to remove is looked for outside of the transaction, by an index, and removed by key. An authorization is
// idle before it expires, so the end of its idle time is all that is looked at.
func (s *Store) DeleteStale(ctx context.Context, before oauth.Stale, limit int) (more bool, err error) {
	at, undecided := millis(before.Authorities), millis(before.Undecided)
	for _, stale := range []struct {
		table, key, when string
		args             []any
	}{
		{"sys_oauth_pending", "hash", "created_at < ?", []any{millis(before.Pending)}},
		{"sys_oauth_authorization", "number", "idle_until < ?", []any{at}},
		{"sys_oauth_authorization", "number", "ended_at > 0 AND ended_at < ?", []any{at}},
		{"sys_permission_set", "hash", unasked, []any{at}},
		{"sys_oauth_client", "id", "app_id <> '' AND approval IN (?, ?) AND exchange_first_at = 0 AND authorize_last_at < ? AND updated_at < ?",
			[]any{string(oauth.LetIn), string(oauth.Waiting), undecided, undecided}},
		{"sys_oauth_registration", "id", "created_at < ? AND " + unclaimed, []any{millis(before.Unclaimed)}},
	} {
		keys, err := s.keys(ctx, "SELECT "+stale.key+" FROM "+stale.table+" WHERE "+stale.when+" LIMIT ?", append(stale.args, limit)...)
		if err != nil {
			return false, err
		}
		if err := s.deleteKeys(ctx, stale.table, stale.key, keys, stale.when, stale.args); err != nil {
			return false, err
		}
		more = more || len(keys) == limit
	}
	return more, nil
}

// deleteKeys removes the rows with these keys for which the condition still holds.
func (s *Store) deleteKeys(ctx context.Context, table, key string, keys []any, when string, args []any) error {
	if len(keys) == 0 {
		return nil
	}
	in := " IN (?" + strings.Repeat(", ?", len(keys)-1) + ")"
	return s.aloneInTx(ctx, func(ctx context.Context) error {
		_, err := s.exec(ctx, "DELETE FROM "+table+" WHERE "+key+in+" AND "+when, append(keys, args...)...)
		return err
	})
}

// keys reads one column of texts or numbers.
func (s *Store) keys(ctx context.Context, text string, args ...any) (out []any, err error) {
	err = s.each(ctx, text, func(scan func(...any) error) error {
		var key any
		err := scan(&key)
		out = append(out, key)
		return err
	}, args...)
	return out, err
}
