# Needs only Python >= 3.11 and make; `make help` lists the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
DEV_STAMP := $(VENV)/.ready-dev
# A larger young generation makes the type checker a third faster.
NODE_MEMORY := --max-semi-space-size=64

.DEFAULT_GOAL := help
.PHONY: help run test test-dates test-vllm vllm setup check bench eval clean lock generate

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

run: setup ## start the whole service and analyse the samples on first start; runs until Ctrl-C
	@$(BIN)/vitae up --samples

test: $(DEV_STAMP) generate ## set everything up and run the whole test suite
	@NODE_OPTIONS=$(NODE_MEMORY) $(BIN)/basedpyright --warnings
	@$(BIN)/python -m tests.system_packages
	@$(BIN)/python -m pytest -n auto # tests/conftest.py sets the number of processes and which tests stay together

setup: $(STAMP) generate ## create the environment, the generated code and .venv/bin/vitae

check: $(DEV_STAMP) generate ## format, lint, import rules, the program's types, unit tests (under 60 s)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports --no-cache
	@# In parallel with the tests: each takes about half a minute of one core. `make test` also checks the tests' types.
	@NODE_OPTIONS=$(NODE_MEMORY) $(BIN)/basedpyright --warnings app workers migrations > .types.log 2>&1 & types=$$!; \
	$(BIN)/python -m pytest -q tests/unit tests/architecture; tests=$$?; \
	wait $$types; status=$$?; tail -n 30 .types.log; rm -f .types.log; exit $$((tests + status))

generate: baml_client/__init__.py

baml_client/__init__.py: $(wildcard baml_src/*.baml) $(STAMP)
	@BAML_LOG=warn $(BIN)/baml-cli generate --from baml_src > /dev/null
	@touch $@

# The client code is generated before the project is installed, so that the editable install finds the package.
$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Vitae needs Python >= 3.11, this is " + sys.version.split()[0] + "; try: make setup PYTHON=python3.12")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing the locked packages into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@BAML_LOG=warn $(BIN)/baml-cli generate --from baml_src > /dev/null
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV_STAMP): requirements-dev.lock $(STAMP)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

lock: ## update the locked requirements (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --quiet pyproject.toml requirements-build.in -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --quiet --extra dev pyproject.toml requirements-build.in -c requirements.lock -o requirements-dev.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --quiet --excludes tests/vllm/absent.txt tests/vllm/requirements.in -o tests/vllm/requirements.lock

test-dates: $(DEV_STAMP) generate ## run the suite on a leap day, on a day of a clock change, and a month and a year ahead (40 minutes)
	@$(BIN)/python -m tests.calendar_days -n auto

test-vllm: $(DEV_STAMP) generate ## install a CPU build of vLLM into .venv-vllm-test and test with real servers and a real model (15 to 20 minutes)
	@PYTHON=$(PYTHON) tests/vllm/set_up.sh
	@.venv-vllm-test/bin/python tests/vllm/real_model.py
	@TEST_VLLM=1 $(BIN)/python -m pytest tests/vllm -v --durations=0 -rP

vllm: ## install the vLLM server into .venv-vllm, for `vitae vllm up` on a machine with an NVIDIA GPU
	@test -x .venv-vllm/bin/python || $(PYTHON) -m venv .venv-vllm
	@.venv-vllm/bin/python -m pip install --disable-pip-version-check "$$($(PYTHON) -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["vllm"])')"

bench: $(DEV_STAMP) generate ## measure CPU per part of an analysis, cost queries on a synthetic month, the service under model faults (10 minutes)
	@$(BIN)/python -m benchmarks.parts --count 20
	@$(BIN)/python -m benchmarks.costs
	@$(BIN)/python -m benchmarks.open_breaker
	@$(BIN)/python -m benchmarks.faults --resumes 10

eval: $(STAMP) generate ## measure the built-in parser's accuracy on the labelled samples, field by field; CLIENTS=A,B compares models
	@$(BIN)/vitae eval samples --clients $(or $(CLIENTS),builtin) --details

clean: ## remove the environment, generated code and caches (not your data in .vitae/)
	rm -rf $(VENV) .venv-vllm .venv-vllm-test baml_client .ruff_cache .pytest_cache *.egg-info build
