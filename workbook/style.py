"""The style of a workbook's Python files, as ruff sees it with this repository's settings."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from workbook.errors import WorkbookError
from workbook.series import Series

_SETTINGS = Path(__file__).resolve().parent.parent / "pyproject.toml"


def problems(series: Series) -> Iterator[str]:
    """Yield what `make test` would report about the style of snippets and checks."""
    files = [str(path) for r in series.recipes for path in (r.snippet, r.check)]
    if not files:
        return
    for line in _ruff("check", "--output-format", "concise", "--quiet", *files):
        place, _, text = line.partition(": ")
        path, number, _ = place.rsplit(":", 2)
        name = series.name_of(Path(path))
        yield f"{name}, line {number}: {text}; `ruff check --fix` corrects most of it."
    for line in _ruff("format", "--check", "--quiet", "--diff", *files):
        if line.startswith("--- "):
            name = series.name_of(Path(line.removeprefix("--- ")))
            yield f"{name}: is not formatted; run `ruff format`."


def _ruff(*arguments: str) -> list[str]:
    command = [sys.executable, "-m", "ruff", *arguments, "--config", str(_SETTINGS), "--no-cache"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise WorkbookError(f"ruff does not run: {done.stderr.strip()}")
    return done.stdout.splitlines()
