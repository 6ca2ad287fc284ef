package oauth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
)

// seal closes a value so that only the holder of the code or token can read it: the database alone gives nothing.
func (s *Service) seal(token string, v any) (string, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("encode what is sealed: %w", err)
	}
	box := sealer(token)
	nonce := make([]byte, box.NonceSize())
	if _, err := io.ReadFull(s.Rand, nonce); err != nil {
		return "", fmt.Errorf("read randomness: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(box.Seal(nonce, nonce, plain, nil)), nil
}

// unseal opens what was sealed with the token into v.
func unseal(token, sealed string, v any) error {
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		return fmt.Errorf("sealed value: %w", err)
	}
	box := sealer(token)
	if len(raw) < box.NonceSize() {
		return fmt.Errorf("sealed value is too short")
	}
	plain, err := box.Open(nil, raw[:box.NonceSize()], raw[box.NonceSize():], nil)
	if err != nil {
		return fmt.Errorf("open sealed value: %w", err)
	}
	if err := json.Unmarshal(plain, v); err != nil {
		return fmt.Errorf("decode what was sealed: %w", err)
	}
	return nil
}

// sealer's key is another hash of the token than the one that is stored.
func sealer(token string) cipher.AEAD {
	key := sha256.Sum256([]byte("mandorla sealed\x00" + token))
	block, _ := aes.NewCipher(key[:]) // a key of 32 bytes always fits
	box, _ := cipher.NewGCM(block)    // and so does AES
	return box
}
