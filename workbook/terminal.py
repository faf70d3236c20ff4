"""What a learner sees: titles, coloured diffs, marks. All printing of the engine is here."""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING, Any

from workbook.series import Recipe, Series

if TYPE_CHECKING:
    from rich.console import Console

MARKS = {"passed": "[green]✓[/]", "skipped": "[yellow]-[/]"}
_COLOURS = {"+": "green", "-": "red", "@": "cyan"}
_SHORT = 70


@cache
def console() -> Console:
    """Return the console on standard output; rich is slow to import, so only where needed."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=True)


def complain(message: str) -> None:
    """Say what went wrong, on standard error."""
    print(message, file=sys.stderr)


def say(text: str = "") -> None:
    """Print a line with rich's markup."""
    console().print(text)


def command(name: str, purpose: str) -> None:
    """Print a command and what it is for."""
    say(f"[bold]make {name}[/]{' ' * (14 - len(name))} {purpose}")


def count(number: int, noun: str) -> str:
    """Return "1 problem" or "2 problems"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


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


def result(found: dict[str, Any]) -> None:
    """Print the judge's result: a mark and a sentence each; for a failure what was seen."""
    rows = found["checks"]
    said: set[str] = set()
    for row in rows:
        _row(row, said)
    passed = sum(row["verdict"] == "passed" for row in rows)
    colour = "green" if found["verdict"] == "passed" else "red"
    points = f"{found['points']:g} of {found['max_points']:g} points"
    say(
        f"\n[{colour} bold]{found['verdict']}[/]: {passed} of {len(rows)} sentences hold, {points}."
    )


def _row(row: dict[str, Any], said: set[str]) -> None:
    from rich.markup import escape

    mark = MARKS.get(row["verdict"], "[red]✗[/]")
    say(f" {mark} {escape(row['sentence'])}")
    if row["verdict"] == "passed":
        return
    names = {"failed": ("message", "wanted", "seen", "hint"), "skipped": ("message",)}
    shown = names.get(row["verdict"], ("verdict", "message"))
    parts = [(name, str(row.get(name) or "")) for name in shown]
    lines = [f"     [dim]{name + ':':8}[/] {_indented(value)}" for name, value in parts if value]
    text = "\n".join(lines)
    # An app that does not start fails every sentence for the same reason.
    say(text if text not in said else "     [dim]the same as above[/]")
    said.add(text)


def _indented(value: str) -> str:
    from rich.markup import escape

    return escape(value.strip().replace("\n", "\n" + " " * 14))
