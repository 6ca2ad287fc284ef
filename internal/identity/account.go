package identity

import (
	"context"
	"fmt"
	"net/mail"
	"strings"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/audit"
	"mandorla/internal/fault"
)

// Account is what a person signs in with.
type Account struct {
	ID        string
	Email     string // in its normal form: trimmed, lower case
	Super     bool   // operates the installation
	Disabled  bool
	Epoch     int64 // raised when everything issued to the account must end
	CreatedAt time.Time
}

// NewAccount is what CreateAccount needs.
type NewAccount struct {
	Email    string
	Password string // "": no sign-in with a password until one is set
	Super    bool
	// Operator is for passwords that an operator chooses (the demo, the command line): 8 characters are then enough.
	Operator bool
	By       Super // the super admin at the console; zero: the command line
}

// NormalEmail gives the form under which an address is stored and compared; ok is false for what is no plain address.
func NormalEmail(email string) (normal string, ok bool) {
	email = strings.ToLower(strings.TrimSpace(email))
	parsed, err := mail.ParseAddress(email)
	if err != nil || parsed.Address != email || len(email) > 254 {
		return "", false
	}
	return email, true
}

// CreateAccount makes an account. A taken address is a fault.Conflict.
func (s *Service) CreateAccount(ctx context.Context, in NewAccount) (Account, error) {
	email, ok := NormalEmail(in.Email)
	if !ok {
		return Account{}, fault.BadField("email", "%q is not a mail address.", in.Email)
	}
	hash := ""
	if in.Password != "" {
		if err := s.checkPassword(in.Password, email, in.Operator); err != nil {
			return Account{}, err
		}
		var err error
		if hash, err = s.hasher.hash(ctx, in.Password); err != nil {
			return Account{}, err
		}
	}
	a := Account{ID: s.NewID(), Email: email, Super: in.Super, Epoch: 1, CreatedAt: s.Now()}
	err := s.Store.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.InsertAccount(ctx, a, hash); err != nil {
			return err
		}
		detail := map[string]string{"account": a.ID, "email": email}
		if in.By != (Super{}) {
			return s.NoteSuper(ctx, in.By, "account.create", detail)
		}
		return s.note(ctx, "", "account.create", access.SurfaceCommand, "", detail)
	})
	if err != nil {
		return Account{}, fmt.Errorf("create account: %w", err)
	}
	return a, nil
}

// AccountByEmail finds an account, fault.NotFound where there is none.
func (s *Service) AccountByEmail(ctx context.Context, email string) (Account, error) {
	normal, ok := NormalEmail(email)
	if !ok {
		return Account{}, fault.New(fault.NotFound, "There is no account with this address.")
	}
	a, _, err := s.Store.AccountByEmail(ctx, normal)
	return a, err
}

// Account finds an account by id, fault.NotFound where there is none.
func (s *Service) Account(ctx context.Context, id string) (Account, error) {
	return s.Store.AccountByID(ctx, id)
}

// SetPassword stores a new password and ends every session and every OAuth authorization of the account.
// operator is as in NewAccount.Operator.
func (s *Service) SetPassword(ctx context.Context, account, password string, operator bool) error {
	a, err := s.Store.AccountByID(ctx, account)
	if err != nil {
		return fmt.Errorf("set password: %w", err)
	}
	if err := s.checkPassword(password, a.Email, operator); err != nil {
		return err
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	return s.Store.InTx(ctx, func(ctx context.Context) error {
		return s.replacePassword(ctx, account, hash, "", nil)
	})
}

// replacePassword stores the hash of a new password and ends what the old one opened, a link to set another one too.
func (s *Service) replacePassword(ctx context.Context, account, hash, ip string, detail map[string]string) error {
	if err := s.Store.SetPasswordHash(ctx, account, hash, true); err != nil {
		return fmt.Errorf("set password: %w", err)
	}
	if err := s.Store.DeleteSessions(ctx, account, ""); err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	if err := s.Store.DeleteReset(ctx, account); err != nil {
		return fmt.Errorf("end reset link: %w", err)
	}
	return s.noteAccount(ctx, account, "account.password", ip, detail)
}

// CheckPassword reports whether the password is that of the account which is signed in. Failures are counted for the account by
// themselves: those of strangers at the sign-in page hold nobody up who is in already.
func (s *Service) CheckPassword(ctx context.Context, account, password, ip string) error {
	a, err := s.Store.AccountByID(ctx, account)
	if err != nil {
		return errSignIn
	}
	_, err = s.verify(ctx, a.Email, password, ip, counted{s.byDevice, "account " + account})
	return err
}

// DisableAccount shuts an account out everywhere, or lets it in again. Sessions and OAuth authorizations end either way. The last
// administrator of a tenant and the last super admin are not shut out: fault.Conflict.
func (s *Service) DisableAccount(ctx context.Context, account string, disabled bool) error {
	return s.keepingSuper(ctx, func(ctx context.Context) error { return s.disableAccount(ctx, account, disabled) })
}

func (s *Service) disableAccount(ctx context.Context, account string, disabled bool) error {
	return s.keepingAdmins(ctx, account, func(ctx context.Context) error {
		if err := s.Store.SetAccountDisabled(ctx, account, disabled); err != nil {
			return fmt.Errorf("disable account: %w", err)
		}
		if err := s.Store.DeleteSessions(ctx, account, ""); err != nil {
			return fmt.Errorf("end sessions: %w", err)
		}
		return s.noteAccount(ctx, account, "account.disable", "", map[string]string{"disabled": fmt.Sprint(disabled)})
	})
}

// noteAccount writes an act of an account into the log of each of its tenants, or above tenants where it has none.
func (s *Service) noteAccount(ctx context.Context, account, act, ip string, detail map[string]string) error {
	members, err := s.Store.MembershipsOf(ctx, account)
	if err != nil {
		return fmt.Errorf("read memberships: %w", err)
	}
	at := s.Now()
	var entries []audit.Entry
	for _, m := range members {
		entries = append(entries, audit.Entry{Tenant: m.Tenant, At: at, Act: act, Person: m.User, PersonName: m.UserName, Surface: access.SurfaceWeb, IP: ip, Detail: detail})
	}
	if len(entries) == 0 {
		e := audit.Entry{At: at, Act: act, Surface: access.SurfaceWeb, IP: ip, Detail: detail}
		if account != "" { // above tenants, the address is the only name
			a, err := s.Store.AccountByID(ctx, account)
			if err != nil && !fault.Is(err, fault.NotFound) {
				return fmt.Errorf("read account: %w", err)
			}
			e.PersonName = a.Email
		}
		entries = append(entries, e)
	}
	return s.Store.AppendAudit(ctx, entries...)
}

func (s *Service) note(ctx context.Context, tenant, act string, surface access.Surface, ip string, detail map[string]string) error {
	return s.Store.AppendAudit(ctx, audit.Entry{Tenant: tenant, At: s.Now(), Act: act, Surface: surface, IP: ip, Detail: detail})
}
