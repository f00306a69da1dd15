SHELL := /bin/sh
PYTHON ?= $(shell for name in python3.14 python3.13 python3.12 python3.11 python3; do \
  if command -v $$name >/dev/null 2>&1 && $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
  >/dev/null 2>&1; then echo $$name; break; fi; done)
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 3

.PHONY: help demo test check bench bench-surge bench-alike bench-people bench-audit bench-flip bench-year manual locales lock clean setup

help:
	@echo "make demo    a whole VUCE on this machine; Ctrl-C ends it"
	@echo "make test    unit, HTTP, browser and relying party tests"
	@echo "make check   linter, types, import contracts, dependency audit"
	@echo "make manual  the users' manual, written anew from the running demo (HTML and PDF)"
	@echo "make bench   what a login costs"
	@echo "make bench-surge   thousands ask for a link while things break; SURGE=--help for its options"
	@echo "make bench-alike   whether answers tell who exists"
	@echo "make bench-year    what the prober's thresholds and policies make of a year of SUNAT's faults"
	@echo "make bench-people  what importing, finding and counting a million people takes"
	@echo "make bench-flip    how long a flip takes to be in force in every process"
	@echo "make bench-audit   what sealing and verifying the audit log takes"

setup: $(VENV)/installed
	@$(BIN)/python assets/install.py

$(VENV)/installed: requirements/dev.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "make: Python 3.11 or newer is needed; name it with PYTHON=…" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo "make: $(PYTHON) has no venv module; install it (on Debian: python3-venv)" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "make: installing the locked requirements"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: setup
	@$(BIN)/sandbox demo

test: setup
	@$(BIN)/python -m tests.support.browser
	@$(BIN)/python -m tests.relying_parties.install
	@# Neighbours share what is dear to start, so each worker gets a run of them.
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

check: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --config setup.cfg
	@$(BIN)/python -m tests.support.dependency_audit

bench: setup
	@$(BIN)/python -m bench

bench-surge: setup
	@$(BIN)/python -m bench.surge $(SURGE)

bench-alike: setup
	@$(BIN)/python -m bench.alike

bench-people: setup
	@$(BIN)/python -m bench.people $(PEOPLE)

bench-audit: setup
	@$(BIN)/python -m bench.audit $(AUDIT)

bench-flip: setup
	@$(BIN)/python -m bench.flip $(FLIP)

bench-year: setup
	@$(BIN)/python -m bench.year $(YEAR)

manual: setup
	@$(BIN)/python -m manual

locales: setup
	@$(BIN)/python locales/collect.py

lock:
	@command -v uv >/dev/null || { echo "make: uv is needed to lock the requirements" >&2; exit 1; }
	@for name in production dev node; do uv pip compile --quiet --universal --generate-hashes \
	  --no-emit-index-url --no-header --python-version 3.11 --upgrade \
	  requirements/$$name.in -o requirements/$$name.txt; done

clean:
	@rm -rf $(VENV) .venv-node .demo build *.egg-info assets/node_modules templates/static/vendor \
	  tests/relying_parties/node/node_modules tests/relying_parties/spring/target \
	  .mypy_cache .ruff_cache .import_linter_cache .hypothesis
