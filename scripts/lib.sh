# Shared by the scripts beside it: `. "$(dirname "$0")/lib.sh"`. Works with the bash 3.2 that macOS has.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Node 22 lives here once scripts/tools.sh has run, ahead of whatever Node the machine has.
export PATH="$PWD/.tools/bin:$PATH"

say() { printf '%s\n' "$*"; }

# section TITLE CMD…: a heading, the command, and how long it took.
section() {
  local title=$1 start=$SECONDS
  shift
  printf '\n== %s\n' "$title"
  "$@"
  printf -- '-- %s: %ss\n' "$title" "$((SECONDS - start))"
}

# postgres_bin: prints the folder that holds initdb, postgres and pg_ctl; fails when there is none. Newest first.
postgres_bin() {
  local dir
  for dir in "$(dirname "$(command -v initdb || echo /nowhere/initdb)")" \
    $(ls -d /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin 2>/dev/null | sort -rV); do
    if [ -x "$dir/initdb" ] && [ -x "$dir/postgres" ] && [ -x "$dir/pg_ctl" ]; then
      printf '%s\n' "$dir"
      return
    fi
  done
  return 1
}

# chromium_bin: prints a browser that chromedp can drive; fails when there is none.
chromium_bin() {
  local name
  for name in chromium chromium-browser google-chrome google-chrome-stable chrome \
    "/Applications/Chromium.app/Contents/MacOS/Chromium" \
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
    command -v "$name" 2>/dev/null && return
  done
  return 1
}

# at_least HAVE WANT: compares dotted versions.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }
