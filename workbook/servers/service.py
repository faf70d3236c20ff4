"""Services: real software, or a stand-in, that a recipe runs against. Each is a module here.

A recipe's `needs` in chapters/series.toml lists the services that its snippet or its check uses.
"""

from __future__ import annotations

import shutil
import subprocess
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import import_module, metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast

from workbook.errors import UsageError

# A service that starts at once lives as long as a check function; an expensive one as long as the
# grader's process, and is reset before each job.
Life = Literal["check function", "grader"]
SERVICES = ("smtp", "timezones", "envelopes", "bugsink", "nginx", "valkey")


@dataclass(frozen=True)
class Origin:
    """Where a service comes from: this workbook, a wheel or the system; and its version."""

    kind: Literal["workbook", "wheel", "system"]
    package: str
    version: str
    program: Path | None = None

    def __str__(self) -> str:
        if self.kind == "workbook":
            return f"a part of this workbook, with {self.package} {self.version}"
        return f"{self.package} {self.version} ({self.kind})"


class Running(Protocol):
    """A running service."""

    def reset(self) -> None:
        """Forget everything that happened, as after a fresh start."""


class Service(Protocol):
    """What a module of a service offers."""

    NAME: str
    FIXTURE: str  # the fixture by which a check gets it, "" without one
    LIFE: Life

    def origin(self) -> Origin | None:
        """Return where the service comes from on this machine; None when it is missing."""

    def missing(self) -> str:
        """Return what is missing here and the one command that gets it, "" for nothing."""

    def install(self) -> None:
        """Install what only this service needs; raise WorkbookError when that fails."""

    def running(self, *args: Any, **options: Any) -> AbstractContextManager[Running]:
        """Run the service on free loopback ports, its folder inside the caller's TMPDIR."""


if TYPE_CHECKING:
    from workbook.servers import bugsink, envelopes, nginx, smtp, timezones, valkey

    def _is(*modules: Service) -> None: ...

    _is(smtp, timezones, envelopes, bugsink, nginx, valkey)


def service(name: str) -> Service:
    """Return a service by its name; raise UsageError for an unknown one."""
    if name not in SERVICES:
        raise UsageError(f"There is no service {name!r}; there are: {', '.join(SERVICES)}.")
    return cast(Service, import_module(f"workbook.servers.{name}"))


def of_workbook(package: str) -> Origin | None:
    """Return the origin of a stand-in, which is our own code on top of a package."""
    try:
        return Origin("workbook", package, metadata.version(package))
    except metadata.PackageNotFoundError:
        return None


def of_wheel(package: str, program: str) -> Origin | None:
    """Return the origin of a program that a wheel brings along, None when it is not installed."""
    try:
        files = metadata.files(package) or []
    except metadata.PackageNotFoundError:
        return None
    for file in files:
        path = Path(str(file.locate()))
        if path.name == program and not path.is_symlink() and file.parts[0] != "..":
            return Origin("wheel", package, metadata.version(package), path)
    return None


def of_system(program: str, *version_option: str) -> Origin | None:
    """Return the origin of a program of the system, None when there is none."""
    found = shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin")
    if not found:
        return None
    ran = subprocess.run(
        [found, *version_option], capture_output=True, text=True, check=False, timeout=10
    )
    words = (ran.stdout + ran.stderr).replace("/", " ").replace("=", " ").split()
    version = next((word for word in words if word[:1].isdigit()), "of unknown version")
    return Origin("system", program, version, Path(found))
