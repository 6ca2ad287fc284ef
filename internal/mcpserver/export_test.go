package mcpserver

// What the tests of this folder reach inside for.
var (
	ExampleCreation = exampleCreation
	ExampleChange   = exampleChange
	ParseEnvelope   = parseEnvelope
)

// Err gives the message a refused envelope is answered with, "" where it is accepted.
func (e *rpcError) Err() string {
	if e == nil {
		return ""
	}
	return e.message
}

// Method and Name give what was read.
func (e *envelope) Method() string { return e.method }

// Name gives params.name.
func (e *envelope) Name() string { return e.name }
