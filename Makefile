# kgqa: `make demo` to see it work, `make test` to test it. Each makes what it needs, in .venv.
# Variables: PYTHON=python3.12   UV_TORCH_BACKEND=cpu (smaller torch, where PyTorch's own index can be reached)

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv pip install --quiet --python $(BIN)/python --constraint requirements.lock
# So that the first question need not wait for it, even where Python may not keep what it compiles.
COMPILE := $(BIN)/python -m compileall -q -x node_modules kgqa connectors pipelines ui
PAGE := ui/static/index.html
PAGE_SOURCES := $(shell find ui/web -type f -not -path '*/node_modules/*' 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help demo install install-dev test check lint types layers ui lock browser neo4j neo4j-jars bench-graph bench-rivals bench-extraction bench-retrieval bench-scale clean

help:  ## Show this help
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: install $(PAGE)  ## Ingest the sample, answer three questions, serve the page
	@$(BIN)/kgqa demo

install: $(VENV)/core.done  ## Install what ingesting and asking need (no torch)

install-dev: $(VENV)/dev.done  ## Install everything: training, tests, checks

test: install-dev $(PAGE) browser neo4j-jars  ## Run every test
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

check: lint types layers test  ## Lint, types, layers, tests

lint: install-dev  ## Check style
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: install-dev  ## Check types
	@$(BIN)/mypy -p kgqa -p tests

layers: install-dev  ## Check that imports go down only
	@$(BIN)/lint-imports --cache-dir .import_linter_cache

ui: $(PAGE)  ## Build the page

lock:  ## Pin the versions of every package, without addresses
	@$(BIN)/uv pip compile --quiet --all-extras --no-extra gpu --universal --no-emit-index-url --no-annotate --no-header pyproject.toml -o requirements.lock

$(BIN)/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'kgqa needs Python 3.11 or newer: make PYTHON=python3.12 …'; exit 2; }
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv

$(VENV)/core.done: pyproject.toml requirements.lock | $(BIN)/uv
	@echo 'Installing kgqa into $(VENV) …'
	@$(UV) --compile-bytecode --editable .
	@$(COMPILE)
	@touch $@

$(VENV)/dev.done: pyproject.toml requirements.lock | $(BIN)/uv
	@echo 'Installing kgqa with everything it is tested with into $(VENV) …'
	@$(UV) --editable '.[dev]'
	@$(COMPILE)
	@touch $@ $(VENV)/core.done

$(PAGE): $(PAGE_SOURCES) | $(BIN)/uv
	@tests/tools/build_page.sh $(BIN)

neo4j: install-dev neo4j-jars  ## Run the Neo4j server that the tests use, in the foreground
	@$(BIN)/python -m tests.connectors.neo4j.server $(NEO4J_ARGS)

bench-graph: install  ## Measure the graph; Neo4j too, where NEO4J_URI names an empty one
	@$(BIN)/python -m kgqa.pipelines.evaluation.graph $(BENCH_ARGS)

bench-rivals: install  ## Writing to Neo4j beside langchain-neo4j and neo4j-graphrag; NEO4J_URI names a server with APOC
	@test -d .venv-rivals || $(PYTHON) -m venv .venv-rivals
	@$(BIN)/uv pip install --quiet --python .venv-rivals/bin/python --editable . --group rivals
	@.venv-rivals/bin/python -m kgqa.pipelines.evaluation.graph_rivals $(BENCH_ARGS)

neo4j-jars: install-dev
	@tests/connectors/neo4j/install_java.sh
	@$(BIN)/python -m tests.connectors.neo4j.server --install || echo 'Tests of Neo4j will be skipped.'

browser:
	@tests/tools/install_browser.sh

bench-extraction: install-dev  ## Score the shipped extraction model on the data sets in KGQA_DATA
	@$(BIN)/python -m kgqa.pipelines.evaluation.extraction_development $(BENCH_ARGS)

bench-retrieval: install-dev  ## Score retrieval on the pools of questions in KGQA_DATA, each part beside BM25
	@$(BIN)/python -m kgqa.pipelines.evaluation.retrieval_development $(BENCH_ARGS)

bench-scale: install-dev  ## Measure how retrieval grows, up to 1,000,000 passages (long, 8 GB of memory)
	@$(BIN)/python -m kgqa.pipelines.evaluation.retrieval_scale $(BENCH_ARGS)

clean:  ## Remove what was built
	rm -rf $(VENV) .venv-rivals build dist ui/static ui/web/node_modules *.egg-info
