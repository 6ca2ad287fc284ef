package arch

import (
	"fmt"
	"strings"
)

// check returns every violation in the given files, path to text.
func check(files map[string]string) []violation {
	sources, found := parse(files)
	for _, s := range sources {
		found = append(found, checkImports(s)...)
		found = append(found, checkInit(s)...)
		found = append(found, checkGate(s)...)
		found = append(found, checkAmbient(s)...)
	}
	return append(found, checkFolders(sources)...)
}

func checkImports(s source) []violation {
	var found []violation
	for _, imp := range s.imports {
		rule, says := refuse(s, imp.path)
		if rule != "" {
			found = append(found, violation{rule, s.at(imp.pos), says})
		}
	}
	return found
}

// refuse returns the rule that forbids the import, or "".
func refuse(s source, importPath string) (rule, says string) {
	if target, ok := ours(importPath); ok {
		return refuseOurs(s, target)
	}
	if isStandard(importPath) || forTests(s) {
		return "", ""
	}
	for _, t := range thirdParties {
		if !within(importPath, t.module) {
			continue
		}
		if withinAny(s.dir(), t.in) {
			return "", ""
		}
		return "third-party", fmt.Sprintf("imports %s, which stays in %s: %s", importPath, strings.Join(t.in, ", "), t.why)
	}
	return "third-party", fmt.Sprintf("imports %s: a new module means a line in thirdParties and in docs/dependencies.md", importPath)
}

func refuseOurs(s source, target string) (rule, says string) {
	to, known := lookup(target)
	if !known {
		return "unknown-package", fmt.Sprintf("imports %s: a new package means a new line in the table", target)
	}
	if forTests(s) {
		return "", ""
	}
	if to.testsOnly {
		return "tests-only", fmt.Sprintf("imports %s, which is for tests only", target)
	}
	for _, d := range denials {
		if within(s.dir(), d.from) && within(target, d.to) && !withinAny(target, d.except) {
			return "denied", fmt.Sprintf("imports %s: %s", target, d.why)
		}
	}
	// A folder without a row has its own violation.
	if from, ok := lookup(s.dir()); ok && to.rank >= from.rank {
		return "rank", fmt.Sprintf("imports %s (rank %d, %s) from rank %d: only lower ranks may be imported",
			target, to.rank, to.owns, from.rank)
	}
	return "", ""
}
