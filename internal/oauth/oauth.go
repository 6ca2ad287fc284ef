// Package oauth owns the authorization server: OAuth clients, what people authorized them for (authorizations), codes and tokens,
// the token and revocation endpoints, the metadata documents, and the check of a bearer token at every call.
//
// It follows OAuth 2.1 with PKCE (S256) always, RFC 8707 (resource), RFC 9207 (iss), RFC 7009, RFC 8414 and RFC 9728. It knows no
// customer records and renders no page: the authorization page is drawn by package web from BeginAuthorize, Show, Approve and Deny.
package oauth

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"mandorla/internal/identity"
	"mandorla/internal/model"
	"mandorla/internal/picture"
)

// Options are what a Service is made of. Store, Identity, Registry, Origin, Now, Rand and NewID are required.
type Options struct {
	Store    Store
	Identity *identity.Service
	Registry *model.Registry // without custom properties: gives the scopes their models
	Origin   string          // of this server as clients see it, "https://crm.example.com": issuer and base of all addresses
	Now      func() time.Time
	Rand     io.Reader
	NewID    func() string
	Log      *slog.Logger
	// Outbound fetches the metadata documents of apps that register themselves; nil: there are none.
	Outbound Doer
	// ClientIP gives the address of the caller as the trusted proxies tell it; nil: the address of the connection.
	ClientIP func(*http.Request) string

	AccessLifetime  time.Duration // 10 minutes to 24 hours; 0: 8 hours
	RefreshIdle     time.Duration // a connection that is not used for this long ends; 0: 90 days
	RefreshAbsolute time.Duration // a connection ends this long after it was authorized; 0: 365 days
	// Pace limits the calls of each caller at Protect; nil: no limit.
	Pace *identity.Pace
	// MissingResource lets older clients leave the resource parameter out: they then mean the MCP server. Off by default.
	MissingResource bool
}

// Fixed lifetimes and limits.
const (
	codeLifetime    = 60 * time.Second
	pendingLifetime = 10 * time.Minute
	retryWindow     = 60 * time.Second // in which a spent refresh token gives its successors once more
	maxConnections  = 20               // living ones of one person through one client to one resource; the oldest ends
)

// Service answers for everything in this package. Safe for concurrent use.
type Service struct {
	Options
	sets     *identity.Sets
	secrets  *identity.Throttle // wrong client secrets, by client and IP prefix
	requests *identity.Throttle // authorization requests, by IP prefix
	scans    *identity.Throttle // introspections that found nothing, by client
	uses     *identity.Uses
	problems problems
	signs    signs
	logos    *picture.Maker

	registrations *identity.Throttle // dynamic registrations, by IP prefix
	documents     *documents
}

// New checks the options and makes the service.
func New(o Options) (*Service, error) {
	if o.Store == nil || o.Identity == nil || o.Registry == nil || o.Now == nil || o.Rand == nil || o.NewID == nil {
		return nil, errors.New("oauth: Store, Identity, Registry, Now, Rand and NewID are required")
	}
	if err := checkOrigin(o.Origin); err != nil {
		return nil, err
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.ClientIP == nil {
		o.ClientIP = connectionIP
	}
	for _, d := range []struct {
		field              *time.Duration
		name               string
		fallback, from, to time.Duration
	}{
		{&o.AccessLifetime, "access token lifetime", 8 * time.Hour, 10 * time.Minute, 24 * time.Hour},
		{&o.RefreshIdle, "idle lifetime of a connection", 90 * 24 * time.Hour, time.Hour, 365 * 24 * time.Hour},
		{&o.RefreshAbsolute, "absolute lifetime of a connection", 365 * 24 * time.Hour, time.Hour, 5 * 365 * 24 * time.Hour},
	} {
		if *d.field == 0 {
			*d.field = d.fallback
		}
		if *d.field < d.from || *d.field > d.to {
			return nil, fmt.Errorf("oauth: the %s must be between %s and %s", d.name, d.from, d.to)
		}
	}
	return &Service{
		Options:  o,
		sets:     identity.NewSets(4096),
		secrets:  identity.NewThrottle(o.Now, identity.ThrottleRule{Free: 20, First: 2 * time.Second, Longest: 15 * time.Minute}),
		requests: identity.NewThrottle(o.Now, identity.ThrottleRule{Free: 120, First: time.Second, Longest: time.Minute, Forget: time.Minute}),
		scans:    identity.NewThrottle(o.Now, identity.ThrottleRule{Free: 100, First: time.Second, Longest: 5 * time.Minute}),
		uses:     identity.NewUses(o.Store.NoteUses),
		logos:    picture.NewMaker(1),

		registrations: identity.NewThrottle(o.Now, identity.ThrottleRule{Free: 20, First: 30 * time.Second, Longest: time.Hour}),
		documents:     newDocuments(o.Outbound, o.Now),
	}, nil
}

func checkOrigin(origin string) error {
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.Scheme+"://"+u.Host != origin {
		return fmt.Errorf("oauth: the origin %q must be like https://crm.example.com, without a path", origin)
	}
	return nil
}

func connectionIP(r *http.Request) string {
	addr, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	return addr.Addr().String()
}

// random gives n random bytes as base64url behind a prefix.
func (s *Service) random(prefix string, n int) (string, error) {
	raw := make([]byte, n)
	if _, err := io.ReadFull(s.Rand, raw); err != nil {
		return "", fmt.Errorf("read randomness: %w", err)
	}
	return prefix + base64.RawURLEncoding.EncodeToString(raw), nil
}
