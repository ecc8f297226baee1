# make demo | test | serve | check | bench: each sets itself up first. Python 3.11 or newer is all that is needed.
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
# uv reads no pip configuration; a folder of wheels that pip knows is handed on.
export UV_FIND_LINKS ?= $(PIP_FIND_LINKS)
# Without such a folder, take torch's CPU build: the default one brings gigabytes of CUDA.
# A machine with a GPU: make UV_TORCH_BACKEND=auto …
ifeq ($(strip $(UV_FIND_LINKS)),)
export UV_TORCH_BACKEND ?= cpu
endif
export HF_HUB_OFFLINE ?= 1
export MLFLOW_DISABLE_TELEMETRY ?= true
export DO_NOT_TRACK ?= 1

.DEFAULT_GOAL := help
.PHONY: help setup demo test unit check format repro bench audit clean

help:
	@grep -E '^[a-z-]+:.*##' Makefile | sed 's/:.*##/ -/'

setup: $(VENV)/.ready ## build the virtual environment (no-op when nothing changed)

$(VENV)/.ready: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode -c constraints.txt -e '.[train,pipeline,spark,postgres,telemetry,dev]'
	touch $@

# The peers that the benchmarks run beside ours; nothing else needs them.
$(VENV)/.ready-bench: $(VENV)/.ready
	$(BIN)/uv pip install --quiet --python $(BIN)/python -c constraints.txt -e '.[bench]'
	touch $@

demo: setup ## score eight weeks of real reviews, find themes, write report and store
	$(BIN)/huiyin demo

test: setup ## every test
	sh tests/needs.sh
	$(BIN)/python -m pytest

unit: setup ## the tests that take seconds
	$(BIN)/python -m pytest -m 'not slow'

check: setup ## lint, types, docstrings, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pydoclint --quiet models pipeline
	$(BIN)/lint-imports --no-cache

format: setup ## let ruff mend what it can
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

# DVC runs `python -m …`: that must be the environment's python.
repro: setup ## rebuild what a change touches; a second call does nothing
	PATH="$(CURDIR)/$(BIN):$$PATH" dvc repro

audit: setup ## check the corpus against its targets
	PATH="$(CURDIR)/$(BIN):$$PATH" dvc repro audit

bench: setup ## speed and accuracy beside peers
	$(BIN)/python -m benchmarks.segmentation
	$(BIN)/python -m benchmarks.privacy
	$(BIN)/python -m benchmarks.scoring

# The gold sets lie outside the repository: make bench-themes GOLD=…
GOLD ?= ../shared/gold

.PHONY: bench-frontier bench-themes bench-backlog bench-api bench-data serve
# What the benchmarks read and a fresh clone lacks: the prepared corpus and the peers' encoder.
bench-data: $(VENV)/.ready-bench
	PATH="$(CURDIR)/$(BIN):$$PATH" dvc repro --quiet prepare teacher

bench-frontier: bench-data ## accuracy against speed beside peers (GOLD=folder)
	$(BIN)/python -m benchmarks.frontier $(GOLD)/gold_dev.csv

bench-themes: bench-data ## themes beside BERTopic (GOLD=folder)
	$(BIN)/python -m benchmarks.themes $(GOLD)/themes_waimai.csv $(GOLD)/themes_shop.csv --confirmed 5 --bertopic --n 100000
	$(BIN)/python -m benchmarks.weeks $(GOLD)
	$(BIN)/python -m benchmarks.weeks $(GOLD) --big

bench-backlog: $(VENV)/.ready-bench ## the backlog's figures
	$(BIN)/python -m benchmarks.backlog --spark

bench-api: setup ## the API beside the same app with a constant model
	$(BIN)/python -m benchmarks.api

serve: setup ## the HTTP API on loopback
	$(BIN)/huiyin serve

clean: ## remove the environment and everything generated
	rm -rf $(VENV) build dist *.egg-info demo mlruns mlartifacts mlflow.db data/interim data/processed
