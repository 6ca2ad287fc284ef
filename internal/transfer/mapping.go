package transfer

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"mandorla/internal/fault"
	"mandorla/internal/record"
)

// Mapping says which property each column of a file goes to; "" leaves the column out.
type Mapping []string

// Columns is what a caller says about the columns by hand.
type Columns struct {
	Map    map[string]string // column → property
	Ignore []string          // columns to leave out
	Fixed  []string          // properties that get a fixed value, so no column may go there
}

// Match maps a header: columns named in c first, then those that spell a property's name, alias or label. A column that is left
// over, a property that two columns go to, or a name in c that is not there, is a fault.Invalid that lists all of them.
func Match(header []string, view record.ModelView, c Columns) (Mapping, error) {
	names := properties(view)
	var bad []fault.Field
	for _, column := range slices.Sorted(maps.Keys(c.Map)) {
		if !slices.Contains(header, column) {
			bad = append(bad, fault.Field{Path: column, Msg: fmt.Sprintf("is mapped, but the file has no such column; it has %s.", strings.Join(header, ", "))})
		}
	}
	out := make(Mapping, len(header))
	taken := map[string]string{}
	for _, name := range c.Fixed {
		taken[name] = "--set"
	}
	for i, column := range header {
		target, mapped := c.Map[column]
		if !mapped {
			if slices.Contains(c.Ignore, column) {
				continue
			}
			target = column
		}
		name, ok := names[squash(target)]
		switch {
		case !ok:
			bad = append(bad, fault.Field{Path: column, Msg: fmt.Sprintf("%s has no property %q that can be imported. Map the column with --map '%s=property', or leave it out with --ignore '%s'.", view.Model.Label, target, column, column)})
			continue
		case taken[name] != "":
			bad = append(bad, fault.Field{Path: column, Msg: fmt.Sprintf("goes to %s, and so does %s. Leave one of them out with --ignore.", name, taken[name])})
			continue
		}
		taken[name], out[i] = column, name
	}
	if len(bad) > 0 {
		return nil, fault.BadFields(bad)
	}
	return out, nil
}

// properties maps every spelling of an importable property to its name.
func properties(view record.ModelView) map[string]string {
	out := map[string]string{}
	for _, v := range view.Properties {
		p := v.Property
		if !v.Create && !v.Update && p.Name != "_id" {
			continue
		}
		for _, spelling := range append([]string{p.DisplayLabel(), strings.TrimPrefix(p.Name, "custom.")}, p.Aliases...) {
			if _, there := out[squash(spelling)]; !there {
				out[squash(spelling)] = p.Name
			}
		}
	}
	for _, v := range view.Properties { // an exact name beats another property's label
		if v.Create || v.Update || v.Property.Name == "_id" {
			out[squash(v.Property.Name)] = v.Property.Name
		}
	}
	return out
}

func squash(s string) string {
	return strings.NewReplacer(" ", "", "_", "", "-", "").Replace(strings.ToLower(s))
}

// Values turns a row into what the gate takes. An empty or missing cell says nothing: what the record has, it keeps.
func (m Mapping) Values(cells []string) map[string]any {
	out := make(map[string]any, len(m))
	for i, cell := range cells {
		if m[i] != "" && cell != "" {
			out[m[i]] = cell
		}
	}
	return out
}
