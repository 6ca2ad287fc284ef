package oauth

import (
	"encoding/base64"
	"strings"
	"testing"
)

// TestSeal: what is sealed opens with its token only, and whole.
func TestSeal(t *testing.T) {
	s := &Service{Options: Options{Rand: strings.NewReader(strings.Repeat("0123456789", 10))}}
	in := pair{Access: "at_1", Refresh: "rt_1", Scope: "inclusive"}
	sealed, err := s.seal("rt_0", in)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(sealed, "at_1") {
		t.Error("the pair is readable")
	}
	var out pair
	if err := unseal("rt_0", sealed, &out); err != nil || out != in {
		t.Errorf("got %+v, %v", out, err)
	}
	if err := unseal("rt_x", sealed, &out); err == nil {
		t.Error("another token opens it")
	}
	for _, bad := range []string{"", "x", sealed[:20], sealed[:len(sealed)-2] + "AA"} {
		if err := unseal("rt_0", bad, &out); err == nil {
			t.Errorf("%q opens", bad)
		}
	}
	box, nonce := sealer("rt_0"), make([]byte, 12)
	for what, raw := range map[string][]byte{"too short": nonce[1:], "open sealed": nonce, "decode": box.Seal(nonce, nonce, []byte("{"), nil)} {
		if err := unseal("rt_0", base64.RawURLEncoding.EncodeToString(raw), &out); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := unseal("rt_0", "!", &out); err == nil || !strings.Contains(err.Error(), "base64") {
		t.Errorf("no base64: %v", err)
	}
	if _, err := (&Service{Options: Options{Rand: strings.NewReader("")}}).seal("rt_0", in); err == nil {
		t.Error("sealed without randomness")
	}
	if _, err := s.seal("rt_0", func() {}); err == nil {
		t.Error("sealed what cannot be written")
	}
}
