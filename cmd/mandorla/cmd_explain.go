package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"mandorla/internal/app"
	"mandorla/internal/explain"
)

type explainCmd struct {
	storeFlags
	Tenant   string   `help:"The tenant, by name or id. Not needed where there is only one."`
	Person   string   `help:"Who: e-mail address, name or nickname." placeholder:"EMAIL"`
	Client   string   `help:"Through which app: name or client ID. Default: directly." placeholder:"NAME"`
	Can      string   `help:"What: view, create, update, remove or export. Default: view." placeholder:"ACTION"`
	Model    string   `help:"Of which model, such as Company."`
	Property string   `help:"Which property, such as arr."`
	Record   string   `help:"Which record, by title or id."`
	JSON     bool     `name:"json" help:"Print the answer as JSON."`
	Question []string `arg:"" optional:"" help:"The question in words: 'can Carly through Claude update arr of Acme?'"`
}

// Help shows both ways to ask.
func (explainCmd) Help() string {
	return "Says whether a person may do something, directly or through an app, which side decides, and what would have to change.\n\n" +
		"mandorla explain 'can Carly through Claude update arr of Acme?'\n\n" +
		"mandorla explain --person carly@example.com --client Claude --can update --model Company --property arr --record Acme"
}

// Run asks as the operator of this machine.
func (c *explainCmd) Run(env *environment) error {
	asked := explain.Asked{Person: c.Person, Client: c.Client, Action: c.Can, Model: c.Model, Property: c.Property, Record: c.Record}
	words := strings.Join(c.Question, " ")
	switch {
	case words != "" && asked != (explain.Asked{}):
		return usage("Ask in words or with flags, not both.")
	case words != "":
		var err error
		if asked, err = explain.Parse(words); err != nil {
			return err
		}
	case c.Person == "" || c.Model == "":
		return usage("Say at least --person and --model, or ask in words: mandorla explain 'can Carly update companies?'")
	}
	if asked.Action == "" {
		asked.Action = "view"
	}
	return c.open(env, func(ctx context.Context, a *app.App) error {
		operator, err := a.CommandPrincipal(ctx, c.Tenant, "")
		if err != nil {
			return err
		}
		answer, err := a.Explain().Ask(ctx, operator, asked)
		if err != nil {
			return err
		}
		if c.JSON {
			enc := json.NewEncoder(env.Stdout)
			enc.SetEscapeHTML(false)
			enc.SetIndent("", "  ")
			return enc.Encode(answer)
		}
		return printAnswer(env.Stdout, answer)
	})
}

// printAnswer writes the sentence, each side on a line, and what would have to change.
func printAnswer(w io.Writer, a *explain.Answer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", a.Answer)
	width := 0
	for _, r := range a.Reasons {
		width = max(width, utf8.RuneCountInString(r.Label()))
	}
	for _, r := range a.Reasons {
		mark := "✓"
		if !r.Allows {
			mark = "✗"
		}
		label := r.Label()
		fmt.Fprintf(&b, "  %s %s%s  %s\n", mark, label, strings.Repeat(" ", width-utf8.RuneCountInString(label)), r.Text)
	}
	if len(a.Changes) > 0 {
		b.WriteString("\nWhat would have to change:\n")
		for i, change := range a.Changes {
			fmt.Fprintf(&b, "  %d. %s\n", i+1, change)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
