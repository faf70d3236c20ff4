"""See what processes there are."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path


def children() -> set[int]:
    """Return the processes that this one started and that are still there."""
    found = set()
    for task in Path("/proc/self/task").glob("*/children"):
        with contextlib.suppress(OSError):  # a thread that ended meanwhile
            found |= {int(pid) for pid in task.read_text().split()}
    return found


def processes_in(folder: Path) -> list[int]:
    """Return the processes whose environment or command names the folder, but not this one."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            said = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
        except OSError:  # ended meanwhile, or somebody else's
            continue
        if os.fsencode(folder) in said and int(process.name) != os.getpid():
            found.append(int(process.name))
    return found


def eventually(true: Callable[[], bool], seconds: float = 5.0) -> bool:
    """Wait until something is true; False when the time is over."""
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.02)
    return true()
