"""Runs a snippet against the app at its step, in a temporary folder, as a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from workbook import tree
from workbook.errors import WorkbookError
from workbook.series import Recipe, Series

# What a learner's shell may hold and what would change the app or the tools under it.
_FOREIGN = ("FLASK_", "SENTRY_", "PYTHON", "COVERAGE_", "PYTEST_", "TIMEZONE_", "MAIL_", "NOSE_")
# A first run may install a server; a snippet itself takes seconds.
TIME_LIMIT = 600.0


@dataclass(frozen=True)
class Ran:
    """How a snippet ended: its exit code and all that it printed, folders of this run cut out."""

    code: int
    output: str


def run_snippet(
    series: Series,
    recipe: Recipe,
    echo: Callable[[str], None] | None = None,
    time_limit: float = TIME_LIMIT,
    keyboard: bool = False,
) -> Ran:
    """Run the snippet of a recipe; `echo` gets each line as it is printed.

    With `keyboard` it may ask the learner to press a key, else its input is empty.
    """
    app = tree.build(series, recipe.number)
    _provide(series, recipe)
    with tree.scratch(series) as place:
        folder = place / "app"
        tree.copy(app, folder)
        command = [sys.executable, str(recipe.snippet)]
        names = {str(folder) + "/": "", str(folder): ".", str(series.root) + "/": ""}
        stdin = None if keyboard else subprocess.DEVNULL
        process = _start(command, folder, environ(series, folder), stdin)
        return _stream(process, names, echo, time_limit)


def _provide(series: Series, recipe: Recipe) -> None:
    """Install the real servers that a recipe needs, so that their progress is no output of it."""
    for name in recipe.needs:
        server = import_module(f"workbook.servers.{name}")
        if not server.is_installed(series.build):
            with server.running(series.build):
                pass


def environ(series: Series, folder: Path) -> dict[str, str]:
    """Return the environment of a program that runs against the app in `folder`."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(_FOREIGN)}
    return kept | {
        "PYTHONPATH": os.pathsep.join([str(folder), str(series.root)]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONSAFEPATH": "1",
        "PYTHONUTF8": "1",
        "WORKBOOK_BUILD": str(series.build),
        "COLUMNS": "100",
        "TZ": "UTC",
        "NO_PROXY": "127.0.0.1,localhost",
    }


def _start(
    command: list[str], folder: Path, environ: dict[str, str], stdin: int | None
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environ,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )


def _stream(
    process: subprocess.Popen[str],
    names: dict[str, str],
    echo: Callable[[str], None] | None,
    time_limit: float,
) -> Ran:
    """Hand on the lines of a process; stop it with all that it started, whatever happens."""
    late = threading.Event()

    def end() -> None:
        late.set()
        stop(process)

    timer = threading.Timer(time_limit, end)
    timer.start()
    try:
        assert process.stdout is not None
        with process.stdout as said:
            lines = [_said(line, names, echo) for line in said]
        code = process.wait()
    finally:
        timer.cancel()
        stop(process)
    if late.is_set():
        raise WorkbookError(f"The snippet did not end within {time_limit:.0f} s.")
    return Ran(code, "".join(lines))


def _said(line: str, names: dict[str, str], echo: Callable[[str], None] | None) -> str:
    for path, name in names.items():
        line = line.replace(path, name)
    if echo:
        echo(line)
    return line


def stop(process: subprocess.Popen[str], patience: float = 5.0) -> None:
    """End a process and its group: ask first, so that its own servers end with it."""
    for signal_ in (signal.SIGINT, signal.SIGKILL):
        try:
            os.killpg(process.pid, signal_)
        except ProcessLookupError:
            return
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue
