package planner

import (
	"slices"
	"strings"
	"unicode"
)

// phrase is a way to say something, split into tokens.
type phrase[T any] struct {
	words []string
	to    T
	weak  bool // gives way to a phrase of the same length that is the thing's own name
}

// longest finds the longest phrase that stands at i.
func longest[T any](p *parser, i int, phrases []phrase[T]) (to T, n int) {
	weak := true
	for _, ph := range phrases {
		if len(ph.words) < n || len(ph.words) == n && (!weak || ph.weak) || !p.at(i, ph.words...) {
			continue
		}
		to, n, weak = ph.to, len(ph.words), ph.weak
	}
	return to, n
}

// synonyms are further words for properties of the usual names, in order of preference. A model's own names win over them.
var synonyms = []struct {
	words      string
	properties []string
}{
	{"due", []string{"dueDate", "endTime"}},
	{"due date", []string{"dueDate", "endTime"}},
	{"deadline", []string{"dueDate", "endTime"}},
	{"health score", []string{"h"}},
	{"revenue", []string{"arr", "mrr"}},
	{"renews", []string{"renewalDate"}},
	{"renew", []string{"renewalDate"}},
	{"renewing", []string{"renewalDate"}},
	{"up for renewal", []string{"renewalDate"}},
	{"expires", []string{"toDate", "endTime", "endDate"}},
	{"expire", []string{"toDate", "endTime", "endDate"}},
	{"expiring", []string{"toDate", "endTime", "endDate"}},
	{"ends", []string{"toDate", "endTime", "endDate"}},
	{"ending", []string{"toDate", "endTime", "endDate"}},
	{"starts", []string{"startTime", "fromDate", "startDate"}},
	{"starting", []string{"startTime", "fromDate", "startDate"}},
	{"started", []string{"startTime", "fromDate", "startDate"}},
	{"completed", []string{"dateDone"}},
	{"finished", []string{"dateDone"}},
	{"held", []string{"date", "startTime"}},
	{"contacted", []string{"lastTouch"}},
	{"last contacted", []string{"lastTouch"}},
	{"last contact", []string{"lastTouch"}},
	{"last touched", []string{"lastTouch"}},
	{"touched", []string{"lastTouch"}},
	{"created", []string{"createdAt", "createDate"}},
	{"added", []string{"createdAt", "createDate"}},
	{"updated", []string{"updatedAt", "lastUpdated"}},
	{"changed", []string{"updatedAt", "lastUpdated"}},
	{"modified", []string{"updatedAt", "lastUpdated"}},
	{"assignee", []string{"ownerId", "owner"}},
	{"owner", []string{"ownerId"}},
	{"owners", []string{"owner", "ownerId"}},
	{"csm", []string{"owner", "ownerId"}},
	{"account manager", []string{"owner", "ownerId"}},
	{"success manager", []string{"owner", "ownerId"}},
	{"company", []string{"companyId"}},
	{"customer", []string{"companyId"}},
	{"account", []string{"companyId"}},
	{"mail", []string{"email"}},
	{"e-mail", []string{"email"}},
	{"mail address", []string{"email"}},
	{"email address", []string{"email"}},
	{"website", []string{"web"}},
	{"site", []string{"web"}},
	{"job title", []string{"position"}},
	{"role", []string{"position"}},
}

// reserved are grammar words that never stand for a property on their own.
var reserved = []string{"from", "to", "by", "of", "in", "on", "at", "for", "and", "or", "not", "is", "the", "with", "where", "all", "open", "me", "my"}

