package oauth

import (
	"context"
	"fmt"
	"net/http"
	"strings"

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
	if strings.HasPrefix(token, accessPrefix) || strings.HasPrefix(token, refreshPrefix) {
		return s.revoke(r.Context(), client, token, s.ClientIP(r))
	}
	return nil
}

func (s *Service) revoke(ctx context.Context, c ClientRecord, token, ip string) error {
	return s.Store.InTx(ctx, func(ctx context.Context) error {
		t, err := s.Store.TokenByHash(ctx, hash(token))
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read token: %w", err)
		}
		owner, err := s.clientByID(ctx, t.Client)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return fmt.Errorf("read client: %w", err)
		}
		if !c.has(owner) {
			return nil
		}
		if t.Kind == Access {
			if err := s.Store.RevokeToken(ctx, t.Hash, s.Now()); err != nil {
				return fmt.Errorf("revoke token: %w", err)
			}
		} else if _, err := s.end(ctx, Which{ID: t.Authorization}, "the app gave it back"); err != nil {
			return err
		}
		st, err := s.Store.Standing(ctx, t.Authorization)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read authorization: %w", err)
		}
		return s.noteToken(ctx, st, "oauth.revoke", ip, map[string]string{"token": string(t.Kind)})
	})
}
