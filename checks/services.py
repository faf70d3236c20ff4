"""Expensive services: each is started once, when a check first uses it, and reset for each job."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack

from workbook.servers.service import Running, service


class Services:
    """The services that live as long as the grader's process."""

    def __init__(self) -> None:
        self._running: dict[str, Running] = {}
        self._stack = ExitStack()

    def prepare(self, names: Iterable[str]) -> Mapping[str, Running]:
        """Return those that live this long and run here, started or reset."""
        found = {}
        for name in names:
            offered = service(name)
            if offered.LIFE != "grader" or offered.missing():
                continue
            if name in self._running:
                self._running[name].reset()
            else:
                self._running[name] = self._stack.enter_context(offered.running())
            found[name] = self._running[name]
        return found

    def close(self) -> None:
        """Stop them all."""
        self._running.clear()
        self._stack.close()
