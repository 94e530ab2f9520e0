# Thin on purpose: each target is one command that can be typed without make as well.
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -ec
.DEFAULT_GOAL := help

export PORT ?= 8000
export MATCHMAKER_DATA_DIR ?= $(CURDIR)/data

PIP := .venv/bin/python -m pip install --disable-pip-version-check --progress-bar off
# One line a package is progress enough; what is already there is not news.
QUIETER := grep --line-buffered -E '^ *(Collecting|Downloading|Building|Installing|Successfully|ERROR|error)' || true

.PHONY: help run demo-remove test rights sbom lint words bench clean

help:  ## list every target
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

.venv/.run: pyproject.toml
	@echo "Installing (once; a few minutes on a slow line) …"
	@test -x .venv/bin/python || python3 -m venv .venv
	@$(PIP) -e . > >($(QUIETER)) && touch $@

.venv/.dev: .venv/.run
	@echo "Installing what the tests need …"
	@$(PIP) -e '.[dev]' > >($(QUIETER)) && touch $@

run: .venv/.run  ## install, create the database with a demonstration cluster, serve on $PORT
	@.venv/bin/matchmaker init
	@.venv/bin/matchmaker demo load --if-empty
	@echo "Serving until Ctrl-C. Mails are printed here."
	@MATCHMAKER_LOG_FORMAT=$${MATCHMAKER_LOG_FORMAT:-console} MATCHMAKER_LOG_LEVEL=$${MATCHMAKER_LOG_LEVEL:-WARNING} \
		exec .venv/bin/gunicorn -c python:matchmaker.serving wsgi:app

demo-remove: .venv/.run  ## take the fictional demonstration cluster out again
	@.venv/bin/matchmaker demo remove

test: .venv/.dev  ## every test: unit, architecture, HTTP, real browser, real model, real PostgreSQL
	@.venv/bin/python -m pytest -n 2 --dist loadscope

rights: .venv/.dev  ## branch coverage of the code that decides, records, exports and erases
	@.venv/bin/python -m coverage run --branch --data-file=.coverage.rights \
		--include='matchmaker/permissions.py,matchmaker/items/queries.py,matchmaker/audit/*,matchmaker/privacy/*,matchmaker/reports/*,matchmaker/introductions/disclosure.py,matchmaker/introductions/models.py' \
		-m pytest -q tests/audit tests/privacy tests/permissions/test_rules.py tests/reports \
		tests/confidentiality/test_teasers.py tests/api/test_working.py \
		tests/introductions/test_consents.py tests/introductions/test_introductions.py
	@.venv/bin/python -m coverage report --data-file=.coverage.rights --show-missing

sbom: .venv/.run  ## what is installed, with versions and licences, as a CycloneDX bill of materials: build/sbom.json
	@test -x build/sbom/bin/pip || python3 -m venv build/sbom
	@build/sbom/bin/pip install --disable-pip-version-check -q 'cyclonedx-bom>=7.5,<8'
	@build/sbom/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --of JSON \
		-o build/sbom.json .venv/bin/python

lint: .venv/.dev  ## style, types of the engine, import contracts
	@.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/mypy && .venv/bin/lint-imports

words: .venv/.dev  ## bring the catalogues of every language up to date with code and templates, and list what is missing
	@mkdir -p build && .venv/bin/pybabel -q extract -F pyproject.toml --add-location=file --sort-by-file -o build/words.pot .
	@.venv/bin/pybabel -q update -i build/words.pot -d matchmaker/translations \
		--no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --no-wrap
	@.venv/bin/python -m pytest -q tests/test_translations.py

bench: .venv/.dev  ## speed of the engine against baselines in the same run
	@.venv/bin/python -m benchmarks

clean:  ## remove the virtual environment (the data stays)
	@rm -rf .venv
