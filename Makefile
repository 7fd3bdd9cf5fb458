# Everything goes into .venv inside this checkout; nothing is installed outside of it.
# A fresh machine needs Python 3.11 or later (with venv), make, and pip's access to a package index.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: demo test lint bench torture tools screenshots dictionary constraints clean help

help:
	@echo "make demo   set up, crawl the bundled sample site into demo-archive/ and show what it found"
	@echo "make test   set up, run the tests"
	@echo "make tools  set up other people's programs in .tools/ (warcio, pywb, ReplayWeb.page, scrapyd, …), for the tests"
	@echo "make screenshots  set up, take the README's pictures anew"
	@echo "make lint   set up, run ruff, mypy --strict and the import contract"
	@echo "make bench  set up, run the benchmarks and write docs/performance.md (loopback only; long)"
	@echo "make torture  set up, kill and fault crawls at every step, read beside them, fuzz the reader (many hours)"

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "msarchive needs Python 3.11 or later; $(PYTHON) is older (try: make PYTHON=python3.12)" >&2; exit 2; }
	@echo "Setting up .venv ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,render,browse,report,parquet,postgresql,dask]'
	@# Where PYTHONDONTWRITEBYTECODE is set (many container images), pip compiles nothing and every start takes 2 s longer.
	@$(BIN)/python -m compileall -q -j 0 -x '/tests/' .venv >/dev/null 2>&1 || true
	@touch $(STAMP)

demo: $(STAMP)
	@$(BIN)/msarchive demo

# Compiled once: where PYTHONDONTWRITEBYTECODE is set each of the thousand commands that the tests run would do it.
test: $(STAMP)
	@$(BIN)/python -m compileall -q crawler pipelines spiders storage tests
	@$(BIN)/python -m pytest -n auto --dist worksteal -q

# Other people's programs, as checks. They pin old dependencies: each lives in an environment of its own.
TOOLS := $(patsubst %,.tools/%/.installed,warc pywb wacz replayweb scrapyd deploy axe frictionless datasette)
REPLAYWEB := replaywebpage@2.4.6
AXE := axe-core@4.14.1

tools: $(TOOLS)

.tools/%/.installed: tests/tools/environments/%.txt
	@echo "Setting up .tools/$* ..."
	@$(PYTHON) -m venv --clear .tools/$*
	@.tools/$*/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@if [ $* = replayweb ]; then cd .tools/$* && tar -xzf "$$(npm pack --silent $(REPLAYWEB))"; fi
	@touch $@

# The README's pictures, from the demonstration's archive in Chromium.
screenshots: $(STAMP)
	@MSARCHIVE_SCREENSHOTS=1 $(BIN)/python -m pytest -q -n 0 tests/browse/test_screenshots.py

# Nothing of Python's: what looks at pages with the eyes of those who can't see them (tests/browse).
.tools/axe/.installed: Makefile
	@echo "Setting up .tools/axe ..."
	@mkdir -p .tools/axe
	@cd .tools/axe && tar -xzf "$$(npm pack --silent $(AXE))"
	@touch $@

lint: $(STAMP)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

# ARGS="--only reading" for one of them (benchmarks/README.md).
bench: $(STAMP)
	@$(BIN)/python -m benchmarks $(ARGS)

# ARGS="--kills 100 --stride 50 --readers 60" for less of it (docs/reliability.md).
torture: $(STAMP)
	@$(BIN)/python -m tests.torture $(ARGS)
	@$(BIN)/python -m tests.torture.fuzz
	@MSARCHIVE_KILLS=100 $(BIN)/python -m pytest -q -n 2 tests/workers/test_dying.py

dictionary: $(STAMP)
	@$(BIN)/python -m storage.dictionary

# The exact versions that tests and demo run with. No index address gets in.
constraints: $(STAMP)
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-annotate --no-header --no-emit-index-url \
	  --extra dev --extra render --extra browse --extra report --extra parquet --extra postgresql --extra dask --output-file constraints.txt pyproject.toml

clean:
	rm -rf .venv .tools demo-archive build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
