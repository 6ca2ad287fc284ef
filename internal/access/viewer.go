package access

import "mandorla/internal/fault"

// Viewer is a person who looks through another principal's eyes.
type Viewer struct {
	Person, PersonName string
}

// SeenBy gives the principal as somebody else looks through its eyes: it reaches the same, and may change nothing.
func (p Principal) SeenBy(viewer Principal) Principal {
	p.Viewer = &Viewer{Person: viewer.Person, PersonName: viewer.Called()}
	return p
}

// Called is how the person is named to people: the name, or the address where there is none.
func (p Principal) Called() string {
	if p.PersonName == "" {
		return p.Email
	}
	return p.PersonName
}

// MayChange refuses every change, and every try of one, while somebody looks through this principal's eyes; nil otherwise. It is asked
// before what the principal may do.
func (p Principal) MayChange() error {
	if p.Viewer == nil {
		return nil
	}
	return fault.New(fault.Forbidden, "You are viewing as %s. Stop viewing as to make changes.", p.Called())
}
