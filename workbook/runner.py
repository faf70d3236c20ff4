"""Run a snippet against the app at its step, in a temporary folder, as a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from workbook import environ as allowed
from workbook import needs, tree
from workbook.errors import Skipped, WorkbookError
from workbook.series import Recipe, Series

# A snippet takes seconds; what it needs is installed before.
TIME_LIMIT = 120.0
# What a snippet imports of ours: workbook.servers. A tiny workbook of a test has none of its own.
_ENGINE = Path(__file__).resolve().parent.parent


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

    With `keyboard` it may ask the learner to press a key, and then takes as long as the learner
    likes; else its input is empty.
    """
    app = tree.build(series, recipe.number)
    if why := needs.install(needs.of_snippet(recipe.snippet)):
        raise Skipped("\n".join(why))
    with tree.scratch(series) as place:
        folder = place / "app"
        tree.copy(app, folder)
        command = [sys.executable, str(recipe.snippet)]
        names = {
            str(folder) + "/": "",
            str(folder): ".",
            str(series.root) + "/": "",
            str(_ENGINE) + "/": "",
        }
        stdin = None if keyboard else subprocess.DEVNULL
        process = _start(command, folder, environ(series, folder, place), stdin)
        return _stream(process, names, echo, None if keyboard else time_limit)


def environ(series: Series, folder: Path, place: Path) -> dict[str, str]:
    """Return the environment of a program that runs against the app in `folder`.

    Nothing of the user's projects, services and proxies reaches it; its home and its temporary
    files are in `place`.
    """
    home, temporary = place / "home", place / "tmp"
    for made in (home, temporary):
        made.mkdir(exist_ok=True)
    kept = allowed.kept(os.environ, allowed.MACHINE)
    return kept | {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", os.defpath)]),
        "HOME": str(home),
        "TMPDIR": str(temporary),
        "PYTHONPATH": os.pathsep.join([str(folder), str(_ENGINE)]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONSAFEPATH": "1",
        "PYTHONUTF8": "1",
        "WORKBOOK_BUILD": str(series.build),
        "COLUMNS": "100",
        "TZ": "UTC",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
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
    time_limit: float | None,
) -> Ran:
    """Hand on the lines of a process; stop it with all that it started, whatever happens."""
    late = threading.Event()

    def end() -> None:
        late.set()
        stop(process)

    timer = threading.Timer(time_limit or threading.TIMEOUT_MAX, end)
    timer.daemon = True
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
