package identity

import (
	"context"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/audit"
)

// Store keeps accounts, sessions, memberships and roles. What is not there is a fault.NotFound; a taken unique value is a
// fault.Conflict. Instants have millisecond precision.
type Store interface {
	audit.Store
	LinkStore
	// InTx runs fn in one transaction; a context that already carries one joins it. fn may run again.
	InTx(ctx context.Context, fn func(ctx context.Context) error) error

	InsertAccount(ctx context.Context, a Account, passwordHash string) error
	// AccountByEmail takes the address in its normal form and also gives the password hash.
	AccountByEmail(ctx context.Context, email string) (a Account, passwordHash string, err error)
	AccountByID(ctx context.Context, id string) (Account, error)
	// SetPasswordHash stores a hash; endAll also raises the account's epoch, which ends its OAuth authorizations.
	SetPasswordHash(ctx context.Context, account, hash string, endAll bool) error
	// SetAccountDisabled also raises the epoch.
	SetAccountDisabled(ctx context.Context, account string, disabled bool) error
	SetAccountSuper(ctx context.Context, account string, super bool) error
	Supers(ctx context.Context) ([]Account, error) // by address
	// LockSupers counts the super admins that are not disabled, and makes others that ask the same wait until this transaction ends.
	LockSupers(ctx context.Context) (int, error)
	// MembershipsOf lists an account's tenants, without roles.
	MembershipsOf(ctx context.Context, account string) ([]Membership, error)

	InsertSession(ctx context.Context, s SessionRecord, tokenHash string) error
	// SessionByHash reads session, account, memberships, User records, roles and tenants with one statement.
	SessionByHash(ctx context.Context, tokenHash string) (SessionRecord, error)
	// SessionsOf lists an account's sessions, newest first, without memberships.
	SessionsOf(ctx context.Context, account string) ([]SessionRecord, error)
	TouchSession(ctx context.Context, id string, seen time.Time) error
	// ConfirmSession notes that the password was given again.
	ConfirmSession(ctx context.Context, id string, at time.Time) error
	// SetSessionTenant also ends looking through anybody else's eyes.
	SetSessionTenant(ctx context.Context, id, tenant string) error
	// SetSessionView reports whether that changed anything; a session that is not in this tenant is a fault.NotFound.
	SetSessionView(ctx context.Context, id, tenant string, as ViewAs) (changed bool, err error)
	DeleteSession(ctx context.Context, account, id string) error
	// DeleteSessions removes all of an account's sessions but the one named.
	DeleteSessions(ctx context.Context, account, except string) error
	DeleteOldSessions(ctx context.Context, seenBefore, createdBefore time.Time) error

	// LockTenant makes others that ask for the same lock wait until this transaction ends. What is read after it is what they left.
	LockTenant(ctx context.Context, tenant string) error
	// Administrators lists the User records that administer a tenant: neither inactive nor removed, with an account that is not
	// disabled and a role with Admin.
	Administrators(ctx context.Context, tenant string) ([]string, error)
	// MembersOf lists everybody with an account in a tenant, with roles, by name.
	MembersOf(ctx context.Context, tenant string) ([]Membership, error)

	// InsertMember ties an account to a User record that exists.
	InsertMember(ctx context.Context, tenant, user, account string, at time.Time) error
	DeleteMember(ctx context.Context, tenant, user string) error
	// MemberByUser reads one person with roles, as SessionByHash does.
	MemberByUser(ctx context.Context, tenant, user string) (Membership, error)
	// RoleMembers lists the ids of the User records that have a role.
	RoleMembers(ctx context.Context, tenant, role string) ([]string, error)
	// SetMemberRoles replaces the roles of a person.
	SetMemberRoles(ctx context.Context, tenant, user string, roles []string) error

	RolesOf(ctx context.Context, tenant string) ([]RoleRecord, error)
	InsertRole(ctx context.Context, tenant string, r RoleRecord, at time.Time) error
	// UpdateRole stores r with version r.Version where the stored version is one less, else fault.Conflict.
	UpdateRole(ctx context.Context, tenant string, r RoleRecord, at time.Time) error
	// DeleteRole also takes the role from everybody who has it.
	DeleteRole(ctx context.Context, tenant, role string) error
}

// SessionRecord is a session as stored, with what Session needs to know about its account.
type SessionRecord struct {
	ID          string
	Account     Account
	Tenant      string // chosen; "" before any choice
	CreatedAt   time.Time
	SeenAt      time.Time
	ConfirmedAt time.Time // when the password was given again; zero: not since CreatedAt
	IP, Agent   string
	View        ViewAs
	Memberships []Membership // by tenant name
}

// Membership is a person in a tenant: the account, its User record and the roles.
type Membership struct {
	Tenant          string
	TenantName      string
	TenantActive    bool
	RegistryVersion int64
	PeopleVersion   int64  // moves with every change of the tenant's people: names, inactive, teams, who is a member, roles and who has them
	User            string // id of the User record
	UserName        string
	UserInactive    bool
	Teams           []string // ids of the teams the User record is in
	Account         Account
	Roles           []RoleRecord
}

// RoleRecord is a role as stored; its permission set is still text.
type RoleRecord struct {
	ID, Name, Doc string
	Portfolio     access.Portfolio
	Set           string // JSON of access.Set
	Switches      access.Switches
	Admin         bool
	Version       int64
}
