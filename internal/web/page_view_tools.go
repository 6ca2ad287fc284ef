package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"mandorla/internal/web/kit"
)

// Toolbox is what a connection is told: its tools, in order, and the answer of who_am_i as JSON.
type Toolbox struct {
	Tools  []Tool
	WhoAmI json.RawMessage
}

// Tool is a tool as a connection is told of it.
type Tool struct {
	Name, Title, Doc string
	ReadOnly         bool
	Schema           json.RawMessage // JSON Schema of its arguments
}

// viewToolsView is what a connection is told that it can do.
type viewToolsView struct {
	Notice *kit.Notice
	Groups []toolGroup
	WhoAmI string
}

type toolGroup struct {
	Title string
	Tools []toolView
}

type toolView struct {
	Name, Title, Doc string
	Models           []string // that it may be asked about
	Arguments        []argumentView
	Schema           string
}

// argumentView is one argument in words.
type argumentView struct {
	Name, Kind, Doc string
	Required        bool
	Options         string // "Company, End user"
}

var sampleViewTools = viewToolsView{Notice: &kit.Notice{}, WhoAmI: "{}", Groups: []toolGroup{{Tools: []toolView{
	{Models: []string{"Company"}, Arguments: []argumentView{{Name: "model", Required: true, Options: "Company", Doc: "x"}}},
}}}}

func (s *Server) getViewTools(w http.ResponseWriter, v *visit) error {
	if v.who.Viewer == nil || v.who.Client == "" || s.Tools == nil {
		return errNoPage
	}
	box, err := s.Tools(v.ctx(), v.who)
	if err != nil {
		return err
	}
	name := v.who.Called()
	page := s.shell(v, "tools", "Tools of "+v.who.ClientName)
	page.Count, page.Narrow = kit.Count(len(box.Tools)), true
	page.Lead = "What the connection of " + name + " is told that it can do, word for word."
	view := viewToolsView{Groups: []toolGroup{{Title: "Read-only"}, {Title: "Write and delete"}}}
	if view.WhoAmI, err = indented(box.WhoAmI); err != nil {
		return fmt.Errorf("answer of who_am_i: %w", err)
	}
	if v.who.Authorization == "" {
		view.Notice = &kit.Notice{Tone: kit.Info, Title: name + " has not connected " + v.who.ClientName, Text: "This is what authorizing it now would give."}
	}
	for _, t := range box.Tools {
		one, err := describeTool(t)
		if err != nil {
			return fmt.Errorf("schema of %s: %w", t.Name, err)
		}
		group := &view.Groups[1]
		if t.ReadOnly {
			group = &view.Groups[0]
		}
		group.Tools = append(group.Tools, one)
	}
	view.Groups = slices.DeleteFunc(view.Groups, func(g toolGroup) bool { return len(g.Tools) == 0 })
	return s.kit.Render(w, http.StatusOK, page, "view_tools", view)
}

// property is what this page reads of the JSON Schema of an argument.
type property struct {
	Type        string
	Description string
	Enum        []string
	Items       struct{ Type string }
}

func describeTool(t Tool) (toolView, error) {
	out := toolView{Name: t.Name, Title: t.Title, Doc: t.Doc}
	var schema struct {
		Properties json.RawMessage
		Required   []string
	}
	var err error
	if out.Schema, err = indented(t.Schema); err != nil {
		return out, err
	}
	if err := json.Unmarshal(t.Schema, &schema); err != nil {
		return out, err
	}
	err = members(schema.Properties, func(name string, p property) {
		out.Arguments = append(out.Arguments, argumentView{
			Name: name, Kind: kindWords(p), Doc: p.Description, Required: slices.Contains(schema.Required, name), Options: strings.Join(p.Enum, ", "),
		})
		if name == "model" {
			out.Models = p.Enum
		}
	})
	return out, err
}

// members reads an object's members in the order in which they stand.
func members(raw json.RawMessage, each func(name string, p property)) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if _, err := dec.Token(); err != nil {
		return err
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return err
		}
		var p property
		if err := dec.Decode(&p); err != nil {
			return err
		}
		each(fmt.Sprint(name), p)
	}
	return nil
}

// kindWords says in a word what an argument is.
func kindWords(p property) string {
	words := map[string]string{"string": "text", "integer": "whole number", "boolean": "true or false", "object": "object"}
	switch kind, ok := words[p.Type]; {
	case p.Type == "array":
		return "list of " + words[p.Items.Type] + "s"
	case ok:
		return kind
	}
	return p.Type
}

// indented is JSON with an order that stays and signs as they are.
func indented(raw json.RawMessage) (string, error) {
	var out bytes.Buffer
	if err := json.Indent(&out, raw, "", "  "); err != nil {
		return "", err
	}
	return out.String(), nil
}
