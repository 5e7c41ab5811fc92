# Every target is what a person types and what CI runs.
PYTHON ?= python3
STACK ?= sandbox
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# A release that turns out to be malicious is mostly found within days.
LOCK = $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --exclude-newer "1 week"

.DEFAULT_GOAL := help
.PHONY: help up down status env preview unit test prove bench check fix schema lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(READY): requirements.txt requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python %d.%d is too old: install Python 3.11 or newer, or name one: make PYTHON=python3.12" % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	@echo "-> install the Python packages into $(VENV)" >&2
	@$(PYTHON) -m venv --clear $(VENV) || { echo "  mend: apt install python3-venv (or your system's package of the venv module)" >&2; exit 1; }
	@$(BIN)/pip install --quiet --require-hashes -r requirements.txt -r requirements-dev.txt
	@touch $@

up: $(READY) ## set everything up and run the platform in the sandbox
	@$(BIN)/python -m sandbox up

down: $(READY) ## remove all that `make up` made
	@$(BIN)/python -m sandbox down

status: $(READY) ## print where the sandbox's parts are reached, as JSON
	@$(BIN)/python -m sandbox status

env: $(READY) ## print the variables with which `pulumi` works on the sandbox: eval "$(make -s env)"
	@$(BIN)/python -m sandbox env

preview: $(READY) ## what `pulumi up` would do to a stack, judged by the policies; no account is asked (STACK=sandbox)
	@$(BIN)/python -m sandbox preview $(STACK)

unit: $(READY) ## the tests that need no Docker
	@$(BIN)/pytest -q -m "not story and not prove"

test: unit ## everything: the unit tests, then the stories against the sandbox
	@$(BIN)/pytest -q -m "story" --durations=15

prove: $(READY) ## the long forms of the proofs, with their numbers
	@$(BIN)/pytest -q -s -m "prove" --durations=15

bench: $(READY) ## what a preview of production costs, beside one of an empty program
	@$(BIN)/python -m bench.preview

check: $(READY) ## ruff and mypy, as CI runs them
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy .

fix: $(READY) ## format, and mend what ruff can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

schema: $(READY) ## write Pulumi.schema.json, by which editors complete and check the stack files
	@$(BIN)/python -m settings >Pulumi.schema.json

lock: $(READY) ## pin requirements*.in anew, with hashes
	@$(LOCK) requirements.in -o requirements.txt
	@$(LOCK) requirements-dev.in -o requirements-dev.txt
	@$(LOCK) sandbox/outside/doubles/requirements.in -o sandbox/outside/doubles/requirements.txt
	@$(LOCK) tests/aws_cli/requirements.in -o tests/aws_cli/requirements.txt
	@$(LOCK) tests/checkov/requirements.in -o tests/checkov/requirements.txt

clean: down ## `make down`, and the caches that it keeps: engine and images
	@$(BIN)/python -m sandbox clean
