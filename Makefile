# Everything a newcomer, a developer and CI run. `make help` lists the targets.
# Plain enough for GNU make 3.81, which is what macOS ships.

SHELL := /bin/sh
VENV := .venv
PY := $(VENV)/bin/python
RUN_STAMP := $(VENV)/.installed-run
DEV_STAMP := $(VENV)/.installed-dev
ERP_VENV := .venv-erp
ERP_STAMP := $(ERP_VENV)/.installed
# Asked in this order; each is run, since a shim on the PATH may point nowhere.
PYTHONS := python3.13 python3.12 python3.11 python3
WORKERS ?= auto
PYTEST_ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help venv demo test check kernels pytest erp openapi schemas format bench bench-ui bench-engine bench-engine-full soak lock clean

help: ## List the targets.
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -e 's/:.*## /\t/' | expand -t 19

# Creates .venv with the first Python that is new enough and can make one.
define MAKE_VENV
if ! $(PY) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then \
  found=; novenv=; \
  for python in $(PYTHONS); do \
    if $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then \
      if $$python -c 'import ensurepip, venv' 2>/dev/null; then found=$$python; break; fi; \
      novenv=$$python; \
    fi; \
  done; \
  if [ -z "$$found" ] && [ -n "$$novenv" ]; then \
    echo "$$novenv cannot make virtual environments: install its venv package (on Debian or Ubuntu: apt-get install python3-venv)." >&2; exit 1; \
  fi; \
  if [ -z "$$found" ]; then \
    echo "Rackline needs Python 3.11, 3.12 or 3.13: install one with its venv package (on Debian or Ubuntu: apt-get install python3 python3-venv)." >&2; exit 1; \
  fi; \
  echo "Making $(VENV) with $$($$found --version)."; \
  rm -rf $(VENV) && $$found -m venv $(VENV); \
fi
endef

# $(1) is a hashed requirements file, $(2) the Python it is for. uv is quicker; pip
# alone is enough.
define INSTALL
if command -v uv >/dev/null 2>&1; then \
  uv pip install --quiet --python $(2) --require-hashes -r $(1); \
else \
  $(2) -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1); \
fi
endef

$(RUN_STAMP): requirements.txt
	@$(MAKE_VENV)
	@echo "Installing what Rackline runs on (about a minute the first time)."
	@$(call INSTALL,requirements.txt,$(PY))
	@touch $@

$(DEV_STAMP): requirements-dev.txt
	@$(MAKE_VENV)
	@echo "Installing what Rackline runs on and is tested with (about a minute the first time)."
	@$(call INSTALL,requirements-dev.txt,$(PY))
	@touch $(RUN_STAMP) $@

$(ERP_STAMP): requirements-erp.txt | $(DEV_STAMP)
	@echo "Installing Tryton beside Rackline (about a minute the first time)."
	@$(PY) -m venv --clear $(ERP_VENV)
	@$(call INSTALL,requirements-erp.txt,$(ERP_VENV)/bin/python)
	@touch $@

venv: $(DEV_STAMP) ## Make .venv with everything for development.

demo: $(RUN_STAMP) ## Start the demo site: web, worker, dispatcher and broker.
	@exec $(PY) -m config.demo

check: $(DEV_STAMP) ## Run linters, types, import contracts and Django's checks.
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(PY) manage.py makemigrations --check --dry-run --settings config.settings.test
	$(PY) manage.py check --fail-level WARNING --settings config.settings.test

pytest: $(DEV_STAMP) ## Run the whole suite, what is marked slow too.
	$(PY) -m pytest -n $(WORKERS) --dist loadgroup $(PYTEST_ARGS)

# Two test processes would both compile what one compiles here beside the checks.
kernels: $(DEV_STAMP)
	@for form in rack network; do $(PY) -m scheduling.engine warm $$form || exit 1; done

test: $(DEV_STAMP) ## Run the checks and the suite but for what is marked slow.
	@$(MAKE) -j 2 check kernels
	@$(MAKE) pytest PYTEST_ARGS='-m "not slow and not soak and not erp" $(PYTEST_ARGS)'

erp: $(DEV_STAMP) $(ERP_STAMP) ## Run the loop with a real Tryton server.
	$(PY) -m pytest -m erp -n 0 -p no:randomly tests/erp $(PYTEST_ARGS)

openapi: $(DEV_STAMP) ## Write docs/openapi.yaml from the code.
	$(PY) manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml --settings config.settings.test

schemas: $(DEV_STAMP) ## Write the JSON Schemas of problems and schedules from the code.
	@for name in rack-problem rack-schedule network-problem network-schedule; do \
	  $(PY) -m scheduling.engine schema $$name --out docs/schemas/$$name.schema.json >/dev/null; \
	done

format: $(DEV_STAMP) ## Format the code and fix what ruff can fix.
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

bench: $(DEV_STAMP) ## Measure the figures and print them beside their goals.
	$(PY) -m tests.bench

bench-engine: $(DEV_STAMP) ## Run three public instances a family, beside PyJobShop.
	$(PY) -m tests.bench.public

bench-engine-full: $(DEV_STAMP) ## Run all public instances (hours).
	$(PY) -m tests.bench.public --full --seeds 1

bench-ui: $(DEV_STAMP) ## Measure the pages in headless Chromium.
	$(PY) -m tests.bench --only browser

soak: $(DEV_STAMP) ## Run the long tests: kills, restarts and hours of load.
	$(PY) -m pytest -m soak -s $(PYTEST_ARGS)

lock: $(DEV_STAMP) ## Pin every dependency with its hashes.
	$(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml -o requirements.txt
	$(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --extra dev pyproject.toml -o requirements-dev.txt
	$(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --extra erp pyproject.toml -o requirements-erp.txt

clean: ## Remove the environment, caches, collected files and the demo's data.
	rm -rf $(VENV) $(ERP_VENV) var .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
