package record

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"mandorla/internal/fault"
	"mandorla/internal/query"
)

// cursorCodec makes cursors that only this installation can make, and that fit only the list they came from: the same tenant,
// person, client, model, filter, search and order.
type cursorCodec struct{ key []byte }

// macLen is how many bytes of a cursor vouch for the others.
const macLen = 16

type cursorBody struct {
	Keys []any  `json:"k"`
	ID   string `json:"i"`
}

func badCursor() error {
	return fault.BadField("cursor", "does not belong to this list. Take next_cursor from the answer before, with the same filter and sort, or leave it out to start again.")
}

// scope is what a cursor is bound to.
func (r *request) scope(req ListRequest) ([]byte, error) {
	sort := append([]string{}, req.Sort...) // none and an empty one are the same list
	b, err := json.Marshal([]any{r.p.Tenant, r.p.Person, r.p.Client, req.Model, req.Filter, req.Search, sort})
	if err != nil { // a filter should hold only decoded JSON
		return nil, fmt.Errorf("bind a cursor to its list: %w", err)
	}
	return b, nil
}

// mac vouches for a body in a scope. Each is one JSON value, so it is plain where the one ends and the other begins.
func (c cursorCodec) mac(scope, body []byte) []byte {
	h := hmac.New(sha256.New, c.key)
	h.Write(scope)
	h.Write(body)
	return h.Sum(nil)[:macLen]
}

func (c cursorCodec) encode(scope []byte, order []query.Order, row query.Row) string {
	keys := make([][]byte, len(order))
	for i, o := range order {
		keys[i] = o.Field.Property.Kind.AppendJSON(nil, row.Keys[i])
	}
	body := fmt.Appendf(nil, `{"k":[%s],"i":%q}`, bytes.Join(keys, []byte(",")), row.ID) // a cursorBody; an id is hex digits
	return base64.RawURLEncoding.EncodeToString(append(c.mac(scope, body), body...))
}

func (c cursorCodec) decode(scope []byte, order []query.Order, s string) (*query.After, error) {
	if s == "" {
		return nil, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(s)
	vouch := raw[:min(macLen, len(raw))]
	text := raw[len(vouch):]
	if err != nil || !hmac.Equal(vouch, c.mac(scope, text)) {
		return nil, badCursor()
	}
	var body cursorBody
	if err := json.Unmarshal(text, &body); err != nil || len(body.Keys) != len(order) {
		return nil, badCursor()
	}
	after := &query.After{ID: body.ID}
	for i, o := range order {
		key, err := o.Field.Property.Kind.Parse(o.Field.Property, body.Keys[i])
		if err != nil {
			return nil, badCursor()
		}
		after.Keys = append(after.Keys, key)
	}
	return after, nil
}
