package postgres

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"mandorla/internal/model"
	"mandorla/internal/store/sqlstore"
)

// Dialect gives PostgreSQL's rules. Each call gives a new value. Texts are of collation "C", so that they compare and sort by
// bytes as they do in SQLite, whatever the server's locale is.
func Dialect() *sqlstore.Dialect {
	return &sqlstore.Dialect{
		Name: "postgres", Goose: "postgres", Numbered: true, EmptyFirst: true, MaxArms: 6, Lateral: true, RowKey: `"_id"`,
		Key: `text COLLATE "C"`, Custom: "jsonb",
		Types:   [...]string{`text COLLATE "C"`, "bigint", "double precision", "boolean", "timestamptz", "jsonb", "jsonb"},
		Params:  [...]string{"?::text", "?::bigint", "?::double precision", "?::boolean", "?::timestamptz", "?::jsonb", "?::jsonb"},
		Now:     "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)",
		ForEdit: " FOR NO KEY UPDATE OF t",
		Instant: func(t time.Time) any { return t },
		Fold:    fold,
		Find:    func(folded string) string { return folded + ` LIKE ?::text ESCAPE '\'` },
		Needle:  func(folded string) string { return "%" + likeEscape.Replace(folded) + "%" },
		Has:     func(list string) string { return list + " @> jsonb_build_array(?::text)" },
		Field:   field,
		Merge:   merge,
		Unique:  unique,
		Retry:   func(err error) bool { c := code(err); return c == "40001" || c == "40P01" },
		Busy: func(err error) bool {
			c := code(err)
			return c == "53300" || c == "57P03" || c == "55P03" || refused(err)
		},
		Lock:    "SELECT pg_advisory_lock(7305808869231650)",
		Columns: "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()",
		Indexes: "SELECT indexname FROM pg_indexes WHERE schemaname = current_schema()",
	}
}

// fold is lower case by ICU, which knows all of Unicode and no language; a final sigma counts as any other, as in sqlstore.Fold.
func fold(expr string) string {
	return `(replace(lower(` + expr + ` COLLATE "und-x-icu"), 'ς', 'σ') COLLATE "C")`
}

var likeEscape = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// casts by storage class, for values out of the JSON column.
var casts = map[model.Storage]string{
	model.StoreText: ` COLLATE "C"`, model.StoreInteger: "::bigint", model.StoreNumber: "::double precision",
	model.StoreBool: "::boolean", model.StoreInstant: ` COLLATE "C"`,
}

func field(custom, key string, st model.Storage) string {
	if cast, ok := casts[st]; ok {
		return "((" + custom + "->>'" + key + "')" + cast + ")"
	}
	return "(" + custom + "->'" + key + "')"
}

func merge(custom string, set, drop []string) string {
	out := "coalesce(" + custom + ", '{}'::jsonb)"
	for _, key := range set {
		out += " || jsonb_build_object('" + key + "', ?::jsonb)"
	}
	out = "(" + out + ")"
	for _, key := range drop {
		out += " - '" + key + "'"
	}
	return out
}

func unique(err error) (string, bool) {
	var e *pgconn.PgError
	if errors.As(err, &e) && e.Code == "23505" {
		return e.ConstraintName, true
	}
	return "", false
}

// refused reports whether the server could not be reached at all.
func refused(err error) bool {
	var e *pgconn.ConnectError
	return errors.As(err, &e) && !errors.Is(err, context.Canceled)
}

// code gives the SQLSTATE, "" for any other error.
func code(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}
