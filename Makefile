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

# The probe is one static program. Its image is packed without a container tool: manifests/probe-image/build.
MACHINE := $(shell uname -m)
PROBE_ARCH := $(patsubst aarch64,arm64,$(patsubst x86_64,amd64,$(MACHINE)))
PROBE_TARGET := $(MACHINE)-unknown-linux-gnu
PROBE := target/$(PROBE_TARGET)/probe/regauth-probe
PROBE_ARCHIVE ?= target/probe-image/regauth-probe-$(PROBE_ARCH).tar
PLUGIN_ARCHIVE ?= target/plugin-image/kubectl-regauth-$(PROBE_ARCH).tar
# Where it was built is not part of the program: the same bytes from every folder.
PROBE_FLAGS := -C target-feature=+crt-static --remap-path-prefix=$(CURDIR)=/src \
	--remap-path-prefix=$(or $(CARGO_HOME),$(HOME)/.cargo)=/cargo
VERSION := $(shell sed -n 's/^version = "\(.*\)"$$/\1/p' Cargo.toml | head -n 1)
# Of the distribution: archives as krew takes them, and where ready binaries of other platforms are.
DIST ?= target/dist
DIST_BINARIES ?=
OWN_BINARY := kubectl-regauth-linux-$(PROBE_ARCH)
SBOM_VERSION := 0.5.9
CA_BUNDLE := $(or $(REGAUTH_CA_BUNDLE),/etc/ssl/certs/ca-certificates.crt)

.PHONY: help build install probe image probe-image plugin-image check test scenarios schema fuzz demo bench bench-scale cluster-up cluster-down cluster-test clean \
	check-platforms dist dist-binary picture sbom

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

build: ## Build the plugin: target/release/kubectl-regauth
	$(CARGO) build --locked --release

install: ## Install the plugin where cargo puts programs, for kubectl to find on PATH
	$(CARGO) install --locked --path .

probe: ## Build the program of the probe's image, static and small
	RUSTFLAGS="$(PROBE_FLAGS)" $(CARGO) build --locked --profile probe --no-default-features --features probe \
		--bin regauth-probe --target $(PROBE_TARGET) --target-dir target

probe-image: probe ## Pack the probe's image for this machine's architecture as an OCI archive
	manifests/probe-image/build $(PROBE) $(CA_BUNDLE) $(PROBE_ARCH) $(VERSION) $(PROBE_ARCHIVE)

plugin-image: dist-binary ## Pack the plugin's own image, which runs on a schedule, as an OCI archive
	manifests/plugin-image/build target/dist-binaries/$(OWN_BINARY) $(CA_BUNDLE) $(PROBE_ARCH) $(VERSION) $(PLUGIN_ARCHIVE)

image: probe-image plugin-image ## Pack both images

dist-binary: probe-image ## Build the plugin as it is distributed for this machine: target/dist-binaries
	CARGO="$(CARGO)" krew/binary target/dist-binaries $(PROBE_ARCHIVE)

dist: $(if $(wildcard $(DIST_BINARIES)/$(OWN_BINARY)),,dist-binary) ## Archives for krew in target/dist, with ready binaries from DIST_BINARIES
	krew/pack $(VERSION) $(DIST) krew/regauth.yaml target/dist-binaries $(DIST_BINARIES)

sbom: ## What the plugin is made of, as CycloneDX: target/dist/kubectl-regauth.cdx.json
	@test -x $(TOOLS)/bin/cargo-cyclonedx || $(CARGO) install --locked --root $(TOOLS) cargo-cyclonedx@$(SBOM_VERSION)
	$(TOOLS)/bin/cargo-cyclonedx cyclonedx --format json --override-filename kubectl-regauth.cdx
	mkdir -p $(DIST) && mv kubectl-regauth.cdx.json $(DIST)/

check: ## Format, lints, the parts kept apart, licences and sources of dependencies
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets -- -D warnings
	$(CARGO) clippy --locked --lib --no-default-features -- -D warnings
	$(CARGO) clippy --locked --lib --no-default-features --features cluster -- -D warnings
	$(CARGO) clippy --locked --lib --no-default-features --features image -- -D warnings
	$(CARGO) clippy --locked --lib --no-default-features --features bundle -- -D warnings
	$(CARGO) clippy --locked --bin regauth-probe --no-default-features --features probe -- -D warnings
	tests/parts.sh
	@test -x $(TOOLS)/bin/cargo-deny || $(CARGO) install --locked --root $(TOOLS) cargo-deny@$(DENY_VERSION)
	$(TOOLS)/bin/cargo-deny --log-level error check bans licenses sources

check-platforms: ## Compile what only macOS and Windows have, as far as that is possible here
	CARGO="$(CARGO)" tests/other-platforms.sh

test: ## All tests, those on the real cluster included
	tests/run.sh

scenarios: ## Run the scenarios on the real cluster, print what each must find and found, and keep it in docs
	REGAUTH_E2E_REQUIRED=1 REGAUTH_SCENARIOS=$(CURDIR)/docs/scenarios.md $(CARGO) test --locked --test e2e -- scenario

schema: ## Write docs/schema anew
	mkdir -p docs/schema
	for kind in report evidence; do \
		$(CARGO) run --locked --quiet --bin kubectl-regauth -- schema $$kind >docs/schema/$$kind.json || exit 1; \
	done

picture: ## Make the READMEs' picture anew: docs/images/doctor.svg
	REGAUTH_PICTURE=1 $(CARGO) test --locked --test packaging -- picture

fuzz: ## A million cases for each parser of what registries say (nightly compiler)
	@test -x $(TOOLS)/bin/cargo-fuzz || $(CARGO) install --locked --root $(TOOLS) cargo-fuzz@$(FUZZ_VERSION)
	PATH="$(TOOLS)/bin:$$PATH" FUZZ_RUNS=$(FUZZ_RUNS) tests/fuzz.sh

demo: ## Bring up a cluster, break it, and let the plugin say why pulls fail
	tests/demo.sh

bench: ## Time, memory and requests, beside a shell loop over the same nodes
	tests/bench.sh pull

bench-scale: ## The same on 1,000 and 5,000 nodes without machines, and how each figure grows
	tests/bench.sh scale

cluster-up: ## Bring up the test cluster and print how to use it
	tests/cluster/up $(STATE)

cluster-down: ## Take the test cluster down
	tests/cluster/down $(STATE)

cluster-test: ## Test the test cluster itself: start, faults, kill -9, and what is left
	tests/cluster/selftest

clean: ## Remove what was built here
	$(CARGO) clean
