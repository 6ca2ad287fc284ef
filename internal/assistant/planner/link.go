package planner

import "slices"

// ownership reads "owned by Carly", "Carly owns" and "does Carly own".
func (p *parser) ownership(i int) (*Node, int) {
	owner := p.owner()
	if n := p.any(i, "owned by", "assigned to", "managed by", "belonging to", "belongs to", "belong to"); n > 0 {
		if p.at(i, "owned") || p.at(i, "assigned") || p.at(i, "managed") {
			if owner == nil {
				return nil, 0
			}
			if texts, k := p.texts(i + n); k > 0 {
				return p.reference(owner, p.bareNames(texts, owner.RefersTo)), n + k
			}
			return nil, 0
		}
		return p.linkTo(i, n)
	}
	start := i + p.any(i, "does", "do", "did")
	for j := start + 1; j <= min(start+5, len(p.toks)-1); j++ {
		if owner != nil && p.any(j, "owns", "own", "manages", "manage") > 0 && p.nameLike(start, j) {
			return p.reference(owner, []string{p.bareName(p.text(start, j), owner.RefersTo)}), j + 1 - i
		}
		if start > i && p.any(j, "have", "has") > 0 && p.nameLike(start, j) { // "how many end users does Acme have"
			if maybe := p.anchors(); len(maybe) > 0 {
				return &Node{Op: "eq", Maybe: maybe, Names: []string{p.bareName(p.text(start, j), maybe[0].RefersTo)}}, j + 1 - i
			}
		}
	}
	return nil, 0
}

// nameLike reports whether the tokens could be a name: no grammar word among them, unless quoted.
func (p *parser) nameLike(i, j int) bool {
	for k := i; k < j; k++ {
		if !p.toks[k].quoted && slices.Contains([]string{"is", "are", "where", "that", "which", "who", "with", ",", "sorted", "by", "not", "or", "over", "under", "than", "="}, p.toks[k].low) {
			return false
		}
	}
	return j > i && j <= len(p.toks)
}

// owner gives the reference to the person in charge, nil if the model has none.
func (p *parser) owner() *Property {
	for _, name := range []string{"owner", "ownerId"} {
		if prop := p.model.property(name); prop != nil && prop.is("ref") {
			return prop
		}
	}
	return nil
}

// anchors gives the references that "of NAME" may mean: the company first, then the owner, then any other single reference.
func (p *parser) anchors() []*Property {
	var out []*Property
	add := func(prop *Property) {
		if prop != nil && prop.is("ref") && !slices.Contains(out, prop) {
			out = append(out, prop)
		}
	}
	for _, name := range []string{"companyId", "company"} {
		add(p.model.property(name))
	}
	add(p.owner())
	if len(out) == 0 {
		for i := range p.model.Properties {
			if p.model.Properties[i].is("ref") {
				add(&p.model.Properties[i])
				break
			}
		}
	}
	return out
}

// link reads "of Acme", "at Acme", "work at Acme".
func (p *parser) link(i int) (*Node, int) {
	n := p.any(i, "who work at", "who work for", "working at", "working for", "works at", "works for", "work at", "work for", "employed by", "employed at", "of", "at", "for", "from", "on", "belonging to")
	if n == 0 {
		return nil, 0
	}
	return p.linkTo(i, n)
}

// bareDate reads a period on its own, such as "this week", for models with one date that matters.
func (p *parser) bareDate(i int) (*Node, int) {
	for _, name := range []string{"date", "dueDate", "endTime"} {
		if prop := p.model.property(name); prop != nil && prop.isDate() {
			if d, n := p.day(i + 1); n > 0 && p.at(i, "from") && !p.at(i+1+n, "to") && !p.at(i+1+n, "until") {
				return d.condition(prop), 1 + n // "from last week" is that week alone
			}
			if d, n := p.period(i); n > 0 {
				return d.condition(prop), n
			}
			return nil, 0
		}
	}
	return nil, 0
}

func (p *parser) linkTo(i, n int) (*Node, int) {
	if to, k := longest(p, i+n+p.any(i+n, "the", "all"), p.nouns); k > 0 && !to.singular {
		p.fail(i+n, "A question can be about one kind of record at a time, linked to others by their names.")
		return nil, 0
	}
	maybe := p.anchors()
	if len(maybe) == 0 {
		p.fail(i, "%s do not belong to anything this connection can see.", first(p.model.Plural, p.model.Label))
		return nil, 0
	}
	texts, k := p.texts(i + n)
	if k == 0 {
		return nil, 0
	}
	for _, prop := range maybe { // "of user Carly" can only be one of them
		if bare := p.bareNames(texts, prop.RefersTo); !slices.Equal(bare, texts) {
			return p.reference(prop, bare), n + k
		}
	}
	op := "eq"
	if len(texts) > 1 {
		op = "in"
	}
	return &Node{Op: op, Maybe: maybe, Names: texts}, n + k
}

func (p *parser) bareNames(texts []string, model string) []string {
	out := make([]string, len(texts))
	for i, t := range texts {
		out[i] = p.bareName(t, model)
	}
	return out
}
