# Two commands are all a newcomer needs: `make demo` and `make test`. `make help` lists the rest.

PYTHON ?= python3
PORT ?= 8069
# Handed on to pytest by `make test`, to the benchmark by `make bench`.
ARGS ?=

ENVIRONMENT = $(PYTHON) -m tools.environment

.DEFAULT_GOAL := help
.PHONY: help demo test lint i18n env bench requirements stop clean

help:  ## this list
	@grep -hE '^[a-z0-9]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | expand -t 15

demo:  ## Odoo with the addons and demo data at http://127.0.0.1:8069 (another port: PORT=8070)
	@$(ENVIRONMENT) demo --port $(PORT)

test:  ## all tests (some of them: ARGS="-k segment")
	@$(ENVIRONMENT) test $(ARGS)

lint:  ## ruff, pylint-odoo and Odoo's own linters
	@$(ENVIRONMENT) lint

i18n:  ## export the terms of the addons and merge them into their translations
	@$(ENVIRONMENT) i18n

env:  ## set up Odoo, its Python packages and PostgreSQL in .odoo, nothing else
	@$(ENVIRONMENT) env

bench:  ## measure speed at full size (takes long)
	@$(ENVIRONMENT) run benchmarks/run.py $(ARGS)

requirements:  ## resolve the pinned Python requirements anew (newest versions: UPGRADE=1)
	@$(ENVIRONMENT) requirements $(if $(UPGRADE),--upgrade)

stop:  ## stop the embedded PostgreSQL
	@$(ENVIRONMENT) stop

clean:  ## remove everything that the set-up made
	@$(ENVIRONMENT) clean
