package oauth

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
)

const secretPrefix = "sk_"

// maxOverlap bounds how long two secrets may work at once.
const maxOverlap = 30 * 24 * time.Hour

func (s *Service) newSecret(rec *ClientRecord) (string, error) {
	secret, err := s.random(secretPrefix, 32)
	if err != nil {
		return "", err
	}
	rec.SecretHash, rec.SecretLast4, rec.SecretChangedAt = hash(secret), secret[len(secret)-4:], s.Now()
	return secret, nil
}

// RegenerateSecret gives a confidential client a new secret, shown here and never again. Without an overlap the old secret dies and
// every connection of the client ends. With one (at most 30 days), the old secret and the connections go on working. The old secret's
// hash is kept in both cases, to tell an app that still has it from one that has a wrong one.
func (s *Service) RegenerateSecret(ctx context.Context, by access.Principal, id string, overlap time.Duration) (secret string, err error) {
	if err := identity.May(by, access.OAuthClient, access.Update); err != nil {
		return "", err
	}
	if overlap < 0 || overlap > maxOverlap {
		return "", fault.BadField("overlap", "is at most 30 days.")
	}
	err = s.Store.InTx(ctx, func(ctx context.Context) error {
		rec, err := s.clientOf(ctx, by.Tenant, id)
		if err != nil {
			return err
		}
		if rec.Kind != Confidential {
			return fault.New(fault.Invalid, "A public client has no secret.")
		}
		rec.OldSecretHash, rec.OldSecretUntil = rec.SecretHash, time.Time{}
		if overlap > 0 {
			rec.OldSecretUntil = s.Now().Add(overlap)
		}
		if secret, err = s.newSecret(&rec); err != nil {
			return err
		}
		if err := s.Store.SetClientSecret(ctx, rec); err != nil {
			return fmt.Errorf("set secret: %w", err)
		}
		if overlap == 0 {
			if err := s.noteElsewhere(ctx, rec, "client.secret"); err != nil {
				return err
			}
			if _, err := s.end(ctx, Which{Client: id}, "the client's secret was regenerated"); err != nil {
				return err
			}
		}
		return s.noteClient(ctx, by, rec, "client.secret", map[string]string{"last4": rec.SecretLast4, "overlap": overlap.String()})
	})
	if err != nil {
		return "", err
	}
	return secret, nil
}

// secretFits compares in constant time. The secret has 256 random bits, so a plain hash is enough and cannot be used to exhaust the server.
func (c ClientRecord) secretFits(secret string, now time.Time) bool {
	sum := hash(secret)
	current := equal(sum, c.SecretHash)
	old := equal(sum, c.OldSecretHash) && now.Before(c.OldSecretUntil)
	return c.Kind == Confidential && (current || old)
}

// secretReplaced reports whether this is the secret before, whose time is over.
func (c ClientRecord) secretReplaced(secret string) bool { return equal(hash(secret), c.OldSecretHash) }

func equal(a, b string) bool {
	return b != "" && subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}

// hash is the form under which secrets, codes and tokens are stored and found.
func hash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
