// Package arch holds the import table of the house and the rules beside it, and enforces them by parsing every
// source file of the module. Everything is in its tests: nothing can import it, and `go test ./internal/arch`
// is the whole check. Why the ranks are as they are: docs/adr/0001-house-and-ranks.md.
package arch
