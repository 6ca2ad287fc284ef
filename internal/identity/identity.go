// Package identity owns who people are: accounts (one per e-mail address for the whole installation), their passwords and
// sessions, the membership that ties an account to a User record in a tenant, roles and who has them.
//
// # Second factors and other ways to sign in
//
// None is built yet. This is where they belong, so that nothing else has to change:
//
//   - Every sign-in ends in [Service.SignIn]. A second factor (one-time codes, recovery codes, passkeys) sits between its check of the
//     password and the start of the session: it stores a half session, which liveSession does not accept, and finishes it on a page
//     of its own. What a half session may not do is then everything, since nothing but liveSession makes a principal.
//   - A link to set a password ([Service.Reset]) never signs in: it leads to the sign-in page, and so to the second factor.
//     [Service.JoinNew] signs in because the account that it makes has no second factor yet.
//   - [Service.Confirm] asks for the factor again before sensitive acts, as it asks for the password now.
//   - Single sign-on finds the account by issuer and subject, never by e-mail address, and then starts a session like SignIn.
//
// It makes the access.Principal of a person who acts directly. It knows nothing of OAuth, HTTP or customer records: User
// records are made through the record gate by its callers, and packages oauth and web build on it.
package identity

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"strings"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/kept"
	"mandorla/internal/model"
)

// Options are what a Service is made of. Store, Registries, Now, Rand and NewID are required.
type Options struct {
	Store Store
	// Registries gives the registry that portfolios and permission sets are checked against.
	Registries Registries
	Now        func() time.Time
	Rand       io.Reader     // cryptographic randomness
	NewID      func() string // 24 hexadecimal digits, time-ordered
	Log        *slog.Logger  // nil: nothing is logged

	IdleTimeout     time.Duration // of a session; 0: 12 hours
	AbsoluteTimeout time.Duration // of a session; 0: 7 days
	MinPassword     int           // characters that people must choose at least; 0: 15 (NIST SP 800-63B-4, single factor)
	HashSlots       int           // password hashes worked out at once, 46 MiB each; 0: max(2, GOMAXPROCS)
	DeviceKey       []byte        // 32 secret bytes, the same on every replica, that devices are marked with; nil: made anew, forgotten at the end
}

// Registries gives the registry of a tenant as it is now; schema.Service is one.
type Registries interface {
	Current(ctx context.Context, tenant string) (*model.Registry, error)
}

// Service answers for everything in this package. Safe for concurrent use.
type Service struct {
	Options
	sets     *Sets
	known    *kept.Values[knownKey, *Known]
	hasher   *hasher
	byLogin  *Throttle // account + IP prefix
	byPrefix *Throttle // IP prefix alone
	byEmail  *Throttle // account alone, across addresses
	byDevice *Throttle // browser in which the person has signed in before, and whoever is signed in
}

// New makes the service; it panics on a missing required option.
func New(o Options) *Service {
	if o.Store == nil || o.Registries == nil || o.Now == nil || o.Rand == nil || o.NewID == nil {
		panic("identity: Store, Registries, Now, Rand and NewID are required")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.IdleTimeout = or(o.IdleTimeout, 12*time.Hour)
	o.AbsoluteTimeout = or(o.AbsoluteTimeout, 7*24*time.Hour)
	o.MinPassword = or(o.MinPassword, 15)
	o.HashSlots = or(o.HashSlots, max(2, runtime.GOMAXPROCS(0)))
	if o.DeviceKey == nil {
		o.DeviceKey = make([]byte, 32)
		if _, err := io.ReadFull(o.Rand, o.DeviceKey); err != nil {
			panic(fmt.Sprintf("identity: read randomness: %v", err))
		}
	}
	return &Service{
		Options:  o,
		sets:     NewSets(4096),
		known:    kept.New[knownKey, *Known](knownPeople),
		hasher:   newHasher(o.Rand, o.HashSlots),
		byLogin:  NewThrottle(o.Now, ThrottleRule{Free: 5, First: 2 * time.Second, Longest: 15 * time.Minute}),
		byPrefix: NewThrottle(o.Now, ThrottleRule{Free: 30, First: time.Second, Longest: time.Minute, Forget: time.Minute}),
		byEmail:  NewThrottle(o.Now, ThrottleRule{Free: 100, First: time.Second, Longest: 30 * time.Second}),
		byDevice: NewThrottle(o.Now, ThrottleRule{Free: 5, First: 2 * time.Second, Longest: 15 * time.Minute}),
	}
}

func or[T comparable](v, fallback T) T {
	var zero T
	if v == zero {
		return fallback
	}
	return v
}

// secret gives 32 random bytes as base64url, behind a prefix that says what it is.
func (s *Service) secret(prefix string) (string, error) {
	var raw [32]byte
	if _, err := io.ReadFull(s.Rand, raw[:]); err != nil {
		return "", fmt.Errorf("read randomness: %w", err)
	}
	return prefix + base64.RawURLEncoding.EncodeToString(raw[:]), nil
}

// MayManage reports whether the principal may change settings of the tenant: one of its administrators acting directly, or the
// operator at the command line. The error is safe to show.
func MayManage(by access.Principal, tenant string) error {
	if Operator(by) || by.Admin && by.Direct() && by.Tenant == tenant && tenant != "" {
		return nil
	}
	if err := by.MayChange(); err != nil {
		return err
	}
	return fault.New(fault.Forbidden, "Only an administrator may do this. Ask one to give you a role with the administrator switch.")
}

// May reports whether the principal may do this to an internal model of its own tenant: somebody with the permission who acts directly,
// or the operator at the command line. The error is safe to show.
func May(by access.Principal, internal string, a access.Action) error {
	if Operator(by) || by.Tenant != "" && by.Manages(internal, a) {
		return nil
	}
	if err := by.MayChange(); err != nil {
		return err
	}
	in, _ := access.FindInternal(internal)
	return fault.New(fault.Forbidden, "You may not %s %s. Ask an administrator to allow it in your role.", a, strings.ToLower(in.Plural))
}

// Operator reports whether the principal is whoever runs the command line on the machine itself, as nobody in particular.
func Operator(by access.Principal) bool {
	return by.Surface == access.SurfaceCommand && by.Person == "" && by.Direct()
}

// RetryError is the cause of a fault.RateLimited error: how long to wait.
type RetryError struct{ After time.Duration }

// Error says how long to wait.
func (e *RetryError) Error() string { return "retry after " + e.After.String() }

// RetryAfter gives how long to wait before trying again, 0 where the error does not say.
func RetryAfter(err error) time.Duration {
	var r *RetryError
	if errors.As(err, &r) {
		return r.After
	}
	return 0
}

// TooMany is the fault.RateLimited error that RetryAfter reads.
func TooMany(wait time.Duration) error {
	return fault.Wrap(fault.RateLimited, &RetryError{After: wait}, "Too many attempts. Try again in %s.", humanWait(wait))
}

func humanWait(d time.Duration) string {
	if d > 90*time.Second {
		return fmt.Sprintf("%d minutes", int((d+time.Minute-1)/time.Minute))
	}
	if d <= time.Second {
		return "1 second"
	}
	return fmt.Sprintf("%d seconds", int((d+time.Second-1)/time.Second))
}
