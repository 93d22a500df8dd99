# Two commands matter: `make run` and `make test`, both from a fresh clone.

PYTHON ?= python3
PORT ?= 3000

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --constraint constraints.txt
SOURCES := pyproject.toml setup.py constraints.txt
NPM := unsplash_assets_tests

.PHONY: run test check format clean

run: $(VENV)/.run
	@exec $(BIN)/python -m unsplash_assets.cli.launch $(PORT)

test: check $(VENV)/.npm
	$(BIN)/python -m pytest --numprocesses=3 --dist=loadfile --durations=15 --cov --cov-report=term

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) build dist *.egg-info $(NPM)/node_modules

# The environment: pinned by constraints.txt, the build backend included (--no-build-isolation).
$(VENV)/.base: $(SOURCES)
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info < (3, 14) else \
	  "unsplash_assets needs Python 3.11 to 3.13, %s is %s.%s: try make run PYTHON=python3.12" \
	  % (sys.executable, *sys.version_info[:2]))'
	@echo "Installing into $(VENV) (about a minute, once) ..."
	@$(PYTHON) -m venv --clear $(VENV)
	@$(PIP) pip setuptools
	@touch $@

$(VENV)/.run: $(VENV)/.base
	@$(PIP) --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.base
	@$(PIP) --no-build-isolation --editable '.[dev]'
	@touch $@ $(VENV)/.run

# What the tests need from npm; without it those tests are skipped.
$(VENV)/.npm: $(NPM)/package-lock.json $(VENV)/.base
	@if command -v npm > /dev/null; then \
	  npm ci --loglevel=error --prefix $(NPM) > /dev/null && touch $@; fi