// propertyPhrases lists every way to name the model's properties.
func propertyPhrases(m *Model) []phrase[*Property] {
	var out []phrase[*Property]
	add := func(text string, p *Property, weak bool) {
		var words []string
		for _, t := range tokenize(text) {
			words = append(words, t.low)
		}
		if len(words) > 0 && !slices.Contains(words, ",") && (!weak || len(words) > 1 || !slices.Contains(reserved, words[0])) {
			out = append(out, phrase[*Property]{words: words, to: p, weak: weak})
		}
	}
	for i := range m.Properties {
		p := &m.Properties[i]
		bare := strings.TrimPrefix(strings.TrimPrefix(p.Name, "custom."), "_")
		for _, text := range []string{p.Label, p.Name, bare, unhyphen(p.Label)} {
			add(text, p, false)
		}
		for _, text := range p.Aliases {
			add(text, p, true)
		}
		spaced := strings.ToLower(unhyphen(splitCamel(bare)))
		add(spaced, p, true)
		for _, text := range []string{spaced, strings.ToLower(p.Label)} {
			if head, last, ok := cutLastWord(text); ok && p.isDate() && slices.Contains([]string{"date", "time", "on", "at", "day"}, last) {
				add(head, p, true)
			}
			if rest, ok := strings.CutPrefix(text, "is "); ok {
				add(rest, p, true)
			}
		}
	}
	for _, s := range synonyms {
		for _, name := range s.properties {
			if p := m.property(name); p != nil {
				add(s.words, p, true)
				break
			}
		}
	}
	if p := m.property(m.Title); p != nil {
		add("name", p, true)
		add("title", p, true)
	}
	return out
}

func unhyphen(s string) string { return strings.NewReplacer("-", " ", "_", " ").Replace(s) }

// splitCamel turns "renewalDate" into "renewal Date".
func splitCamel(s string) string {
	var b strings.Builder
	var before rune
	for _, r := range s {
		if unicode.IsUpper(r) && unicode.IsLower(before) {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
		before = r
	}
	return b.String()
}

func cutLastWord(s string) (head, last string, ok bool) {
	i := strings.LastIndexByte(s, ' ')
	if i < 1 {
		return "", "", false
	}
	return s[:i], s[i+1:], true
}

// mention is a model as it is named in a question.
type mention struct {
	model    *Model
	singular bool
	option   string // the noun implies a value as well: "customers" are companies with the status customer
}

// nouns are further words for models of the usual names.
var nouns = []struct{ model, singular, plural, option string }{
	{"Company", "account", "accounts", ""},
	{"Company", "customer", "customers", "customer"},
	{"End User", "contact", "contacts", ""},
	{"End User", "enduser", "endusers", ""},
	{"User", "colleague", "colleagues", ""},
	{"User", "team member", "team members", ""},
	{"Task", "to-do", "to-dos", ""},
	{"Task", "todo", "todos", ""},
	{"License", "licence", "licences", ""},
	{"License", "subscription", "subscriptions", ""},
}

// modelPhrases lists every way to name the connection's models.
func modelPhrases(models []*Model) []phrase[mention] {
	var out []phrase[mention]
	add := func(text string, to mention, weak bool) {
		if words := strings.Fields(strings.ToLower(text)); len(words) > 0 {
			out = append(out, phrase[mention]{words: words, to: to, weak: weak})
		}
	}
	for _, m := range models {
		add(m.Plural, mention{model: m}, false)
		add(m.Route, mention{model: m}, false)
		add(m.Label, mention{model: m, singular: true}, false)
		add(m.Name, mention{model: m, singular: true}, false)
		for _, n := range nouns {
			if n.model == m.Name {
				add(n.singular, mention{model: m, singular: true, option: n.option}, true)
				add(n.plural, mention{model: m, option: n.option}, true)
			}
		}
	}
	return out
}

// sameWord compares words of an option and of a question: "to do" and "To Do", "in progress" and "in-progress", "customers" and "customer".
func sameWords(option, said string) bool {
	norm := func(s string) string { return strings.Join(strings.Fields(strings.ToLower(unhyphen(s))), " ") }
	a, b := norm(option), norm(said)
	return a == b || a+"s" == b || strings.ReplaceAll(a, " ", "") == strings.ReplaceAll(b, " ", "")
}

// option finds the longest option of the property that stands at i.
func (p *parser) option(i int, prop *Property) (string, int) {
	best, n := "", 0
	for _, o := range prop.Options {
		for k := min(len(strings.Fields(unhyphen(o))), len(p.toks)-i); k > n; k-- {
			if sameWords(o, p.text(i, i+k)) {
				best, n = o, k
			}
		}
	}
	return best, n
}
