package oauth

import (
	"context"
	"net/http"

	"mandorla/internal/audit"
)

// grantType answers one value of grant_type. The response is nil only with an error.
type grantType func(s *Service, ctx context.Context, c ClientRecord, f form, ip string) (*pair, error)

var grantTypes = map[string]grantType{
	"authorization_code": (*Service).exchangeCode,
	"refresh_token":      (*Service).refresh,
}

// serveToken is POST /oauth/token (RFC 6749 section 3.2).
func (s *Service) serveToken(w http.ResponseWriter, r *http.Request) error {
	f, client, err := s.readClientForm(w, r)
	if err != nil {
		return err
	}
	if !f.has("grant_type") {
		return badRequest("grant_type is missing.")
	}
	grant, ok := grantTypes[f.get("grant_type")]
	if !ok {
		return &tokenError{code: "unsupported_grant_type", desc: "Use authorization_code or refresh_token."}
	}
	if f.repeated {
		return errTarget
	}
	p, err := grant(s, r.Context(), client, f, s.ClientIP(r))
	if err != nil {
		return err
	}
	w.Header().Set("Pragma", "no-cache")
	answer := map[string]any{
		"access_token": p.Access, "token_type": "Bearer", "expires_in": int(p.Expires.Sub(s.Now()).Seconds()), "scope": p.Scope,
	}
	if p.Refresh != "" {
		answer["refresh_token"] = p.Refresh
	}
	writeJSON(w, http.StatusOK, answer)
	return nil
}

// wrongResource reports whether the request names another resource than the authorization is for; none is fine.
func (s *Service) wrongResource(f form, a AuthorizationRecord) bool {
	r, _ := s.resource(f.get("resource"))
	return f.has("resource") && string(r) != a.Resource
}

// noteToken writes an act at the token endpoint in the name of the person who authorized.
func (s *Service) noteToken(ctx context.Context, st Standing, act, ip string, detail map[string]string) error {
	if st.Client.ID == "" { // client or person are gone: nobody to name
		return nil
	}
	return s.Store.AppendAudit(ctx, audit.Entry{
		Tenant: st.Authorization.Tenant, At: s.Now(), Act: act,
		Person: st.Authorization.Person, PersonName: st.Member.UserName,
		Client: st.Client.ID, ClientName: st.Client.Name, Authorization: st.Authorization.ID,
		Surface: surfaceOf(st.Authorization), IP: ip, Detail: detail,
	})
}
