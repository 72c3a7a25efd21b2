# `make` alone tells what there is.

# bash, for pipefail.
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -ec

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null)
GOTOOL := go tool -modfile=tools/go.mod

# The same for every command, so that all share what the Go build cache holds:
# Kubernetes' packages stand in the tests' binaries and in bin/k8s alike. What a
# debugger would want of each package is a seventh of the time that building takes.
export CGO_ENABLED ?= 0
export GOFLAGS := $(GOFLAGS) -trimpath -gcflags=all=-dwarf=false

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build bin/outrigger
	go build -ldflags '-s -w -X main.version=$(VERSION)' -o bin/outrigger ./cmd/outrigger

.PHONY: demo
demo: build ## Inject a workload and the bookinfo sample, and show the result
	@mkdir -p bin/demo
	@echo '$$ outrigger inject -f testdata/golden/deployment/input.yaml --diff'
	@bin/outrigger inject -f testdata/golden/deployment/input.yaml --diff
	@echo
	@echo '$$ outrigger inject -f testdata/bookinfo/bookinfo.yaml -o bin/demo/bookinfo.yaml'
	@bin/outrigger inject -f testdata/bookinfo/bookinfo.yaml -o bin/demo/bookinfo.yaml
	@echo
	@echo 'The result is in bin/demo/bookinfo.yaml. For the other commands, see bin/outrigger --help.'

.PHONY: test
test: build ## Run all tests that do not need a long build
	bin/outrigger test testdata/golden
	go test -json ./... | go run ./test/skipped

# Properties are tried fewer times than by make test: it is schedules that are looked at.
.PHONY: race
race: ## Run the packages' tests with the race detector (needs a C compiler)
	CGO_ENABLED=1 RAPID_CHECKS=10 go test -race -timeout 20m ./pkg/...
	CGO_ENABLED=1 go -C test/e2e test -race ./cluster

# A race ends the process that it is in, which the tests see, and is written to a file
# that is looked for in the end.
RUN ?= .
.PHONY: race-e2e
race-e2e: helm ## Run the tests on a real API server, or RUN=TestX, with the race detector in Outrigger
	test/e2e/build.sh
	mkdir -p bin/race && rm -f bin/race/report.*
	CGO_ENABLED=1 go build -race -o bin/race/outrigger ./cmd/outrigger
	CGO_ENABLED=1 OUTRIGGER="$(CURDIR)/bin/race/outrigger" GORACE="halt_on_error=1 log_path=$(CURDIR)/bin/race/report" \
		go -C test/e2e test -race -timeout 100m -run '$(RUN)' . || { cat bin/race/report.* 2>/dev/null; exit 1; }
	@if ls bin/race/report.* >/dev/null 2>&1; then cat bin/race/report.*; exit 1; fi

.PHONY: growth
growth: ## Check that work is proportional to the size of pods
	go run ./test/growth

.PHONY: lint
lint: ## Check format, code and workflows
	@unformatted=$$($(GOTOOL) gofumpt -l $$(git ls-files '*.go')); \
	if [ -n "$$unformatted" ]; then echo "not in gofumpt's format:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	$(GOTOOL) staticcheck ./...
	$(GOTOOL) actionlint

.PHONY: vulncheck
vulncheck: ## Look for known vulnerabilities in code that the program calls
	test/vulncheck.sh

.PHONY: chart
chart: ## Run the chart's tests with Helm 3 and 4
	go -C test/chart test -timeout 30m ./...

CHECKS ?= 300

.PHONY: validation
validation: ## Check injected pods with Kubernetes' validation; CHECKS=10000 sets the number of random pods
	go -C test/validation test -timeout 60m ./... -rapid.checks=$(CHECKS)

.PHONY: integrations
integrations: ## Run the examples of docs/integrations.md with Helm, kustomize and kubectl
	go -C test/integrations test -timeout 30m ./...

# Helm says of itself what its release build has the linker say: the version of
# Kubernetes that a chart is rendered for when there is no cluster to ask.
.PHONY: helm
helm: ## Build Helm 3 and 4 as bin/helm3 and bin/helm4
	go -C test/chart build -ldflags '-s -w -X helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor=1 -X helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor=37' -o ../../bin/helm3 helm.sh/helm/v3/cmd/helm
	go -C test/chart build -ldflags '-s -w' -o ../../bin/helm4 helm.sh/helm/v4/cmd/helm

.PHONY: e2e
e2e: build helm ## Run the tests on a real API server (builds Kubernetes the first time, which takes some 12 minutes)
	test/e2e/build.sh
	cd test/e2e && go test -timeout 50m ./...

.PHONY: playground
playground: build helm ## Start that API server with Outrigger installed, to try it out; DEMO=1 runs a walkthrough
	test/e2e/build.sh
	cd test/e2e && go build -o ../../bin/playground ./playground
	DEMO=$(DEMO) exec bin/playground

.PHONY: release-check
release-check: ## Check the release configuration, and build this machine's binary like a release
	go tool -modfile=tools/release/go.mod goreleaser check
	go tool -modfile=tools/release/go.mod goreleaser build --snapshot --single-target --clean

# What the browser loads is built of pkg/workbench/web and committed, so that the
# program builds without Node.js.
.PHONY: page
page: ## Rebuild the page of the workbench (needs Node.js)
	npm --prefix pkg/workbench/web ci --ignore-scripts --no-audit --no-fund
	node pkg/workbench/web/build.mjs

.PHONY: page-check
page-check: ## Check that the committed page is up to date (needs Node.js)
	npm --prefix pkg/workbench/web ci --ignore-scripts --no-audit --no-fund
	rm -rf bin/page && node pkg/workbench/web/build.mjs "$(CURDIR)/bin/page"
	diff -r bin/page pkg/workbench/page

.PHONY: browser
browser: ## Test the workbench's page in Chromium; screenshots go to bin/screenshots
	test/browser/chromium.sh
	cd test/browser && go test -count 1 -timeout 20m ./...

.PHONY: manifests
manifests: ## Regenerate the plain manifests and the README of the chart
	go -C test/chart run ./cmd/generate

.PHONY: docs
docs: ## Regenerate the parts of the docs and the README that come from the code
	go test -p 1 ./internal/command ./pkg/inject ./test/conformance -run '^TestReference|^TestReleases' -update

TARGET ?= all
TIME ?= 1m
.PHONY: fuzz
fuzz: ## Run the fuzz target TARGET=FuzzX, or each, for TIME=1m; findings are kept as seeds
	@test/fuzz.sh "$(TARGET)" "$(TIME)"

.PHONY: bench
bench: ## Run the benchmarks
	go test -run '^$$' -bench . -benchmem ./...

BASE ?= HEAD
BENCH ?= Admission|Throughput
ROUNDS ?= 10
.PHONY: compare
compare: ## Compare the benchmarks BENCH of the commit BASE and of this tree, in ROUNDS alternating rounds
	@test/bench/compare.sh "$(BASE)" "$(BENCH)" "$(ROUNDS)"

.PHONY: plots
plots: ## Redraw the plots of docs/performance.md from new measurements (needs an idle machine)
	{ go test ./pkg/webhook -run '^$$' -bench Throughput -cpu 1,2 -count 5 && go test ./pkg/inject -run '^$$' -bench PodSize -count 5; } | go -C test/bench/plot run . "$(CURDIR)/docs"
