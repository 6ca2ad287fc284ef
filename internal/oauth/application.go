package oauth

import (
	"context"
	"fmt"

	"mandorla/internal/access"
	"mandorla/internal/fault"
)

// Application is one connection as the person who made it sees it.
type Application struct {
	Connection
	Description string
	Kind        ClientKind
	RedirectURI string     // the client's first, by which presets are told apart
	Works       access.Set // what of Connection.Set works now, after client and roles
	Stopped     string     // why nothing works now, a sentence; "" where the connection works
}

// Application gives a living connection to the person whose it is. Somebody else's and one that is over are fault.NotFound.
func (s *Service) Application(ctx context.Context, by access.Principal, id string) (Application, error) {
	list, err := s.connections(ctx, Which{ID: id, Tenant: by.Tenant, Person: by.Person, Alive: s.Now()})
	if err != nil {
		return Application{}, err
	}
	if len(list) != 1 || by.Person == "" || by.Tenant == "" || !by.Direct() {
		return Application{}, errNoConnection
	}
	st, err := s.Store.Standing(ctx, id)
	if err != nil {
		return Application{}, fmt.Errorf("read connection: %w", err)
	}
	out := Application{Connection: list[0], Description: st.Client.Description, Kind: st.Client.Kind, Stopped: s.stopped(st)}
	client, err := s.clientByID(ctx, st.Client.ID) // a standing carries no redirect addresses
	if err != nil {
		return Application{}, err
	}
	if len(client.RedirectURIs) > 0 {
		out.RedirectURI = client.RedirectURIs[0]
	}
	if out.Stopped != "" {
		return out, nil
	}
	p, err := s.effective(st, st.Authorization.Scope, access.SurfaceWeb)
	if err != nil {
		return Application{}, err
	}
	out.Works = access.Union(p.Lanes).Normal()
	return out, nil
}

var errNoConnection = fault.New(fault.NotFound, "There is no such connection.")

// stopped says why a connection that has not ended does not work, in the words for its person.
func (s *Service) stopped(st Standing) string {
	switch {
	case st.alive(s.Now()):
		return ""
	case st.Client.Suspended:
		return "The organisation that the app belongs to is suspended."
	case !st.Client.Published && st.Client.Tenant != st.Authorization.Tenant:
		return "The app is open to its own organisation only now."
	}
	return "Your account or your membership changed since you authorized it."
}
