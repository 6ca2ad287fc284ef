package planner

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Unreadable is a question the grammar does not cover. Its message is a sentence for people.
type Unreadable struct {
	Msg      string
	Examples []string // three questions that this connection can answer
}

func (e *Unreadable) Error() string {
	if len(e.Examples) == 0 {
		return e.Msg
	}
	return e.Msg + " Try for example: " + strings.Join(e.Examples, " · ")
}

// parser reads one question. Every method that takes an index gives how many tokens it read, 0 for "not this".
type parser struct {
	src     string
	toks    []token
	now     time.Time
	schema  *Schema
	nouns   []phrase[mention]
	model   *Model // the one asked about
	phrases []phrase[*Property]
	memo    map[int]bool    // boundary, by place
	tried   map[int]attempt // try, by place
	depth   int
	failure struct {
		at  int
		msg string
	}
}

// Parse reads a question. Errors are *Unreadable, or come from the schema.
func Parse(question string, schema *Schema, now time.Time) (*Question, error) {
	p := &parser{src: question, now: now, schema: schema, nouns: modelPhrases(schema.Models)}
	if len(question) > maxQuestion {
		return nil, p.unreadable(fmt.Sprintf("The question is %d bytes long; at most %d fit.", len(question), maxQuestion))
	}
	p.toks = tokenize(question)
	switch {
	case len(p.toks) == 0:
		return nil, p.unreadable("There is no question.")
	case len(p.toks) > maxTokens:
		return nil, p.unreadable(fmt.Sprintf("The question has more than %d words.", maxTokens))
	case len(schema.Models) == 0:
		return nil, p.unreadable("This connection reaches no data: neither the app nor the role behind it may view any model.")
	}
	return p.question()
}

// at reports whether exactly these words stand at i.
func (p *parser) at(i int, words ...string) bool {
	if i < 0 || len(words) == 0 || i+len(words) > len(p.toks) {
		return false
	}
	for k, w := range words {
		if t := p.toks[i+k]; t.low != w || t.quoted {
			return false
		}
	}
	return true
}

// any gives how many tokens the longest of the phrases takes at i, 0 if none stands there.
func (p *parser) any(i int, phrases ...string) int {
	n := 0
	for _, ph := range phrases {
		if words := strings.Fields(strings.ReplaceAll(ph, ",", " , ")); len(words) > n && p.at(i, words...) {
			n = len(words)
		}
	}
	return n
}

// text gives the tokens from i up to j as they were written.
func (p *parser) text(i, j int) string {
	if i >= j || j > len(p.toks) {
		return ""
	}
	return strings.TrimSpace(p.src[p.toks[i].start:p.toks[j-1].end])
}

// fail remembers why reading stopped; the reason found farthest into the question is the one that is told.
func (p *parser) fail(i int, format string, args ...any) {
	if p.failure.msg == "" || i > p.failure.at {
		p.failure.at, p.failure.msg = i, fmt.Sprintf(format, args...)
	}
}

func (p *parser) unreadable(msg string) error { return &Unreadable{Msg: msg} }

// stuck is the error about the words that nothing could be made of.
func (p *parser) stuck(i, end int) error {
	if p.failure.msg != "" && p.failure.at >= i {
		return p.unreadable(fmt.Sprintf("I could not read “%s”. %s", p.text(i, end), p.failure.msg))
	}
	return p.unreadable(fmt.Sprintf("I could not read “%s” in this question.", p.text(i, end)))
}

func (p *parser) use(name string) error {
	m, err := p.schema.model(name)
	if err != nil {
		return err
	}
	p.model, p.phrases, p.memo, p.tried = m, nil, map[int]bool{}, map[int]attempt{}
	if m != nil {
		p.phrases = propertyPhrases(m)
	}
	return nil
}

// question chooses among the forms of the grammar.
func (p *parser) question() (*Question, error) {
	if n := p.any(0, "who am i", "whoami", "who i am", "what am i allowed to do", "what may i do", "what can i do", "what can i see", "what may i see"); n > 0 && p.trailing(n) == len(p.toks) {
		return &Question{Intent: WhoAmI}, nil
	}
	for _, form := range []func() (*Question, error){p.valueQuestion, p.ownerQuestion, p.recordsQuestion, p.nameQuestion} {
		if q, err := form(); q != nil || err != nil {
			return q, err
		}
	}
	var plurals []string
	for _, m := range p.schema.Models {
		plurals = append(plurals, m.plural())
	}
	return nil, p.unreadable("I could not find what the question is about: this connection knows " + andList(plurals) + ".")
}

// trailing skips words at i that add nothing, such as "please" and "do we have".
func (p *parser) trailing(i int) int {
	for {
		n := p.any(i, "please", "for me", "right now", "now", "currently", "do we have", "have we got", "are there", "there are", "exist", "there", "in total", "altogether", "in all", "do i have", ",")
		if n == 0 {
			return i
		}
		i += n
	}
}

