# Start with `make run`; `make help` lists the rest. Needs Python 3.11 or later, and npm for the database engine.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

VENV := .venv
PYTHON := $(VENV)/bin/python
INSTALLED := $(VENV)/.installed
CODE := $(wildcard app.py) chalicelib local tests $(if $(wildcard bench/*.py),bench) $(if $(wildcard infra/*.py),infra)
TEST_ARGUMENTS ?=

export PYTHONUNBUFFERED := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# A virtual environment whose interpreter has gone (an upgrade, a moved folder) is made anew.
ifeq ($(shell [ ! -e $(INSTALLED) ] || $(PYTHON) -c '' 2>/dev/null || echo broken),broken)
$(shell rm -rf $(VENV))
endif

##@ Run

.PHONY: run
run: $(INSTALLED)  ## Start the platform on http://localhost:8000 (PORT, DATA_DIR, AWS_ENDPOINT_URL, .env)
	@exec $(PYTHON) -m local.run

.PHONY: seed
seed: $(INSTALLED)  ## Make the demo accounts (again: changes nothing)
	@exec $(PYTHON) -m local.seed

.PHONY: seed-loan
seed-loan: $(INSTALLED)  ## Make the demo accounts and a loan request of 5,000.00
	@exec $(PYTHON) -m local.seed --with-loan

.PHONY: create-admin
create-admin: $(INSTALLED)  ## Make an operator (asks for the name and password; STAGE chooses the stage)
	@exec $(PYTHON) -m local.create_admin

.PHONY: shell
shell: $(INSTALLED)  ## Open a Python shell with the platform put together
	@exec $(PYTHON) -m local.shell

##@ Test

.PHONY: test
test: $(INSTALLED)  ## Run all tests (TEST_ARGUMENTS='-k wallet' for some)
	@$(PYTHON) -m local.engine_binary
	@exec $(PYTHON) -m pytest $(TEST_ARGUMENTS)

.PHONY: coverage
coverage: $(INSTALLED)  ## Run all tests and show what they do not reach
	@$(PYTHON) -m local.engine_binary
	@exec $(PYTHON) -m pytest --cov --cov-report=term --cov-report=html $(TEST_ARGUMENTS)

.PHONY: check
check: lint types imports  ## Check style, format, types and import contracts

.PHONY: lint
lint: $(INSTALLED)
	@echo 'ruff: style'
	@$(PYTHON) -m ruff check $(CODE)
	@echo 'ruff: format'
	@$(PYTHON) -m ruff format --check $(CODE)

.PHONY: types
types: $(INSTALLED)
	@echo 'mypy: types'
	@$(PYTHON) -m mypy $(CODE)

.PHONY: imports
imports: $(INSTALLED)
	@echo 'import-linter: who may import whom'
	@$(VENV)/bin/lint-imports --no-logo

.PHONY: format
format: $(INSTALLED)  ## Put the code in order: imports and format
	@$(PYTHON) -m ruff check --fix $(CODE)
	@$(PYTHON) -m ruff format $(CODE)

##@ LocalStack

COMPOSE := docker compose --file docker-compose.localstack.yml

.PHONY: localstack-up
localstack-up:  ## Start LocalStack and Valkey in Docker
	@$(COMPOSE) up --detach --wait

.PHONY: localstack-down
localstack-down:  ## Stop LocalStack and Valkey
	@$(COMPOSE) down

.PHONY: localstack-test
localstack-test: $(INSTALLED)  ## Run the integration tests against AWS_ENDPOINT_URL
	@AWS_ENDPOINT_URL=$${AWS_ENDPOINT_URL:-http://localhost:4566} \
		exec $(PYTHON) -m pytest tests/integration --engine=endpoint $(TEST_ARGUMENTS)

##@ House

.PHONY: setup
setup: $(INSTALLED)  ## Make the virtual environment and get the database engine
	@$(PYTHON) -m local.engine_binary

.PHONY: clean
clean:  ## Remove what was built and installed; the data in DATA_DIR stays
	@rm -rf $(VENV) .local/engine .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis \
		.coverage htmlcov build dist .chalice/deployments
	@find app.py chalicelib local tests bench infra -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
	@echo 'Clean. Your data is still there; remove DATA_DIR (.local) to begin anew.'

.PHONY: help
help:  ## Show this list
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z][a-z-]*:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# The stamp is touched last: an installation that was interrupted is begun again.
$(INSTALLED): requirements.txt requirements-dev.txt
	@local/make_venv.sh $(VENV)
	@touch $@
