package planner

import (
	"strconv"
	"strings"
	"time"
)

// period is a span of days: from is the first, to is the first one after it. A zero time leaves that side open.
type period struct{ from, to time.Time }

func (d period) valid() bool {
	for _, t := range []time.Time{d.from, d.to} {
		if !t.IsZero() && (t.Year() < 1 || t.Year() > 9999) {
			return false
		}
	}
	return true
}

// condition says that a date lies in the period.
func (d period) condition(prop *Property) *Node {
	label := low(prop.Label)
	from := &Node{Property: prop, Op: "gte", Value: d.from.Format(time.DateOnly)}
	to := &Node{Property: prop, Op: "lt", Value: d.to.Format(time.DateOnly)}
	switch last := d.to.AddDate(0, 0, -1); {
	case d.to.IsZero():
		from.Words = label + " is on or after " + d.from.Format(time.DateOnly)
		return from
	case d.from.IsZero():
		to.Words = label + " is before " + d.to.Format(time.DateOnly)
		return to
	case d.from.Equal(last):
		return &Node{All: []*Node{from, to}, Words: label + " is " + last.Format(time.DateOnly)}
	default:
		words := label + " is from " + d.from.Format(time.DateOnly) + " to " + last.Format(time.DateOnly)
		return &Node{All: []*Node{from, to}, Words: words}
	}
}

