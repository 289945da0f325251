# Every command that a user or a contributor needs. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup build test lint fmt kg

TABLES ?= $(if $(XDG_CACHE_HOME),$(XDG_CACHE_HOME),$(HOME)/.cache)/touchstone/kg

help: ## List the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Install what is missing: cmake, libclang (apt)
	@bash .ci/setup

build: setup ## Build the program
	cargo build --release --workspace

test: setup ## Formatting, lints and all tests
	cargo fmt --all --check
	cargo clippy --release --workspace --all-targets -- -D warnings
	cargo test --release --workspace

lint: ## Lints only
	cargo clippy --release --workspace --all-targets -- -D warnings

fmt: ## Format the sources
	cargo fmt --all

kg: setup ## Rebuild the facts of the demonstration graph from their packages
	python3 kg/fetch.py "$(TABLES)"
	cargo run --release -p touchstone-graph --example build_kg -- kg "$(TABLES)" kg/facts.nq.zst
