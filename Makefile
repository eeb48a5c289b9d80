# Two commands from a fresh clone, with nothing but Python 3.11 or newer: `make demo`, `make test`.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
DEMO ?= demo
DEMO_FLAGS ?=
# files of tests that run at a time, each with one thread
TEST_PROCESSES ?= 2
STAMP := .venv/installed

.PHONY: help install demo test lint clean-demo
help:
	@echo "make demo        phantom cases, a sweep over them, its front (everything under $(DEMO)/)"
	@echo "make test        everything CI runs"
	@echo "make lint        formatting, lint, types, import contracts"
	@echo "make clean-demo  remove $(DEMO)/ so that the demo starts afresh"

install: $(STAMP)
$(STAMP): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; none found. Set PYTHON=..."; exit 2; }
	$(PYTHON) -m venv .venv
	@# torch alone and first: its exact pin decides which build everything else then fits to
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt torch
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[segmentation,dev]'
	@touch $(STAMP)

demo: install
	@test -d $(DEMO)/phantom || $(BIN)/trainables phantom $(DEMO)/phantom --cases 16 --seed 0 --size 80 80 64
	TRAINABLES_CACHE=$(abspath $(DEMO))/cache \
	$(BIN)/pareto-search run experiments/quickstart.yaml --storage $(DEMO)/results \
	    --set params.data.root=$(DEMO)/phantom $(DEMO_FLAGS)
	$(BIN)/pareto-search pick quickstart --knee --storage $(DEMO)/results --export $(DEMO)/model --overwrite
	@echo
	@echo "Everything of this demo lies under $(DEMO)/ (make clean-demo removes it). Look further with"
	@echo "  $(BIN)/pareto-search ui quickstart --storage $(DEMO)/results"
	@echo "  $(BIN)/pareto-search front quickstart --storage $(DEMO)/results --plot front.html"
	@echo "  $(BIN)/trainables predict --model $(DEMO)/model $(DEMO)/phantom --out $(DEMO)/predictions"

test: install lint
	OMP_NUM_THREADS=1 $(BIN)/pytest -n $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder \
	    --cov --cov-report=term:skip-covered --cov-fail-under=95

lint: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

clean-demo:
	rm -rf $(DEMO)
