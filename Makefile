# Two commands do everything on a fresh machine: `make run` and `make test`. Both install what they need.
SHELL := /bin/sh
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
# Not quiet: whoever waits for a slow network sees what comes.
INSTALL := $(BIN)/python -m pip install --disable-pip-version-check --progress-bar on -c constraints.txt

CONFIG ?= configs/home
DATA ?= .make/data
PORT ?= 8123
HOST ?= 127.0.0.1
# Four on two cores, since many tests wait for processes; a file's tests stay in one worker. WORKERS=0: all in one process.
WORKERS ?= 4
# Compiled tests are kept for the next run, whatever the shell says: collecting them takes 6 s of CPU a worker then, not 12.
export PYTHONDONTWRITEBYTECODE =
PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

.PHONY: run test test-postgresql check docs bench format clean record

run: $(VENV)/.run ## Start the furnished home on http://127.0.0.1:8123 and print the set-up link
	@$(BIN)/linli run $(CONFIG) --data $(DATA) --host $(HOST) --port $(PORT)

test: $(VENV)/.test ## Run the whole suite
	@$(PYTEST) $(ARGS)

test-postgresql: $(VENV)/.test ## Run the whole suite on a PostgreSQL server that it starts itself
	@LINLI_TEST_DATABASE=postgresql $(PYTEST) $(ARGS)

check: $(VENV)/.test ## Lint, types, architecture
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy core plugins integrations
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/lint-imports --no-cache --config importlinter-plugins.toml

docs: $(VENV)/.test ## Write docs/reference anew from the code
	@$(BIN)/python -m linli.cli.reference docs/reference

bench: $(VENV)/.test ## Measure beside a real Home Assistant; figures and targets in docs/performance.md
	@$(BIN)/python tests/benchmarks/bench.py $(ARGS)

soak: $(VENV)/.test ## A long trial: make soak KILLS=10000 [DAYS=7] [DATABASE=postgresql], REQUESTS=1000000 (SEED=n repeats them) or HOURS=8
	@$(if $(KILLS),$(BIN)/python tests/soak/kills.py --kills $(KILLS) $(if $(SEED),--seed $(SEED)) \
		$(if $(DAYS),--days $(DAYS)) $(if $(DATABASE),--database $(DATABASE)))
	@$(if $(REQUESTS),$(BIN)/python tests/soak/fuzz.py --requests $(REQUESTS) $(if $(SEED),--seed $(SEED)))
	@$(if $(HOURS),$(BIN)/python tests/soak/memory.py --hours $(HOURS))

record: $(VENV)/.test ## Record the answers of a real Home Assistant again: make record HASS=path/to/hass
	@$(BIN)/python tests/compat/record.py --hass $(HASS)
	@$(BIN)/python tests/compat/automation/record.py --hass $(HASS)

format: $(VENV)/.test
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "linli needs Python 3.11 or newer; none was found on the PATH."; exit 1; }
	@echo "Making a virtual environment with $(PYTHON) …"
	@$(PYTHON) -m venv $(VENV)

# An entry point of a new plugin appears only after the editable install is repeated: pyproject.toml is its cause.
$(VENV)/.run: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing linli (a minute or two the first time) …"
	@$(INSTALL) -e . && touch $@

$(VENV)/.test: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing linli with its test tools (a few minutes the first time) …"
	@$(INSTALL) -e '.[all,test,check]' && touch $@ $(VENV)/.run

clean:
	rm -rf $(VENV) .make .mypy_cache .ruff_cache .pytest_cache build dist
