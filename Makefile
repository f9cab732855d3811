# Everything a developer types. Works from a fresh clone with Python 3.11+, make and git;
# uses uv where it is installed, else venv and pip.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)
JOBS ?= 3

.PHONY: demo test test-long lint bench clean
.DEFAULT_GOAL := test

# Two stamps: the demo needs only the program itself, not the test tools.
$(BIN)/python:
ifneq ($(UV),)
	$(UV) venv --quiet --python '>=3.11' $(VENV)
else
	@$(PYTHON) -c 'import sys; sys.exit("runner needs Python 3.11 or newer; set PYTHON=/path/to/python3.11") if sys.version_info < (3, 11) else 0'
	$(PYTHON) -m venv $(VENV)
endif

$(VENV)/.program: pyproject.toml | $(BIN)/python
ifneq ($(UV),)
	$(UV) pip install --quiet --python $(BIN)/python -e .
else
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
endif
	@touch $@

$(VENV)/.test: pyproject.toml | $(BIN)/python
ifneq ($(UV),)
	$(UV) pip install --quiet --python $(BIN)/python -e '.[test]'
else
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
endif
	@touch $@ $(VENV)/.program

demo: $(VENV)/.program
	@$(BIN)/python docs/demo/demo.py

test: $(VENV)/.test
	$(BIN)/python -m pytest -m 'not long' -n $(JOBS) --cov --cov-report=term --cov-fail-under=96

test-long: $(VENV)/.test
	$(BIN)/python -m pytest -m long -n $(JOBS)

lint: $(VENV)/.test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(VENV)/.test
	$(BIN)/python -m bench

clean:
	rm -rf $(VENV) build dist .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
