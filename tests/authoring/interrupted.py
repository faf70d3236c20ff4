"""`python interrupted.py HOW COUNT BOOK WORDS`: a command that is killed or runs out of disk.

kill: the process is killed at its COUNT-th act on the series' files. full: no file may grow
over COUNT bytes from the moment on when the series is written.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workbook.__main__ import main
from workbook.authoring import journal


def count_down(acts: list[int], series: str, act: Callable[..., Any]) -> Callable[..., Any]:
    def counted(*words: Any, **more: Any) -> Any:
        if any(str(word).startswith(series) or isinstance(word, int) for word in words):
            acts[0] -= 1
            if acts[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return act(*words, **more)

    return counted


def kill_at(count: int, book: str) -> None:
    acts = [count]
    series = str(Path(book) / "chapters")
    for name in ("replace", "rename", "unlink", "rmdir", "mkdir"):
        setattr(Path, name, count_down(acts, series, getattr(Path, name)))
    os.fsync = count_down(acts, series, os.fsync)


def fill_at_writing(size: int) -> None:
    prepare = journal._prepare

    def limited(*words: Any) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        prepare(*words)

    journal._prepare = limited


if __name__ == "__main__":
    how, number, book, *command = sys.argv[1:]
    if how == "kill":
        kill_at(int(number), book)
    elif how == "full":
        fill_at_writing(int(number))
    else:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(number), int(number)))
    sys.exit(main(["--book", book, *command]))
