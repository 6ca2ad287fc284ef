#!/usr/bin/env bash
# Everything CI runs, in order of how soon it can fail.
. "$(dirname "$0")/lib.sh"
trap 'printf "\n== total: %sm %02ds\n" $((SECONDS / 60)) $((SECONDS % 60))' EXIT

section "tools" make --no-print-directory tools
section "assets" make --no-print-directory assets
section "check" make --no-print-directory check
# -vet=off: check has just run all of vet.
section "go test" scripts/with-postgres.sh go test -vet=off -timeout 12m ./...
