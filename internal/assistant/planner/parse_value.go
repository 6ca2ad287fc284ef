package planner

import "slices"

// valueQuestion reads "what is the ARR of Acme", "what is Acme's ARR" and "list the name and status of companies …".
func (p *parser) valueQuestion() (*Question, error) {
	i := p.any(0, "please")
	n := p.any(i, "what is", "what's", "who is", "who's", "when is", "when was", "where is", "what are", "who are", "what was", "show me", "show", "list", "give me", "tell me", "get", "find")
	n += p.any(i+n, "'s")
	if n == 0 {
		return nil, nil
	}
	i += n
	i += p.any(i, "the")
	for j := i; j < len(p.toks); j++ {
		switch {
		case p.any(j, "of", "for") > 0 && j > i:
			return p.valuesOf(i, j, j+1)
		case p.at(j, "'s") && j > i && j+1 < len(p.toks):
			return p.valuesPossessive(i, j)
		}
	}
	return nil, nil
}

// valuesOf reads PROPERTIES "of" [MODEL] NAME, and PROPERTIES "of" MODELS.
func (p *parser) valuesOf(i, j, k int) (*Question, error) {
	k += p.any(k, "the", "all", "all the", "every")
	to, n := longest(p, k, p.nouns)
	name := p.schema.Models[0].Name
	if n > 0 {
		name = to.model.Name
	}
	if err := p.use(name); err != nil || p.model == nil {
		return nil, err
	}
	columns := p.columns(i, j)
	if columns == nil {
		return nil, nil
	}
	if n > 0 && !to.singular {
		q := &Question{Model: p.model, Columns: columns, All: p.at(k-1, "all")}
		return q, p.clauses(q, k+n, false)
	}
	if text := p.rest(k + n); text != "" {
		return &Question{Intent: Value, Model: p.model, Models: []*Model{p.model}, Name: text, Columns: columns}, nil
	}
	return nil, nil
}

func (p *parser) valuesPossessive(i, j int) (*Question, error) {
	if err := p.use(p.schema.Models[0].Name); err != nil || p.model == nil {
		return nil, err
	}
	columns := p.columns(j+1, p.lastWord())
	if columns == nil {
		return nil, nil
	}
	name := p.bareName(p.text(i, j), p.model.Name)
	return &Question{Intent: Value, Model: p.model, Models: []*Model{p.model}, Name: name, Columns: columns}, nil
}

// lastWord gives where the question ends without a "please".
func (p *parser) lastWord() int {
	end := len(p.toks)
	for end > 0 && p.any(end-1, "please", ",") > 0 {
		end--
	}
	return end
}

// columns reads properties joined by commas and "and" that fill the tokens from i to j; nil if they do not.
func (p *parser) columns(i, j int) []*Property {
	var out []*Property
	for i < j {
		i += p.any(i, "the")
		prop, n := longest(p, i, p.phrases)
		if n == 0 || i+n > j {
			return nil
		}
		if !slices.Contains(out, prop) {
			out = append(out, prop)
		}
		i += n
		if i < j {
			joint := p.any(i, ", and", "and", ",")
			if joint == 0 {
				return nil
			}
			i += joint
		}
	}
	return out
}

// ownerQuestion reads "who owns Acme".
func (p *parser) ownerQuestion() (*Question, error) {
	n := p.any(0, "who owns", "who manages", "who is responsible for", "who looks after")
	if n == 0 || n == len(p.toks) {
		return nil, nil
	}
	name := p.schema.Models[0].Name
	n += p.any(n, "the")
	if to, k := longest(p, n, p.nouns); k > 0 && to.singular {
		name = to.model.Name
		n += k
	}
	if err := p.use(name); err != nil || p.model == nil {
		return nil, err
	}
	owner, text := p.owner(), p.rest(n)
	if owner == nil || text == "" {
		return nil, nil
	}
	return &Question{Intent: Value, Model: p.model, Models: []*Model{p.model}, Name: text, Columns: []*Property{owner}}, nil
}

// nameQuestion reads "show Acme" and "who is Carly": a name without a model, looked for wherever names are.
func (p *parser) nameQuestion() (*Question, error) {
	n := p.any(0, "show me", "show", "open", "tell me about", "about", "describe", "details of", "details for", "find", "look up", "who is", "who's", "who", "get")
	n += p.any(n, "'s")
	n += p.any(n, "the record", "record")
	if n == 0 || n >= len(p.toks) {
		return nil, nil
	}
	order := []string{"Company", "End User", "User"}
	if p.at(0, "who") {
		order = []string{"User", "End User", "Company"}
	}
	q := &Question{Intent: Show, Name: p.rest(n)}
	for _, name := range order {
		m, err := p.schema.model(name)
		if err != nil {
			return nil, err
		}
		if m != nil && m.property(m.Title) != nil {
			q.Models = append(q.Models, m)
		}
	}
	if len(q.Models) == 0 || q.Name == "" || len(p.toks)-n > 6 {
		return nil, nil
	}
	return q, nil
}
