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

// leads are words a question may begin with that ask for records; counts ask for a number.
var (
	leads  = []string{"list", "show", "find", "get", "display", "fetch", "give", "search", "search for", "look for", "look up", "print", "see", "view", "open", "describe", "which", "what", "who", "tell me about", "details of", "details for", "about"}
	counts = []string{"how many", "count", "count up", "number of", "the number of", "what is the number of", "what's the number of", "tell me how many"}
	polite = []string{"please", "can you", "could you", "would you", "will you", "hey", "hi", "hello", "ok", "now", "i want to see", "i want", "i need", "i would like to see", "i'd like to see", "let me see", "then", "and", ","}
	filler = []string{"me", "us", "a list of", "list of", "the", "a", "an", "any", "every", "each", "our", "your", "of", "is", "are", "there", "'s", "for", "to me"}
)

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
			return p.unreadable(fmt.Sprintf("By what? Add for example “by %s”.", strings.ToLower(prop.Label)))
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

// Unread gives the *Unreadable in err, nil if there is none.
func Unread(err error) *Unreadable {
	var u *Unreadable
	if errors.As(err, &u) {
		return u
	}
	return nil
}
