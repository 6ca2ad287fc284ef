package web

import (
	"fmt"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/oauth"
)

// impactWords says what saving would do to living connections: "4 living connections: 1 loses update on Company at its next call; none
// gains anything before authorizing again."
func impactWords(i oauth.Impact) string {
	if i.Elsewhere > 0 {
		n := i.Elsewhere
		i.Elsewhere = 0
		return impactWords(i) + " In other organisations, " + countOf(n, "connection obeys", "connections obey") + " as well."
	}
	if i.Connections == 0 {
		return "No living connection is concerned."
	}
	head := countOf(i.Connections, "living connection", "living connections") + ": "
	if i.Nothing() {
		return head + "nothing changes."
	}
	count := counter{i.Connections}
	parts := lossWords(i, count)
	for _, p := range []struct {
		n         int
		one, many string
	}{
		{i.Fewer, "reaches fewer companies", "reach fewer companies"},
		{i.Other, "reaches other companies", "reach other companies"},
		{i.More, "reaches more companies", "reach more companies"},
		{i.Regaining, "gets back what it was authorized for", "get back what they were authorized for"},
	} {
		if p.n > 0 {
			parts = append(parts, count.say(p.n, p.one, p.many))
		}
	}
	said := []string{"nothing changes now"}
	if len(parts) == 1 && (i.Connections == 1 || strings.HasPrefix(parts[0], "1 ")) {
		said[0] = parts[0] + " at its next call"
	} else if len(parts) > 0 {
		said[0] = joined(parts, "and") + " at the next call"
	}
	switch {
	case i.WiderLater > 0:
		said = append(said, count.say(i.WiderLater, "can gain more by authorizing again", "can gain more by authorizing again"))
	case i.Regaining+i.More+i.Other == 0 && i.Connections > 1:
		said = append(said, "none gains anything before authorizing again")
	}
	return head + strings.Join(said, "; ") + "."
}

// counter says how many of the connections something is true of.
type counter struct{ all int }

func (c counter) say(n int, one, many string) string {
	switch {
	case c.all == 1:
		return "it " + one
	case n == c.all:
		return "all " + many
	case n == 1:
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// lossesSaid is how many different losses the sentence names.
const lossesSaid = 2

// lossWords says what is lost, the same on several models together.
func lossWords(i oauth.Impact, count counter) []string {
	type loss struct {
		what   string
		n      int
		models []string
	}
	var losses []loss
	for _, l := range i.Losing {
		what, known := lost(l), false
		for at := range losses {
			if losses[at].what == what && losses[at].n == l.Connections {
				losses[at].models = append(losses[at].models, l.Model)
				known = true
			}
		}
		if !known {
			losses = append(losses, loss{what, l.Connections, []string{l.Model}})
		}
	}
	var out []string
	for at, l := range losses {
		if at == lossesSaid && len(losses) > lossesSaid+1 {
			return append(out, fmt.Sprintf("%d more things are lost", len(losses)-at))
		}
		models := joined(l.models, "and")
		if len(l.models) > 3 {
			models = fmt.Sprintf("%d models", len(l.models))
		}
		out = append(out, count.say(l.n, "loses ", "lose ")+l.what+" on "+models)
	}
	return out
}

func lost(l oauth.Loss) string {
	var parts []string
	switch {
	case l.Actions == access.AllActions:
		parts = append(parts, "everything")
	case l.Actions != 0:
		parts = append(parts, strings.Split(l.Actions.String(), ", ")...)
	}
	if l.View > 0 {
		parts = append(parts, "the view of "+countOf(l.View, "property", "properties"))
	}
	if l.Update > 0 {
		parts = append(parts, "the update of "+countOf(l.Update, "property", "properties"))
	}
	if len(parts) == 0 {
		parts = append(parts, "the properties that are added later")
	}
	return joined(parts, "and")
}

// joined is "a, b and c".
func joined(words []string, last string) string {
	if n := len(words); n > 1 {
		return strings.Join(words[:n-1], ", ") + " " + last + " " + words[n-1]
	}
	return strings.Join(words, "")
}
