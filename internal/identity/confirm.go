package identity

import (
	"context"
	"fmt"
	"time"
)

// FreshFor is how long after the password was given sensitive acts need no other confirmation.
const FreshFor = 10 * time.Minute

// Fresh reports whether the password was given recently enough for a sensitive act.
func (s Session) Fresh(now time.Time) bool { return now.Sub(s.ConfirmedAt) <= FreshFor }

// Confirm makes a session fresh with the password of its account, see CheckPassword.
func (s *Service) Confirm(ctx context.Context, session Session, password, ip string) error {
	if err := s.CheckPassword(ctx, session.Account.ID, password, ip); err != nil {
		return err
	}
	return s.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.ConfirmSession(ctx, session.ID, s.Now()); err != nil {
			return fmt.Errorf("confirm session: %w", err)
		}
		return s.noteAccount(ctx, session.Account.ID, "session.confirm", ip, map[string]string{"session": session.ID})
	})
}
