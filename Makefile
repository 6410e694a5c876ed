.DEFAULT_GOAL := help
.PHONY: help run test lint bench assets messages
FIND = for p in python3 python3.13 python3.12 python3.11 python3.14; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && command -v $$p && break; done
PYTHON ?= $(shell $(FIND))
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip --disable-pip-version-check install --quiet --no-compile
LOCKED := $(INSTALL) --require-hashes --no-deps
DATA := $(or $(WUTONG_DATA),var)
unexport PYTHONDONTWRITEBYTECODE # else all is compiled anew at each start: seconds for every command

help:  ## this list
	@sed -nE 's/^([a-z]+):.*## (.*)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

run: assets  ## set up, make the demo town if the data folder is empty, serve on http://127.0.0.1:8000
	@[ -n "$(WUTONG_DATABASE)" ] || [ -e $(DATA)/ready ] || $(BIN)/wutong --data $(DATA) demo
	@exec $(BIN)/wutong --data $(DATA) serve

test: assets .venv/.dev  ## all tests (DB=postgres: on PostgreSQL; WUTONG_TEST_ALL=1: the slow ones too)
	@$(BIN)/python -m tools.suite --database $(or $(DB),sqlite) $(ARGS)

lint: assets .venv/.dev  ## style, types, architecture, catalogue
	$(BIN)/ruff check . && $(BIN)/ruff format --check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m tools.messages check

bench: assets .venv/.dev  ## every speed claim as a command (ARGS=start for one of them)
	@$(BIN)/python -m benchmarks $(ARGS)

assets: .venv/.base  ## front-end files by lock file, compiled catalogue
	@$(BIN)/python -m tools.assets

messages: .venv/.base  ## bring the catalogue up to date with the sentences in the code
	@$(BIN)/python -m tools.messages extract

.venv/.base: requirements/base.txt requirements/assets.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Wutong needs Python 3.11 or newer: install it, or name it: make PYTHON=…"; exit 1; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv .venv || { echo "On Debian: apt-get install python3-venv"; exit 1; }
	@echo "Installing the locked dependencies into .venv …"
	@$(LOCKED) -r requirements/base.txt -r requirements/assets.txt
	@$(INSTALL) --no-deps --no-index --no-build-isolation --editable . && touch $@

.venv/.dev: .venv/.base requirements/dev.txt
	@$(LOCKED) -r requirements/dev.txt && touch $@
