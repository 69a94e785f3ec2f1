# Everything runs inside .venv, which the targets make and keep in step with the lock files by themselves.
# Needs make and Python 3.11 or newer; another interpreter is named with `make PYTHON=/path/to/python3 ...`.

SHELL := /bin/sh
.DEFAULT_GOAL := help
BIN := .venv/bin

define find_python
for python in "$(PYTHON)" python3 python3.14 python3.13 python3.12 python3.11; do \
	if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then found=$$python; break; fi; \
done; \
if [ -z "$$found" ]; then \
	echo 'Python 3.11 or newer was not found as python3 or python3.11 to python3.14; name one: make PYTHON=/path/to/python3' >&2; \
	exit 1; \
fi
endef

.PHONY: help install install-dev run test check bench crash reset clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

install: ## make .venv with what the product needs
	@$(find_python); "$$found" tools/environment.py runtime

install-dev: ## make .venv with the tools of development too
	@$(find_python); "$$found" tools/environment.py dev

run: install ## start the demonstration: database, shoppers, webhooks, pages (Ctrl-C stops it)
	@exec $(BIN)/cashback demo $(ARGS)

test: install-dev ## run every test (ARGS='-k word' runs some)
	@exec $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(ARGS)

check: install-dev ## format, lint, types, import directions, rules of the house
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/house

bench: install-dev ## measure the speed (ONLY=road measures one part)
	@exec $(BIN)/python -m bench $(ONLY)

crash: install-dev ## kill processes under load, longer than the tests do (CRASH_ROUNDS=200)
	@CRASH_ROUNDS=$${CRASH_ROUNDS:-200} exec $(BIN)/python -m pytest -m crash $(ARGS)

reset: ## forget the demonstration's data
	@$(find_python); "$$found" tools/forget.py

clean: reset ## forget the data, the environment and what tools left behind
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
