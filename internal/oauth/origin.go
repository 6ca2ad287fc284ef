package oauth

import (
	"net/url"
	"strings"
	"time"
)

// Origin says where a client comes from.
type Origin string

// The origins.
const (
	Made       Origin = ""           // an administrator made it
	Document   Origin = "document"   // its client_id is the address of its Client ID Metadata Document
	Registered Origin = "registered" // dynamic registration (RFC 7591)
)

// Approval says who let in a client that registered itself.
type Approval string

// The approvals. A client that waits or was refused is never enabled.
const (
	LetIn    Approval = "rule"     // the tenant's rules did
	Waiting  Approval = "waiting"  // nobody yet: an administrator has to
	Approved Approval = "approved" // an administrator did
	Refused  Approval = "refused"  // an administrator refused, which is remembered
)

// App is what an app that registers itself says about itself.
type App struct {
	ID           string // client_id: https://… or dc_…
	Origin       Origin
	Name         string // its own claim
	RedirectURIs []string
	NoRefresh    bool      // it asked for no refresh tokens
	ReadAt       time.Time // when the document was read, or the app registered
	FreshUntil   time.Time // the document is read again after that; zero: never
}

const (
	registeredPrefix = "dc_"
	maxDocumentID    = 512
)

// originOf tells by its form alone which origin a client_id has; ok is false for one that no client can have.
func originOf(id string) (o Origin, ok bool) {
	switch {
	case strings.HasPrefix(id, registeredPrefix):
		return Registered, plainID(id)
	case strings.HasPrefix(id, "https:"):
		return Document, DocumentProblem(id) == ""
	}
	return Made, clientIDForm(id)
}

// plainID keeps what is no id of ours away from the store.
func plainID(id string) bool {
	return len(id) <= 80 && madeOf(id, alphanumeric+"-_")
}

// DocumentProblem says what is wrong with the address of a metadata document, "" for nothing: https, a host name with a dot (no
// number, no port), a path, and nothing that could be written in two ways. It is asked before anything is fetched.
func DocumentProblem(id string) string {
	if len(id) > maxDocumentID {
		return "is too long."
	}
	if !printable(id, "\\\"<>^`{|}*#?@") {
		return "may hold plain ASCII only, without a query, a fragment or a user name."
	}
	u, err := url.Parse(id)
	if err != nil || !strings.HasPrefix(id, "https://") || u.Host == "" || u.String() != id {
		return "must be a complete address that begins with https://."
	}
	if HostProblem(u.Host) != "" {
		return "must have a host name in its plain form, without a port."
	}
	if len(u.Path) < 2 || strings.Contains(u.Path, "//") || dotSegment(u.EscapedPath()) {
		return "must have a path, without empty parts and without . or .. as a part."
	}
	return ""
}

// HostProblem says what is wrong with the host of a metadata document, "" for nothing. Its last part begins with a letter, so that no
// number reads as an address.
func HostProblem(host string) string {
	last := host[strings.LastIndexByte(host, '.')+1:]
	if !plainHost(host) || !strings.Contains(host, ".") || !madeOf(last[:1], lower) {
		return "must be a host name such as claude.ai, in lower case, without https:// and without a port."
	}
	return ""
}

// Host is whose word an app's description is: the host of its metadata document; "" for any other client.
func (c Client) Host() string {
	if c.Origin != Document {
		return ""
	}
	return hostOf(c.AppID)
}

func hostOf(id string) string {
	host, _, _ := strings.Cut(strings.TrimPrefix(id, "https://"), "/")
	return host
}
