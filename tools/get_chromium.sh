#!/bin/sh
# get_chromium.sh: see to it that there is a Chromium for the tests of the live page.
# Where there is none and it cannot be installed here, that is said, and those tests are skipped;
# with AUTOGRAD_CORE_NEEDS_BROWSER=1 it is an error.
set -eu

found() {
    [ -n "${CHROMIUM:-}" ] && return
    for name in chromium chromium-browser google-chrome chrome; do
        command -v "$name" >/dev/null 2>&1 && return
    done
    return 1
}

found && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo 'Installing Chromium with apt-get ...'
    export DEBIAN_FRONTEND=noninteractive
    { timeout 120 apt-get -qq update &&
        timeout 300 apt-get -qq -y --no-install-recommends install chromium fonts-dejavu-core
    } >/dev/null 2>&1 || true
    found && exit 0
fi
echo 'No Chromium here, so the tests of the live page are skipped. To run them, install one' \
    '(Debian, Ubuntu: apt-get install chromium), or name it: CHROMIUM=/path make test-browser' >&2
[ "${AUTOGRAD_CORE_NEEDS_BROWSER:-0}" = 0 ]
