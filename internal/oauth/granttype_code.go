package oauth

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"mandorla/internal/access"
	"mandorla/internal/fault"
)

// exchangeCode is grant_type=authorization_code. Whoever presents a code uses it up, whatever else is wrong; presenting one again ends
// the authorization with everything that came from it.
func (s *Service) exchangeCode(ctx context.Context, c ClientRecord, f form, ip string) (*pair, error) {
	code := f.get("code")
	if !f.has("code") {
		return nil, badRequest("code is missing.")
	}
	family, ok := familyOf(codePrefix, code)
	if !ok {
		return nil, errGrant
	}
	var r redemption
	err := s.Store.InTx(ctx, func(ctx context.Context) (err error) {
		r, err = s.redeem(ctx, c, f, family, code, ip)
		return err
	})
	if err == nil && r.refusal != nil {
		s.noteProblem(ctx, r.client.ID, ProblemExchange, r.why)
		err = r.refusal
	}
	return r.pair, err
}

// redemption is what became of a code: a pair, or the answer to the client, with everything written kept, and why for its administrators.
type redemption struct {
	pair    *pair
	refusal error
	why     string
	client  ClientRecord // the stored one where that is known
}

// redeem runs in a transaction; err takes everything back.
func (s *Service) redeem(ctx context.Context, c ClientRecord, f form, family, code, ip string) (redemption, error) {
	r := redemption{client: c}
	st, gone, err := s.family(ctx, family)
	if fault.Is(err, fault.NotFound) || err == nil && !equal(hash(code), st.Tokens.Code.Hash) {
		r.why, r.refusal = "the code is not known", errGrant
		return r, nil
	}
	if err != nil {
		return r, err
	}
	if c.has(st.Client) {
		r.client = st.Client
	}
	given := st.Tokens.Code
	if !given.UsedAt.IsZero() {
		r.why, r.refusal = "the code was used before", errGrant
		return r, s.reused(ctx, st, "oauth.code_reuse", ip)
	}
	st.Tokens.Code = given.used(s.Now())
	if gone {
		r.why, r.refusal = "the person or the client is gone", errGrant
	} else {
		r.why, r.refusal = s.checkCode(given, st, c, f)
	}
	if r.refusal != nil {
		if err := s.Store.SaveTokens(ctx, st.Authorization, st.Tokens); err != nil {
			return r, fmt.Errorf("use code: %w", err)
		}
		return r, s.noteToken(ctx, st, "oauth.token_refused", ip, map[string]string{"by": c.ID + c.AppID})
	}
	var secret string
	if err := unseal(code, given.Sealed, &secret); err != nil {
		return r, err
	}
	p, err := s.issue(ctx, st, secret, st.Authorization.Scope, "")
	if err != nil {
		return r, err
	}
	r.pair = &p
	if err := s.Store.MarkStep(ctx, r.client.ID, StepExchange, s.Now()); err != nil {
		return r, fmt.Errorf("mark step: %w", err)
	}
	if r.client.Problem != (Problem{}) {
		if err := s.Store.NoteProblem(ctx, r.client.ID, Problem{}); err != nil {
			return r, fmt.Errorf("clear problem: %w", err)
		}
	}
	return r, s.noteToken(ctx, st, "oauth.token", ip, map[string]string{"scope": p.Scope})
}

// checkCode says for the client's administrators why a code is refused, which the client is not told.
func (s *Service) checkCode(given Code, st Standing, c ClientRecord, f form) (why string, err error) {
	now := s.Now()
	switch {
	case !c.has(st.Client):
		return "the code was given to another client", errGrant
	case !now.Before(st.Authorization.IdleUntil):
		return "the code came more than a minute after it was given", errGrant
	case !st.alive(now):
		return "the authorization has ended meanwhile", errGrant
	case f.has("redirect_uri") && f.get("redirect_uri") != given.RedirectURI:
		return "the redirect URL is not the one of the authorization request", errGrant
	case !verifierFits(f.get("code_verifier"), given.Challenge):
		return "the PKCE verifier does not fit the challenge", errGrant
	case s.wrongResource(f, st.Authorization):
		return "the resource is not the one that was authorized", errTarget
	}
	return "", nil
}

// verifierFits is the check of RFC 7636 section 4.6 for S256, including the form of the verifier.
func verifierFits(verifier, challenge string) bool {
	if len(verifier) < 43 || len(verifier) > 128 || !madeOf(verifier, alphanumeric+"-._~") {
		return false
	}
	sum := sha256.Sum256([]byte(verifier))
	return equal(base64.RawURLEncoding.EncodeToString(sum[:]), challenge)
}

// reused ends an authorization after a code or refresh token came a second time: one of the two who have it is a thief.
func (s *Service) reused(ctx context.Context, st Standing, act, ip string) error {
	if _, err := s.end(ctx, Which{ID: st.Authorization.ID}, "a code or refresh token was used twice"); err != nil {
		return err
	}
	return s.noteToken(ctx, st, act, ip, nil)
}

func surfaceOf(a AuthorizationRecord) access.Surface {
	if Resource(a.Resource) == REST {
		return access.SurfaceREST
	}
	return access.SurfaceMCP
}
