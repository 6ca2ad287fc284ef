package oauth

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"mandorla/internal/model"
)

// What an app says about itself has the same form in a metadata document and in a registration request: the client metadata of
// RFC 7591 section 2. Fields that are not read here are dropped.

// badMetadata is what is wrong with it; code is an error of RFC 7591 section 3.2.2.
type badMetadata struct{ code, desc string }

// Error gives code and description.
func (e *badMetadata) Error() string { return e.code + ": " + e.desc }

func metadataError(format string, args ...any) error {
	return &badMetadata{"invalid_client_metadata", fmt.Sprintf(format, args...)}
}

// maxNesting is how deep values may lie in each other.
const maxNesting = 16

// strictObject reads one JSON object: valid UTF-8, no name twice at any level, no deep nesting, nothing after it.
func strictObject(data []byte) (map[string]json.RawMessage, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("it is not UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if err := strictValue(dec, 0); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the JSON value")
	}
	var out map[string]json.RawMessage
	if err := json.Unmarshal(data, &out); err != nil || out == nil {
		return nil, errors.New("it is not a JSON object")
	}
	return out, nil
}

// strictValue reads the next value token by token.
func strictValue(dec *json.Decoder, depth int) error {
	if depth > maxNesting {
		return errors.New("it is nested too deeply")
	}
	token, err := dec.Token()
	if err != nil {
		return errors.New("it is not JSON")
	}
	open, ok := token.(json.Delim)
	if !ok {
		return nil
	}
	names := map[string]bool{}
	for dec.More() {
		if open == '{' {
			name, _ := dec.Token() // an error comes again with the value
			if text := fmt.Sprint(name); names[text] {
				return errors.New("it has the same name twice")
			} else {
				names[text] = true
			}
		}
		if err := strictValue(dec, depth+1); err != nil {
			return err
		}
	}
	if _, err := dec.Token(); err != nil {
		return errors.New("it is not JSON")
	}
	return nil
}

// text reads a string field; "" where there is none.
func text(fields map[string]json.RawMessage, name string) (string, error) {
	var out *string
	if raw, ok := fields[name]; ok {
		if err := json.Unmarshal(raw, &out); err != nil {
			return "", metadataError("%s must be a text.", name)
		}
	}
	if out == nil {
		return "", nil
	}
	return *out, nil
}

// texts reads a field with a list of strings; nil where there is none.
func texts(fields map[string]json.RawMessage, name string) (out []string, err error) {
	if raw, ok := fields[name]; ok {
		if err := json.Unmarshal(raw, &out); err != nil {
			return nil, metadataError("%s must be a list of texts.", name)
		}
	}
	return out, nil
}

// readSelf reads what both kinds of description share.
func readSelf(fields map[string]json.RawMessage) (App, error) {
	var a App
	name, err := text(fields, "client_name")
	if err != nil {
		return a, err
	}
	a.Name = clipName(name)
	if a.RedirectURIs, err = readRedirects(fields); err != nil {
		return a, err
	}
	if a.NoRefresh, err = readGrants(fields); err != nil {
		return a, err
	}
	for _, link := range []string{"client_uri", "logo_uri", "tos_uri", "policy_uri"} {
		uri, err := text(fields, link)
		if err != nil {
			return a, err
		}
		if uri != "" && !strings.HasPrefix(uri, "https://") {
			return a, metadataError("%s must begin with https://.", link)
		}
	}
	return a, nil
}

// clipName takes out of a claimed name what could make it look like another, and bounds it.
func clipName(name string) string {
	runes := []rune(strings.Join(strings.Fields(model.PlainName(name)), " "))
	return string(runes[:min(len(runes), maxClientName)])
}

func readRedirects(fields map[string]json.RawMessage) ([]string, error) {
	uris, err := texts(fields, "redirect_uris")
	bad := func(format string, args ...any) ([]string, error) {
		return nil, &badMetadata{"invalid_redirect_uri", fmt.Sprintf(format, args...)}
	}
	if err != nil || len(uris) == 0 || len(uris) > maxRedirects {
		return bad("redirect_uris must hold 1 to %d addresses.", maxRedirects)
	}
	for i, uri := range uris {
		if problem := RedirectProblem(uri); problem != "" {
			return bad("redirect_uris[%d] %s", i, problem)
		}
	}
	slices.Sort(uris)
	return slices.Compact(uris), nil
}

// readGrants keeps of the grant types and response types what exists here. Without a word about them an app gets refresh tokens.
func readGrants(fields map[string]json.RawMessage) (noRefresh bool, err error) {
	grants, err := texts(fields, "grant_types")
	if err != nil {
		return false, err
	}
	responses, err := texts(fields, "response_types")
	if err != nil {
		return false, err
	}
	if len(grants) > 0 && !slices.Contains(grants, "authorization_code") {
		return false, metadataError("grant_types must hold authorization_code.")
	}
	if len(responses) > 0 && !slices.Contains(responses, "code") {
		return false, metadataError("response_types must hold code.")
	}
	return len(grants) > 0 && !slices.Contains(grants, "refresh_token"), nil
}
