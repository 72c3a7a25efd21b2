#!/usr/bin/env bash
# Runs what the Action's inputs say. All of it runs, whatever of it fails.
set -euo pipefail

# lines splits an input into the lines that are not empty.
lines() { sed -e 's/^[[:space:]]*//' -e 's/[[:space:]]*$//' -e '/^$/d' <<<"${1:-}"; }

if [ -z "$(lines "${TEST:-}")$(lines "${INJECT:-}")" ]; then
    echo "::error::neither test nor inject is set, so there is nothing to do"
    exit 1
fi

failed=
while read -r folder; do
    outrigger test "$folder" ${JUNIT:+--junit "$JUNIT"} || failed=1
done < <(lines "${TEST:-}")

flags=()
while read -r flag; do flags+=("$flag"); done < <(lines "${FLAGS:-}")
while read -r manifests; do
    # What comes out is not looked at here, only whether it comes.
    outrigger inject --strict="${STRICT:-true}" -f "$manifests" ${flags[@]+"${flags[@]}"} >/dev/null || failed=1
done < <(lines "${INJECT:-}")

if [ -n "$failed" ]; then
    echo "::error::Outrigger found errors; see above"
    exit 1
fi
