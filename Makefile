# Ragsite. `make demo` and `make test` need Python 3.11, and nothing else.

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
PRODUCT := ragsite system knowledgebases documents
# Where the environment tells Python to write no bytecode, each of a site's processes would compile all it imports: a
# start takes twice as long then, and 30 MB more.
COMPILE := $(BIN)/python -m compileall -q -j 0

.DEFAULT_GOAL := help

.PHONY: help
help: ## what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | column -t -s "$$(printf '\t')"

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# --no-deps: the lock file is complete, so pip resolves nothing and installs nothing that it does not name.
# --no-compile: pip compiles with one core.
INSTALL := $(PIP) install --no-deps --no-compile --require-hashes -r

$(VENV)/.installed: requirements.txt | $(BIN)/python
	$(INSTALL) requirements.txt
	@$(COMPILE) $(VENV)/lib $(PRODUCT)
	@touch $@

$(VENV)/.test-installed: tests/requirements.txt $(VENV)/.installed $(VENV)/.models
	$(INSTALL) tests/requirements.txt
	@$(COMPILE) $(VENV)/lib
	@touch $@

# The multilingual embedding model: 91 MB to fetch, 85 MB to keep. MODELS= leaves it out, for English alone.
MODELS ?= multilingual-e5-small
$(VENV)/.models: knowledgebases/embedders/build/e5.py knowledgebases/embedders/build/encoder.py $(VENV)/.installed
	$(if $(MODELS),$(BIN)/python -m knowledgebases.embedders.build.e5)
	@touch $@

.PHONY: models
models: $(VENV)/.models ## lay the weights of the multilingual embedding model beside its graph

.PHONY: install
install: $(VENV)/.installed $(VENV)/.models ## install the product into .venv

.PHONY: demo
demo: install ## start everything, ingest the sample documents, answer questions, keep serving
	$(BIN)/python manage.py demo

.PHONY: up
up: install ## start everything and keep serving
	$(BIN)/python manage.py up

.PHONY: down
down: ## stop what `make demo` or `make up` started
	$(BIN)/python manage.py down

# A file of tests to a worker, in the order of their folders: the long ones, which are few tests each, do not come last.
PYTEST := $(BIN)/python -m pytest -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

.PHONY: test
test: $(VENV)/.test-installed ## the whole test suite
	$(PYTEST)

# The tests that store files.
S3_TESTS := $(addprefix tests/documents/,test_uploads.py test_conflicts.py test_removal.py test_sweeping.py test_jobs.py \
	ingestion admin/test_uploading.py) \
	$(addprefix tests/contract/,documents/test_uploading.py documents/test_upload_conflicts.py \
	documents/test_downloading.py web/documents/test_uploading.py web/documents/test_downloading.py \
	web/documents/test_pictures.py)

.PHONY: test-s3
test-s3: $(VENV)/.test-installed ## the tests that store files once more, with a bucket: SeaweedFS, on the loopback
	RAGSITE_TEST_STORAGE=s3 $(PYTEST) $(S3_TESTS)

.PHONY: test-elasticsearch
test-elasticsearch: $(VENV)/.test-installed ## the engines' tests once more, with a real Elasticsearch (fetched by Maven; wants Java)
	RAGSITE_TEST_ELASTICSEARCH=start $(BIN)/python -m pytest tests/knowledgebases/engines

.PHONY: fuzz
fuzz: $(VENV)/.test-installed ## hostile values on every field of every route, and thousands of requests made of the schema
	RAGSITE_FUZZ=all $(PYTEST) --timeout 3600 tests/security/matrix

CHAOS ?= --seed 1

.PHONY: chaos
chaos: $(VENV)/.test-installed ## kill and stop processes of a site at work for ten minutes; nothing may be lost or wrong
	$(BIN)/python -m tests.chaos $(CHAOS)

.PHONY: contract
contract: $(VENV)/.test-installed ## write docs/contract.md: each route of the contract, its view, the tests that call it
	$(BIN)/python -m tests.contract.report

.PHONY: lint types rules
lint: $(VENV)/.test-installed ## ruff, mypy, import contracts, Django's checks, migrations
	@$(MAKE) --no-print-directory --jobs 2 types rules

types:
	$(BIN)/mypy .

rules:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/python manage.py check
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py spectacular --api-version 0.1.0 --validate --fail-on-warn --file /dev/null

PEERS := var/peers

$(PEERS)/.installed: tests/benchmarks/peers/requirements.txt
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/pip --disable-pip-version-check --quiet install -r $<
	@touch $@

.PHONY: bench-peers
bench-peers: $(VENV)/.test-installed $(PEERS)/.installed ## Chroma, txtai, LlamaIndex and Haystack beside Ragsite; fetches gigabytes
	$(BIN)/python -m tests.benchmarks.peers --python $(PEERS)/bin/python

.PHONY: bench
bench: $(VENV)/.test-installed ## measure ingestion, retrieval, the API; prints tables
	$(BIN)/python -m tests.benchmarks

.PHONY: bench-retrieval
bench-retrieval: $(VENV)/.test-installed ## quality, through HTTP too; speed up to a million chunks; reindexing under load: two hours
	$(BIN)/python -m tests.benchmarks quality through_api scale reindex

.PHONY: samples
samples: $(VENV)/.test-installed ## render the handbook into the demo's sample documents
	$(BIN)/python -m ragsite.demo.render

.PHONY: lock
lock: ## compile requirements.in into pinned, hashed requirements.txt (needs uv)
	uv pip compile --python-version 3.11 --generate-hashes --quiet --output-file requirements.txt requirements.in
	uv pip compile --python-version 3.11 --generate-hashes --quiet --output-file requirements-s3.txt requirements-s3.in
	uv pip compile --python-version 3.11 --generate-hashes --quiet --output-file tests/requirements.txt tests/requirements.in
