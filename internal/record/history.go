package record

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/audit"
	"mandorla/internal/model"
	"mandorla/internal/query"
)

// HistoryEntry is one logged change of a record, as the principal may see it.
type HistoryEntry struct {
	At         time.Time
	Act        string // "record.create", "record.update", "record.remove"
	Person     string
	PersonName string // as it was then; "Somebody" where the principal may not read names of people
	ClientName string // "" when done directly
	AppName    string // the private app, when a program did it
	Surface    access.Surface
	Changes    []Change // only properties that the principal may read on this record
}

// somebody stands for a person whose name may not be read.
const somebody = "Somebody"

// HistoryLimit is how many entries History gives at most.
const HistoryLimit = 100

// History lists the newest changes of a record that the principal may see, newest first. Changes of properties that may
// not be read are left out, and so are entries of which nothing remains, and the names of people where people may not be seen.
func (s *Service) History(ctx context.Context, p access.Principal, modelName, id string) ([]HistoryEntry, error) {
	r, err := s.begin(ctx, p)
	if err != nil {
		return nil, err
	}
	m, err := r.model(modelName, false)
	if err != nil {
		return nil, err
	}
	if err := s.visible(ctx, r, m, id); err != nil {
		return nil, err
	}
	h := historian{s: s, r: r, m: m, id: strings.ToLower(id), readable: map[*model.Property]bool{}, people: r.seesPeople()}
	// How much the log holds of what may not be read must not show, so it is read until enough is left.
	for limit := HistoryLimit; ; limit *= 8 {
		entries, err := s.store.RecordAudit(ctx, p.Tenant, m.Name, h.id, limit)
		if err != nil {
			return nil, fmt.Errorf("read history: %w", err)
		}
		out, err := h.visible(ctx, entries)
		switch {
		case err != nil:
			return nil, err
		case len(out) >= HistoryLimit:
			return out[:HistoryLimit], nil
		case len(entries) < limit:
			return out, nil
		}
	}
}

// historian reads one record's log for one principal.
type historian struct {
	s        *Service
	r        *request
	m        *model.Model
	id       string
	readable map[*model.Property]bool
	people   bool // names of people may be read
}

func (h historian) visible(ctx context.Context, entries []audit.Entry) ([]HistoryEntry, error) {
	var out []HistoryEntry
	for _, e := range entries {
		one := HistoryEntry{At: e.At, Act: e.Act, Person: e.Person, PersonName: e.PersonName, ClientName: e.ClientName, AppName: e.AppName, Surface: e.Surface}
		if !h.people && e.Person != "" && e.Person != h.r.p.Person {
			one.PersonName = somebody
		}
		for _, c := range e.Changes {
			prop, ok := h.m.PropertyByID(c.Property)
			if !ok {
				continue
			}
			seen, known := h.readable[prop]
			if !known {
				var err error
				if seen, err = h.s.readable(ctx, h.r, h.m, prop, h.id); err != nil {
					return nil, err
				}
				h.readable[prop] = seen
			}
			if seen {
				one.Changes = append(one.Changes, Change{Property: prop, Old: stored(prop, c.Old), New: stored(prop, c.New)})
			}
		}
		if len(one.Changes) > 0 {
			out = append(out, one)
		}
	}
	return out, nil
}

// seesPeople reports whether the principal may read the names of users.
func (r *request) seesPeople() bool {
	m, _ := r.Registry().Model("User")
	_, ok := query.Seen(r, m, m.TitleProperty())
	return ok
}

// readable reports whether the property may be read on this very record.
func (s *Service) readable(ctx context.Context, r *request, m *model.Model, p *model.Property, id string) (bool, error) {
	guard, ok := query.Seen(r, m, p)
	if !ok || guard == nil {
		return ok, nil
	}
	return s.reaches(ctx, r, m, id, guard)
}

// stored reads a logged value; nil where there is none, and for one from before the property's options changed.
func stored(p *model.Property, raw json.RawMessage) any {
	var v any
	_ = json.Unmarshal(raw, &v) // nothing logged is no value
	out, _ := p.Kind.Parse(p, v)
	return out
}
