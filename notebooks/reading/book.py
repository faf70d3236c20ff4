"""The catalog at a recipe, in a temporary copy, and programs that run in it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from workbook import runner, series, tree
from workbook.errors import WorkbookError

HERE = Path(__file__).resolve().parent
TIME_LIMIT = 120.0


@contextmanager
def app_of(recipe: str, before: bool = False) -> Iterator[Path]:
    """Give a writable copy of the app after a recipe, or as it was just before it."""
    book = series.load(HERE.parent.parent)
    number = book.find(recipe).number - before
    app = tree.build(book, number)
    with tree.scratch(book) as place:
        folder = place / "app"
        tree.copy(app, folder)
        yield folder


def ask(app: Path, program: str, *words: str, environ: Mapping[str, str] | None = None) -> Any:
    """Run a program of this package in the app's folder; return the JSON that it wrote."""
    answer = app.parent / "answer.json"
    book = series.load(HERE.parent.parent)
    settings = runner.environ(book, app)
    settings |= {"PYTHONHASHSEED": "0", **(environ or {})}
    settings["PYTHONPATH"] += f":{HERE.parent}"
    command = [sys.executable, "-m", f"reading.{program}", str(answer), *words]
    done = subprocess.run(
        command,
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
        raise WorkbookError(f"reading.{program} failed in a copy of the app:\n{last}")
    return json.loads(answer.read_text(encoding="utf-8"))
