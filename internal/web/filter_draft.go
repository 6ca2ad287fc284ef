package web

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"mandorla/internal/model"
	"mandorla/internal/query"
)

// filterDraft is a filter while it is made: conditions of which all, or any, must hold. A filter of another shape is kept as Deep and
// no condition; it is shown in words and edited as text.
type filterDraft struct {
	Any  bool
	Rows []condition // a row without a path has yet to be chosen
	Deep query.Filter
	Text string // what was typed as text and could not be read
}

// draftOf takes a filter apart as far as rows can say it.
func draftOf(f query.Filter) filterDraft {
	d := filterDraft{}
	parts := []query.Filter{f}
	switch {
	case f.IsZero():
		return d
	case f.And != nil:
		parts = f.And
	case f.Or != nil:
		parts, d.Any = f.Or, true
	}
	for _, p := range parts {
		c, ok := conditionOf(p)
		if !ok || len(d.Rows) == maxConditions {
			return filterDraft{Deep: f}
		}
		d.Rows = append(d.Rows, c)
	}
	return d
}

// conditionOf says a leaf as a condition of an address; ok is false for anything else, and for a list whose values hold commas.
func conditionOf(f query.Filter) (c condition, ok bool) {
	if f.Path == "" {
		return c, false
	}
	c = condition{Path: f.Path, Op: string(f.Op)}
	if c.noValue() {
		return c, true
	}
	list, isList := f.Value.([]any)
	if !isList {
		c.Value, ok = plainValue(f.Value)
		return c, ok
	}
	var words []string
	for _, v := range list {
		word, ok := plainValue(v)
		if !ok || word == "" || strings.Contains(word, ",") {
			return c, false
		}
		words = append(words, word)
	}
	c.Value = strings.Join(words, ",")
	return c, true
}

func plainValue(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return "", false
}

// filter is what the draft says. Figures and yes or no become such, so that equal filters are equal texts.
func (d filterDraft) filter(scope filterScope) query.Filter {
	if !d.Deep.IsZero() {
		return d.Deep
	}
	var parts []query.Filter
	for _, c := range d.Rows {
		if c.Path == "" {
			continue
		}
		f := c.filter()
		if p := scope.property(c.Path); p != nil {
			if list, isList := f.Value.([]any); isList {
				for i, v := range list {
					list[i] = typed(p, v)
				}
			} else {
				f.Value = typed(p, f.Value)
			}
		}
		parts = append(parts, f)
	}
	if d.Any && len(parts) > 1 {
		return query.Filter{Or: parts}
	}
	return query.AllOf(parts...)
}

func typed(p *model.Property, v any) any {
	switch p.Kind.Storage() {
	case model.StoreInteger, model.StoreNumber, model.StoreBool:
		if parsed, err := p.Kind.Parse(p, v); err == nil && parsed != nil {
			return parsed
		}
	}
	return v
}

// Names of the builder's fields: fp, fo and fv with a row's number, and these.
const (
	fieldAct   = "builder"    // the button that was pressed: add, refresh or remove.<row>
	fieldMatch = "match"      // "any", else all
	fieldText  = "filter"     // the filter as text
	fieldWas   = "filter_was" // the text as it was shown: where the two differ, the text is what the person edited
)

func rowField(kind string, row int) string { return fmt.Sprintf("%s.%d", kind, row) }

// readDraft reads the builder's fields back, and does what its buttons say. Text wins over rows where it was edited, or where there
// are no rows.
func readDraft(form url.Values) (filterDraft, error) {
	if _, rows := form[rowField("fp", 0)]; !rows || strings.TrimSpace(form.Get(fieldText)) != strings.TrimSpace(form.Get(fieldWas)) {
		text := form.Get(fieldText)
		f, err := query.ParseFilterJSON(text)
		if err != nil {
			return filterDraft{Text: text}, err
		}
		return draftOf(f).acted(form.Get(fieldAct)), nil
	}
	d := filterDraft{Any: form.Get(fieldMatch) == "any"}
	for i := 0; i < maxConditions; i++ {
		path, there := form[rowField("fp", i)]
		if !there {
			break
		}
		values := slices.DeleteFunc(slices.Clone(form[rowField("fv", i)]), func(s string) bool { return strings.TrimSpace(s) == "" })
		d.Rows = append(d.Rows, condition{path[0], form.Get(rowField("fo", i)), strings.Join(values, ",")})
	}
	return d.acted(form.Get(fieldAct)), nil
}

// acted does what a button of the builder says.
func (d filterDraft) acted(act string) filterDraft {
	what, at, _ := strings.Cut(act, ".")
	n, err := strconv.Atoi(at)
	switch {
	case what == "remove" && err == nil && n >= 0 && n < len(d.Rows):
		d.Rows = slices.Delete(d.Rows, n, n+1)
	case what == "add" && d.Deep.IsZero() && len(d.Rows) < maxConditions:
		if k := len(d.Rows); k == 0 || d.Rows[k-1].Path != "" {
			d.Rows = append(d.Rows, condition{})
		}
	}
	return d
}

// complete gives the rows that say something, and the number of the first one that lacks its value; -1 where none does.
func (d filterDraft) complete() (rows []condition, lacking int) {
	lacking = -1
	for i, c := range d.Rows {
		switch {
		case c.Path == "":
		case c.noValue() || strings.TrimSpace(c.Value) != "":
			rows = append(rows, c)
		case lacking < 0:
			lacking = i
		}
	}
	return rows, lacking
}

// text is the filter as people edit it.
func (d filterDraft) text(scope filterScope) string {
	if d.Text != "" {
		return d.Text
	}
	f := d.filter(scope)
	if f.IsZero() {
		return ""
	}
	out, err := json.Marshal(f)
	if err != nil { // what was read as JSON, or typed
		return ""
	}
	return string(out)
}
