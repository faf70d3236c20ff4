"""What the commands cost, as ratios to a bare import of the app's libraries, in one run."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from workbook import terminal, tree
from workbook.errors import PASSED
from workbook.grading import grade
from workbook.result import Job
from workbook.runner import run_snippet
from workbook.series import Recipe, Series

RUNS = 5


def bench(series: Series) -> int:
    """Print how many bare imports each command costs; medians of interleaved runs."""
    recipe = series.recipes[0]
    tree.build(series, recipe.number)
    seconds = _measure(_commands(series, recipe))
    floor = seconds["bare import"]
    whole, inside = seconds["make recipe 1"], seconds["its snippet"] + seconds["its check"]
    terminal.say(f"medians of {RUNS} runs; a bare import of flask and flask_sqlalchemy is 1.0")
    for name, taken in seconds.items():
        terminal.say(f"{taken / floor:6.1f}  {name}  [dim]({taken:.2f} s)[/]")
    for name, taken in _proof(series, recipe).items():
        terminal.say(f"{taken / floor:6.1f}  {name}  [dim]({taken:.2f} s)[/]")
    terminal.say(f"{(whole - inside) / floor:6.1f}  make recipe 1 apart from snippet and check")
    return PASSED


def _commands(series: Series, recipe: Recipe) -> dict[str, Callable[[], object]]:
    app = tree.build(series, recipe.number)
    return {
        "bare import": lambda: _python(series, "-c", "import flask, flask_sqlalchemy"),
        "make": lambda: _python(series, "-m", "workbook", "list"),
        "make diff 1": lambda: _python(series, "-m", "workbook", "diff", "1"),
        "make recipe 1": lambda: _python(series, "-m", "workbook", "recipe", "1"),
        "its snippet": lambda: run_snippet(series, recipe),
        "its check": lambda: list(grade(series, [Job(recipe.id, app)])),
    }


def _proof(series: Series, recipe: Recipe) -> dict[str, float]:
    """Measure the proof of one recipe with nothing known, and with everything known."""
    words = ("-m", "workbook", "--book", str(series.root), "proof", str(recipe.number))
    taken = {}
    with tree.scratch(series) as place:
        for name in ("cold", "warm"):
            begin = time.perf_counter()
            environ = os.environ | {"WORKBOOK_BUILD": str(place)}
            subprocess.run(
                [sys.executable, *words, "--statements", "0"],
                cwd=Path(__file__).resolve().parent.parent,
                capture_output=True,
                env=environ,
                check=False,
            )
            taken[f"make proof {recipe.number}, {name}"] = time.perf_counter() - begin
    return taken


def _measure(commands: dict[str, Callable[[], object]]) -> dict[str, float]:
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(RUNS):
        for name, command in commands.items():
            begin = time.perf_counter()
            command()
            taken[name].append(time.perf_counter() - begin)
    return {name: median(times) for name, times in taken.items()}


def _python(series: Series, *words: str) -> None:
    home = Path(__file__).resolve().parent.parent
    subprocess.run([sys.executable, *words], cwd=home, capture_output=True, check=True)
