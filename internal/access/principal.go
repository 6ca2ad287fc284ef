package access

import "mandorla/internal/model"

// Portfolio is the kind of rows a role reaches.
type Portfolio string

// The portfolios. An unknown one reaches nothing.
const (
	MyPortfolio Portfolio = "mine" // companies the person owns or co-owns, and what hangs off them
	FullAccess  Portfolio = "full" // every company
)

// Role is a person's permissions in a tenant.
type Role struct {
	ID        string
	Tenant    string
	Name      string
	Doc       string
	Portfolio Portfolio
	Set       Set
	Admin     bool  // may use the App Center and the settings
	Version   int64 // grows with every change
}

// Surface is where a request came in.
type Surface string

// The surfaces, as written to the audit log.
const (
	SurfaceWeb     Surface = "web"
	SurfaceMCP     Surface = "mcp"
	SurfaceREST    Surface = "rest"
	SurfaceCommand Surface = "command"
)

// Principal is who a request is. It is made by identity (a person's session), oauth (a person through a client) or by the
// command line (an operator on the machine), is immutable, and lives for one request.
type Principal struct {
	Tenant     string // id
	TenantName string
	Person     string // id of the User record; "" for the operator
	PersonName string
	Email      string

	Client        string // OAuth client id; "" when the person came directly
	ClientName    string
	Authorization string // id of the authorization, when through a client

	Surface Surface
	Admin   bool // any of the person's roles has Admin, and no client stands between
	Roles   []string

	RegistryVersion int64 // version of the tenant's registry at the time the principal was read
	Lanes           []Lane
}

// Lane is one role's worth of effective permission: authorization ∩ client ∩ this role, on this role's rows.
// A row and a property are reached only where one and the same lane grants both.
type Lane struct {
	Role      string // the role's name, for explanations
	Portfolio Portfolio
	Set       Set
}

// PersonLanes are the lanes of a person with these roles, acting directly.
func PersonLanes(roles []Role) []Lane {
	out := make([]Lane, 0, len(roles))
	for _, r := range roles {
		out = append(out, Lane{Role: r.Name, Portfolio: r.Portfolio, Set: r.Set.Normal()})
	}
	return out
}

// ThroughClient narrows lanes to what an authorization and its client allow now. Lanes that keep nothing are dropped.
func ThroughClient(lanes []Lane, authorization, client Set) []Lane {
	ceiling := authorization.Intersect(client)
	var out []Lane
	for _, l := range lanes {
		l.Set = l.Set.Intersect(ceiling)
		if len(l.Set) > 0 {
			out = append(out, l)
		}
	}
	return out
}

// Union is what lanes allow together, for showing and for the set an authorization stores. Never use it to decide
// about a row: a union of lanes is wider than the lanes.
func Union(lanes []Lane) Set {
	out := Set{}
	for _, l := range lanes {
		for name, p := range l.Set {
			have := out[name]
			have.Actions |= p.Actions
			have.View = have.View.union(p.View)
			have.Update = have.Update.union(p.Update)
			out[name] = have
		}
	}
	return out
}

func (p Properties) union(q Properties) Properties {
	if p.All || q.All {
		return AllProperties
	}
	return Only(append(append([]string{}, p.IDs...), q.IDs...)...)
}

// Can reports whether any lane allows the action on the model, whatever the row.
func (p Principal) Can(modelName string, a Action) bool {
	for _, l := range p.Lanes {
		if l.Set.Allows(modelName, a) {
			return true
		}
	}
	return false
}

// Operator is the person at the machine's own command line: everything on every row of one tenant. No network request ever gets it.
func Operator(tenant string, reg *model.Registry, version int64) Principal {
	return Principal{
		Tenant: tenant, PersonName: "Operator", Surface: SurfaceCommand, Admin: true, RegistryVersion: version,
		Lanes: []Lane{{Role: "Operator", Portfolio: FullAccess, Set: Full(reg)}},
	}
}
