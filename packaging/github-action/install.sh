#!/usr/bin/env bash
# Puts the outrigger of a release into the PATH of a workflow's next steps, once it
# has the checksum that the release says, or the BINARY that is given.
set -euo pipefail

downloads=${DOWNLOADS:-https://github.com/outrigger-io/outrigger/releases/download}
bin=$RUNNER_TEMP/outrigger
mkdir -p "$bin"
echo "$bin" >>"$GITHUB_PATH"

if [ -n "${BINARY:-}" ]; then
    cp "$BINARY" "$bin/"
    exit
fi

version=${VERSION#v}
if ! [[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+ ]]; then
    echo "::error::version: \"$version\" is not a release; set one, such as 0.1.0"
    exit 1
fi
case $(uname -s) in
Linux) os=linux ;;
Darwin) os=darwin ;;
*) os=windows ;;
esac
case $(uname -m) in
arm64 | aarch64) arch=arm64 ;;
*) arch=amd64 ;;
esac
archive=outrigger_${version}_${os}_${arch}.tar.gz
if [ "$os" = windows ]; then archive=${archive%.tar.gz}.zip; fi

cd "$bin"
for file in "$archive" checksums.txt; do
    curl --fail --silent --show-error --location --retry 3 --output "$file" "$downloads/v$version/$file"
done
if ! grep " $archive\$" checksums.txt >this.txt; then
    echo "::error::checksums.txt of $version does not have $archive"
    exit 1
fi
if command -v sha256sum >/dev/null; then sha256sum --check --quiet this.txt; else shasum -a 256 --check --quiet this.txt; fi
if [ "$os" = windows ]; then unzip -q "$archive"; else tar -xzf "$archive"; fi
