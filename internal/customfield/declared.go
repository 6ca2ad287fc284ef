package customfield

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"mandorla/internal/access"
	"mandorla/internal/fault"
	"mandorla/internal/model"
	"mandorla/internal/schema"
)

// declared checks a field and gives the property that it declares on the model, without its ID. id is the field's own, "" for a new one.
// Every mistake is named at once.
func (s *Service) declared(ctx context.Context, by access.Principal, m *model.Model, f Field, id string) (model.Property, error) {
	f.Name, f.Doc = strings.TrimSpace(f.Name), strings.TrimSpace(f.Doc)
	var bad []fault.Field
	wrong := func(field, msg string) { bad = append(bad, fault.Field{Path: field, Msg: msg}) }
	name, err := schema.CustomName(f.Name)
	switch {
	case f.Name == "":
		wrong("name", "is missing. Give the field a name, such as Contract type.")
	case err != nil:
		_, fields := fault.Safe(err)
		bad = append(bad, fields...)
	case taken(m, name, id):
		wrong("name", "is the name of another field of "+m.Label+" already. Choose another one.")
	}
	if utf8.RuneCountInString(f.Doc) > MaxDoc {
		wrong("doc", "is longer than 300 characters. Shorten it.")
	}
	if f.Required && m.Name == "User" {
		wrong("required", "is not possible here: an invitation makes a user, and asks for no such value.")
	}
	if f.Kind == nil || !slices.Contains(model.CustomKinds, f.Kind) {
		wrong("kind", "is missing. Choose what the field holds.")
	} else if field, msg, err := s.fits(ctx, by, &f); err != nil {
		return model.Property{}, err
	} else if msg != "" {
		wrong(field, msg)
	}
	if id == "" && customs(m) >= MaxFields {
		wrong("name", "would be one more than 500 custom fields of "+m.Label+". Remove one first.")
	}
	if len(bad) > 0 {
		return model.Property{}, fault.BadFields(bad)
	}
	return model.Property{
		Name: name, Doc: f.Doc, Kind: f.Kind, To: f.To, Options: f.Options, Required: f.Required, List: f.List, Sensitive: f.Sensitive,
	}, nil
}

// fits checks what goes with the kind, and drops what does not.
func (s *Service) fits(ctx context.Context, by access.Principal, f *Field) (field, msg string, err error) {
	if _, refers := f.Kind.(model.Linker); refers {
		models, err := s.known(ctx, by)
		if err != nil {
			return "", "", err
		}
		i := slices.IndexFunc(models, named(f.To))
		if i < 0 {
			return "to", "is missing. Choose the model that the field refers to.", nil
		}
		f.To = models[i].Name
	} else {
		f.To = ""
	}
	if f.Kind != model.Enum {
		f.Options = nil
		return "", "", nil
	}
	var options []string
	for _, option := range f.Options {
		option = strings.TrimSpace(option)
		switch same := func(other string) bool { return strings.EqualFold(other, option) }; {
		case option == "":
			continue
		case utf8.RuneCountInString(option) > MaxOption:
			return "options", "have one that is longer than 80 characters. Shorten it.", nil
		case slices.ContainsFunc(options, same):
			return "options", "have " + option + " twice. Leave one of them.", nil
		}
		options = append(options, option)
	}
	switch f.Options = options; {
	case len(options) == 0:
		return "options", "are missing. Write at least one, one a line.", nil
	case len(options) > MaxOptions:
		return "options", "are more than 200. Use a reference or a text instead.", nil
	}
	return "", "", nil
}

// taken reports whether another property of the model has the name, in whatever case: people would not tell them apart.
func taken(m *model.Model, name, id string) bool {
	return slices.ContainsFunc(m.Props(), func(p *model.Property) bool { return p.ID != id && strings.EqualFold(p.Name, name) })
}

func customs(m *model.Model) (n int) {
	for _, p := range m.Props() {
		if p.Custom {
			n++
		}
	}
	return n
}
