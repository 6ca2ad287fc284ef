package web

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"mandorla/internal/model"
	"mandorla/internal/record"
	"mandorla/internal/web/kit"
)

// cell draws column c of row i. The kind of a property says how, through its storage and its schema; nothing here knows a kind's name.
func (v *visit) cell(p *record.Page, i, c int) kit.Value {
	col, row := p.Columns[c], p.Rows[i]
	raw := row.Values[c]
	if raw == nil {
		return kit.Value{}
	}
	if col.Property.IsRef() {
		title := ""
		if col.Title >= 0 {
			title, _ = row.Values[col.Title].(string)
		}
		id, _ := raw.(string)
		return v.reference(col.Property, id, title)
	}
	return value(col.Property, raw)
}

// reference draws a link to a record by its name; by its id where the name may not be read.
func (v *visit) reference(p *model.Property, id, title string) kit.Value {
	to, ok := v.byName(p.To)
	switch {
	case !ok:
		return kit.Mono(id)
	case title == "":
		return kit.Value{Kind: kit.KindMono, Text: id, Title: "Its name is empty, or not for you to see"}
	case to.Model.Anchor == "" && to.Model.Name == "User":
		return kit.PersonValue(title, recordPath(to.Model, id))
	}
	return kit.LinkTo(title, recordPath(to.Model, id))
}

// value draws one canonical value that is no reference.
func value(p *model.Property, raw any) kit.Value {
	switch x := raw.(type) {
	case nil:
		return kit.Value{}
	case time.Time:
		return kit.Ago(x)
	case bool:
		if x {
			return kit.Text("Yes")
		}
		return kit.Text("No")
	case int64:
		return kit.Number(kit.Count(int(x)))
	case float64:
		return kit.Number(figure(x))
	case []string:
		if p.IsRefs() {
			return kit.Text(countOf(len(x), "record", "records"))
		}
		badges := make([]kit.Badge, 0, len(x))
		for _, s := range x {
			badges = append(badges, kit.Badge{Text: s})
		}
		return kit.Badges(badges...)
	case json.RawMessage:
		return kit.Value{Kind: kit.KindMono, Text: clip(string(x), 120), Title: clip(string(x), 2000)}
	case string:
		return text(p, x)
	}
	return kit.Text(p.Kind.Text(raw))
}

func text(p *model.Property, s string) kit.Value {
	format, _ := p.Kind.Schema(p)["format"].(string)
	switch format {
	case "date":
		if day, err := time.Parse(time.DateOnly, s); err == nil {
			return kit.Date(day)
		}
	case "uri":
		if strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://") {
			return kit.LinkTo(s, s)
		}
	case "email":
		return kit.LinkTo(s, "mailto:"+s)
	}
	if p.Name == "_id" {
		return kit.Mono(s)
	}
	if strings.ContainsAny(s, "\n") || len(s) > 160 {
		return kit.Long(plain(s))
	}
	return kit.Text(plain(s))
}

// plain takes the tags off rich text for reading; drawing it as HTML is the editor's business.
func plain(s string) string {
	if !strings.Contains(s, "<") {
		return s
	}
	var out strings.Builder
	depth := 0
	for _, r := range strings.NewReplacer("</p>", "\n", "<br>", "\n", "<br/>", "\n", "</li>", "\n").Replace(s) {
		switch {
		case r == '<':
			depth++
		case r == '>' && depth > 0:
			depth--
		case depth == 0:
			out.WriteRune(r)
		}
	}
	return strings.TrimSpace(out.String())
}

// figure writes 1234.5 as "1,234.5", with two decimals at most.
func figure(x float64) string {
	if math.Abs(x) >= 1e15 {
		return strconv.FormatFloat(x, 'g', -1, 64)
	}
	s := strconv.FormatFloat(math.Abs(x), 'f', 2, 64)
	whole, frac, _ := strings.Cut(s, ".")
	n, err := strconv.Atoi(whole)
	if err != nil {
		return s
	}
	out := kit.Count(n)
	if frac = strings.TrimRight(frac, "0"); frac != "" {
		out += "." + frac
	}
	if x < 0 && out != "0" {
		out = "-" + out
	}
	return out
}

// tableKind says how a column of the property is aligned.
func tableKind(p *model.Property) kit.Kind {
	switch p.Kind.Storage() {
	case model.StoreInteger, model.StoreNumber:
		return kit.KindNumber
	case model.StoreInstant:
		return kit.KindAgo
	}
	return kit.KindText
}

func recordPath(m *model.Model, id string) string { return "/data/" + m.Route + "/" + id }

func countOf(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%s %s", kit.Count(n), many)
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}
