// Package people owns how somebody comes into a tenant and how a lost password is replaced: it makes the User record through the gate,
// the invitation or reset link through identity, and the mail that carries the link.
//
// What a link opens and who may make one is identity's; it decides nothing of that, and knows no HTTP. Links are built from the
// configured origin and from nothing that a request says. Packages web and cmd call it.
package people

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
	"mandorla/internal/mail"
	"mandorla/internal/model"
	"mandorla/internal/query"
	"mandorla/internal/record"
)

// Paths of the pages that links lead to; the secret stands in the query, which no log of ours writes.
const (
	PathInvitation = "/invitation"
	PathReset      = "/reset"
	KeyParam       = "key"
)

// Mailer sends one message; mail.Sender is one.
type Mailer interface {
	Send(ctx context.Context, m mail.Message) error
}

// Options are what a Service is made of. Gate, Identity, Origin and Now are required.
type Options struct {
	Gate     *record.Service
	Identity *identity.Service
	Origin   string // "https://crm.example.com"
	Now      func() time.Time
	Mailer   Mailer       // nil: no mail is sent, links are handed on by hand
	Queue    *mail.Queue  // what mails wait in; required with Mailer
	Log      *slog.Logger // nil: nothing is logged
}

// Service makes and sends links. Safe for concurrent use.
type Service struct {
	Options
	byAddress *identity.Throttle // of askers who forgot their password, by the address they give
	byPrefix  *identity.Throttle // and by where they come from
}

// New makes the service; it panics on a missing required option.
func New(o Options) *Service {
	if o.Gate == nil || o.Identity == nil || o.Origin == "" || o.Now == nil || (o.Mailer == nil) != (o.Queue == nil) {
		panic("people: Gate, Identity, Origin and Now are required, and Mailer and Queue go together")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{
		Options:   o,
		byAddress: identity.NewThrottle(o.Now, identity.ThrottleRule{Free: 3, First: time.Minute, Longest: 30 * time.Minute}),
		byPrefix:  identity.NewThrottle(o.Now, identity.ThrottleRule{Free: 20, First: 10 * time.Second, Longest: 10 * time.Minute}),
	}
}

// Mails reports whether links can be sent by mail.
func (s *Service) Mails() bool { return s.Mailer != nil }

// Person is somebody to invite.
type Person struct {
	Email, First, Last string
	Roles              []string // ids
}

// Invite invites a person to the principal's tenant: as the User record with this address, or as a new one that the principal may
// create. The link goes out by mail where that is possible; it is given back in any case, for showing once where it is not.
func (s *Service) Invite(ctx context.Context, by access.Principal, p Person) (identity.Invitation, string, error) {
	in, token, err := s.Prepare(ctx, by, p)
	if err != nil {
		return identity.Invitation{}, "", err
	}
	return in, s.Deliver(ctx, in, token), nil
}

// Prepare is Invite without the mail, for a transaction that does more: Deliver comes after it.
func (s *Service) Prepare(ctx context.Context, by access.Principal, p Person) (in identity.Invitation, token string, err error) {
	if err := identity.MayManage(by, by.Tenant); err != nil {
		return in, "", err
	}
	if p, err = checked(p); err != nil {
		return in, "", err
	}
	err = s.Identity.Store.InTx(ctx, func(ctx context.Context) error {
		user, name, err := s.user(ctx, by, p)
		if err != nil {
			return err
		}
		in, token, err = s.Identity.Invite(ctx, by, identity.Invitation{
			Tenant: by.Tenant, TenantName: by.TenantName, User: user, UserName: name, Email: p.Email, Roles: p.Roles,
		})
		return err
	})
	return in, token, err
}

// Deliver mails an invitation that is stored by now, where mail is sent, and gives its link.
func (s *Service) Deliver(ctx context.Context, in identity.Invitation, token string) (link string) {
	s.mailInvitation(ctx, in, token)
	return s.link(PathInvitation, token)
}

func checked(p Person) (Person, error) {
	email, ok := identity.NormalEmail(p.Email)
	if !ok {
		return p, fault.BadField("email", "must be a mail address such as nora@example.com.")
	}
	p.Email, p.First, p.Last = email, strings.TrimSpace(p.First), strings.TrimSpace(p.Last)
	switch {
	case p.First == "":
		return p, fault.BadField("first", "is missing.")
	case p.Last == "":
		return p, fault.BadField("last", "is missing.")
	}
	return p, nil
}

// user finds the tenant's User record with this address, or makes one.
func (s *Service) user(ctx context.Context, by access.Principal, p Person) (id, name string, err error) {
	have, err := s.Gate.List(ctx, by, record.ListRequest{Model: "User", Select: []string{"name", "inactive"}, Filter: query.Where("email", model.Eq, p.Email), Limit: 1})
	if err != nil && !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Invalid) { // who may not see users may still create one
		return "", "", err
	}
	if err == nil && len(have.Rows) == 1 {
		if have.Value(0, "inactive") == true {
			return "", "", fault.New(fault.Conflict, "The user with the address %s is inactive. Make the user active first, or take another address.", p.Email)
		}
		name, _ := have.Value(0, "name").(string)
		return have.Rows[0].ID, name, nil
	}
	made, err := s.Gate.Create(ctx, by, record.Write{Model: "User", Values: map[string]any{
		"email": p.Email, "firstName": p.First, "lastName": p.Last, "nickName": p.First, "inactive": false,
	}})
	if err != nil {
		return "", "", err
	}
	return made.ID, p.First + " " + p.Last, nil
}

