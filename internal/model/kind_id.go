package model

type id struct{ ref }

// ID is the record's own identifier: 24 hexadecimal digits, made by the platform, ordered by time of creation.
var ID Kind = id{}

func (id) Name() string  { return "id" }
func (id) Label() string { return "Identifier" }

// Many hides the reference's method: an identifier is not a link.
func (id) Many() {}

func (id) Parse(p *Property, in any) (any, error) {
	if s, ok := in.(string); ok && IsID(s) || in == nil || in == "" {
		return ref{}.Parse(p, in)
	}
	return nil, errWant("an _id of 24 hexadecimal digits", in)
}
