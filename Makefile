# The door. `make` lists the recipes; `make recipe 1` shows the first.
# PYTHON=python3.12 names the Python to set up with, VENV=path the environment's place.

PYTHON ?= python3
VENV ?= .venv
RUN = $(VENV)/bin/python -m workbook
MAKEFLAGS += --no-print-directory

# `make recipe 3` hands the words after the verb on; as targets of their own they do nothing.
VERBS := recipe start check diff app lessons proof edit new-recipe notebooks
TARGETS := $(VERBS) list lint refresh bench lab test clean
VERB := $(filter $(VERBS),$(firstword $(MAKECMDGOALS)))
WORDS := $(if $(VERB),$(wordlist 2,99,$(MAKECMDGOALS)))
ASKED = $(foreach word,$(N) $(WORDS),'$(word)')

.PHONY: $(TARGETS) $(WORDS)
.DEFAULT_GOAL := list

list: $(VENV)/app.stamp
	@$(RUN) list

recipe diff: $(VENV)/app.stamp
	@$(RUN) $@ $(ASKED)

start: $(VENV)/app.stamp
	@$(RUN) start $(ASKED) $(if $(DIR),--dir '$(DIR)')

check: $(VENV)/app.stamp
	@$(RUN) check $(ASKED) $(if $(DIR),--dir '$(DIR)') $(if $(FORMAT),--format '$(FORMAT)')

app: $(VENV)/app.stamp
	@$(RUN) app $(ASKED) $(if $(DIR),--dir '$(DIR)') $(if $(PORT),--port '$(PORT)')

lessons: $(VENV)/app.stamp
	@$(RUN) lessons $(ASKED) $(if $(CHECK),--check)

lint: $(VENV)/app.stamp
	@$(RUN) lint

bench: $(VENV)/app.stamp
	@$(RUN) bench

proof: $(VENV)/app.stamp
	@$(RUN) proof $(ASKED) $(if $(FORMAT),--format '$(FORMAT)') \
		$(if $(STATEMENTS),--statements '$(STATEMENTS)')

edit: $(VENV)/app.stamp
	@$(RUN) edit $(ASKED) $(if $(DISCARD),--discard)

refresh: $(VENV)/app.stamp
	@$(RUN) refresh $(if $(CHECK),--check)

new-recipe: $(VENV)/app.stamp
	@$(RUN) new-recipe $(ASKED)

notebooks: $(VENV)/app.stamp $(VENV)/notebooks.stamp
	@$(RUN) notebooks $(ASKED) $(if $(CHECK),--check)

lab: $(VENV)/app.stamp $(VENV)/notebooks.stamp
	@$(RUN) lab $(if $(PORT),--port '$(PORT)')

# The tests execute the notebooks, so they need Jupyter, too.
test: $(VENV)/app.stamp $(VENV)/test.stamp $(VENV)/notebooks.stamp
	@$(VENV)/bin/python -m ruff check .
	@$(VENV)/bin/python -m ruff format --check .
	@$(VENV)/bin/python -m mypy
	@$(RUN) lint
	@$(RUN) proof --statements 60
	@$(VENV)/bin/python -m pytest

clean:
	@if [ -e build/edit/edit.json ]; then echo 'build/edit holds an open edit: make refresh takes' \
		'it in, make edit DISCARD=1 throws it away.' >&2; exit 1; fi
	rm -rf build .mypy_cache .pytest_cache .ruff_cache

$(VENV)/%.stamp: requirements/%.txt
	@$(PYTHON) -m workbook.environment '$(VENV)' $*
	@touch $@

ifneq ($(filter-out $(TARGETS),$(WORDS)),)
$(filter-out $(TARGETS),$(WORDS)): ; @:
endif
