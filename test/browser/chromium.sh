#!/usr/bin/env bash
# Sees to it that there is a Chromium: Debian's, where it is not there yet.
set -euo pipefail
for program in chromium chromium-browser google-chrome; do
    if command -v "$program" >/dev/null; then
        exit 0
    fi
done
if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
    echo "the browser's tests want Chromium or Chrome on the PATH" >&2
    exit 1
fi
apt-get update -q
DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends chromium
