package planner

// clause is one part of a question after the models: exactly one of its fields is set.
type clause struct {
	node   *Node
	sort   []Sort
	limit  int
	search string
}

// boundary reports whether free text that is being read ends before i, because something else begins there.
func (p *parser) boundary(i int) bool {
	if i >= len(p.toks) {
		return true
	}
	if ends, ok := p.memo[i]; ok {
		return ends
	}
	p.memo[i] = true // while it is being worked out, nothing deeper runs past it
	ends := p.begins(i)
	p.memo[i] = ends
	return ends
}

func (p *parser) begins(i int) bool {
	if p.toks[i].quoted {
		return false
	}
	if n := p.any(i, ", and", ", or", "and", "or", ",", "but"); n > 0 {
		if i+n >= len(p.toks) {
			return true
		}
		_, k := p.try(i + n)
		return k > 0
	}
	if p.any(i, "where", "whose", "with", "without", "having", "that", "which", "who", "sorted by", "sort by", "ordered by", "order by", "owned by", "assigned to", "managed by", "limit", "please") > 0 {
		_, k := p.try(i)
		return k > 0 || p.trailing(i) == len(p.toks)
	}
	if p.any(i, "by", "in") > 0 {
		if _, n := longest(p, i+1, p.phrases); n > 0 {
			_, k := p.try(i)
			return k > 0
		}
		return false
	}
	if prop, n := longest(p, i, p.phrases); n > 0 && prop.isDate() { // "of Acme due before …"
		_, k := p.period(i + n)
		return k > 0
	}
	return false
}

// attempt is what reading a clause somewhere came to.
type attempt struct {
	clause clause
	n      int
}

// try reads a clause without leaving a trace in the errors. Each place is tried once, so that long questions
// stay cheap.
func (p *parser) try(i int) (clause, int) {
	if done, ok := p.tried[i]; ok {
		return done.clause, done.n
	}
	saved := p.failure
	c, n := p.clause(i)
	p.failure = saved
	p.tried[i] = attempt{c, n}
	return c, n
}

// clause reads one clause at i; n is 0 if none stands there.
func (p *parser) clause(i int) (clause, int) {
	if p.depth > maxTokens {
		return clause{}, 0
	}
	p.depth++
	defer func() { p.depth-- }()
	at := i + p.any(i, "where", "that", "which", "who", "whose", "whom", "for which", "in which")
	at += p.any(at, "the", "their", "its", "there is", "there are")
	verb := p.any(at, "are currently", "is currently", "is", "are", "was", "were", "with", "has", "have", "having", "been")
	if verb > 0 { // "not" may follow; articles too
		if c, n := p.plain(at+verb, true); n > 0 {
			return c, at + verb + n - i
		}
	}
	if c, n := p.plain(at, false); n > 0 {
		return c, at + n - i
	}
	return clause{}, 0
}

// plain reads a clause without the words that lead to it. verb says that "is", "has" or "with" stood before it.
func (p *parser) plain(i int, verb bool) (clause, int) {
	if i >= len(p.toks) {
		return clause{}, 0
	}
	if n := p.any(i, "not"); n > 0 {
		for _, read := range []func(int) (*Node, int){p.ownership, p.adjective} {
			if node, k := read(i + n); k > 0 {
				return clause{node: negate(node)}, n + k
			}
		}
	}
	if c, n := p.order(i); n > 0 {
		return c, n
	}
	for _, read := range []func(int) (*Node, int){
		p.ownership, p.without, p.propertyCondition, p.named, p.bareDate, p.link, p.numberFirst, p.adjective, p.valueFirst,
	} {
		if node, n := read(i); n > 0 {
			return clause{node: node}, n
		}
	}
	if verb {
		skip := p.any(i, "a", "an", "any", "the")
		if prop, n := longest(p, i+skip, p.phrases); n > 0 {
			return clause{node: emptiness(prop, true)}, skip + n
		}
	}
	if n := p.any(i, "matching", "mentioning", "containing", "about", "like"); n > 0 {
		if texts, k := p.texts(i + n); len(texts) == 1 {
			return clause{search: texts[0]}, n + k
		}
	}
	return clause{}, 0
}

// order reads sort orders, superlatives and limits.
func (p *parser) order(i int) (clause, int) {
	if n := p.any(i, "limit", "limited to", "limit to"); n > 0 {
		if f, k := p.number(i + n); k > 0 && f >= 1 && f <= maxRows {
			return clause{limit: int(f)}, n + k
		}
	}
	if n := p.any(i, "sorted by", "sort by", "ordered by", "order by", "in order of", "by", "ranked by"); n > 0 {
		var keys []Sort
		at := i + n
		for {
			skip := p.any(at, "the", "their")
			prop, k := longest(p, at+skip, p.phrases)
			if k == 0 {
				break
			}
			descending, d := p.direction(at + skip + k)
			keys = append(keys, Sort{prop, descending})
			at += skip + k + d
			joint := p.any(at, ", then by", ", then", ", and", "and then by", "and then", "then by", "then", "and", ",")
			if _, k := longest(p, at+joint, p.phrases); joint == 0 || k == 0 {
				break
			}
			if c, k := p.try(at + joint); k > 0 && c.node != nil { // "by arr and status is lost"
				break
			}
			at += joint
		}
		if len(keys) > 0 {
			return clause{sort: keys}, at - i
		}
	}
	skip := p.any(i, "the")
	if n := p.any(i+skip, "highest", "largest", "biggest", "most", "greatest", "latest", "newest"); n > 0 {
		if prop, k := longest(p, i+skip+n, p.phrases); k > 0 {
			return clause{sort: []Sort{{prop, true}}}, skip + n + k
		}
	}
	if n := p.any(i+skip, "lowest", "smallest", "least", "fewest", "earliest", "oldest"); n > 0 {
		if prop, k := longest(p, i+skip+n, p.phrases); k > 0 {
			return clause{sort: []Sort{{prop, false}}}, skip + n + k
		}
	}
	return clause{}, 0
}

func (p *parser) direction(i int) (descending bool, n int) {
	if n := p.any(i, "in descending order", "descending", "desc", "highest first", "largest first", "biggest first", "newest first", "latest first", "most first"); n > 0 {
		return true, n
	}
	return false, p.any(i, "in ascending order", "ascending", "asc", "lowest first", "smallest first", "oldest first", "earliest first", "alphabetically")
}

// without reads "without an owner", "no owner", "missing a phase".
func (p *parser) without(i int) (*Node, int) {
	n := p.any(i, "without", "no", "missing", "lacking", "not having", "do not have", "don't have", "does not have")
	if n == 0 {
		return nil, 0
	}
	n += p.any(i+n, "a", "an", "any", "the")
	prop, k := longest(p, i+n, p.phrases)
	if k == 0 {
		return nil, 0
	}
	return emptiness(prop, false), n + k
}

// propertyCondition reads "status is customer", "in sector Information Technology", "due before 2026-12-31".
func (p *parser) propertyCondition(i int) (*Node, int) {
	skip := p.any(i, "in the", "in", "a", "an", "the", "on", "at")
	prop, n := longest(p, i+skip, p.phrases)
	if n == 0 {
		skip = 0
		prop, n = longest(p, i, p.phrases)
	}
	if n == 0 {
		return nil, 0
	}
	if prop.is("boolean") { // the name alone says yes
		if node, k := p.compare(i+skip+n, prop); k > 0 {
			return node, skip + n + k
		}
		return flag(prop, true), skip + n
	}
	if node, k := p.compare(i+skip+n, prop); k > 0 {
		return node, skip + n + k
	}
	return nil, 0
}

// named reads "named Acme", "starting with A".
func (p *parser) named(i int) (*Node, int) {
	title := p.model.property(p.model.Title)
	if title == nil {
		return nil, 0
	}
	op := "contains"
	n := p.any(i, "named", "called", "titled")
	if n == 0 {
		if n = p.any(i, "starting with", "beginning with", "starts with", "begin with"); n > 0 {
			op = "starts_with"
		}
	}
	if n == 0 {
		return nil, 0
	}
	texts, k := p.texts(i + n)
	if k == 0 {
		return nil, 0
	}
	return anyText(title, op, texts), n + k
}

// numberFirst reads "more than 10000 arr".
func (p *parser) numberFirst(i int) (*Node, int) {
	op, n := p.comparison(i)
	if n == 0 {
		return nil, 0
	}
	value, k := p.number(i + n)
	if k == 0 {
		return nil, 0
	}
	at := i + n + k
	at += p.any(at, "in", "of")
	prop, m := longest(p, at, p.phrases)
	if m == 0 || !prop.isNumber() {
		return nil, 0
	}
	return &Node{Property: prop, Op: op, Value: value}, at + m - i
}

// valueFirst reads "Carly is the owner" and "Carly is not the owner".
func (p *parser) valueFirst(i int) (*Node, int) {
	for j := i + 1; j <= min(i+7, len(p.toks)-2); j++ {
		n := p.any(j, "isn't", "is not", "are not", "is", "are", "was")
		if n == 0 {
			continue
		}
		negated := p.any(j, "isn't", "is not", "are not") > 0
		at := j + n
		at += p.any(at, "also", "currently")
		at += p.any(at, "the", "a", "an", "its", "their")
		prop, k := longest(p, at, p.phrases)
		if k == 0 || !(prop.RefersTo != "" || prop.is("text", "enum", "tags")) || !p.nameLike(i, j) {
			return nil, 0
		}
		node := p.valueNode(prop, i, j)
		if node == nil {
			return nil, 0
		}
		if negated {
			node = negate(node)
		}
		return node, at + k - i
	}
	return nil, 0
}

func (p *parser) valueNode(prop *Property, i, j int) *Node {
	text := p.text(i, j)
	switch {
	case prop.RefersTo != "":
		return p.reference(prop, []string{p.bareName(text, prop.RefersTo)})
	case prop.is("enum"):
		for _, o := range prop.Options {
			if sameWords(o, text) {
				return &Node{Property: prop, Op: "eq", Value: o}
			}
		}
		p.fail(i, "%s is one of %s.", prop.Label, orList(prop.Options))
		return nil
	case prop.is("tags"):
		return &Node{Property: prop, Op: "contains", Value: text}
	default:
		return &Node{Property: prop, Op: "eq", Value: text, Loose: true}
	}
}
