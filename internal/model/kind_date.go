package model

import (
	"strings"
	"time"
)

type date struct{}

// Date is a calendar day without a time zone, "2026-11-23". An instant is accepted and cut to its day in the zone it was given in.
var Date Kind = date{}

func (date) Name() string     { return "date" }
func (date) Label() string    { return "Date" }
func (date) Storage() Storage { return StoreText }
func (date) Sortable() bool   { return true }
func (date) Operators() []Op  { return orderedOps }
func (date) Schema(*Property) map[string]any {
	return map[string]any{"type": "string", "format": "date"}
}

func (date) Parse(_ *Property, in any) (any, error) {
	if in == nil {
		return nil, nil
	}
	s, ok := in.(string)
	if !ok {
		return nil, errWant("a date such as 2026-11-23", in)
	}
	if s = strings.TrimSpace(s); s == "" {
		return nil, nil
	}
	t, err := parseTime(s)
	if err != nil {
		return nil, errWant("a date such as 2026-11-23", in)
	}
	return t.Format(time.DateOnly), nil
}

func (date) AppendJSON(dst []byte, v any) []byte { return appendString(dst, v) }
func (date) Text(v any) string                   { s, _ := v.(string); return s }

type instant struct{}

// DateTime is an instant, kept in UTC to the millisecond. A plain date means its first moment in UTC.
var DateTime Kind = instant{}

func (instant) Name() string     { return "datetime" }
func (instant) Label() string    { return "Date and time" }
func (instant) Storage() Storage { return StoreInstant }
func (instant) Sortable() bool   { return true }
func (instant) Operators() []Op  { return orderedOps }
func (instant) Schema(*Property) map[string]any {
	return map[string]any{"type": "string", "format": "date-time"}
}

func (instant) Parse(_ *Property, in any) (any, error) {
	switch v := in.(type) {
	case nil:
		return nil, nil
	case time.Time:
		return v.UTC().Truncate(time.Millisecond), nil
	case string:
		if v = strings.TrimSpace(v); v == "" {
			return nil, nil
		}
		if t, err := parseTime(v); err == nil {
			return t.UTC().Truncate(time.Millisecond), nil
		}
	}
	return nil, errWant("an instant such as 2026-11-23T09:30:00Z, or a date such as 2026-11-23", in)
}

func (instant) AppendJSON(dst []byte, v any) []byte {
	t, ok := v.(time.Time)
	if !ok {
		return append(dst, "null"...)
	}
	dst = append(dst, '"')
	dst = t.UTC().AppendFormat(dst, instantLayout)
	return append(dst, '"')
}

func (instant) Text(v any) string {
	t, ok := v.(time.Time)
	if !ok {
		return ""
	}
	return FormatInstant(t)
}

var timeLayouts = []string{time.DateOnly, time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04"}

// parseTime accepts a day or an instant; years outside 0001–9999, as given or in UTC, are refused so that text order stays time order.
func parseTime(s string) (time.Time, error) {
	var err error
	for _, layout := range timeLayouts {
		var t time.Time
		if t, err = time.Parse(layout, s); err == nil {
			for _, y := range []int{t.Year(), t.UTC().Year()} {
				if y < 1 || y > 9999 {
					return t, errWant("a year between 1 and 9999", s)
				}
			}
			return t, nil
		}
	}
	return time.Time{}, err
}
