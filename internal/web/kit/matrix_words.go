package kit

import (
	"fmt"
	"slices"
	"strings"
)

// wordsLimit is how many characters the sentence may have before it says less: short of three lines on a wide screen.
const wordsLimit = 320

// wordsDetail is how much the sentence says.
type wordsDetail struct {
	phrases int // "view …; view and create …"
	names   int // models in a phrase
	but     int // properties named as left out
}

var wordsDetails = []wordsDetail{{6, 8, 3}, {4, 5, 2}, {3, 3, 1}, {3, 2, 0}}

// Words says the set in words: "May view, create and update Company (all properties but ARR); view End user. Nothing may be removed
// or exported." It says less where that would be long. matrix.js says the same after each change: a test compares the two.
func (m Matrix) Words() string {
	if m.InWords != "" {
		return m.InWords
	}
	out := ""
	for _, d := range wordsDetails {
		if out = m.words(d); len([]rune(out)) <= wordsLimit {
			break
		}
	}
	return out
}

func (m Matrix) words(d wordsDetail) string {
	if len(m.Rows) == 0 {
		return "May do nothing."
	}
	var out []string
	for i, g := range m.Groups() {
		said, granted := g.words(d)
		switch {
		case i > 0 && said != "":
			out = append(out, g.Label+": "+said+".")
		case i > 0:
		case said == "" && len(m.Rows) > len(g.Rows):
			out = append(out, "May do nothing with "+strings.ToLower(g.Label)+".")
		case said == "":
			out = append(out, "May do nothing.")
		default:
			out = append(out, "May "+said+".")
			if never := missing(granted); len(never) > 0 {
				out = append(out, "Nothing may be "+or(never)+".")
			}
		}
	}
	return strings.Join(out, " ")
}

func missing(granted [5]bool) []string {
	var out []string
	for i, verb := range []string{"seen", "created", "updated", "removed", "exported"} {
		if !granted[i] {
			out = append(out, verb)
		}
	}
	return out
}

// phrase is the models of which the same may be done.
type phrase struct {
	verbs string
	names []string
	plain bool // no property is left out anywhere
}

func (g MatrixGroup) words(d wordsDetail) (said string, granted [5]bool) {
	var phrases []*phrase
	for _, r := range g.Rows {
		var verbs []string
		for i, a := range r.Actions {
			if a.On {
				granted[i] = true
				verbs = append(verbs, strings.ToLower(MatrixActions[i]))
			}
		}
		if len(verbs) == 0 {
			continue
		}
		i := slices.IndexFunc(phrases, func(p *phrase) bool { return p.verbs == and(verbs) })
		if i < 0 {
			i = len(phrases)
			phrases = append(phrases, &phrase{verbs: and(verbs), plain: true})
		}
		limits := r.limits(d)
		phrases[i].names = append(phrases[i].names, r.Label+limits)
		phrases[i].plain = phrases[i].plain && limits == ""
	}
	var parts []string
	rest := 0
	for i, p := range phrases {
		if i >= d.phrases {
			rest += len(p.names)
			continue
		}
		parts = append(parts, p.verbs+" "+p.models(d, len(g.Rows)))
	}
	if rest > 0 {
		parts = append(parts, "work with "+models(rest, "more "))
	}
	if len(parts) == 2 {
		return parts[0] + ", and " + parts[1], granted
	}
	return strings.Join(parts, "; "), granted
}

func (p phrase) models(d wordsDetail, of int) string {
	n := len(p.names)
	switch extra := n - d.names; {
	case n == of && n > 3 && p.plain:
		return "all " + models(n, "")
	case extra > 1:
		return and(append(slices.Clone(p.names[:d.names]), models(extra, "more ")))
	}
	return and(p.names)
}

func models(n int, more string) string {
	if n == 1 {
		return "1 " + more + "model"
	}
	return fmt.Sprintf("%d %smodels", n, more)
}

// limits says in brackets which properties are left out: of those one may see, and of those one may write where they are others.
func (r MatrixRow) limits(d wordsDetail) string {
	var hidden, secret, locked []string // secret are hidden ones that could be written
	writable := 0
	for _, p := range r.Properties {
		open := p.Update.On || !p.Update.Fixed
		if !p.View.On {
			hidden = append(hidden, p.Label)
			if open {
				secret = append(secret, p.Label)
			}
		}
		if open {
			writable++
			if !p.Update.On {
				locked = append(locked, p.Label)
			}
		}
	}
	var said []string
	if r.Actions[0].On && len(hidden) > 0 {
		said = append(said, d.left("", "all properties but ", hidden, len(r.Properties)))
	}
	if verb := r.writes(); verb != "" && (len(said) == 0 && len(locked) > 0 || len(said) > 0 && !slices.Equal(secret, locked)) {
		said = append(said, d.left(verb, "all but ", locked, writable))
	}
	if len(said) == 0 {
		return ""
	}
	return " (" + strings.Join(said, ", ") + ")"
}

// writes is the verb for what may be sent; "" where nothing may.
func (r MatrixRow) writes() string {
	switch {
	case r.Actions[2].On:
		return "update "
	case r.Actions[1].On:
		return "set "
	}
	return ""
}

// left says all but some of n, or how many of them.
func (d wordsDetail) left(verb, all string, out []string, n int) string {
	switch {
	case len(out) == 0:
		return verb + "all"
	case len(out) == n:
		return verb + "no property"
	case len(out) <= d.but && n > 3:
		return verb + all + and(out)
	}
	return fmt.Sprintf("%s%d of %d properties", verb, n-len(out), n)
}

func and(words []string) string { return join(words, "and") }
func or(words []string) string  { return join(words, "or") }

func join(words []string, last string) string {
	switch n := len(words); n {
	case 0:
		return ""
	case 1:
		return words[0]
	default:
		return strings.Join(words[:n-1], ", ") + " " + last + " " + words[n-1]
	}
}
