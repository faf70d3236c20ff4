"""The numbers of recipes in texts, after the order of the recipes changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from workbook.authoring.replay import Before
from workbook.series import Recipe, Series

# A recipe's own files in which `make check 7` names its own number.
FILES = ("README.md", "check.py", "snippet.py")
_TITLE = re.compile(r"\A# \d+\. ")
_COMMAND = re.compile(r"\bmake ([a-z-]+) (\d+)\b")
_NUMBERED = re.compile(r"\b(?:[Rr]ecipe|[Ss]tep|make [a-z-]+) (\d+)\b|\br(\d\d)_\w+")


def moved(series: Series, before: Before) -> dict[int, int | None]:
    """Return the new number of each number that now means another recipe; None: it is gone."""
    now = {recipe.id: recipe.number for recipe in series.recipes}
    pairs = {number: now.get(name) for number, name in enumerate(before.steps, 1)}
    return {old: new for old, new in pairs.items() if old != new}


def renumbered(text: str, old: int, new: int) -> str:
    """Return a recipe's own text with its number in the title and in the commands as it is now."""

    def command(match: re.Match[str]) -> str:
        return f"make {match[1]} {new}" if int(match[2]) == old else match[0]

    return _COMMAND.sub(command, _TITLE.sub(f"# {new}. ", text))


def named_in(text: str) -> set[int]:
    """Return the numbers of recipes that a text names."""
    return {int(number or folder) for number, folder in _NUMBERED.findall(text)}


def lines_to_read(series: Series, before: Before) -> Iterator[str]:
    """Yield the lines that name the number of a recipe that has another number now."""
    changed = moved(series, before)
    if not changed:
        return
    for recipe in series.recipes:
        for name in FILES:
            yield from _lines(series, recipe.folder / name, changed, recipe)
    pages = [series.root / "README.md", *sorted(series.root.glob("chapters/*/README.md"))]
    for page in (*pages, *sorted(series.root.glob("notebooks/**/*.md"))):
        yield from _lines(series, page, changed)


def _lines(
    series: Series, page: Path, changed: dict[int, int | None], own: Recipe | None = None
) -> Iterator[str]:
    if not page.is_file():
        return
    for at, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        rest = line
        if own:  # these were renumbered
            rest = _TITLE.sub("", re.sub(rf"\bmake [a-z-]+ {own.number}\b", "", line))
        if numbers := sorted(named_in(rest) & changed.keys()):
            now = ", ".join(f"{n} is {changed[n] or 'gone'}" for n in numbers)
            yield f"{series.name_of(page)}, line {at} ({now}): {line.strip()[:70]}"
