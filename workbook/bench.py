"""What the commands and the grader cost, as ratios to a bare import of the app's libraries.

All figures come from one run, so that the speed of the machine cancels out.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from workbook import terminal, tree
from workbook.errors import PASSED
from workbook.grading import grade
from workbook.result import Job
from workbook.runner import run_snippet
from workbook.series import Recipe, Series

RUNS = 5
SUBMISSIONS = 8
HOME = Path(__file__).resolve().parent.parent
# The limits that design.md sets.
FUNCTION_LIMIT, TWO_WORKERS_LEAST, RECIPE_LIMIT = 0.35, 1.7, 40.0
# As many test functions as a check has, each with an app and two requests, with no isolation.
_BARE = """
import os, shutil, sys
import pytest

@pytest.mark.parametrize("number", range({functions}))
def test_function(number, tmp_path, monkeypatch):
    shutil.copytree(os.environ["BARE_APP"], tmp_path / "app")
    monkeypatch.syspath_prepend(str(tmp_path / "app"))
    from my_app import create_app
    client = create_app().test_client()
    assert client.get("/en/home").status_code == 200
    assert client.get("/en/product/424242").status_code == 404
    for name in [name for name in sys.modules if name.split(".")[0] == "my_app"]:
        del sys.modules[name]
"""


@dataclass(frozen=True)
class Graded:
    """What grading some submissions took."""

    seconds: float
    functions: tuple[float, ...]


def bench(series: Series) -> int:
    """Print what the commands, the grader and the proof cost."""
    recipe = series.recipes[0]
    tree.build(series, recipe.number)
    seconds = _measure(_commands(series, recipe))
    floor = seconds["bare import"]
    terminal.say(f"medians of {RUNS} runs; a bare import of flask and flask_sqlalchemy is 1.0")
    for name, taken in seconds.items():
        terminal.say(f"{taken / floor:6.1f}  {name}  [dim]({taken:.2f} s)[/]")
    whole, inside = seconds["make recipe 1"], seconds["its snippet"] + seconds["its check"]
    terminal.say(f"{(whole - inside) / floor:6.1f}  make recipe 1 apart from snippet and check")
    for line in (*_grading(series, recipe, floor), *_proof(series)):
        terminal.say(line)
    return PASSED


def _commands(series: Series, recipe: Recipe) -> dict[str, Callable[[], object]]:
    app = tree.build(series, recipe.number)
    return {
        "bare import": lambda: _python("-c", "import flask, flask_sqlalchemy"),
        "make": lambda: _python("-m", "workbook", "list"),
        "make diff 1": lambda: _python("-m", "workbook", "diff", "1"),
        "make recipe 1": lambda: _python("-m", "workbook", "recipe", "1"),
        "its snippet": lambda: run_snippet(series, recipe),
        "its check": lambda: list(grade(series, [Job(recipe.id, app)])),
    }


def _grading(series: Series, recipe: Recipe, floor: float) -> Iterator[str]:
    """Yield what a check function costs, and how many submissions a second are graded."""
    app = tree.build(series, recipe.number)
    same = [Job(recipe.id, app, id=str(number)) for number in range(SUBMISSIONS)]
    one, two = (_graded(series, same, workers) for workers in (1, 2))
    own = [Job(r.id, tree.build(series, r.number)) for r in series.recipes]
    functions = (*one.functions, *_graded(series, own, 1).functions)
    ratio = median(one.functions) / floor
    yield f"{ratio:6.2f}  a check function of recipe 1{_limit(ratio <= FUNCTION_LIMIT, '0.35')}"
    yield f"{median(functions[len(one.functions) :]) / floor:6.2f}  a check function of any recipe"
    count = len(one.functions) // SUBMISSIONS
    bare_one, bare_two = (_bare(series, app, count, at_once) for at_once in (1, 2))
    for name, alone, both in (
        ("the grader, isolated", one.seconds, two.seconds),
        (f"bare pytest, {count} functions", bare_one, bare_two),
    ):
        yield (
            f"{SUBMISSIONS / alone:6.2f}  submissions a second, {name}; "
            f"{SUBMISSIONS / both:.2f} with two workers"
        )
    gain = one.seconds / two.seconds
    yield f"{gain:6.2f}  times as fast with two workers{_limit(gain >= TWO_WORKERS_LEAST, '1.7')}"


def _graded(series: Series, jobs: Sequence[Job], workers: int) -> Graded:
    begin = time.perf_counter()
    results = [result for _, result in grade(series, jobs, workers)]
    rows = [row for result in results for row in result.checks]
    return Graded(time.perf_counter() - begin, tuple(row.seconds for row in rows))


def _bare(series: Series, app: Path, functions: int, at_once: int) -> float:
    """Return the seconds for all submissions, a pytest process each, so many at once."""
    begin = time.perf_counter()
    with tree.scratch(series) as place:
        test = place / "test_bare.py"
        test.write_text(_BARE.format(functions=functions), encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, str(test)]
        command += [f"--rootdir={place}", "-p", "no:cacheprovider"]
        environ = os.environ | {"BARE_APP": str(app)}
        for _ in range(SUBMISSIONS // at_once):
            running = [_quiet(command, environ) for _ in range(at_once)]
            for process in running:
                assert process.wait() == 0, "a bare test failed"
    return time.perf_counter() - begin


def _quiet(command: Sequence[str], environ: dict[str, str]) -> subprocess.Popen[bytes]:
    nothing = subprocess.DEVNULL
    return subprocess.Popen(command, env=environ, stdout=nothing, stderr=nothing)


def _proof(series: Series) -> Iterator[str]:
    """Yield what the last recipe adds to `make test`: its proof and its recorded output."""
    recipe = series.recipes[-1]
    command = ("-m", "workbook", "--book", str(series.root), "proof", str(recipe.number))
    taken = {}
    with tree.scratch(series) as place:
        for name in ("cold", "warm"):
            begin = time.perf_counter()
            environ = os.environ | {"WORKBOOK_BUILD": str(place)}
            subprocess.run(
                [sys.executable, *command, "--statements", "0"],
                cwd=HOME,
                capture_output=True,
                env=environ,
                check=False,
            )
            taken[name] = time.perf_counter() - begin
            yield f"{taken[name]:6.1f}  seconds, make proof {recipe.number}, {name}"
    begin = time.perf_counter()
    run_snippet(series, recipe)
    added = taken["cold"] - taken["warm"] + time.perf_counter() - begin
    limit = _limit(added <= RECIPE_LIMIT, "40")
    yield f"{added:6.1f}  seconds that recipe {recipe.number} adds to make test{limit}"


def _limit(kept: bool, limit: str) -> str:
    return f"  [green](limit {limit})[/]" if kept else f"  [red bold](limit {limit}: missed)[/]"


def _measure(commands: dict[str, Callable[[], object]]) -> dict[str, float]:
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(RUNS):
        for name, command in commands.items():
            begin = time.perf_counter()
            command()
            taken[name].append(time.perf_counter() - begin)
    return {name: median(times) for name, times in taken.items()}


def _python(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], cwd=HOME, capture_output=True, check=True)
