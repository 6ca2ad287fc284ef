// Package audit owns the append-only log: every change of customer data, and every act that security cares about
// (sign-in, authorization, token use, client and role changes). Entries are written in the transaction of what they record.
//
// It never holds a secret: no password, token, code or client secret may be put into an Entry.
package audit

import (
	"encoding/json"
	"time"

	"mandorla/internal/access"
)

// Entry is one thing that happened.
type Entry struct {
	ID     string
	Tenant string // "" for acts above tenants
	At     time.Time
	Act    string // dotted: "record.create", "oauth.authorize", "session.start"

	Person        string // id of the User record, "" for the operator or nobody
	PersonName    string // as it was then
	Client        string
	ClientName    string
	Authorization string
	App           string // private app
	AppName       string
	Call          string // id of the call that did it, see Call
	Surface       access.Surface
	IP            string

	Model   string // for record acts
	Record  string
	Changes []Change
	Detail  map[string]string // further facts, safe to show to an administrator
}

// Change is one property's old and new canonical value as JSON; the property is named by its stable ID.
type Change struct {
	Property string          `json:"p"`
	Old      json.RawMessage `json:"o,omitempty"`
	New      json.RawMessage `json:"n,omitempty"`
}

// By starts an entry for an act of this principal. What somebody does who looks through its eyes is that somebody's act.
func By(p access.Principal, act string, at time.Time) Entry {
	if p.Viewer != nil {
		return Entry{
			Tenant: p.Tenant, At: at, Act: act, Person: p.Viewer.Person, PersonName: p.Viewer.PersonName, Surface: p.Surface,
			Detail: map[string]string{"viewing_as": p.Person, "viewing_through": p.Client},
		}
	}
	return Entry{
		Tenant: p.Tenant, At: at, Act: act,
		Person: p.Person, PersonName: p.PersonName,
		Client: p.Client, ClientName: p.ClientName, Authorization: p.Authorization,
		App: p.PrivateApp, AppName: p.PrivateAppName, Call: p.Call,
		Surface: p.Surface,
	}
}
