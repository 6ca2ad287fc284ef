package sqlstore

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"mandorla/internal/model"
	"mandorla/internal/query"
)

// instantText is how SQLite keeps an instant: fixed width, so that text order is time order.
const instantText = "2006-01-02T15:04:05.000Z"

// InstantText renders an instant for an engine that keeps it as text.
func InstantText(t time.Time) any { return t.UTC().Format(instantText) }

// chunk is how many rows' values are allocated together.
const chunk = 64

// scanRows reads the rows of a statement, at most limit (0: all). A row that comes again right behind itself counts once. The values of a row share one slice with those of its neighbours.
func scanRows(rows *sql.Rows, st *statement, limit int) ([]query.Row, error) {
	defer rows.Close()
	width := len(st.decode)
	out := make([]query.Row, 0, min(limit, 1000))
	dest := make([]any, 1+width)
	var slab []any
	for (limit == 0 || len(out) < limit) && rows.Next() {
		if len(slab) < width {
			slab = make([]any, chunk*width)
		}
		values := slab[:width:width]
		slab = slab[width:]
		out = append(out, query.Row{})
		row := &out[len(out)-1]
		dest[0] = &row.ID
		for i := range values {
			dest[i+1] = &values[i]
		}
		if err := rows.Scan(dest...); err != nil {
			return nil, err
		}
		if err := canonical(st.decode, values); err != nil {
			return nil, err
		}
		if n := len(out); n > 1 && out[n-2].ID == row.ID {
			out = out[:n-1]
			continue
		}
		row.Values, row.Keys = values[:st.columns:st.columns], keysOf(st, values)
	}
	return out, rows.Err()
}

// keysOf picks the values that the row was ordered by; without doubles they already lie side by side.
func keysOf(st *statement, values []any) []any {
	if len(st.keys) == 0 {
		return nil
	}
	if len(st.keys) == len(values)-st.columns {
		return values[st.columns:]
	}
	keys := make([]any, len(st.keys))
	for i, at := range st.keys {
		keys[i] = values[at]
	}
	return keys
}

// canonical turns what the drivers give into canonical values, in place.
func canonical(classes []model.Storage, values []any) error {
	for i, v := range values {
		if v == nil {
			continue
		}
		out, ok := v, true
		switch classes[i] {
		case model.StoreText:
			_, ok = v.(string)
		case model.StoreInteger:
			_, ok = v.(int64)
		case model.StoreNumber:
			_, ok = v.(float64)
		case model.StoreBool:
			out, ok = asBool(v)
		case model.StoreInstant:
			out, ok = asInstant(v)
		case model.StoreList:
			out, ok = asList(v)
		case model.StoreJSON:
			out, ok = asRaw(v)
		}
		if !ok {
			return fmt.Errorf("column %d holds a %T that is not of storage class %d", i+1, v, classes[i])
		}
		values[i] = out
	}
	return nil
}

func asBool(v any) (any, bool) {
	switch v := v.(type) {
	case bool:
		return v, true
	case int64:
		return v != 0, true
	}
	return nil, false
}

func asInstant(v any) (any, bool) {
	switch v := v.(type) {
	case time.Time:
		return v.UTC(), true
	case string:
		t, err := time.Parse(instantText, v)
		return t, err == nil
	}
	return nil, false
}

func asRaw(v any) (any, bool) {
	switch v := v.(type) {
	case string:
		return json.RawMessage(v), true
	case []byte:
		return json.RawMessage(bytes.Clone(v)), true
	}
	return nil, false
}

// asList reads a JSON array of strings; those without escapes, which is nearly all, without a JSON decoder.
func asList(v any) (any, bool) {
	raw, ok := asRaw(v)
	if !ok {
		return nil, false
	}
	text := string(raw.(json.RawMessage))
	if strings.IndexByte(text, '\\') >= 0 {
		var out []string
		err := json.Unmarshal([]byte(text), &out)
		return out, err == nil
	}
	out := make([]string, 0, 4)
	for {
		_, rest, found := strings.Cut(text, `"`)
		if !found {
			break
		}
		item, rest, closed := strings.Cut(rest, `"`)
		if !closed {
			return nil, false
		}
		out, text = append(out, item), rest
	}
	if len(out) == 0 {
		return nil, true
	}
	return out, true
}
