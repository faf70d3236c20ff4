"""The recorded blocks of a lesson: what really happened, compared with what happens now.

A block is between `<!-- recorded: WHAT -->` and `<!-- end -->`. WHAT is `output` (all that
the snippet prints), `hunk FILE [K]` (the K-th hunk of a file in step.diff, else all of them),
or `recipes [CHAPTER]` (a table of the series).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from workbook import diffs, files
from workbook.errors import WorkbookError
from workbook.runner import run_snippet
from workbook.series import Planned, Recipe, Series

_BLOCK = re.compile(r"<!-- recorded: (?P<what>[^\n]+?) -->\n(?P<body>.*?)<!-- end -->", re.DOTALL)
# What may differ from run to run; the order matters.
_VOLATILE = (
    (re.compile(r"\b[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\b"), "ID"),
    (
        re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?"),
        "TIME",
    ),
    (re.compile(r"\b\d\d:\d\d:\d\d(?:[.,]\d+)?\b"), "TIME"),
    (re.compile(r"\b(127\.0\.0\.1|localhost):\d+"), r"\1:PORT"),
    (re.compile(r"0x[0-9a-f]{6,}"), "ADDRESS"),
    (re.compile(r" *\b\d+(?:\.\d+)? ?(?:ms|s|sec|seconds)\b"), " SECONDS"),  # tables, too
    (re.compile(r"\b(pid|PID|process) \d+"), r"\1 N"),
    (re.compile(r"(?:/[\w.@+-]+)+/(?=[\w.@+-]+)"), "PATH/"),
)


@dataclass(frozen=True)
class Stale:
    """A recorded block that no longer shows what happens."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: the recorded `{self.what}` is stale; run `make lessons`."


def normalise(text: str) -> str:
    """Return a text with times, ports, paths, memory addresses and ids replaced by their names."""
    for pattern, name in _VOLATILE:
        text = pattern.sub(name, text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def refreshed(text: str, fresh: Callable[[str], str]) -> tuple[str, list[str]]:
    """Return a lesson with its stale blocks replaced, and what each of those was."""
    stale: list[str] = []

    def replace(match: re.Match[str]) -> str:
        body = fresh(match["what"])
        if normalise(body) == normalise(match["body"]):
            return match[0]
        stale.append(match["what"])
        return f"<!-- recorded: {match['what']} -->\n{body}<!-- end -->"

    return _BLOCK.sub(replace, text), stale


def stale_blocks(series: Series, recipes: tuple[Recipe, ...], write: bool) -> Iterator[Stale]:
    """Run the snippets of the recipes and yield each stale block; with `write`, replace them."""
    for recipe in recipes:
        yield from _of_page(series, recipe.lesson, partial(_block, series, recipe), write)
    for page in (series.root / "README.md", *sorted(series.root.glob("chapters/*/README.md"))):
        if page.exists():
            yield from _of_page(series, page, partial(_table, series), write)


def _of_page(
    series: Series, page: Path, fresh: Callable[[str], str], write: bool
) -> Iterator[Stale]:
    text = page.read_text(encoding="utf-8")
    new, stale = refreshed(text, fresh)
    if write and new != text:
        files.replace(page, new)
    for what in stale:
        yield Stale(series.name_of(page), what)


def _block(series: Series, recipe: Recipe, what: str) -> str:
    kind, *arguments = what.split()
    if kind == "output" and not arguments:
        ran = run_snippet(series, recipe)
        if ran.code:
            raise WorkbookError(
                f"{series.name_of(recipe.snippet)} ended with exit code {ran.code}:\n{ran.output}"
            )
        return _fenced(ran.output, "text")
    if kind == "hunk" and arguments:
        return _hunks(series, recipe, arguments)
    raise _unknown(series.name_of(recipe.lesson), what)


def _unknown(where: str, what: str) -> WorkbookError:
    return WorkbookError(
        f"{where}: `recorded: {what}` is unknown; "
        "there are `output`, `hunk FILE [K]` and `recipes [CHAPTER]`."
    )


def _hunks(series: Series, recipe: Recipe, arguments: list[str]) -> str:
    name = series.name_of(recipe.step)
    path, number = arguments[0], int(arguments[1]) if len(arguments) > 1 else 0
    files = [part for part in diffs.read(recipe.step, name).files if part.path == path]
    hunks = [h for part in files for h in part.hunks if number in (0, h.number)]
    if not hunks:
        raise WorkbookError(
            f"{series.name_of(recipe.lesson)}: {name} has no hunk `{' '.join(arguments)}`."
        )
    return _fenced("\n".join(line for hunk in hunks for line in hunk.lines) + "\n", "diff")


def _fenced(body: str, language: str) -> str:
    fence = "```"
    while fence in body:
        fence += "`"
    return f"{fence}{language}\n{body.strip(chr(10))}\n{fence}\n"


def _table(series: Series, what: str) -> str:
    kind, *arguments = what.split()
    if kind != "recipes":
        raise _unknown("README.md", what)
    base = f"chapters/{arguments[0]}/" if arguments else ""
    rows = ["| N | Recipe | What the app gains | Minutes |", "| --: | --- | --- | --: |"]
    every: list[Recipe | Planned] = [*series.recipes, *series.planned]
    for recipe in every:
        if not arguments or recipe.chapter == arguments[0]:
            rows.append(_row(series, recipe, base))
    return "\n".join(rows) + "\n"


def _row(series: Series, recipe: Recipe | Planned, base: str) -> str:
    if isinstance(recipe, Planned):
        return f"| {recipe.number} | {recipe.title} | *to come* | |"
    link = f"[{recipe.title}]({series.name_of(recipe.lesson).removeprefix(base)})"
    return f"| {recipe.number} | {link} | {recipe.goal} | {recipe.minutes} |"
