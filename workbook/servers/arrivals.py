"""A list that server threads fill and that a reader can wait for."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class Arrivals(Generic[T]):
    """Collect what reached a server, in order, at most `limit` things."""

    def __init__(self, limit: int = 1000) -> None:
        self.limit = limit
        self._things: list[T] = []
        self._changed = threading.Condition()

    def add(self, thing: T) -> bool:
        """Keep the thing and wake who waits; False when the list is full."""
        with self._changed:
            if len(self._things) >= self.limit:
                return False
            self._things.append(thing)
            self._changed.notify_all()
            return True

    def all(self) -> list[T]:
        """Return a copy of what has arrived so far."""
        with self._changed:
            return list(self._things)

    def wait_for(self, count: int, seconds: float) -> list[T]:
        """Return all arrivals as soon as there are `count`; fewer when the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._things) >= count, timeout=seconds)
            return list(self._things)

    def clear(self) -> None:
        """Forget what has arrived."""
        with self._changed:
            self._things.clear()
