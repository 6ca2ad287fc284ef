package access

import (
	"fmt"
	"strings"

	"mandorla/internal/model"
)

// need is what a permission set must hold for a question to be allowed by it.
type need struct {
	m            *model.Model
	action       Action // as asked
	actions      Action // all that this takes
	props        []*model.Property
	view, update []*model.Property
}

// needOf follows rule 3.4: what exists can be changed, removed or exported only where it can be seen, and what is required is always
// writable at creation.
func needOf(m *model.Model, a Action, props []*model.Property) need {
	n := need{m: m, action: a, actions: a, props: props}
	if a != Create {
		n.actions |= View
	}
	for _, p := range props {
		switch {
		case (a == View || a == Export) && p.Name != "_id":
			n.view = append(n.view, p)
		case a == Update, a == Create && !p.Required:
			n.update = append(n.update, p)
		}
	}
	return n
}

// rule gives what a property itself says to the action, whoever asks: why it cannot be, or what makes it easier.
func (n need) rule(p *model.Property) (no, yes string) {
	writes := n.action&(Create|Update) != 0
	switch {
	case writes && p.Computed():
		return "is worked out from other properties and cannot be written", ""
	case writes && !p.Writable():
		return "is set by the platform and cannot be written", ""
	case n.action == Update && p.CreateOnly:
		return "can be set at creation only", ""
	case n.action == Create && p.Required:
		return "", "is required, so whoever may create may set it"
	}
	return "", ""
}

// in says whether the set allows it, and in words.
func (n need) in(set Set) (allows bool, text string) {
	text = n.words(set, "allows", "does not allow")
	return text == "allows it", text
}

// words gives "allows it", or how far the set goes and what is missing. yes and no are the verb.
func (n need) words(set Set, yes, no string) string {
	p, plural := set[n.m.Name].normal(), strings.ToLower(n.m.Plural)
	switch missing := n.actions &^ p.Actions; {
	case p.Actions == 0:
		return fmt.Sprintf("%s anything on %s", no, plural)
	case missing != 0:
		return fmt.Sprintf("%s %s on %s, but not %s", yes, p.Actions.list("and"), plural, missing.list("or"))
	}
	if lacks := without(n.view, p.View); lacks != "" {
		return fmt.Sprintf("%s %s on %s, but not of %s", yes, n.action, plural, lacks)
	}
	if lacks := without(n.update, p.Update); lacks != "" {
		return fmt.Sprintf("%s %s on %s, but not of %s", yes, n.action, plural, lacks)
	}
	return yes + " it"
}

// without names those of the properties that are not in the list.
func without(props []*model.Property, in Properties) string {
	var names []string
	for _, p := range props {
		if !in.Has(p.ID) {
			names = append(names, p.Name)
		}
	}
	return strings.Join(names, ", ")
}

// String gives the act, to be read after "may": "update arr of companies".
func (n need) String() string { return Act(n.m, n.action, n.props) }

// Act says an action on a model or on properties of it, to be read after "may": "update arr of companies".
func Act(m *model.Model, a Action, props []*model.Property) string {
	plural := strings.ToLower(m.Plural)
	if len(props) == 0 || a == Remove {
		return a.String() + " " + plural
	}
	names := make([]string, len(props))
	for i, p := range props {
		names[i] = p.Name
	}
	return fmt.Sprintf("%s %s of %s", a, strings.Join(names, ", "), plural)
}

// list gives "view, create and update".
func (a Action) list(last string) string { return Listed(strings.Split(a.String(), ", "), last) }

// Listed joins words as a sentence does: "a, b and c".
func Listed(words []string, last string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	n := len(words) - 1
	return strings.Join(words[:n], ", ") + " " + last + " " + words[n]
}
