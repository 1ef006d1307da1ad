#!/usr/bin/env bash
# A private PostgreSQL for tests, on loopback, with nothing outside DIR touched.
#
#   postgres.sh start DIR PORT   prints the address on stdout, everything else on stderr
#   postgres.sh stop DIR
#
# Both are safe to repeat. What is committed outlives the server's process, not the machine.
# PostgreSQL does not run as root: then the user postgres of its package runs it, who must
# be able to enter DIR. The account exists on this server only and guards nothing of value.
set -euo pipefail

readonly database=karez user=karez password=karez-loopback-only

say() { printf 'postgres.sh: %s\n' "$*" >&2; }
die() { say "$@"; exit 1; }

usage() { die "usage: postgres.sh start DIR PORT | postgres.sh stop DIR"; }

# programs prints the folder of the server's programs, which packages keep off the path.
programs() {
  local found
  found=$(command -v initdb) && { dirname "$(readlink -f "$found")"; return; }
  for found in $(printf '%s\n' /usr/lib/postgresql/*/bin/initdb | sort -rV) /usr/pgsql-*/bin/initdb; do
    [[ -x $found ]] && { dirname "$found"; return; }
  done
  return 1
}

ensure_installed() {
  programs >/dev/null && return
  [[ $(id -u) -eq 0 ]] || die "PostgreSQL is missing; install the package postgresql, or run this once as root"
  say "installing postgresql"
  export DEBIAN_FRONTEND=noninteractive
  {
    apt-get update -q
    # The package would start a server of its own on the standard port; a
    # policy that says no keeps this script's server the only one.
    local policy=/usr/sbin/policy-rc.d ours=
    if [[ ! -e $policy ]]; then
      printf '#!/bin/sh\nexit 101\n' >"$policy"
      chmod 755 "$policy"
      ours=yes
    fi
    apt-get install -q -y --no-install-recommends postgresql || { [[ -z $ours ]] || rm -f "$policy"; die "apt-get could not install postgresql"; }
    [[ -z $ours ]] || rm -f "$policy"
  } >&2
}

# as_server runs a command as whoever runs the server.
as_server() {
  if [[ $(id -u) -eq 0 ]]; then
    setpriv --reuid=postgres --regid=postgres --clear-groups "$@"
  else
    "$@"
  fi
}

# running DIR succeeds when the server of DIR is alive.
running() {
  local pid
  pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null) || return 1
  [[ $pid =~ ^[0-9]+$ ]] || return 1
  # A recycled pid must not pass for the server.
  tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | grep -qxF -- "$1/data"
}

start() {
  local dir=$1 port=$2
  [[ $port =~ ^[0-9]+$ ]] || usage
  mkdir -p "$dir"
  dir=$(cd "$dir" && pwd -P)
  # A unix socket path is limited to 107 bytes.
  ((${#dir} <= 80)) || die "$dir is too long a path for a socket; choose a shorter one"

  if running "$dir"; then
    local at
    at=$(cat "$dir/port")
    [[ $at == "$port" ]] || die "the server of $dir already listens on port $at; stop it first"
  else
    ensure_installed
    local bin
    bin=$(programs)
    [[ $(id -u) -ne 0 ]] || chown postgres:postgres "$dir"
    as_server test -w "$dir" || die "the user postgres can't enter $dir: let others pass through the folders above it"
    if [[ ! -f $dir/data/PG_VERSION ]]; then
      rm -rf "$dir/data"
      printf '%s\n' "$password" | as_server tee "$dir/password" >/dev/null
      as_server "$bin/initdb" --pgdata="$dir/data" --username="$user" --pwfile="$dir/password" --auth=scram-sha-256 \
        --encoding=UTF8 --locale=C.UTF-8 --no-sync >"$dir/install.log" 2>&1 || { tail -n 20 "$dir/install.log" >&2; die "initdb failed"; }
      as_server rm -f "$dir/password"
    fi
    printf '%s\n' "$port" >"$dir/port"
    as_server "$bin/pg_ctl" start --pgdata="$dir/data" --log="$dir/postgres.log" --wait --timeout=60 --silent \
      --options="-h 127.0.0.1 -p $port -k '$dir' -c fsync=off -c max_connections=100 -c max_prepared_transactions=0" >/dev/null 2>&1 </dev/null ||
      { tail -n 20 "$dir/postgres.log" >&2; die "the server did not start; its log is $dir/postgres.log"; }
    PGPASSWORD=$password as_server "$bin/psql" -h 127.0.0.1 -p "$port" -U "$user" -d postgres -qAtc "SELECT 1 FROM pg_database WHERE datname = '$database'" |
      grep -q 1 || PGPASSWORD=$password as_server "$bin/createdb" -h 127.0.0.1 -p "$port" -U "$user" "$database"
  fi
  printf 'postgres://%s:%s@127.0.0.1:%s/%s\n' "$user" "$password" "$port" "$database"
}

stop() {
  local dir=$1
  [[ -d $dir ]] || return 0
  dir=$(cd "$dir" && pwd -P)
  running "$dir" || return 0
  as_server "$(programs)/pg_ctl" stop --pgdata="$dir/data" --mode=immediate --wait --timeout=60 --silent >/dev/null 2>&1 || die "the server of $dir did not end"
}

case ${1-} in
  start) [[ $# -eq 3 ]] || usage; start "$2" "$3" ;;
  stop) [[ $# -eq 2 ]] || usage; stop "$2" ;;
  *) usage ;;
esac
