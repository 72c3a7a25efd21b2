#!/usr/bin/env bash
# Looks for known vulnerabilities in what the program calls, of the modules and of the
# Go release that releases are built with. The database is that of vuln.go.dev; where
# that is not reached, it is made of the module that holds the same reports.
set -euo pipefail
cd "$(dirname "$0")/.."

database=https://vuln.go.dev
if ! curl -fsS --max-time 20 -o /dev/null "$database/index/db.json"; then
    echo "$database is not reached; taking the reports from the module golang.org/x/vulndb"
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    if ! reports=$(cd "$work" && go mod download -json golang.org/x/vulndb@latest); then
        printf '%s\n' "$reports" "NOT CHECKED: the database of vulnerabilities cannot be had" >&2
        exit 2
    fi
    dir=$(sed -n 's/^\t"Dir": "\(.*\)",\{0,1\}$/\1/p' <<<"$reports")
    go run golang.org/x/vulndb/cmd/indexdb@latest -vulns "$dir/data/osv" -out "$work/database"
    database=file://$work/database
    echo "of $(sed -n 's/^\t"Version": "\(.*\)",\{0,1\}$/\1/p' <<<"$reports")"
fi

toolchain=$(sed -n 's/^toolchain //p' go.mod)
GOTOOLCHAIN=$toolchain go run golang.org/x/vuln/cmd/govulncheck@latest -db "$database" ./...
