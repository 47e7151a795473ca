#!/bin/sh
# Browser tests use the machine's own Chromium. Where it is missing and this is root on Debian, install it;
# elsewhere say so, and the tests marked `browser` are left out by tests/browser/conftest.py.
for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null 2>&1; then
        command -v chromedriver >/dev/null 2>&1 && exit 0
    fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Chromium for the browser tests"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq >/dev/null 2>&1 || true
    apt-get install -y -qq --no-install-recommends chromium chromium-driver >/dev/null 2>&1 && exit 0
fi
echo "Chromium with chromedriver is not installed: the browser tests are left out (Debian: apt-get install chromium chromium-driver)."
exit 0
