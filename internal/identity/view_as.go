package identity

import (
	"context"
	"fmt"

	"mandorla/internal/access"
)

// ViewAs is through whose eyes an administrator's session looks; the zero value is one's own.
type ViewAs struct {
	Person string // id of the User record
	Client string // OAuth client id; "" for the person directly
}

// StartViewing lets an administrator's session look through somebody's eyes, until StopViewing, a change of tenant or the end of the
// session. The caller has found that there is something to see, and asks again at every request.
func (s *Service) StartViewing(ctx context.Context, by access.Principal, session Session, as ViewAs) error {
	if err := MayManage(by, by.Tenant); err != nil {
		return err
	}
	m, err := s.Store.MemberByUser(ctx, by.Tenant, as.Person)
	if err != nil {
		return err
	}
	return s.setView(ctx, by, session, as, "view_as.start", map[string]string{"user": as.Person, "name": m.UserName, "client": as.Client})
}

// StopViewing ends what StartViewing began; by is the administrator.
func (s *Service) StopViewing(ctx context.Context, by access.Principal, session Session) error {
	return s.setView(ctx, by, session, ViewAs{}, "view_as.stop", map[string]string{"user": session.View.Person, "client": session.View.Client})
}

func (s *Service) setView(ctx context.Context, by access.Principal, session Session, as ViewAs, act string, detail map[string]string) error {
	return s.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.SetSessionView(ctx, session.ID, as); err != nil {
			return fmt.Errorf("change whose eyes a session looks through: %w", err)
		}
		return s.noteBy(ctx, by, by.Tenant, act, detail)
	})
}
