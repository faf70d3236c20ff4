"""Gunicorn's settings for Bugsink: the server ends when the process that started it is gone.

Gunicorn reads this file in Bugsink's own environment; the workbook never imports it.
"""

from __future__ import annotations

import os
import shutil
import signal
import threading
from pathlib import Path
from typing import Any


def post_worker_init(worker: Any) -> None:
    """Watch for the end of the starter, which holds the other end of standard input."""
    threading.Thread(target=_stop_with_starter, daemon=True).start()


def on_exit(server: Any) -> None:
    """Leave no folder behind, even when the starter was killed."""
    shutil.rmtree(Path(os.environ["BUGSINK_SCRATCH"]), ignore_errors=True)


def _stop_with_starter() -> None:
    # Not sys.stdin: a thread inside its buffer would hold up the end of the interpreter.
    while os.read(0, 1):
        pass
    os.kill(os.getppid(), signal.SIGINT)
