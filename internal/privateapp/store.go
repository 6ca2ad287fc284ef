package privateapp

import (
	"context"
	"time"

	"mandorla/internal/audit"
	"mandorla/internal/identity"
)

// Store keeps private apps and their tokens. What is not there is a fault.NotFound; a taken name is a fault.Conflict. Only hashes of
// tokens ever reach it. Instants have millisecond precision; the zero time is none.
type Store interface {
	audit.Store
	// InTx runs fn in one transaction; a context that already carries one joins it. fn may run again.
	InTx(ctx context.Context, fn func(ctx context.Context) error) error

	InsertPrivateApp(ctx context.Context, r Record) error
	// UpdatePrivateApp stores r where the stored version is r.Version-1, else fault.Conflict.
	UpdatePrivateApp(ctx context.Context, r Record) error
	// DeletePrivateApp removes the app with its tokens.
	DeletePrivateApp(ctx context.Context, tenant, id string) error
	PrivateApps(ctx context.Context, tenant string) ([]Record, error) // by name
	PrivateAppByID(ctx context.Context, tenant, id string) (Record, error)

	InsertPrivateToken(ctx context.Context, t Token) error
	PrivateTokens(ctx context.Context, tenant, app string) ([]Token, error) // newest first, revoked ones too, without hashes
	RevokePrivateToken(ctx context.Context, tenant, app, id string, at time.Time) error
	// NotePrivateUses stores the last use of tokens; an older instant changes nothing. The owners are their tenants.
	NotePrivateUses(ctx context.Context, uses []identity.Use) error
	// PrivateStandingByToken reads token, app (without its last use) and tenant with one statement.
	PrivateStandingByToken(ctx context.Context, hash string) (Standing, error)
}

// Record is an app as stored: its permission set is still text.
type Record struct {
	App
	SetText string
}

// Standing is everything that decides whether a token works now.
type Standing struct {
	Token           Token
	App             Record
	TenantName      string
	TenantActive    bool
	RegistryVersion int64
}
