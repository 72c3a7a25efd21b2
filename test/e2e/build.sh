#!/bin/sh
# Builds the control plane of the end-to-end tests into bin/k8s: kube-apiserver,
# kube-controller-manager, kube-scheduler, kubectl, etcd and kwok, at the
# versions that build/go.mod pins. The first time takes about ten minutes on two
# cores; after that it does nothing until a pin, a flag here or the toolchain
# changes. Needs Go and the module proxy, no C compiler and no container engine.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
bin=$root/bin/k8s
cd "$here/build"

stamp=$({ go version && cat "$here/build.sh" go.mod go.sum; } | cksum)
if [ -r "$bin/.stamp" ] && [ "$(cat "$bin/.stamp")" = "$stamp" ]; then
	echo "bin/k8s is up to date"
	exit 0
fi

# Kubernetes learns its version from the linker; without it everything says v0.0.0-master.
kubernetes=$(go list -m -f '{{.Version}}' k8s.io/kubernetes)
major=$(echo "${kubernetes#v}" | cut -d. -f1)
minor=$(echo "${kubernetes#v}" | cut -d. -f2)
ldflags="-s -w"
for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
	ldflags="$ldflags -X $package.gitVersion=$kubernetes -X $package.gitMajor=$major -X $package.gitMinor=$minor"
done

# A folder built beside the old one and swapped in: an interrupted build leaves the
# old programs whole, and programs that are running keep their files.
new=$bin.new
rm -rf "$new"
mkdir -p "$new"
trap 'rm -rf "$new"' EXIT

# progress tells of the packages that come in, a name a line: on a terminal of each
# in one line that changes, otherwise now and then. What is no package, such as an
# error of the compiler, goes through.
progress() {
	n=0
	while IFS= read -r line; do
		case $line in
		*[!A-Za-z0-9._/~-]* | '')
			if [ -t 1 ]; then printf '\r\033[K'; fi
			printf '%s\n' "$line"
			continue
			;;
		esac
		n=$((n + 1))
		if [ -t 1 ]; then
			printf '\r\033[K%d of %d packages: %.60s' "$n" "$1" "$line"
		elif [ $((n % 500)) = 0 ]; then
			printf '%d of %d packages: %s\n' "$n" "$1" "$line"
		fi
	done
	if [ -t 1 ] && [ "$n" -gt 0 ]; then echo; fi
}

export CGO_ENABLED=0
packages=$(go list -deps -f '{{.ImportPath}}' tool | wc -l)
echo "building Kubernetes $kubernetes, etcd and kwok into bin/k8s; the first time takes about ten minutes"
echo "$packages packages, less those that an earlier build has left in the cache"
{
	go build -v -trimpath -ldflags "$ldflags" -o "$new/" tool 2>&1 || touch "$new/failed"
} | progress "$packages"
if [ -e "$new/failed" ]; then
	echo "bin/k8s is not built" >&2
	exit 1
fi
mv "$new/server" "$new/etcd" # the folder that holds etcd's main package
echo "$stamp" >"$new/.stamp"

rm -rf "$bin"
mv "$new" "$bin"
ls -lh "$bin"
