package assistant

import (
	"io"
	"net/url"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// page is what the walker understands of an HTML page.
type page struct {
	title   string
	alert   string // what the page complains about, or its first heading and longest paragraph
	forms   []form
	refresh string // address of <meta http-equiv="refresh">
}

// form is a form with the values a browser would send.
type form struct {
	action, method string
	values         url.Values // of everything that is not a button, as filled in by the server
	types          map[string]string
	buttons        map[string][]string // names and values of the submit buttons
}

// has reports whether the form has an input of that name and type.
func (f *form) has(name, kind string) bool { return f.types[name] == kind }

// button reports whether the form can be sent with that button.
func (f *form) button(name, value string) bool {
	for _, v := range f.buttons[name] {
		if v == value {
			return true
		}
	}
	return false
}

// readPage parses a page; HTML has no errors, only surprises.
func readPage(r io.Reader) (*page, error) {
	root, err := html.Parse(r)
	if err != nil {
		return nil, err
	}
	p := &page{}
	var heading, paragraph string
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.DataAtom {
		case atom.Title:
			p.title = first(p.title, text(n))
		case atom.H1:
			heading = first(heading, text(n))
		case atom.P: // the longest is the one with something to say
			if t := text(n); len(t) > len(paragraph) {
				paragraph = t
			}
		case atom.Form:
			p.forms = append(p.forms, readForm(root, n))
		case atom.Meta:
			if strings.EqualFold(attr(n, "http-equiv"), "refresh") {
				p.refresh = first(p.refresh, refreshAddress(attr(n, "content")))
			}
		}
		if role := attr(n, "role"); role == "alert" {
			p.alert = first(p.alert, text(n))
		}
	}
	if p.alert == "" {
		p.alert = strings.TrimSpace(strings.TrimSuffix(heading, ".") + ". " + paragraph)
		p.alert = strings.TrimPrefix(p.alert, ". ")
	}
	return p, nil
}

// refreshAddress reads "0;url=/next", "0; URL='/next'".
func refreshAddress(content string) string {
	_, rest, ok := strings.Cut(content, ";")
	if !ok {
		return ""
	}
	name, address, ok := strings.Cut(strings.TrimSpace(rest), "=")
	if !ok || !strings.EqualFold(strings.TrimSpace(name), "url") {
		return ""
	}
	return strings.Trim(strings.TrimSpace(address), `'"`)
}

// readForm reads form n of the page: what stands in it, and what names it with a form attribute from elsewhere.
func readForm(root, n *html.Node) form {
	f := form{
		action: attr(n, "action"), method: strings.ToUpper(first(attr(n, "method"), "GET")),
		values: url.Values{}, types: map[string]string{}, buttons: map[string][]string{},
	}
	for c := range root.Descendants() {
		if c.Type != html.ElementNode || attr(c, "name") == "" || hasAttr(c, "disabled") || !owns(n, c) {
			continue
		}
		name, value := attr(c, "name"), attr(c, "value")
		switch c.DataAtom {
		case atom.Input:
			f.input(c, name, value)
		case atom.Button:
			if kind := strings.ToLower(first(attr(c, "type"), "submit")); kind == "submit" {
				f.buttons[name] = append(f.buttons[name], value)
			}
		case atom.Textarea:
			f.types[name] = "textarea"
			f.values.Add(name, text(c))
		case atom.Select:
			f.types[name] = "select"
			if v, ok := chosen(c); ok {
				f.values.Add(name, v)
			}
		}
	}
	return f
}

// owns reports whether a control belongs to the form.
func owns(form, control *html.Node) bool {
	if hasAttr(control, "form") {
		return attr(control, "form") != "" && attr(control, "form") == attr(form, "id")
	}
	for up := range control.Ancestors() {
		if up == form {
			return true
		}
	}
	return false
}

func (f *form) input(c *html.Node, name, value string) {
	kind := strings.ToLower(first(attr(c, "type"), "text"))
	switch kind {
	case "submit", "image":
		f.buttons[name] = append(f.buttons[name], value)
		return
	case "button", "reset", "file":
		return
	case "checkbox", "radio":
		f.types[name] = kind
		if hasAttr(c, "checked") {
			if !hasAttr(c, "value") {
				value = "on"
			}
			f.values.Add(name, value)
		}
		return
	}
	f.types[name] = kind
	f.values.Add(name, value)
}

// chosen gives the value of a list: the option that is selected, else the first.
func chosen(n *html.Node) (value string, ok bool) {
	for c := range n.Descendants() {
		if c.DataAtom != atom.Option || hasAttr(c, "disabled") {
			continue
		}
		v := attr(c, "value")
		if !hasAttr(c, "value") {
			v = text(c)
		}
		if hasAttr(c, "selected") {
			return v, true
		}
		if !ok {
			value, ok = v, true
		}
	}
	return value, ok
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func hasAttr(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

// text gives the text below a node on one line.
func text(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode && (c.Parent == nil || c.Parent.DataAtom != atom.Script && c.Parent.DataAtom != atom.Style) {
			b.WriteString(c.Data)
			b.WriteByte(' ')
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
