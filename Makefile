# The habits of this repository. `make` lists them.

.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
PYTHON ?= python3

# Each requirements/NAME.txt is installed into a venv of its own: the tools' pins exclude each other. `make requirements`
# writes it, with the hashes of all its packages, for what NAME.in asks for.
MINISTACK := .venv/ministack/installed
SKPY := .venv/skpy/installed
SLACK := .venv/slack/installed
TOOLS := .venv/tools/installed
AWSCLI := .venv/awscli/installed
SCHEMAS := .venv/schemas/installed
TEMPLATES := $(wildcard template.yaml deploy/*.yaml)

# What sam and cfn-lint are told of an AWS that they never speak to.
NO_AWS := AWS_ACCESS_KEY_ID=none AWS_SECRET_ACCESS_KEY=none AWS_DEFAULT_REGION=us-east-1 SAM_CLI_TELEMETRY=0

# The function as it is built, but for the optimisations, which take minutes, and what debuggers need.
E2E_BUILD := SAM_BUILD_MODE=debug CARGO_PROFILE_DEV_DEBUG=0 CARGO_PROFILE_DEV_STRIP=symbols

# Microsoft's renderer of Adaptive Cards, as pinned in package-lock.json.
RENDERER := tests/browser/node_modules/.package-lock.json

.PHONY: help venv requirements demo test test-extra e2e fuzz slowest lint deny build rust-lint rust-test template-lint cargo

help: ## list these targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

venv: $(MINISTACK) $(SKPY) $(SLACK) $(TOOLS) $(AWSCLI) $(SCHEMAS) ## install the pinned Python tools into .venv

requirements: ## pin what requirements/*.in ask for (needs uv; UPGRADE=--upgrade: the newest)
	@command -v uv >/dev/null || { echo "uv is missing. Install it: pip install uv" >&2; exit 1; }
	@for pins in $(wildcard requirements/*.in); do \
		uv pip compile --quiet --generate-hashes --annotation-style line --python-version 3.11.5 \
			--python-platform x86_64-unknown-linux-gnu --custom-compile-command "make requirements" $(UPGRADE) \
			"$$pins" --output-file "$${pins%.in}.txt"; \
	done

demo: cargo $(MINISTACK) ## see an hourly update arrive, on a local AWS and in stand-ins of chats
	@cargo build --locked --quiet --bins --example demo
	@cargo run --locked --quiet --example demo

test: rust-lint rust-test template-lint e2e ## everything that Rust and Python can check

# Not a part of `make test`, which needs Rust and Python only. CHROMIUM=path: another browser.
test-extra: cargo $(RENDERER) ## what needs Chromium and npm: the Teams card in Microsoft's renderer
	@command -v "$${CHROMIUM:-chromium}" >/dev/null || { echo "chromium is missing. Install it: apt-get install chromium" >&2; exit 1; }
	cargo test --locked --test integration destinations::teams::browser -- --ignored

e2e: cargo $(MINISTACK) $(TOOLS) $(AWSCLI) ## deploy the stack to a local AWS, and let its schedule post
	PATH="$(CURDIR)/.venv/tools/bin:$$PATH" $(NO_AWS) $(E2E_BUILD) sam build --build-dir target/e2e
	cargo test --locked --test integration e2e:: -- --ignored

fuzz: cargo ## give every parser of foreign input a million changed samples, each within a second (FUZZ_CASES=n: n of them)
	FUZZ_CASES=$${FUZZ_CASES:-1000000} cargo test --locked --lib fuzz_ -- --nocapture

# Optimised as the function is: building it takes minutes. Not a part of `make test`: it measures time.
slowest: cargo ## how long every parser of foreign input may take for as much as is read (SLOWEST=n: n inputs each)
	SLOWEST=$${SLOWEST:-5000} cargo test --locked --release --lib fuzz_ -- --nocapture --test-threads 1

lint: rust-lint template-lint ## formatting, clippy, documentation, templates

# Not a part of `make test`: installing cargo-deny takes minutes, and its database of advisories comes from the net.
deny: cargo ## dependencies: licences, duplicates, bans, sources, known vulnerabilities
	@command -v cargo-deny >/dev/null || { echo "cargo-deny is missing. Install it: cargo install --locked cargo-deny@0.20.2" >&2; exit 1; }
	cargo deny --locked check $(DENY)

build: cargo $(TOOLS) ## the deployable function: cargo lambda build, or sam build where there is a template
	PATH="$(CURDIR)/.venv/tools/bin:$$PATH" $(if $(wildcard template.yaml),$(NO_AWS) sam build,cargo lambda build --locked --release --bin hourly-update)

rust-lint: cargo
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --document-private-items

rust-test: cargo $(MINISTACK) $(SKPY) $(SLACK) $(AWSCLI) $(SCHEMAS)
	cargo test --locked --workspace

template-lint: $(TOOLS)
	$(if $(TEMPLATES),$(NO_AWS) .venv/tools/bin/cfn-lint -c I -- $(TEMPLATES))
	$(if $(wildcard template.yaml),$(NO_AWS) .venv/tools/bin/sam validate --lint --template template.yaml)

cargo:
	@command -v cargo >/dev/null || { echo "cargo is missing. Install Rust: https://rustup.rs" >&2; exit 1; }

$(RENDERER): tests/browser/package.json tests/browser/package-lock.json
	@command -v npm >/dev/null || { echo "npm is missing. Install it: apt-get install nodejs npm" >&2; exit 1; }
	@echo "Installing tests/browser/package-lock.json into tests/browser/node_modules"
	@cd tests/browser && npm ci --silent
	@touch $@

.venv/%/installed: requirements/%.txt
	@$(PYTHON) -c 'import ensurepip, venv' || { echo "$(PYTHON) with venv is missing. Install it: apt-get install python3-venv" >&2; exit 1; }
	@echo "Installing $< into .venv/$*"
	@$(PYTHON) -m venv --clear .venv/$*
	@# The file names everything; pip check finds what it does not.
	@.venv/$*/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement $<
	@.venv/$*/bin/pip check --disable-pip-version-check >/dev/null
	@touch $@
