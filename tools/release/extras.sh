#!/bin/sh
# Writes what the archives hold beside the binary to a folder: shell completions
# and manual pages, both made of the commands themselves.
set -eu

cd "$(dirname "$0")/../.."
out=${1:?usage: extras.sh DIR}
mkdir -p "$out"
out=$(cd "$out" && pwd)
rm -rf "$out/completions" "$out/man"
mkdir -p "$out/completions" "$out/man"

go build -o "$out/outrigger" ./cmd/outrigger
"$out/outrigger" completion bash >"$out/completions/outrigger.bash"
"$out/outrigger" completion zsh >"$out/completions/_outrigger"
"$out/outrigger" completion fish >"$out/completions/outrigger.fish"
"$out/outrigger" completion powershell >"$out/completions/outrigger.ps1"
rm "$out/outrigger"

# The pages bear the date of what they describe, so that the same commit makes the
# same pages.
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
go test ./internal/command -count=1 -run '^TestManPages$' -man-pages "$out/man"
