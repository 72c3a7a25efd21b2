#!/usr/bin/env bash
# Runs one fuzz target, or each in turn: fuzz.sh TARGET|all TIME. What is found is
# left in the package's testdata/fuzz, where every later run of its tests has it. Inputs that
# are only of interest are not made small for long, or slow targets do nothing else.
set -euo pipefail
cd "$(dirname "$0")/.."

wanted=$1 time=$2 found=
while IFS=: read -r file target; do
    if [ "$wanted" != all ] && [ "$wanted" != "$target" ]; then continue; fi
    found=1
    printf '\n=== %s in ./%s, %s\n' "$target" "$(dirname "$file")" "$time"
    go test "./$(dirname "$file")" -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 5s
done < <(git grep -o --no-line-number -E '^func Fuzz[A-Za-z0-9]+' -- '*_test.go' | sed 's/func //')

if [ -z "$found" ]; then
    echo "there is no fuzz target $wanted; these are there:"
    git grep -h -o -E '^func Fuzz[A-Za-z0-9]+' -- '*_test.go' | sed 's/func /  /'
    exit 1
fi
