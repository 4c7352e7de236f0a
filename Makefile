# Loupe. `make help` lists what there is; ARGS goes to the command behind a target.
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
ARGS ?=

# One empty file for each set of packages that is installed; newer than pyproject.toml means up to date.
APP := $(VENV)/.installed-app
TEST := $(VENV)/.installed-test
BENCH := $(VENV)/.installed-bench
NODE := app/canvas/node_modules/.package-lock.json
BENCHMARKS := startup canvas peer

.PHONY: help app test lint chromium canvas bench screenshots zoo wheel clean
.DEFAULT_GOAL := help

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

app: $(APP) ## start Loupe and open it in a browser
	@exec $(BIN)/aecore app $(ARGS)

test: lint chromium $(NODE) ## every check and every test, real browser included; ARGS="-k vae" for some
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 8 $(ARGS)

lint: $(TEST) ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

chromium: $(TEST)
	@$(BIN)/python -m tests.browser.chromium

bench: $(BENCH) chromium $(NODE) ## the README's benchmarks (half an hour); BENCHMARKS="maps training" for others
	@for each in $(BENCHMARKS); do echo "benchmarks.$$each"; $(BIN)/python -m benchmarks.$$each $(ARGS) || exit; done

screenshots: chromium ## the README's pictures, docs/*.png
	$(BIN)/python -m tests.browser.screenshots $(ARGS)

canvas: $(NODE) ## app/canvas/dist, built anew from its TypeScript (needs Node.js 20 and npm)
	cd app/canvas && npm run build

zoo: $(APP) ## train the shipped bundles that are missing or whose recipe changed
	$(BIN)/aecore zoo build $(ARGS)

wheel: $(TEST) ## dist/latent_loupe-*.whl, with the app and the shipped bundles inside
	$(BIN)/python -m build --wheel $(ARGS)

clean: ## remove what was built; the environment in .venv stays
	rm -rf build dist .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find aecore app tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(APP): pyproject.toml | $(BIN)/pip
	@echo "Installing Loupe's packages into $(VENV), once (PyTorch alone can be some GB) ..."
	$(BIN)/python -m pip install --disable-pip-version-check --editable .
	@touch $@

$(TEST): pyproject.toml | $(BIN)/pip
	@echo "Installing Loupe's packages and its test tools into $(VENV), once ..."
	$(BIN)/python -m pip install --disable-pip-version-check --editable '.[test,dev]'
	@touch $@ $(APP)

$(BENCH): pyproject.toml | $(BIN)/pip
	$(BIN)/python -m pip install --disable-pip-version-check --editable '.[bench]'
	@touch $@ $(APP)

$(NODE): app/canvas/package-lock.json
	@if command -v npm > /dev/null; then cd app/canvas && npm ci --no-audit --no-fund; \
	else echo "There is no npm: the tests that need it are skipped, and the canvas cannot be built anew."; fi

# pip is the last thing that venv writes, so an interrupted environment is made again.
$(BIN)/pip:
	@for python in $(PYTHON) python3.14 python3.13 python3.12 python3.11; do \
	    $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
	    if ! $$python -c 'import ensurepip, venv' 2>/dev/null; then \
	        echo "$$python comes without venv: install it (Debian, Ubuntu: apt install python3-venv) and run make again." >&2; \
	        exit 2; \
	    fi; \
	    echo "Creating $(VENV) with $$python"; \
	    exec $$python -m venv $(VENV); \
	done; \
	echo "Loupe needs Python 3.11 or newer, and there is none on the PATH; say where it is: make PYTHON=/path/to/python3" >&2; \
	exit 2
