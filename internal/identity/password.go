package identity

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"mandorla/internal/fault"
)

// Limits of a password. Text is brought to Unicode NFC before it is hashed; nothing is ever cut off.
const (
	maxPasswordBytes    = 1024
	minOperatorPassword = 8
)

// Parameters of new hashes: the first option of OWASP's list. Older parameters keep working and are replaced at sign-in.
const (
	argonMemory  = 47104 // KiB
	argonTime    = 1
	argonThreads = 1
	argonSalt    = 16
	argonKey     = 32
)

// hasher works out argon2id hashes, a few at a time, since each takes 46 MiB.
type hasher struct {
	rand    io.Reader
	slots   chan struct{}
	waiting chan struct{}
	dummy   string // a hash that no password has, for accounts that do not exist
}

func newHasher(rand io.Reader, slots int) *hasher {
	return &hasher{
		rand:    rand,
		slots:   make(chan struct{}, slots),
		waiting: make(chan struct{}, 16*slots),
		dummy:   encodePHC(argonMemory, argonTime, argonThreads, make([]byte, argonSalt), make([]byte, argonKey)),
	}
}

// enter waits for a slot; a queue that is full is fault.RateLimited.
func (h *hasher) enter(ctx context.Context) (leave func(), err error) {
	select {
	case h.waiting <- struct{}{}:
	default:
		return nil, TooMany(2 * time.Second)
	}
	select {
	case h.slots <- struct{}{}:
		return func() { <-h.slots; <-h.waiting }, nil
	case <-ctx.Done():
		<-h.waiting
		return nil, ctx.Err()
	}
}

func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	leave, err := h.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	salt := make([]byte, argonSalt)
	if _, err := io.ReadFull(h.rand, salt); err != nil {
		return "", fmt.Errorf("read randomness: %w", err)
	}
	key := argon2.IDKey(norm.NFC.Bytes([]byte(password)), salt, argonTime, argonMemory, argonThreads, argonKey)
	return encodePHC(argonMemory, argonTime, argonThreads, salt, key), nil
}

// verify takes as long for an empty or broken hash as for a good one; stale says that the hash should be replaced.
func (h *hasher) verify(ctx context.Context, phc, password string) (ok, stale bool, err error) {
	leave, err := h.enter(ctx)
	if err != nil {
		return false, false, err
	}
	defer leave()
	known := true
	memory, time, threads, salt, want, err := decodePHC(phc)
	if err != nil || len(password) > maxPasswordBytes {
		known = false
		memory, time, threads, salt, want, _ = decodePHC(h.dummy)
		password = ""
	}
	got := argon2.IDKey(norm.NFC.Bytes([]byte(password)), salt, time, memory, threads, uint32(len(want)))
	same := subtle.ConstantTimeCompare(got, want) == 1
	stale = memory != argonMemory || time != argonTime || threads != argonThreads || len(want) != argonKey
	return known && same, stale, nil
}

func encodePHC(memory, time uint32, threads uint8, salt, key []byte) string {
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memory, time, threads, b64(salt), b64(key))
}

func decodePHC(phc string) (memory, time uint32, threads uint8, salt, key []byte, err error) {
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return 0, 0, 0, nil, nil, fmt.Errorf("not an argon2id hash")
	}
	if _, err = fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &time, &threads); err != nil {
		return 0, 0, 0, nil, nil, fmt.Errorf("hash parameters: %w", err)
	}
	if memory == 0 || memory > 1<<20 || time == 0 || time > 16 || threads == 0 {
		return 0, 0, 0, nil, nil, fmt.Errorf("hash parameters out of range")
	}
	if salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return 0, 0, 0, nil, nil, fmt.Errorf("hash salt: %w", err)
	}
	if key, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil || len(key) < 16 || len(key) > 64 {
		return 0, 0, 0, nil, nil, fmt.Errorf("hash value is malformed")
	}
	return memory, time, threads, salt, key, nil
}

// checkPassword holds a new password against the rules of NIST SP 800-63B-4: length and a block list, no composition rules.
func (s *Service) checkPassword(password, email string, operator bool) error {
	least := s.MinPassword
	if operator {
		least = min(least, minOperatorPassword)
	}
	switch {
	case len(password) > maxPasswordBytes:
		return fault.BadField("password", "has at most %d bytes.", maxPasswordBytes)
	case !utf8.ValidString(password):
		return fault.BadField("password", "must be text.")
	case utf8.RuneCountInString(norm.NFC.String(password)) < least:
		return fault.BadField("password", "needs at least %d characters; a sentence is a good choice.", least)
	case commonPassword(password, email):
		return fault.BadField("password", "is too easy to guess; take words that have nothing to do with each other.")
	}
	return nil
}
