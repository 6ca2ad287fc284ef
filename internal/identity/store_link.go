package identity

import (
	"context"
	"time"
)

// LinkStore is the part of Store that keeps what links from mails open. Of a link only the hash is stored.
type LinkStore interface {
	// InsertInvitation is a fault.Conflict where the User record has one already.
	InsertInvitation(ctx context.Context, i Invitation, tokenHash string) error
	// InvitationsOf lists a tenant's invitations, newest first.
	InvitationsOf(ctx context.Context, tenant string) ([]Invitation, error)
	// InvitationByHash finds the invitation that a link belongs to, in a tenant that is in force and with a User record that is there.
	InvitationByHash(ctx context.Context, tokenHash string) (Invitation, error)
	// RenewInvitation gives an invitation a new link and forgets what became of the mail with the one before.
	RenewInvitation(ctx context.Context, tenant, id, tokenHash string, expires time.Time) error
	// NoteInvitationMail says what became of the mail with this link; it changes nothing where a newer link was made meanwhile.
	NoteInvitationMail(ctx context.Context, tenant, tokenHash string, m MailState) error
	DeleteInvitation(ctx context.Context, tenant, id string) error
	// TakeInvitation removes the invitation of a link. Of several at the same moment one succeeds, the others are a fault.NotFound.
	TakeInvitation(ctx context.Context, tenant, tokenHash string) error

	// PutReset stores the one link of an account in place of the one before, and removes links of any account that expired before r was made.
	PutReset(ctx context.Context, r ResetLink, tokenHash string) error
	ResetByHash(ctx context.Context, tokenHash string) (ResetLink, error)
	// TakeReset is as TakeInvitation.
	TakeReset(ctx context.Context, tokenHash string) error
	DeleteReset(ctx context.Context, account string) error
}

// ResetLink is a link that sets a new password, as stored.
type ResetLink struct {
	Account   string
	ByTenant  string // whose administrator made it; "" where it was mailed to the account's address, or made by the operator
	CreatedAt time.Time
	ExpiresAt time.Time
}
