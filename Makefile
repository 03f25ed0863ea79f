# Everything that a developer or CI runs. `make help` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
STATE ?= /tmp/kubectl-regauth-cluster
CARGO ?= cargo
# Tools that are not part of the Rust toolchain lie outside the work tree.
TOOLS := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/kubectl-regauth/tools
DENY_VERSION := 0.20.2
FUZZ_VERSION := 0.13.2
FUZZ_RUNS ?= 1000000

.PHONY: help build install check test fuzz demo bench cluster-up cluster-down cluster-test clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

build: ## Build the plugin: target/release/kubectl-regauth
	$(CARGO) build --locked --release

install: ## Install the plugin where cargo puts programs, for kubectl to find on PATH
	$(CARGO) install --locked --path .

check: ## Format, lints, the parts kept apart, licences and sources of dependencies
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets -- -D warnings
	$(CARGO) clippy --locked --lib --no-default-features -- -D warnings
	$(CARGO) clippy --locked --lib --no-default-features --features cluster -- -D warnings
	tests/parts.sh
	@test -x $(TOOLS)/bin/cargo-deny || $(CARGO) install --locked --root $(TOOLS) cargo-deny@$(DENY_VERSION)
	$(TOOLS)/bin/cargo-deny --log-level error check bans licenses sources

test: ## All tests, those on the real cluster included
	tests/run.sh

fuzz: ## A million cases for each parser of what registries say (nightly compiler)
	@test -x $(TOOLS)/bin/cargo-fuzz || $(CARGO) install --locked --root $(TOOLS) cargo-fuzz@$(FUZZ_VERSION)
	PATH="$(TOOLS)/bin:$$PATH" FUZZ_RUNS=$(FUZZ_RUNS) tests/fuzz.sh

demo: ## Bring up a cluster, break it, and let the plugin say why pulls fail
	tests/demo.sh

bench: ## Time, memory and requests, beside a shell loop over the same nodes
	tests/bench.sh

cluster-up: ## Bring up the test cluster and print how to use it
	tests/cluster/up $(STATE)

cluster-down: ## Take the test cluster down
	tests/cluster/down $(STATE)

cluster-test: ## Test the test cluster itself: start, faults, kill -9, and what is left
	tests/cluster/selftest

clean: ## Remove what was built here
	$(CARGO) clean
