# Start with `make run`; `make help` lists all targets. Needs Python 3.11 or later, and npm for the embedded database.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

VENV := .venv
PYTHON := $(VENV)/bin/python
INSTALLED := $(VENV)/.installed
CODE := $(wildcard app.py) chalicelib local tests tools $(if $(wildcard benchmarks/*.py),benchmarks) $(if $(wildcard infra/*.py),infra)
TEST_ARGUMENTS ?=
# Two workers, each with its own database; the tests of one file run in one worker.
PARALLEL := -n 2 --dist loadfile

export PYTHONUNBUFFERED := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# Recreate a virtual environment whose interpreter no longer exists (after an upgrade or a moved folder).
ifeq ($(shell [ ! -e $(INSTALLED) ] || $(PYTHON) -c '' 2>/dev/null || echo broken),broken)
$(shell rm -rf $(VENV))
endif

##@ Run

.PHONY: run
run: $(INSTALLED)  ## Start the platform on http://localhost:8000 (PORT, DATA_DIR, AWS_ENDPOINT_URL, .env)
	@exec $(PYTHON) -m local.run

.PHONY: seed
seed: $(INSTALLED)  ## Create the demo accounts; does nothing if they exist
	@exec $(PYTHON) -m local.seed

.PHONY: seed-loan
seed-loan: $(INSTALLED)  ## Create the demo accounts and a loan request for 5,000.00
	@exec $(PYTHON) -m local.seed --with-loan

.PHONY: create-admin
create-admin: $(INSTALLED)  ## Create an operator account; prompts for name and password (STAGE=dev)
	@$(if $(filter-out local,$(STAGE)),SIGNING_SECRET_ID=p2p-$(STAGE)-signing-keys) exec $(PYTHON) -m local.create_admin

.PHONY: task
task: $(INSTALLED)  ## Run a scheduled job now (NAME=check_overdue_payments; without NAME, list the jobs)
	@exec $(PYTHON) -m local.task $(NAME)

.PHONY: advance
advance: $(INSTALLED)  ## Advance the clock of the running platform (DAYS=33, or TO=2027-01-31), with all scheduled jobs
	@exec $(PYTHON) -m local.advance $(if $(DAYS),--days $(DAYS)) $(if $(TO),--to $(TO))

.PHONY: rebuild-projections
rebuild-projections: $(INSTALLED)  ## Recompute and compare the projections (REPAIR=1 corrects differences)
	@exec $(PYTHON) -m local.rebuild $(if $(REPAIR),--repair)

.PHONY: shell
shell: $(INSTALLED)  ## Open a Python shell with a configured platform
	@exec $(PYTHON) -m local.shell

##@ Test

.PHONY: test
test: setup test-programs  ## Run all tests (TEST_ARGUMENTS='-k wallet' for some; NO_SYSTEM_PACKAGES=1 to avoid apt-get)
	@exec $(PYTHON) -m pytest $(PARALLEL) $(TEST_ARGUMENTS)

.PHONY: test-programs
test-programs: $(INSTALLED)  ## Install Chromium and a Redis-compatible server if they are missing
	@$(PYTHON) -m local.external_programs

.PHONY: coverage
coverage: setup test-programs  ## Run all tests and show the lines that none of them runs
	@exec $(PYTHON) -m pytest $(PARALLEL) --cov --cov-report=term --cov-report=html $(TEST_ARGUMENTS)

.PHONY: test-botocore
test-botocore: setup  ## Run some tests without the fast path: botocore sends all calls to DynamoDB
	@DYNAMODB_FAST_PATH=off exec $(PYTHON) -m pytest $(PARALLEL) tests/integration/users tests/integration/servicing \
		tests/simulation/test_faults_of_accounts.py tests/simulation/test_short_pages.py $(TEST_ARGUMENTS)

# The long simulation runs twice: by the fast path, and with botocore sending all calls to DynamoDB.
.PHONY: nightly
nightly: setup  ## Run simulation and property tests at length, the simulation in both modes (HISTORIES=100000 FIRST_SEED=0 MODEL_EXAMPLES=2000)
	@for mode in on off; do \
		echo "DYNAMODB_FAST_PATH=$$mode"; \
		DYNAMODB_FAST_PATH=$$mode WATCH_CALLS=off HYPOTHESIS_PROFILE=nightly ALL_FAULTS=1 HISTORIES=$${HISTORIES:-100000} \
			MODEL_EXAMPLES=$${MODEL_EXAMPLES:-2000} $(PYTHON) -m pytest $(PARALLEL) tests/simulation $(TEST_ARGUMENTS); \
	done
	@HYPOTHESIS_PROFILE=nightly $(PYTHON) -m pytest $(PARALLEL) tests/unit $(TEST_ARGUMENTS)
	@DYNAMODB_FAST_PATH=off exec $(PYTHON) -m pytest $(PARALLEL) tests/integration $(TEST_ARGUMENTS)

.PHONY: mutants
mutants: setup  ## Check that the tests detect each mutant (a deliberate bug, in a scratch copy)
	@exec $(PYTHON) -m tests.simulation.mutants $(TEST_ARGUMENTS)

.PHONY: security
security: setup  ## Run the security tests at length (FUZZ_EXAMPLES=100 FUZZ_STEPS=10000)
	@FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-100} FUZZ_STEPS=$${FUZZ_STEPS:-10000} exec $(PYTHON) -m pytest tests/security $(TEST_ARGUMENTS)

.PHONY: audit
audit: $(INSTALLED)  ## Look up known vulnerabilities of the pinned packages (needs the internet)
	@$(PYTHON) -m venv .local/audit
	@.local/audit/bin/python -m pip install --quiet --require-hashes -r infra/requirements-audit.txt
	@PIP_AUDIT=.local/audit/bin/pip-audit exec $(PYTHON) -m pytest tests/security/test_supply_chain.py -k known_vulnerability

.PHONY: lock
lock: $(INSTALLED)  ## Write the current hashes of all pinned packages into the requirements files
	@$(PYTHON) -m venv .local/lock
	@.local/lock/bin/python -m pip install --quiet --require-hashes -r infra/requirements-lock.txt
	@UV=.local/lock/bin/uv exec $(PYTHON) -m infra.lock

.PHONY: check
check: lint types imports  ## Check style, formatting, types and import contracts

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
	@echo 'import-linter: import contracts'
	@$(VENV)/bin/lint-imports --no-logo

.PHONY: format
format: $(INSTALLED)  ## Sort imports and format the code
	@$(PYTHON) -m ruff check --fix $(CODE)
	@$(PYTHON) -m ruff format $(CODE)

.PHONY: record-calls
record-calls: setup test-programs  ## Run all tests, record the AWS calls of each function, from which policies follow
	@RECORD_CALLS=1 $(PYTHON) -m pytest $(PARALLEL) --ignore tests/e2e

##@ Cloud (STAGE=dev, staging or prod)

# The Lambda runtime's Python (3.13, otherwise 3.12) packages the functions and runs them in the emulator.
PACKAGING := build/packaging-venv
EMULATOR := build/emulator-venv
LINTERS := build/lint-venv
SECURITY_LINTER := build/checkov-venv
SBOM := build/sbom-venv
STAGES := dev staging prod
need-stage = @[ -n "$(STAGE)" ] || { echo 'Set the stage: make $@ STAGE=dev' >&2; exit 2; }

.PHONY: package
package: $(PACKAGING)/.installed  ## Build a release: the bundle for arm64 and the template of a stage
	$(need-stage)
	@exec $(PACKAGING)/bin/python -m infra.package --stage $(STAGE)

.PHONY: sbom
sbom: $(SBOM)/.installed  ## List the packages of the Lambda bundle in build/sbom.json (CycloneDX)
	@$(SBOM)/bin/cyclonedx-py requirements requirements.txt --output-reproducible --output-format JSON \
		--output-file build/sbom.json
	@echo 'build/sbom.json'

.PHONY: check-infra
check-infra: $(PACKAGING)/.installed $(LINTERS)/.installed $(SECURITY_LINTER)/.installed  ## Lint the template of every stage
	@for stage in $(STAGES); do \
		$(PACKAGING)/bin/python -m infra.package --stage $$stage --template-only; \
		echo "cfn-lint: $$stage"; \
		$(LINTERS)/bin/cfn-lint --config-file infra/cfn-lint.yaml build/templates/$$stage/template.json; \
		echo "checkov: $$stage"; \
		BC_SKIP_MAPPING=TRUE $(SECURITY_LINTER)/bin/checkov --config-file infra/checkov.yaml --file build/templates/$$stage/template.json; \
	done

.PHONY: check-package
check-package: $(PACKAGING)/.installed  ## Build the prod release twice and check that the results are identical
	@$(PACKAGING)/bin/python -m infra.package --stage prod --out build/once
	@$(PACKAGING)/bin/python -m infra.package --stage prod --out build/twice
	@cmp build/once/deployment.zip build/twice/deployment.zip && cmp build/once/template.json build/twice/template.json
	@echo 'Both builds are identical.'

.PHONY: rehearsal-tools
rehearsal-tools: $(PACKAGING)/.installed $(EMULATOR)/.installed

.PHONY: rehearse
rehearse: $(INSTALLED) rehearsal-tools  ## Package, deploy, use and destroy the platform in an emulator on this machine
	@$(PACKAGING)/bin/python -m infra.package --stage dev --host
	@exec $(PYTHON) -m infra.rehearse

.PHONY: deploy
deploy: $(INSTALLED)  ## Show the changes, then deploy (PARAMETERS='AlarmEmail=…'; RELEASE=… rolls back; YES=1)
	$(need-stage)
	@$(if $(RELEASE),,$(MAKE) package STAGE=$(STAGE))
	@exec $(PYTHON) -m infra.deploy --stage $(STAGE) $(if $(RELEASE),--release $(RELEASE)) $(if $(YES),--yes) $(PARAMETERS)

.PHONY: releases
releases: $(INSTALLED)  ## List the releases to which a stage can be rolled back
	$(need-stage)
	@exec $(PYTHON) -m infra.deploy --stage $(STAGE) --list

.PHONY: smoke
smoke: $(INSTALLED)  ## Take a loan through its life cycle at a base URL (URL=…; READ_ONLY=1 for production)
	@[ -n "$(URL)" ] || { echo 'Set the base URL: make smoke URL=http://localhost:8000' >&2; exit 2; }
	@exec $(PYTHON) -m infra.smoke $(URL) $(if $(READ_ONLY),--read-only)

.PHONY: rotate-secret
rotate-secret: $(INSTALLED)  ## Create a new signing key for a stage; the previous key still verifies tokens
	$(need-stage)
	@exec $(PYTHON) -m infra.rotate_secret --stage $(STAGE)

.PHONY: destroy
destroy: $(INSTALLED)  ## Delete a development stage and all its data (STAGE=dev only)
	@exec $(PYTHON) -m infra.destroy --stage $(STAGE)

##@ LocalStack (in Docker; MiniStack if Docker is missing)

COMPOSE := docker compose --file docker-compose.localstack.yml
HAS_DOCKER = $(shell docker info >/dev/null 2>&1 && echo yes)
LOCAL_AWS = env -u AWS_PROFILE -u AWS_DEFAULT_PROFILE -u AWS_SESSION_TOKEN AWS_ACCESS_KEY_ID=test \
	AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 \
	AWS_ENDPOINT_URL=$${AWS_ENDPOINT_URL:-http://127.0.0.1:4566}

.PHONY: localstack-up
localstack-up:  ## Start an AWS emulator on port 4566
	@$(if $(HAS_DOCKER),$(COMPOSE) up --detach --wait,$(MAKE) $(EMULATOR)/.installed && $(PACKAGING)/bin/python -m infra.emulator up)

.PHONY: localstack-down
localstack-down:  ## Stop the emulator
	@$(if $(HAS_DOCKER),$(COMPOSE) down,$(PACKAGING)/bin/python -m infra.emulator down)

.PHONY: localstack-deploy
localstack-deploy: $(INSTALLED) $(PACKAGING)/.installed  ## Deploy the packaged platform to the emulator
	@$(PACKAGING)/bin/python -m infra.package --stage dev --host
	@$(LOCAL_AWS) $(PYTHON) -m infra.deploy --stage dev --build build/dev-host --yes --quiet \
		ThrottleRate=off ThrottleAuth=off ThrottleUser=off ThrottleAnon=off

.PHONY: localstack-test
localstack-test: $(INSTALLED)  ## Run the rehearsal and the integration tests against the emulator
	@$(LOCAL_AWS) $(PYTHON) -m infra.rehearse --deployed
	@exec $(LOCAL_AWS) $(PYTHON) -m pytest tests/integration --engine=endpoint $(TEST_ARGUMENTS)

##@ Benchmarks

.PHONY: bench
bench: $(INSTALLED)  ## Measure the platform (PARTS='requests clients' TIMES=200; WRITE=1 updates docs/performance.md)
	@exec $(PYTHON) -m benchmarks $(if $(PARTS),--parts $(PARTS)) $(if $(TIMES),--times $(TIMES)) $(if $(WRITE),--write)

.PHONY: bench-cache
bench-cache: $(INSTALLED)  ## Measure three views without a cache, with one in the process, and with Redis
	@exec $(PYTHON) -m benchmarks.cache

.PHONY: bench-coldstart
bench-coldstart: $(PACKAGING)/.installed  ## Measure bundle size and cold start before and after packaging
	@$(PACKAGING)/bin/python -m infra.package --stage dev --host
	@exec $(PACKAGING)/bin/python -m benchmarks.coldstart

##@ Pages

.PHONY: screenshots
screenshots: $(INSTALLED)  ## Take screenshots of every page into build/screenshots
	@exec $(PYTHON) -m tests.e2e.screenshots

.PHONY: documentation-screenshots
documentation-screenshots: $(INSTALLED)  ## Retake the screenshots of docs/screenshots
	@exec $(PYTHON) -m tests.e2e.screenshots --documentation

.PHONY: page-weight
page-weight: $(INSTALLED)  ## Measure the size of the pages and write docs/page-weight.md
	@exec $(PYTHON) -m tests.e2e.page_weight_table

##@ Documents

.PHONY: event-page
event-page: $(INSTALLED)  ## Write docs/events.md from the catalogue of event types
	@exec $(PYTHON) -m tools.event_page

.PHONY: notification-page
notification-page: $(INSTALLED)  ## Write docs/notifications.md from the table of types
	@exec $(PYTHON) -m tools.notification_page

##@ Maintenance

.PHONY: setup
setup: $(INSTALLED)  ## Create the virtual environment and download the embedded database
	@$(PYTHON) -m local.database_binary

.PHONY: clean
clean:  ## Delete everything built or installed; keep the data in DATA_DIR
	@rm -rf $(VENV) .local/engine .local/valkey .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis \
		.coverage htmlcov build dist .chalice/deployments
	@find app.py chalicelib local tests benchmarks infra -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
	@echo 'Clean. Your data is kept; delete DATA_DIR (.local) to remove it too.'

.PHONY: help
help:  ## Show this list
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@/ { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z][a-z-]*:.*## / { printf "  make %-26s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# The stamp is touched last, so an interrupted installation is repeated.
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

$(SBOM)/.installed: infra/requirements-sbom.txt $(PACKAGING)/.installed
	@infra/tool_venv.sh $(SBOM) $(PACKAGING)/bin/python $<
	@touch $@
