# Every target is what a person types and what CI runs.
PYTHON ?= python3
STACK ?= sandbox
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
REPORTS = $(or $(REPORT),reports)
# Every worker declares the whole program for itself: more than four gain little.
UNIT = $(BIN)/pytest -q -m "not story and not prove" --numprocesses auto --maxprocesses 4 --dist worksteal
COVERED = --cov --cov-report=xml --cov-report=term:skip-covered
# What decides, judges and keeps secrets needs no Docker to be tested: a line there without a test says why it has none.
REACHED = $(BIN)/coverage report --include='settings/*,policies/*,operations/*' --fail-under=100 --skip-covered --show-missing
# Beside what happens to the shared sandbox go a second one and what needs none; each group waits for much of its time.
STORY = $(BIN)/pytest -q -m story --numprocesses 2 --dist loadscope --no-loadscope-reorder --durations=25
# The engine starts a dozen processes of Python for a preview: where none keeps its bytecode, each compiles the platform anew.
export PYTHONDONTWRITEBYTECODE =
# A release that turns out to be malicious is mostly found within days.
LOCK = $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --exclude-newer "1 week"

.DEFAULT_GOAL := help
.PHONY: help up down status env ssh logs psql open preview audit summary unit coverage stories test prove bench lines check ci fix schema lock engine plugins save load clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(READY): requirements.txt requirements-dev.txt sandbox/venv.py
	@$(PYTHON) -c 'import sys; sys.exit("Python %d.%d is too old: install Python 3.11 or newer, or name one: make PYTHON=python3.12" % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	@echo "-> install the Python packages into $(VENV)" >&2
	@$(PYTHON) -m sandbox.venv $(VENV) requirements.txt requirements-dev.txt
	@touch $@

up: $(READY) ## set everything up and run the platform in the sandbox
	@$(BIN)/python -m sandbox up

down: $(READY) ## remove all that `make up` made
	@$(BIN)/python -m sandbox down

status: $(READY) ## print where the sandbox's parts are reached, as JSON
	@$(BIN)/python -m sandbox status

env: $(READY) ## print the variables with which `pulumi` works on the sandbox: eval "$(make -s env)"
	@$(BIN)/python -m sandbox env

# What is typed goes on as it is: make would take `$` for its own.
ssh psql: override export RUN := $(value RUN)
logs: override export PART := $(value PART)

ssh: $(READY) ## a shell on the VPS, or one command there (RUN='docker ps')
	@$(BIN)/python -m sandbox ssh -- "$$RUN"

logs: $(READY) ## the last lines of a part's log, or all that comes (PART=backend FOLLOW=1)
	@$(BIN)/python -m sandbox logs $(if $(FOLLOW),--follow) -- "$$PART"

psql: $(READY) ## PostgreSQL's client as its superuser, for a person or for one statement (RUN='select 1')
	@if [ -n "$$RUN" ]; then printf '%s\n' "$$RUN" | $(BIN)/python -m sandbox psql; else $(BIN)/python -m sandbox psql; fi

open: $(READY) ## the page in a browser, or what to type where there is none
	@$(BIN)/python -m sandbox open

preview: $(READY) ## what `pulumi up` would do to a stack, judged by the policies; no account is asked (STACK=sandbox)
	@$(BIN)/python -m sandbox preview $(STACK) $(if $(REPORT),--report $(REPORT))

audit: $(READY) ## judge by the policies what the sandbox's state holds and what really runs on its host
	@variables="$$($(BIN)/python -m sandbox env)" && eval "$$variables" && $(BIN)/neurmatic audit --stack sandbox

summary: ## the reports that `make preview` left in REPORT, as Markdown: on the terminal, or in the summary of CI's run
	@cat $(REPORTS)/*.md >>"$${GITHUB_STEP_SUMMARY:-/dev/stdout}"

unit: $(READY) ## the tests that need no Docker
	@$(UNIT) $(if $(COVERAGE),$(COVERED))
	@$(if $(COVERAGE),$(REACHED))

coverage: ## the same, with what they reach of our code, which must not become less; coverage.xml for others
	@$(MAKE) --no-print-directory unit COVERAGE=1

stories: $(READY) engine ## the tests against the sandbox, which they set up; some of them: STORIES="tests/stories/test_up.py …"
	@$(STORY) $(STORIES)

test: unit stories ## everything: the unit tests, then the stories against the sandbox

prove: $(READY) ## the long forms of the proofs, with their numbers
	@$(BIN)/pytest -q -s -m "prove" --durations=25

bench: $(READY) ## what a preview of production costs, beside one of an empty program
	@$(BIN)/python -m bench.preview

lines: ## lines by package, and all that are no tests
	@git ls-files '*.py' '*.sh' '*.js' '*.jsx' '*.conf' '*.sql' '*.service' '*.timer' '*Dockerfile' | xargs wc -l \
		| awk '$$2 != "total" { split($$2, path, "/"); lines[path[1]] += $$1; sum += $$1 } \
		END { for (name in lines) printf "%7d %s\n", lines[name], name | "sort -k2"; close("sort -k2"); printf "%7d without tests\n", sum - lines["tests"] }'

check: $(READY) ## ruff, mypy, shellcheck, hadolint, actionlint and zizmor, as CI runs them
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy .
	@$(BIN)/python -m checks

ci: check ## what CI runs, one after the other: the linters, the previews, and `make test` with its coverage
	@$(MAKE) --no-print-directory preview STACK=staging REPORT=$(REPORTS)
	@$(MAKE) --no-print-directory preview STACK=production REPORT=$(REPORTS)
	@$(MAKE) --no-print-directory test COVERAGE=1

fix: $(READY) ## format, and mend what ruff can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

schema: $(READY) ## write Pulumi.schema.json, by which editors complete and check the stack files
	@$(BIN)/python -m settings >Pulumi.schema.json

lock: $(READY) ## pin requirements*.in anew, with hashes
	@$(LOCK) requirements.in -o requirements.txt
	@$(LOCK) requirements-dev.in -o requirements-dev.txt
	@$(LOCK) standins/services/requirements.in -o standins/services/requirements.txt
	@$(LOCK) tests/aws_cli/requirements.in -o tests/aws_cli/requirements.txt
	@$(LOCK) tests/checkov/requirements.in -o tests/checkov/requirements.txt

engine: $(READY) ## build what the sandbox builds with Go, as far as it is not built
	@$(BIN)/python -m sandbox engine

plugins: $(READY) ## fetch the official docker and command plugins, and print the folder to put on PATH
	@$(BIN)/python -m sandbox plugins >>"$${GITHUB_PATH:-/dev/stdout}"

save: $(READY) ## keep the images that Docker holds for the sandbox in a file of the cache
	@$(BIN)/python -m sandbox save

load: $(READY) ## give Docker the images of that file, if there is one
	@$(BIN)/python -m sandbox load

clean: down ## `make down`, and the caches that it keeps: engine and images
	@$(BIN)/python -m sandbox clean