// Renew makes a new link for an invitation, which ends the one before. send puts it into a mail, where that is possible.
func (s *Service) Renew(ctx context.Context, by access.Principal, id string, send bool) (identity.Invitation, string, error) {
	in, token, err := s.Identity.RenewInvitation(ctx, by, by.Tenant, id)
	if err != nil {
		return in, "", err
	}
	if send {
		s.mailInvitation(ctx, in, token)
	}
	return in, s.link(PathInvitation, token), nil
}

// mailInvitation hands the mail over and notes on the invitation what becomes of it.
func (s *Service) mailInvitation(ctx context.Context, in identity.Invitation, token string) {
	if s.Mailer == nil {
		return
	}
	note := func(ctx context.Context, kind identity.MailKind, why string) {
		if err := s.Identity.NoteMail(ctx, in.Tenant, token, kind, why); err != nil {
			s.Log.WarnContext(ctx, "note what became of a mail", "err", err)
		}
	}
	note(ctx, identity.MailWaiting, "")
	taken := s.Queue.Post(func(ctx context.Context) {
		err := s.Mailer.Send(ctx, invitationMail(in, s.link(PathInvitation, token)))
		done := context.WithoutCancel(ctx) // what became of it is noted even where the program ends
		switch {
		case err == nil:
			note(done, identity.MailSent, "")
		case ctx.Err() != nil:
			note(done, identity.MailFailed, "the server was stopped before it was done")
		default:
			s.Log.WarnContext(ctx, "send invitation", "invitation", in.ID, "err", err)
			note(done, identity.MailFailed, err.Error())
		}
	})
	if !taken {
		s.Log.WarnContext(ctx, "too many mails are waiting", "invitation", in.ID)
		note(ctx, identity.MailFailed, "too many mails are waiting")
	}
}

func (s *Service) link(path, token string) string {
	return s.Origin + path + "?" + url.Values{KeyParam: {token}}.Encode()
}

// Reset makes a link that sets a new password, for handing on; see identity.MayReset.
func (s *Service) Reset(ctx context.Context, by access.Principal, account string) (link string, err error) {
	token, err := s.Identity.LinkReset(ctx, by, account)
	if err != nil {
		return "", err
	}
	return s.link(PathReset, token), nil
}

// Forgot takes an address whose owner forgot the password. Whether there is an account is found out in the background, where the mail
// is sent: neither the answer nor its time tells. Too many tries are fault.RateLimited, for known and unknown addresses alike.
func (s *Service) Forgot(ctx context.Context, email, ip string) error {
	if s.Mailer == nil {
		return fault.New(fault.Conflict, "This installation sends no mail.")
	}
	normal, ok := identity.NormalEmail(email)
	if !ok {
		return fault.BadField("email", "must be a mail address such as nora@example.com.")
	}
	if wait := s.byPrefix.Take(identity.IPPrefix(ip)); wait > 0 {
		return identity.TooMany(wait)
	}
	if wait := s.byAddress.Take(normal); wait > 0 {
		return identity.TooMany(wait)
	}
	if !s.Queue.Post(func(ctx context.Context) { s.mailReset(ctx, normal, ip) }) {
		s.Log.WarnContext(ctx, "too many mails are waiting: a link for a new password is not sent")
	}
	return nil
}

func (s *Service) mailReset(ctx context.Context, email, ip string) {
	a, token, err := s.Identity.MailReset(ctx, email, ip)
	if err == nil {
		err = s.Mailer.Send(ctx, resetMail(a.Email, s.link(PathReset, token)))
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		s.Log.WarnContext(ctx, "send a link for a new password", "account", a.ID, "err", fmt.Errorf("mail: %w", err))
	}
}
