package web

import (
	"strconv"
	"strings"

	"mandorla/internal/fault"
	"mandorla/internal/model"
	"mandorla/internal/query"
	"mandorla/internal/record"
	"mandorla/internal/web/kit"
)

// filterWords says a filter in words: "phase is Live and ARR ≥ 10,000".
func (s *Server) filterWords(v *visit, scope filterScope, f query.Filter) (string, error) {
	switch {
	case f.IsZero():
		return "", nil
	case f.And != nil:
		return s.joinWords(v, scope, f.And, " and ")
	case f.Or != nil:
		return s.joinWords(v, scope, f.Or, " or ")
	case f.Not != nil:
		words, err := s.filterWords(v, scope, *f.Not)
		return "not (" + words + ")", err
	}
	c, ok := conditionOf(f)
	if !ok {
		return scope.label(f.Path) + " " + operatorWord(scope.property(f.Path), f.Op) + " …", nil
	}
	return s.conditionWords(v, scope, c)
}

func (s *Server) joinWords(v *visit, scope filterScope, parts []query.Filter, with string) (string, error) {
	var out []string
	for _, p := range parts {
		words, err := s.filterWords(v, scope, p)
		if err != nil {
			return "", err
		}
		if nested := p.And != nil || p.Or != nil; nested && len(parts) > 1 {
			words = "(" + words + ")"
		}
		out = append(out, words)
	}
	return strings.Join(out, with), nil
}

// conditionWords says one condition; records are named where the person may see their names.
func (s *Server) conditionWords(v *visit, scope filterScope, c condition) (string, error) {
	p := scope.property(c.Path)
	label := scope.label(c.Path) + " " + operatorWord(p, model.Op(c.Op))
	if c.noValue() {
		return label, nil
	}
	value := c.Value
	switch {
	case p == nil:
	case p.To != "" && value != "":
		titles, err := s.titles(v, p.To, strings.Split(value, ","))
		if err != nil {
			return "", err
		}
		var words []string
		for one := range strings.SplitSeq(value, ",") {
			switch title := titles[one]; {
			case one == "me" && p.To == "User":
				words = append(words, strings.ToLower(meWord(scope)))
			case title != "":
				words = append(words, title)
			default:
				words = append(words, one)
			}
		}
		value = strings.Join(words, ", ")
	case p.Kind.Storage() == model.StoreBool:
		value = map[string]string{"true": "yes", "false": "no"}[value]
	case c.list():
		value = strings.Join(strings.Split(value, ","), ", ")
	default:
		if n, err := p.Kind.Parse(p, value); err == nil && tableKind(p) == kit.KindNumber {
			value = valueText(p, n)
		}
	}
	return label + " " + value, nil
}

func valueText(p *model.Property, raw any) string { return value(p, raw).Text }

// titles finds the names of records; what the person may not see is simply not among them.
func (s *Server) titles(v *visit, modelName string, ids []string) (map[string]string, error) {
	out := map[string]string{}
	to, ok := v.byName(modelName)
	var list []any
	for _, id := range ids {
		if model.IsID(id) && len(list) < query.MaxValues {
			list = append(list, id)
		}
	}
	if !ok || len(list) == 0 {
		return out, nil
	}
	page, err := s.Gate.List(v.ctx(), v.who, record.ListRequest{
		Model: modelName, Select: titleOf(to), Filter: query.Where("_id", model.In, list), Sort: []string{"_id"}, Limit: len(list),
	})
	if fault.Is(err, fault.Invalid) {
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	for i, row := range page.Rows {
		out[row.ID] = page.TitleOf(i)
	}
	return out, nil
}

func itoa(n int) string { return strconv.Itoa(n) }
