"""Run child processes in process groups of their own, and stop the whole group surely."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from workbook.errors import WorkbookError

QUOTED_LINES = 5


@contextmanager
def running(
    command: Sequence[str | Path],
    *,
    log: Path,
    cwd: Path | None = None,
    environ: Mapping[str, str] | None = None,
    pass_fds: Sequence[int] = (),
    ask: signal.Signals = signal.SIGTERM,
    grace: float = 5.0,
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a child with its output in `log`; at the end `ask` it and its group to stop, or kill.

    Its standard input is a pipe that stays open as long as this process lives: a child that
    reads it learns of our death.
    """
    with (
        log.open("ab") as output,
        subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=environ,
            pass_fds=pass_fds,
            start_new_session=True,
        ) as process,
    ):
        try:
            yield process
        finally:
            stop_group(process, ask, grace)


def run(
    command: Sequence[str | Path],
    *,
    log: Path,
    failure: str,
    seconds: float,
    cwd: Path | None = None,
    environ: Mapping[str, str] | None = None,
    pass_fds: Sequence[int] = (),
) -> None:
    """Run a child to its end; say `failure` and the log's last lines unless it ends well."""
    with running(command, log=log, cwd=cwd, environ=environ, pass_fds=pass_fds) as process:
        try:
            code = process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise WorkbookError(
                f"{failure} It took longer than {seconds:g} s.{tail(log)}"
            ) from None
    if code != 0:
        raise WorkbookError(f"{failure}{tail(log)}")


def stop_group(process: subprocess.Popen[bytes], ask: signal.Signals, grace: float) -> None:
    """Stop a child and its group: ask, wait up to `grace` seconds, then kill."""
    _signal(process.pid, ask)
    deadline = time.monotonic() + grace
    while process.poll() is None or _exists(process.pid):
        if time.monotonic() > deadline:
            _signal(process.pid, signal.SIGKILL)
            break
        time.sleep(0.01)
    process.wait()


def tail(log: Path) -> str:
    """Return the log's last lines, to be put after a message; nothing when the log is empty."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    quoted = [f"  {line[:160]}" for line in lines if line.strip()][-QUOTED_LINES:]
    return "\n".join(["\nThe last lines of its output:", *quoted]) if quoted else ""


def _signal(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return


def _exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True
