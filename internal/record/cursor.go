package record

import (
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

type cursorBody struct {
	Keys []json.RawMessage `json:"k"`
	ID   string            `json:"i"`
}

func badCursor() error {
	return fault.BadField("cursor", "does not belong to this list. Take next_cursor from the answer before, with the same filter and sort, or leave it out to start again.")
}

// scope is what a cursor is bound to.
func (r *request) scope(req ListRequest) []byte {
	sort := append([]string{}, req.Sort...) // none and an empty one are the same list
	b, err := json.Marshal([]any{r.p.Tenant, r.p.Person, r.p.Client, req.Model, req.Filter, req.Search, sort})
	if err != nil { // a filter holds only decoded JSON
		return []byte(fmt.Sprintf("%#v", req))
	}
	return b
}

func (c cursorCodec) mac(scope, body []byte) []byte {
	h := hmac.New(sha256.New, c.key)
	h.Write(scope)
	h.Write([]byte{0})
	h.Write(body)
	return h.Sum(nil)[:16]
}

func (c cursorCodec) encode(scope []byte, order []query.Order, row query.Row) (string, error) {
	body := cursorBody{ID: row.ID}
	for i, o := range order {
		body.Keys = append(body.Keys, o.Field.Property.Kind.AppendJSON(nil, row.Keys[i]))
	}
	b, err := json.Marshal(body)
	if err != nil {
		return "", fmt.Errorf("encode cursor: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(append(c.mac(scope, b), b...)), nil
}

func (c cursorCodec) decode(scope []byte, order []query.Order, s string) (*query.After, error) {
	if s == "" {
		return nil, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(raw) < 16 || !hmac.Equal(raw[:16], c.mac(scope, raw[16:])) {
		return nil, badCursor()
	}
	var body cursorBody
	if err := json.Unmarshal(raw[16:], &body); err != nil || len(body.Keys) != len(order) {
		return nil, badCursor()
	}
	after := &query.After{ID: body.ID}
	for i, o := range order {
		var v any
		if err := json.Unmarshal(body.Keys[i], &v); err != nil {
			return nil, badCursor()
		}
		key, err := o.Field.Property.Kind.Parse(o.Field.Property, v)
		if err != nil {
			return nil, badCursor()
		}
		after.Keys = append(after.Keys, key)
	}
	return after, nil
}
