package mcpserver

import (
	"context"

	"mandorla/internal/access"
	"mandorla/internal/record"
)

// Gate is the way to customer data; record.Service is one. Its errors are *fault.Error.
type Gate interface {
	Models(ctx context.Context, p access.Principal) ([]record.ModelView, error)
	Describe(ctx context.Context, p access.Principal, modelName string) (record.ModelView, error)
	List(ctx context.Context, p access.Principal, req record.ListRequest) (*record.Page, error)
	Get(ctx context.Context, p access.Principal, modelName, id string, sel []string) (*record.Page, error)
	Create(ctx context.Context, p access.Principal, w record.Write) (*record.Result, error)
	Update(ctx context.Context, p access.Principal, w record.Write) (*record.Result, error)
	Delete(ctx context.Context, p access.Principal, w record.Write) (*record.Result, error)
	Refusal(ctx context.Context, p access.Principal, modelName string, a access.Action) error
}

var _ Gate = (*record.Service)(nil)

// Authenticator turns an access token into who is asking.
type Authenticator interface {
	// Authenticate checks the token for the resource (the address asked). fault.Unauthenticated means
	// that the token is unknown, expired, ended or for another resource; fault.RateLimited and fault.Unavailable that it could not be
	// checked now. Anything else is a defect; no message of it reaches the caller.
	Authenticate(ctx context.Context, token, resource string, surface access.Surface) (access.Principal, error)
}
