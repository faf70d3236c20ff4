"""A program that a check starts in the sandbox, beside the app or instead of it."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

from checks.sandbox.launcher import Process
from checks.verdict import SubmissionError
from workbook.result import Verdict
from workbook.text import clean


class Program:
    """A program that runs in the folder of a site; `site.process` starts it."""

    def __init__(self, name: str, process: Process) -> None:
        self.name = name
        self._process = process
        self._printed = ""
        self._ended = False

    def output(self) -> str:
        """Return what it has printed so far, standard output and error together."""
        return self._printed if self._ended else self._process.output()

    def wait(self, seconds: float) -> int | None:
        """Return its exit code (minus a signal's number), None if it still runs after `seconds`.

        All that it started ends with it.
        """
        ended = self._process.wait(seconds)
        return ended.code if ended else None

    def running(self) -> bool:
        """Say whether it is still running."""
        return self.wait(0) is None

    def wait_for(self, condition: Callable[[], object], seconds: float, what: str) -> None:
        """Poll until the condition is true; raise SubmissionError if it ends or takes longer."""
        end = time.monotonic() + seconds
        while not condition():
            if (code := self.wait(0)) is not None:
                raise self._error("error", f"ended with exit code {code} before {what}")
            if time.monotonic() > end:
                raise self._error("timeout", f"took over {seconds:g} seconds until {what}")
            time.sleep(0.02)

    def _error(self, verdict: Verdict, what: str) -> SubmissionError:
        return SubmissionError(verdict, f"`{self.name}` {what}: {clean(self.output()[-500:])}")

    def signal(self, number: int) -> None:
        """Send a signal, signal.SIGHUP for example, to the program itself."""
        self._process.signal(number)

    def stop(self, seconds: float = 3.0) -> int:
        """Ask it to end by SIGTERM, kill it with all that it started after `seconds`.

        Return its exit code, -9 when it had to be killed.
        """
        self.signal(signal.SIGTERM)
        code = self.wait(seconds)
        self.close()
        return -signal.SIGKILL if code is None else code

    def close(self) -> None:
        """Kill it and all that it started, and keep its output."""
        if not self._ended:
            self._process.kill()
            self._printed, self._ended = self._process.output(), True
            self._process.forget()
