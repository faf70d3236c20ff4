"""What a learner sees: titles, coloured diffs, marks. All printing of the engine is here."""

from __future__ import annotations

import io
import sys
from functools import cache
from typing import TYPE_CHECKING, TextIO

from workbook.result import CheckResult, Result
from workbook.series import Recipe, Series
from workbook.text import clean

if TYPE_CHECKING:
    from rich.console import Console

MARKS = {"passed": "[green]✓[/]", "skipped": "[yellow]-[/]"}
FAILED_MARK = "[red]✗[/]"
# For a terminal that cannot show the others.
_PLAIN = {"✓": "+", "✗": "x"}
_COLOURS = {"+": "green", "-": "red", "@": "cyan"}
_SHORT = 70
_MARGIN = 14


@cache
def console() -> Console:
    """Return the console on standard output; rich is slow to import, so only where needed."""
    from rich.console import Console

    _take_all_characters(sys.stdout)
    return Console(highlight=False, soft_wrap=True)


def complain(message: str) -> None:
    """Print an error message to standard error."""
    _take_all_characters(sys.stderr)
    if sys.stderr is not None:
        print(clean(message, 10_000), file=sys.stderr)


def _take_all_characters(stream: TextIO | None) -> None:
    """Let a stream escape what it cannot encode: a terminal may be ASCII or GBK."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")


def _shows(character: str) -> bool:
    """Return whether standard output can show a character."""
    try:
        character.encode(console().encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def say(text: str = "") -> None:
    """Print a line with rich's markup."""
    console().print(text)


def command(name: str, purpose: str) -> None:
    """Print a command and what it is for."""
    say(f"[bold]make {name}[/]{' ' * (14 - len(name))} {purpose}")


def count(number: int, noun: str) -> str:
    """Return "1 problem" or "2 problems"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def service(name: str, origin: str, missing: str) -> None:
    """Print a service, where it comes from or what is missing."""
    from rich.markup import escape

    say(f"[bold]{name:10}[/] {escape(missing or origin)}")


def heading(text: str, where: str = "") -> None:
    """Print the name of a part and the file that it comes from."""
    from rich.markup import escape

    console().print(f"\n[bold]{escape(text)}[/]  [dim]{escape(where)}[/]")


def title(series: Series, recipe: Recipe) -> None:
    """Print a recipe's title and goal."""
    total = len(series.recipes) + len(series.planned)
    say(f"[bold]Recipe {recipe.number} of {total}: {recipe.title}[/]  [dim]{recipe.minutes} min[/]")
    say(recipe.goal)


def diff(body: str, rest: str = "") -> None:
    """Print a diff in colour; with `rest`, only its beginning and what shows the rest."""
    lines = [line for line in body.splitlines() if not line.startswith(("index ", "--- ", "+++ "))]
    shown = lines[:_SHORT] if rest and len(lines) > _SHORT * 1.2 else lines
    for line in shown:
        style = "bold" if line.startswith("diff --git") else _COLOURS.get(line[:1])
        console().print(line, style=style, markup=False)
    if len(shown) < len(lines):
        say(f"[dim]... {len(lines) - len(shown)} more lines: {rest}[/]")


def series_table(series: Series) -> None:
    """Print the recipes that are there and those to come."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("N", justify="right")
    table.add_column("name", no_wrap=True)
    table.add_column("what the app gains")
    for recipe in series.recipes:
        table.add_row(str(recipe.number), recipe.id, recipe.goal)
    for planned in series.planned:
        table.add_row(
            str(planned.number), f"[dim]{planned.id}[/]", f"[dim]{planned.title}, to come[/]"
        )
    console().print(table, soft_wrap=False)


def result(found: Result) -> None:
    """Print the grader's result: a mark and a sentence each; for a failure what was seen."""
    from rich.markup import escape

    said: set[str] = set()
    for row in found.checks:
        _row(row, said)
    passed = sum(row.verdict == "passed" for row in found.checks)
    checks = f"{passed} of {len(found.checks)} check{'s' * (len(found.checks) != 1)}"
    points = f"{found.points} of {found.max_points} point{'s' * (found.max_points != 1)}"
    colour = {"passed": "green", "skipped": "yellow"}.get(found.verdict, "red")
    say(f"\n[{colour} bold]{found.verdict}[/]: {checks}, {points}")
    if found.note:
        say(escape(found.note))
    if found.missing:
        say(
            f"[dim]This machine lacks layers of isolation: {escape(', '.join(found.missing))}. "
            "Grade only code that you trust.[/]"
        )


def _row(row: CheckResult, said: set[str]) -> None:
    from rich.markup import escape

    mark = MARKS.get(row.verdict, FAILED_MARK)
    for character, plain in _PLAIN.items():
        mark = mark if _shows(character) else mark.replace(character, plain)
    say(f" {mark} {escape(row.sentence)}")
    if row.verdict == "passed":
        return
    parts = _parts(row)
    seen = "\n".join(f"{name}: {value}" for name, value in parts if name != "hint")
    if seen in said:  # an app that does not start fails every check for the same reason
        say("     [dim]the same as above[/]")
        return
    said.add(seen)
    for name, value in parts:
        say(f"     [dim]{name + ':':8}[/] {_indented(value)}")


def _parts(row: CheckResult) -> list[tuple[str, str]]:
    """Return what is shown below a check that did not pass, each with its name."""
    names = {"failed": ("message", "wanted", "seen", "hint"), "skipped": ("message",)}
    shown = names.get(row.verdict, ("verdict", "message", "hint"))
    if row.verdict == "grader-error":
        shown = ("verdict", "message")
    return [(name, str(getattr(row, name))) for name in shown if getattr(row, name)]


def _indented(value: str) -> str:
    """Return text whose lines all begin in the margin, those too that a terminal would wrap."""
    from rich.markup import escape

    width = console().width - _MARGIN if console().is_terminal else len(value)
    lines = [
        line[start : start + max(width, 20)]
        for line in value.strip().splitlines()
        for start in range(0, max(len(line), 1), max(width, 20))
    ]
    return escape(("\n" + " " * _MARGIN).join(lines))
