# Two commands for a newcomer: `make verify` and `make test`. Both set up .venv from the locked requirements first, once.
PYTHON ?= python3.11
VENV   := .venv
BIN    := $(VENV)/bin
PEERS  := .venv-peers
UV     ?= uv

.PHONY: verify test serve bench calibrate sabotage docs readme reference lock lint clean help

help:
	@echo "make verify     set up, measure the core claims, print the table, write build/report.html"
	@echo "make test       set up, run every test"
	@echo "make serve      set up, serve the page on this machine"
	@echo "make lint       ruff, mypy and the import floors"
	@echo "make bench      measure benchmarks/RESULTS.md beside the peers; NAME=startup: that one alone"
	@echo "make calibrate  every statistical claim at 20 fresh seeds"
	@echo "make docs       build the documentation site into build/site; a broken link fails"
	@echo "make readme     regenerate the README's table of papers"
	@echo "make reference  measure the verdicts that ship as reference.jsonl"
	@echo "make lock       resolve requirements/*.txt anew (needs uv)"

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements/run.txt pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --require-hashes -r requirements/run.txt
	$(BIN)/pip install --quiet --no-deps --editable .
	touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.run
	$(BIN)/pip install --quiet --require-hashes -r requirements/dev.txt
	touch $@

$(VENV)/.docs: requirements/docs.txt $(VENV)/.run
	$(BIN)/pip install --quiet --require-hashes -r requirements/docs.txt
	touch $@

verify: $(VENV)/.run
	@mkdir -p build
	$(BIN)/phasebook verify --report build/report.html

test: $(VENV)/.dev
	$(BIN)/python -m pytest

serve: $(VENV)/.run
	$(BIN)/phasebook serve

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The peers have an environment of their own; one that is not there (those of torch-peers.txt at first) is skipped with the reason.
$(PEERS)/.installed: requirements/peers.txt
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/pip install --quiet --require-hashes -r requirements/peers.txt
	touch $@

bench: $(VENV)/.dev $(PEERS)/.installed
	PHASEBOOK_PEERS=$(abspath $(PEERS))/bin/python $(BIN)/python -m benchmarks $(NAME)

calibrate: $(VENV)/.dev
	$(BIN)/python -m benchmarks.calibrate

sabotage: $(VENV)/.dev
	$(BIN)/python -m tests.mutation

readme: $(VENV)/.run
	$(BIN)/python -m docs.readme_table

reference: $(VENV)/.run
	$(BIN)/python -m docs.reference_records

docs: $(VENV)/.docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet

lock:
	$(UV) pip compile pyproject.toml --extra cluster --extra web --constraint requirements/pins.in --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" --output-file requirements/run.txt
	$(UV) pip compile pyproject.toml --extra dev --constraint requirements/pins.in --constraint requirements/run.txt --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" --output-file requirements/dev.txt
	$(UV) pip compile pyproject.toml --extra docs --extra web --constraint requirements/pins.in --constraint requirements/run.txt --constraint requirements/dev.txt --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" --output-file requirements/docs.txt
	$(UV) pip compile requirements/peers.in --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" --output-file requirements/peers.txt

clean:
	rm -rf $(VENV) $(PEERS) build
