#!/usr/bin/env bash
# install_package.sh COMMAND PACKAGE WHAT-FOR: a Debian package that tests need, installed where this user may, named as
# missing elsewhere (in CI that is an error: nothing is skipped there).
set -u
command -v "$1" >/dev/null 2>&1 && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$2"; } >/dev/null \
    && exit 0
fi
echo "$1 is not installed and could not be (apt-get install $2, as root): $3 will be skipped." >&2
[ "${CI:-}" = true ] && exit 1
exit 0
