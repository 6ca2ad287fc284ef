#!/usr/bin/env bash
# Runs the benchmarks and writes docs/bench/latest.md. BENCHTIME=5s and BENCH=<regexp> narrow or lengthen it.
. "$(dirname "$0")/lib.sh"

ls bench/*.go >/dev/null 2>&1 || { say "There is no benchmark yet: bench/ is empty."; exit 1; }
out=$(mktemp)
trap 'rm -f "$out"' EXIT
scripts/with-postgres.sh go test -run '^$' -bench "${BENCH:-.}" -benchmem -benchtime "${BENCHTIME:-1s}" -timeout 60m ./bench/... | tee "$out"

mkdir -p docs/bench
{
  echo "# Benchmarks"
  echo
  echo "Written by \`make bench\`: $(date -u +%Y-%m-%d), commit $(git rev-parse --short HEAD 2>/dev/null || echo none)," \
    "$(go env GOVERSION), $(go env GOOS)/$(go env GOARCH), $(getconf _NPROCESSORS_ONLN) cores."
  echo
  echo '```'
  cat "$out"
  echo '```'
} >docs/bench/latest.md
say "Written: docs/bench/latest.md"
