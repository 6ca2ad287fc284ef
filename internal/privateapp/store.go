package privateapp

import (
	"context"
	"time"

	"mandorla/internal/audit"
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
	PrivateTokens(ctx context.Context, tenant, app string) ([]Token, error) // newest first, revoked ones too
	RevokePrivateToken(ctx context.Context, tenant, app, id string, at time.Time) error
	// NotePrivateUse stores the last use of a token; an older instant changes nothing.
	NotePrivateUse(ctx context.Context, tenant, id string, at time.Time) error
	// PrivateStandingByToken reads token, app and tenant with one statement.
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
