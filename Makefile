# Every target sets itself up: Python 3.11 or newer, Git and make are all that has to be there.
#
#   make demo                     make test PYTHON=python3.12 VENV=.venv/3.12
#   make test ARGS='-k names'     make bench BENCH_ARGS='--help'

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
ARGS   ?=
# One more than there are processors: tests wait for servers and for locks, too.
WORKERS ?= $(shell echo $$(($$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2) + 1)))
BENCH_ARGS ?=
STRESS_ARGS ?=
MODEL_ARGS ?=
FUZZ_ARGS ?=

# Each of pytest's workers would compile all tests anew, assertions and all, in every run.
unexport PYTHONDONTWRITEBYTECODE

PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

CODE := src tests examples docs/theme

INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

# Each has tests/with_NAME, with pins beside its tests, and an environment of its own.
INTEGRATIONS := mlflow mlflow_skinny zenml cloudevents_1 cloudevents_2 sagemaker dataframes kubernetes kserve

# Each has a test in tests/with_frameworks with pins of its own, and an environment of its own.
FRAMEWORKS := sklearn onnx xgboost lightgbm catboost keras mlflow torch transformers

.DEFAULT_GOAL := help
.PHONY: help demo test test-integrations test-frameworks docs docs-serve pictures lint format bench stress model fuzz release clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/installed ## train three models, release them, roll one back, and tell the story
	@$(BIN)/python examples/demo.py

test: $(VENV)/installed-dev ## run the tests
	$(PYTEST) -m 'not integration' $(ARGS)

test-integrations: $(VENV)/installed-dev $(VENV)/installed-docs $(INTEGRATIONS:%=$(VENV)/with_%/installed) ## run whole examples, and the tests with a browser and the real DVC, GTO, MLflow, ZenML, KServe, boto3, CloudEvents SDKs, Polars and JAX
	$(PYTEST) -m integration $(ARGS)
	@set -e; for it in $(INTEGRATIONS); do echo "== with $$it"; \
	    $(VENV)/with_$$it/bin/python -m pytest -c tests/with_$$it/pytest.ini tests/with_$$it $(ARGS); done

# Neither in `make test` nor in .ci/run: the environments are some 10 GB, of which PyTorch with CUDA, which
# the package index has no other build of, is most.
test-frameworks: $(FRAMEWORKS:%=$(VENV)/frameworks/%/installed) $(VENV)/with_ray/installed ## train, log, register, load with the real frameworks; serve with Ray (10 GB)
	@set -e; for it in $(FRAMEWORKS); do echo "== with $$it"; \
	    $(VENV)/frameworks/$$it/bin/python -m pytest -c tests/with_frameworks/pytest.ini tests/with_frameworks/test_with_$$it.py $(ARGS); done
	@echo "== with ray"; $(VENV)/with_ray/bin/python -m pytest -c tests/with_ray/pytest.ini tests/with_ray $(ARGS)

# MkDocs Material announces its successor in each build; the pins are in constraints.txt.
MKDOCS := NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs

docs: $(VENV)/installed-docs ## build the documentation into build/site; a broken link or anchor fails
	$(MKDOCS) build --strict $(ARGS)

docs-serve: $(VENV)/installed-docs ## show the documentation on http://127.0.0.1:8000, rebuilt as you write
	$(MKDOCS) serve $(ARGS)

# It needs Chromium, npm, faketime and the font JetBrains Mono.
pictures: $(VENV)/installed-dev ## take the pictures of commands in docs/pictures again
	$(INSTALL) pillow==13.0.0
	$(BIN)/python examples/terminal_pictures.py docs/pictures

lint: $(VENV)/installed-dev ## check the style, the formatting and the types
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy

format: $(VENV)/installed-dev ## put imports and layout in order
	$(BIN)/ruff check --select I --fix $(CODE)
	$(BIN)/ruff format $(CODE)

bench: $(VENV)/installed-dev ## measure the speed (docs/concepts/performance.md)
	$(BIN)/python tests/bench/run.py $(BENCH_ARGS)

stress: $(VENV)/installed-dev $(VENV)/with_kserve/installed ## kill, race and crowd at one remote (docs/concepts/reliability.md; hours)
	$(BIN)/python tests/stress/run.py $(STRESS_ARGS)
	$(VENV)/with_kserve/bin/python tests/with_kserve/serving_crowd.py

model: $(VENV)/installed-dev ## hold the policy against a plain model of it, all sequences (docs/concepts/security.md)
	$(BIN)/python tests/model/walk.py $(MODEL_ARGS)

fuzz: $(VENV)/installed-dev ## hold the readers of YAML against each other, and read mutated files (docs/concepts/reliability.md; an hour)
	$(BIN)/python tests/fuzz/yaml_readers.py $(FUZZ_ARGS)
	$(BIN)/python tests/fuzz/contents.py

release: $(VENV)/installed-release ## build the sdist and the wheel, install each, and test what is installed
	$(BIN)/python tests/release/build_and_try.py $(ARGS)

clean: ## remove the virtual environment and what the tools leave behind
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

# The set-ups: what mreg needs to run, that with the tools of its developers, and what builds the
# documentation. Each is done again when the files that name the packages change.

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "mreg needs Python 3.11 or newer: make PYTHON=python3.11 ..." >&2; exit 1; }
	@echo "Making the virtual environment $(VENV) ..."
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/with_%/installed: pyproject.toml tests/with_%/requirements.txt | $(BIN)/python
	@echo "Installing what the tests with $* need ..."
	@$(PYTHON) -m venv $(VENV)/with_$*
	@given="--quiet --requirement tests/with_$*/requirements.txt --editable ."; \
	    if command -v uv >/dev/null; then uv pip install --python $(VENV)/with_$* $$given; \
	    else $(VENV)/with_$*/bin/python -m pip install --disable-pip-version-check $$given; fi
	@touch $@

$(VENV)/frameworks/%/installed: pyproject.toml tests/with_frameworks/requirements/%.txt | $(BIN)/python
	@echo "Installing what the tests with $* need ..."
	@$(PYTHON) -m venv $(VENV)/frameworks/$*
	@given="--quiet --requirement tests/with_frameworks/requirements/$*.txt --editable ."; \
	    if command -v uv >/dev/null; then uv pip install --python $(VENV)/frameworks/$* $$given; \
	    else $(VENV)/frameworks/$*/bin/python -m pip install --disable-pip-version-check $$given; fi
	@touch $@

$(VENV)/installed: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing mreg ..."
	@$(INSTALL) --editable .
	@touch $@

$(VENV)/installed-dev: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing mreg and the tools of its developers ..."
	@$(INSTALL) --editable '.[test,lint]'
	@touch $@ $(VENV)/installed

$(VENV)/installed-docs: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing what builds the documentation ..."
	@$(INSTALL) --editable '.[docs]'
	@touch $@ $(VENV)/installed

$(VENV)/installed-release: $(VENV)/installed-dev
	@$(INSTALL) --editable '.[release]'
	@touch $@
