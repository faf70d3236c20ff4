"""A temporary copy of the app after a recipe, and programs that run in it."""

from __future__ import annotations

import atexit
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from workbook import runner, series, tree
from workbook.errors import WorkbookError

HERE = Path(__file__).resolve().parent
TIME_LIMIT = 120.0


@contextmanager
def app_of(recipe: str, before: bool = False) -> Iterator[Path]:
    """Yield a writable copy of the app after a recipe, or before it."""
    book = series.load(HERE.parent.parent)
    number = book.find(recipe).number - before
    app = tree.build(book, number)
    with tree.scratch(book) as place:
        folder = place / "app"
        tree.copy(app, folder)
        yield folder


def keep_app(recipe: str) -> Path:
    """Return a writable copy of the app after a recipe that is deleted when Python exits."""
    book = series.load(HERE.parent.parent)
    place = Path(mkdtemp(prefix="notebook-", dir=book.build))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    tree.copy(tree.build(book, book.find(recipe).number), place / "app")
    return place / "app"


def run_program(
    app: Path, program: str, *args: str, environ: Mapping[str, str] | None = None
) -> Any:
    """Run a program of this package in the app's folder and return the JSON that it writes."""
    result = app.parent / "result.json"
    run_python(app, "-m", f"reading.{program}", str(result), *args, environ=environ)
    return json.loads(result.read_text(encoding="utf-8"))


def run_python(app: Path, *args: str, environ: Mapping[str, str] | None = None) -> str:
    """Run Python in the app's folder and return what it prints."""
    settings = runner.environ(series.load(HERE.parent.parent), app, app.parent)
    settings |= {"PYTHONHASHSEED": "0", **(environ or {})}
    settings["PYTHONPATH"] += f":{HERE.parent}"
    done = subprocess.run(
        [sys.executable, *args],
        cwd=app,
        env=settings,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT,
        check=False,
    )
    if done.returncode:
        last = done.stderr.strip()[-2000:]
        raise WorkbookError(f"{' '.join(args[:2])} failed in a copy of the app:\n{last}")
    return done.stdout
