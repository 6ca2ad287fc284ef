package e2e

import "slices"

// The permission rules of the product once more, as plainly as they can be written: what the walk compares every answer with. It shares
// no code with the product.

// grants holds what a permission set allows, as "Company view" for a model and "Company.phase view" for a property.
type grants map[string]bool

type refRole struct {
	grants    grants
	portfolio string // mine, team, filter, full
	country   string // of the filter
	connects  bool
}

type refPerson struct {
	roles    []int
	teams    []int
	inactive bool
}

type refCompany struct{ owner, coOwner, country int } // people; -1 for nobody

type refConnection struct {
	person   int
	accepted grants
}

// reference is the whole state that decides.
type reference struct {
	roles     []refRole
	people    []refPerson
	client    grants
	disabled  bool
	companies []refCompany
}

// both keeps what both sides allow. A property needs the action on its model.
func both(a, b grants) grants {
	out := grants{}
	for _, m := range walkModels {
		for _, act := range walkActions {
			if !a[m.name+" "+act] || !b[m.name+" "+act] {
				continue
			}
			out[m.name+" "+act] = true
			for _, p := range m.props {
				if key := m.name + "." + p + " " + act; a[key] && b[key] {
					out[key] = true
				}
			}
		}
	}
	return out
}

// reaches: does the role, held by the person, reach the company?
func (s *reference) reaches(r refRole, person int, c refCompany) bool {
	mine := c.owner == person || c.coOwner == person
	switch r.portfolio {
	case "full":
		return true
	case "mine":
		return mine
	case "team":
		return mine || s.teammates(person, c.owner) || s.teammates(person, c.coOwner)
	default:
		return walkCountries[c.country] == r.country
	}
}

func (s *reference) teammates(a, b int) bool {
	return b >= 0 && slices.ContainsFunc(s.people[a].teams, func(t int) bool { return slices.Contains(s.people[b].teams, t) })
}

// allows: is there one role that reaches the company and allows all of it, through the connection if there is one?
func (s *reference) allows(person int, via *refConnection, company int, keys ...string) bool {
	for _, i := range s.people[person].roles {
		r := s.roles[i]
		g := r.grants
		if via != nil {
			g = both(g, both(via.accepted, s.client))
		}
		if (via == nil || r.connects) && s.reaches(r, person, s.companies[company]) && !slices.ContainsFunc(keys, func(k string) bool { return !g[k] }) {
			return true
		}
	}
	return false
}

// offer is what an authorization stores: for each role that may connect, what it shares with the client.
func (s *reference) offer(person int) grants {
	out := grants{}
	for _, i := range s.people[person].roles {
		if s.roles[i].connects {
			for key := range both(s.roles[i].grants, s.client) {
				out[key] = true
			}
		}
	}
	return out
}
