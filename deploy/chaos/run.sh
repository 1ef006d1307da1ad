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
  git worktree remove --force "$scratch/older" >/dev/null 2>&1 || true
  deploy/mariadb.sh stop "$scratch/mariadb" >/dev/null 2>&1 || true
  rm -rf "$scratch"
}
trap cleanup EXIT

export CGO_ENABLED=0
mkdir -p "$scratch/plugins"
go build -tags fault,chaos -o "$scratch/karez" ./server
go build -o "$scratch/plugins/chaos-system" ./deploy/chaos/connector
go build -o "$scratch/chaos" ./deploy/chaos
go build -o "$scratch/natsnode" ./deploy/natsnode

# The older build for the rolling upgrade is that of the commit that changed the schema last
# before this one, or the one before that: what it knows of the schema, this one knows too.
older=()
case $profile in standard | long | upgrade)
  base=$(git log --skip=1 -1 --format=%H HEAD -- 2>/dev/null || true)
  changed=$(git log -1 --format=%H -- server/store/migration 2>/dev/null || true)
  if [[ -n $changed && $changed != $(git rev-parse HEAD) ]]; then base=$changed; fi
  if [[ -n $base ]] && git worktree add --detach "$scratch/older" "$base" >/dev/null 2>&1 &&
    (cd "$scratch/older" && go build -tags fault,chaos -o "$scratch/karez-older" ./server); then
    older=(-older "$scratch/karez-older")
    echo "rolling upgrade from $(git describe --tags --always "$base")"
  else
    echo "no older build can be made here: the rolling upgrade is left out"
  fi
  ;;
esac
own=()
if [[ -z ${KAREZ_TEST_MYSQL:-} ]] && command -v mariadbd >/dev/null; then
  # Not a port that the system gives to outgoing connections, and not one that somebody has.
  port=${KAREZ_CHAOS_MYSQL_PORT:-23316}
  while (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((port + 1)); done
  KAREZ_TEST_MYSQL=$(deploy/mariadb.sh start "$scratch/mariadb" "$port")
  export KAREZ_TEST_MYSQL
  own=(-mariadb "$scratch/mariadb")
fi
commit=$(git describe --tags --always --dirty 2>/dev/null || echo unknown)
"$scratch/chaos" -profile "$profile" -program "$scratch/karez" -plugins "$scratch/plugins" -commit "$commit" -nats "$scratch/natsnode" "${own[@]}" "${older[@]}" "$@"
