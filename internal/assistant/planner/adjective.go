package planner

import (
	"slices"
	"strings"
)

// finished are option names that mean nothing is left to do; the first group is what makes a property one of progress.
var (
	finished  = []string{"done", "completed", "complete", "closed", "finished", "resolved"}
	abandoned = []string{"ignored", "cancelled", "canceled", "skipped", "archived"}
)

// progress gives the property that says how far a record has got, and its options that mean the end.
func (p *parser) progress() (prop *Property, over []any) {
	for i := range p.model.Properties {
		prop := &p.model.Properties[i]
		if !prop.is("enum") || !slices.ContainsFunc(prop.Options, func(o string) bool { return slices.Contains(finished, strings.ToLower(o)) }) {
			continue
		}
		var over []any
		for _, o := range prop.Options {
			if low := strings.ToLower(o); slices.Contains(finished, low) || slices.Contains(abandoned, low) {
				over = append(over, o)
			}
		}
		return prop, over
	}
	return nil, nil
}

// adjective reads "open", "overdue", "done", an option such as "customer", or a yes-or-no property such as "archived".
func (p *parser) adjective(i int) (*Node, int) {
	if i >= len(p.toks) || p.toks[i].quoted {
		return nil, 0
	}
	for _, ph := range p.phrases {
		if ph.to.is("boolean") && p.at(i, ph.words...) {
			return flag(ph.to, true), len(ph.words)
		}
	}
	if n := p.any(i, "open", "unfinished", "outstanding", "still open"); n > 0 {
		if prop, over := p.progress(); prop != nil {
			return &Node{Property: prop, Op: "not_in", Value: over}, n
		}
	}
	if n := p.any(i, "overdue", "late", "past due"); n > 0 {
		if node := p.overdue(); node != nil {
			return node, n
		}
	}
	if node, n := p.optionAdjective(i); n > 0 {
		return node, n
	}
	if n := p.any(i, "done", "finished", "completed", "closed"); n > 0 {
		if prop, _ := p.progress(); prop != nil {
			for _, o := range prop.Options {
				if slices.Contains(finished, strings.ToLower(o)) {
					return &Node{Property: prop, Op: "eq", Value: o}, n
				}
			}
		}
	}
	return nil, 0
}

func (p *parser) optionAdjective(i int) (*Node, int) {
	var best *Node
	n := 0
	for _, status := range []bool{true, false} { // the status goes first where two properties share a word
		for k := range p.model.Properties {
			prop := &p.model.Properties[k]
			if prop.is("enum") && (prop.Name == "status") == status {
				if o, m := p.option(i, prop); m > n {
					best, n = &Node{Property: prop, Op: "eq", Value: o}, m
				}
			}
		}
	}
	if n > 0 && p.any(i+n, "or") > 0 {
		if o, m := p.option(i+n+1, best.Property); m > 0 {
			return oneOf(best.Property, []any{best.Value, o}), n + 1 + m
		}
	}
	return best, n
}

func (p *parser) overdue() *Node {
	var due *Property
	for _, s := range synonyms {
		if s.words == "due" {
			for _, name := range s.properties {
				if prop := p.model.property(name); prop != nil && prop.isDate() && due == nil {
					due = prop
				}
			}
		}
	}
	prop, over := p.progress()
	if due == nil || prop == nil {
		return nil
	}
	late := period{to: p.today()}.condition(due)
	return &Node{All: []*Node{{Property: prop, Op: "not_in", Value: over}, late}}
}
