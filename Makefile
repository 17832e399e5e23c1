# `make help` lists the targets. Everything here also works with cargo alone.

CARGO ?= cargo
PREFIX ?= /usr/local
DESTDIR ?=
# rustup's place, which a shell has in PATH only after the next login.
export PATH := $(PATH):$(HOME)/.cargo/bin
DEMO ?= testdata/plaintext/ikev2-cookie/capture.pcap
DEMO_FAILED ?= testdata/fail-ikev1-psk-main/capture.pcapng

# Captures that are not in the repository; tests that want them skip without them.
ifneq ($(wildcard ../shared/corpus/README.md),)
export IKESCOPE_CORPUS ?= $(abspath ../shared/corpus)
endif

# The checks of `make check`, in the order they run: quick ones first.
CHECKS := fmt lint lint-portable docs-strict deny generated fuzz-smoke compare bench-smoke

.PHONY: help demo test check bench docs install generate build deps check-deps list-checks $(CHECKS)

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r name what; do printf '  %-14s %s\n' "$$name" "$$what"; done

demo: build ## build, inspect a real capture, and diagnose one of a failure
	@$(CARGO) run --quiet --release --locked -- inspect $(DEMO)
	@echo
	@$(CARGO) run --quiet --release --locked -- diagnose --fail-on never $(DEMO_FAILED)

test: deps ## every test
	$(CARGO) test --workspace --all-features --locked --no-fail-fast

check: check-deps ## the heavier checks: style, warnings, licences, fuzzing, tshark, speed
	@for check in $(CHECKS); do echo "== $$check"; $(MAKE) --no-print-directory $$check || exit 1; done

bench: build ## speed and memory beside tshark and tcpdump
	benches/run.sh

docs: ## the documentation of the source, in target/doc
	$(CARGO) doc --workspace --no-deps --locked

# Built only if it is not there: `sudo make install` finds what `make build` made, and needs no cargo.
install: ## the program, manual and completions, under PREFIX
	@test -x "$${CARGO_TARGET_DIR:-target}/release/ikescope" || $(MAKE) build
	mkdir -p $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/bash-completion/completions \
		$(DESTDIR)$(PREFIX)/share/zsh/site-functions $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	install -m 755 "$${CARGO_TARGET_DIR:-target}/release/ikescope" $(DESTDIR)$(PREFIX)/bin/
	install -m 644 man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	install -m 644 completions/ikescope.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/ikescope
	install -m 644 completions/_ikescope $(DESTDIR)$(PREFIX)/share/zsh/site-functions/
	install -m 644 completions/ikescope.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/

generate: ## write man/ and completions/ from the command line's definition
	$(CARGO) run --quiet --locked -- generate man man
	$(CARGO) run --quiet --locked -- generate completions completions

build: deps ## the release build
	$(CARGO) build --release --locked

deps: ## install or name what a build needs
	@scripts/deps.sh

check-deps: ## install or name what the checks need
	@scripts/deps.sh checks

list-checks:
	@echo $(CHECKS)

fmt: ## formatting
	$(CARGO) fmt --all --check

lint: ## warnings of clippy, as errors
	$(CARGO) clippy --workspace --all-targets --all-features --locked -- -D warnings

lint-portable: ## the same without live capture
	$(CARGO) clippy --workspace --all-targets --no-default-features --locked -- -D warnings

docs-strict: ## warnings of rustdoc, as errors
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --all-features --locked

deny: ## licences and sources of dependencies
	$(CARGO) deny --all-features check bans licenses sources

generated: ## man/ and completions/ are what the program writes
	scripts/generated-are-fresh.sh

fuzz-smoke: ## build the fuzz targets and run each for a moment
	fuzz/smoke.sh

compare: ## every capture, frame by frame, beside tshark
	$(CARGO) build --locked
	python3 tests/compare_tshark.py

bench-smoke: build ## the benchmark on a small capture
	benches/run.sh --packets 20000 --repeat 1

include lab/lab.mk
