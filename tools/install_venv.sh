#!/usr/bin/env bash
# Debian keeps Python's venv module in a package of its own: installed where this user may, named as missing elsewhere.
set -eu
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y python3-venv >/dev/null
else
  echo "Python cannot make an environment here: install the package python3-venv and run make again." >&2
  exit 1
fi
