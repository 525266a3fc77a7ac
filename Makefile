# Two commands matter: `make lectures` and `make test`. Both create .venv and install what they need.

.DEFAULT_GOAL := help
.PHONY: help lectures test lab bench figures grading-report clean

# The first interpreter that is new enough; PYTHON=/path/to/python says which to take instead.
OLDEST := 3.11
NEW_ENOUGH := import sys; sys.exit(sys.version_info[:2] < tuple(map(int, "$(OLDEST)".split("."))))
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c '$(NEW_ENOUGH)' >/dev/null 2>&1 && { echo $$p; break; }; done)

ifeq ($(OS),Windows_NT)
PY := .venv/Scripts/python.exe
else
PY := .venv/bin/python
endif

# Which lectures to run: all, or for example `make lectures NN="01 04"`.
NN ?=

help:
	@echo "make lectures   run every lecture, check every claim, write build/report.html (NN=\"01 04\": only these)"
	@echo "make test       run ruff, mypy and the whole test-suite"
	@echo "make lab        open the lectures in JupyterLab"
	@echo "make bench      compare speeds with other libraries, write docs/speed.md"
	@echo "make figures    draw the figures of the README again"
	@echo "make grading-report   grade the graders, write docs/grading.md (an hour; NN=\"01 hostile\": only these)"
	@echo "make clean      remove what was built (.venv stays)"
	@echo
	@echo "Each makes .venv by itself, from Python >= $(OLDEST) (PYTHON=... chooses one)."

lectures: .venv/.lectures
	@status=0; $(PY) -m minigen.cli lectures run $(NN) || status=$$?; \
	if [ $$status -le 1 ] && [ -t 1 ] && [ -z "$$CI$$SSH_CONNECTION" ]; then \
		if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ] && command -v xdg-open >/dev/null; then \
			xdg-open build/report.html >/dev/null 2>&1 & \
		elif [ "$$(uname)" = Darwin ]; then open build/report.html; fi; \
	fi; \
	exit $$status

# All three run even if one fails, so that one call tells everything.
test: .venv/.dev
	@status=0; \
	echo "Style: ruff"; $(PY) -m ruff check . || status=1; \
	echo "Types: mypy"; $(PY) -m mypy || status=1; \
	echo "Tests: pytest, one process per core"; \
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(PY) -m pytest -n auto -rs || status=1; \
	exit $$status

lab: .venv/.lectures
	@$(PY) -m jupyterlab --ServerApp.root_dir="$(CURDIR)" --LabApp.default_url=/lab/tree/lectures

bench: .venv/.dev
	@$(PY) -m benchmarks
	@$(PY) -m benchmarks.transport

figures: .venv/.lectures
	@$(PY) docs/figure.py

# What was measured is kept in build/: what is not, is measured now.
grading-report: .venv/.dev
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(PY) tests/exercises/report.py $(NN)

clean:
	@rm -rf build dist .pytest_cache .hypothesis .mypy_cache .ruff_cache
	@find . -name __pycache__ -not -path "./.venv/*" -prune -exec rm -rf {} +
	@echo "Removed build, dist and caches; .venv stays (rm -rf .venv removes it)."

# A stamp per extra, so that running the lectures does not install the tools of the tests.
.venv/.lectures .venv/.dev: .venv/.%: pyproject.toml | .venv/pyvenv.cfg
	@echo "Installing minigen[$*] and what it needs into .venv (a minute or two)"
	@$(PY) -m pip install -qq --disable-pip-version-check --editable ".[$*]"
	@touch $@

.venv/pyvenv.cfg:
	@if [ -z "$(PYTHON)" ]; then \
		echo "minigen needs Python >= $(OLDEST) and found none. Install one, or name it: make PYTHON=/path/to/python" >&2; \
		exit 1; fi
	@$(PYTHON) -c '$(NEW_ENOUGH)' || { \
		echo "minigen needs Python >= $(OLDEST); $(PYTHON) is $$($(PYTHON) --version 2>&1)." >&2; exit 1; }
	@echo "Creating .venv with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv .venv || { rm -rf .venv; \
		echo "$(PYTHON) cannot create virtual environments; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
