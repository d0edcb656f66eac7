# Every target installs what it needs first: uv into .uv (hashes in deploy/uv-requirements.txt), then exactly what
# uv.lock names into .venv. Nothing is installed again until uv.lock or pyproject.toml changes.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= $(firstword $(foreach p,python3.11 python3.12 python3.13 python3,$(shell command -v $(p) 2>/dev/null)))
ARGS ?=
BIN := .venv/bin
UV := .uv/bin/uv
SYNC := UV_PYTHON_DOWNLOADS=never UV_NO_PROGRESS=1 $(UV) sync --locked --quiet --python $(PYTHON)
INSTALLED := .venv/.installed
BENCH_INSTALLED := .venv/.installed-bench

export LITELLM_LOCAL_MODEL_COST_MAP := True

.PHONY: help demo up test check bench docs clean

help:  ## Show the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' Makefile | expand -t 16

demo: $(INSTALLED)  ## Run the refunds example; ARGS=--exit approves by itself, checks the result and stops
	@$(BIN)/perdure demo $(ARGS)

up: $(INSTALLED)  ## Start Perdure with its embedded PostgreSQL and Temporal
	@$(BIN)/perdure up $(ARGS)

test: $(BENCH_INSTALLED) check  ## Check, then run every test; the fault tests kill processes and so run one by one
	@BIN=$(BIN) .ci/tests $(ARGS)

check: $(INSTALLED)  ## Lint, format, types and import layers
	@echo "· ruff"; $(BIN)/ruff check --quiet . && $(BIN)/ruff format --check --quiet .
	@echo "· mypy"; $(BIN)/mypy --no-error-summary
	@echo "· import layers"; PYTHONPATH=. $(BIN)/lint-imports --no-logo >.venv/imports.log || { cat .venv/imports.log; exit 1; }

bench: $(BENCH_INSTALLED)  ## Measure against plain Temporal and LangGraph; writes docs/benchmarks.md
	@$(BIN)/python -m bench $(ARGS)

docs: $(INSTALLED)  ## Write the generated parts of docs/ anew
	@$(BIN)/python docs/generate.py

clean:  ## Remove what make installed and what the tools cached; data folders stay
	rm -rf .venv .uv .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(UV): deploy/uv-requirements.txt
	@test -n "$(PYTHON)" || { echo "Perdure needs Python 3.11 or newer: apt install python3 python3-venv"; exit 1; }
	@echo "· installing uv"
	@$(PYTHON) -m venv --clear .uv || { echo "python3 -m venv failed; on Debian: apt install python3-venv"; exit 1; }
	@.uv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r $< 2>.uv/pip.log \
	  || { cat .uv/pip.log; exit 1; }
	@touch $@

$(INSTALLED): uv.lock pyproject.toml $(UV)
	@echo "· installing what uv.lock names (a minute or two the first time)"
	@$(SYNC)
	@touch $@

$(BENCH_INSTALLED): $(INSTALLED)
	@echo "· installing what the benchmark compares with"
	@$(SYNC) --group bench
	@touch $@
