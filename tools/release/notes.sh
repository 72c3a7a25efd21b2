#!/bin/sh
# Prints what CHANGELOG.md says of a version, for the release's notes. Fails where
# the tag is no version, the changelog has no part for it, or the chart is another's.
set -eu

cd "$(dirname "$0")/../.."
tag=${1:?usage: notes.sh vX.Y.Z}
version=${tag#v}
if ! echo "$tag" | grep -qE '^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$'; then
	echo "$tag: a tag of the form vX.Y.Z is wanted" >&2
	exit 1
fi
for key in version appVersion; do
	if ! grep -qx "$key: \"\?$version\"\?" deploy/chart/Chart.yaml; then
		echo "deploy/chart/Chart.yaml: $key is not $version" >&2
		exit 1
	fi
done
notes=$(awk -v heading="## [$version]" '
	index($0, "## [") == 1 || /^\[.*\]: / { in_it = index($0, heading) == 1; next }
	in_it
' CHANGELOG.md)
if [ -z "$notes" ]; then
	echo "CHANGELOG.md: there is no part for $version" >&2
	exit 1
fi
echo "$notes"
