#!/usr/bin/env bash
# Compares benchmarks of a commit with those of the working tree: compare.sh BASE BENCH ROUNDS.
# The two take turns, so that what else the machine does meets both alike.
set -euo pipefail
cd "$(dirname "$0")/../.."

base=$1 bench=$2 rounds=$3
out=$PWD/bin/compare
before=$(mktemp -d)
trap 'git worktree remove --force "$before/outrigger"; rm -rf "$before"' EXIT
# What the benchmarks read beside the checkout is beside this one too.
git worktree add --quiet --detach "$before/outrigger" "$base"
[ ! -e ../shared ] || ln -s "$(realpath ../shared)" "$before/"

mkdir -p "$out"
rm -f "$out"/*
packages=$(git grep -l -E '^func Benchmark' -- 'pkg/*_test.go' | xargs -n1 dirname | sort -u)
for package in $packages; do
    if ! git -C "$before/outrigger" grep -q -E '^func Benchmark' -- "$package/*_test.go"; then continue; fi
    name=${package//\//-}
    (cd "$before/outrigger" && go test -c -o "$out/$name.before" "./$package")
    go test -c -o "$out/$name.after" "./$package"
done

for round in $(seq "$rounds"); do
    for binary in "$out"/*.before; do
        package=$(basename "$binary" .before)
        package=${package//-//}
        echo "round $round of $rounds: $package" >&2
        (cd "$before/outrigger/$package" && "$binary" -test.run '^$' -test.bench "$bench" -test.benchmem -test.benchtime 200ms) >>"$out/before.txt"
        (cd "$package" && "${binary%.before}.after" -test.run '^$' -test.bench "$bench" -test.benchmem -test.benchtime 200ms) >>"$out/after.txt"
    done
done
go tool -modfile=tools/go.mod benchstat before="$out/before.txt" after="$out/after.txt"
