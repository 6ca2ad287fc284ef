# Mandorla. `make` prints this help.
.DEFAULT_GOAL := help
.PHONY: help demo assets test check bench prove tools

# Node 22 from npm (scripts/tools.sh) comes before the machine's Node, once it is there.
export PATH := $(CURDIR)/.tools/bin:$(PATH)

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: assets ## platform on :8080 and assistant on :8090, with a seeded demo tenant
	go run ./cmd/mandorla demo

ASSETS := internal/web/assets

assets: $(ASSETS)/dist/manifest.json ## styles, scripts, fonts and icons from npm, copied into the embedded folder

$(ASSETS)/dist/manifest.json: $(ASSETS)/node_modules/.stamp $(ASSETS)/build.mjs $(wildcard $(ASSETS)/src/*)
	cd $(ASSETS) && node build.mjs
	@touch $@

$(ASSETS)/node_modules/.stamp: $(ASSETS)/package-lock.json
	cd $(ASSETS) && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

test: ## everything CI runs; on Debian as root it installs what it lacks
	@scripts/test.sh

check: ## formatting, vet, linters, import table
	@scripts/check.sh

bench: ## benchmarks, written to docs/bench/
	@scripts/bench.sh

prove: ## the long proofs: fuzzing (FUZZTIME=30s each), kill and soak tests
	@scripts/prove.sh

tools: ## what the tests need: Go, Node, PostgreSQL, Chromium, npm test clients
	@scripts/tools.sh
