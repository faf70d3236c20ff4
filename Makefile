# The door. `make` lists the recipes; `make recipe 1` shows the first.
# PYTHON=python3.12 names the Python to set up with, VENV=path the environment's place.

PYTHON ?= python3
VENV ?= .venv
# What is installed there is known by stamps; make wants their spaces escaped.
SPACE := $(subst ,, )
STAMPS := $(subst $(SPACE),\$(SPACE),$(VENV))
IN_VENV = '$(VENV)/bin/python' -m
RUN = $(IN_VENV) workbook
MAKEFLAGS += --no-print-directory

# `make recipe 3` hands the words after the verb on; as targets of their own they do nothing.
VERBS := recipe start check diff app lessons proof edit new-recipe notebooks
TARGETS := $(VERBS) list lint refresh bench lab test clean
VERB := $(filter $(VERBS),$(firstword $(MAKECMDGOALS)))
WORDS := $(if $(VERB),$(wordlist 2,99,$(MAKECMDGOALS)))
ASKED = $(foreach word,$(N) $(WORDS),'$(word)')

.PHONY: $(TARGETS) $(WORDS)
.DEFAULT_GOAL := list

list: $(STAMPS)/app.stamp
	@$(RUN) list

recipe diff: $(STAMPS)/app.stamp
	@$(RUN) $@ $(ASKED)

start: $(STAMPS)/app.stamp
	@$(RUN) start $(ASKED) $(if $(DIR),--dir '$(DIR)')

check: $(STAMPS)/app.stamp
	@$(RUN) check $(ASKED) $(if $(DIR),--dir '$(DIR)') $(if $(FORMAT),--format '$(FORMAT)')

app: $(STAMPS)/app.stamp
	@$(RUN) app $(ASKED) $(if $(DIR),--dir '$(DIR)') $(if $(PORT),--port '$(PORT)')

lessons: $(STAMPS)/app.stamp
	@$(RUN) lessons $(ASKED) $(if $(CHECK),--check)

lint: $(STAMPS)/app.stamp
	@$(RUN) lint

bench: $(STAMPS)/app.stamp
	@$(RUN) bench

proof: $(STAMPS)/app.stamp
	@$(RUN) proof $(ASKED) $(if $(FORMAT),--format '$(FORMAT)') \
		$(if $(STATEMENTS),--statements '$(STATEMENTS)')

edit: $(STAMPS)/app.stamp
	@$(RUN) edit $(ASKED) $(if $(DISCARD),--discard)

refresh: $(STAMPS)/app.stamp
	@$(RUN) refresh $(if $(CHECK),--check)

new-recipe: $(STAMPS)/app.stamp
	@$(RUN) new-recipe $(ASKED)

notebooks: $(STAMPS)/app.stamp $(STAMPS)/notebooks.stamp
	@$(RUN) notebooks $(ASKED) $(if $(CHECK),--check)

lab: $(STAMPS)/app.stamp $(STAMPS)/notebooks.stamp
	@$(RUN) lab $(if $(PORT),--port '$(PORT)')

# The tests execute the notebooks, so they need Jupyter, too.
test: $(STAMPS)/app.stamp $(STAMPS)/test.stamp $(STAMPS)/notebooks.stamp
	@$(IN_VENV) ruff check .
	@$(IN_VENV) ruff format --check .
	@$(IN_VENV) mypy
	@$(RUN) lint
	@$(RUN) proof --statements 60
	@$(IN_VENV) pytest

clean:
	@if [ -e build/edit/edit.json ]; then echo 'build/edit holds an open edit: make refresh takes' \
		'it in, make edit DISCARD=1 throws it away.' >&2; exit 1; fi
	rm -rf build .mypy_cache .pytest_cache .ruff_cache

$(STAMPS)/%.stamp: requirements/%.txt
	@$(PYTHON) -m workbook.environment '$(VENV)' $*
	@touch '$@'

ifneq ($(filter-out $(TARGETS),$(WORDS)),)
$(filter-out $(TARGETS),$(WORDS)): ; @:
endif
