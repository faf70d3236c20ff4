# `make` lists the recipes and the commands; `make recipe 1` shows the first recipe.
# PYTHON=python3.12 names the Python to set up with, VENV=path the folder of the environment.

PYTHON ?= python3
VENV ?= .venv
MAKEFLAGS += --no-print-directory --no-builtin-rules

# What the command line says goes on as it stands: neither make nor a shell expands it.
GIVEN := $(foreach name,$(.VARIABLES),$(if $(filter command,$(firstword $(origin $(name)))),$(name)))
$(foreach name,$(GIVEN),$(eval override $(name) := $$(value $(name))))
export WORKBOOK_GOALS := $(MAKECMDGOALS)
export WORKBOOK_GIVEN := $(strip $(GIVEN))
export SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
export PYTHON VENV $(GIVEN)

.PHONY: run clean

# The commands are in workbook/cli.py. `make recipe 3` has two goals, and both of them run this once.
run:
	@for python in "$$VENV/bin/python" "$$PYTHON"; do \
		"$$python" -I -c "$$SUPPORTED" 2>/dev/null && exec "$$python" -I workbook/environment.py; \
	done; \
	echo "$$PYTHON is $$("$$PYTHON" --version 2>&1 | tail -n 1);" \
		"the workbook needs 3.11, 3.12 or 3.13: make PYTHON=python3.12 ..." >&2; exit 2

clean:
	@if [ -e build/edit/edit.json ]; then echo 'build/edit holds an open edit: `make refresh` takes' \
		'it in, `make edit DISCARD=1` discards it.' >&2; exit 1; fi
	rm -rf build .mypy_cache .pytest_cache .ruff_cache

Makefile: ;

%: run ; @:
