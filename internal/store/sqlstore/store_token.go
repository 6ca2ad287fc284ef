package sqlstore

import (
	"context"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"mandorla/internal/fault"
	"mandorla/internal/oauth"
)

// familyNumber is the key of the authorization with this family: by a number a row is found on one page. Two families may have one number,
// though a million of them have it about once in ten million years; the family is compared as well, and the second of them cannot be stored.
func familyNumber(family string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(family)) // cannot fail
	return int64(h.Sum64() >> 1)
}

// byFamily is the condition on an authorization's family, familyKey what stands in its placeholders.
const byFamily = "number = ? AND family = ?"

func familyKey(family string) []any { return []any{familyNumber(family), family} }

const tokensColumns = `z.version, z.access_tokens, z.refresh_hash, z.spent_hash, z.spent_at, z.sealed,
	z.code_hash, z.code_used_at, z.code_redirect_uri, z.code_challenge, z.code_sealed`

type tokensScan struct {
	access      string
	spent, used int64
	rec         oauth.Tokens
}

func (k *tokensScan) dest() []any {
	t, c := &k.rec, &k.rec.Code
	return []any{&t.Version, &k.access, &t.Refresh, &t.Spent, &k.spent, &t.Sealed, &c.Hash, &k.used, &c.RedirectURI, &c.Challenge, &c.Sealed}
}

func (k *tokensScan) tokens() (out oauth.Tokens, err error) {
	out = k.rec
	out.SpentAt, out.Code.UsedAt = instant(k.spent), instant(k.used)
	out.Access, err = accessTokens(k.access)
	return out, err
}

// accessText writes access tokens as they are stored: one in a line, with its hash, when it was made, when it ends, and its scope.
func accessText(list []oauth.AccessToken) string {
	var b strings.Builder
	for i, a := range list {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s %d %d %s", a.Hash, millis(a.CreatedAt), millis(a.ExpiresAt), a.Scope)
	}
	return b.String()
}

func accessTokens(text string) (out []oauth.AccessToken, err error) {
	if text == "" {
		return nil, nil
	}
	for line := range strings.SplitSeq(text, "\n") {
		var a oauth.AccessToken
		var times [2]int64
		hash, rest, _ := strings.Cut(line, " ")
		for i := range times {
			var n string
			n, rest, _ = strings.Cut(rest, " ")
			if times[i], err = strconv.ParseInt(n, 10, 64); err != nil {
				return nil, fmt.Errorf("read access tokens: %w", err)
			}
		}
		a.Hash, a.Scope, a.CreatedAt, a.ExpiresAt = hash, rest, instant(times[0]), instant(times[1])
		out = append(out, a)
	}
	return out, nil
}

// LockFamily is part of oauth.Store.
func (s *Store) LockFamily(ctx context.Context, family string) error {
	return s.lockAuthorization(ctx, byFamily, familyKey(family)...)
}

// SaveTokens is part of oauth.Store.
func (s *Store) SaveTokens(ctx context.Context, a oauth.AuthorizationRecord, t oauth.Tokens) error {
	c := t.Code
	res, err := s.exec(ctx, `UPDATE sys_oauth_authorization SET version = version + 1, access_tokens = ?, refresh_hash = ?, spent_hash = ?, spent_at = ?, sealed = ?,
		code_hash = ?, code_used_at = ?, code_redirect_uri = ?, code_challenge = ?, code_sealed = ?, idle_until = ?, connected_at = ?
		WHERE `+byFamily+` AND version = ?`,
		accessText(t.Access), t.Refresh, t.Spent, millis(t.SpentAt), t.Sealed,
		c.Hash, millis(c.UsedAt), c.RedirectURI, c.Challenge, c.Sealed, millis(a.IdleUntil), millis(a.ConnectedAt),
		familyNumber(a.Family), a.Family, t.Version)
	if err == nil && affected(res) == 0 {
		return fault.New(fault.Conflict, "This connection's tokens changed meanwhile. Try again.")
	}
	return err
}

// TokensByFamily is part of oauth.Store.
func (s *Store) TokensByFamily(ctx context.Context, family string) (a oauth.AuthorizationRecord, t oauth.Tokens, err error) {
	z, k := authorizationScan{}, tokensScan{}
	err = s.queryRow(ctx, `SELECT `+authorizationColumns+`, `+tokensColumns+` FROM sys_oauth_authorization z`+authorizationSet+` WHERE `+byFamily, familyKey(family)...).
		Scan(concat(z.dest(), k.dest())...)
	if err != nil {
		return a, t, missing(err, "There is no such connection.")
	}
	t, err = k.tokens()
	return z.authorization(), t, err
}

// LivingTokens is part of oauth.Store.
func (s *Store) LivingTokens(ctx context.Context, client string, at time.Time) (map[string]int, error) {
	out := map[string]int{}
	err := s.each(ctx, `SELECT id, access_tokens FROM sys_oauth_authorization WHERE client_id = ? AND access_tokens <> ''`, func(scan func(...any) error) error {
		var id, text string
		if err := scan(&id, &text); err != nil {
			return err
		}
		list, err := accessTokens(text)
		for _, a := range list {
			if at.Before(a.ExpiresAt) {
				out[id]++
			}
		}
		return err
	}, client)
	return out, err
}
