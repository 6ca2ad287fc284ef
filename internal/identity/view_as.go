package identity

import (
	"context"
	"fmt"

	"mandorla/internal/access"
	"mandorla/internal/audit"
	"mandorla/internal/fault"
)

// ViewAs is through whose eyes an administrator's session looks; the zero value is one's own.
type ViewAs struct {
	Person string // id of the User record
	Client string // OAuth client id; "" for the person directly
}

// StartViewing lets an administrator's session look through the eyes of a principal of the same tenant, as PrincipalFor or
// oauth.Service.Through gave it, until StopViewing, a change of tenant or the end of the session. The caller asks for that principal
// anew at every request: what it may do is never stored.
func (s *Service) StartViewing(ctx context.Context, by access.Principal, session Session, seen access.Principal) error {
	if err := MayManage(by, by.Tenant); err != nil {
		return err
	}
	if seen.Tenant != by.Tenant || seen.Person == "" {
		return fault.New(fault.NotFound, "There is no such person.")
	}
	as := ViewAs{Person: seen.Person, Client: seen.Client}
	detail := viewDetail(session.ID, as)
	detail["name"], detail["client_name"] = seen.Called(), seen.ClientName
	return s.Store.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.Store.SetSessionView(ctx, session.ID, by.Tenant, as); err != nil {
			return fmt.Errorf("view as: %w", err)
		}
		return s.noteBy(ctx, by, by.Tenant, "view_as.start", detail)
	})
}

// StopViewing ends what StartViewing began and says why in the log; where it is over already, nothing happens. by is who is signed in.
func (s *Service) StopViewing(ctx context.Context, by access.Principal, session Session, because string) error {
	return s.stopViewing(ctx, session.ID, session.Tenant, session.View, because, audit.By(by, "", s.Now()))
}

func (s *Service) stopViewing(ctx context.Context, session, tenant string, as ViewAs, because string, e audit.Entry) error {
	return s.Store.InTx(ctx, func(ctx context.Context) error {
		changed, err := s.Store.SetSessionView(ctx, session, tenant, ViewAs{})
		switch {
		case fault.Is(err, fault.NotFound) || err == nil && !changed: // another request, or the end of the session, was first
			return nil
		case err != nil:
			return fmt.Errorf("stop viewing: %w", err)
		}
		e.Act, e.Tenant, e.Detail = "view_as.stop", tenant, viewDetail(session, as)
		e.Detail["because"] = because
		return s.Store.AppendAudit(ctx, e)
	})
}

// leaveView is StopViewing for a session that goes elsewhere: its administrator is told from the memberships it was read with.
func (s *Service) leaveView(ctx context.Context, rec SessionRecord, because string) error {
	if rec.View == (ViewAs{}) {
		return nil
	}
	e := audit.Entry{At: s.Now(), Surface: access.SurfaceWeb}
	for _, m := range rec.Memberships {
		if m.Tenant == rec.Tenant {
			e.Person, e.PersonName = m.User, m.UserName
		}
	}
	return s.stopViewing(ctx, rec.ID, rec.Tenant, rec.View, because, e)
}

func viewDetail(session string, as ViewAs) map[string]string {
	return map[string]string{"session": session, "user": as.Person, "client": as.Client}
}
