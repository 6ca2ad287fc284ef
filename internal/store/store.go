// Package store owns the sum of what the services ask of storage: one interface that both engines fulfil.
//
// It holds no code. sqlstore implements it; the composition root names it to pass one store to every service.
package store

import (
	"mandorla/internal/audit"
	"mandorla/internal/console"
	"mandorla/internal/identity"
	"mandorla/internal/oauth"
	"mandorla/internal/privateapp"
	"mandorla/internal/record"
	"mandorla/internal/schema"
)

// Store is everything a storage engine keeps. A new service adds its interface here.
type Store interface {
	record.Store
	schema.Store
	identity.Store
	oauth.Store
	privateapp.Store
	console.Store
	audit.CallStore
}
