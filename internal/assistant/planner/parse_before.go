package planner

import "strings"

// leads are words a question may begin with that ask for records; counts ask for a number.
var (
	leads  = []string{"list", "show", "find", "get", "display", "fetch", "give", "search", "search for", "look for", "look up", "print", "see", "view", "open", "describe", "which", "what", "who", "tell me about", "details of", "details for", "about"}
	counts = []string{"how many", "count", "count up", "number of", "the number of", "what is the number of", "what's the number of", "tell me how many"}
	polite = []string{"please", "can you", "could you", "would you", "will you", "hey", "hi", "hello", "ok", "now", "i want to see", "i want", "i need", "i would like to see", "i'd like to see", "let me see", "then", "and", ","}
	filler = []string{"me", "us", "a list of", "list of", "the", "a", "an", "any", "every", "each", "our", "your", "of", "is", "are", "there", "'s", "for", "to me"}
)

// before reads what stands before the models, up to end. verb says that one record may be meant: "show", "open", or nothing at all.
func (p *parser) before(q *Question, end int) (verb bool, err error) {
	verb = true
	i := 0
	for i < end {
		n := p.quantity(q, i)
		switch {
		case n > 0:
			verb = false
		default:
			n = p.lead(q, i, end)
		}
		if n == 0 {
			node, k := p.possessive(i, end)
			if k == 0 {
				node, k = p.adjective(i)
			}
			if k == 0 || i+k > end {
				return false, p.stuck(i, end)
			}
			q.Where = append(q.Where, node)
			n = k
		}
		if i+n > end {
			return false, p.stuck(i, end)
		}
		i += n
	}
	return verb && q.Intent == List, nil
}

func (p *parser) lead(q *Question, i, end int) int {
	if n := p.any(i, counts...); n > 0 {
		q.Intent = Count
		return n
	}
	if n := p.any(i, polite...); n > 0 {
		return n
	}
	if p.at(i, "open") && i > 0 { // "list open tasks"
		return 0
	}
	if p.at(i, "open") && end-i <= 1 {
		if node, k := p.adjective(i); k > 0 && node != nil && p.any(end, p.model.plural()) > 0 {
			return 0 // "open tasks"
		}
	}
	if n := p.any(i, leads...); n > 0 {
		return n
	}
	return p.any(i, filler...)
}

// quantity reads "all", "top 5", "5 largest" and a bare number.
func (p *parser) quantity(q *Question, i int) int {
	if p.at(i, "all") {
		q.All = true
		return 1
	}
	n := p.any(i, "top", "first", "best", "bottom", "worst")
	down := p.any(i, "bottom", "worst") > 0
	f, k := p.number(i + n)
	if k == 0 && n > 0 {
		return 0
	}
	size := p.any(i+n+k, "largest", "biggest", "highest", "smallest", "lowest", "newest", "latest", "most recent", "oldest")
	if k == 0 && size == 0 || k > 0 && (f < 1 || f > maxRows || f != float64(int(f))) {
		return 0
	}
	if k > 0 {
		q.Limit = int(f)
	}
	word := p.text(i+n+k, i+n+k+size)
	switch strings.ToLower(word) {
	case "newest", "latest", "most recent", "oldest":
		if date := p.madeOn(); date != nil {
			q.Sort = []Sort{{date, !strings.EqualFold(word, "oldest")}}
		}
	case "smallest", "lowest":
		q.Sort = []Sort{{nil, false}}
	case "largest", "biggest", "highest":
		q.Sort = []Sort{{nil, true}}
	default:
		if n > 0 && p.any(i, "first") == 0 {
			q.Sort = []Sort{{nil, !down}}
		}
	}
	return n + k + size
}

// madeOn gives the date that "newest" is about.
func (p *parser) madeOn() *Property {
	for _, name := range []string{"date", "createdAt", "createDate"} {
		if prop := p.model.property(name); prop != nil && prop.isDate() {
			return prop
		}
	}
	return nil
}

// possessive reads "my" and "Carly's" before the models.
func (p *parser) possessive(i, end int) (*Node, int) {
	if n := p.any(i, "my", "my own"); n > 0 {
		owner := p.owner()
		if owner == nil {
			p.fail(i, "%s have no owner that this connection can see.", first(p.model.Plural, p.model.Label))
			return nil, 0
		}
		return p.reference(owner, []string{"me"}), n
	}
	for j := end - 1; j > i; j-- {
		if p.at(j, "'s") {
			maybe := p.anchors()
			if len(maybe) == 0 || !p.nameLike(i, j) {
				return nil, 0
			}
			return &Node{Op: "eq", Maybe: maybe, Names: []string{p.text(i, j)}}, j + 1 - i
		}
	}
	return nil, 0
}
