package explain

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/model"
	"mandorla/internal/query"
	"mandorla/internal/record"
)

// finder finds what words mean, as far as the asker may see it.
type finder struct {
	s     *Service
	asker access.Principal
	reg   *model.Registry
}

// candidate is something that words may mean, with all that it is called.
type candidate struct {
	Named
	also []string
}

// shown is how many candidates a message lists.
const shown = 6

// pick chooses the one candidate that is called so: in full, else by a beginning of its name or of a word in it.
func pick(what, words string, all []candidate) (Named, error) {
	for _, fits := range []func(called string) bool{
		func(called string) bool { return called == words },
		func(called string) bool { return same(called, words) },
		func(called string) bool {
			called, words := " "+strings.ToLower(called), " "+strings.ToLower(words)
			return strings.Contains(called, words)
		},
	} {
		var found []candidate
		for _, c := range all {
			if slices.ContainsFunc(append(c.also, c.ID, c.Name), fits) {
				found = append(found, c)
			}
		}
		switch {
		case len(found) == 1:
			return found[0].Named, nil
		case len(found) > 1:
			return Named{}, fault.New(fault.Invalid, "%q may mean several %s: %s. Say which.", clip(words), what, listed(found))
		}
	}
	if len(all) == 0 {
		return Named{}, fault.New(fault.NotFound, "There are no %s that %q may mean.", what, clip(words))
	}
	return Named{}, fault.New(fault.NotFound, "None of the %s is called %q. There are %s.", what, clip(words), listed(all))
}

func listed(all []candidate) string {
	var out []string
	for i, c := range all {
		if i == shown {
			return strings.Join(out, ", ") + fmt.Sprintf(" and %d more", len(all)-shown)
		}
		name := c.Name
		if len(c.also) > 0 {
			name += " (" + c.also[0] + ")"
		}
		out = append(out, name)
	}
	return access.Listed(out, "and")
}

// who finds a person by id, e-mail address, name or nickname, or, where apps may be meant, a private app.
func (f *finder) who(ctx context.Context, words string, apps bool, out *Answer) error {
	words = strings.TrimSpace(words)
	if same(words, "me") || same(words, "i") {
		words = f.asker.Person
	}
	if words == "" {
		return fault.BadField("person", "is missing: say who is meant.")
	}
	all, err := f.people(ctx)
	if err != nil {
		return err
	}
	app := map[string]bool{}
	if apps && f.asker.Manages(access.PrivateApp, access.View) {
		list, err := f.s.Apps.Apps(ctx, f.asker)
		if err != nil {
			return err
		}
		for _, a := range list {
			app[a.ID] = true
			all = append(all, candidate{Named: Named{ID: a.ID, Name: a.Name}, also: []string{"private app"}})
		}
	}
	found, err := pick("people", words, all)
	if app[found.ID] {
		out.App = &found
	} else {
		out.Person = &found
	}
	return err
}

// people lists the people of the tenant that the asker may see, by name; also[0] is the address.
func (f *finder) people(ctx context.Context) ([]candidate, error) {
	req := record.ListRequest{Model: "User", Select: []string{"name", "email", "nickName"}, Limit: record.MaxLimit}
	var out []candidate
	for {
		page, err := f.s.Gate.List(ctx, f.asker, req)
		if err != nil {
			return nil, err
		}
		for i, row := range page.Rows {
			c := candidate{Named: Named{ID: row.ID, Name: page.TitleOf(i)}}
			for _, name := range []string{"email", "nickName"} {
				if s, ok := page.Value(i, name).(string); ok && s != "" {
					c.also = append(c.also, s)
				}
			}
			out = append(out, c)
		}
		if req.Cursor = page.NextCursor; req.Cursor == "" {
			return out, nil
		}
	}
}

// client finds an OAuth client of the tenant by id or name. Another id is passed on: it may be published by another tenant.
func (f *finder) client(ctx context.Context, words string) (Named, error) {
	clients, err := f.s.OAuth.Clients(ctx, f.asker.Tenant)
	if err != nil {
		return Named{}, err
	}
	all := make([]candidate, len(clients))
	for i, c := range clients {
		all[i] = candidate{Named: Named{ID: c.ID, Name: c.Name}}
	}
	found, err := pick("apps", words, all)
	if err != nil && strings.HasPrefix(words, "pk_") {
		return Named{ID: words, Name: words}, nil
	}
	return found, err
}

