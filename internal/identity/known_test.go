package identity_test

import (
	"context"
	"errors"
	"testing"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/identity"
)

// counting counts how often a person is read.
type counting struct {
	identity.Store
	reads  int
	broken error
}

func (c *counting) MemberByUser(ctx context.Context, tenant, user string) (identity.Membership, error) {
	c.reads++
	if c.broken != nil {
		return identity.Membership{}, c.broken
	}
	return c.Store.MemberByUser(ctx, tenant, user)
}

// TestKnown: a person is read once for each version of the tenant's people, whichever way it moved, and what could not be read is not kept.
func TestKnown(t *testing.T) {
	onEngines(t, map[string]func(*world){"known": func(w *world) {
		store := &counting{Store: w.store}
		o := w.ids.Options
		o.Store = store
		ids := identity.New(o)
		at := func(what, user string, version int64, reads int) *identity.Known {
			w.Helper()
			before := store.reads
			k, err := ids.Known(w.Context(), w.tenant, user, version)
			must(w.T, err)
			if got := store.reads - before; got != reads {
				w.Errorf("%s: read %d times, want %d", what, got, reads)
			}
			return k
		}
		m, err := w.store.MemberByUser(w.Context(), w.tenant, w.user)
		must(w.T, err)
		k := at("at first", w.user, m.PeopleVersion, 1)
		if k.UserName != "Ada Person" || len(k.Decoded) != 1 || len(k.Connecting) != 1 || k.Roles != nil || !k.Decoded[0].Set.Allows("Company", access.Remove) {
			w.Errorf("known %+v", k)
		}
		if at("again", w.user, m.PeopleVersion, 0) != k {
			w.Error("another one")
		}
		at("at a newer version", w.user, m.PeopleVersion+1, 1)
		at("at an older version, as after a restore", w.user, m.PeopleVersion-1, 1)
		store.broken = errors.New("broken")
		if _, err := ids.Known(w.Context(), w.tenant, w.user, m.PeopleVersion+1); !errors.Is(err, store.broken) {
			w.Errorf("got %v", err)
		}
		store.broken = nil
		_, err = ids.Known(w.Context(), w.tenant, "nobody", m.PeopleVersion)
		w.fails(err, fault.NotFound)
		_, err = ids.Known(w.Context(), "another tenant", w.user, m.PeopleVersion)
		w.fails(err, fault.NotFound)
	}})
}
