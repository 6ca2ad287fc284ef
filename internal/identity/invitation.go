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

// Invitation lets somebody join a tenant as a User record that exists: there is no membership before the link is used.
type Invitation struct {
	ID         string
	Tenant     string
	TenantName string
	User       string // id of the User record
	UserName   string
	Email      string   // where the link goes, in its normal form; the account that joins has this address
	Roles      []string // ids; those that are gone by then are left out
	By, ByName string   // who invites: id of the User record, "" for the operator
	CreatedAt  time.Time
	ExpiresAt  time.Time // of the newest link
	Mail       MailState
}

// MailState is what became of the mail with a link.
type MailState struct {
	Kind MailKind
	Note string // why it failed
	At   time.Time
}

// MailKind is a word for MailState.
type MailKind string

// What can have become of a mail.
const (
	NotMailed   MailKind = "" // an administrator hands the link on
	MailWaiting MailKind = "waiting"
	MailSent    MailKind = "sent"
	MailFailed  MailKind = "failed"
)

// InvitationLife is how long a link of an invitation works.
const InvitationLife = 7 * 24 * time.Hour

const invitationPrefix = "iv_"

var errInvitation = fault.New(fault.NotFound, "This invitation does not work any more: it was used, withdrawn, replaced by a newer one, or is older than 7 days.")

// Invite makes an invitation and its link. in names Tenant, User, UserName, Email and Roles. Somebody who is in the tenant or invited
// already is a fault.Conflict.
func (s *Service) Invite(ctx context.Context, by access.Principal, in Invitation) (Invitation, string, error) {
	if err := MayManage(by, in.Tenant); err != nil {
		return in, "", err
	}
	email, ok := NormalEmail(in.Email)
	if !ok {
		return in, "", fault.BadField("email", "%q is not a mail address.", in.Email)
	}
	token, err := s.secret(invitationPrefix)
	if err != nil {
		return in, "", err
	}
	in.ID, in.Email, in.By, in.ByName, in.Mail = s.NewID(), email, by.Person, by.Called(), MailState{}
	in.CreatedAt = s.Now()
	in.ExpiresAt = in.CreatedAt.Add(InvitationLife)
	err = s.Store.InTx(ctx, func(ctx context.Context) error {
		if in.Roles, err = s.knownRoles(ctx, in.Tenant, in.Roles); err != nil {
			return err
		}
		if err := s.notMember(ctx, in); err != nil {
			return err
		}
		if err := s.Store.InsertInvitation(ctx, in, hashToken(token)); err != nil {
			return fmt.Errorf("store invitation: %w", err)
		}
		return s.noteBy(ctx, by, in.Tenant, "invitation.create", invitationDetail(in))
	})
	return in, token, err
}

// notMember refuses to invite a User record, or an account, that is in the tenant already.
func (s *Service) notMember(ctx context.Context, in Invitation) error {
	taken := fault.New(fault.Conflict, "%s can sign in to this tenant already.", in.Email)
	_, err := s.Store.MemberByUser(ctx, in.Tenant, in.User)
	if err == nil {
		return taken
	}
	if !fault.Is(err, fault.NotFound) {
		return fmt.Errorf("read person: %w", err)
	}
	account, _, err := s.Store.AccountByEmail(ctx, in.Email)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read account: %w", err)
	}
	tenants, err := s.Store.MembershipsOf(ctx, account.ID)
	if err != nil {
		return fmt.Errorf("read memberships: %w", err)
	}
	if slices.ContainsFunc(tenants, func(m Membership) bool { return m.Tenant == in.Tenant }) {
		return taken
	}
	return nil
}

// Invitations lists the invitations of a tenant that nobody has used yet, newest first, expired ones among them.
func (s *Service) Invitations(ctx context.Context, by access.Principal, tenant string) ([]Invitation, error) {
	if err := MayManage(by, tenant); err != nil {
		return nil, err
	}
	out, err := s.Store.InvitationsOf(ctx, tenant)
	if err != nil {
		return nil, fmt.Errorf("list invitations: %w", err)
	}
	return out, nil
}

// RenewInvitation makes a new link for an invitation; the one before is dead from then on.
func (s *Service) RenewInvitation(ctx context.Context, by access.Principal, tenant, id string) (Invitation, string, error) {
	if err := MayManage(by, tenant); err != nil {
		return Invitation{}, "", err
	}
	token, err := s.secret(invitationPrefix)
	if err != nil {
		return Invitation{}, "", err
	}
	var in Invitation
	err = s.Store.InTx(ctx, func(ctx context.Context) error {
		if in, err = s.invitation(ctx, tenant, id); err != nil {
			return err
		}
		in.ExpiresAt, in.Mail = s.Now().Add(InvitationLife), MailState{}
		if err := s.Store.RenewInvitation(ctx, tenant, id, hashToken(token), in.ExpiresAt); err != nil {
			return fmt.Errorf("renew invitation: %w", err)
		}
		return s.noteBy(ctx, by, tenant, "invitation.renew", invitationDetail(in))
	})
	return in, token, err
}

// WithdrawInvitation ends an invitation: its link is dead. The User record stays.
func (s *Service) WithdrawInvitation(ctx context.Context, by access.Principal, tenant, id string) error {
	if err := MayManage(by, tenant); err != nil {
		return err
	}
	return s.Store.InTx(ctx, func(ctx context.Context) error {
		in, err := s.invitation(ctx, tenant, id)
		if err != nil {
			return err
		}
		if err := s.Store.DeleteInvitation(ctx, tenant, id); err != nil {
			return fmt.Errorf("withdraw invitation: %w", err)
		}
		return s.noteBy(ctx, by, tenant, "invitation.withdraw", invitationDetail(in))
	})
}

func (s *Service) invitation(ctx context.Context, tenant, id string) (Invitation, error) {
	all, err := s.Store.InvitationsOf(ctx, tenant)
	if err != nil {
		return Invitation{}, fmt.Errorf("list invitations: %w", err)
	}
	for _, in := range all {
		if in.ID == id {
			return in, nil
		}
	}
	return Invitation{}, fault.New(fault.NotFound, "There is no such invitation: it was used or withdrawn.")
}

// NoteMail says on an invitation what became of the mail with this link; nothing where there is a newer link.
func (s *Service) NoteMail(ctx context.Context, tenant, token string, kind MailKind, note string) error {
	err := s.Store.NoteInvitationMail(ctx, tenant, hashToken(token), MailState{Kind: kind, Note: clip(note, 300), At: s.Now()})
	if err != nil {
		return fmt.Errorf("note mail: %w", err)
	}
	return nil
}

func invitationDetail(in Invitation) map[string]string {
	return map[string]string{"invitation": in.ID, "user": in.User, "email": in.Email, "roles": strings.Join(in.Roles, " ")}
}
