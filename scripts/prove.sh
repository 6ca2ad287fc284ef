#!/usr/bin/env bash
# The long proofs: every fuzz target for FUZZTIME (30s), then every test named TestProve… (kill, soak, random
# walks) with MANDORLA_PROVE=1, then the mutants of the packages that decide. Under make test those run too, in the short form they choose without it.
. "$(dirname "$0")/lib.sh"

fuzz_package() { # PACKAGE
  local target
  for target in $(go test -list '^Fuzz' "$1" | grep '^Fuzz'); do
    section "fuzz $1 $target" go test -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZTIME:-30s}" "$1"
  done
}

targets=0
for dir in $(grep -rlE --include='*_test.go' --exclude-dir=node_modules '^func Fuzz' . | xargs -r -n 1 dirname | sort -u); do
  fuzz_package "$dir"
  targets=$((targets + 1))
done
printf "\nPackages with fuzz targets: %s\n" "$targets"

export MANDORLA_PROVE=1
dirs=$(grep -rlE --include='*_test.go' --exclude-dir=node_modules '^func TestProve' . | xargs -r -n 1 dirname | sort -u) || true
if [ -n "$dirs" ]; then
  # shellcheck disable=SC2086 # one folder a word
  section "proof tests" scripts/with-postgres.sh go test -count=1 -v -run '^TestProve' -timeout 60m $dirs
else
  say "No proof test yet (func TestProve…)."
fi

# Small mistakes in the packages that decide, each of which a test must notice.
section "mutation" scripts/with-postgres.sh go run ./internal/arch/mutate ./internal/access ./internal/record ./internal/oauth ./internal/customfield
