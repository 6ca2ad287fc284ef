package oauth

import (
	"slices"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/model"
)

// The scopes that are not "<route>:<action>".
const (
	// ScopeInclusive asks for exactly the overlap of client and role; it is what a request without a scope means.
	ScopeInclusive = "inclusive"
	// ScopeOffline is accepted for the clients that want to ask for refresh tokens; every authorization gets them.
	ScopeOffline = "offline_access"
)

const maxScopes = 256

// parseScope checks a scope parameter and brings it into its stored form: sorted, without doubles. ok is false for bad syntax
// (RFC 6749 section 3.3) and for any scope that is not ours.
func parseScope(reg *model.Registry, scope string) (canonical string, ok bool) {
	if scope == "" {
		return ScopeInclusive, true
	}
	list := strings.Split(scope, " ")
	if len(list) > maxScopes {
		return "", false
	}
	for _, one := range list {
		if one == ScopeInclusive || one == ScopeOffline {
			continue
		}
		if _, _, known := modelScope(reg, one); !known {
			return "", false
		}
	}
	if len(list) == 1 && list[0] == ScopeOffline {
		list = append(list, ScopeInclusive)
	}
	slices.Sort(list)
	return strings.Join(slices.Compact(list), " "), true
}

// modelScope reads "companies:view"; only the route counts as the name of a model here.
func modelScope(reg *model.Registry, scope string) (*model.Model, access.Action, bool) {
	route, name, _ := strings.Cut(scope, ":")
	action, ok := access.ParseAction(name)
	if !ok {
		return nil, 0, false
	}
	for _, m := range reg.Models() {
		if m.Route == route {
			return m, action, true
		}
	}
	return nil, 0, false
}

// narrow keeps what the scopes ask for. With inclusive among them nothing is taken away.
func narrow(reg *model.Registry, set access.Set, scope string) access.Set {
	if inclusive(scope) {
		return set
	}
	return set.Intersect(named(reg, scope))
}

// inclusive reports whether the scope asks for all that client and role share.
func inclusive(scope string) bool { return slices.Contains(strings.Split(scope, " "), ScopeInclusive) }

// named is what the scopes of single models ask for, with all properties.
func named(reg *model.Registry, scope string) access.Set {
	out := access.Set{}
	for one := range strings.SplitSeq(scope, " ") {
		if m, action, ok := modelScope(reg, one); ok {
			p := out[m.Name]
			p.Actions |= action
			p.View, p.Update = access.AllProperties, access.AllProperties
			out[m.Name] = p
		}
	}
	return out.Normal()
}

// within reports whether a refresh may ask for this scope: nothing that the authorization does not have.
func within(asked, have string) bool {
	all := strings.Split(have, " ")
	if slices.Contains(all, ScopeInclusive) {
		return true
	}
	for one := range strings.SplitSeq(asked, " ") {
		if one != ScopeOffline && !slices.Contains(all, one) {
			return false
		}
	}
	return true
}
