#!/usr/bin/env bash
# What can be said about the code without running the product: formatting, vet, linters, the import table.
. "$(dirname "$0")/lib.sh"

# Pinned, so that a new release never turns a green commit red. Change it like any dependency.
staticcheck=honnef.co/go/tools/cmd/staticcheck@v0.8.2

# Beyond the default: everything, less the checks that the house decides otherwise.
#   ST1000 package comments: internal/arch has the rule, with a message that says what to write
#   ST1020, ST1021, ST1022 comments in the form "Name …": a sentence that adds something is worth more
#   ST1005 error text: error strings here begin with the act ("load roles"), which may be a name
#   ST1023 a declared type that could be inferred: sometimes the type is the news
staticcheck_checks=all,-ST1000,-ST1005,-ST1020,-ST1021,-ST1022,-ST1023

formatted() {
  local list
  list=$(find . \( -name node_modules -o -name '.?*' \) -prune -o -name '*.go' -print | xargs gofmt -s -l)
  [ -z "$list" ] || { say "Not formatted (gofmt -s -w …):" "$list"; return 1; }
}

shell_syntax() {
  local file
  for file in .ci/run scripts/*.sh; do bash -n "$file"; done
}

golangci() {
  if command -v golangci-lint >/dev/null; then
    golangci-lint run
  else
    say "golangci-lint is not installed; .golangci.yml is what it would run."
  fi
}

section "gofmt" formatted
section "shell syntax" shell_syntax
section "go vet" go vet ./...
section "staticcheck" go run "$staticcheck" -checks "$staticcheck_checks" ./...
section "golangci-lint" golangci
section "import table" go test -count=1 ./internal/arch
