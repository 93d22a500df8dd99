# Two commands matter: `make run` and `make test`, both from a fresh clone.

PYTHON ?= python3
PORT ?= 3000
# Not from the environment, where some shells have the name of the machine.
HOST = 127.0.0.1

VENV := .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
PIP := $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check
LOCKED := $(PIP) --require-hashes --only-binary :all: --requirement
PROJECT := $(PIP) --no-deps --no-build-isolation --editable .
SOURCES := pyproject.toml setup.py requirements/run.txt requirements/dev.txt
LOCK := $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
  --generate-hashes --no-strip-extras --no-emit-index-url --custom-compile-command 'make lock' --group build
NPM := unsplash_assets_tests

# Without compiled files every run of the tests would first compile them all: half as long again.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run quick test tests coverage check lint types layers cheap bench distributed format docs lock audit clean

run: $(VENV)/.run
	@exec $(BIN)/python -m unsplash_assets.cli.launch $(PORT) $(HOST)

# The inner loop, in less than a minute: all checks, and the tests that need no subprocess, no
# browser and no waiting. `check` and `cheap` run side by side, and each reports all it finds.
quick: $(VENV)/.dev
	@$(MAKE) --no-print-directory --jobs=2 --keep-going cheap check

# Everything; the checks run beside the tests. Tests whose program is missing are skipped, and
# listed at the end.
test: $(VENV)/.dev $(VENV)/.npm
	@$(MAKE) --no-print-directory --jobs=2 --keep-going tests check

tests: $(VENV)/.dev
	$(BIN)/python -m pytest --numprocesses=4 --dist=loadfile --no-loadscope-reorder --durations=15

# Which lines the cheap tests reach; tracing makes them take twice as long.
coverage: $(VENV)/.dev
	$(BIN)/python -m pytest --cheap --quiet --numprocesses=2 -p no:schemathesis --cov --cov-report=term

check: lint types layers

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.dev
	$(BIN)/mypy

layers: $(VENV)/.dev
	$(BIN)/lint-imports

# In memory where there is such a folder: the tests write and remove tens of thousands of files.
cheap: $(VENV)/.dev
	$(addprefix TMPDIR=,$(wildcard /dev/shm)) $(BIN)/python -m pytest --cheap --quiet \
	  --numprocesses=2 -p no:schemathesis --override-ini=tmp_path_retention_policy=failed

# Measures the project beside others; BENCH="--only bulk --rounds 1" makes it short.
bench: $(VENV)/.dev
	@$(BIN)/python -m benchmarks.run $(BENCH)

# Several machines of this one, broken in each way that the docs speak of: a quarter of an hour.
distributed: $(VENV)/.dev
	@$(BIN)/python -m unsplash_assets_tests.distributed.run $(ONLY)

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/.dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo "The site is in build/site: open build/site/index.html."

# Takes in what pyproject.toml newly asks for; `make lock UPGRADE=--upgrade` renews every pin.
lock: $(VENV)/.dev
	$(LOCK) $(UPGRADE) --output-file requirements/run.txt
	$(LOCK) $(UPGRADE) --output-file requirements/dev.txt --all-extras --constraint requirements/run.txt

# Looks up every pin in PyPI's database of known vulnerabilities. --strict: a pin that the database
# does not answer for is no pass.
audit: $(VENV)/.dev
	@$(BIN)/pip-audit --strict --progress-spinner off --disable-pip --require-hashes \
	  --requirement requirements/dev.txt > $(VENV)/audit.txt 2> $(VENV)/audit.err || { \
	  cat $(VENV)/audit.txt; test -s $(VENV)/audit.txt || echo "Nothing was audited: the database of" \
	  "vulnerabilities cannot be reached. $$(tail -n 1 $(VENV)/audit.err)" >&2; exit 1; }
	@echo "No known vulnerabilities."

clean:
	rm -rf $(VENV) build dist *.egg-info $(NPM)/node_modules

# The environment. Every file that pip downloads has its hash in requirements/, pip and the build
# backend included; the project itself is built from here without a download.
$(VENV)/.base: $(SOURCES)
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info < (3, 14) else \
	  "unsplash_assets needs Python 3.11 to 3.13, %s is %s.%s: try make run PYTHON=python3.12" \
	  % (sys.executable, *sys.version_info[:2]))'
	@echo "Installing into $(VENV) (about a minute, once) ..."
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/.run: $(VENV)/.base
	@$(LOCKED) requirements/run.txt
	@$(PROJECT)
	@touch $@

$(VENV)/.dev: $(VENV)/.base
	@$(LOCKED) requirements/dev.txt
	@$(PROJECT)
	@touch $@ $(VENV)/.run

# What the tests need from npm; without it those tests are skipped.
$(VENV)/.npm: $(NPM)/package-lock.json $(VENV)/.base
	@if command -v npm > /dev/null; then \
	  npm ci --loglevel=error --prefix $(NPM) > /dev/null && touch $@; fi
