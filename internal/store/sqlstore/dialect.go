package sqlstore

import (
	"time"

	"mandorla/internal/model"
)

// storages is how many storage classes there are.
const storages = int(model.StoreJSON) + 1

// Dialect is what the two engines do differently. One value per engine, immutable, made by store/sqlite and store/postgres.
//
// Its functions build SQL around expressions that are already rendered. Texts use ? for every placeholder and may hold no other
// question mark.
type Dialect struct {
	Name     string // "sqlite" or "postgres"
	Goose    string // what goose calls it
	Numbered bool   // placeholders are written $1, $2 … rather than ?

	Key        string           // column type of tenant_id and _id
	Types      [storages]string // column type by storage class
	Params     [storages]string // placeholder for a value of the class, with its type where the engine needs telling
	Custom     string           // column type of the JSON column of custom values
	Number     string           // column type of a primary key that is a number
	OwnNumber  string           // the same, counted by the engine; no number is given twice
	Now        string           // expression: unix milliseconds now, an integer
	SplitOr    bool             // "a is x or b is y" is better asked index by index
	EmptyFirst bool             // an index read backwards gives empty values first
	MaxArms    int              // of how many ranges of indexes a list may be merged; with more, all rows are tested in the order of the list
	Lateral    bool             // ordered arms of a UNION ALL are not merged, but LATERAL is there
	RowKey     string           // the column by which one row is found fastest; with the tenant it names the row
	Prepare    bool             // the driver prepares a statement anew at every call unless it is kept
	OneWriter  bool             // one transaction writes at a time, on the one connection of Config.Write
	Trim       string           // statement that gives back the memory that Condition found too much
	Checkpoint string           // statement that takes the pages of the log to the file; "": commits do it
	ForEdit    string           // appended to a read of rows of alias t inside a transaction, so that they stay as they are

	Instant func(t time.Time) any                             // an instant to what the driver takes
	Fold    func(expr string) string                          // the text for comparing without regard to case: SQL twin of [Fold]
	Find    func(folded string) (cond string)                 // does the folded text contain the one in the placeholder
	Needle  func(folded string) string                        // the value for Find's placeholder
	Has     func(list string) (cond string)                   // does the list contain the text in the placeholder
	Field   func(custom, key string, st model.Storage) string // a custom value out of the JSON column, typed like a column
	Merge   func(custom string, set, drop []string) string    // the JSON column with keys set to the JSON texts in placeholders, in order, and keys dropped

	Unique func(err error) (constraint string, ok bool) // is it a unique violation; the constraint's name where the engine tells
	Retry  func(err error) bool                         // may the transaction succeed if it is run again
	Busy   func(err error) bool                         // did the database not answer in time

	// Condition tells after a commit whether the driver's connection that writes holds more memory than it may, and how many pages it has put into the log since
	// it was asked last; nil: neither is looked after.
	Condition func(conn any) (swollen bool, logged int, err error)

	Lock    string // statement that waits until no other process prepares the database, for the life of the connection; "": none
	Columns string // query: table and column name of every column there is
	Indexes string // query: name of every index there is
}
