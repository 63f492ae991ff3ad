# Needs Python 3.11 or newer and make; everything else comes from requirements.lock into .venv.
# Paths are relative, so that a checkout may live anywhere, spaces and 汉字 included.

SHELL := /bin/sh
PYTHON := .venv/bin/python
TESTS ?= tests
# Three runs at once, each with servers of its own: half of the time a run waits for something. Servers that are given are
# for one run alone.
SIDE_BY_SIDE := $(if $(ONELOT_TEST_DATABASE_URL)$(ONELOT_TEST_REDIS_URL),,-n 3 --dist loadfile --no-loadscope-reorder)

# Text is UTF-8 whatever the locale says, and no setting of the caller's Python reaches ours.
export PYTHONUTF8 := 1
unexport PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE

.PHONY: help demo test lint format types check lock schema bench vendor docs install clean
.DEFAULT_GOAL := help

help: ## this list
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/make \1	\2/p' Makefile

demo: install ## a city on this machine: make demo [MINUTES=2] [PORT=8000]
	@$(PYTHON) -m parking demo $(if $(MINUTES),--minutes "$(MINUTES)") $(if $(PORT),--port "$(PORT)")

test: install ## all tests, on a PostgreSQL and a Redis of their own: make test [TESTS=tests/payments]
	@$(PYTHON) -m pytest $(SIDE_BY_SIDE) $(TESTS)

lint: install ## style
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .

format: install ## style, repaired
	@$(PYTHON) -m ruff check --fix .
	@$(PYTHON) -m ruff format .

types: install ## mypy --strict
	@$(PYTHON) -m mypy

check: lint types test ## all three, as before a change is handed in

lock: install ## requirements.lock, .run.lock and .docs.lock, anew from pyproject.toml
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check uv
	@.venv/bin/uv pip compile pyproject.toml --extra=demo --extra=dev --extra=pdf --extra=tracing --universal --python-version=3.11 --upgrade \
		--generate-hashes --no-emit-index-url --no-annotate --no-config --quiet \
		--custom-compile-command="make lock" --output-file=requirements.lock > /dev/null
	@.venv/bin/uv pip compile pyproject.toml --extra=pdf --constraint=requirements.lock --universal --python-version=3.11 \
		--generate-hashes --no-emit-index-url --no-annotate --no-config --quiet \
		--custom-compile-command="make lock" --output-file=requirements.run.lock > /dev/null
	@.venv/bin/uv pip compile --group=docs --constraint=requirements.lock --universal --python-version=3.11 --upgrade \
		--generate-hashes --no-emit-index-url --no-annotate --no-config --quiet \
		--custom-compile-command="make lock" --output-file=requirements.docs.lock > /dev/null

schema: install ## sql/schema.sql, anew from sql/migrations
	@$(PYTHON) -m sql.dump

bench: install ## throughput and latency on this machine
	@$(PYTHON) -m loadtests throughput

vendor: install ## the files of others that vendored.toml lists, fetched anew (npm)
	@$(PYTHON) -m tests.vendored

docs: install ## docs/ as a site in build/site; a link that leads nowhere fails
	@$(PYTHON) -m pip --disable-pip-version-check --no-input install --quiet --no-deps --require-hashes \
		--requirement requirements.docs.lock
	@$(PYTHON) -m zensical build --strict

install: ## .venv as requirements.lock says
	@python3 .ci/install.py

clean: ## everything that was made here
	@rm -rf .venv .onelot .coverage* .hypothesis .pytest_cache .mypy_cache .ruff_cache build dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
