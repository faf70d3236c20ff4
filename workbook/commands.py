"""What the commands do: `make recipe`, `make start`, `make check` ..."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from workbook import diffs, grading, needs, terminal, tree
from workbook.errors import FAILED, PASSED, SKIPPED, Skipped, UsageError, WorkbookProblems
from workbook.result import Job, Result
from workbook.series import Recipe, Series, problems_of_folder
from workbook.servers.service import SERVICES, service


def one_recipe(series: Series, verb: str, words: Sequence[str]) -> Recipe:
    """Return the recipe that the command names; raise UsageError if it names none or several."""
    if not words:
        raise UsageError(f"Which recipe? For example `make {verb} 1`; `make` lists them all.")
    if len(words) > 1:
        raise UsageError(
            f"One recipe at a time: `make {verb} {words[0]}`, not {' and '.join(words)}."
        )
    recipe = series.find(words[0])
    if problems := [*problems_of_folder(series, recipe)]:
        raise WorkbookProblems(problems)
    return recipe


def show_recipe(series: Series, recipe: Recipe) -> int:
    """Show the change, run the snippet, and have the app at this step graded."""
    terminal.title(series, recipe)
    app = tree.build(series, recipe.number)
    terminal.heading("The change", series.name_of(recipe.step))
    terminal.diff(_step(series, recipe).body, rest=f"make diff {recipe.number}")
    terminal.heading("The app doing it", series.name_of(recipe.snippet))
    code = _run_snippet(series, recipe)
    terminal.heading("The check", series.name_of(recipe.check))
    found = grade(series, recipe, app)
    terminal.result(found)
    _say_next(series, recipe)
    if code == FAILED:
        terminal.complain(f"{series.name_of(recipe.snippet)} failed.")
    return found.exit_code or code


def _run_snippet(series: Series, recipe: Recipe) -> int:
    from workbook.runner import run_snippet

    show = partial(print, end="", flush=True)
    keyboard = sys.stdin is not None and sys.stdin.isatty()
    try:
        ran = run_snippet(series, recipe, echo=show, keyboard=keyboard)
    except Skipped as error:
        terminal.complain(str(error))
        return SKIPPED
    return FAILED if ran.code else PASSED


def _say_next(series: Series, recipe: Recipe) -> None:
    n = recipe.number
    terminal.heading("Next")
    terminal.say(f" read       {series.name_of(recipe.lesson)}")
    terminal.say(f" do it      make start {n}, edit work/, make check {n}")
    if n < len(series.recipes):
        terminal.say(f" go on      make recipe {n + 1}")


def _step(series: Series, recipe: Recipe) -> diffs.Diff:
    return diffs.read(recipe.step, series.name_of(recipe.step))


def show_diff(series: Series, recipe: Recipe) -> int:
    """Show why a recipe changes the app, and the whole change."""
    step = _step(series, recipe)
    terminal.console().print(step.why + "\n", markup=False)
    terminal.diff(step.body)
    return PASSED


def grade(series: Series, recipe: Recipe, app: Path) -> Result:
    """Return the grader's result for one app."""
    ((_, found),) = grading.grade(series, [Job(recipe.id, app)])
    return found


def start(series: Series, recipe: Recipe, folder: Path) -> int:
    """Put the app as a recipe finds it into a folder that has nothing in it yet."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(
            f"{_shown(folder)} holds something already, and nothing of it is overwritten: "
            f"move it away, or name another folder: make start {recipe.number} DIR=path"
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = folder.parent / f".{folder.name}.{os.getpid()}"
    tree.copy(tree.build(series, recipe.number - 1), beside)
    if folder.exists():
        folder.rmdir()
    beside.rename(folder)
    terminal.title(series, recipe)
    terminal.say(
        f"\nThe app is in [bold]{_shown(folder)}[/]. Read {series.name_of(recipe.lesson)}, make the"
    )
    terminal.say(f"change, then: [bold]make check {recipe.number}{_dir(series, folder)}[/]")
    activate = _shown(Path(sys.prefix, "bin", "activate")).removesuffix("/")
    terminal.say(f"To run flask and other tools there: [bold]source {activate}[/]")
    return PASSED


def _shown(folder: Path) -> str:
    here = Path.cwd()
    return f"{folder.relative_to(here)}/" if folder.is_relative_to(here) else str(folder)


def _dir(series: Series, folder: Path) -> str:
    return "" if folder == series.root / "work" else f" DIR={_shown(folder)}"


def check(series: Series, recipe: Recipe, folder: Path, form: str) -> int:
    """Grade the app in a folder; `form` is 'text' or 'json'."""
    if not (folder / "my_app").is_dir():
        raise UsageError(
            f"{_shown(folder)} holds no app (no folder my_app): "
            f"`make start {recipe.number}` puts one there, or name yours with DIR=path."
        )
    found = grade(series, recipe, folder)
    if form == "json":
        print(found.json(indent=2))
    else:
        terminal.title(series, recipe)
        terminal.say()
        terminal.result(found)
    return found.exit_code


def serve_app(series: Series, words: Sequence[str], folder: Path | None, port: int) -> int:
    """Serve the app after a recipe (none named: before recipe 1), or the one in a folder."""
    from workbook.serving import serve

    number = one_recipe(series, "app", words).number if words else 0
    return serve(series, folder or tree.build(series, number), port)


def test(series: Series) -> int:
    """Run everything that the workbook promises; stop at the first that fails."""
    for words in (
        ("ruff", "check", "."),
        ("ruff", "format", "--check", "."),
        ("mypy",),
        ("workbook", "lint"),
        ("workbook", "proof", "--statements", "60"),
        ("pytest",),
    ):
        ran = subprocess.run([sys.executable, "-m", *words], cwd=series.root, check=False)
        if ran.returncode:
            terminal.complain(f"`{' '.join(words)}` failed.")
            return FAILED
    return PASSED


def services() -> int:
    """List the services, where each comes from here, and what is missing."""
    for name in SERVICES:
        offered = service(name)
        terminal.service(name, str(offered.origin() or ""), offered.missing())
    return PASSED


def install(names: Sequence[str]) -> int:
    """Install services; say what cannot be installed."""
    if not names:
        raise UsageError(f"Which service? For example `make install {SERVICES[-1]}`.")
    for name in names:
        service(name)  # a wrong name is told before anything is installed
    why = needs.install(names)
    for sentence in why:
        terminal.complain(sentence)
    return FAILED if why else PASSED


def lint(series: Series) -> int:
    """Hold the whole book against its rules and show every problem."""
    from workbook.linting import problems

    if found := [*problems(series)]:
        raise WorkbookProblems(found)
    terminal.say(f"{len(series.recipes)} recipes checked: no problems found.")
    return PASSED


def lessons(series: Series, words: Sequence[str], only_check: bool) -> int:
    """Refresh what the lessons recorded, or only tell what is stale."""
    from workbook.lessons import stale_blocks

    recipes = tuple(series.find(word) for word in words) or series.recipes
    stale = [*stale_blocks(series, recipes, write=not only_check)]
    for block in stale:
        terminal.complain(str(block) if only_check else f"{block.where}: `{block.what}` refreshed")
    if not stale:
        terminal.say("Every recorded block is up to date.")
    return FAILED if stale and only_check else PASSED
