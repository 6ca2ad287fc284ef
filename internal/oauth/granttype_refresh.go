package oauth

import (
	"context"
	"fmt"
	"strings"

	"mandorla/internal/fault"
)

// refresh is grant_type=refresh_token. Every use rotates the token. The same token once more gives the same successors for a minute,
// while the new refresh token is unused (a lost answer, two processes of one client); any other reuse ends the authorization.
func (s *Service) refresh(ctx context.Context, c ClientRecord, f form, ip string) (*pair, error) {
	token := f.get("refresh_token")
	if !f.has("refresh_token") {
		return nil, badRequest("refresh_token is missing.")
	}
	if !strings.HasPrefix(token, refreshPrefix) || len(token) != len(refreshPrefix)+43 {
		return nil, errGrant
	}
	var out *pair
	var refusal error
	err := s.Store.InTx(ctx, func(ctx context.Context) error {
		var err error
		out, refusal, err = s.rotate(ctx, c, f, token, ip)
		return err
	})
	if err == nil {
		err = refusal
	}
	return out, err
}

var errNoRefresh = &tokenError{code: "unauthorized_client", desc: "The client registered without the grant type refresh_token."}

// rotate runs in a transaction. refusal is the answer to the client, with everything written kept; err takes everything back.
func (s *Service) rotate(ctx context.Context, c ClientRecord, f form, token, ip string) (out *pair, refusal, err error) {
	if err := s.Store.LockByToken(ctx, hash(token)); err != nil {
		return nil, nil, fmt.Errorf("lock authorization: %w", err)
	}
	t, st, err := s.Store.StandingByToken(ctx, hash(token)) // only now that nobody else can change it
	if fault.Is(err, fault.NotFound) {
		return nil, errGrant, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read refresh token: %w", err)
	}
	now := s.Now()
	switch {
	case !c.has(st.Client):
		return nil, errGrant, s.reused(ctx, t.Authorization, st, "oauth.refresh_stolen", ip)
	case t.RevokedAt.IsZero() && now.Before(t.ExpiresAt) && !st.Member.TenantActive:
		return nil, errSuspended, nil
	case !t.RevokedAt.IsZero() || !now.Before(t.ExpiresAt) || !st.alive(now):
		return nil, errGrant, nil
	case !t.UsedAt.IsZero():
		return s.again(ctx, t, st, token, ip)
	}
	if st.Client.NoRefresh {
		return nil, errNoRefresh, nil
	}
	scope, refusal := s.refreshScope(f, st.Authorization)
	if refusal != nil {
		return nil, refusal, nil
	}
	p, err := s.issue(ctx, st, scope)
	if err != nil {
		return nil, nil, err
	}
	sealed, err := s.seal(token, p)
	if err != nil {
		return nil, nil, err
	}
	first, err := s.Store.UseRefresh(ctx, t.Hash, now, hash(p.Refresh), sealed)
	if err != nil {
		return nil, nil, fmt.Errorf("spend refresh token: %w", err)
	}
	if !first {
		return nil, nil, fmt.Errorf("refresh token was spent in spite of the lock")
	}
	return &p, nil, s.noteToken(ctx, st, "oauth.refresh", ip, map[string]string{"scope": scope})
}

// again answers a token that was spent already.
func (s *Service) again(ctx context.Context, t TokenRecord, st Standing, token, ip string) (*pair, error, error) {
	next, err := s.Store.TokenByHash(ctx, t.Successor)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, nil, fmt.Errorf("read successor: %w", err)
	}
	fresh := err == nil && next.UsedAt.IsZero() && next.RevokedAt.IsZero()
	if !fresh || s.Now().Sub(t.UsedAt) > retryWindow {
		return nil, errGrant, s.reused(ctx, t.Authorization, st, "oauth.refresh_reuse", ip)
	}
	p, err := unseal(token, t.Sealed)
	if err != nil {
		return nil, nil, err
	}
	return &p, nil, s.noteToken(ctx, st, "oauth.refresh_retry", ip, nil)
}

func (s *Service) refreshScope(f form, a AuthorizationRecord) (string, error) {
	if s.wrongResource(f, a) {
		return "", errTarget
	}
	if !f.has("scope") {
		return a.Scope, nil
	}
	scope, ok := parseScope(s.Registry, f.get("scope"))
	if !ok || !within(scope, a.Scope) {
		return "", &tokenError{code: "invalid_scope", desc: "The scope is unknown or wider than what was authorized."}
	}
	return scope, nil
}