// recordsQuestion reads questions that name a model: lists, counts, and one record by its name.
func (p *parser) recordsQuestion() (*Question, error) {
	for i := range p.toks {
		to, n := longest(p, i, p.nouns)
		if n == 0 {
			continue
		}
		if err := p.use(to.model.Name); err != nil || p.model == nil {
			return nil, err
		}
		q := &Question{Model: p.model}
		verb, err := p.before(q, i)
		if err != nil {
			return nil, err
		}
		if to.option != "" {
			node, err := p.implied(to.option, i, n)
			if err != nil {
				return nil, err
			}
			q.Where = append(q.Where, node)
		}
		if to.singular && q.Intent == List && verb && len(q.Where) == 0 && p.record(q, i+n) {
			return q, nil
		}
		return q, p.clauses(q, i+n, to.singular)
	}
	return nil, nil
}

// implied is the condition in a noun such as "customers".
func (p *parser) implied(option string, i, n int) (*Node, error) {
	prop := p.model.property("status")
	if prop != nil && slices.Contains(prop.Options, option) {
		return &Node{Property: prop, Op: "eq", Value: option}, nil
	}
	return nil, p.unreadable(fmt.Sprintf("I cannot tell which %s are meant by “%s”.", p.model.plural(), p.text(i, i+n)))
}

// record reads the name in "show company Acme"; false if clauses follow instead.
func (p *parser) record(q *Question, i int) bool {
	i += p.any(i, "named", "called", "with id", "id", "with the id")
	if p.trailing(i) >= len(p.toks) {
		return false
	}
	if !p.toks[i].quoted {
		if _, n := p.try(i); n > 0 && !isID(p.toks[i].low) {
			return false
		}
	}
	q.Intent, q.Models, q.Name = Show, []*Model{p.model}, p.rest(i)
	return q.Name != ""
}

// rest gives the question from i on, without a "please" at its end.
func (p *parser) rest(i int) string {
	end := len(p.toks)
	for end > i && p.any(end-1, "please", ",") > 0 {
		end--
	}
	return p.text(i, end)
}

// clauses reads everything after the models.
func (p *parser) clauses(q *Question, i int, singular bool) error {
	for i = p.trailing(i); i < len(p.toks); i = p.trailing(i) {
		or := p.any(i, "or", ", or")
		skip := or
		if skip == 0 {
			skip = p.any(i, ", and", "and", ",", "but")
		}
		c, n := p.clause(i + skip)
		if n == 0 {
			return p.stuck(i+skip, p.clauseEnd(i+skip))
		}
		if err := p.accept(q, c, or > 0, i, n+skip, singular); err != nil {
			return err
		}
		i += skip + n
	}
	return p.settleOrder(q)
}

func (p *parser) accept(q *Question, c clause, or bool, i, n int, singular bool) error {
	switch {
	case c.node != nil && or && len(q.Where) > 0:
		last := q.Where[len(q.Where)-1]
		if last.Any == nil || last.Words != "" {
			last = &Node{Any: []*Node{last}}
		}
		last.Any = append(last.Any, c.node)
		q.Where[len(q.Where)-1] = last
	case c.node != nil && !or:
		q.Where = append(q.Where, c.node)
	case c.sort != nil && !or:
		if len(q.Sort) == 1 && q.Sort[0].Property == nil { // "top 5 … by ARR": the direction came first
			c.sort[0].Descending = q.Sort[0].Descending != c.sort[0].Descending
			if strings.Contains(" "+strings.ToLower(p.text(i, i+n))+" ", " desc") {
				c.sort[0].Descending = true
			}
			q.Sort = nil
		}
		q.Sort = append(q.Sort, c.sort...)
		if first := p.any(i, "with the", "has the", "have the"); singular && q.Limit == 0 && first > 0 {
			q.Limit = 1
		}
	case c.limit > 0 && !or:
		q.Limit = c.limit
	case c.search != "" && !or && q.Search == "":
		q.Search = c.search
	default:
		return p.stuck(i, i+n)
	}
	return nil
}

// settleOrder refuses "the 5 largest companies" without a word on what they are compared by.
func (p *parser) settleOrder(q *Question) error {
	if len(q.Sort) == 0 || q.Sort[0].Property != nil {
		return nil
	}
	for i := range p.model.Properties {
		if prop := &p.model.Properties[i]; prop.isNumber() {
			return p.unreadable(fmt.Sprintf("By what? Add for example “by %s”.", low(prop.Label)))
		}
	}
	return p.unreadable("By what? Add “by” and a property.")
}

// clauseEnd gives where the words that could not be read end: at the next clause that can be.
func (p *parser) clauseEnd(i int) int {
	for j := i + 1; j < len(p.toks); j++ {
		if p.any(j, "where", "with", "and", "or", ",", "sorted by", "ordered by") > 0 {
			if _, n := p.try(j + p.any(j, "and", "or", ",")); n > 0 {
				return j
			}
		}
	}
	return len(p.toks)
}

// Unread gives the *Unreadable in err, nil if there is none.
func Unread(err error) *Unreadable {
	var u *Unreadable
	if errors.As(err, &u) {
		return u
	}
	return nil
}
