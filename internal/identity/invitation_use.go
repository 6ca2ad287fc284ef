package identity

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/audit"
	"mandorla/internal/fault"
)

// OpenInvitation reads the invitation of a link and uses nothing up; known says that the address has an account, which joins by
// signing in. A link that does not work (any more) is fault.NotFound, whatever the reason.
func (s *Service) OpenInvitation(ctx context.Context, token string) (in Invitation, known bool, err error) {
	if in, err = s.livingInvitation(ctx, token); err != nil {
		return Invitation{}, false, err
	}
	_, _, err = s.Store.AccountByEmail(ctx, in.Email)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return Invitation{}, false, fmt.Errorf("read account: %w", err)
	}
	return in, err == nil, nil
}

func (s *Service) livingInvitation(ctx context.Context, token string) (Invitation, error) {
	if !strings.HasPrefix(token, invitationPrefix) || len(token) > 100 {
		return Invitation{}, errInvitation
	}
	in, err := s.Store.InvitationByHash(ctx, hashToken(token))
	if fault.Is(err, fault.NotFound) || err == nil && !s.Now().Before(in.ExpiresAt) {
		return Invitation{}, errInvitation
	}
	if err != nil {
		return Invitation{}, fmt.Errorf("read invitation: %w", err)
	}
	return in, nil
}

// JoinNew uses an invitation up to make the account of its address, with this password. Where the address has an account by now, it
// is a fault.Conflict: a link never sets the password of an account that exists.
func (s *Service) JoinNew(ctx context.Context, token, password, ip string) (Invitation, error) {
	in, err := s.livingInvitation(ctx, token)
	if err != nil {
		return Invitation{}, err
	}
	if err := s.checkPassword(password, in.Email, false); err != nil {
		return Invitation{}, err
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return Invitation{}, err
	}
	a := Account{ID: s.NewID(), Email: in.Email, Epoch: 1, CreatedAt: s.Now()}
	err = s.join(ctx, token, ip, func(ctx context.Context, _ Invitation) (Account, error) {
		return a, s.Store.InsertAccount(ctx, a, hash)
	})
	return in, err
}

// JoinAs uses an invitation up for the account that is signed in, which must be that of the invited address.
func (s *Service) JoinAs(ctx context.Context, token string, account Account, ip string) (Invitation, error) {
	in, err := s.livingInvitation(ctx, token)
	if err != nil {
		return Invitation{}, err
	}
	if account.ID == "" || account.Email != in.Email {
		return Invitation{}, fault.New(fault.Forbidden, "This invitation is for %s. Sign in as that person to accept it.", in.Email)
	}
	return in, s.join(ctx, token, ip, func(context.Context, Invitation) (Account, error) { return account, nil })
}

// join turns an invitation into a membership, once.
func (s *Service) join(ctx context.Context, token, ip string, who func(context.Context, Invitation) (Account, error)) error {
	return s.Store.InTx(ctx, func(ctx context.Context) error {
		in, err := s.livingInvitation(ctx, token)
		if err != nil {
			return err
		}
		if err := s.Store.LockTenant(ctx, in.Tenant); err != nil { // roles stay while they are given
			return fmt.Errorf("lock tenant: %w", err)
		}
		if err := s.Store.TakeInvitation(ctx, in.Tenant, hashToken(token)); err != nil {
			if fault.Is(err, fault.NotFound) {
				return errInvitation
			}
			return fmt.Errorf("use invitation: %w", err)
		}
		account, err := who(ctx, in)
		if err != nil {
			return err
		}
		if err := s.Store.InsertMember(ctx, in.Tenant, in.User, account.ID, s.Now()); err != nil {
			return fmt.Errorf("add member: %w", err)
		}
		roles, err := s.rolesLeft(ctx, in)
		if err != nil {
			return err
		}
		if err := s.Store.SetMemberRoles(ctx, in.Tenant, in.User, roles); err != nil {
			return fmt.Errorf("assign roles: %w", err)
		}
		detail := invitationDetail(in)
		detail["roles"], detail["account"], detail["invited_by"] = strings.Join(roles, " "), account.ID, in.By
		return s.Store.AppendAudit(ctx, audit.Entry{
			Tenant: in.Tenant, At: s.Now(), Act: "invitation.accept", Person: in.User, PersonName: in.UserName, Surface: access.SurfaceWeb, IP: ip, Detail: detail,
		})
	})
}

// rolesLeft are the roles of an invitation that have not been removed since.
func (s *Service) rolesLeft(ctx context.Context, in Invitation) ([]string, error) {
	all, err := s.Store.RolesOf(ctx, in.Tenant)
	if err != nil {
		return nil, fmt.Errorf("list roles: %w", err)
	}
	return slices.DeleteFunc(slices.Clone(in.Roles), func(id string) bool {
		return !slices.ContainsFunc(all, func(r RoleRecord) bool { return r.ID == id })
	}), nil
}
