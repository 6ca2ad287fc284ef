package explain

import (
	"slices"
	"strings"
	"unicode"

	"mandorla/internal/fault"
)

// Parse reads a question in plain words: can WHO [through APP] VERB WHAT. What is said of the object is resolved when the question is
// asked, since only the data knows what "arr of Acme" means. The error shows examples.
func Parse(text string) (Asked, error) {
	words := strings.Fields(strings.TrimRight(strings.TrimSpace(text), "?.! "))
	if len(words) > 0 && slices.Contains([]string{"can", "may", "could", "is"}, strings.ToLower(words[0])) {
		words = words[1:]
	}
	verb := -1
	for i := 1; i < len(words) && verb < 0; i++ { // the first word is somebody's name
		if _, ok := ActionOf(words[i]); ok {
			verb = i
		}
	}
	if verb < 0 || verb == len(words)-1 {
		return Asked{}, unread(text)
	}
	who := trimTail(words[:verb], "allowed", "to", "be", "able")
	out := Asked{Action: strings.ToLower(words[verb]), Object: object(words[verb+1:])}
	for i, w := range who {
		if i > 0 && i < len(who)-1 && slices.Contains([]string{"through", "via", "using", "with"}, strings.ToLower(w)) {
			out.Client = strings.Join(who[i+1:], " ")
			who = who[:i]
			break
		}
	}
	out.Person = strings.Trim(strings.Join(who, " "), `"“”,`)
	out.Client = strings.Trim(out.Client, `"“”,`)
	if out.Person == "" || out.Object == "" {
		return Asked{}, unread(text)
	}
	return out, nil
}

func unread(text string) error {
	return fault.New(fault.Invalid, "%q is not a question that can be read. Ask for example: can Carly through Claude update arr of Acme? · may Carly remove companies? · can jonas@example.com view Acme?", clip(text))
}

// object drops articles, and turns "Acme's arr" into "arr of Acme".
func object(words []string) string {
	words = slices.DeleteFunc(slices.Clone(words), func(w string) bool { return w == "the" || w == "any" || w == "all" || w == "every" })
	for len(words) > 1 && slices.Contains([]string{"a", "an", "new", "some"}, strings.ToLower(words[0])) {
		words = words[1:]
	}
	for i, w := range words {
		for _, s := range []string{"'s", "’s"} {
			if owner, ok := strings.CutSuffix(w, s); ok && i < len(words)-1 {
				return strings.Join(words[i+1:], " ") + " of " + strings.Join(append(slices.Clone(words[:i]), owner), " ")
			}
		}
	}
	return strings.Trim(strings.Join(words, " "), `"“”`)
}

func trimTail(words []string, tail ...string) []string {
	for len(words) > 1 && slices.Contains(tail, strings.ToLower(words[len(words)-1])) {
		words = words[:len(words)-1]
	}
	return words
}

// clip shortens what somebody typed, for a message.
func clip(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
	if r := []rune(s); len(r) > 80 {
		return string(r[:80]) + "…"
	}
	return s
}
