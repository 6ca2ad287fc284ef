package record

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"mandorla/internal/access"
	"mandorla/internal/model"
)

// HistoryEntry is one logged change of a record, as the principal may see it.
type HistoryEntry struct {
	At         time.Time
	Act        string // "record.create", "record.update", "record.remove"
	Person     string
	PersonName string
	ClientName string // "" when done directly
	Surface    access.Surface
	Changes    []Change // only properties that the principal may read on this record
}

// HistoryLimit is how many entries History gives at most.
const HistoryLimit = 100

// History lists the newest changes of a record that the principal may see, newest first. Changes of properties that may
// not be read are left out, and so are entries of which nothing remains.
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
	entries, err := s.store.RecordAudit(ctx, p.Tenant, m.Name, id, HistoryLimit)
	if err != nil {
		return nil, fmt.Errorf("read history: %w", err)
	}
	readable := map[*model.Property]bool{}
	var out []HistoryEntry
	for _, e := range entries {
		h := HistoryEntry{At: e.At, Act: e.Act, Person: e.Person, PersonName: e.PersonName, ClientName: e.ClientName, Surface: e.Surface}
		for _, c := range e.Changes {
			prop, ok := m.PropertyByID(c.Property)
			if !ok {
				continue
			}
			seen, known := readable[prop]
			if !known {
				if seen, err = s.readable(ctx, r, m, prop, id); err != nil {
					return nil, err
				}
				readable[prop] = seen
			}
			if seen {
				h.Changes = append(h.Changes, Change{Property: prop, Old: stored(prop, c.Old), New: stored(prop, c.New)})
			}
		}
		if len(h.Changes) > 0 {
			out = append(out, h)
		}
	}
	return out, nil
}

// readable reports whether the property may be read on this very record.
func (s *Service) readable(ctx context.Context, r request, m *model.Model, p *model.Property, id string) (bool, error) {
	guard, ok := r.sees(m, p)
	if !ok || guard == nil {
		return ok, nil
	}
	return s.reaches(ctx, r, m, id, guard)
}

func stored(p *model.Property, raw json.RawMessage) any {
	if raw == nil {
		return nil
	}
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil
	}
	out, err := p.Kind.Parse(p, v)
	if err != nil { // a value from before the property's options changed
		return nil
	}
	return out
}
