#!/usr/bin/env bash
# Runs the benchmarks and writes docs/bench/latest.md. BENCHTIME=5s and BENCH=<regexp> narrow or lengthen it. Sizes, with their defaults:
#   MANDORLA_BENCH_COMPANIES=     companies: 10000 and 1000000 in turn
#   MANDORLA_BENCH_TOKENS="1000 1000000"   living tokens that are compared (PostgreSQL: a tenth of the larger one)
#   MANDORLA_BENCH_ROUNDS=30      rounds of 100 flows, ours and the peer's in turn
#   MANDORLA_BENCH_DEAD=1000000   dead tokens that the sweep removes
. "$(dirname "$0")/lib.sh"

ls bench/*.go >/dev/null 2>&1 || { say "There is no benchmark yet: bench/ is empty."; exit 1; }
out=$(mktemp)
trap 'rm -f "$out"' EXIT
# The server that flows are compared with.
stamp=bench/clients/node_modules/.stamp
[ "$stamp" -nt bench/clients/package-lock.json ] ||
  (cd bench/clients && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error && touch node_modules/.stamp)

scripts/with-postgres.sh go test -run '^$' -bench "${BENCH:-.}" -benchmem -benchtime "${BENCHTIME:-1s}" -timeout 90m ./bench/... | tee "$out"

mkdir -p docs/bench
{
  echo "# Benchmarks"
  echo
  echo "Written by \`make bench\`: $(date -u +%Y-%m-%d), commit $(git rev-parse --short HEAD 2>/dev/null || echo none)," \
    "$(go env GOVERSION), $(go env GOOS)/$(go env GOARCH), $(getconf _NPROCESSORS_ONLN) cores."
  echo
  echo "Sizes that were set: $(env | grep '^MANDORLA_BENCH_' | sort | paste -sd ' ' - || true)$(env | grep -q '^MANDORLA_BENCH_' || echo 'none, the defaults of scripts/bench.sh')."
  echo "In Flows, oidc-provider (npm) keeps everything in memory, or has it on disk (SQLite, synchronous=full) before it answers, as ours has."
  echo
  echo '```'
  cat "$out"
  echo '```'
} >docs/bench/latest.md
say "Written: docs/bench/latest.md"
