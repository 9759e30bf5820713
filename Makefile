# Builds, tests and serves everything. `make help` lists what there is.
#
# Every goal first installs what it lacks (scripts/setup), into .tools/ and node_modules/. What was
# built leaves a stamp under target/stamps, which is older than its sources when it is stale.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:

export PATH := $(CURDIR)/.tools/bin:$(CURDIR)/node_modules/.bin:$(PATH):$(HOME)/.cargo/bin

stamps := target/stamps
# The files of some folders that git knows or would take; not what was built there.
sources = $(wildcard $(shell git ls-files --cached --others --exclude-standard -- $(1)))

rust := Cargo.toml Cargo.lock $(call sources,core)
package := $(rust) package-lock.json $(call sources,wasm)
demo := package-lock.json CONFIGURATION.md $(call sources,web)
pages := package-lock.json $(call sources,tests/pages tests/package.json)

step = @printf '\n\033[1m== %s\033[0m\n' "$(1)"

.PHONY: help
help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

# ---- What people call

.PHONY: demo
demo: $(stamps)/demo ## Build everything and serve the demo on localhost
	$(call step,The demo; end it with Ctrl-C)
	npm run preview --workspace web

.PHONY: test
test: setup-test lint test-rust instructions test-wasm test-package test-packages test-browser ## Run every check and every test
	$(call step,All passed)
	@cat target/not-run/* 2>/dev/null || true

.PHONY: bench
bench: setup-bench $(stamps)/pages instructions ## Measure, beside peers; writes target/bench
	$(call step,Benchmarks: native)
	cargo bench --package ottla-tests --bench handle --locked
	cargo bench --package ottla-tests --bench keep --locked
	cargo bench --package ottla-tests --bench rebalance --locked
	$(call step,Benchmarks: browser)
	npm run bench --workspace tests

.PHONY: instructions
instructions: setup-instructions ## Count instructions per record; compare with tests/bench/instructions.txt
	$(call step,Instructions per record)
	@mkdir -p target/not-run && rm -f target/not-run/instructions
	@set -o pipefail; cargo bench --package ottla-tests --bench instructions --locked -- $(SAVE) | \
		tee target/instructions.txt
	@grep -h 'NOT RUN' target/instructions.txt > target/not-run/instructions || \
		rm -f target/not-run/instructions

.PHONY: conformance
conformance: setup-rust $(stamps)/package ## Real clients against Apache Kafka and Ottla; writes COMPATIBILITY.md
	$(call step,Building ottla-native)
	cargo build --release --package ottla-native --locked
	$(call step,The same scripts against Apache Kafka and Ottla)
	node tests/conformance/run.mjs $(CONFORMANCE)
	$(if $(CONFORMANCE),,node tests/conformance/mixed.mjs)
	$(if $(CONFORMANCE),,node tests/conformance/history.mjs)

.PHONY: sim
sim: setup-rust ## Simulate consumer groups for SEEDS=1000 (or SEED=17 alone, telling what happens)
	$(call step,Simulations of consumer groups)
	$(if $(SEED),OTTLA_SEED=$(SEED)) $(if $(SEEDS),OTTLA_SEEDS=$(SEEDS)) \
		cargo test --package ottla-sim --profile sim --locked -- --nocapture nothing

.PHONY: soak
soak: setup-rust ## Simulate the storage for SEEDS=10000 (SEED=17 alone, telling what happens, or both: from there on)
	$(call step,Simulations of the storage)
	$(if $(SEED),OTTLA_SEED=$(SEED)) $(if $(SEEDS),OTTLA_SEEDS=$(SEEDS)) \
		cargo test --package ottla-storagesim --profile sim --locked -- --nocapture survives

.PHONY: soak-browser
soak-browser: setup-test $(stamps)/pages ## Kill Chromium KILLS=100 times under load (SEED, BACKEND=leveldb|sqlite, DURABILITY=relaxed|strict)
	$(call step,Kills of the browser)
	node tests/kill/run.mjs $(if $(KILLS),--kills $(KILLS)) $(if $(SEED),--seed $(SEED)) \
		$(if $(BACKEND),--backend $(BACKEND)) $(if $(DURABILITY),--durability $(DURABILITY))

.PHONY: fuzz
fuzz: setup-fuzz ## Fuzz each target for SECONDS=60 (or TARGETS='requests files' alone)
	$(call step,Fuzzing)
	scripts/fuzz $(or $(SECONDS),60) $(TARGETS)

.PHONY: bench-kafka
bench-kafka: setup-rust ## Measure ottla-native beside Apache Kafka; writes target/bench
	$(call step,Building ottla-native)
	cargo build --release --package ottla-native --locked
	$(call step,Benchmarks: beside Apache Kafka)
	node tests/bench/kafka/run.mjs $(BENCH)

.PHONY: lint
lint: setup-lint $(stamps)/package ## Formatting, clippy, docs, types, licences, lock files
	$(call step,Formatting)
	cargo fmt --all --check
	cargo fmt --manifest-path tests/fuzz/Cargo.toml --check
	$(call step,Clippy)
	cargo clippy --workspace --exclude ottla-wasm --all-targets --locked -- -D warnings
	scripts/lint-wasm
	$(call step,Documentation)
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --exclude ottla-wasm --no-deps --locked
	$(call step,Licences and sources of crates)
	cargo deny --locked check licenses bans sources
	$(call step,Types)
	npm run typecheck --workspaces --if-present

.PHONY: build
build: $(stamps)/demo ## Build the package and the demo

.PHONY: package
package: $(stamps)/packed ## Pack the npm package, as it would be published, into target/npm

.PHONY: test-packages
test-packages: setup-packages $(stamps)/packed ## Install the packed package with each bundler, and try it in Chromium
	$(call step,The packed package under bundlers and servers)
	cd tests/packaging && npm test

.PHONY: clean
clean: ## Remove what was built
	rm -rf target wasm/dist wasm/js/pkg web/dist tests/dist tests/packaging/projects

.PHONY: distclean
distclean: clean ## Remove what was installed, too
	rm -rf .tools node_modules wasm/node_modules web/node_modules tests/node_modules
	rm -rf tests/packaging/node_modules

# ---- The parts of `make test`

.PHONY: test-rust
test-rust: setup-rust
	$(call step,Rust tests)
	cargo test --workspace --exclude ottla-wasm --exclude ottla-sim --exclude ottla-storagesim --locked
	$(call step,Simulations of consumer groups and of the storage)
	cargo test --package ottla-sim --package ottla-storagesim --profile sim --locked

.PHONY: test-wasm
test-wasm: setup-test
	$(call step,Tests of the binding in headless Chromium)
	scripts/test-wasm

.PHONY: test-package
test-package: setup-build $(stamps)/package
	$(call step,Tests of the package in Node; some against ottla-native)
	cargo build --package ottla-native --locked
	npm test --workspace wasm

.PHONY: test-browser
test-browser: setup-test $(stamps)/demo $(stamps)/pages
	$(call step,Building ottla-native)
	cargo build --package ottla-native --locked
	$(call step,End to end in Chromium)
	npm run e2e --workspace tests

# ---- What is built

$(stamps)/package: $(package) | setup-build
	$(call step,Building the package ottla)
	scripts/with-wasm npm run build --workspace wasm
	@mkdir -p $(@D) && touch $@

$(stamps)/demo: $(stamps)/package $(demo) | setup-build
	$(call step,Building the demo)
	npm run build --workspace web
	@mkdir -p $(@D) && touch $@

$(stamps)/packed: $(stamps)/package wasm/LICENSE
	$(call step,Packing the package ottla)
	@rm -rf target/npm && mkdir -p target/npm
	npm pack --workspace wasm --pack-destination target/npm
	@touch $@

# The pages that the end-to-end tests and the benchmarks open.
$(stamps)/pages: $(stamps)/package $(pages) | setup-build
	$(call step,Building the test pages)
	npm run build --workspace tests
	@mkdir -p $(@D) && touch $@

# ---- What is installed, where it is missing

.PHONY: setup-rust setup-build setup-lint setup-bench setup-test setup-packages setup-instructions setup-fuzz
setup-rust:
	@scripts/setup rust
setup-build: setup-rust
	@scripts/setup node wasm-target wasm-tools
setup-lint: setup-build
	@scripts/setup deny
setup-bench: setup-build
	@scripts/setup chromium
setup-test: setup-lint
	@scripts/setup chromium
setup-packages: setup-build
	@scripts/setup chromium packaging
setup-instructions: setup-rust
	@scripts/setup valgrind
setup-fuzz: setup-rust
	@scripts/setup fuzz
