package identity

import (
	"context"
	"fmt"

	"mandorla/internal/access"
	"mandorla/internal/audit"
	"mandorla/internal/fault"
)

// Super is a super admin at work. Only Service.Super makes one, out of a living session, and every act asks CheckSuper once more in
// its own transaction: holding one proves nothing by itself. The zero value may nothing. It is no access.Principal and reaches no customer data.
type Super struct{ account, email, ip string }

// Account is the id of the super admin's account.
func (b Super) Account() string { return b.account }

// SuperName is how a tenant's log calls a super admin, who need not be anybody there.
const SuperName = "Super admin"

var errNotSuper = fault.New(fault.NotFound, "There is nothing here.")

// Super gives the super admin whose session this is; anybody else, and a session that looks through somebody's eyes, is fault.NotFound.
func (s *Service) Super(ctx context.Context, token, ip string) (Super, error) {
	rec, err := s.liveSession(ctx, token)
	if err != nil {
		return Super{}, err
	}
	if !rec.Account.Super || rec.View != (ViewAs{}) {
		return Super{}, errNotSuper
	}
	return Super{account: rec.Account.ID, email: rec.Account.Email, ip: ip}, nil
}

// CheckSuper reports whether the account is still a super admin's, as seen by the transaction that ctx carries.
func (s *Service) CheckSuper(ctx context.Context, by Super) error {
	if by.account == "" {
		return errNotSuper
	}
	a, err := s.Store.AccountByID(ctx, by.account)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return fmt.Errorf("read account: %w", err)
	}
	if err != nil || !a.Super || a.Disabled {
		return errNotSuper
	}
	return nil
}

// NoteSuper writes an act of a super admin into the log above the tenants.
func (s *Service) NoteSuper(ctx context.Context, by Super, act string, detail map[string]string) error {
	d := map[string]string{"by": by.account}
	for k, v := range detail {
		d[k] = v
	}
	return s.Store.AppendAudit(ctx, audit.Entry{At: s.Now(), Act: act, PersonName: by.email, Surface: access.SurfaceWeb, IP: by.ip, Detail: d})
}

// Supers lists the accounts of all super admins, disabled ones as well, by address.
func (s *Service) Supers(ctx context.Context, by Super) ([]Account, error) {
	if err := s.CheckSuper(ctx, by); err != nil {
		return nil, err
	}
	return s.Store.Supers(ctx)
}

// SetSuper makes an account a super admin's, or no longer. The last one that can sign in stays: fault.Conflict.
func (s *Service) SetSuper(ctx context.Context, by Super, account string, super bool) error {
	return s.keepingSuper(ctx, func(ctx context.Context) error {
		if err := s.CheckSuper(ctx, by); err != nil {
			return err
		}
		return s.setSuper(ctx, account, super, func(ctx context.Context, detail map[string]string) error {
			return s.NoteSuper(ctx, by, "account.super", detail)
		})
	})
}

// AppointSuper is SetSuper for the operator at the machine's command line, who makes the first one.
func (s *Service) AppointSuper(ctx context.Context, account string, super bool) error {
	return s.keepingSuper(ctx, func(ctx context.Context) error {
		return s.setSuper(ctx, account, super, func(ctx context.Context, detail map[string]string) error {
			return s.Store.AppendAudit(ctx, audit.Entry{At: s.Now(), Act: "account.super", PersonName: "Operator", Surface: access.SurfaceCommand, Detail: detail})
		})
	})
}

func (s *Service) setSuper(ctx context.Context, account string, super bool, note func(context.Context, map[string]string) error) error {
	a, err := s.Store.AccountByID(ctx, account)
	if err != nil {
		return err
	}
	switch {
	case a.Super == super:
		return nil
	case super && a.Disabled:
		return fault.New(fault.Conflict, "The account %s is disabled.", a.Email)
	}
	if err := s.Store.SetAccountSuper(ctx, account, super); err != nil {
		return fmt.Errorf("set super: %w", err)
	}
	return note(ctx, map[string]string{"account": a.ID, "email": a.Email, "super": fmt.Sprint(super)})
}

// keepingSuper runs a change, one at a time, and undoes one after which no super admin could sign in where one could before.
func (s *Service) keepingSuper(ctx context.Context, change func(ctx context.Context) error) error {
	return s.Store.InTx(ctx, func(ctx context.Context) error {
		before, err := s.Store.LockSupers(ctx)
		if err != nil {
			return fmt.Errorf("lock super admins: %w", err)
		}
		if err := change(ctx); err != nil {
			return err
		}
		left, err := s.Store.LockSupers(ctx)
		if err != nil {
			return fmt.Errorf("read super admins: %w", err)
		}
		if before > 0 && left == 0 {
			return fault.New(fault.Conflict, "This would leave no super admin who can sign in. Make somebody else one first.")
		}
		return nil
	})
}
