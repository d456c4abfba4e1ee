#!/usr/bin/env bash
# Chromium for the browser tests: installed where this user may, named as missing elsewhere.
set -u
command -v chromium >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends chromium; } >/dev/null \
    && exit 0
fi
echo "Chromium is not installed and could not be (apt-get install chromium, as root): the browser tests will be skipped." >&2
[ "${CI:-}" = true ] && exit 1
exit 0
