# Short verbs. Each makes what it needs: Python 3.11 or newer, make and a package index are enough.
.DEFAULT_GOAL := help
.PHONY: help run serve test check format-check lint types diagrams-check diagrams \
	transitions-check coverage-diagram format bench load soak clean

VENV := .venv
BIN := $(VENV)/bin
PYTHONS := python3 python3.13 python3.12 python3.11 python
IS_NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PIP_INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check
DIAGRAMS := $(BIN)/python -m powens_flow diagrams diagrams --docs docs/machines.md

help: ## say what there is
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 18

run: $(VENV)/cli.stamp ## run the demo (ARGS="--scenario sms", ARGS=--json, ...)
	$(BIN)/powens-flow demo $(ARGS)

serve: $(VENV)/cli.stamp ## serve the page, on the simulator (ARGS="--port 8080", ...)
	$(BIN)/powens-flow serve $(ARGS)

test: $(VENV)/dev.stamp $(VENV)/js.stamp ## run the tests (ARGS="-k sms", ...)
	$(BIN)/python -m pytest -n auto $(ARGS)

check: format-check lint types diagrams-check test transitions-check ## all that must hold

format-check: $(VENV)/dev.stamp
	$(BIN)/ruff format --check .

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .

types: $(VENV)/dev.stamp
	$(BIN)/mypy

diagrams-check: $(VENV)/dev.stamp
	$(DIAGRAMS) --check

diagrams: $(VENV)/dev.stamp ## draw each machine into diagrams/, and write docs/machines.md
	$(DIAGRAMS)

transitions-check: $(VENV)/dev.stamp # what the last run of the tests took
	$(BIN)/python -m scripts.draw_coverage --check

coverage-diagram: test ## draw which transitions the tests took, into build/coverage/
	$(BIN)/python -m scripts.draw_coverage

format: $(VENV)/dev.stamp ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix-only .

bench: $(VENV)/dev.stamp ## run the benchmark
	$(BIN)/python -m benchmarks $(ARGS)

load: $(VENV)/dev.stamp ## run many people at once on one served process
	$(BIN)/python -m benchmarks.load $(ARGS)

soak: $(VENV)/dev.stamp ## run the long proofs
	$(BIN)/python -m soak all $(ARGS)

clean: ## delete what was made
	rm -rf $(VENV) tests/js/node_modules build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- the environment --------------------------------------------------------------------------

$(BIN)/python:
	@for python in $(PYTHONS); do \
		if "$$python" -c '$(IS_NEW_ENOUGH)' 2>/dev/null; then \
			"$$python" -m venv $(VENV) && exit 0; \
			rm -rf $(VENV); \
			echo "make: $$python cannot make a virtual environment (Debian: apt install python3-venv)" >&2; \
			exit 1; \
		fi; \
	done; \
	echo "make: Python 3.11 or newer is needed, and none of $(PYTHONS) is" >&2; exit 1

$(VENV)/cli.stamp: pyproject.toml | $(BIN)/python
	$(PIP_INSTALL) --editable '.[cli]'
	@touch $@

$(VENV)/dev.stamp: pyproject.toml | $(BIN)/python
	$(PIP_INSTALL) --editable '.[dev]'
	@touch $@ $(VENV)/cli.stamp

# What some tests run in a browser. Without npm they are skipped, and say why.
$(VENV)/js.stamp: tests/js/package.json | $(BIN)/python
	@if command -v npm >/dev/null; then \
		npm install --prefix tests/js --silent --no-audit --no-fund --no-package-lock; \
	else echo "make: no npm: the tests that need its packages are skipped" >&2; fi
	@touch $@
