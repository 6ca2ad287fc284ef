package planner

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Text gives one value of a record as people read it: names of references, days, lists joined, "" for nothing.
func Text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return shortTime(v)
	case bool:
		if v {
			return "yes"
		}
		return "no"
	case float64:
		return number(v)
	case int:
		return strconv.Itoa(v)
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = Text(e)
		}
		return strings.Join(parts, ", ")
	case map[string]any:
		for _, key := range []string{"name", "_id"} {
			if s, ok := v[key].(string); ok && s != "" {
				return s
			}
		}
		parts := make([]string, 0, len(v))
		for _, key := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, key+" "+Text(v[key]))
		}
		return strings.Join(parts, ", ")
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}

// number writes a number with its thousands apart, to at most two decimals where it is not small.
func number(f float64) string {
	if math.Abs(f) >= 100 {
		f = math.Round(f*100) / 100
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	whole, rest, dot := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	var b strings.Builder
	if f < 0 {
		b.WriteByte('-')
	}
	for i, r := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(r)
	}
	if dot {
		b.WriteString("." + rest)
	}
	return b.String()
}

// shortTime shortens an instant to what people need of it; other text stays as it is.
func shortTime(s string) string {
	if len(s) < len("2006-01-02T15:04") || s[4] != '-' || s[10] != 'T' {
		return s
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return s
	}
	if h, m, sec := t.Clock(); h == 0 && m == 0 && sec == 0 {
		return t.Format(time.DateOnly)
	}
	return t.Format("2006-01-02 15:04")
}

func orList(items []string) string  { return joined(items, " or ") }
func andList(items []string) string { return joined(items, " and ") }

func joined(items []string, last string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	return strings.Join(items[:len(items)-1], ", ") + last + items[len(items)-1]
}

// low puts a label into the middle of a sentence: in lower case, except for abbreviations such as ARR.
func low(label string) string {
	words := strings.Fields(label)
	for i, w := range words {
		if len(w) < 2 || w != strings.ToUpper(w) {
			words[i] = strings.ToLower(w)
		}
	}
	return strings.Join(words, " ")
}

// opWords say an operator between a property and its value.
var opWords = map[string]string{
	"eq": "is", "ne": "is not", "gt": "is over", "gte": "is at least", "lt": "is under", "lte": "is at most",
	"in": "is", "not_in": "is neither", "contains": "contains", "starts_with": "starts with",
}

// say puts a condition into words.
func (n *Node) say() string {
	switch {
	case n.Words != "":
		return n.Words
	case n.Any != nil:
		return sayAll(n.Any, " or ")
	case n.All != nil:
		return sayAll(n.All, " and ")
	case n.Not != nil:
		return "not (" + n.Not.say() + ")"
	}
	value := n.shown
	if value == "" {
		value = Text(n.Value)
		if list, ok := n.Value.([]any); ok {
			parts := make([]string, len(list))
			for i, v := range list {
				parts[i] = Text(v)
			}
			value = orList(parts)
			if n.Op == "not_in" {
				value = joined(parts, " nor ")
			}
		}
	}
	op := opWords[n.Op]
	if list, ok := n.Value.([]any); ok && n.Op == "not_in" && len(list) == 1 {
		op = "is not"
	}
	label := ""
	if n.Property != nil {
		label = low(n.Property.Label)
	}
	return label + " " + op + " " + value
}

func sayAll(nodes []*Node, joint string) string {
	parts := make([]string, len(nodes))
	for i, n := range nodes {
		parts[i] = n.say()
	}
	return strings.Join(parts, joint)
}

// conditions gives " where …" for a question, "" without conditions.
func (q *Question) conditions() string {
	var parts []string
	for _, n := range q.Where {
		text := n.say()
		if n.Any != nil && n.Words == "" && len(q.Where) > 1 {
			text = "(" + text + ")"
		}
		parts = append(parts, text)
	}
	out := ""
	if len(parts) > 0 {
		out = " where " + strings.Join(parts, " and ")
	}
	if q.Search != "" {
		out += " matching “" + q.Search + "”"
	}
	return out
}

func (q *Question) order() string {
	if len(q.Sort) == 0 {
		return ""
	}
	var parts []string
	for _, s := range q.Sort {
		text := low(s.Property.Label)
		switch {
		case s.Descending && s.Property.isDate():
			text += " (newest first)"
		case s.Descending:
			text += " (highest first)"
		}
		parts = append(parts, text)
	}
	return ", sorted by " + andList(parts)
}

// counted is the sentence about a number of records.
func (q *Question) counted(total int) string {
	noun := q.Model.noun(total)
	switch total {
	case 0:
		return fmt.Sprintf("There are no %s%s.", noun, q.conditions())
	case 1:
		return fmt.Sprintf("There is 1 %s%s.", noun, q.conditions())
	default:
		return fmt.Sprintf("There are %s %s%s.", number(float64(total)), noun, q.conditions())
	}
}

// listed is the sentence above a list.
func (q *Question) listed(shown, total int) string {
	switch {
	case total == 0:
		return q.counted(0)
	case shown >= total:
		return fmt.Sprintf("%s %s%s%s.", number(float64(total)), q.Model.noun(total), q.conditions(), q.order())
	case q.Limit > 0:
		return fmt.Sprintf("%d of %s %s%s%s.", shown, number(float64(total)), q.Model.noun(total), q.conditions(), q.order())
	default:
		more := ` Ask for “all” to see more.`
		if q.All {
			more = ""
		}
		return fmt.Sprintf("The first %d of %s %s%s%s.%s", shown, number(float64(total)), q.Model.noun(total), q.conditions(), q.order(), more)
	}
}
