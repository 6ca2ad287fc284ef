package oauth

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"mandorla/internal/fault"
)

// What codes and tokens begin with, so that a leak is recognised and one kind is never taken for another.
const (
	codePrefix    = "ac_"
	accessPrefix  = "at_"
	refreshPrefix = "rt_"
)

// secretLength is that of 32 random bytes, and of a hash, in base64url.
const secretLength = 43

// maxAccessTokens is how many access tokens of one authorization work at a time: with one more the oldest ends, and whoever has it
// refreshes.
const maxAccessTokens = 32

// Tokens are what of an authorization's code and tokens works or is recognised. They are kept in its row: one read checks a token, and one
// write exchanges or rotates it.
//
// The refresh tokens of an authorization are a family: each is rt_, the secret of the family and one of its own, so that a spent one is
// recognised for as long as the authorization is stored. The hash of rt_ and the family's secret names the family. A code is ac_, an access
// token at_, that name and a secret of its own: who has one cannot make up a refresh token.
type Tokens struct {
	Version int64 // moves with each change
	Code    Code
	Access  []AccessToken // oldest first; some may have run out
	Refresh string        // hash of the refresh token that works; "" for none
	Spent   string        // hash of the one before; "" for none
	SpentAt time.Time
	Sealed  string // the pair that took its place, readable with it only
}

// Code is an authorization code; it runs out when the authorization is idle. What is sent with it is kept until it is used.
type Code struct {
	Hash                   string
	RedirectURI, Challenge string
	Sealed                 string // the secret of the family, readable with the code only
	UsedAt                 time.Time
}

// used is what is kept of a code that was.
func (c Code) used(at time.Time) Code { return Code{Hash: c.Hash, UsedAt: at} }

// AccessToken is an access token that was not revoked by itself.
type AccessToken struct {
	Hash, Scope          string
	CreatedAt, ExpiresAt time.Time
}

// access finds the access token with this hash that has not run out.
func (t Tokens) access(hash string, now time.Time) (AccessToken, bool) {
	for _, a := range t.Access {
		if equal(a.Hash, hash) && now.Before(a.ExpiresAt) {
			return a, true
		}
	}
	return AccessToken{}, false
}

// with adds an access token and leaves out what has run out or is too much.
func (t Tokens) with(a AccessToken) []AccessToken {
	out := slices.DeleteFunc(slices.Clone(t.Access), func(old AccessToken) bool { return !a.CreatedAt.Before(old.ExpiresAt) })
	return append(out[max(0, len(out)-maxAccessTokens+1):], a)
}

// without leaves out the access token with this hash.
func (t Tokens) without(hash string) []AccessToken {
	return slices.DeleteFunc(slices.Clone(t.Access), func(old AccessToken) bool { return equal(old.Hash, hash) })
}

// familyOf gives the name of the family of a code or an access token; ok is false for what nothing with this prefix looks like.
func familyOf(prefix, token string) (family string, ok bool) {
	rest, ok := strings.CutPrefix(token, prefix)
	if !ok || len(rest) != 2*secretLength || !hashForm(rest[:secretLength]) {
		return "", false
	}
	return rest[:secretLength], true
}

// refreshFamily gives the secret of a refresh token's family. The first one of an authorization from before there were families is its
// family's secret, with none of its own.
func refreshFamily(token string) (secret string, ok bool) {
	rest, ok := strings.CutPrefix(token, refreshPrefix)
	if !ok || len(rest) != 2*secretLength && len(rest) != secretLength {
		return "", false
	}
	return rest[:secretLength], true
}

// familyName is under what a family is found.
func familyName(secret string) string { return hash(refreshPrefix + secret) }

// pair is what the token endpoint gives.
type pair struct {
	Access  string    `json:"a"`
	Refresh string    `json:"r"`
	Scope   string    `json:"s"`
	Expires time.Time `json:"e"` // of the access token
}

// family reads the authorization with this family and what it depends on, kept for this transaction; gone says that its client or its person is,
// so that only the authorization and its tokens are there.
func (s *Service) family(ctx context.Context, name string) (st Standing, gone bool, err error) {
	if err := s.Store.LockFamily(ctx, name); err != nil {
		return st, false, fmt.Errorf("lock authorization: %w", err)
	}
	st, err = s.Store.StandingByFamily(ctx, name) // only now that nobody else can change it
	if fault.Is(err, fault.NotFound) {
		gone = true
		st.Authorization, st.Tokens, err = s.Store.TokensByFamily(ctx, name)
	}
	if err != nil {
		return st, gone, fmt.Errorf("read authorization: %w", err)
	}
	return st, gone, nil
}

// issue stores a new pair for the authorization, whose family has this secret; spent is the refresh token whose place it takes, if any. The
// access token has the scope asked for now, the refresh token always the whole scope of the authorization (RFC 6749 section 6). A client
// without refresh tokens is connected for as long as the access token lives.
func (s *Service) issue(ctx context.Context, st Standing, family, scope, spent string) (pair, error) {
	now, a, t := s.Now(), st.Authorization, st.Tokens
	p := pair{Scope: scope, Expires: earlier(now.Add(s.AccessLifetime), a.ExpiresAt)}
	var err error
	if p.Access, err = s.random(accessPrefix+a.Family, 32); err != nil {
		return p, err
	}
	t.Access = t.with(AccessToken{Hash: hash(p.Access), Scope: scope, CreatedAt: now, ExpiresAt: p.Expires})
	a.IdleUntil = p.Expires
	if !st.Client.NoRefresh {
		if p.Refresh, err = s.random(refreshPrefix+family, 32); err != nil {
			return p, err
		}
		t.Refresh, a.IdleUntil = hash(p.Refresh), earlier(now.Add(s.RefreshIdle), a.ExpiresAt)
	}
	if spent != "" {
		t.Spent, t.SpentAt = hash(spent), now
		if t.Sealed, err = s.seal(spent, p); err != nil {
			return p, err
		}
	}
	if a.ConnectedAt.IsZero() {
		a.ConnectedAt = now
	}
	if err := s.Store.SaveTokens(ctx, a, t); err != nil {
		return p, fmt.Errorf("store tokens: %w", err)
	}
	return p, nil
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
