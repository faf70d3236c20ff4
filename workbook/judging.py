"""Asks the judge, a process of its own: jobs go in as JSON lines, results come out as they end."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbook.errors import WorkbookError
from workbook.series import Series

Result = dict[str, Any]


@dataclass(frozen=True)
class Job:
    """One app to be held against one recipe's check."""

    recipe: str
    app: Path
    id: str = field(default="")

    def line(self) -> str:
        """Return the job as the judge reads it."""
        facts = {"id": self.id or str(self.app), "recipe": self.recipe, "app": str(self.app)}
        return json.dumps(facts) + "\n"


def judge(series: Series, jobs: Sequence[Job], workers: int = 1) -> Iterator[tuple[Job, Result]]:
    """Yield each job with its result as soon as it ends; jobs of several workers run at once."""
    todo: queue.SimpleQueue[Job] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[Job, Result] | Exception] = queue.SimpleQueue()
    for job in jobs:
        todo.put(job)
    processes = [_start(series) for _ in range(min(workers, len(jobs)))]
    for process in processes:
        threading.Thread(target=_feed, args=(process, todo, done), daemon=True).start()
    try:
        for _ in jobs:
            answer = done.get()
            if isinstance(answer, Exception):
                raise answer
            yield answer
    finally:
        for process in processes:
            _stop(process)


def _start(series: Series) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "checks", "judge", "--book", str(series.root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=os.environ | {"PYTHONPATH": str(_home())},
        start_new_session=True,
    )


def _home() -> Path:
    """Return the folder that holds `workbook` and `checks`: a tiny book has none of its own."""
    return Path(__file__).resolve().parent.parent


def _feed(
    process: subprocess.Popen[str],
    todo: queue.SimpleQueue[Job],
    done: queue.SimpleQueue[tuple[Job, Result] | Exception],
) -> None:
    """Give one judge job after job; a judge that dies is an error and never a result."""
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
            result = json.loads(process.stdout.readline())
        except (OSError, ValueError):
            done.put(WorkbookError(f"The judge died over {job.recipe} on {job.app}; see above."))
            return
        done.put((job, result))


def _stop(process: subprocess.Popen[str]) -> None:
    """Close the judge's input, which ends it with all below it; kill it when it does not."""
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
