"""What a refresh made stale: checks to prove again, recorded blocks, notebooks, numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from workbook import diffs, terminal, tree
from workbook.authoring.numbers import lines_to_read, named_in
from workbook.authoring.replay import Before, Moved
from workbook.series import Recipe, Series

_BLOCK = re.compile(r"<!-- recorded: ([^\n]+?) -->")


def report_stale(series: Series, before: Before, moved: Sequence[Moved]) -> None:
    """Print what must be run or read again after the series was written."""
    steps = [one for one in moved if "/" not in one.item.name]
    changed = [one for one in steps if one.tree != one.item.tree or one.below != one.item.below]
    apps = [one.recipe for one in changed if one.tree != one.item.tree]
    if apps:
        terminal.say(f"Stale checks of {_names(apps)}: their apps changed; run `make proof`.")
    if kept := [f"{series.name_of(m.target)}: {', '.join(m.kept)}" for m in moved if m.kept]:
        terminal.say(
            "These kept their own lines where the step changed the same lines; run `make proof`:"
        )
        _list(kept)
    lessons = [*_lessons(series, changed)]
    if lessons:
        terminal.say("Stale recorded blocks; run `make lessons`:")
        _list(lessons)
    if notebooks := [*_notebooks(series, [one.recipe for one in changed])]:
        terminal.say("Stale notebooks:")
        _list(notebooks)
    if lines := [*lines_to_read(series, before)]:
        terminal.say("The order changed; correct the numbers in these lines:")
        _list(lines)


def _names(recipes: Sequence[Recipe]) -> str:
    return ", ".join(f"{recipe.number} ({recipe.id})" for recipe in recipes)


def _list(lines: Sequence[str]) -> None:
    for line in lines:
        terminal.console().print(f"  {line}", markup=False)


def _lessons(series: Series, changed: Sequence[Moved]) -> Iterator[str]:
    for one in changed:
        if not one.recipe.lesson.exists():
            continue
        blocks = _BLOCK.findall(one.recipe.lesson.read_text(encoding="utf-8"))
        news = _changed_hunks(series, one)
        stale = [b for b in blocks if b in news]
        stale += [b for b in blocks if b == "output" and one.tree != one.item.tree]
        if stale:
            yield f"{series.name_of(one.recipe.lesson)}: {', '.join(stale)}"


def _changed_hunks(series: Series, one: Moved) -> set[str]:
    """Return the recorded blocks whose hunk is another one now, or is gone."""
    store = tree.store(series)
    old = _hunks(store.export(one.item.below, one.item.tree))
    new = _hunks(store.export(one.below, one.tree))
    changed = {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
    return {f"hunk {path} {n}" for path, n in changed} | {f"hunk {path}" for path, _ in changed}


def _hunks(body: str) -> dict[tuple[str, int], tuple[str, ...]]:
    files = diffs.files_of(body)
    return {(part.path, hunk.number): hunk.lines for part in files for hunk in part.hunks}


def _notebooks(series: Series, recipes: Sequence[Recipe]) -> Iterator[str]:
    """Yield the notebooks that name a changed recipe by its id or its number."""
    for path in sorted(series.root.glob("notebooks/**/*.md")):
        text = path.read_text(encoding="utf-8")
        if any(recipe.id in text or recipe.number in named_in(text) for recipe in recipes):
            yield series.name_of(path)
