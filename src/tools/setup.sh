#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs what Assay needs from Debian's packages. Idempotent: what is there is left alone, and nothing is asked of the network.
set -eu

packages="gcc libc6-dev make pkg-config libgsl-dev libopenblas-dev liblapacke-dev libcjson-dev zlib1g-dev librandom123-dev
libcunit1-dev gnuplot-nox dataset-fashion-mnist valgrind"

if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
    echo "setup: this is not a Debian system. Install the equivalents of these packages yourself:" >&2
    echo "$packages" >&2
    exit 1
fi

missing=""
for package in $packages; do
    case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true) in
    "install ok installed") ;;
    *) missing="$missing $package" ;;
    esac
done
[ -z "$missing" ] && exit 0

if [ "$(id -u)" -eq 0 ]; then
    as_root=""
elif command -v sudo >/dev/null 2>&1; then
    as_root="sudo"
else
    echo "setup: not root, and no sudo. Ask somebody who may to run: apt-get install$missing" >&2
    exit 1
fi
echo "setup: installing$missing"
$as_root apt-get update -qq
# shellcheck disable=SC2086 # the lists are words on purpose
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
