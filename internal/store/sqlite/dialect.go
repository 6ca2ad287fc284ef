package sqlite

import (
	"errors"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"mandorla/internal/model"
	"mandorla/internal/store/sqlstore"
)

// Dialect gives SQLite's rules. Each call gives a new value.
func Dialect() *sqlstore.Dialect {
	d := &sqlstore.Dialect{
		Name: "sqlite", Goose: "sqlite3",
		Key: "TEXT", Custom: "TEXT", SplitOr: true, Prepare: true, OneWriter: true, MaxArms: 64, RowKey: "rowid",
		Number: "INTEGER PRIMARY KEY", OwnNumber: "INTEGER PRIMARY KEY AUTOINCREMENT",
		Now:     "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
		Instant: sqlstore.InstantText,
		Fold:    func(expr string) string { return "fold(" + expr + ")" },
		Find:    func(folded string) string { return "instr(" + folded + ", ?) > 0" },
		Needle:  func(folded string) string { return folded },
		Has:     func(list string) string { return "EXISTS (SELECT 1 FROM json_each(" + list + ") WHERE value = ?)" },
		Field:   field,
		Merge:   merge,
		Unique:  unique,
		Retry:   func(error) bool { return false },
		Busy:    func(err error) bool { return code(err)&0xff == lib.SQLITE_BUSY },

		Condition: condition,
		Trim:      "PRAGMA shrink_memory", Checkpoint: "PRAGMA wal_checkpoint(PASSIVE)",
		Columns: "SELECT m.name, c.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table'",
		Indexes: "SELECT name FROM sqlite_master WHERE type = 'index'",
	}
	for st := range d.Types {
		d.Types[st], d.Params[st] = "TEXT", "?"
	}
	d.Types[model.StoreInteger], d.Types[model.StoreBool], d.Types[model.StoreNumber] = "INTEGER", "INTEGER", "REAL"
	return d
}

// field takes a value out of the JSON column. Numbers written without a fraction come out as integers, hence the casts.
func field(custom, key string, st model.Storage) string {
	path := `'$."` + key + `"'`
	switch st {
	case model.StoreInteger:
		return "CAST(json_extract(" + custom + ", " + path + ") AS INTEGER)"
	case model.StoreNumber:
		return "CAST(json_extract(" + custom + ", " + path + ") AS REAL)"
	case model.StoreJSON, model.StoreList:
		return "(" + custom + " -> " + path + ")"
	default:
		return "json_extract(" + custom + ", " + path + ")"
	}
}

// merge nests one call per key, because the number of arguments of one call is limited.
func merge(custom string, set, drop []string) string {
	out := "coalesce(" + custom + ", '{}')"
	for _, key := range set {
		out = "json_set(" + out + `, '$."` + key + `"', json(?))`
	}
	for _, key := range drop {
		out = "json_remove(" + out + `, '$."` + key + `"')`
	}
	return out
}

// unique never tells the constraint: SQLite has its name in a text only.
func unique(err error) (string, bool) {
	c := code(err)
	return "", c == lib.SQLITE_CONSTRAINT_UNIQUE || c == lib.SQLITE_CONSTRAINT_PRIMARYKEY
}

// condition: the limits of SQLite's connections are one limit for all of them. In a long transaction the one that writes takes the pages of those that
// read, and keeps them; as nothing is left of the limit, each page that another one reads is then gone as soon as its statement ends.
func condition(conn any) (swollen bool, logged int, err error) {
	c, ok := conn.(sqlite.DBStatus)
	if !ok {
		return false, 0, nil // a test stands between
	}
	used, _, err := c.Status(sqlite.DBStatusCacheUsed, false)
	if err != nil {
		return false, 0, err
	}
	logged, _, err = c.Status(sqlite.DBStatusCacheWrite, true)
	return used > pagesToWrite+pagesToRead/2, logged, err
}

// code gives SQLite's extended result code, 0 for any other error.
func code(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}
