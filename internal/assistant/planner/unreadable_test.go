package planner

import (
	"context"
	"strings"
	"testing"
	"time"
)

// Every word counts: what cannot be read is refused with a reason, never skipped.
func TestUnreadable(t *testing.T) {
	for _, row := range []struct{ question, says string }{
		{"", "no question"},
		{"   ?!", "no question"},
		{"what is the weather", "could not find what the question is about"},
		{"list blue companies", "“blue”"},
		{"companies where colour is blue", "“where colour is blue”"},
		{"companies where status is blue", "Status is one of prospect, coming, customer, canceled or lost."},
		{"companies with arr over lots", "ARR is a number"},
		{"companies where status is customer and arr over plenty", "“arr over plenty”"},
		{"companies renewing soon", "Renewal date is a date"},
		{"tasks due before 2026-02-30", "End time is a date"},
		{"the 5 largest companies", "By what?"},
		{"which companies have open tasks", "“have open tasks”"},
		{"tasks of companies owned by Carly", "one kind of record at a time"},
		{"my teams", "“my”"},
		{"companies where usage is heavy", "Usage holds structured data"},
		{"companies where auto renews is perhaps", "Auto renews"},
		{"delete all companies", "“delete all”"},
		{"update company Acme", "“update”"},
		{strings.Repeat("companies ", 150), "at most 1000"},
		{strings.Repeat("a ", 300), "more than 200 words"},
	} {
		t.Run(row.question[:min(len(row.question), 40)], func(t *testing.T) {
			p := &Planner{Caller: newServer(t), Now: func() time.Time { return now }}
			a, err := p.Ask(context.Background(), row.question)
			u := Unread(err)
			if u == nil {
				t.Fatalf("answered %+v, %v; want it refused", a, err)
			}
			if !strings.Contains(u.Msg, row.says) {
				t.Errorf("message %q does not say %q", u.Msg, row.says)
			}
			if len(u.Examples) != 3 {
				t.Errorf("examples %q, want three", u.Examples)
			}
			if !strings.Contains(err.Error(), u.Examples[0]) {
				t.Errorf("error %q leaves out the examples", err)
			}
		})
	}
}

func TestExamplesAreReadable(t *testing.T) {
	s := schema(t)
	full := s.Models
	for i := range full {
		s.Models = full[i : i+1]
		examples := Examples(s)
		if len(examples) == 0 {
			t.Errorf("%s: no examples", full[i].Name)
		}
		for _, e := range examples {
			if q, err := Parse(e, s, now); err != nil {
				t.Errorf("%s: the example %q is not understood: %v", full[i].Name, e, err)
			} else if q.Model != nil && q.Model.Name != full[i].Name {
				t.Errorf("the example %q is about %s", e, q.Model.Name)
			}
		}
	}
}

func TestNoModels(t *testing.T) {
	_, err := Parse("list companies", &Schema{}, now)
	if u := Unread(err); u == nil || !strings.Contains(u.Msg, "reaches no data") {
		t.Errorf("got %v", err)
	}
}

// What a person may not see is no part of the vocabulary.
func TestUnreadableProperties(t *testing.T) {
	s := schema(t)
	before, err := Parse("companies with arr over 5", s, now)
	if err != nil || short(before) != "list Company [arr gt 5]" {
		t.Fatalf("got %v, %v", before, err)
	}
	s = schema(t)
	describe := s.Describe
	s.Describe = func(name string) (*Model, error) {
		m, err := describe(name)
		for i := range m.Properties {
			if m.Properties[i].Name == "arr" {
				m.Properties[i].Can = []string{"update"}
			}
		}
		return m, err
	}
	if q, err := Parse("companies with arr over 5", s, now); err == nil {
		t.Errorf("understood as %s although the property may not be read", short(q))
	}
}

func FuzzParse(f *testing.F) {
	for _, row := range readable {
		f.Add(row.question)
	}
	for _, q := range []string{"", "'s", "companies '", "“", "my", "top", "in the next", "companies by", "companies or", "companies where and", "between and", "who is", "show", "of of of",
		"companies where status is lost or", "\xff\xfe", "companies where name is \x00", "q5 2026", "list 'companies", "show company 's", "companies with arr over 1e999"} {
		f.Add(q)
	}
	s := schema(f)
	f.Fuzz(func(t *testing.T, question string) {
		q, err := Parse(question, s, now)
		switch {
		case err != nil:
			if u := Unread(err); u == nil || u.Msg == "" {
				t.Fatalf("%q: the error %v does not say what was not understood", question, err)
			}
		case q == nil:
			t.Fatalf("%q: neither understood nor refused", question)
		default:
			_ = short(q)                // every part is filled in
			for _, n := range q.Where { // as if every name had been found
				_ = n.walk(func(n *Node) error {
					if n.Maybe != nil {
						n.Property = n.Maybe[0]
					}
					return nil
				})
			}
			_ = filterOf(q.Where)
			if q.Model != nil {
				_ = q.conditions() + q.order() + q.listed(1, 2)
			}
			if q.Intent <= Count && q.Model == nil || (q.Intent == Show || q.Intent == Value) && (q.Name == "" || len(q.Models) == 0) {
				t.Fatalf("%q: understood as %+v, which cannot be answered", question, q)
			}
		}
	})
}

// Nesting must not multiply the work.
func TestParseTakesLittleTime(t *testing.T) {
	s := schema(t)
	for _, part := range []string{"name is x and ", "owner is x, phase is ", "and owner is ", "or ", "by ", "with no ", "of ", ", name is a or ", "that has ", "does x own ", "not ", "the ", "by arr and ", "in sector a and ", "due before ", "x is ", "where status is lost or arr ", "in ", "'s "} {
		for _, lead := range []string{"companies ", "companies where ", "tasks ", "", "what is "} {
			question := lead + strings.Repeat(part, 1000/len(part)-2)
			start := time.Now()
			_, _ = Parse(question[:min(len(question), 1000)], s, now)
			if d := time.Since(start); d > time.Second {
				t.Errorf("%q took %v", question[:30], d)
			}
		}
	}
}
