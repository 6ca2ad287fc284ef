#!/usr/bin/env bash
# with-postgres.sh CMD…: runs CMD with a private PostgreSQL cluster, named by MANDORLA_TEST_POSTGRES
# (a superuser's address; the cluster is empty), and removes the cluster afterwards. An address that is
# already set is used as it is. PostgreSQL refuses to run as root, so root becomes the user `postgres`.
#
# The cluster ends with this script however it ends, kill -9 included: the keeper below reads from a pipe
# that only this script holds open, and stops the cluster when that pipe closes.
here=$PWD
. "$(dirname "$0")/lib.sh"

[ $# -gt 0 ] || { say "usage: $0 CMD…" >&2; exit 2; }
if [ -n "${MANDORLA_TEST_POSTGRES:-}" ]; then
  cd "$here"
  exec "$@"
fi

bin=$(postgres_bin) || {
  say "PostgreSQL is missing (initdb, postgres, pg_ctl). Run scripts/tools.sh, or set MANDORLA_TEST_POSTGRES." >&2
  exit 1
}
dir=$(mktemp -d /tmp/mandorla-pg.XXXXXX) # short, since a socket's path may have 107 bytes
cd "$dir"
as() { "$@"; }
if [ "$(id -u)" = 0 ]; then
  id postgres >/dev/null 2>&1 || { rmdir "$dir"; say "PostgreSQL cannot run as root, and there is no user named postgres." >&2; exit 1; }
  chown postgres "$dir"
  as() { runuser -u postgres -- "$@"; }
fi

keeper() {
  trap '' INT TERM HUP # Ctrl-C reaches the whole process group; the pipe says when it is time
  cat >/dev/null
  [ -s data/postmaster.pid ] && as "$bin/pg_ctl" -D data -m immediate -w stop >/dev/null 2>&1
  cd / && rm -rf "$dir"
}
exec 3> >(keeper)

stop() {
  local status=$? tries=0
  exec 3>&-
  while [ -d "$dir" ] && [ $tries -lt 100 ]; do
    sleep 0.1
    tries=$((tries + 1))
  done
  exit "$status"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

locale=C.UTF-8
[ "$(uname)" = Darwin ] && locale=en_US.UTF-8
as "$bin/initdb" -D data -U postgres --auth=trust --encoding=UTF8 --locale="$locale" \
  --no-sync --no-instructions >initdb.log 2>&1 3>&- || { cat initdb.log >&2; exit 1; }

# Nothing here has to survive a power cut, so nothing waits for the disk.
cat >>data/postgresql.conf <<CONF
listen_addresses = '127.0.0.1'
unix_socket_directories = '$dir'
max_connections = 200
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
timezone = 'UTC'
CONF

# PostgreSQL itself finds out whether a port is free: no gap between looking and taking.
started=
for _ in 1 2 3 4 5 6 7 8 9 10; do
  port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
  if as "$bin/pg_ctl" -D data -l data/server.log -o "-p $port" -w -t 60 start >/dev/null 2>&1 3>&-; then
    started=yes
    break
  fi
done
[ -n "$started" ] || { cat data/server.log >&2; exit 1; }

export MANDORLA_TEST_POSTGRES="postgres://postgres@127.0.0.1:$port/postgres?sslmode=disable"
export MANDORLA_TEST_POSTGRES_PRIVATE=yes
cd "$here"
"$@" 3>&-
