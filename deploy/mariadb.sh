#!/usr/bin/env bash
# A private MariaDB for tests and measurements, on loopback, with nothing
# outside DIR touched.
#
#   mariadb.sh start DIR PORT   prints the DSN on stdout, everything else on stderr
#   mariadb.sh stop DIR
#
# Both are safe to repeat. KAREZ_MARIADB_BUFFER_POOL overrides the 256M buffer
# pool. With KAREZ_MARIADB_NOSYNC the server flushes nothing and makes no file for
# each table: what is committed outlives its process, not the machine, and tests,
# of which each makes a database, are sooner done. The account
# exists on this server only and guards nothing of value.
set -euo pipefail

readonly database=karez user=karez password=karez-loopback-only

say() { printf 'mariadb.sh: %s\n' "$*" >&2; }
die() { say "$@"; exit 1; }

usage() { die "usage: mariadb.sh start DIR PORT | mariadb.sh stop DIR"; }

ensure_installed() {
  command -v mariadbd >/dev/null && command -v mariadb-install-db >/dev/null && return
  [[ $(id -u) -eq 0 ]] || die "mariadbd is missing; install the package mariadb-server, or run this once as root"
  say "installing mariadb-server"
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
    apt-get install -q -y --no-install-recommends mariadb-server || { [[ -z $ours ]] || rm -f "$policy"; die "apt-get could not install mariadb-server"; }
    [[ -z $ours ]] || rm -f "$policy"
  } >&2
}

# running DIR succeeds when the server of DIR is alive.
running() {
  local pid
  pid=$(cat "$1/mariadbd.pid" 2>/dev/null) || return 1
  [[ $pid =~ ^[0-9]+$ ]] || return 1
  # A recycled pid must not pass for the server.
  tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | grep -qxF -- "--pid-file=$1/mariadbd.pid"
}

sql() { mariadb --no-defaults --socket="$1/mariadbd.sock" --user="$(id -un)" --batch --skip-column-names; }

await_ready() {
  local dir=$1 child=$2
  for _ in $(seq 1 300); do
    mariadb-admin --no-defaults --socket="$dir/mariadbd.sock" --user="$(id -un)" ping >/dev/null 2>&1 && return
    kill -0 "$child" 2>/dev/null || { tail -n 20 "$dir/mariadbd.log" >&2; die "mariadbd ended while starting; its log is $dir/mariadbd.log"; }
    sleep 0.1
  done
  die "mariadbd did not answer within 30 s; its log is $dir/mariadbd.log"
}

start() {
  local dir=$1 port=$2
  [[ $port =~ ^[0-9]+$ ]] || usage
  mkdir -p "$dir"
  dir=$(cd "$dir" && pwd -P)

  # A unix socket path is limited to 107 bytes.
  local socket=$dir/mariadbd.sock
  ((${#socket} <= 100)) || die "$dir is too long a path for a socket; choose a shorter one"

  if running "$dir"; then
    local at
    at=$(cat "$dir/port")
    [[ $at == "$port" ]] || die "the server of $dir already listens on port $at; stop it first"
  else
    ensure_installed
    local tmp=$dir/tmp
    mkdir -p "$tmp"
    if [[ ! -d $dir/data/mysql ]]; then
      rm -rf "$dir/data"
      mariadb-install-db --no-defaults --datadir="$dir/data" --user="$(id -un)" --tmpdir="$tmp" \
        --auth-root-authentication-method=socket --auth-root-socket-user="$(id -un)" \
        --skip-test-db >"$dir/install.log" 2>&1 || { tail -n 20 "$dir/install.log" >&2; die "mariadb-install-db failed"; }
    fi
    printf '%s\n' "$port" >"$dir/port"
    local flushing=()
    [[ -z ${KAREZ_MARIADB_NOSYNC:-} ]] || flushing=(--innodb-flush-method=nosync --innodb-doublewrite=0 --debug-no-sync --skip-innodb-file-per-table)
    # setsid: the server outlives the caller's terminal and its signals.
    setsid mariadbd --no-defaults --user="$(id -un)" --datadir="$dir/data" --tmpdir="$tmp" \
      --bind-address=127.0.0.1 --port="$port" --skip-name-resolve \
      --socket="$socket" --pid-file="$dir/mariadbd.pid" --log-error="$dir/mariadbd.log" \
      --character-set-server=utf8mb4 --collation-server=utf8mb4_bin \
      --skip-log-bin --max-allowed-packet=64M --max-connections=200 --performance-schema=off \
      --innodb-buffer-pool-size="${KAREZ_MARIADB_BUFFER_POOL:-256M}" --innodb-log-file-size=256M \
      --innodb-flush-log-at-trx-commit=1 "${flushing[@]}" >/dev/null 2>&1 </dev/null &
    await_ready "$dir" $!
  fi

  # Every right, because a test suite makes a database per test.
  sql "$dir" <<SQL
CREATE DATABASE IF NOT EXISTS $database CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
CREATE USER IF NOT EXISTS '$user'@'127.0.0.1' IDENTIFIED BY '$password';
GRANT ALL ON *.* TO '$user'@'127.0.0.1' WITH GRANT OPTION;
SQL
  printf 'mysql://%s:%s@127.0.0.1:%s/%s\n' "$user" "$password" "$port" "$database"
}

stop() {
  local dir=$1 pid
  [[ -d $dir ]] || return 0
  dir=$(cd "$dir" && pwd -P)
  running "$dir" || return 0
  pid=$(cat "$dir/mariadbd.pid")
  kill "$pid"
  for _ in $(seq 1 600); do
    running "$dir" || return 0
    sleep 0.1
  done
  die "mariadbd ($pid) did not end within 60 s"
}

case ${1-} in
  start) [[ $# -eq 3 ]] || usage; start "$2" "$3" ;;
  stop) [[ $# -eq 2 ]] || usage; stop "$2" ;;
  *) usage ;;
esac
