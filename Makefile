# `make demo` and `make test` need nothing but Python 3.11 or newer and a package index.
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14 python; do \
	$$p -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$p && break; done)

# Workers fill the cores; threads of linear algebra would only wait for each other.
ONE_THREAD := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1

.PHONY: help demo test lint coverage docs

help:
	@echo "make demo       a simulated shop, its night and the report"
	@echo "make test       the tests"
	@echo "make lint       style, types and import layers"
	@echo "make coverage   branches of the reader, the store and the optimiser that the tests take, 95 % or more"
	@echo "make docs       references, outputs, worked examples and pictures, from the program itself"

demo: $(VENV)/.stamp-run
	$(BIN)/bidopt demo

test: $(VENV)/.stamp-dev
	$(ONE_THREAD) $(BIN)/python -m pytest -n auto --dist loadscope --no-loadscope-reorder

lint: $(VENV)/.stamp-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy bidopt
	$(BIN)/lint-imports

COVERED := ingest store workspace optimize
COVERING := ingest samples hostile store optimize limits cli
coverage: $(VENV)/.stamp-dev
	$(BIN)/python -m pytest -n auto --dist loadscope $(COVERING:%=tests/test_%.py) --cov-branch \
		$(COVERED:%=--cov=bidopt.%) --cov-report=term-missing:skip-covered --cov-fail-under=95

docs: $(VENV)/.stamp-dev
	$(BIN)/python docs/make_cli.py
	$(BIN)/python docs/make_files.py
	$(BIN)/python docs/make_demo.py
	$(BIN)/python docs/make_pictures.py
	$(BIN)/python docs/make_worked.py
	$(BIN)/python docs/walk.py

$(VENV)/.stamp-run: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { \
		echo "bidopt needs Python 3.11 or newer and found none."; \
		echo "  Debian, Ubuntu: sudo apt install python3 python3-venv     macOS: brew install python"; \
		echo "  or name one:    make $(MAKECMDGOALS) PYTHON=/path/to/python3.12"; exit 1; }
	@$(PYTHON) -c '$(NEW_ENOUGH)' || { echo "$(PYTHON) is older than Python 3.11, which bidopt needs."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make a virtual environment."; \
		echo "  Debian, Ubuntu: sudo apt install python3-venv (or python3.12-venv, by its version)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.stamp-dev: $(VENV)/.stamp-run
	$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check -c constraints.txt -e ".[dev]"
	@touch $@
