# `make` alone tells what there is.

# bash, for pipefail.
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -ec

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null)
GOTOOL := go tool -modfile=tools/go.mod

export CGO_ENABLED ?= 0

.PHONY: help
help: ## Tell what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build bin/outrigger
	go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/outrigger ./cmd/webhook

.PHONY: demo
demo: build ## Inject the bookinfo sample: see what changes, and the report
	@echo '$$ outrigger inject -f testdata/bookinfo/bookinfo.yaml --diff'
	@bin/outrigger inject -f testdata/bookinfo/bookinfo.yaml --diff

.PHONY: test
test: build ## Run all tests that need no long build
	go test ./...
	bin/outrigger test testdata/golden

.PHONY: lint
lint: ## Check format and code
	@unformatted=$$($(GOTOOL) gofumpt -l $$(git ls-files '*.go')); \
	if [ -n "$$unformatted" ]; then echo "not in gofumpt's format:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	$(GOTOOL) staticcheck ./...

.PHONY: manifests
manifests: ## Write anew what is made of the chart: the plain manifests and its README
	go -C test/chart run ./cmd/generate

.PHONY: bench
bench: ## Run the benchmarks
	go test -run '^$$' -bench . -benchmem ./...
