package web

import (
	"mandorla/internal/access"
	"mandorla/internal/fault"
)

// copySource is a permission set that another one can start from.
type copySource struct {
	kind, id string
	label    string
	icon     string
	set      access.Set
}

func (c copySource) key() string { return c.kind + "." + c.id }

// copySources lists the roles, OAuth clients and private apps of the tenant that the person may see. One's own roles are no secret.
func (s *Server) copySources(v *visit) ([]copySource, error) {
	var out []copySource
	var roles []access.Role
	if v.who.Sides != nil {
		roles = v.who.Sides.Roles
	}
	if v.who.Manages(access.RoleModel, access.View) {
		var err error
		if roles, err = s.Identity.Roles(v.ctx(), v.who.Tenant); err != nil {
			return nil, err
		}
	}
	for _, r := range roles {
		out = append(out, copySource{"role", r.ID, "Role " + r.Name, "user-shield", r.Set})
	}
	if v.who.Manages(access.OAuthClient, access.View) {
		clients, err := s.OAuth.Clients(v.ctx(), v.who.Tenant)
		if err != nil {
			return nil, err
		}
		for _, c := range clients {
			out = append(out, copySource{"client", c.ID, "OAuth client " + c.Name, "plug-connected", c.Set})
		}
	}
	if v.who.Manages(access.PrivateApp, access.View) {
		apps, err := s.Apps.Apps(v.ctx(), v.who)
		if err != nil {
			return nil, err
		}
		for _, a := range apps {
			out = append(out, copySource{"app", a.ID, "Private app " + a.Name, "robot", a.Set})
		}
	}
	return out, nil
}

// copied gives the set of a source by its key, nothing for "".
func (s *Server) copied(v *visit, key string) (access.Set, error) {
	if key == "" {
		return access.Set{}, nil
	}
	sources, err := s.copySources(v)
	if err != nil {
		return nil, err
	}
	for _, one := range sources {
		if one.key() == key {
			return one.set, nil
		}
	}
	return nil, fault.BadField("from", "is not there any more. Choose another one.")
}