// today is the asker's calendar day; days are computed in UTC so that every day has 24 hours.
func (p *parser) today() time.Time {
	y, m, d := p.now.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// period reads a date expression with its preposition; n is 0 if none stands at i.
func (p *parser) period(i int) (period, int) {
	for _, read := range []func(int) (period, int){p.periodSpan, p.periodOpen, p.periodRolling} {
		if d, n := read(i); n > 0 && d.valid() {
			return d, n
		}
	}
	n := p.any(i, "in", "on", "during", "at", "within", "for")
	n += p.any(i+n, "the")
	if d, k := p.day(i + n); k > 0 && d.valid() {
		return d, n + k
	}
	return period{}, 0
}

// periodSpan reads "between D and D" and "from D to D".
func (p *parser) periodSpan(i int) (period, int) {
	for _, form := range [][2]string{{"between", "and"}, {"from", "to"}, {"from", "until"}} {
		if !p.at(i, form[0]) {
			continue
		}
		a, n := p.day(i + 1)
		if n == 0 || !p.at(i+1+n, form[1]) {
			continue
		}
		if b, k := p.day(i + 2 + n); k > 0 {
			return period{a.from, b.to}, 2 + n + k
		}
	}
	return period{}, 0
}

// periodOpen reads "before D", "after D", "since D", "until D" and "more than N days ago".
func (p *parser) periodOpen(i int) (period, int) {
	if n := p.any(i, "more than", "over", "older than", "at least"); n > 0 {
		if count, unit, k := p.span(i + n); k > 0 {
			ago := p.any(i+n+k, "ago")
			if ago > 0 || p.at(i, "older") {
				return period{to: shift(p.today(), -count, unit)}, n + k + ago
			}
			if away := p.any(i+n+k, "from now", "away"); away > 0 {
				return period{from: shift(p.today(), count, unit).AddDate(0, 0, 1)}, n + k + away
			}
		}
	}
	if n := p.any(i, "less than", "under", "at most"); n > 0 {
		if count, unit, k := p.span(i + n); k > 0 && p.at(i+n+k, "ago") {
			return period{shift(p.today(), -count, unit), p.today().AddDate(0, 0, 1)}, n + k + 1
		}
	}
	for _, form := range []struct {
		words []string
		make  func(period) period
	}{
		{[]string{"on or after", "since", "from", "not before", ">=", "≥"}, func(d period) period { return period{from: d.from} }},
		{[]string{"on or before", "no later than", "until", "till", "up to", "through", "by", "not after", "<=", "≤"}, func(d period) period { return period{to: d.to} }},
		{[]string{"before", "earlier than", "prior to", "<"}, func(d period) period { return period{to: d.from} }},
		{[]string{"after", "later than", "past", ">"}, func(d period) period { return period{from: d.to} }},
	} {
		if n := p.any(i, form.words...); n > 0 {
			skip := p.any(i+n, "the")
			if d, k := p.day(i + n + skip); k > 0 {
				return form.make(d), n + skip + k
			}
		}
	}
	return period{}, 0
}

// periodRolling reads "in the next 90 days", "within 90 days" and "in the last 30 days".
func (p *parser) periodRolling(i int) (period, int) {
	n := p.any(i, "in", "within", "over", "during", "for")
	n += p.any(i+n, "the")
	if k := p.any(i+n, "next", "coming", "following"); k > 0 || p.at(i, "within") || p.at(i, "in") {
		if count, unit, u := p.span(i + n + k); u > 0 && !p.at(i+n+k+u, "ago") {
			return period{p.today(), shift(p.today(), count, unit).AddDate(0, 0, 1)}, n + k + u
		}
	}
	if k := p.any(i+n, "last", "past", "previous"); k > 0 {
		if count, unit, u := p.span(i + n + k); u > 0 {
			return period{shift(p.today(), -count, unit), p.today().AddDate(0, 0, 1)}, n + k + u
		}
	}
	return period{}, 0
}

// span reads "90 days".
func (p *parser) span(i int) (count int, unit string, n int) {
	if i+1 >= len(p.toks) {
		return 0, "", 0
	}
	count, err := strconv.Atoi(p.toks[i].low)
	if err != nil || count < 0 || count > 100_000 {
		return 0, "", 0
	}
	switch unit = strings.TrimSuffix(p.toks[i+1].low, "s"); unit {
	case "day", "week", "month", "quarter", "year":
		return count, unit, 2
	}
	return 0, "", 0
}

func shift(t time.Time, n int, unit string) time.Time {
	switch unit {
	case "week":
		return t.AddDate(0, 0, 7*n)
	case "month":
		return t.AddDate(0, n, 0)
	case "quarter":
		return t.AddDate(0, 3*n, 0)
	case "year":
		return t.AddDate(n, 0, 0)
	default:
		return t.AddDate(0, 0, n)
	}
}

// calendar gives the week (from Monday), month, quarter or year that a day is in.
func calendar(t time.Time, unit string) period {
	var from time.Time
	switch unit {
	case "week":
		from = t.AddDate(0, 0, -(int(t.Weekday())+6)%7)
	case "month":
		from = time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
	case "quarter":
		from = time.Date(t.Year(), (t.Month()-1)/3*3+1, 1, 0, 0, 0, 0, time.UTC)
	case "year":
		from = time.Date(t.Year(), 1, 1, 0, 0, 0, 0, time.UTC)
	default:
		from = t
	}
	return period{from, shift(from, 1, unit)}
}

// day reads a date expression without a preposition: a day, a month, a quarter or a year.
func (p *parser) day(i int) (period, int) {
	if i >= len(p.toks) || p.toks[i].quoted {
		return period{}, 0
	}
	if n := p.any(i, "end of", "the end of"); n > 0 {
		n += p.any(i+n, "the")
		if d, k := p.day(i + n); k > 0 {
			return period{d.to.AddDate(0, 0, -1), d.to}, n + k
		}
	}
	for word, off := range map[string]int{"today": 0, "now": 0, "tomorrow": 1, "yesterday": -1} {
		if p.at(i, word) {
			return calendar(p.today().AddDate(0, 0, off), "day"), 1
		}
	}
	for word, off := range map[string]int{"this": 0, "current": 0, "next": 1, "coming": 1, "last": -1, "previous": -1} {
		if p.at(i, word) && i+1 < len(p.toks) {
			switch unit := p.toks[i+1].low; unit {
			case "day", "week", "month", "quarter", "year":
				return calendar(shift(calendar(p.today(), unit).from, off, unit), unit), 2
			}
		}
	}
	if unit, ok := map[string]string{"month": "month", "week": "week", "quarter": "quarter", "year": "year"}[p.toks[i].low]; ok && i > 0 && p.at(i-1, "the") {
		return calendar(p.today(), unit), 1
	}
	if count, unit, n := p.span(i); n > 0 {
		if p.at(i+n, "ago") {
			return calendar(shift(p.today(), -count, unit), "day"), n + 1
		}
		if k := p.any(i+n, "from now"); k > 0 {
			return calendar(shift(p.today(), count, unit), "day"), n + k
		}
	}
	return p.writtenDay(i)
}

// writtenDay reads 2026-12-31, 2026-12, 2026, "q4 2026" and dates with the name of a month.
func (p *parser) writtenDay(i int) (period, int) {
	low := p.toks[i].low
	for layout, unit := range map[string]string{time.DateOnly: "day", "2006-01": "month", "2006": "year"} {
		if t, err := time.Parse(layout, low); err == nil && len(low) == len(layout) {
			return calendar(t, unit), 1
		}
	}
	if t, err := time.Parse(time.RFC3339, strings.ToUpper(low)); err == nil {
		y, m, d := t.Date()
		return calendar(time.Date(y, m, d, 0, 0, 0, 0, time.UTC), "day"), 1
	}
	if len(low) == 2 && low[0] == 'q' && low[1] >= '1' && low[1] <= '4' {
		year, n := p.year(i + 1)
		return calendar(time.Date(year, time.Month(low[1]-'1')*3+1, 1, 0, 0, 0, 0, time.UTC), "quarter"), 1 + n
	}
	if month := p.month(i); month > 0 { // december 31 2026
		if day, k := p.dayOfMonth(i + 1); k > 0 {
			skip := p.any(i+2, ",")
			year, n := p.year(i + 2 + skip)
			if n == 0 {
				skip = 0
			}
			if t := time.Date(year, month, day, 0, 0, 0, 0, time.UTC); t.Month() == month {
				return calendar(t, "day"), 2 + skip + n
			}
			return period{}, 0
		}
		year, n := p.year(i + 1)
		return calendar(time.Date(year, month, 1, 0, 0, 0, 0, time.UTC), "month"), 1 + n
	}
	if day, k := p.dayOfMonth(i); k > 0 {
		skip := p.any(i+1, "of")
		if month := p.month(i + 1 + skip); month > 0 { // 31 december 2026
			year, n := p.year(i + 2 + skip)
			if t := time.Date(year, month, day, 0, 0, 0, 0, time.UTC); t.Month() == month {
				return calendar(t, "day"), 2 + skip + n
			}
		}
	}
	return period{}, 0
}

func (p *parser) month(i int) time.Month {
	if i >= len(p.toks) || p.toks[i].quoted {
		return 0
	}
	for m := time.January; m <= time.December; m++ {
		name := strings.ToLower(m.String())
		if p.toks[i].low == name || p.toks[i].low == name[:3] {
			return m
		}
	}
	return 0
}

func (p *parser) dayOfMonth(i int) (day, n int) {
	if i >= len(p.toks) {
		return 0, 0
	}
	low := p.toks[i].low
	for _, suffix := range []string{"st", "nd", "rd", "th"} {
		low = strings.TrimSuffix(low, suffix)
	}
	if day, err := strconv.Atoi(low); err == nil && day >= 1 && day <= 31 && len(low) <= 2 {
		return day, 1
	}
	return 0, 0
}

// year reads four digits; without them it is the current year.
func (p *parser) year(i int) (year, n int) {
	if i < len(p.toks) && len(p.toks[i].low) == 4 {
		if y, err := strconv.Atoi(p.toks[i].low); err == nil && y >= 1000 {
			return y, 1
		}
	}
	return p.today().Year(), 0
}
