#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs what Assay needs: Debian's packages, and for the browser's tests two packages of npm.
# Idempotent: what is there is left alone, and nothing is asked of the network.
set -eu

packages="gcc libc6-dev make pkg-config libgsl-dev libopenblas-dev liblapacke-dev libcjson-dev zlib1g-dev librandom123-dev
libcunit1-dev libmd4c-dev gnuplot-nox dataset-fashion-mnist valgrind libjs-katex fonts-katex libjs-highlight.js fonts-dejavu-core chromium"
# A Node.js from elsewhere brings its own npm; Debian's would not go with it.
command -v node >/dev/null 2>&1 || packages="$packages nodejs"
command -v npm >/dev/null 2>&1 || packages="$packages npm"

missing_packages() {
    for package in $packages; do
        case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true) in
        "install ok installed") ;;
        *) printf ' %s' "$package" ;;
        esac
    done
}

install_packages() {
    if [ "$(id -u)" -eq 0 ]; then
        as_root=""
    elif command -v sudo >/dev/null 2>&1; then
        as_root="sudo"
    else
        echo "setup: not root, and no sudo. Ask somebody who may to run: apt-get install$1" >&2
        exit 1
    fi
    echo "setup: installing$1"
    $as_root apt-get update -qq
    # shellcheck disable=SC2086 # the lists are words on purpose
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $1 >/dev/null
}

# The browser itself is Debian's. The lock file that was installed last lies beside what it brought. Only the browser's tests need it: without a
# registry the rest goes on.
install_browser_tests() {
    cd tests/browser
    cmp -s package-lock.json node_modules/.installed-lock && return
    echo "setup: installing tests/browser/node_modules"
    if PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --silent --no-audit --no-fund --no-update-notifier --ignore-scripts --fetch-retries=1; then
        cp package-lock.json node_modules/.installed-lock
    else
        rm -rf node_modules
        echo "setup: npm ci failed in tests/browser (is npm's registry reachable?): 'make browser' and 'make check' will fail, the rest works" >&2
    fi
}

if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
    echo "setup: this is not a Debian system. Install the equivalents of these packages yourself, then run npm ci in tests/browser:" >&2
    echo "$packages" >&2
    exit 1
fi

missing=$(missing_packages)
[ -z "$missing" ] || install_packages "$missing"
cd "$(dirname "$0")/../.."
install_browser_tests
