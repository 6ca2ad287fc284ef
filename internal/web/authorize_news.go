package web

import (
	"slices"
	"strings"

	"mandorla/internal/access"
	"mandorla/internal/model"
	"mandorla/internal/oauth"
	"mandorla/internal/web/kit"
)

// news compares what would be authorized with what the person authorized last; nil where there is nothing to compare with.
func news(reg *model.Registry, p oauth.Page) *authorizeNews {
	if p.Last == nil {
		return nil
	}
	since := "since you last authorized on " + p.Last.At.Format(dateForm)
	out := &authorizeNews{Title: "Nothing is new " + since}
	for _, t := range p.Overlap.Minus(p.Last.Set, reg) {
		out.New = append(out.New, takenLine(t, "more"))
	}
	for _, t := range p.Last.Set.Minus(p.Overlap, reg) {
		out.Gone = append(out.Gone, goneLines(p, t)...)
	}
	out.New, out.Gone, out.Living = together(out.New), together(out.Gone), livingWords(p.Last.Living)
	switch {
	case len(out.New) > 0 && p.Client.Dynamic:
		out.Title = "You can pick more than " + strings.TrimPrefix(since, "since ")
	case len(out.New) > 0:
		out.Title = "New " + since
	case len(out.Gone) > 0:
		out.Title = "Less than when you last authorized on " + p.Last.At.Format(dateForm)
	}
	return out
}

// livingWords says what happens to the connections that there are: nothing.
func livingWords(n int) string {
	if n == 1 {
		return "The connection from then stays as it is. If this app is on one machine only, you can disconnect it afterwards in Profile → Applications."
	}
	return "The " + kit.Count(n) + " connections that you have stay as they are. You can disconnect those you do not need in Profile → Applications."
}

// goneLines say what was authorized and would not be again: an action by the side that keeps it back, the rest by itself.
func goneLines(p oauth.Page, t access.Taken) []sideLine {
	out := bySide(p, t.Model, t.Actions)
	if t.Actions = 0; len(t.View) > 0 || len(t.Update) > 0 || t.Later {
		out = append(out, takenLine(t, "fewer"))
	}
	return out
}

// takenLine says a difference on one model: "view, update", "2 more properties: ARR, Phase".
func takenLine(t access.Taken, more string) sideLine {
	line := sideLine{Label: t.Model.Label, Icon: t.Model.Icon}
	var parts []string
	if t.Actions != 0 {
		parts = append(parts, t.Actions.String())
	}
	for _, list := range []struct {
		ids  []string
		tail string
	}{{t.View, ""}, {t.Update, " to write"}} {
		if n := len(list.ids); n > 0 {
			parts = append(parts, kit.Count(n)+" "+more+" "+plural(n, "property", "properties")+list.tail)
			line.More = append(line.More, propertyLabels(t.Model, list.ids)...)
		}
	}
	if t.Later {
		parts = append(parts, map[string]string{"more": "also properties that are added later", "fewer": "no more properties that are added later"}[more])
	}
	slices.Sort(line.More)
	line.More = slices.Compact(line.More)
	line.Text = strings.Join(parts, ", ")
	return line
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

func propertyLabels(m *model.Model, ids []string) (out []string) {
	for _, id := range ids {
		if p, ok := m.PropertyByID(id); ok {
			out = append(out, p.DisplayLabel())
		}
	}
	return out
}
