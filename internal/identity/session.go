package identity

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/fault"
)

// Session is a signed-in browser.
type Session struct {
	ID        string // names the session in lists; it opens nothing
	Account   Account
	Tenant    string      // the chosen one; "" where the account is in no tenant
	Tenants   []TenantRef // that the person can choose, by name
	Suspended []TenantRef // that nobody can choose now
	CreatedAt time.Time   // of the sign-in
	SeenAt    time.Time
	// ConfirmedAt is when the password was last given: at the sign-in, or by Confirm.
	ConfirmedAt time.Time
	ExpiresAt   time.Time // at the latest; idleness may end it earlier
	IP, Agent   string    // of the sign-in
	View        ViewAs    // through whose eyes an administrator looks
	CSRF        string    // goes into every form; check with CheckCSRF
	Current     bool      // in lists: the one that asks
}

// TenantRef names a tenant.
type TenantRef struct{ ID, Name string }

// From is where a sign-in comes from.
type From struct {
	IP       string // of the client, as the trusted proxies tell it
	Agent    string // User-Agent, shown in the list of sessions
	Replaces string // session token that the browser had before, which ends; "" for none
	Device   string // what Remember gave this browser; "" for none
}

const sessionPrefix = "se_"

var (
	errSignIn  = fault.New(fault.Unauthenticated, "The e-mail address or the password is not right.")
	errSession = fault.New(fault.Unauthenticated, "Sign in to go on.")
)

