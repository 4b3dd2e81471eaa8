# `make` alone lists what there is. All of it runs in a virtual environment, .venv, that is made
# and kept up to date on the way; only Python and make have to be there.

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help install demo test test-browser lint type docs notebooks lab check bench data mnist folds clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile
	@echo 'Options: PYTHON=python3.12 picks the Python; ARGS="..." is handed on to the program.'

install: $(VENV)/.stamp-demo ## install the project and what its examples use into .venv
	@echo 'Installed. To use it here: . $(VENV)/bin/activate'

demo: $(VENV)/.stamp-demo ## train a network on real digits and draw what it did
	@$(RUN) examples/digits.py $(ARGS)

test: $(VENV)/.stamp-test ## run every test, doctest and the README's example
	@$(RUN) -m pytest $(ARGS)

test-browser: $(VENV)/.stamp-browser ## try the live page in a headless Chromium
	@sh tools/get_chromium.sh
	@$(RUN) -m pytest tests/browser -rs $(ARGS)

lint: $(VENV)/.stamp-lint ## check style and formatting with ruff
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .

type: $(VENV)/.stamp-lint ## check the types of the three packages with mypy --strict
	@$(RUN) -m mypy

docs: $(VENV)/.stamp-test ## run only the examples in the docstrings and in the README
	@$(RUN) -m pytest autograd_core nn optim tests/test_readme.py $(ARGS)

notebooks: $(VENV)/.stamp-notebooks ## execute every notebook; copies with outputs go to out/notebooks
	@$(RUN) tools/notebooks.py run $(ARGS)

lab: $(VENV)/.stamp-lab ## open the notebooks in JupyterLab
	@$(RUN) -m jupyter lab --ServerApp.root_dir="$(CURDIR)" \
		--LabApp.default_url=/lab/tree/notebooks/00_start.ipynb $(ARGS)

check: lint type test test-browser notebooks ## all that has to pass before a change lands

bench: $(VENV)/.stamp-bench ## time training steps beside other engines (installs them: over 1 GB)
	@$(RUN) -m benchmarks $(ARGS)

data: $(VENV)/.stamp-demo ## fetch MNIST into the user's cache
	@$(RUN) tools/fetch_mnist.py

mnist: data ## train on all of MNIST
	@$(RUN) examples/mnist.py $(ARGS)

folds: $(VENV)/.stamp-test ## measure ten-fold test accuracy on the digits
	@$(RUN) examples/ten_fold.py $(ARGS)

clean: ## remove all that was made here, .venv too
	@rm -rf $(VENV) build dist out *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# .place holds the path at which the environment was made: in a repository that was moved or
# copied, or after its Python went away, it is made anew.
ifneq ($(shell test -x $(RUN) && cat $(VENV)/.place 2>/dev/null),$(CURDIR))
.PHONY: $(VENV)/.place
endif

$(VENV)/.place:
	@sh tools/make_venv.sh "$(PYTHON)" $(VENV)
	@rm -f $(VENV)/.stamp-*
	@printf '%s\n' "$(CURDIR)" > $@

$(VENV)/.stamp-%: $(VENV)/.place pyproject.toml
	@echo 'Installing autograd-core[$*] into $(VENV) ...'
	@$(RUN) -m pip install --quiet --editable '.[$*]' || { \
		echo 'pip could not install the packages that pyproject.toml names; see above.' \
		'The first run needs a network connection; then try again.' >&2; exit 1; }
	@touch $@
