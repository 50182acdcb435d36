# `make help` lists the targets. Everything is set up in .venv on first use.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# A module's tests stay together, and so does what they share. How many workers, and which modules
# come first, tests/sharing.py says.
WORKERS := -n auto --dist loadfile --no-loadscope-reorder
PYTEST_FLAGS ?=
QKERAS := .venv-qkeras
FIGURES_FLAGS ?=
FUZZ_FLAGS ?=
# Versions of Python that are supported.
VERSIONS ?= 3.11 3.12 3.13 3.14

.DEFAULT_GOAL := help

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | column -t -s '	'

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev]"
	# Apart, because it pins a release of pathspec that mypy does not take; it works with newer ones.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps tclint==0.9.0
	@touch $@

.PHONY: venv
venv: $(STAMP) ## Make the virtual environment

.PHONY: demo
demo: $(STAMP) ## Compile the digits CNN, simulate every test image, compare and measure
	$(BIN)/python examples/digits/demo.py

.PHONY: test
test: $(STAMP) ## The default test suite
	$(BIN)/python -m pytest $(WORKERS) -m "not slow" $(PYTEST_FLAGS)

.PHONY: test-all
test-all: $(STAMP) ## The whole test suite, slow tests included
	$(BIN)/python -m pytest $(WORKERS) $(PYTEST_FLAGS)

.PHONY: test-versions
test-versions: ## The default test suite on every Python that is here, in an environment of each
	@for version in $(VERSIONS); do \
	  if command -v python$$version > /dev/null; then \
	    $(MAKE) test PYTHON=python$$version VENV=.venv-$$version || exit 1; \
	  else \
	    echo "python$$version is not here"; \
	  fi; \
	done

$(QKERAS)/.installed: benchmarks/qkeras.txt
	$(PYTHON) -m venv $(QKERAS)
	$(QKERAS)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	$(QKERAS)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

.PHONY: test-qkeras
test-qkeras: $(QKERAS)/.installed ## Models of QKeras against hls4ml, beside TensorFlow (2 GB) on Python 3.11
	PYTHONPATH=. KERAS_BACKEND=tensorflow HWCOMPILE_SOURCES=qkeras $(QKERAS)/bin/python -m pytest -W ignore \
		tests/frontends/hls4ml/test_models.py -k qkeras $(PYTEST_FLAGS)

.PHONY: fuzz
fuzz: $(STAMP) ## Attack everything from outside, for minutes and with a fixed seed
	$(BIN)/python -m tests.fuzz $(FUZZ_FLAGS)

.PHONY: fuzz-long
fuzz-long: $(STAMP) ## The same for at least an hour, with a new seed
	$(BIN)/python -m tests.fuzz --minutes 60 --seed $$(date +%s) $(FUZZ_FLAGS)

.PHONY: figures
figures: $(STAMP) ## Rewrite the tables of README.md and docs/; hours without FIGURES_FLAGS="--without=--published"
	$(BIN)/python benchmarks/figures.py $(FIGURES_FLAGS)

.PHONY: pages
pages: $(STAMP) ## Rewrite the pages of docs/ that are made from the program, and the notebooks
	$(BIN)/python -m benchmarks.reference_pages

.PHONY: docs
docs: $(STAMP) ## Build the documentation as a site in site/; warnings are errors
	NO_MKDOCS_2_WARNING=true $(BIN)/mkdocs build --quiet --strict

.PHONY: docs-serve
docs-serve: docs ## The site with its search at http://127.0.0.1:8000/
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory site 8000

.PHONY: check
check: $(STAMP) ## Format, lint, types, import directions
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: format
format: $(STAMP) ## Format the sources
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: dist
dist: $(STAMP) ## Build sdist and wheel
	$(BIN)/python -m build

.PHONY: clean
clean: ## Remove the virtual environment and everything built
	rm -rf $(VENV) $(QKERAS) $(VERSIONS:%=.venv-%) dist out site .pytest_cache .mypy_cache .ruff_cache .hypothesis