// SignIn checks a password and starts a session under a new token: 256 random bits, of which only the hash is stored.
// A wrong password, an unknown address and a disabled account are one and the same fault.Unauthenticated; too many attempts are
// fault.RateLimited, see RetryAfter.
func (s *Service) SignIn(ctx context.Context, email, password string, from From) (token string, err error) {
	account, err := s.verify(ctx, email, password, from.IP, s.countedFor(email, from)...)
	if err != nil {
		return "", err
	}
	if token, err = s.secret(sessionPrefix); err != nil {
		return "", err
	}
	now := s.Now()
	rec := SessionRecord{ID: s.NewID(), Account: account, CreatedAt: now, SeenAt: now, IP: from.IP, Agent: clip(from.Agent, 200)}
	err = s.Store.InTx(ctx, func(ctx context.Context) error {
		if old, err := s.Store.SessionByHash(ctx, hashToken(from.Replaces)); err == nil {
			if old.Account.ID == account.ID {
				rec.Tenant = old.Tenant
			}
			if err := s.leaveView(ctx, old, "the session ended"); err != nil {
				return err
			}
			if err := s.Store.DeleteSession(ctx, old.Account.ID, old.ID); err != nil {
				return fmt.Errorf("end the session before: %w", err)
			}
		}
		if err := s.Store.DeleteOldSessions(ctx, now.Add(-s.IdleTimeout), now.Add(-s.AbsoluteTimeout)); err != nil {
			return fmt.Errorf("drop old sessions: %w", err)
		}
		if err := s.Store.InsertSession(ctx, rec, hashToken(token)); err != nil {
			return fmt.Errorf("start session: %w", err)
		}
		return s.noteAccount(ctx, account.ID, "session.start", from.IP, map[string]string{"session": rec.ID})
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

// counted is a throttle and the key that an attempt counts under.
type counted struct {
	throttle *Throttle
	key      string
}

// countedFor says what a sign-in counts under: a device that is known for the address by itself, anybody else by address and network.
func (s *Service) countedFor(email string, from From) []counted {
	normal, prefix := normalOrNone(email), IPPrefix(from.IP)
	if mark := s.markOf(from.Device, normal); mark != "" {
		return []counted{{s.byDevice, mark}}
	}
	return []counted{{s.byPrefix, prefix}, {s.byLogin, normal + " " + prefix}, {s.byEmail, normal}}
}

func normalOrNone(email string) string {
	if normal, ok := NormalEmail(email); ok {
		return normal
	}
	return "?"
}

// verify checks a password under throttles. Every refusal does the same work, whether the account exists or not.
func (s *Service) verify(ctx context.Context, email, password, ip string, under ...counted) (Account, error) {
	for _, c := range under {
		if wait := c.throttle.Take(c.key); wait > 0 {
			return Account{}, TooMany(wait)
		}
	}
	account, hash, err := s.Store.AccountByEmail(ctx, normalOrNone(email))
	if err != nil && !fault.Is(err, fault.NotFound) {
		return Account{}, fmt.Errorf("read account: %w", err)
	}
	good, stale, err := s.hasher.verify(ctx, hash, password)
	if err != nil {
		return Account{}, err
	}
	if !good || account.ID == "" || account.Disabled {
		if err := s.noteAccount(ctx, account.ID, "session.refused", ip, nil); err != nil {
			return Account{}, fmt.Errorf("record refused sign-in: %w", err)
		}
		return Account{}, errSignIn
	}
	for _, c := range under { // the owner's success clears what counts for the owner alone, not a network's or an address's
		if c.throttle == s.byLogin || c.throttle == s.byDevice {
			c.throttle.Succeed(c.key)
		} else {
			c.throttle.Undo(c.key)
		}
	}
	if stale {
		if fresh, err := s.hasher.hash(ctx, password); err == nil {
			if err := s.Store.SetPasswordHash(ctx, account.ID, fresh, false); err != nil {
				s.Log.WarnContext(ctx, "renew password hash", "err", err)
			}
		}
	}
	return account, nil
}

// Session reads who a session token is, with one query. tenant is the one to work in, which the session then remembers; "" is the
// remembered one, or the first. An unknown, idle or ended session is fault.Unauthenticated; a tenant that the person is not in is
// fault.NotFound. A person without any tenant gets a principal that may nothing.
func (s *Service) Session(ctx context.Context, token, tenant string) (Session, access.Principal, error) {
	rec, err := s.liveSession(ctx, token)
	if err != nil {
		return Session{}, access.Principal{}, err
	}
	out := s.session(rec)
	out.CSRF = csrfToken(token)
	var chosen *Membership
	for i := range rec.Memberships {
		m := &rec.Memberships[i]
		if !m.TenantActive {
			out.Suspended = append(out.Suspended, TenantRef{ID: m.Tenant, Name: m.TenantName})
		}
		if !m.TenantActive || m.UserInactive {
			continue
		}
		out.Tenants = append(out.Tenants, TenantRef{ID: m.Tenant, Name: m.TenantName})
		if m.Tenant == tenant || tenant == "" && (m.Tenant == rec.Tenant || chosen == nil) {
			chosen = m
		}
	}
	if chosen == nil {
		if tenant != "" {
			return Session{}, access.Principal{}, fault.New(fault.NotFound, "There is no such tenant.")
		}
		out.View = ViewAs{}
		if err := s.leaveView(ctx, rec, "the person is in no tenant any more"); err != nil {
			s.Log.WarnContext(ctx, "stop viewing", "err", err)
		}
		return out, access.Principal{Email: rec.Account.Email, Surface: access.SurfaceWeb}, nil
	}
	if out.Tenant = chosen.Tenant; out.Tenant != rec.Tenant {
		out.View = ViewAs{}
	}
	chosen.Account = rec.Account
	p, err := s.principal(*chosen, access.SurfaceWeb)
	if err != nil {
		return Session{}, access.Principal{}, err
	}
	s.touch(ctx, rec, out.Tenant)
	return out, p, nil
}

func (s *Service) liveSession(ctx context.Context, token string) (SessionRecord, error) {
	if !strings.HasPrefix(token, sessionPrefix) || len(token) > 100 {
		return SessionRecord{}, errSession
	}
	rec, err := s.Store.SessionByHash(ctx, hashToken(token))
	if fault.Is(err, fault.NotFound) {
		return SessionRecord{}, errSession
	}
	if err != nil {
		return SessionRecord{}, fmt.Errorf("read session: %w", err)
	}
	if !s.alive(rec) || rec.Account.Disabled {
		return SessionRecord{}, errSession
	}
	return rec, nil
}

func (s *Service) alive(rec SessionRecord) bool {
	now := s.Now()
	return now.Sub(rec.SeenAt) < s.IdleTimeout && now.Sub(rec.CreatedAt) < s.AbsoluteTimeout
}

// touch notes the use at most once a minute, and a new choice of tenant at once. A failure is logged: it ends the session early at worst.
func (s *Service) touch(ctx context.Context, rec SessionRecord, tenant string) {
	if now := s.Now(); now.Sub(rec.SeenAt) >= time.Minute {
		if err := s.Store.TouchSession(ctx, rec.ID, now); err != nil {
			s.Log.WarnContext(ctx, "note use of session", "err", err)
		}
	}
	if tenant != rec.Tenant {
		err := s.leaveView(ctx, rec, "the tenant was changed")
		if err == nil {
			err = s.Store.SetSessionTenant(ctx, rec.ID, tenant)
		}
		if err != nil {
			s.Log.WarnContext(ctx, "remember tenant of session", "err", err)
		}
	}
}

func (s *Service) session(rec SessionRecord) Session {
	confirmed := rec.CreatedAt
	if rec.ConfirmedAt.After(confirmed) {
		confirmed = rec.ConfirmedAt
	}
	return Session{
		ID: rec.ID, Account: rec.Account, CreatedAt: rec.CreatedAt, SeenAt: rec.SeenAt, ConfirmedAt: confirmed,
		ExpiresAt: rec.CreatedAt.Add(s.AbsoluteTimeout), IP: rec.IP, Agent: rec.Agent, View: rec.View,
	}
}

// SignOut ends the session of this token; one that is over already is fine.
func (s *Service) SignOut(ctx context.Context, token string) error {
	return s.Store.InTx(ctx, func(ctx context.Context) error {
		rec, err := s.Store.SessionByHash(ctx, hashToken(token))
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read session: %w", err)
		}
		if err := s.leaveView(ctx, rec, "the session ended"); err != nil {
			return err
		}
		if err := s.Store.DeleteSession(ctx, rec.Account.ID, rec.ID); err != nil {
			return fmt.Errorf("end session: %w", err)
		}
		return s.noteAccount(ctx, rec.Account.ID, "session.end", "", map[string]string{"session": rec.ID})
	})
}

// Sessions lists the living sessions of an account, newest first; current is the Session.ID of the one that asks.
func (s *Service) Sessions(ctx context.Context, account, current string) ([]Session, error) {
	recs, err := s.Store.SessionsOf(ctx, account)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	var out []Session
	for _, rec := range recs {
		if s.alive(rec) {
			one := s.session(rec)
			one.Current = rec.ID == current
			out = append(out, one)
		}
	}
	return out, nil
}

// EndSession ends one session of the account, by Session.ID; another account's is fault.NotFound.
func (s *Service) EndSession(ctx context.Context, account, id string) error {
	return s.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.DeleteSession(ctx, account, id); err != nil {
			return fmt.Errorf("end session: %w", err)
		}
		return s.noteAccount(ctx, account, "session.end", "", map[string]string{"session": id})
	})
}

// EndSessions ends all sessions of an account but the one with the Session.ID except; "" spares none.
func (s *Service) EndSessions(ctx context.Context, account, except string) error {
	return s.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.DeleteSessions(ctx, account, except); err != nil {
			return fmt.Errorf("end sessions: %w", err)
		}
		return s.noteAccount(ctx, account, "session.end_all", "", nil)
	})
}

// CheckCSRF reports, in constant time, whether a form carries the session's token.
func (s Session) CheckCSRF(sent string) bool {
	return s.CSRF != "" && subtle.ConstantTimeCompare([]byte(sent), []byte(s.CSRF)) == 1
}

func csrfToken(session string) string {
	mac := hmac.New(sha256.New, []byte(session))
	mac.Write([]byte("csrf"))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func clip(s string, n int) string {
	s = strings.ToValidUTF8(s, "")
	if len(s) > n {
		s = strings.ToValidUTF8(s[:n], "")
	}
	return strings.ReplaceAll(s, "\x00", "")
}
