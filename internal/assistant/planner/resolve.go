package planner

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"mandorla/internal/fault"
)

// found is a record that a name may mean.
type found struct {
	model   *Model
	id      string
	name    string
	quality int // 3: exactly this name, 2: contains it as whole words, 1: contains it
}

// isID reports whether a text is the id of a record.
func isID(s string) bool {
	return len(s) == 24 && strings.IndexFunc(strings.ToLower(s), func(r rune) bool { return (r < '0' || r > '9') && (r < 'a' || r > 'f') }) < 0
}

// fold makes names comparable: lower case, one space between words.
func fold(s string) string { return strings.Join(strings.Fields(strings.ToLower(s)), " ") }

// quality says how well a record's name fits what was said.
func quality(name, said string) int {
	name, said = fold(name), fold(said)
	switch {
	case name == said:
		return 3
	case !strings.Contains(name, said):
		return 0
	}
	letter := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
	for rest, at := name, 0; ; {
		i := strings.Index(rest, said)
		if i < 0 {
			return 1
		}
		before, after := []rune(name[:at+i]), []rune(name[at+i+len(said):])
		if (len(before) == 0 || !letter(before[len(before)-1])) && (len(after) == 0 || !letter(after[0])) {
			return 2
		}
		at += i + len(said)
		rest = name[at:]
	}
}

// resolve replaces the names in a question's conditions by ids.
func (r *run) resolve(ctx context.Context, q *Question) error {
	for _, n := range q.Where {
		err := n.walk(func(n *Node) error {
			if n.Names == nil {
				return nil
			}
			return r.resolveNode(ctx, n)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *run) resolveNode(ctx context.Context, n *Node) error {
	references := n.Maybe
	if references == nil {
		references = []*Property{n.Property}
	}
	var ids []any
	var names []string
	for i, said := range n.Names {
		hit, prop, err := r.one(ctx, said, references)
		if err != nil {
			return err
		}
		if i == 0 {
			n.Property, references = prop, []*Property{prop}
		}
		ids, names = append(ids, hit.id), append(names, hit.name)
	}
	n.Value, n.shown = ids[0], orList(names)
	if len(ids) > 1 {
		n.Value = ids
	}
	n.Maybe = nil
	return nil
}

// one finds the one record a name means, among the models that the references lead to.
func (r *run) one(ctx context.Context, said string, references []*Property) (found, *Property, error) {
	if slices.Contains([]string{"me", "i", "myself"}, strings.ToLower(said)) {
		for _, prop := range references {
			if prop.RefersTo == "User" {
				id, name, err := r.me(ctx)
				return found{id: id, name: name}, prop, err
			}
		}
	}
	if isID(said) {
		return found{id: strings.ToLower(said), name: said}, references[0], nil
	}
	var models []*Model
	via := map[string]*Property{}
	for _, prop := range references {
		m, err := r.schema.model(prop.RefersTo)
		if err != nil {
			return found{}, nil, err
		}
		if m == nil {
			continue
		}
		if _, twice := via[m.Name]; !twice {
			models, via[m.Name] = append(models, m), prop
		}
	}
	if len(models) == 0 {
		return found{}, nil, fault.New(fault.NotFound, "This connection cannot look up who or what “%s” is: it does not reach %s. Give the 24-digit id instead.", said, plain(references[0].RefersTo))
	}
	hit, err := r.lookup(ctx, said, models)
	if err != nil {
		return found{}, nil, err
	}
	return hit, via[hit.model.Name], nil
}

func plain(model string) string { return strings.ToLower(model) + " records" }

// lookup finds the one record of the models that a name means.
func (r *run) lookup(ctx context.Context, said string, models []*Model) (found, error) {
	var best []found
	for _, m := range models {
		hits, err := r.search(ctx, m, said)
		if err != nil {
			return found{}, err
		}
		for _, h := range hits {
			if len(best) > 0 && h.quality > best[0].quality {
				best = nil
			}
			if len(best) == 0 || h.quality == best[0].quality {
				best = append(best, h)
			}
		}
		if len(best) > 0 && best[0].quality == 3 {
			break // an exact name in an earlier model leaves no doubt
		}
	}
	switch len(best) {
	case 1:
		return best[0], nil
	case 0:
		nouns := make([]string, len(models))
		for i, m := range models {
			nouns[i] = m.singular()
		}
		return found{}, fault.New(fault.NotFound, "No %s that you may see is named “%s”.", orList(nouns), said)
	}
	names := make([]string, 0, 8)
	for _, h := range best[:min(len(best), 8)] {
		name := h.name
		if len(models) > 1 {
			name += " (" + h.model.singular() + ")"
		}
		if slices.Contains(names, name) || h.quality == 3 {
			name += " " + h.id
		}
		names = append(names, name)
	}
	more := ""
	if len(best) > len(names) {
		more = fmt.Sprintf(" and %d more", len(best)-len(names))
	}
	return found{}, fault.New(fault.Conflict, "“%s” fits several: %s%s. Say which one, with the whole name or the id.", said, strings.Join(names, ", "), more)
}

// search lists the records of a model whose name contains what was said.
func (r *run) search(ctx context.Context, m *Model, said string) ([]found, error) {
	title := m.property(m.Title)
	if title == nil {
		return nil, nil
	}
	by, op := title, "contains"
	if email := m.property("email"); email != nil && strings.Contains(said, "@") {
		by, op = email, "eq"
	}
	hits, more, err := r.hits(ctx, m, by, op, said)
	if err != nil {
		return nil, err
	}
	if more && !slices.ContainsFunc(hits, func(h found) bool { return h.quality == 3 }) {
		exact, _, err := r.hits(ctx, m, by, "eq", said)
		if err != nil {
			return nil, err
		}
		hits = append(hits, exact...)
	}
	return hits, nil
}

func (r *run) hits(ctx context.Context, m *Model, by *Property, op, said string) ([]found, bool, error) {
	page, err := r.list(ctx, map[string]any{
		"model": m.Name, "filter": leaf(by.Name, op, said), "select": []string{m.Title}, "limit": 50,
	})
	if err != nil {
		return nil, false, err
	}
	var out []found
	for _, rec := range page.Records {
		id, _ := rec["_id"].(string)
		h := found{model: m, id: id, name: Text(rec[m.Title])}
		if h.quality = quality(h.name, said); by.Name != m.Title {
			h.quality = 3
		}
		if h.quality > 0 && id != "" {
			out = append(out, h)
		}
	}
	return out, page.HasMore, nil
}

// me gives the User record of the person who is signed in.
func (r *run) me(ctx context.Context) (id, name string, err error) {
	raw, err := r.call(ctx, "who_am_i", map[string]any{})
	if err != nil {
		return "", "", err
	}
	var answer map[string]any
	if err := json.Unmarshal(raw, &answer); err != nil {
		return "", "", fmt.Errorf("read the answer of who_am_i: %w", err)
	}
	for _, key := range []string{"user", "person"} {
		if person, ok := answer[key].(map[string]any); ok {
			for _, k := range []string{"_id", "id", "user_id"} {
				if id, ok := person[k].(string); ok && isID(id) {
					return id, first(Text(person["name"]), "you"), nil
				}
			}
		}
	}
	return "", "", fault.New(fault.NotFound, "The server does not say which user record is yours, so “my” and “me” cannot be used; give the name instead.")
}
