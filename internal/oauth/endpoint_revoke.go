package oauth

import (
	"context"
	"fmt"
	"net/http"

	"mandorla/internal/fault"
)

// serveRevoke is POST /oauth/revoke (RFC 7009). A refresh token takes the whole authorization with it, an access token only itself.
// What is unknown, or another client's, is answered the same and changes nothing; token_type_hint is not needed.
func (s *Service) serveRevoke(w http.ResponseWriter, r *http.Request) error {
	f, client, err := s.readClientForm(w, r)
	if err != nil {
		return err
	}
	token := f.get("token")
	if !f.has("token") {
		return badRequest("token is missing.")
	}
	if family, ok := familyOf(accessPrefix, token); ok {
		return s.revoke(r.Context(), client, family, hash(token), s.ClientIP(r))
	}
	if family, ok := refreshFamily(token); ok {
		return s.revoke(r.Context(), client, familyName(family), "", s.ClientIP(r))
	}
	return nil
}

// revoke ends the access token with this hash, or the authorization with all of its tokens.
func (s *Service) revoke(ctx context.Context, c ClientRecord, family, access, ip string) error {
	return s.Store.InTx(ctx, func(ctx context.Context) error {
		st, _, err := s.family(ctx, family) // also where the person is gone, who may come back
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		a, t := st.Authorization, st.Tokens
		owner, err := s.clientByID(ctx, a.Client)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return fmt.Errorf("read client: %w", err)
		}
		if !c.has(owner) {
			return nil
		}
		kind := "refresh"
		if access != "" {
			kind = "access"
			left := t.without(access)
			if len(left) == len(t.Access) {
				return nil
			}
			t.Access = left
			if err := s.Store.SaveTokens(ctx, a, t); err != nil {
				return fmt.Errorf("store tokens: %w", err)
			}
		} else if _, err := s.end(ctx, Which{ID: a.ID}, "the app gave it back"); err != nil {
			return err
		}
		return s.noteToken(ctx, st, "oauth.revoke", ip, map[string]string{"token": kind})
	})
}
