package oauth

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"

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
	if !strings.HasPrefix(code, codePrefix) || len(code) != len(codePrefix)+secretLength {
		return nil, errGrant
	}
	var out *pair
	var refusal error
	var why string
	client := c
	err := s.Store.InTx(ctx, func(ctx context.Context) error {
		out, refusal, why, client = nil, nil, "the code is not known", c
		rec, err := s.Store.CodeByHash(ctx, hash(code))
		if fault.Is(err, fault.NotFound) {
			refusal = errGrant
			return nil
		}
		if err != nil {
			return fmt.Errorf("read code: %w", err)
		}
		if err := s.Store.LockAuthorization(ctx, rec.Authorization); err != nil {
			return fmt.Errorf("lock authorization: %w", err)
		}
		first, err := s.Store.UseCode(ctx, rec.Hash, s.Now())
		if err != nil {
			return fmt.Errorf("use code: %w", err)
		}
		st, err := s.Store.Standing(ctx, rec.Authorization)
		gone := fault.Is(err, fault.NotFound)
		if err != nil && !gone {
			return fmt.Errorf("read authorization: %w", err)
		}
		if c.has(st.Client) {
			client = st.Client
		}
		if !first {
			refusal, why = errGrant, "the code was used before"
			return s.reused(ctx, rec.Authorization, st, "oauth.code_reuse", ip)
		}
		if gone {
			refusal, why = errGrant, "the person or the client is gone"
			return nil
		}
		if why, refusal = s.checkCode(rec, st, c, f); refusal != nil {
			return s.noteToken(ctx, st, "oauth.token_refused", ip, map[string]string{"by": c.ID + c.AppID})
		}
		var family string
		if err := unseal(code, rec.Sealed, &family); err != nil {
			return err
		}
		p, err := s.issue(ctx, st, family, st.Authorization.Scope, "")
		if err != nil {
			return err
		}
		out = &p
		if err := s.Store.MarkStep(ctx, client.ID, StepExchange, s.Now()); err != nil {
			return fmt.Errorf("mark step: %w", err)
		}
		if client.Problem != (Problem{}) {
			if err := s.Store.NoteProblem(ctx, client.ID, Problem{}); err != nil {
				return fmt.Errorf("clear problem: %w", err)
			}
		}
		return s.noteToken(ctx, st, "oauth.token", ip, map[string]string{"scope": p.Scope})
	})
	if err == nil && refusal != nil {
		s.noteProblem(ctx, client.ID, ProblemExchange, why)
		err = refusal
	}
	return out, err
}

// checkCode says for the client's administrators why a code is refused, which the client is not told.
func (s *Service) checkCode(rec CodeRecord, st Standing, c ClientRecord, f form) (why string, err error) {
	now := s.Now()
	switch {
	case !c.has(st.Client):
		return "the code was given to another client", errGrant
	case !now.Before(rec.ExpiresAt):
		return "the code came more than a minute after it was given", errGrant
	case !st.alive(now):
		return "the authorization has ended meanwhile", errGrant
	case f.has("redirect_uri") && f.get("redirect_uri") != rec.RedirectURI:
		return "the redirect URL is not the one of the authorization request", errGrant
	case !verifierFits(f.get("code_verifier"), rec.Challenge):
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
func (s *Service) reused(ctx context.Context, authorization string, st Standing, act, ip string) error {
	if _, err := s.end(ctx, Which{ID: authorization}, "a code or refresh token was used twice"); err != nil {
		return err
	}
	if st.Authorization.ID == "" { // client or person are gone: nobody to name
		return nil
	}
	return s.noteToken(ctx, st, act, ip, nil)
}

func surfaceOf(a AuthorizationRecord) access.Surface {
	if Resource(a.Resource) == REST {
		return access.SurfaceREST
	}
	return access.SurfaceMCP
}
