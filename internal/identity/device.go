package identity

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
)

// A device is a browser in which somebody has signed in. It proves that with a mark for each address: 16 random bytes and their MAC
// over the address. Whoever shows a mark is counted for that mark alone, so that nobody else's failures can lock an owner out; whoever
// has stolen one gets as many guesses as from any other address. A mark opens nothing.

// deviceMarks is how many people one browser is remembered for.
const deviceMarks = 4

const (
	markRandom = 16
	markMAC    = 16
)

// Remember adds the mark of an address to those a browser has; the oldest ones are dropped.
func (s *Service) Remember(device, email string) (string, error) {
	normal, ok := NormalEmail(email)
	if !ok || s.markOf(device, normal) != "" {
		return device, nil
	}
	raw := make([]byte, markRandom, markRandom+markMAC)
	if _, err := io.ReadFull(s.Rand, raw); err != nil {
		return device, fmt.Errorf("read randomness: %w", err)
	}
	out := []string{base64.RawURLEncoding.EncodeToString(append(raw, s.deviceMAC(raw, normal)...))}
	for _, old := range strings.Split(device, ".") {
		if old != "" && len(old) < 64 && len(out) < deviceMarks {
			out = append(out, old)
		}
	}
	return strings.Join(out, "."), nil
}

// markOf gives the mark that a browser has for an address, "" for none.
func (s *Service) markOf(device, email string) string {
	if len(device) > 64*deviceMarks {
		return ""
	}
	for _, mark := range strings.Split(device, ".") {
		raw, err := base64.RawURLEncoding.DecodeString(mark)
		if err == nil && len(raw) == markRandom+markMAC && subtle.ConstantTimeCompare(raw[markRandom:], s.deviceMAC(raw[:markRandom], email)) == 1 {
			return base64.RawURLEncoding.EncodeToString(raw)
		}
	}
	return ""
}

func (s *Service) deviceMAC(random []byte, email string) []byte {
	mac := hmac.New(sha256.New, s.DeviceKey)
	mac.Write(random)
	mac.Write([]byte(email))
	return mac.Sum(nil)[:markMAC]
}
