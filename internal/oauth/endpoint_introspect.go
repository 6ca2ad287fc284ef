package oauth

import (
	"context"
	"fmt"
	"net/http"

	"mandorla/internal/fault"
)

// inactive is the one answer about every token that is not the client's own living access token (RFC 7662 section 2.2).
var inactive = map[string]any{"active": false}

// serveIntrospect is POST /oauth/introspect (RFC 7662). A confidential client may ask about access tokens that were given to itself;
// about everything else, living or not, it is told the same, and slowed down.
func (s *Service) serveIntrospect(w http.ResponseWriter, r *http.Request) error {
	f, client, err := s.readClientForm(w, r)
	if err != nil {
		return err
	}
	if client.Kind != Confidential {
		return &tokenError{status: http.StatusForbidden, code: "unauthorized_client", desc: "Only a client with a secret may ask about tokens."}
	}
	if !f.has("token") {
		return badRequest("token is missing.")
	}
	if wait := s.scans.Wait(client.ID); wait > 0 {
		return &tokenError{status: http.StatusTooManyRequests, code: "temporarily_unavailable", desc: "Too many unknown tokens. Try again later.", retry: wait}
	}
	answer, err := s.introspect(r.Context(), client, f.get("token"))
	if err != nil {
		return err
	}
	if answer == nil {
		s.scans.Take(client.ID)
		answer = inactive
	}
	writeJSON(w, http.StatusOK, answer)
	return nil
}

// introspect describes a token of the client that works now; nil for any other.
func (s *Service) introspect(ctx context.Context, c ClientRecord, token string) (map[string]any, error) {
	family, ok := familyOf(accessPrefix, token)
	if !ok {
		return nil, nil
	}
	st, err := s.Store.StandingByFamily(ctx, family)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read token: %w", err)
	}
	now := s.Now()
	t, living := st.Tokens.access(hash(token), now)
	if st.Client.ID != c.ID || !living || !st.alive(now) {
		return nil, nil
	}
	var audience []string
	for _, path := range []string{PathMCP, PathMCPAlias, PathREST} {
		if string(resources[path]) == st.Authorization.Resource {
			audience = append(audience, s.Origin+path)
		}
	}
	return map[string]any{
		"active": true, "scope": t.Scope, "client_id": c.ID, "token_type": "Bearer", "exp": t.ExpiresAt.Unix(), "iat": t.CreatedAt.Unix(),
		"sub": st.Authorization.Person, "aud": audience, "iss": s.Origin,
	}, nil
}
