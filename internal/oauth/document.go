package oauth

import (
	"encoding/json"
	"slices"
	"strings"
)

// parseDocument reads a Client ID Metadata Document that was fetched from id. Whatever says that the app has, or shares, a secret makes
// it worthless as a document for everybody to read; an app that can prove itself in other ways must also offer "none".
func parseDocument(id string, body []byte) (App, error) {
	fields, err := strictObject(body)
	if err != nil {
		return App{}, metadataError("The document cannot be read: %s.", err)
	}
	claimed, err := text(fields, "client_id")
	if err != nil || claimed != id {
		return App{}, metadataError("client_id is not the address of the document.")
	}
	if err := documentSecrets(fields); err != nil {
		return App{}, err
	}
	if err := documentMethods(fields); err != nil {
		return App{}, err
	}
	a, err := readSelf(fields)
	if err != nil {
		return App{}, err
	}
	a.ID, a.Origin = id, Document
	if a.Name == "" {
		a.Name = hostOf(id)
	}
	return a, nil
}

func documentSecrets(fields map[string]json.RawMessage) error {
	for name := range fields {
		if strings.HasPrefix(name, "client_secret") || name == "registration_access_token" {
			return metadataError("%s has no place in a public document.", name)
		}
	}
	raw, ok := fields["jwks"]
	if !ok {
		return nil
	}
	var jwks struct {
		Keys []map[string]json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(raw, &jwks); err != nil {
		return metadataError("jwks cannot be read.")
	}
	for _, key := range jwks.Keys {
		for _, private := range []string{"d", "k", "p", "q", "dp", "dq", "qi", "oth"} {
			if _, there := key[private]; there {
				return metadataError("jwks holds a private key.")
			}
		}
	}
	return nil
}

// documentMethods: ChatGPT's document prefers private_key_jwt and lists "none" beside it, which is enough.
func documentMethods(fields map[string]json.RawMessage) error {
	method, err := text(fields, "token_endpoint_auth_method")
	if err != nil {
		return err
	}
	others, err := texts(fields, "token_endpoint_auth_methods_supported")
	if err != nil {
		return err
	}
	for _, m := range append(others, method) {
		if strings.HasPrefix(m, "client_secret_") {
			return metadataError("%s needs a secret, which a public document cannot have.", m)
		}
	}
	if method != "" && method != "none" && !slices.Contains(others, "none") || len(others) > 0 && !slices.Contains(others, "none") {
		return metadataError("The app must offer \"none\" at the token endpoint.")
	}
	return nil
}
