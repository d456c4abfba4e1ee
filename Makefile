# endcap: `make demo` shows it, `make test` proves it. Both set everything up on a bare machine.
PYTHON ?= python3
VENV   ?= .venv
DBT    := .venv-dbt
MLFLOW := .venv-mlflow
BIN    := $(VENV)/bin
PORT   ?= 8000
PIP    := -m pip install --quiet --disable-pip-version-check
# Hundreds of processes start in a run: what they import is compiled once, whatever the machine is set to.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test install install-dev install-dbt install-mlflow check unit system-packages bench clean constraints

help:  ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-18s %s\n", $$1, $$2}'

demo: install  ## prepare, train, evaluate, release and serve the demo shop
	$(BIN)/endcap demo --port $(PORT)

test:  ## everything that CI runs; what can be installed at the same time is
	@$(MAKE) --jobs 3 install-dev install-dbt install-mlflow system-packages
	@$(MAKE) check unit

install: $(VENV)/.core  ## the environment in .venv
install-dev: $(VENV)/.dev
install-dbt: $(DBT)/.done  ## dbt for integrations/dbt, in .venv-dbt: its dependencies and ours exclude each other
install-mlflow: $(MLFLOW)/.done  ## an MLflow server for the tests, in .venv-mlflow, for the same reason

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "endcap needs Python 3.11 or later: make PYTHON=python3.12 …"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); tools/install_venv.sh && $(PYTHON) -m venv $(VENV); }

$(VENV)/.core: $(VENV)/bin/python pyproject.toml constraints.txt
	$(BIN)/python $(PIP) --constraint constraints.txt --editable .
	@touch $@

# Of the tools, only what is imported gets compiled (--no-compile: most of it never is).
$(VENV)/.dev: $(VENV)/.core
	$(BIN)/python $(PIP) --no-compile --constraint constraints.txt --editable '.[dev]'
	@touch $@

$(DBT)/.done: $(VENV)/bin/python integrations/dbt/requirements.txt integrations/dbt/constraints.txt
	@rm -rf $(DBT) && $(VENV)/bin/python -m venv $(DBT)
	$(DBT)/bin/python $(PIP) --no-compile --constraint integrations/dbt/constraints.txt --requirement integrations/dbt/requirements.txt
	@touch $@

# Its tables take longer to make than the server to start, so that they are made once, and tests begin with a copy.
$(MLFLOW)/.done: $(VENV)/bin/python integrations/mlflow/requirements.txt integrations/mlflow/constraints.txt
	@rm -rf $(MLFLOW) && $(VENV)/bin/python -m venv $(MLFLOW)
	$(MLFLOW)/bin/python $(PIP) --no-compile --constraint integrations/mlflow/constraints.txt --requirement integrations/mlflow/requirements.txt
	@DO_NOT_TRACK=true $(MLFLOW)/bin/mlflow db upgrade sqlite:///$(MLFLOW)/empty.db 2> /dev/null
	@touch $@

system-packages: $(VENV)/bin/python  # first, since that may install a package too
	@tools/install_package.sh chromium chromium "the browser tests"
	@tools/install_package.sh java default-jre-headless "the Spark tests"

check: install-dev  ## lint, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: install-dev  ## tests, on all cores
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder

BENCHMARKS := $(filter-out benchmarks/load.py benchmarks/measuring.py,$(wildcard benchmarks/*.py benchmarks/*/*.py))

bench: install-dev  ## every benchmark, full size, recorded in benchmarks/results (DATA=folder where one needs data)
	@for script in $(BENCHMARKS); do \
	  echo "== $$script"; \
	  $(BIN)/python $$script $(if $(DATA),--data $(DATA)) > .bench.txt || { cat .bench.txt; rm .bench.txt; exit 1; }; \
	  cat .bench.txt; name=$${script#benchmarks/}; tail -n 1 .bench.txt > benchmarks/results/$$(echo $${name%.py} | tr / -).json; \
	done; rm -f .bench.txt

constraints: install-dev  ## write constraints.txt again from what pyproject.toml allows
	$(BIN)/python $(PIP) uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra dev --no-emit-index-url --no-annotate --no-header pyproject.toml -o constraints.txt

clean:
	rm -rf $(VENV) $(DBT) $(MLFLOW) var .mypy_cache .ruff_cache .import_linter_cache
