package kit

import (
	"fmt"
	"html/template"
	"time"

	"mandorla/internal/web/assets"
)

// funcs are what templates may call.
//
//	{{icon "plus"}}     an icon of the sprite, hidden from screen readers
//	{{asset "htmx.js"}} the address of a built file
//	{{csrf}}            the hidden field every POST form needs
//	{{ago .At}}         "3 min ago", exact on hover; nothing for the zero time
//	{{count .N}}        12,400
func (k *Kit) funcs(now func() time.Time) template.FuncMap {
	return template.FuncMap{
		"icon":  icon,
		"asset": assetURL,
		"csrf": func() template.HTML {
			return template.HTML(`<input type="hidden" name="` + CSRFField + `" value="` + k.mark + `">`)
		},
		"csrftoken": func() string { return k.mark },
		"ago": func(at time.Time) template.HTML {
			if at.IsZero() {
				return ""
			}
			return template.HTML(fmt.Sprintf(`<time datetime="%s" title="%s">%s</time>`,
				at.UTC().Format(time.RFC3339), at.UTC().Format("2 Jan 2006, 15:04:05 UTC"), relative(now(), at)))
		},
		"count": Count,
		// not leaves no way to write "disabled" wrongly: {{flag "disabled" .Disabled}}
		"flag": func(name string, on bool) template.HTMLAttr {
			if !on {
				return ""
			}
			return template.HTMLAttr(name)
		},
	}
}

// icon draws nothing for the empty name and a plain circle for an unknown one;
// literal names in templates are checked at start.
func icon(name string) template.HTML {
	if name == "" {
		return ""
	}
	if !assets.HasIcon(name) {
		name = "circle"
	}
	return template.HTML(`<svg class="i" width="16" height="16" aria-hidden="true"><use href="` +
		template.HTMLEscapeString(assets.URL("icons.svg")+"#"+name) + `"></use></svg>`)
}

// relative is how long ago, or how soon, in the largest fitting unit; beyond
// four weeks it is the day itself.
func relative(now, at time.Time) string {
	d := now.Sub(at)
	form := "%d %s ago"
	if d < 0 {
		d, form = -d, "in %d %s"
	}
	say := func(n int, unit string) string { return fmt.Sprintf(form, n, unit) }
	plural := func(n int, unit string) string {
		if n != 1 {
			unit += "s"
		}
		return say(n, unit)
	}
	switch {
	case d < 45*time.Second:
		return "just now"
	case d < 59*time.Minute+30*time.Second:
		return say(max(1, int((d+30*time.Second)/time.Minute)), "min")
	case d < 24*time.Hour:
		return say(max(1, int((d+30*time.Minute)/time.Hour)), "h")
	case d < 28*24*time.Hour:
		return plural(max(1, int((d+12*time.Hour)/(24*time.Hour))), "day")
	case at.Year() == now.Year():
		return at.Format("2 Jan")
	}
	return at.Format("2 Jan 2006")
}
