package oauth

import (
	"context"
	"encoding/json"
	"fmt"

	"mandorla/internal/fault"
	"mandorla/internal/identity"
)

// Allowed is which ways to register there are at all on this installation. A tenant can only narrow it.
type Allowed struct {
	Documents    bool `json:"documents"`    // Client ID Metadata Documents
	Registration bool `json:"registration"` // dynamic registration (RFC 7591)
}

const allowedSetting = "oauth_registration"

// Allowed reads it; documents are allowed and registration is not, until a super admin says otherwise. Without a way to fetch
// documents there are none.
func (s *Service) Allowed(ctx context.Context) (Allowed, error) {
	a := Allowed{Documents: true}
	text, err := s.Store.Setting(ctx, allowedSetting)
	switch {
	case fault.Is(err, fault.NotFound):
	case err != nil:
		return Allowed{}, fmt.Errorf("read what may register: %w", err)
	default:
		if err := json.Unmarshal([]byte(text), &a); err != nil {
			return Allowed{}, fmt.Errorf("read what may register: %w", err)
		}
	}
	a.Documents = a.Documents && s.Outbound != nil
	return a, nil
}

// SetAllowed changes it; super admins only. What is not allowed any more is refused from the next request on; connections that exist go
// on, under the rules of their tenants.
func (s *Service) SetAllowed(ctx context.Context, by identity.Super, a Allowed) error {
	text, _ := json.Marshal(a) // two flags can always be written
	return s.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.Identity.CheckSuper(ctx, by); err != nil {
			return err
		}
		if err := s.Store.SetSetting(ctx, allowedSetting, string(text)); err != nil {
			return fmt.Errorf("set what may register: %w", err)
		}
		return s.Identity.NoteSuper(ctx, by, "installation.registration", map[string]string{"documents": fmt.Sprint(a.Documents), "registration": fmt.Sprint(a.Registration)})
	})
}

// allows reports whether apps of this origin may register here at all.
func (a Allowed) allows(o Origin) bool {
	switch o {
	case Document:
		return a.Documents
	case Registered:
		return a.Registration
	}
	return true
}
