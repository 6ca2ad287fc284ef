package oauth

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// What codes and tokens begin with, so that a leak is recognised and one kind is never taken for another.
const (
	codePrefix    = "ac_"
	accessPrefix  = "at_"
	refreshPrefix = "rt_"
)

// pair is what the token endpoint gives.
type pair struct {
	Access  string    `json:"a"`
	Refresh string    `json:"r"`
	Scope   string    `json:"s"`
	Expires time.Time `json:"e"` // of the access token
}

// issue stores a new pair for the authorization. The access token has the scope asked for now, the refresh token always the whole
// scope of the authorization (RFC 6749 section 6). A client without refresh tokens is connected for as long as the access token lives.
func (s *Service) issue(ctx context.Context, st Standing, scope string) (pair, error) {
	now, a := s.Now(), st.Authorization
	var p pair
	var err error
	if p.Access, err = s.random(accessPrefix, 32); err != nil {
		return p, err
	}
	if p.Refresh, err = s.random(refreshPrefix, 32); err != nil {
		return p, err
	}
	p.Scope = scope
	p.Expires = earlier(now.Add(s.AccessLifetime), a.ExpiresAt)
	idle := earlier(now.Add(s.RefreshIdle), a.ExpiresAt)
	tokens := []TokenRecord{
		{Hash: hash(p.Access), Kind: Access, Scope: scope, ExpiresAt: p.Expires},
		{Hash: hash(p.Refresh), Kind: Refresh, Scope: a.Scope, ExpiresAt: idle},
	}
	if st.Client.NoRefresh {
		p.Refresh, idle, tokens = "", p.Expires, tokens[:1]
	}
	for _, t := range tokens {
		t.Tenant, t.Authorization, t.Client, t.CreatedAt = a.Tenant, a.ID, a.Client, now
		if err := s.Store.InsertToken(ctx, t); err != nil {
			return p, fmt.Errorf("store token: %w", err)
		}
	}
	if err := s.Store.KeepAuthorization(ctx, a.ID, idle, now); err != nil {
		return p, fmt.Errorf("keep authorization: %w", err)
	}
	return p, nil
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// seal closes a pair so that only the holder of the token it replaces can read it: the database alone gives nothing.
func (s *Service) seal(token string, p pair) (string, error) {
	plain, err := json.Marshal(p)
	if err != nil {
		return "", fmt.Errorf("encode pair: %w", err)
	}
	box := sealer(token)
	nonce := make([]byte, box.NonceSize())
	if _, err := io.ReadFull(s.Rand, nonce); err != nil {
		return "", fmt.Errorf("read randomness: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(box.Seal(nonce, nonce, plain, nil)), nil
}

func unseal(token, sealed string) (pair, error) {
	var p pair
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		return p, fmt.Errorf("sealed pair: %w", err)
	}
	box := sealer(token)
	if len(raw) < box.NonceSize() {
		return p, fmt.Errorf("sealed pair is too short")
	}
	plain, err := box.Open(nil, raw[:box.NonceSize()], raw[box.NonceSize():], nil)
	if err != nil {
		return p, fmt.Errorf("open sealed pair: %w", err)
	}
	if err := json.Unmarshal(plain, &p); err != nil {
		return p, fmt.Errorf("decode pair: %w", err)
	}
	return p, nil
}

// sealer's key is another hash of the token than the one that is stored.
func sealer(token string) cipher.AEAD {
	key := sha256.Sum256([]byte("mandorla refresh successor\x00" + token))
	block, _ := aes.NewCipher(key[:]) // a key of 32 bytes always fits
	box, _ := cipher.NewGCM(block)    // and so does AES
	return box
}
