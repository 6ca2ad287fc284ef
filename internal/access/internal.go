package access

// Internal is a kind of thing that belongs to the platform rather than to the customer's data, and is permitted like a model: roles
// name it in their permission set. OAuth clients and private apps never reach one.
type Internal struct {
	Name    string // in permission sets; never changes
	Label   string
	Plural  string
	Icon    string
	Doc     string
	Actions Action   // those that may be given; the rest is the administrators'
	Behind  Switches // the switch that opens the place where it is managed
}

// Names of the internal models.
const (
	OAuthClient = "OAuthClient"
	PrivateApp  = "PrivateApp"
	CustomField = "CustomField"
	RoleModel   = "Role"
)

// Internals lists the internal models in the order people see them.
var Internals = []Internal{
	{OAuthClient, "OAuth client", "OAuth clients", "plug-connected", "Apps that people authorize, such as AI assistants.", View | Create | Update | Remove, SwitchAppCenter},
	{PrivateApp, "Private app", "Private apps", "robot", "Accounts of programs, with tokens of their own.", View | Create | Update | Remove, SwitchAppCenter},
	{CustomField, "Custom field", "Custom fields", "forms", "Properties that this tenant has added to models.", View | Create | Update | Remove, SwitchSettings},
	{RoleModel, "Role", "Roles", "shield", "What people may do. Only administrators change roles and who has them.", View, SwitchSettings},
}

// FindInternal finds an internal model by name.
func FindInternal(name string) (Internal, bool) {
	for _, in := range Internals {
		if in.Name == name {
			return in, true
		}
	}
	return Internal{}, false
}

// Manages reports whether the principal may do this to an internal model: acting directly, with the switch that opens its place and a
// role that allows the action, or as an administrator. A person who is being looked through may still view.
func (p Principal) Manages(internal string, a Action) bool {
	in, ok := FindInternal(internal)
	switch {
	case !ok || p.Client != "" || p.PrivateApp != "" || p.Viewer != nil && a != View:
		return false
	case p.Admin:
		return true
	case p.Switches&in.Behind == 0 || in.Actions&a != a:
		return false
	}
	return p.Can(internal, a)
}

// WithInternals adds every internal model, with all that may be given, to a set.
func WithInternals(set Set) Set {
	out := Set{}
	for name, p := range set {
		out[name] = p
	}
	for _, in := range Internals {
		out[in.Name] = ModelPermission{Actions: in.Actions}
	}
	return out
}

// DataOnly drops the internal models: what clients, private apps and
// authorizations may hold.
func DataOnly(set Set) Set {
	out := Set{}
	for name, p := range set {
		if _, internal := FindInternal(name); !internal {
			out[name] = p
		}
	}
	return out
}
