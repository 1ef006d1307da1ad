#!/usr/bin/env bash
# Runs all tests, suite by suite, and prints how long each took and how many
# there were. Starts a private MariaDB and a private PostgreSQL for the suites that need
# them, for the long tests a private Tryton as well, and stops them at the end.
set -euo pipefail
cd "$(dirname "$0")/.."

export CGO_ENABLED=1 # the race detector needs it
scratch=$(mktemp -d "${TMPDIR:-/tmp}/karez-test.XXXXXX")
chmod 711 "$scratch" # PostgreSQL runs as a user of its own when this runs as root
summary=()
failed=0

cleanup() {
  deploy/mariadb.sh stop "$scratch/mariadb" >/dev/null 2>&1 || true
  deploy/postgres.sh stop "$scratch/postgres" >/dev/null 2>&1 || true
  [[ -z ${KAREZ_TEST_LONG:-} ]] || deploy/tryton.sh stop "$scratch/tryton" >/dev/null 2>&1 || true
  rm -rf "$scratch"
}
trap cleanup EXIT

# The race detector watches all but SQLite's code, which is C made into Go: its memory is
# not Go's, so that nothing can be found in it, and watched it takes five times as long.
# The long tests watch that as well.
# At the end of a process it would wait a second for races of others to be said.
export GORACE=atexit_sleep_ms=10
# Linking without what only debuggers read takes half the time.
# Some tests wait for processes and moments: with three packages at a time two cores are busy.
race=(-race -ldflags=-w -p=3)
if [[ -z ${KAREZ_TEST_LONG:-} ]]; then
  for unwatched in modernc.org/sqlite/lib modernc.org/libc/... modernc.org/memory; do
    race+=("-gcflags=$unwatched=-race=false")
  done
fi

note() { summary+=("$(printf '%-7s %-18s %4ds  %s' "$1" "$2" "$3" "$4")"); }

# suite NAME ARGUMENTS... runs go test with the race detector and notes time and number of tests.
# Vet is a part of lint.
suite() {
  local name=$1 started=$SECONDS verdict=ok report=$scratch/report.json
  shift
  echo "== $name"
  go tool -modfile=deploy/tools/go.mod gotestsum --format pkgname --hide-summary skipped --jsonfile "$report" -- "${race[@]}" -vet=off -count=1 "$@" || { verdict=FAILED; failed=1; }
  note "$verdict" "$name" $((SECONDS - started)) "$(grep -c '"Action":"pass".*"Test":' "$report" || true) tests passed"
}

# npm_suite NAME COMMAND... runs a test command of the browser interface.
npm_suite() {
  local name=$1 started=$SECONDS verdict=ok report=$scratch/report.txt
  shift
  echo "== $name"
  (cd frontend && NO_COLOR=1 "$@") 2>&1 | tee "$report" || { verdict=FAILED; failed=1; }
  note "$verdict" "$name" $((SECONDS - started)) "$(sed -n 's/^ *Tests .* \([0-9]*\) passed.*/\1/p; s/^ *Tests  *\([0-9]*\) passed.*/\1/p' "$report" | tail -1) tests passed"
}

echo "== set-up: MariaDB for the store suites"
KAREZ_TEST_MYSQL=$(KAREZ_MARIADB_NOSYNC=1 deploy/mariadb.sh start "$scratch/mariadb" "${KAREZ_TEST_MYSQL_PORT:-23306}")
export KAREZ_TEST_MYSQL
note ok set-up "$SECONDS" ""

started=$SECONDS
echo "== set-up: PostgreSQL for the connector of databases"
KAREZ_TEST_POSTGRES=$(deploy/postgres.sh start "$scratch/postgres" "${KAREZ_TEST_POSTGRES_PORT:-25432}")
export KAREZ_TEST_POSTGRES
note ok "set-up PostgreSQL" $((SECONDS - started)) ""

if [[ -n ${KAREZ_TEST_LONG:-} ]]; then
  started=$SECONDS
  echo "== set-up: Tryton, the ERP that its connector is tried against"
  KAREZ_TEST_TRYTON=$(deploy/tryton.sh start "$scratch/tryton" "${KAREZ_TEST_TRYTON_PORT:-28000}")
  export KAREZ_TEST_TRYTON
  note ok "set-up Tryton" $((SECONDS - started)) ""
fi

started=$SECONDS
echo "== set-up: browser, browser interface and programs"
CHROMIUM=$(deploy/browser.sh)
export CHROMIUM
CGO_ENABLED=0 make --no-print-directory build
note ok "set-up browser" $((SECONDS - started)) ""

started=$SECONDS
echo "== build with the race detector"
# Tests and all they use are compiled; linking them is left to the suites, which do it anyway.
go list "${race[@]}" -export -test -deps ./... >/dev/null
note ok "build incl. race" $((SECONDS - started)) ""

mapfile -t unit < <(go list ./... | grep -vE '/server/store|/server/app|/deploy/ledgerspike|/mysqltest|/plugins/sql$')
suite unit "${unit[@]}"
suite store ./server/store/... ./engine/value/function/mysqltest ./plugins/sql
if [[ -n ${KAREZ_TEST_LONG:-} ]]; then suite measurements -timeout 30m ./deploy/...; fi
# Scenes mostly wait for the processes that they start.
suite "app and kill" -timeout 30m -parallel 4 ./server/app/...

# chaos kills and cuts off whole engines and has wrong ones caught.
started=$SECONDS
echo "== chaos"
verdict=ok
deploy/chaos/run.sh ci -out "$scratch/chaos" 2>&1 | tee "$scratch/chaos.txt" || { verdict=FAILED; failed=1; }
note "$verdict" chaos $((SECONDS - started)) "$(sed -n 's/^ *crash points *\([0-9]* cases\).*/\1/p' "$scratch/chaos.txt"), $(sed -n 's/^ *wrong engines caught *//p' "$scratch/chaos.txt") wrong engines caught"

npm_suite "browser interface" npx --no-install vitest run
npm_suite browser npx --no-install vitest run --config e2e/vitest.config.ts

echo
printf '%s\n' "${summary[@]}"
exit "$failed"
