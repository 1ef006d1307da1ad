#!/usr/bin/env bash
# A private Tryton for tests, on loopback, with nothing outside DIR touched. A new one has the
# modules for parties, products, sales, purchases, invoices and stock, and by tryton-base.py
# what has to be there before a sale can be made: a company, a currency, fiscal years, a chart of accounts.
#
#   tryton.sh start DIR PORT   prints the address on stdout, everything else on stderr
#   tryton.sh stop DIR
#
# Both are safe to repeat. The data are in SQLite. The account exists on this server only and
# guards nothing of value.
set -euo pipefail

readonly database=karez user=admin password=karez-loopback-only
readonly modules=(party product company currency account account-invoice sale purchase stock)
here=$(cd "$(dirname "$0")" && pwd -P)
readonly here

say() { printf 'tryton.sh: %s\n' "$*" >&2; }
die() { say "$@"; exit 1; }

usage() { die "usage: tryton.sh start DIR PORT | tryton.sh stop DIR"; }

installed() {
  command -v trytond trytond-admin >/dev/null || return 1
  local name
  for name in "${modules[@]}"; do
    dpkg-query -W -f '${Status}' "tryton-modules-$name" 2>/dev/null | grep -q 'ok installed' || return 1
  done
}

ensure_installed() {
  installed && return
  [[ $(id -u) -eq 0 ]] || die "Tryton is missing; install tryton-server and tryton-modules-{${modules[*]}}, or run this once as root"
  say "installing tryton-server and its modules"
  export DEBIAN_FRONTEND=noninteractive
  {
    apt-get update -q
    # The package would start a server of its own; a policy that says no keeps this one the only one.
    local policy=/usr/sbin/policy-rc.d ours=
    if [[ ! -e $policy ]]; then
      printf '#!/bin/sh\nexit 101\n' >"$policy"
      chmod 755 "$policy"
      ours=yes
    fi
    apt-get install -q -y --no-install-recommends tryton-server "${modules[@]/#/tryton-modules-}" ||
      { [[ -z $ours ]] || rm -f "$policy"; die "apt-get could not install Tryton"; }
    [[ -z $ours ]] || rm -f "$policy"
  } >&2
}

# running DIR succeeds when the server of DIR is alive.
running() {
  local pid
  pid=$(cat "$1/trytond.pid" 2>/dev/null) || return 1
  [[ $pid =~ ^[0-9]+$ ]] || return 1
  # A recycled pid must not pass for the server.
  tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | grep -qxF -- "$1/trytond.conf"
}

# answers PORT succeeds when a Tryton answers there.
answers() {
  python3 - "http://127.0.0.1:$1/" >/dev/null 2>&1 <<'END'
import sys, urllib.request
body = b'{"id":1,"method":"common.server.version","params":[]}'
urllib.request.urlopen(urllib.request.Request(sys.argv[1], body, {"Content-Type": "application/json"}), timeout=5).read()
END
}

# create DIR makes the database, which is put in place only once it is whole.
create() {
  local dir=$1
  rm -f "$dir/$database.sqlite" "$dir/ready"
  : >"$dir/$database.sqlite"
  printf '%s\n' "$password" >"$dir/password"
  {
    TRYTONPASSFILE=$dir/password trytond-admin -c "$dir/trytond.conf" -d "$database" --all --email admin@example.test &&
      trytond-admin -c "$dir/trytond.conf" -d "$database" -u sale purchase account_invoice --activate-dependencies
  } >"$dir/install.log" 2>&1 || { tail -n 20 "$dir/install.log" >&2; die "the database could not be made"; }
  rm -f "$dir/password"
}

launch() {
  local dir=$1 port=$2 n
  nohup trytond -c "$dir/trytond.conf" >"$dir/trytond.log" 2>&1 </dev/null &
  printf '%s\n' "$!" >"$dir/trytond.pid"
  for ((n = 0; n < 300; n++)); do
    answers "$port" && return
    running "$dir" || break
    sleep 0.1
  done
  tail -n 20 "$dir/trytond.log" >&2
  die "the server did not start; its log is $dir/trytond.log"
}

start() {
  local dir=$1 port=$2
  [[ $port =~ ^[0-9]+$ ]] || usage
  mkdir -p "$dir"
  dir=$(cd "$dir" && pwd -P)
  if running "$dir"; then
    local at
    at=$(cat "$dir/port")
    [[ $at == "$port" ]] || die "the server of $dir already listens on port $at; stop it first"
  else
    ensure_installed
    ! answers "$port" || die "something else answers on port $port"
    printf '%s\n' "$port" >"$dir/port"
    printf '[database]\nuri = sqlite://\npath = %s\n[web]\nlisten = 127.0.0.1:%s\n' "$dir" "$port" >"$dir/trytond.conf"
    [[ -f $dir/ready ]] || create "$dir"
    launch "$dir" "$port"
  fi
  if [[ ! -f $dir/ready ]]; then
    python3 "$here/tryton-base.py" "http://127.0.0.1:$port/$database/" "$user" "$password" >&2 || die "the base records could not be made"
    : >"$dir/ready"
  fi
  printf 'http://%s:%s@127.0.0.1:%s/%s\n' "$user" "$password" "$port" "$database"
}

stop() {
  local dir=$1 n
  [[ -d $dir ]] || return 0
  dir=$(cd "$dir" && pwd -P)
  running "$dir" || return 0
  kill -TERM "$(cat "$dir/trytond.pid")"
  for ((n = 0; n < 100; n++)); do
    running "$dir" || return 0
    sleep 0.1
  done
  kill -KILL "$(cat "$dir/trytond.pid")" || true
}

case ${1-} in
  start) [[ $# -eq 3 ]] || usage; start "$2" "$3" ;;
  stop) [[ $# -eq 2 ]] || usage; stop "$2" ;;
  *) usage ;;
esac