// question finds model, property and record.
func (f *finder) question(ctx context.Context, asked Asked, a access.Action) (record.Question, error) {
	if asked.Object != "" {
		return f.object(ctx, asked.Object, a)
	}
	q := record.Question{Question: access.Question{Model: asked.Model, Action: a}}
	m, ok := modelOf(f.reg, asked.Model)
	if !ok { // the gate says what there is
		return q, nil
	}
	q.Model = m.Name
	if asked.Property != "" {
		q.Properties = []string{asked.Property}
		if p, ok := propertyOf(m, asked.Property); ok {
			q.Properties[0] = p.Name
		}
	}
	if asked.Record == "" {
		return q, nil
	}
	found, err := f.record(ctx, m, asked.Record)
	q.Record = found.ID
	return q, err
}

// object reads "companies", "arr of Acme", "arr", "company Acme", "Acme".
func (f *finder) object(ctx context.Context, words string, a access.Action) (record.Question, error) {
	q := record.Question{Question: access.Question{Action: a}}
	if m, ok := modelOf(f.reg, words); ok {
		q.Model = m.Name
		return q, nil
	}
	if property, of, ok := strings.Cut(words, " of "); ok {
		if found, err := f.propertyOf(ctx, property, of, &q); found || err != nil {
			return q, err
		}
	}
	if company, ok := f.reg.Company(); ok {
		if p, ok := propertyOf(company, words); ok {
			q.Model, q.Properties = company.Name, []string{p.Name}
			return q, nil
		}
	}
	m, found, err := f.anywhere(ctx, f.reg.Models(), words)
	if err != nil {
		return q, err
	}
	q.Model, q.Record = m.Name, found.ID
	return q, nil
}

// propertyOf reads a property and what it is of: a model, or a record of one that has it. found is false where no model has it.
func (f *finder) propertyOf(ctx context.Context, property, of string, q *record.Question) (found bool, err error) {
	var having []*model.Model
	for _, m := range f.reg.Models() {
		if _, ok := propertyOf(m, property); ok {
			having = append(having, m)
		}
	}
	m, ok := modelOf(f.reg, of)
	switch {
	case ok:
		q.Model = m.Name
	case len(having) == 0:
		return false, nil
	default:
		var rec Named
		if m, rec, err = f.anywhere(ctx, having, of); err != nil {
			return false, err
		}
		q.Model, q.Record = m.Name, rec.ID
	}
	if p, ok := propertyOf(m, property); ok {
		property = p.Name
	}
	q.Properties = []string{property}
	return true, nil
}

// anywhere finds a record by its title, among several models; "company Acme" names one.
func (f *finder) anywhere(ctx context.Context, models []*model.Model, words string) (*model.Model, Named, error) {
	parts := strings.Fields(words)
	for n := min(2, len(parts)-1); n > 0; n-- {
		m, ok := modelOf(f.reg, strings.Join(parts[:n], " "))
		if ok && slices.Contains(models, m) {
			found, err := f.record(ctx, m, strings.Join(parts[n:], " "))
			return m, found, err
		}
	}
	var all []candidate
	of := map[string]*model.Model{}
	for _, m := range models {
		some, err := f.titled(ctx, m, words)
		if err != nil {
			return nil, Named{}, err
		}
		for _, c := range some {
			of[c.ID] = m
			c.also = []string{strings.ToLower(m.Label)}
			all = append(all, c)
		}
	}
	if len(all) == 0 {
		return nil, Named{}, fault.New(fault.NotFound, "Nothing here is called %q: no model, no property and no record.", clip(words))
	}
	found, err := pick("records", words, all)
	return of[found.ID], found, err
}

// record finds a record of a model by id or title.
func (f *finder) record(ctx context.Context, m *model.Model, words string) (Named, error) {
	if model.IsID(words) {
		return Named{ID: words}, nil
	}
	all, err := f.titled(ctx, m, words)
	if err != nil {
		return Named{}, err
	}
	return pick(strings.ToLower(m.Plural), words, all)
}

// titled lists records whose title holds the words; an exact title is always among them. A model that the asker may not view has none.
func (f *finder) titled(ctx context.Context, m *model.Model, words string) ([]candidate, error) {
	var out []candidate
	for _, req := range []record.ListRequest{
		{Filter: query.Where(m.Title, model.Eq, words)},
		{Filter: query.Where(m.Title, model.Contains, words)},
	} {
		if t := m.TitleProperty(); t.Computed() {
			req = record.ListRequest{Search: words}
		}
		req.Model, req.Select, req.Limit = m.Name, []string{m.Title}, 200
		page, err := f.s.Gate.List(ctx, f.asker, req)
		if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Invalid) { // the model or its title is hidden
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		for i, row := range page.Rows {
			c := candidate{Named: Named{ID: row.ID, Name: page.TitleOf(i)}}
			if !slices.ContainsFunc(out, func(have candidate) bool { return have.ID == c.ID }) {
				out = append(out, c)
			}
		}
	}
	return out, nil
}
