# Everything happens in .venv; nothing is installed twice while pyproject.toml and the pins stay.
PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip
INSTALLED := $(VENV)/.installed
INSTALLED_TEST := $(VENV)/.installed-test

.DEFAULT_GOAL := help
.PHONY: help serve test lint format conformance conformance-matrix installs bench-cpu clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' Makefile

serve: $(INSTALLED) ## Start the server on http://127.0.0.1:8000 (PORT=8123 for another port)
	@exec $(BIN)/fish-openai serve --host $(HOST) --port $(PORT)

test: lint ## Run the linters, the type checker and every test
	$(BIN)/python -m pytest

lint: $(INSTALLED_TEST) ## Run the linters and the type checker only
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(INSTALLED_TEST) ## Put every file into the project's format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

conformance: $(INSTALLED_TEST) ## Check any server: BASE_URL=http://host:port [STRICT=1] [API_KEY=...]
	@$(BIN)/python -m tests.clients.conformance --base-url "$(BASE_URL)" \
	  $(if $(STRICT),--strict) $(if $(API_KEY),--api-key "$(API_KEY)")

conformance-matrix: $(INSTALLED_TEST) ## Old and new official clients, each installed for the check
	@$(BIN)/python -m tests.clients.packages $(if $(BASE_URL),--base-url "$(BASE_URL)")

installs: $(INSTALLED_TEST) ## The wheel, alone, on every Python here, with the newest and oldest libraries
	@$(BIN)/python -m tests.installs $(if $(PYTHONS),--pythons $(PYTHONS))

bench-cpu: $(INSTALLED_TEST) ## Ours and fish-speech in turns at S1-mini's size on this CPU (under 10 min)
	$(BIN)/python -m benchmarks.cpu

clean: ## Remove .venv and every cache
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed, and $(PYTHON) is not: try make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || \
	  { echo "$(PYTHON) cannot make virtual environments: install its venv package (python3-venv)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --constraint constraints.txt --editable .
	@touch $@

$(INSTALLED_TEST): $(INSTALLED) requirements-upstream.txt
	$(PIP) install --constraint constraints.txt --editable '.[test,upstream,bench]'
	$(PIP) install --no-deps --requirement requirements-upstream.txt
	@touch $@
