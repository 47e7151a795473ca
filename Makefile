# Everything a person types. Each target prepares what it needs; nothing is installed outside this folder.
.DEFAULT_GOAL := help
SHELL := /bin/sh

# The first interpreter of 3.11 or later that this machine has.
PYTHON ?= $(shell for p in python3.12 python3.11 python3.13 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
RUNTIME := .venv/.runtime
DEVELOPMENT := .venv/.development

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

install: $(RUNTIME) ## Prepare .venv with what the package needs

$(RUNTIME): requirements.txt requirements.in pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed; install it, or run: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(BIN)/python || { echo "Preparing .venv with $(PYTHON)"; $(PYTHON) -m venv .venv; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv>=0.9,<1"
	@echo "Installing the pinned packages (about a minute on a first run)"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python -r requirements.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

$(DEVELOPMENT): $(RUNTIME) requirements-dev.txt
	@echo "Installing the tools for tests and lint"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python -r requirements-dev.txt
	@touch $@

demo: $(RUNTIME) ## Run the nightly DAGs of the demo companies in real Airflow, print the result, stop
	@$(BIN)/python -m sellsy_ledger_airflow.demo run

up: $(RUNTIME) ## Keep the demo's Airflow running; prints its address and login
	@$(BIN)/python -m sellsy_ledger_airflow.demo up

down: $(RUNTIME) ## Stop what `make up` started
	@$(BIN)/python -m sellsy_ledger_airflow.demo down

test: $(DEVELOPMENT) ## Run all tests (browser tests need Chromium: installed by apt where that is possible)
	@sh tests/browser/prepare.sh
	@# One worker more than cores: some tests mostly wait for Airflow or a browser.
	@PYTEST_XDIST_AUTO_NUM_WORKERS=$${PYTEST_XDIST_AUTO_NUM_WORKERS:-$$(($$(nproc) + 1))} \
		$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

lint: $(DEVELOPMENT) ## Style, types, import rules
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

bench: $(DEVELOPMENT) ## Measure the performance budget and print the table
	@$(BIN)/python -m bench

faults: $(DEVELOPMENT) ## Tell stories of 10,000 faults over every way into the books (FAULTS_ARGS="--seed 2")
	@$(BIN)/python -m faults $(FAULTS_ARGS)

fuzz: $(DEVELOPMENT) ## Send 20,000 hostile documents through reader, core and formats (FUZZ_ARGS="--seed 2")
	@$(BIN)/python -m fuzz $(FUZZ_ARGS)

kills: $(DEVELOPMENT) ## Kill parts of real Airflow and PostgreSQL under backfills (KILLS_ARGS="--seed 3 --kills 30")
	@$(BIN)/python -m kills $(KILLS_ARGS)

audit: $(DEVELOPMENT) ## Look for committed secrets, packages that do not fit together, and known flaws of them
	@# On a copy, because it is written again where only lines moved (exit 3); nothing new is known then.
	@cp .secrets.baseline .venv/.secrets.baseline
	@$(BIN)/detect-secrets-hook --baseline .venv/.secrets.baseline $$(git ls-files) || test $$? -eq 3
	@$(BIN)/uv pip check --quiet --python $(BIN)/python
	@./.ci/advisories

docs: $(RUNTIME) ## Write docs/capabilities.md again, from the connectors' own data
	@$(BIN)/python -c 'from sellsy_ledger.cli.capabilities import page; print(page(), end="")' > docs/capabilities.md.new
	@mv docs/capabilities.md.new docs/capabilities.md

secrets: ## Write random secrets for docker-compose into .secrets/ (kept when they exist)
	@umask 077; mkdir -p .secrets; for name in postgres_password redis_password api_secret_key jwt_secret admin_password fernet_key; do \
		test -s .secrets/$$name || $(PYTHON) -c 'import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode(), end="")' > .secrets/$$name; done
	@echo "Secrets are in .secrets/; the first login is admin with the text of .secrets/admin_password"

lock: ## Resolve requirements*.in into requirements*.txt again
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --upgrade requirements.in -o requirements.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --upgrade requirements-dev.in -o requirements-dev.txt

.PHONY: help install demo up down test lint bench faults fuzz kills audit docs secrets lock
