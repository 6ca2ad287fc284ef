package identity

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/fault"
)

// ResetLife is how long a link that sets a new password works.
const ResetLife = time.Hour

const resetPrefix = "rs_"

var (
	errReset = fault.New(fault.NotFound, "This link does not work any more: it was used, replaced by a newer one, or is older than an hour.")
	errReach = fault.New(fault.Forbidden, "This account reaches further than this tenant, so nobody who administers one tenant can set its password: the person can use “Forgot your password?”, and whoever runs the installation can make a link with mandorla user reset-link.")
)

// MayReset reports whether the principal may make a link that sets a new password for this account: the operator for anybody, an
// administrator for members of the tenant. Whoever sets a password can be that person everywhere, so an account that is in other
// tenants as well, or that operates the installation, is out of an administrator's reach: fault.Forbidden, safe to show.
func (s *Service) MayReset(ctx context.Context, by access.Principal, account string) error {
	if Operator(by) {
		return nil
	}
	if err := MayManage(by, by.Tenant); err != nil {
		return err
	}
	return s.inReach(ctx, by.Tenant, account)
}

// inReach reports whether all that an account can do is in one tenant.
func (s *Service) inReach(ctx context.Context, tenant, account string) error {
	a, err := s.Store.AccountByID(ctx, account)
	if err != nil {
		return fmt.Errorf("read account: %w", err)
	}
	tenants, err := s.Store.MembershipsOf(ctx, account)
	if err != nil {
		return fmt.Errorf("read memberships: %w", err)
	}
	in := func(m Membership) bool { return m.Tenant == tenant }
	switch {
	case !slices.ContainsFunc(tenants, in):
		return fault.New(fault.NotFound, "There is no such person.")
	case a.Super || len(tenants) > 1:
		return errReach
	}
	return nil
}

// LinkReset makes a link that sets a new password, for an administrator or the operator to hand on; the one before is dead.
func (s *Service) LinkReset(ctx context.Context, by access.Principal, account string) (token string, err error) {
	err = s.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.MayReset(ctx, by, account); err != nil {
			return err
		}
		tenant := by.Tenant
		if Operator(by) {
			tenant = ""
		}
		if token, err = s.putReset(ctx, account, tenant); err != nil {
			return err
		}
		if tenant == "" {
			return s.noteAccount(ctx, account, "account.reset_link", "", map[string]string{"by": "operator"})
		}
		return s.noteBy(ctx, by, tenant, "account.reset_link", map[string]string{"account": account})
	})
	return token, err
}

// MailReset makes a link for the account of an address, which must go to that very address and to nobody else. There is none for an
// address without an account and for a disabled one: fault.NotFound.
func (s *Service) MailReset(ctx context.Context, email, ip string) (a Account, token string, err error) {
	if a, err = s.AccountByEmail(ctx, email); err != nil {
		return a, "", err
	}
	if a.Disabled {
		return a, "", fault.New(fault.NotFound, "There is no account with this address.")
	}
	err = s.Store.InTx(ctx, func(ctx context.Context) error {
		if token, err = s.putReset(ctx, a.ID, ""); err != nil {
			return err
		}
		return s.noteAccount(ctx, a.ID, "account.reset_mail", ip, nil)
	})
	return a, token, err
}

func (s *Service) putReset(ctx context.Context, account, tenant string) (string, error) {
	token, err := s.secret(resetPrefix)
	if err != nil {
		return "", err
	}
	now := s.Now()
	r := ResetLink{Account: account, ByTenant: tenant, CreatedAt: now, ExpiresAt: now.Add(ResetLife)}
	if err := s.Store.PutReset(ctx, r, hashToken(token)); err != nil {
		return "", fmt.Errorf("store reset link: %w", err)
	}
	return token, nil
}

// OpenReset gives the account whose password a link sets, and uses nothing up. A link that does not work (any more) is fault.NotFound.
func (s *Service) OpenReset(ctx context.Context, token string) (Account, error) {
	if !strings.HasPrefix(token, resetPrefix) || len(token) > 100 {
		return Account{}, errReset
	}
	r, err := s.Store.ResetByHash(ctx, hashToken(token))
	if fault.Is(err, fault.NotFound) || err == nil && !s.Now().Before(r.ExpiresAt) {
		return Account{}, errReset
	}
	if err != nil {
		return Account{}, fmt.Errorf("read reset link: %w", err)
	}
	a, err := s.Store.AccountByID(ctx, r.Account)
	if fault.Is(err, fault.NotFound) || a.Disabled {
		return Account{}, errReset
	}
	if err != nil {
		return Account{}, fmt.Errorf("read account: %w", err)
	}
	if r.ByTenant != "" { // the account may have come to reach further since the link was made
		err := s.inReach(ctx, r.ByTenant, a.ID)
		if fault.Is(err, fault.Forbidden) || fault.Is(err, fault.NotFound) {
			return Account{}, errReset
		}
		if err != nil {
			return Account{}, err
		}
	}
	return a, nil
}

// Reset uses a link up to set a new password; every session and every OAuth authorization of the account ends.
func (s *Service) Reset(ctx context.Context, token, password, ip string) (Account, error) {
	a, err := s.OpenReset(ctx, token)
	if err != nil {
		return Account{}, err
	}
	if err := s.checkPassword(password, a.Email, false); err != nil {
		return Account{}, err
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return Account{}, err
	}
	return a, s.Store.InTx(ctx, func(ctx context.Context) error {
		if _, err := s.OpenReset(ctx, token); err != nil {
			return err
		}
		if err := s.Store.TakeReset(ctx, hashToken(token)); err != nil {
			if fault.Is(err, fault.NotFound) {
				return errReset
			}
			return fmt.Errorf("use reset link: %w", err)
		}
		return s.replacePassword(ctx, a.ID, hash, ip, map[string]string{"by": "reset link"})
	})
}
