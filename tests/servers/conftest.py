"""Every test of the servers ends with the threads and the child processes it began with."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from server_watch import children, eventually


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    threads, processes = set(threading.enumerate()), children()
    yield
    assert eventually(lambda: set(threading.enumerate()) <= threads), threading.enumerate()
    assert eventually(lambda: children() <= processes), children() - processes
