# Start with `make run`; `make help` lists the rest. Needs Python 3.11 or later, and npm for the database engine.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

VENV := .venv
PYTHON := $(VENV)/bin/python
INSTALLED := $(VENV)/.installed
CODE := $(wildcard app.py) chalicelib local tests $(if $(wildcard benchmarks/*.py),benchmarks) $(if $(wildcard infra/*.py),infra)
TEST_ARGUMENTS ?=
# Two workers, each with an engine of its own; the tests of a file stay together.
PARALLEL := -n 2 --dist loadfile

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
	@$(if $(filter-out local,$(STAGE)),SIGNING_SECRET_ID=p2p-$(STAGE)-signing-keys) exec $(PYTHON) -m local.create_admin

.PHONY: task
task: $(INSTALLED)  ## Run a task of the clock now (NAME=check_overdue_payments; without a name: which there are)
	@exec $(PYTHON) -m local.task $(NAME)

.PHONY: rebuild-projections
rebuild-projections: $(INSTALLED)  ## Work the projections out anew and compare (REPAIR=1 mends them)
	@exec $(PYTHON) -m local.rebuild $(if $(REPAIR),--repair)

.PHONY: shell
shell: $(INSTALLED)  ## Open a Python shell with the platform put together
	@exec $(PYTHON) -m local.shell

##@ Test

.PHONY: test
test: $(INSTALLED)  ## Run all tests (TEST_ARGUMENTS='-k wallet' for some)
	@$(PYTHON) -m local.engine_binary
	@exec $(PYTHON) -m pytest $(PARALLEL) $(TEST_ARGUMENTS)

.PHONY: coverage
coverage: $(INSTALLED)  ## Run all tests and show what they do not reach
	@$(PYTHON) -m local.engine_binary
	@exec $(PYTHON) -m pytest $(PARALLEL) --cov --cov-report=term --cov-report=html $(TEST_ARGUMENTS)

.PHONY: nightly
nightly: $(INSTALLED)  ## Run the simulation at length (HISTORIES=100000 FIRST_SEED=0 MODEL_EXAMPLES=2000)
	@$(PYTHON) -m local.engine_binary
	@WATCH_CALLS=off HYPOTHESIS_PROFILE=nightly ALL_WAYS=1 HISTORIES=$${HISTORIES:-100000} MODEL_EXAMPLES=$${MODEL_EXAMPLES:-2000} \
		exec $(PYTHON) -m pytest $(PARALLEL) tests/simulation $(TEST_ARGUMENTS)

.PHONY: mutants
mutants: $(INSTALLED)  ## Plant bugs in a scratch copy, one by one: the tests have to catch each
	@$(PYTHON) -m local.engine_binary
	@exec $(PYTHON) -m tests.simulation.mutants $(TEST_ARGUMENTS)

.PHONY: security
security: $(INSTALLED)  ## Run the security tests with many requests for each call (FUZZ_EXAMPLES=100 FUZZ_STEPS=10000)
	@$(PYTHON) -m local.engine_binary
	@FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-100} FUZZ_STEPS=$${FUZZ_STEPS:-10000} exec $(PYTHON) -m pytest tests/security $(TEST_ARGUMENTS)

.PHONY: audit
audit: $(INSTALLED)  ## Look up known holes of the pinned packages (needs the internet)
	@$(PYTHON) -m venv .local/audit
	@.local/audit/bin/python -m pip install --quiet pip-audit==2.10.1
	@PIP_AUDIT=.local/audit/bin/pip-audit exec $(PYTHON) -m pytest tests/security/test_supply_chain.py -k known_hole

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

.PHONY: record-calls
record-calls: $(INSTALLED)  ## Run all tests, note what each function calls, and write the policies of that
	@$(PYTHON) -m local.engine_binary
	@RECORD_CALLS=1 $(PYTHON) -m pytest $(PARALLEL) --ignore tests/e2e
	@exec $(PYTHON) -m infra.policies

##@ Cloud (STAGE=dev, staging or prod)

# The functions' own Python (3.13, else 3.12) packages them, and runs them in the emulator.
PACKAGING := build/packaging-venv
EMULATOR := build/emulator-venv
LINTERS := build/lint-venv
SECURITY_LINTER := build/checkov-venv
STAGES := dev staging prod
need-stage = @[ -n "$(STAGE)" ] || { echo 'Name the stage: make $@ STAGE=dev' >&2; exit 2; }

.PHONY: package
package: $(PACKAGING)/.installed  ## Build the release of a stage: a bundle for arm64, and its template
	$(need-stage)
	@exec $(PACKAGING)/bin/python -m infra.package --stage $(STAGE)

.PHONY: check-infra
check-infra: $(PACKAGING)/.installed $(LINTERS)/.installed $(SECURITY_LINTER)/.installed  ## Check the template of every stage
	@for stage in $(STAGES); do \
		$(PACKAGING)/bin/python -m infra.package --stage $$stage --template-only; \
		echo "cfn-lint: $$stage"; \
		$(LINTERS)/bin/cfn-lint --config-file infra/cfn-lint.yaml build/templates/$$stage/template.json; \
		echo "checkov: $$stage"; \
		BC_SKIP_MAPPING=TRUE $(SECURITY_LINTER)/bin/checkov --config-file infra/checkov.yaml --file build/templates/$$stage/template.json; \
	done

.PHONY: check-package
check-package: $(PACKAGING)/.installed  ## Build the release of prod twice: both have to be the same bytes
	@$(PACKAGING)/bin/python -m infra.package --stage prod --out build/once
	@$(PACKAGING)/bin/python -m infra.package --stage prod --out build/twice
	@cmp build/once/deployment.zip build/twice/deployment.zip && cmp build/once/template.json build/twice/template.json
	@echo 'Both builds are the same bytes.'

.PHONY: rehearsal-tools
rehearsal-tools: $(PACKAGING)/.installed $(EMULATOR)/.installed

.PHONY: rehearse
rehearse: $(INSTALLED) rehearsal-tools  ## Package, deploy, use and destroy it all on this machine
	@$(PACKAGING)/bin/python -m infra.package --stage dev --host
	@exec $(PYTHON) -m infra.rehearse

.PHONY: deploy
deploy: $(INSTALLED)  ## Show what a release changes, then deploy it (PARAMETERS='AlarmEmail=…', RELEASE=… goes back, YES=1)
	$(need-stage)
	@$(if $(RELEASE),,$(MAKE) package STAGE=$(STAGE))
	@exec $(PYTHON) -m infra.deploy --stage $(STAGE) $(if $(RELEASE),--release $(RELEASE)) $(if $(YES),--yes) $(PARAMETERS)

.PHONY: releases
releases: $(INSTALLED)  ## List the releases that a stage can go back to
	$(need-stage)
	@exec $(PYTHON) -m infra.deploy --stage $(STAGE) --list

.PHONY: smoke
smoke: $(INSTALLED)  ## Live a loan against any base URL (URL=…; READ_ONLY=1 where real money is)
	@[ -n "$(URL)" ] || { echo 'Name the platform: make smoke URL=http://localhost:8000' >&2; exit 2; }
	@exec $(PYTHON) -m infra.smoke $(URL) $(if $(READ_ONLY),--read-only)

.PHONY: rotate-secret
rotate-secret: $(INSTALLED)  ## Give a stage a new signing key; the present one stays good for verifying
	$(need-stage)
	@exec $(PYTHON) -m infra.rotate_secret --stage $(STAGE)

.PHONY: destroy
destroy: $(INSTALLED)  ## Remove a development stage with all its data (STAGE=dev only)
	@exec $(PYTHON) -m infra.destroy --stage $(STAGE)

.PHONY: benchmarks
benchmarks: $(INSTALLED)  ## Measure the platform (PARTS='requests clients', TIMES=200; WRITE=1 writes docs/performance.md)
	@exec $(PYTHON) -m benchmarks $(if $(PARTS),--parts $(PARTS)) $(if $(TIMES),--times $(TIMES)) $(if $(WRITE),--write)

.PHONY: benchmarks-overdue
benchmarks-overdue: $(INSTALLED)  ## Measure the overdue check among 200,000 loans
	@exec $(PYTHON) -m benchmarks.overdue_check

.PHONY: benchmarks-cache
benchmarks-cache: $(INSTALLED)  ## Measure listing, detail and wallet without a cache, in process and with Redis
	@exec $(PYTHON) -m benchmarks.cache

.PHONY: benchmarks-coldstart
benchmarks-coldstart: $(PACKAGING)/.installed  ## Measure size and cold start before and after packaging
	@$(PACKAGING)/bin/python -m infra.package --stage dev --host
	@exec $(PACKAGING)/bin/python -m benchmarks.coldstart

##@ LocalStack (in Docker, or MiniStack where there is none)

COMPOSE := docker compose --file docker-compose.localstack.yml
HAS_DOCKER = $(shell docker info >/dev/null 2>&1 && echo yes)
LOCAL_AWS = env -u AWS_PROFILE -u AWS_DEFAULT_PROFILE -u AWS_SESSION_TOKEN AWS_ACCESS_KEY_ID=test \
	AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 \
	AWS_ENDPOINT_URL=$${AWS_ENDPOINT_URL:-http://127.0.0.1:4566}

.PHONY: localstack-up
localstack-up:  ## Start AWS on port 4566 of this machine
	@$(if $(HAS_DOCKER),$(COMPOSE) up --detach --wait,$(MAKE) $(EMULATOR)/.installed && $(PACKAGING)/bin/python -m infra.emulator up)

.PHONY: localstack-down
localstack-down:  ## Stop it
	@$(if $(HAS_DOCKER),$(COMPOSE) down,$(PACKAGING)/bin/python -m infra.emulator down)

.PHONY: localstack-deploy
localstack-deploy: $(INSTALLED) $(PACKAGING)/.installed  ## Deploy the packaged platform there
	@$(PACKAGING)/bin/python -m infra.package --stage dev --host
	@$(LOCAL_AWS) $(PYTHON) -m infra.deploy --stage dev --build build/dev-host --yes --quiet \
		ThrottleRate=off ThrottleAuth=off ThrottleUser=off ThrottleAnon=off

.PHONY: localstack-test
localstack-test: $(INSTALLED)  ## Use the platform that is deployed there, then run the integration tests against it
	@$(LOCAL_AWS) $(PYTHON) -m infra.rehearse --deployed
	@exec $(LOCAL_AWS) $(PYTHON) -m pytest tests/integration --engine=endpoint $(TEST_ARGUMENTS)

##@ Pages

.PHONY: screenshots
screenshots: $(INSTALLED)  ## Take docs/screenshots anew, in Chromium
	@exec $(PYTHON) -m tests.e2e.screenshots

.PHONY: page-weight
page-weight: $(INSTALLED)  ## Weigh the pages and write docs/page-weight.md
	@exec $(PYTHON) -m tests.e2e.page_weights

##@ House

.PHONY: setup
setup: $(INSTALLED)  ## Make the virtual environment and get the database engine
	@$(PYTHON) -m local.engine_binary

.PHONY: clean
clean:  ## Remove what was built and installed; the data in DATA_DIR stays
	@rm -rf $(VENV) .local/engine .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis \
		.coverage htmlcov build dist .chalice/deployments
	@find app.py chalicelib local tests benchmarks infra -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
	@echo 'Clean. Your data is still there; remove DATA_DIR (.local) to begin anew.'

.PHONY: help
help:  ## Show this list
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z][a-z-]*:.*## / { printf "  make %-20s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# The stamp is touched last: an installation that was interrupted is begun again.
$(INSTALLED): requirements.txt requirements-dev.txt
	@local/make_venv.sh $(VENV)
	@touch $@

$(PACKAGING)/.installed: requirements.txt requirements-dev.txt infra/packaging_venv.sh
	@infra/packaging_venv.sh $(PACKAGING)
	@touch $@

$(EMULATOR)/.installed: infra/requirements-emulator.txt $(PACKAGING)/.installed
	@infra/tool_venv.sh $(EMULATOR) $(PACKAGING)/bin/python $<
	@touch $@

$(LINTERS)/.installed: infra/requirements-lint.txt $(PACKAGING)/.installed
	@infra/tool_venv.sh $(LINTERS) $(PACKAGING)/bin/python $<
	@touch $@

$(SECURITY_LINTER)/.installed: infra/requirements-checkov.txt $(PACKAGING)/.installed
	@infra/tool_venv.sh $(SECURITY_LINTER) $(PACKAGING)/bin/python $<
	@touch $@
