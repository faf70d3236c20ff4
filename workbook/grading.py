"""Run the grader, a process of its own: jobs go in as JSON lines, results come out as they end."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from workbook import needs
from workbook.errors import WorkbookError
from workbook.result import Job, Result
from workbook.series import Series

# The folder that holds `workbook` and `checks`: a tiny book has none of its own.
HOME = Path(__file__).resolve().parent.parent


def grade(series: Series, jobs: Sequence[Job], workers: int = 1) -> Iterator[tuple[Job, Result]]:
    """Yield each job with its result as soon as it ends; jobs of several workers run at once."""
    _install(series, jobs)
    todo: queue.SimpleQueue[Job] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[Job, Result] | Exception] = queue.SimpleQueue()
    for job in jobs:
        todo.put(job)
    processes = [_start(series) for _ in range(min(workers, len(jobs)))]
    for process in processes:
        threading.Thread(target=_feed, args=(process, todo, done), daemon=True).start()
    try:
        for _ in jobs:
            ended = done.get()
            if isinstance(ended, Exception):
                raise ended
            yield ended
    finally:
        for process in processes:
            _stop(process)


def _install(series: Series, jobs: Sequence[Job]) -> None:
    """Install what the checks use, while there is a network: the grader has none."""
    checks = {job.check or series.find(job.recipe).check for job in jobs}
    for why in needs.install(set().union(*map(needs.of_check, checks))):
        print(why, file=sys.stderr)  # its check functions are skipped


def command(*arguments: str) -> list[str]:
    """Return the command line of the grader.

    -I keeps out the modules beside the caller and whatever PYTHON* variables say: a submission
    may lie in the working directory.
    """
    utf8 = f"utf8={sys.flags.utf8_mode}"  # -I would ignore PYTHONUTF8, and read paths otherwise
    return [sys.executable, "-I", "-X", utf8, str(HOME / "checks" / "__main__.py"), *arguments]


def _start(series: Series) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command("grade", "--book", str(series.root)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        cwd=HOME,
        start_new_session=True,
    )


def _feed(
    process: subprocess.Popen[str],
    todo: queue.SimpleQueue[Job],
    done: queue.SimpleQueue[tuple[Job, Result] | Exception],
) -> None:
    """Send one grader job after job; a grader that dies is an error and never a result."""
    assert process.stdin is not None
    assert process.stdout is not None
    while True:
        try:
            job = todo.get_nowait()
        except queue.Empty:
            return
        try:
            process.stdin.write(job.line())
            process.stdin.flush()
            result = Result.read(process.stdout.readline())
        except (OSError, ValueError):  # no result, or stopped while it was written to
            done.put(WorkbookError(f"The grader died over {job.recipe} on {job.app}; see above."))
            return
        done.put((job, result))


def _stop(process: subprocess.Popen[str]) -> None:
    """Close the grader's input, which ends it with all below it; kill it when it does not."""
    with suppress(OSError):
        assert process.stdin is not None
        process.stdin.close()
    try:
        process.wait(3)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    finally:
        if process.stdout:
            process.stdout.close()
