package privateapp

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/model"
)

// Token is a static API token of a private app, without the token itself.
type Token struct {
	ID, Tenant, App string
	Hash            string // SHA-256; only on the way into the store
	Name            string
	Last4           string
	CreatedAt       time.Time
	CreatedBy       string
	ExpiresAt       time.Time // zero: never
	RevokedAt       time.Time
	UsedAt          time.Time // last call, to the minute
}

// Works reports whether the token has neither ended nor been revoked.
func (t Token) Works(now time.Time) bool {
	return t.RevokedAt.IsZero() && (t.ExpiresAt.IsZero() || now.Before(t.ExpiresAt))
}

const (
	maxTokens     = 50
	longestExpiry = 10 * 365 * 24 * time.Hour
)

// Tokens lists the tokens of an app, newest first.
func (s *Service) Tokens(ctx context.Context, by access.Principal, app string) ([]Token, error) {
	if err := identity.May(by, access.PrivateApp, access.View); err != nil {
		return nil, err
	}
	s.flush(ctx)
	if _, err := s.find(ctx, by.Tenant, app); err != nil {
		return nil, err
	}
	tokens, err := s.Store.PrivateTokens(ctx, by.Tenant, app)
	if err != nil {
		return nil, fmt.Errorf("list tokens: %w", err)
	}
	return tokens, nil
}

// NewToken makes a token that ends after this time (0: never). It is given here and never again. Whoever makes one holds what the app
// may do, so nobody makes one for an app that may do more than they.
func (s *Service) NewToken(ctx context.Context, by access.Principal, app, name string, life time.Duration) (t Token, token string, err error) {
	if err := identity.May(by, access.PrivateApp, access.Update); err != nil {
		return t, "", err
	}
	if name = model.PlainName(name); name == "" || len([]rune(name)) > 80 {
		return t, "", fault.BadField("tokenName", "needs 1 to 80 characters: what the token is used for.")
	}
	if life < 0 || life > longestExpiry {
		return t, "", fault.BadField("expires", "is between a day and ten years from now, or never.")
	}
	var raw [32]byte
	if _, err := io.ReadFull(s.Rand, raw[:]); err != nil {
		return t, "", fmt.Errorf("read randomness: %w", err)
	}
	token = TokenPrefix + base64.RawURLEncoding.EncodeToString(raw[:])
	t = Token{
		ID: s.NewID(), Tenant: by.Tenant, App: app, Hash: hash(token), Name: name, Last4: token[len(token)-4:], CreatedAt: s.Now(), CreatedBy: by.Person,
	}
	if life > 0 {
		t.ExpiresAt = t.CreatedAt.Add(life)
	}
	err = s.Store.InTx(ctx, func(ctx context.Context) error {
		a, err := s.find(ctx, by.Tenant, app)
		if err != nil {
			return err
		}
		if !mayGive(by, a.Set) {
			return fault.New(fault.Forbidden, "This app may do more than your roles with full access. Ask an administrator to make the token.")
		}
		if err := s.room(ctx, by.Tenant, app); err != nil {
			return err
		}
		if err := s.Store.InsertPrivateToken(ctx, t); err != nil {
			return fmt.Errorf("store token: %w", err)
		}
		return s.note(ctx, by, a, "private_app.token", map[string]string{"token": t.ID, "token_name": t.Name, "last4": t.Last4, "expires": day(t.ExpiresAt)})
	})
	if err != nil {
		return Token{}, "", err
	}
	t.Hash = ""
	return t, token, nil
}

func day(at time.Time) string {
	if at.IsZero() {
		return "never"
	}
	return at.UTC().Format(time.DateOnly)
}

func (s *Service) room(ctx context.Context, tenant, app string) error {
	tokens, err := s.Store.PrivateTokens(ctx, tenant, app)
	if err != nil {
		return fmt.Errorf("list tokens: %w", err)
	}
	n := 0
	for _, t := range tokens {
		if t.Works(s.Now()) {
			n++
		}
	}
	if n >= maxTokens {
		return fault.New(fault.Conflict, "The app has %d tokens that work. Revoke one that is not used any more.", n)
	}
	return nil
}

// RevokeToken ends a token: its next call fails.
func (s *Service) RevokeToken(ctx context.Context, by access.Principal, app, id string) error {
	if err := identity.May(by, access.PrivateApp, access.Update); err != nil {
		return err
	}
	return s.Store.InTx(ctx, func(ctx context.Context) error {
		a, err := s.find(ctx, by.Tenant, app)
		if err != nil {
			return err
		}
		if !model.IsID(id) {
			return errNoToken
		}
		if err := s.Store.RevokePrivateToken(ctx, by.Tenant, app, id, s.Now()); err != nil {
			return err
		}
		return s.note(ctx, by, a, "private_app.revoke", map[string]string{"token": id})
	})
}

var errNoToken = fault.New(fault.NotFound, "There is no such token, or it was revoked already.")

var errToken = fault.New(fault.Unauthenticated, "The access token is not valid (any more).")

// Authenticate checks a token and gives the program it stands for. Token, app and tenant are read with one statement at every call, so
// a reduction works at once. Whatever is wrong with a token is one and the same fault.Unauthenticated.
func (s *Service) Authenticate(ctx context.Context, token string, surface access.Surface) (access.Principal, error) {
	if !strings.HasPrefix(token, TokenPrefix) || len(token) != len(TokenPrefix)+43 {
		return access.Principal{}, errToken
	}
	st, err := s.Store.PrivateStandingByToken(ctx, hash(token))
	if fault.Is(err, fault.NotFound) {
		return access.Principal{}, errToken
	}
	if err != nil {
		return access.Principal{}, fmt.Errorf("read token: %w", err)
	}
	now := s.Now()
	if !st.Token.Works(now) || !st.App.Enabled || !st.TenantActive {
		return access.Principal{}, errToken
	}
	a, err := s.decode(st.App)
	if err != nil {
		return access.Principal{}, err
	}
	if err := s.uses.Add(ctx, identity.Use{ID: st.Token.ID, Owner: st.Token.Tenant, At: now}, st.Token.UsedAt); err != nil {
		s.Log.WarnContext(ctx, "note use of a token", "err", err)
	}
	p := a.principal(surface, st.RegistryVersion)
	p.TenantName, p.Token = st.TenantName, st.Token.Name
	return p, nil
}
