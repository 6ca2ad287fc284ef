// Package fault owns the one error type that crosses packages: what kind of failure it is, a sentence that is safe to
// show to a person, and, where a field is to blame, which one and how to mend it.
//
// It knows nothing of HTTP, MCP or SQL; each surface turns a Kind into its own status. Every package may import it.
package fault

import (
	"errors"
	"fmt"
	"strings"
)

// Kind says what a caller can do about an error. The zero value is Internal, so a forgotten kind never leaks a message.
type Kind uint8

// The kinds. Their order is not part of any stored or wire format.
const (
	Internal        Kind = iota // a defect or a broken dependency: the message stays in the log
	Invalid                     // the input is wrong; Fields say where
	NotFound                    // it does not exist, or it does not exist for this principal: the two are the same
	Forbidden                   // it is visible, but this action on it is not allowed
	Unauthenticated             // nobody, or not known any more
	Conflict                    // the state changed meanwhile, or a unique value is taken
	TooLarge                    // over a stated limit
	RateLimited                 // too often; try again later
	Unavailable                 // a dependency does not answer; try again later
)

var kindNames = [...]string{"internal", "invalid", "not_found", "forbidden", "unauthenticated", "conflict", "too_large", "rate_limited", "unavailable"}

// String gives the stable machine name, such as "not_found"; surfaces put it into their error bodies.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "internal"
}

// Field is one input that is to blame.
type Field struct {
	Path string `json:"property"` // as the caller spelled it, such as "owner" or "filter.owner.nmae"
	Msg  string `json:"message"`  // one sentence with the way out
}

// Error carries a failure across packages. Msg and Fields are safe for people; Err is for the log only.
type Error struct {
	Kind   Kind
	Msg    string
	Fields []Field
	Err    error
}

// Error gives the whole chain, for logs. Use [Safe] for what a person may read.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Msg)
	for _, f := range e.Fields {
		fmt.Fprintf(&b, "; %s: %s", f.Path, f.Msg)
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// New makes an error whose message is safe for people.
func New(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Msg: fmt.Sprintf(format, args...)}
}

// Wrap makes an error with a safe message and a cause for the log.
func Wrap(kind Kind, err error, format string, args ...any) *Error {
	return &Error{Kind: kind, Msg: fmt.Sprintf(format, args...), Err: err}
}

// BadField is an Invalid error about a single input.
func BadField(path, format string, args ...any) *Error {
	msg := fmt.Sprintf(format, args...)
	return &Error{Kind: Invalid, Msg: path + ": " + msg, Fields: []Field{{Path: path, Msg: msg}}}
}

// BadFields is an Invalid error about several inputs; it panics on none.
func BadFields(fields []Field) *Error {
	if len(fields) == 1 {
		return BadField(fields[0].Path, "%s", fields[0].Msg)
	}
	parts := make([]string, len(fields))
	for i, f := range fields {
		parts[i] = f.Path + ": " + f.Msg
	}
	return &Error{Kind: Invalid, Msg: strings.Join(parts, " "), Fields: fields}
}

// KindOf gives the kind of the first *Error in the chain, Internal for any other error.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// Is reports whether err carries this kind.
func Is(err error, kind Kind) bool { return err != nil && KindOf(err) == kind }

// Safe gives what a person may read: the message and fields of the first *Error that is not Internal, else one neutral sentence.
func Safe(err error) (msg string, fields []Field) {
	var e *Error
	if errors.As(err, &e) && e.Kind != Internal {
		return e.Msg, e.Fields
	}
	return "Something went wrong on this side. Try again; if it happens again, tell an administrator when it happened.", nil
}
