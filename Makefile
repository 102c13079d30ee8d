# `make run` runs the whole pipeline offline; `make test` runs the tests; `make check` lints and checks types.
SHELL := /bin/bash
PYTHON ?= python3
# another Python has its own environment: `make test PYTHON=python3.13` leaves .venv as it is
VENV := .venv$(addprefix -,$(filter-out python3,$(notdir $(PYTHON))))
BIN := $(CURDIR)/$(VENV)/bin
export PATH := $(BIN):$(PATH)
export VIRTUAL_ENV := $(CURDIR)/$(VENV)
unexport PYTHONDONTWRITEBYTECODE PYTHONPATH PYTHONHOME

.PHONY: setup run real preset results test test-slow test-statistics test-faults check audit docs ui

setup: $(VENV)/.ready

run: $(VENV)/.ready
	seqops run && seqops results

real: $(VENV)/.ready
	dvc exp remove --quiet real 2>/dev/null || true
	dvc exp run --name real $$(seqops preset real) && seqops results

preset: $(VENV)/.ready
	seqops run $(NAME)

results: $(VENV)/.ready
	seqops results --output docs/results.md

test: $(VENV)/.ready
	pytest -n 2 --dist loadfile --no-loadscope-reorder --durations=15

test-slow: $(VENV)/.ready
	pytest -n 2 --dist loadfile --no-loadscope-reorder --durations=15 -m "slow or browser"

# coverage of every interval and size of every test, with all repetitions; test-slow runs a tenth of them
test-statistics: $(VENV)/.ready
	SEQOPS_STATISTICS_SHARE=$(or $(SHARE),1) pytest -n 2 --durations=15 -m "slow or not slow" tests/statistics

# for a few minutes of them, without the simulated year of retraining: make test-faults SHARE=0.01
test-faults: $(VENV)/.ready
	SEQOPS_FAULTS_SHARE=$(or $(SHARE),1) pytest -n 2 --dist loadfile --no-loadscope-reorder --durations=15 -m faults tests/faults $(if $(SHARE),,tests)

check: $(VENV)/.ready
	ruff check . && ruff format --check . && mypy && lint-imports
	@python .ci/reruns.py

audit: $(VENV)/.ready
	bandit --quiet --configfile pyproject.toml --recursive src pipelines deploy .ci
	(cd .ci && pip-licenses) && pip-licenses > /dev/null
	python .ci/audit.py

docs: $(VENV)/.ready
	NO_MKDOCS_2_WARNING=1 mkdocs build --strict

ui: $(VENV)/.ready
	seqops ui

# build.lock: uv, and what builds the package; neither is downloaded without its hash
$(VENV)/.ready: requirements.lock build.lock pyproject.toml
	test -x $(BIN)/uv || { $(PYTHON) -m venv $(VENV) && $(BIN)/pip install --quiet --no-deps --require-hashes --requirement build.lock; }
	uv pip sync --quiet --require-hashes --compile-bytecode requirements.lock build.lock
	uv pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@
