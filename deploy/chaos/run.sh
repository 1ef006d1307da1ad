#!/usr/bin/env bash
# Builds an engine that can be killed at its crash points and made wrong, the harness
# and its connector, and runs a profile: run.sh [PROFILE] [FLAGS of the harness].
# Without KAREZ_TEST_MYSQL it starts a private MariaDB where one is installed.
set -euo pipefail
cd "$(dirname "$0")/../.."

profile=ci
if [[ $# -gt 0 && $1 != -* ]]; then
  profile=$1
  shift
fi
scratch=$(mktemp -d "${TMPDIR:-/tmp}/karez-chaos-run.XXXXXX")
cleanup() {
  deploy/mariadb.sh stop "$scratch/mariadb" >/dev/null 2>&1 || true
  rm -rf "$scratch"
}
trap cleanup EXIT

export CGO_ENABLED=0
mkdir -p "$scratch/plugins"
go build -tags fault -o "$scratch/karez" ./server
go build -o "$scratch/plugins/chaos-system" ./deploy/chaos/connector
go build -o "$scratch/chaos" ./deploy/chaos
go build -o "$scratch/natsnode" ./deploy/natsnode
own=()
if [[ -z ${KAREZ_TEST_MYSQL:-} ]] && command -v mariadbd >/dev/null; then
  KAREZ_TEST_MYSQL=$(deploy/mariadb.sh start "$scratch/mariadb" "${KAREZ_CHAOS_MYSQL_PORT:-33316}")
  export KAREZ_TEST_MYSQL
  own=(-mariadb "$scratch/mariadb")
fi
commit=$(git describe --tags --always --dirty 2>/dev/null || echo unknown)
"$scratch/chaos" -profile "$profile" -program "$scratch/karez" -plugins "$scratch/plugins" -commit "$commit" -nats "$scratch/natsnode" "${own[@]}" "$@"
