package planner

import (
	"math"
	"strconv"
	"strings"
)

// comparison words and the operators they stand for; the longest that fits wins.
var comparisons = []struct{ words, op string }{
	{"over", "gt"}, {"above", "gt"}, {"more than", "gt"}, {"greater than", "gt"}, {"higher than", "gt"}, {"larger than", "gt"}, {"bigger than", "gt"}, {">", "gt"},
	{"at least", "gte"}, {"no less than", "gte"}, {"not less than", "gte"}, {"greater than or equal to", "gte"}, {">=", "gte"}, {"≥", "gte"},
	{"under", "lt"}, {"below", "lt"}, {"less than", "lt"}, {"fewer than", "lt"}, {"lower than", "lt"}, {"smaller than", "lt"}, {"<", "lt"},
	{"at most", "lte"}, {"no more than", "lte"}, {"not more than", "lte"}, {"up to", "lte"}, {"less than or equal to", "lte"}, {"<=", "lte"}, {"≤", "lte"},
}

// comparison reads "more than"; n is 0 if none stands at i.
func (p *parser) comparison(i int) (op string, n int) {
	for _, c := range comparisons {
		if k := p.any(i, c.words); k > n {
			op, n = c.op, k
		}
	}
	return op, n
}

// number reads 10000, 10,000, 10k, $1.5m and "2 million".
func (p *parser) number(i int) (float64, int) {
	if i >= len(p.toks) {
		return 0, 0
	}
	f, ok := parseNumber(p.toks[i].low)
	if !ok {
		return 0, 0
	}
	for word, factor := range map[string]float64{"thousand": 1e3, "million": 1e6, "billion": 1e9} {
		if p.at(i+1, word) {
			return f * factor, 2
		}
	}
	return f, 1
}

