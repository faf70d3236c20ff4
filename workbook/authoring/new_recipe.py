"""`make new-recipe NAME`: the next recipe's entry and folder, with every file in place."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import replace

from workbook import terminal
from workbook.authoring import journal, state
from workbook.authoring.replay import KINDS
from workbook.errors import PASSED, UsageError
from workbook.linting import SECTIONS, TO_WRITE
from workbook.series import MANIFEST, Planned, Recipe, Series

_ENTRY = """\
[[recipe]]
id = "{id}"
chapter = "{chapter}"
title = "{title}"
goal = "{todo}"
minutes = 15
needs = []
time_limit = 60

"""
_STEP = "{todo}: why the app changes, in one paragraph.\n"
_SNIPPET = '''\
"""{title}: {todo} what this shows."""

from my_app import create_app

app = create_app({{"TESTING": True}})
print(app.name)
'''
_CHECK = '''\
import pytest

from checks import expect


@pytest.mark.hint("{todo}")
def test_{id}(site):
    """{todo}: the sentence that the learner reads."""
    page = site.get("/en/home")
    expect("{todo}" in page.text, wanted="{todo}", seen=page.text)
'''


def new_recipe(series: Series, names: Sequence[str], chapter: str = "") -> int:
    """Start the next recipe: the one named, or the first planned one.

    `chapter` is the name of a folder in chapters/, '' the planned one or that of the last recipe.
    """
    if len(names) > 1:
        raise UsageError("One recipe at a time: `make new-recipe name`.")
    planned = _planned(series, names[0] if names else "")
    if chapter:
        planned = replace(planned, chapter=_chapter(series, chapter))
    with state.alone(series):
        recipe = _recipe(series, planned)
        change = journal.Change()
        change.writes[series.root / MANIFEST] = _manifest(series, planned).encode()
        for name, text in _files(recipe).items():
            change.writes[recipe.folder / name] = text.encode()
        journal.carry_out(series.root, change)
        for kind in KINDS[:2]:
            (recipe.folder / kind).mkdir(exist_ok=True)
    _report_started(series, recipe)
    return PASSED


def _planned(series: Series, name: str) -> Planned:
    if not name and not series.planned:
        raise UsageError("The recipe needs a name, for example `make new-recipe sessions`.")
    if not name:
        return series.planned[0]
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise UsageError(f"{name!r} cannot be a recipe's name: lower case letters, digits and _.")
    if any(recipe.id == name for recipe in series.recipes):
        raise UsageError(f"{name} is a recipe already; `make edit {name}` edits it.")
    for planned in series.planned:
        if planned.id == name:
            return planned
    chapter = series.recipes[-1].chapter if series.recipes else "ch01"
    title = name.replace("_", " ").capitalize()
    return Planned(len(series.recipes) + 1, name, chapter, title)


def _chapter(series: Series, name: str) -> str:
    known = {entry.chapter for entry in series.recipes} | {p.chapter for p in series.planned}
    known |= {path.name for path in series.root.glob("chapters/ch*") if path.is_dir()}
    if name in known:
        return name
    raise UsageError(f"There is no chapter {name!r}; there are: {', '.join(sorted(known))}.")


def _recipe(series: Series, planned: Planned) -> Recipe:
    number = len(series.recipes) + 1
    folder = series.root / "chapters" / planned.chapter / f"r{number:02d}_{planned.id}"
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{series.name_of(folder)} is not empty; nothing was written.")
    facts = (planned.id, planned.chapter, planned.title)
    return Recipe(number, *facts, TO_WRITE, 15, (), 60, folder)


def _manifest(series: Series, planned: Planned) -> str:
    """Return the manifest with the new entry behind the last one; comments stay where they are."""
    text = (series.root / MANIFEST).read_text(encoding="utf-8")
    kept = [part for part in _parts(text) if not _is_plan_of(part, planned.id)]
    entry = _ENTRY.format(
        id=planned.id, chapter=planned.chapter, title=planned.title, todo=TO_WRITE
    )
    place = 1 + max((n for n, part in enumerate(kept) if part.startswith("[[recipe]]")), default=0)
    head = [*kept[:place]]
    head[-1] = head[-1].rstrip("\n") + "\n\n"
    return "".join([*head, entry, *kept[place:]]).rstrip("\n") + "\n"


def _parts(text: str) -> list[str]:
    """Split a manifest before each entry; the first part is what comes before all of them."""
    return re.split(r"(?m)^(?=\[\[)", text)


def _is_plan_of(part: str, name: str) -> bool:
    if not part.startswith("[[planned]]"):
        return False
    return any(facts.get("id") == name for facts in tomllib.loads(part)["planned"])


def _files(recipe: Recipe) -> dict[str, str]:
    facts = {"id": recipe.id, "title": recipe.title, "todo": TO_WRITE}
    return {
        "README.md": _lesson(recipe),
        "step.diff": _STEP.format(**facts),
        "snippet.py": _SNIPPET.format(**facts),
        "check.py": _CHECK.format(**facts),
    }


def _lesson(recipe: Recipe) -> str:
    recorded = {"Run it": "<!-- recorded: output -->\n<!-- end -->\n\n"}
    parts = [f"# {recipe.number}. {recipe.title}\n\n{TO_WRITE}: the problem, in two lines.\n\n"]
    parts += [f"## {name}\n\n{TO_WRITE}\n\n{recorded.get(name, '')}" for name in SECTIONS]
    return "".join(parts).rstrip("\n") + "\n"


def _report_started(series: Series, recipe: Recipe) -> None:
    n = recipe.number
    terminal.say(f"Recipe {n} is started in [bold]{series.name_of(recipe.folder)}[/].")
    terminal.say(
        f"It belongs to the chapter {recipe.chapter}; to move it, change `chapter` in {MANIFEST} "
        "and run `make refresh`. Next:"
    )
    terminal.say(f" make edit {n}                  change the app, then make refresh")
    terminal.say(f" make edit {n} mistakes/name    a typical wrong solution, then make refresh")
    terminal.say(" make lint                    reports what is still missing")
