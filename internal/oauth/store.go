package oauth

import (
	"context"
	"time"

	"mandorla/internal/audit"
	"mandorla/internal/identity"
)

// Store keeps clients, authorizations, codes and tokens. What is not there is a fault.NotFound. Only hashes of secrets, codes and
// tokens ever reach it. Instants have millisecond precision; the zero time is none.
type Store interface {
	audit.Store
	// InTx runs fn in one transaction; a context that already carries one joins it. fn may run again.
	InTx(ctx context.Context, fn func(ctx context.Context) error) error

	InsertClient(ctx context.Context, c ClientRecord) error
	ClientByID(ctx context.Context, id string) (ClientRecord, error)
	ClientsOf(ctx context.Context, tenant string) ([]ClientRecord, error) // by name
	// ForeignClients lists the clients of other tenants that are published, or through which people of this one are connected, by name.
	ForeignClients(ctx context.Context, tenant string, alive time.Time) ([]ForeignClient, error)
	// ConnectionsByTenant counts a client's living connections in each tenant that has some, by the tenant's name.
	ConnectionsByTenant(ctx context.Context, client string, alive time.Time) ([]Elsewhere, error)
	// ShutOuts lists which clients a tenant shut out; a client that is named, of it only.
	ShutOuts(ctx context.Context, tenant, client string) ([]ShutOut, error)
	// SetShutOut reports whether that changed anything.
	SetShutOut(ctx context.Context, x ShutOut, out bool) (changed bool, err error)
	// UpdateClient stores everything but secrets and steps where the stored version is c.Version-1, else fault.Conflict.
	UpdateClient(ctx context.Context, c ClientRecord) error
	SetClientSecret(ctx context.Context, c ClientRecord) error
	// DeleteClient removes the client with its authorizations and pending requests.
	DeleteClient(ctx context.Context, tenant, id string) error
	// MarkStep notes that a client got this far: the first time is kept, the last one replaced.
	MarkStep(ctx context.Context, client string, step Step, at time.Time) error
	// NoteProblem replaces the client's problem; the zero value takes it away.
	NoteProblem(ctx context.Context, client string, p Problem) error
	// SetClientLogo replaces the client's logo and the hash that the client carries; the zero value takes both away.
	SetClientLogo(ctx context.Context, tenant, client string, l Logo) error
	// ClientLogo gives the PNG of the client's logo where that has this hash.
	ClientLogo(ctx context.Context, client, hash string) ([]byte, error)
	// NoteSign keeps the last sign of a kind; an older one changes nothing.
	NoteSign(ctx context.Context, s Sign) error
	Signs(ctx context.Context) ([]Sign, error)

	// ClientByApp finds a tenant's client for an app that registered itself, by the client_id that the app sends. AppKnown reports
	// whether any tenant has an enabled one.
	ClientByApp(ctx context.Context, tenant, app string) (ClientRecord, error)
	AppKnown(ctx context.Context, app string) (bool, error)
	// CountUndecided counts a tenant's clients that registered themselves and that no administrator decided about.
	CountUndecided(ctx context.Context, tenant string) (int, error)
	// MarkRead notes when the client's document was read, and until when that holds.
	MarkRead(ctx context.Context, c ClientRecord) error

	PolicyOf(ctx context.Context, tenant string) (PolicyRecord, error)
	// SavePolicy stores p where the stored version is p.Version-1 or there is none, else fault.Conflict.
	SavePolicy(ctx context.Context, p PolicyRecord) error
	// Setting is a value of the whole installation.
	Setting(ctx context.Context, name string) (string, error)
	SetSetting(ctx context.Context, name, value string) error

	InsertRegistration(ctx context.Context, a App) error
	RegistrationByID(ctx context.Context, id string) (App, error)
	// TrimRegistrations removes the oldest registrations that no tenant has a client for, beyond keep, where they were made before that
	// time, and gives how many such are left.
	TrimRegistrations(ctx context.Context, keep int, before time.Time) (left int, err error)

	InsertPending(ctx context.Context, p PendingRecord) error
	PendingByHash(ctx context.Context, hash string) (PendingRecord, error)
	// ShowPending notes to whom what was shown, where nobody has answered yet.
	ShowPending(ctx context.Context, p PendingRecord) error
	// AnswerPending reports whether this call was the one that answered.
	AnswerPending(ctx context.Context, hash string, at time.Time) (first bool, err error)

	InsertAuthorization(ctx context.Context, a AuthorizationRecord, t Tokens) error
	// LockAuthorization makes other transactions that lock the same authorization wait for this one.
	LockAuthorization(ctx context.Context, id string) error
	// LockFamily does so for the authorization with this family, if there is one.
	LockFamily(ctx context.Context, family string) error
	// SetAuthorizationSet replaces the set of one of the tenant's authorizations; at is now.
	SetAuthorizationSet(ctx context.Context, tenant, id, set string, at time.Time) error
	// EndAuthorizations ends what matches and is still alive, and gives the ids.
	EndAuthorizations(ctx context.Context, which Which, because string, at time.Time) ([]string, error)
	// Authorizations lists what matches, newest first, with client and person names.
	Authorizations(ctx context.Context, which Which) ([]AuthorizationRecord, error)
	// NoteUses stores the last use of authorizations and of their clients (the owners); an older instant changes nothing.
	NoteUses(ctx context.Context, uses []identity.Use) error

	// SaveTokens stores the tokens of the authorization with a.Family, and a's IdleUntil and ConnectedAt, where the version of its tokens is
	// still t.Version, which moves; else, or where there is no such authorization, it is a fault.Conflict.
	SaveTokens(ctx context.Context, a AuthorizationRecord, t Tokens) error
	// TokensByFamily gives an authorization and its tokens, whatever became of its client and person.
	TokensByFamily(ctx context.Context, family string) (AuthorizationRecord, Tokens, error)
	// LivingTokens counts the access tokens of a client that have neither run out nor been revoked by themselves, by authorization.
	LivingTokens(ctx context.Context, client string, at time.Time) (map[string]int, error)

	// Standing reads what an authorization's validity depends on; StandingByFamily does so by its family, all in one statement.
	// An authorization whose client, membership, User record or account is gone is a fault.NotFound.
	Standing(ctx context.Context, authorization string) (Standing, error)
	StandingByFamily(ctx context.Context, family string) (Standing, error)
	// BearerByFamily reads what a call with an access token depends on, except for the person, in one statement. Of the tokens it gives the
	// access tokens, of the authorization and the client what the check needs; Member holds the tenant, the account and the versions. An
	// authorization without client, tenant or account is a fault.NotFound.
	BearerByFamily(ctx context.Context, family string) (Standing, error)
	// Standings lists what Standing gives, without tokens, for each authorization that matches, by id, at most limit after the one named ("" for the
	// first ones), in one statement.
	Standings(ctx context.Context, which Which, after string, limit int) ([]Standing, error)

	// DeleteStale removes what is over: at most limit of each kind, so that nobody waits long behind it. It reports whether there may
	// be more.
	DeleteStale(ctx context.Context, before Stale, limit int) (more bool, err error)
}

