#!/usr/bin/env bash
# Makes sure that everything the tests need is here, and prints what it found.
# Debian as root: installs what is missing. Anywhere else: names it and fails.
. "$(dirname "$0")/lib.sh"

missing_packages=() # Debian's names
missing_words=()    # for people on other systems

found() { printf '  %-11s %s\n' "$1" "$2"; }
lacks() { # DEBIAN_PACKAGES WORDS
  # shellcheck disable=SC2206 # several package names in one argument
  missing_packages+=($1)
  missing_words+=("$2")
}

look() {
  missing_packages=()
  missing_words=()
  command -v node >/dev/null && command -v npm >/dev/null || lacks "nodejs npm" "Node.js 20 or newer, with npm"
  postgres_bin >/dev/null || lacks "postgresql" "the PostgreSQL server, 14 or newer (initdb, postgres, pg_ctl)"
  chromium_bin >/dev/null || lacks "chromium" "Chromium or Google Chrome"
}

# The Debian package would make and start a cluster of its own; the tests start private ones.
without_main_cluster() {
  local conf=/etc/postgresql-common/createcluster.conf
  [ -e "$conf" ] && return
  mkdir -p "$(dirname "$conf")"
  echo 'create_main_cluster = false' >"$conf"
}

install_on_debian() {
  say "Installing: ${missing_packages[*]}"
  without_main_cluster
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold "${missing_packages[@]}" >/dev/null
}

check_go() {
  local have
  have=$(go env GOVERSION 2>/dev/null | sed 's/^go//; s/[^0-9.].*//') || true
  if [ -z "$have" ] || ! at_least "$have" 1.26; then
    say "Go 1.26 or newer is needed (found: ${have:-none}): https://go.dev/dl/"
    exit 1
  fi
  found Go "$have"
}

# The npm programs want Node 22.19; npm itself brings that Node, so that the machine's may be older.
npm_clients() {
  local dir=$PWD/e2e/clients node
  local stamp=$dir/node_modules/.stamp # removed by npm ci, written when everything below has worked
  [ "$stamp" -nt "$dir/package-lock.json" ] ||
    (cd "$dir" && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error)

  node=$(ls "$dir"/node_modules/node-*/bin/node 2>/dev/null | head -n 1) || true
  [ -n "$node" ] || node=$(PATH=${PATH//"$PWD/.tools/bin:"/} command -v node)
  if ! at_least "$("$node" --version | sed 's/^v//')" 22.19; then
    say "The MCP conformance suite and the MCP Inspector need Node 22.19 or newer; npm has none for this platform. Install it."
    exit 1
  fi
  mkdir -p .tools/bin
  ln -sf "$node" .tools/bin/node
  hash -r
  if [ ! -e "$stamp" ]; then
    "$dir/node_modules/.bin/conformance" list >/dev/null
    "$dir/node_modules/.bin/inspector" --cli --help >/dev/null
    touch "$stamp"
  fi
  found "Node tests" "$(node --version) (.tools/bin/node)"
  found "npm clients" "$(sed -n 's/^    "\([^"]*\)": "\([0-9][^"]*\)".*/\1 \2/p' "$dir/package.json" | grep -v '^node-' | paste -sd , - | sed 's/,/, /g')"
}

say "Tools for the tests:"
check_go
look
if [ ${#missing_packages[@]} -gt 0 ]; then
  if [ -e /etc/debian_version ] && [ "$(id -u)" = 0 ]; then
    install_on_debian
    look
  fi
  if [ ${#missing_words[@]} -gt 0 ]; then
    say "Missing:"
    printf '  %s\n' "${missing_words[@]}"
    if [ "$(uname)" = Darwin ]; then
      say "With Homebrew: brew install node postgresql@17 && brew install --cask chromium"
    else
      say "On Debian or Ubuntu: sudo apt-get install --no-install-recommends ${missing_packages[*]}"
    fi
    exit 1
  fi
fi
found Node "$(node --version) with npm $(npm --version 2>/dev/null)"
found PostgreSQL "$("$(postgres_bin)/postgres" --version | sed 's/^[^0-9]*//') ($(postgres_bin))"
found Chromium "$("$(chromium_bin)" --version 2>/dev/null | sed 's/^[^0-9]*//; s/ .*//') ($(chromium_bin))"
npm_clients