func parseNumber(s string) (float64, bool) {
	s = strings.TrimRight(strings.TrimLeft(s, "$€£"), "%$€£")
	factor := 1.0
	for _, unit := range []struct {
		suffix string
		factor float64
	}{{"bn", 1e9}, {"b", 1e9}, {"m", 1e6}, {"k", 1e3}} {
		if rest, ok := strings.CutSuffix(s, unit.suffix); ok {
			s, factor = rest, unit.factor
			break
		}
	}
	s = strings.ReplaceAll(s, ",", "")
	if s == "" || strings.IndexFunc(s, func(r rune) bool { return (r < '0' || r > '9') && r != '.' && r != '-' }) >= 0 {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f * factor, err == nil && !math.IsInf(f*factor, 0)
}

// units may stand after a number without changing it.
var units = []string{"days", "day", "percent", "usd", "eur", "dollars", "euros", "points", "or more", "or less", "or higher", "or lower", "and above", "and below"}

// compare reads what follows a property: an operator and its value. n is 0 if it makes no sense there; then p.fail was told why.
func (p *parser) compare(i int, prop *Property) (*Node, int) {
	n := p.any(i, "is currently", "are currently", "is", "are", "was", "were", "equals", "equal to", "=", "==", "has", "have")
	negated := 0
	if n == 0 {
		negated = p.any(i, "isn't", "is not", "aren't", "are not", "not", "!=", "<>", "≠", "does not", "doesn't", "is never")
	} else {
		negated = p.any(i+n, "not")
	}
	at := i + n + negated
	if k := p.any(at, "empty", "blank", "missing", "unknown", "unset"); k > 0 && n+negated > 0 {
		return emptiness(prop, negated > 0), at + k - i
	}
	if k := p.any(at, "set", "known", "filled in", "filled"); k > 0 && n+negated > 0 {
		return emptiness(prop, negated == 0), at + k - i
	}
	at += p.any(at, "equal to")
	node, k := p.compareKind(at, prop, n+negated > 0)
	if k == 0 {
		return nil, 0
	}
	if negated > 0 {
		node = negate(node)
	}
	return node, at + k - i
}

func emptiness(prop *Property, filled bool) *Node {
	if filled {
		return &Node{Property: prop, Op: "not_empty", Words: "there is a value for " + low(prop.Label)}
	}
	return &Node{Property: prop, Op: "empty", Words: low(prop.Label) + " is empty"}
}

// negate turns a condition into its opposite, which records without a value fulfil as well.
func negate(n *Node) *Node {
	opposite := map[string]string{"eq": "ne", "in": "not_in", "empty": "not_empty", "not_empty": "empty"}
	if n.Any == nil && n.All == nil && n.Not == nil && n.Maybe == nil {
		if op, ok := opposite[n.Op]; ok && n.Property.takes(op) {
			switch op {
			case "empty", "not_empty":
				return emptiness(n.Property, op == "not_empty")
			}
			n.Op, n.Loose = op, false
			return n
		}
	}
	return &Node{Not: n}
}

func (p *parser) compareKind(i int, prop *Property, verb bool) (*Node, int) {
	switch {
	case prop.isDate():
		return p.compareDate(i, prop)
	case prop.isNumber():
		return p.compareNumber(i, prop)
	case prop.is("boolean"):
		return p.compareBool(i, prop)
	case prop.is("enum") && len(prop.Options) > 0:
		return p.compareEnum(i, prop)
	case prop.RefersTo != "" && prop.is("ref", "refs"):
		return p.compareRef(i, prop)
	case prop.is("json"):
		p.fail(i, "%s holds structured data, which only “with %s” and “without %s” can ask about.", prop.Label, low(prop.Label), low(prop.Label))
		return nil, 0
	default:
		return p.compareText(i, prop, verb)
	}
}

func (p *parser) compareDate(i int, prop *Property) (*Node, int) {
	d, n := p.period(i)
	if n == 0 {
		p.fail(i, "%s is a date: write for example “before 2026-12-31”, “this quarter” or “in the next 90 days”.", prop.Label)
		return nil, 0
	}
	return d.condition(prop), n
}

func (p *parser) compareNumber(i int, prop *Property) (*Node, int) {
	for _, form := range [][2]string{{"between", "and"}, {"from", "to"}} {
		if !p.at(i, form[0]) {
			continue
		}
		a, n := p.number(i + 1)
		if n == 0 || !p.at(i+1+n, form[1]) {
			continue
		}
		if b, k := p.number(i + 2 + n); k > 0 {
			node := &Node{All: []*Node{{Property: prop, Op: "gte", Value: a}, {Property: prop, Op: "lte", Value: b}}}
			node.Words = low(prop.Label) + " is between " + Text(a) + " and " + Text(b)
			return node, 2 + n + k
		}
	}
	op, n := p.comparison(i)
	at := i + n + p.any(i+n, "of")
	value, k := p.number(at)
	if k == 0 {
		p.fail(at, "%s is a number: write for example “over 10000” or “between 5 and 10”.", prop.Label)
		return nil, 0
	}
	at += k
	if op == "" {
		op = "eq"
		switch {
		case p.any(at, "or more", "or higher", "and above") > 0:
			op = "gte"
		case p.any(at, "or less", "or lower", "and below") > 0:
			op = "lte"
		}
	}
	at += p.any(at, units...)
	return &Node{Property: prop, Op: op, Value: value}, at - i
}

func (p *parser) compareBool(i int, prop *Property) (*Node, int) {
	if k := p.any(i, "true", "yes", "on"); k > 0 {
		return flag(prop, true), k
	}
	if k := p.any(i, "false", "no", "off"); k > 0 {
		return flag(prop, false), k
	}
	p.fail(i, "%s is a yes or no: write for example “%s is yes”.", prop.Label, low(prop.Label))
	return nil, 0
}

func flag(prop *Property, on bool) *Node {
	value := "yes"
	if !on {
		value = "no"
	}
	return &Node{Property: prop, Op: "eq", Value: on, Words: low(prop.Label) + " is " + value}
}

// list reads values joined by commas and "or"; each is read by one.
func (p *parser) list(i int, one func(i int) (any, int)) (values []any, n int) {
	at := i + p.any(i, "one of", "any of", "either", "in")
	for {
		v, k := one(at)
		if k == 0 {
			return values, n
		}
		values, n = append(values, v), at+k-i
		joint := p.any(at+k, ", or", "or", ",", "nor")
		if joint == 0 {
			return values, n
		}
		at += k + joint
	}
}

// oneOf makes an equality with one or several values.
func oneOf(prop *Property, values []any) *Node {
	if len(values) == 1 {
		return &Node{Property: prop, Op: "eq", Value: values[0]}
	}
	return &Node{Property: prop, Op: "in", Value: values}
}

func (p *parser) compareEnum(i int, prop *Property) (*Node, int) {
	values, n := p.list(i, func(i int) (any, int) {
		o, k := p.option(i, prop)
		return o, k
	})
	if n == 0 {
		p.fail(i, "%s is one of %s.", prop.Label, orList(prop.Options))
		return nil, 0
	}
	return oneOf(prop, values), n
}

func (p *parser) compareRef(i int, prop *Property) (*Node, int) {
	at := i + p.any(i, "one of", "any of", "either")
	texts, n := p.texts(at)
	if n == 0 {
		p.fail(i, "%s needs a name.", prop.Label)
		return nil, 0
	}
	for k := range texts {
		texts[k] = p.bareName(texts[k], prop.RefersTo)
	}
	return p.reference(prop, texts), at + n - i
}

func (p *parser) reference(prop *Property, names []string) *Node {
	op := "eq"
	switch {
	case prop.is("refs"):
		op = "contains"
	case len(names) > 1:
		op = "in"
	}
	return &Node{Property: prop, Op: op, Names: names}
}

func (p *parser) compareText(i int, prop *Property, verb bool) (*Node, int) {
	op := "eq"
	n := 0
	for _, c := range []struct{ words, op string }{
		{"contains", "contains"}, {"contain", "contains"}, {"containing", "contains"}, {"including", "contains"}, {"includes", "contains"}, {"include", "contains"}, {"like", "contains"},
		{"starts with", "starts_with"}, {"start with", "starts_with"}, {"starting with", "starts_with"}, {"begins with", "starts_with"}, {"beginning with", "starts_with"},
	} {
		if k := p.any(i, c.words); k > n {
			op, n = c.op, k
		}
	}
	at := i + n + p.any(i+n, "one of", "any of", "either", "in")
	texts, k := p.texts(at)
	if k == 0 {
		if verb || n > 0 {
			p.fail(at, "%s needs a value to compare with.", prop.Label)
		}
		return nil, 0
	}
	if prop.is("tags") {
		op = "contains"
	}
	if op != "eq" {
		return anyText(prop, op, texts), at + k - i
	}
	values := make([]any, len(texts))
	for j, t := range texts {
		values[j] = t
	}
	node := oneOf(prop, values)
	node.Loose = true
	return node, at + k - i
}

func anyText(prop *Property, op string, texts []string) *Node {
	if len(texts) == 1 {
		return &Node{Property: prop, Op: op, Value: texts[0]}
	}
	any := &Node{}
	for _, t := range texts {
		any.Any = append(any.Any, &Node{Property: prop, Op: op, Value: t})
	}
	return any
}

// texts reads free text up to the next clause, split at "or"; with an "or" in it, at commas as well.
func (p *parser) texts(i int) (out []string, n int) {
	end := i
	for end < len(p.toks) && !p.boundary(end) {
		end++
	}
	if end == i {
		return nil, 0
	}
	split := false
	for j := i; j < end; j++ {
		split = split || p.at(j, "or")
	}
	from := i
	for j := i; j <= end; j++ {
		if j < end && !(split && (p.at(j, "or") || p.at(j, ","))) {
			continue
		}
		if text := strings.TrimSpace(strings.Trim(p.text(from, j), ",")); text != "" {
			out = append(out, text)
		}
		from = j + 1
	}
	if len(out) == 0 {
		return nil, 0
	}
	return out, end - i
}

// bareName takes "the company" off "the company Acme" when the name is of a company.
func (p *parser) bareName(name, modelName string) string {
	for _, ph := range modelPhrases(p.schema.Models) {
		if ph.to.model.Name != modelName || !ph.to.singular {
			continue
		}
		noun := strings.Join(ph.words, " ") + " "
		for _, prefix := range []string{"the " + noun, noun} {
			if len(name) > len(prefix) && strings.EqualFold(name[:len(prefix)], prefix) {
				return strings.TrimSpace(name[len(prefix):])
			}
		}
	}
	return name
}