// Stale is what DeleteStale removes.
type Stale struct {
	Pending     time.Time // requests made before
	Unclaimed   time.Time // registrations made before that no tenant has a client for
	Undecided   time.Time // clients of apps that nobody decided about, that never got a token and were not asked for since
	Authorities time.Time // authorizations that were over before
}

// ClientRecord is a client as stored: Client.Set is empty, SetText holds it.
type ClientRecord struct {
	Client
	SetText       string
	SecretHash    string // "" for a public client
	OldSecretHash string // of the secret before; it works until OldSecretUntil and is only recognised after that
}

// Logo is a client's picture.
type Logo struct {
	Hash string // of the bytes
	PNG  []byte
}

// ForeignClient is a client of another tenant, without its set and redirect addresses.
type ForeignClient struct {
	Client
	TenantName string
}

// ShutOut says that a tenant lets nobody use another one's client.
type ShutOut struct {
	Tenant, Client string
	At             time.Time
}

// PendingRecord is a checked authorization request that waits for a person.
type PendingRecord struct {
	Hash        string // of the id
	Browser     string // hash of the browser's binding
	Client      string // client_id as it was sent
	RedirectURI string
	State       string // percent-encoded; "" for none
	Scope       string
	Resource    string
	Challenge   string
	Refusal     string // OAuth error of the request of an app that is not known before somebody signs in; "" for none
	Fresh       bool   // a sign-in after CreatedAt is asked for
	CreatedAt   time.Time
	AnsweredAt  time.Time

	Session, Account, Tenant, Person string // to whom it was shown last
	Shown                            string // permission set that was shown, as text
}

// AuthorizationRecord is what one person allowed one client.
type AuthorizationRecord struct {
	ID, Tenant, Person, Account string
	AccountEpoch                int64
	Client, Resource, Scope     string
	SetText                     string
	Family                      string // name of its tokens' family, see Tokens
	RedirectHost                string
	CreatedAt                   time.Time
	ConnectedAt                 time.Time // first token; zero while the code waits
	UsedAt                      time.Time // last call, to the minute
	IdleUntil                   time.Time // ends then unless it is refreshed before
	ExpiresAt                   time.Time // ends then in any case
	EndedAt                     time.Time
	EndedBecause                string

	ClientName, ClientLogo, PersonName, Email string // in lists only; the logo by its hash
}

// Which selects authorizations; empty fields match all.
type Which struct {
	ID, Tenant, Client, Person, Account, Resource string
	Role                                          string    // with Tenant: only those of people who have this role
	Alive                                         time.Time // only those that are alive then; zero: also ended ones
}

// Standing is everything that decides whether an authorization works now.
type Standing struct {
	Authorization AuthorizationRecord
	Tokens        Tokens
	Client        ClientRecord
	ShutOut       bool // by the authorization's tenant
	Member        identity.Membership
}
