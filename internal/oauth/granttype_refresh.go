package oauth

import (
	"context"

	"mandorla/internal/fault"
)

// refresh is grant_type=refresh_token. Every use rotates the token. The same token once more gives the same successors for a minute,
// while the new refresh token is unused (a lost answer, two processes of one client); any other reuse ends the authorization.
func (s *Service) refresh(ctx context.Context, c ClientRecord, f form, ip string) (*pair, error) {
	token := f.get("refresh_token")
	if !f.has("refresh_token") {
		return nil, badRequest("refresh_token is missing.")
	}
	family, ok := refreshFamily(token)
	if !ok {
		return nil, errGrant
	}
	var out *pair
	var refusal error
	err := s.Store.InTx(ctx, func(ctx context.Context) error {
		var err error
		out, refusal, err = s.rotate(ctx, c, f, family, token, ip)
		return err
	})
	if err == nil {
		err = refusal
	}
	return out, err
}

var errNoRefresh = &tokenError{code: "unauthorized_client", desc: "The client registered without the grant type refresh_token."}

// rotate runs in a transaction. refusal is the answer to the client, with everything written kept; err takes everything back.
func (s *Service) rotate(ctx context.Context, c ClientRecord, f form, family, token, ip string) (out *pair, refusal, err error) {
	st, gone, err := s.family(ctx, familyName(family))
	if fault.Is(err, fault.NotFound) || err == nil && gone {
		return nil, errGrant, nil
	}
	if err != nil {
		return nil, nil, err
	}
	now, presented := s.Now(), hash(token)
	switch {
	case !c.has(st.Client):
		return nil, errGrant, s.reused(ctx, st, "oauth.refresh_stolen", ip)
	case !st.Authorization.over(now) && !st.Member.TenantActive:
		return nil, errSuspended, nil
	case !st.alive(now):
		return nil, errGrant, nil
	case equal(presented, st.Tokens.Spent) && now.Sub(st.Tokens.SpentAt) <= retryWindow:
		return s.again(ctx, st, token, ip)
	case !equal(presented, st.Tokens.Refresh):
		return nil, errGrant, s.reused(ctx, st, "oauth.refresh_reuse", ip)
	}
	if st.Client.NoRefresh {
		return nil, errNoRefresh, nil
	}
	scope, refusal := s.refreshScope(f, st.Authorization)
	if refusal != nil {
		return nil, refusal, nil
	}
	p, err := s.issue(ctx, st, family, scope, token)
	if err != nil {
		return nil, nil, err
	}
	return &p, nil, s.noteToken(ctx, st, "oauth.refresh", ip, map[string]string{"scope": scope})
}

// again gives what took the place of the token that was spent last.
func (s *Service) again(ctx context.Context, st Standing, token, ip string) (*pair, error, error) {
	var p pair
	if err := unseal(token, st.Tokens.Sealed, &p); err != nil {
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
