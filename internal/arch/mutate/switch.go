package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// switchFile is compiled into the package under test: it turns one mutant on and notes which were reached. What is
// noted is written at once, since a test binary gives no moment at its end.
const switchFile = `package %s

import (
	"cmp"
	"os"
	"strconv"
	"sync/atomic"
)

var mutantActive, _ = strconv.Atoi(os.Getenv("MANDORLA_MUTANT"))

var mutantHits, _ = os.OpenFile(os.Getenv("MANDORLA_MUTANT_HITS"), os.O_APPEND|os.O_WRONLY, 0)

var mutantSeen [%d]atomic.Bool

func mutantOn(id int) bool {
	if mutantHits != nil && mutantSeen[id].CompareAndSwap(false, true) {
		_, _ = mutantHits.WriteString(strconv.Itoa(id) + "\n")
	}
	return id == mutantActive
}

func mutantLT[T cmp.Ordered](id int, a, b T) bool { return a < b || mutantOn(id) && a == b }
func mutantGT[T cmp.Ordered](id int, a, b T) bool { return a > b || mutantOn(id) && a == b }
func mutantLE[T cmp.Ordered](id int, a, b T) bool { return a < b || !mutantOn(id) && a == b }
func mutantGE[T cmp.Ordered](id int, a, b T) bool { return a > b || !mutantOn(id) && a == b }
`

// writeSwitch puts the switch beside the mutated sources and returns its place.
func writeSwitch(dir, packageName string, mutants int) (string, error) {
	file := filepath.Join(dir, "mutant_switch.go")
	return file, os.WriteFile(file, fmt.Appendf(nil, switchFile, packageName, mutants+1), 0o600)
}
