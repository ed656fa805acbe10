# `make help` lists the targets. Everything runs from .venv, which `make` builds from the pinned lock files.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime-installed
DEV := $(VENV)/.dev-installed
WORKERS ?= auto

.DEFAULT_GOAL := help
.PHONY: help run test schemathesis lint bench bench-checks bench-pages bench-live bench-metrics bench-alerts compat-promql compat-alertmanager torture-checks torture-doors torture-metrics torture-alerts lock screenshots clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  %-16s %s\n", $$1, $$2}'

$(RUNTIME): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; set PYTHON=/path/to/python3.11"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(DEV): requirements-dev.lock $(RUNTIME)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

run: $(RUNTIME) ## Start the whole portal (PostgreSQL, Valkey, web, engine, worker, beat)
	@exec $(BIN)/python manage.py up

test: $(DEV) ## Run the whole suite against a private PostgreSQL and Valkey
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

schemathesis: $(DEV) ## Ask every API operation many generated questions
	SCHEMATHESIS_EXAMPLES=100 $(BIN)/python -m pytest tests/test_openapi.py --timeout 3600

lint: $(DEV) ## ruff, mypy --strict, import floors, missing migrations, templates
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/djlint templates --lint --quiet

bench: bench-checks bench-pages bench-live bench-metrics bench-alerts ## Run every benchmark

bench-checks: $(DEV) ## Checks per CPU-second, lateness, lost and doubled results
	$(BIN)/python -m benchmarks.checks

bench-metrics: $(DEV) ## Samples in, on disk and out, beside Prometheus and VictoriaMetrics
	$(BIN)/python -m benchmarks.metrics

bench-alerts: $(DEV) ## Alerts in, to their receivers and on lists, beside Alertmanager; escalations; a hanging channel
	$(BIN)/python -m benchmarks.alerts

bench-pages: $(DEV) ## Overview with 10,000 checks: time, statements, bytes
	$(BIN)/python -m benchmarks.pages

bench-live: $(DEV) ## 1,000 WebSocket clients: gaps and delay; flip to open page
	$(BIN)/python -m benchmarks.live

compat-promql: $(DEV) ## Ask our PromQL and Debian's Prometheus the same on the same samples, and compare
	$(BIN)/python -m benchmarks.compat

compat-alertmanager: $(DEV) ## Play 600 random cases on Debian's Alertmanager and on our thinking, and compare what is told
	$(BIN)/python -m benchmarks.compat_alertmanager
	$(BIN)/python -m benchmarks.compat_alertmanager --store --cases 60

screenshots: $(DEV) ## Make the pictures of docs/images from a private portal with a made-up estate
	$(BIN)/python -m docs.screenshots

torture-checks: $(DEV) ## Kill and freeze every process of a portal at work, and count what its checks lost
	$(BIN)/python -m benchmarks.torture_checks

torture-metrics: $(DEV) ## Kill, 500 times, whoever writes samples and compacts them, and count what was lost
	$(BIN)/python -m benchmarks.torture_metrics

torture-alerts: $(DEV) ## 20,000 alerts while parts are killed 100 times and receivers fail; count what was lost or doubled
	$(BIN)/python -m benchmarks.torture_alerts

torture-doors: $(DEV) ## Ask, push and cut off everything that could hurt the doors of metrics, and watch memory and answers
	$(BIN)/python -m benchmarks.torture_doors

lock: $(DEV) ## Pin the dependencies again (needs the network)
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock

clean: ## Remove .venv and caches (var/, the data, stays)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
