#!/usr/bin/env bash
# Makes sure that there is a Chromium with Chinese fonts for the browser tests,
# and prints its path.
set -euo pipefail

say() { printf 'browser.sh: %s\n' "$*" >&2; }

have() { command -v chromium >/dev/null && fc-list 2>/dev/null | grep -qi 'noto.*cjk'; }

if ! have; then
  [[ $(id -u) -eq 0 ]] || { say "Chromium or the Noto CJK fonts are missing; install chromium and fonts-noto-cjk, or run this once as root"; exit 1; }
  say "installing chromium and fonts"
  export DEBIAN_FRONTEND=noninteractive
  {
    apt-get update -q
    apt-get install -q -y --no-install-recommends chromium fonts-noto-cjk fonts-liberation fontconfig
  } >&2
fi
command -v chromium
