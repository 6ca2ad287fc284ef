package oauth_test

import (
	"testing"

	"mandorla/internal/oauth"
	"mandorla/internal/store/sqlstore"
)

// row is a row of docs/threats.md. Rows that depend on storage run on every engine.
type row struct {
	name    string // number and title
	stored  bool
	run     func(w *world)
	options func(*oauth.Options)
}

func matrix() []row {
	var all []row
	for _, part := range [][]row{authorizeRows, redirectRows, pkceRows, codeRows, tokenRows, clientRows, refreshRows, revokeRows, introspectRows, metadataRows, resourceRows, consentRows, bearerRows, faultRows, auditRows, registrationRows, documentRows, guardRows} {
		all = append(all, part...)
	}
	return all
}

func TestMatrix(t *testing.T) {
	onStores(t, func(t *testing.T, st *sqlstore.Store, engine string) {
		for _, r := range matrix() {
			if !r.stored && engine != engines[0] {
				continue
			}
			t.Run(r.name, func(t *testing.T) {
				var options []func(*oauth.Options)
				if r.options != nil {
					options = append(options, r.options)
				}
				w := newWorld(t, st, options...)
				w.first()
				r.run(w)
			})
		}
	})
}
