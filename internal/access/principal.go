package access

import "mandorla/internal/model"

// Role is a person's permissions in a tenant.
type Role struct {
	ID        string
	Tenant    string
	Name      string
	Doc       string
	Portfolio Portfolio
	Set       Set      // may also name internal things: see Internals
	Switches  Switches // workflow permissions
	Admin     bool     // manages everything: every switch, every internal thing, roles and who has them
	Version   int64    // grows with every change
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

// Principal is who a request is. It is made by identity (a person's session), oauth (a person through a client), privateapp (a program)
// or by the command line (an operator on the machine), is immutable, and lives for one request.
type Principal struct {
	Tenant     string // id
	TenantName string
	Person     string // id of the User record; "" for the operator and for a private app
	PersonName string
	Email      string
	Teams      []string // ids of the teams the person is in

	Client        string // OAuth client id; "" when the person came directly
	ClientName    string
	Authorization string // id of the authorization, when through a client

	PrivateApp     string // id, when the request is a program's
	PrivateAppName string
	Token          string // name of the private app's token

	Surface  Surface
	Call     string // id of the call in the call log; "" on surfaces that keep none
	Admin    bool   // any of the person's roles has Admin, and no client stands between
	Switches Switches
	Roles    []string

	// Viewer is the administrator who looks through this principal's eyes ("view as"); nothing may then be changed. nil: nobody does.
	Viewer *Viewer

	RegistryVersion int64 // version of the tenant's registry at the time the principal was read
	PeopleVersion   int64 // likewise of its people: who is in which team, among other things; 0: not known
	Lanes           []Lane
	Sides           *Sides // what the lanes were made of, for explanations; nil: the lanes are all there is
}

// Sides are the sets whose overlap a principal's lanes are. They decide nothing: explanations name the one that refuses.
type Sides struct {
	Roles         []Role
	Authorization Set  // as accepted by the person; nil when direct
	Client        Set  // the client's ceiling; nil when direct, and for a dynamic client
	Dynamic       bool // the client has no set of its own
	Scope         Set  // what the token's scope leaves of the authorization; nil when direct
	Inclusive     bool // the token's scope is not about single models: it leaves everything in
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
		out = append(out, r.Lane())
	}
	return out
}

// Lane is what the role allows its people directly: without the export switch, nothing may be exported.
func (r Role) Lane() Lane {
	set := r.Set.Normal()
	if !r.Has(SwitchExport) {
		set = set.Without(Export)
	}
	return Lane{Role: r.Name, Portfolio: r.Portfolio, Set: set}
}

// ConnectingLanes are the lanes of a person through any client: those of roles that may connect apps.
func ConnectingLanes(roles []Role) []Lane {
	var out []Lane
	for _, r := range roles {
		if r.Has(SwitchConnect) {
			out = append(out, r.Lane())
		}
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

// Direct reports whether the person acts in their own right: no client, no program, and nobody looking through their eyes.
func (p Principal) Direct() bool { return p.Client == "" && p.PrivateApp == "" && p.Viewer == nil }

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
		Lanes: []Lane{{Role: "Operator", Portfolio: FullAccess, Set: Full(reg)}}, Switches: AllSwitches,
	}
}

// Founder makes the first person of a tenant that has nobody yet: User records and nothing else. A super admin's act is done by it while
// the tenant is made, and it is then gone.
func Founder(tenant string) Principal {
	set := Set{"User": {Actions: View | Create, View: AllProperties, Update: AllProperties}}
	return Principal{
		Tenant: tenant, PersonName: "Super admin", Surface: SurfaceWeb, Admin: true,
		Lanes: []Lane{{Role: "Founder", Portfolio: FullAccess, Set: set}},
	}
}
