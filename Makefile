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
# By uv's own Python: a shim of pyenv is not the interpreter that it starts, so uv would make .venv anew each time.
SYNC := UV_PYTHON_DOWNLOADS=never UV_NO_PROGRESS=1 $(UV) sync --locked --quiet --python .uv/bin/python
INSTALLED := .venv/.installed
BENCH_INSTALLED := .venv/.installed-bench
WEB := frontend
WEB_INSTALLED := $(WEB)/node_modules/.installed
WEB_BUILT := $(WEB)/dist/.built
WEB_SOURCES := $(WEB)/index.html $(WEB)/vite.config.ts $(shell find $(WEB)/src $(WEB)/public $(WEB)/build -type f)

export LITELLM_LOCAL_MODEL_COST_MAP := True
# Container images often say that Python shall keep nothing that it has compiled; a hundred processes would each do so.
export PYTHONDONTWRITEBYTECODE :=

# For Python's half and the web app's half of installing and checking.
SIDE_BY_SIDE := $(MAKE) --no-print-directory --jobs=2

.PHONY: help demo up test fuzz longer smoke-llm check check-code check-web bench docs web client clean

help:  ## Show the targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' Makefile | expand -t 16

demo: $(INSTALLED) $(WEB_BUILT)  ## Run the refunds example; ARGS=--exit approves by itself, checks the result and stops
	@$(BIN)/perdure demo $(ARGS)

up: $(INSTALLED) $(WEB_BUILT)  ## Start Perdure with its embedded PostgreSQL and Temporal
	@$(BIN)/perdure up $(ARGS)

test:  ## Check, then run all tests but those of make longer; the fault tests kill processes and come last
	@$(SIDE_BY_SIDE) $(BENCH_INSTALLED) $(WEB_INSTALLED)
	@$(SIDE_BY_SIDE) check $(WEB_BUILT)
	@BIN=$(BIN) .ci/tests $(ARGS)

check: check-code check-web  ## Lint, format, types and import layers, of the web app too

check-code: $(INSTALLED)
	@echo "· ruff"; $(BIN)/ruff check --quiet . && $(BIN)/ruff format --check --quiet .
	@echo "· mypy"; $(BIN)/mypy --no-error-summary
	@echo "· import layers"; PYTHONPATH=. $(BIN)/lint-imports --no-logo >.venv/imports.log || { cat .venv/imports.log; exit 1; }
	@echo "· client of the API"; $(BIN)/python docs/openapi.py --check

check-web: $(WEB_INSTALLED)
	@command -v npm >/dev/null || { echo "· the web app cannot be checked without npm: install Node.js 20.19 or newer"; exit 1; }
	@echo "· web app"; cd $(WEB) && npm run --silent check >node_modules/.check.log 2>&1 || { cat node_modules/.check.log; exit 1; }

fuzz: $(INSTALLED)  ## Send generated requests to the API as everybody; SECONDS=600 for how long
	@PERDURE_FUZZ_SECONDS=$(or $(SECONDS),300) $(BIN)/pytest tests/fuzz -q $(ARGS)

longer: $(INSTALLED) $(WEB_BUILT)  ## Run the tests that make test leaves out: more journeys through the web app, more kills
	@$(BIN)/pytest -q -m longer $(ARGS)

smoke-llm: $(INSTALLED)  ## The journeys of models against the vendors whose keys are in the environment
	@PERDURE_SMOKE_LLM=1 $(BIN)/pytest tests/activities/llm/test_journeys.py -q -rs $(ARGS)

bench: $(BENCH_INSTALLED)  ## Measure against plain Temporal and LangGraph; writes docs/benchmarks.md
	@$(BIN)/python -m bench $(ARGS)

docs: $(INSTALLED)  ## Write the generated parts of docs/ anew
	@$(BIN)/python docs/generate.py

web: $(WEB_BUILT)  ## Build the web app

client: $(INSTALLED) $(WEB_INSTALLED)  ## Write docs/openapi.json and the web app's client of the API anew
	@$(BIN)/python docs/openapi.py
	@cd $(WEB) && npm run --silent api

clean:  ## Remove what make installed and what the tools cached; data folders stay
	rm -rf .venv .uv .mypy_cache .ruff_cache .hypothesis .import_linter_cache $(WEB)/node_modules $(WEB)/dist

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

# Without Node everything but the web app works, and the API says at / what is missing.
NEEDS_NPM = command -v npm >/dev/null || { echo "· no npm, so no web app: install Node.js 20.19 or newer"; exit 0; }

$(WEB_INSTALLED): $(WEB)/package.json $(WEB)/package-lock.json
	@$(NEEDS_NPM); echo "· installing the web app's packages"; cd $(WEB) && npm ci --loglevel=error --no-audit --no-fund >/dev/null && touch $(subst $(WEB)/,,$@)

$(WEB_BUILT): $(WEB_INSTALLED) $(WEB_SOURCES)
	@$(NEEDS_NPM); echo "· building the web app"; cd $(WEB) && npm run --silent build -- --logLevel warn && touch $(subst $(WEB)/,,$@)
