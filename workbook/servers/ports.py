"""Find loopback ports: a free one, one that answers, one that refuses, one that stays silent."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from workbook.errors import WorkbookError

HOST = "127.0.0.1"


def listening_socket() -> socket.socket:
    """Bind a free loopback port for a server that takes an open socket: nobody can grab it."""
    listener = socket.create_server((HOST, 0))
    listener.setblocking(False)
    return listener


def free_port() -> int:
    """Return a loopback port that was free a moment ago, for a server that binds by itself."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return port_of(probe)


def port_of(bound: socket.socket) -> int:
    """Return the port that a socket is bound to."""
    return int(bound.getsockname()[1])


def answers(port: int) -> bool:
    """Tell whether something accepts connections on this loopback port."""
    try:
        with socket.create_connection((HOST, port), timeout=1):
            return True
    except OSError:
        return False


def wait_for_port(
    port: int, *, name: str, seconds: float = 5.0, alive: Callable[[], bool] = lambda: True
) -> None:
    """Wait for the port to accept connections, until time is over or `alive` says no."""
    deadline = time.monotonic() + seconds
    while not answers(port):
        if not alive():
            raise WorkbookError(f"{name} stopped before it answered on {HOST}:{port}.")
        if time.monotonic() > deadline:
            raise WorkbookError(f"{name} did not answer on {HOST}:{port} within {seconds:g} s.")
        time.sleep(0.02)


@contextmanager
def refused_port() -> Iterator[int]:
    """Give a port that refuses every connection, as a server that is down; nobody else gets it."""
    with socket.socket() as bound:
        bound.bind((HOST, 0))
        yield port_of(bound)


@contextmanager
def silent_port() -> Iterator[int]:
    """Give a port that accepts a connection and then says nothing, as a server that hangs."""
    with socket.create_server((HOST, 0), backlog=16) as listener:
        yield port_of(listener)
