"""A real Bugsink: a server that understands Sentry's SDKs, groups events and shows them.

It is installed at first use into an environment of its own under the build folder, and runs from
there, on a free loopback port, with a fresh database in a temporary folder.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook.errors import WorkbookError
from workbook.servers import bugsink_database as prepare
from workbook.servers import prepared, processes
from workbook.servers.ports import HOST, listening_socket, port_of
from workbook.servers.service import Life, Origin

if TYPE_CHECKING:
    import requests

    Served = AbstractContextManager[tuple[str, requests.Session]]

NAME = "bugsink"
FIXTURE = ""
LIFE: Life = "grader"
ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "requirements" / "bugsink.txt"


@dataclass(frozen=True)
class Team:
    """A team, which owns projects."""

    id: str
    name: str


@dataclass(frozen=True)
class Project:
    """A project: give its DSN to the app, open its URL in a browser."""

    id: int
    name: str
    dsn: str
    url: str


@dataclass(frozen=True)
class Issue:
    """Events that Bugsink holds for the same: `count` of them."""

    type: str
    value: str
    count: int
    transaction: str
    url: str


class Bugsink:
    """A running server; `admin` is the e-mail address and the password for its pages."""

    def __init__(self, start: Callable[[], Served], stack: ExitStack) -> None:
        self.admin = prepare.ADMIN
        self._start = start
        self._stack = stack
        self.url, self._session = stack.enter_context(start())

    def reset(self) -> None:
        """Start again with an empty database, and on another port."""
        self._stack.close()
        self.url, self._session = self._stack.enter_context(self._start())

    def create_team(self, name: str) -> Team:
        """Create a team."""
        made = self._api("POST", "teams/", json={"name": name})
        return Team(made["id"], made["name"])

    def create_project(self, team: Team, name: str) -> Project:
        """Create a project of a team, with a DSN of its own."""
        made = self._api("POST", "projects/", json={"team": team.id, "name": name})
        project = self._api("GET", f"projects/{made['id']}/")
        number = int(project["id"])
        return Project(number, name, project["dsn"], f"{self.url}/issues/{number}/")

    def issues(self, project: Project) -> list[Issue]:
        """Return the issues of a project, oldest first."""
        page = self._api("GET", "issues/", params={"project": project.id})
        rows = page["results"]
        while page["next"]:
            page = self._api("GET", page["next"])
            rows += page["results"]
        return [self._issue(row) for row in sorted(rows, key=lambda row: int(row["digest_order"]))]

    def wait_for(self, project: Project, count: int, seconds: float = 10.0) -> list[Issue]:
        """Return the issues as soon as they hold `count` events; fewer when the time is over."""
        deadline = time.monotonic() + seconds
        issues = self.issues(project)
        while sum(issue.count for issue in issues) < count and time.monotonic() < deadline:
            time.sleep(0.05)
            issues = self.issues(project)
        return issues

    def _issue(self, row: dict[str, Any]) -> Issue:
        return Issue(
            type=row["calculated_type"],
            value=row["calculated_value"],
            count=row["digested_event_count"],
            transaction=row["transaction"],
            url=f"{self.url}/issues/issue/{row['id']}/event/last/",
        )

    def _api(self, method: str, path: str, **parts: Any) -> Any:
        url = path if path.startswith("http") else f"{self.url}/api/canonical/0/{path}"
        answer = self._session.request(method, url, timeout=10, **parts)
        if not answer.ok:
            raise WorkbookError(
                f"Bugsink refused {method} {path} with {answer.status_code}: {answer.text[:200]}"
            )
        return answer.json()


def build_folder() -> Path:
    """Return the workbook's build folder: WORKBOOK_BUILD, or build/ beside the package."""
    return Path(os.environ.get("WORKBOOK_BUILD") or ROOT / "build")


def is_installed(build: Path | None = None, requirements: Path = REQUIREMENTS) -> bool:
    """Tell whether `running` needs no network any more."""
    environment = (build or build_folder()) / "bugsink" / "venv"
    return prepared.is_complete(environment, prepared.environment_key(requirements))


def origin() -> Origin | None:
    """Return the wheel in Bugsink's own environment, None when that is not complete."""
    if not is_installed():
        return None
    version = re.search(r"(?m)^bugsink==(\S+)", REQUIREMENTS.read_text(encoding="utf-8"))
    return Origin("wheel", "bugsink", version[1] if version else "of unknown version")


def missing() -> str:
    """Return what is missing here and the one command that gets it, "" for nothing."""
    return "" if is_installed() else "Bugsink is not installed: `make install bugsink` installs it."


def install() -> None:
    """Install Bugsink into an environment of its own, and make its empty database."""
    if not is_installed():
        with running():
            pass


@contextmanager
def running(build: Path | None = None, requirements: Path = REQUIREMENTS) -> Iterator[Bugsink]:
    """Run Bugsink, installed under `build` at first use, with an empty database."""
    home = (build or build_folder()).absolute() / "bugsink"
    with _environment(home / "venv", requirements) as python, ExitStack() as stack:
        yield Bugsink(lambda: _fresh(home / "template", python, requirements), stack)


@contextmanager
def _fresh(
    template: Path, python: Path, requirements: Path
) -> Iterator[tuple[str, requests.Session]]:
    """Run a server with an empty database; return its URL and a session for its API."""
    with tempfile.TemporaryDirectory(prefix="bugsink-", ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary)
        prepare.copy_template(template, folder, python, requirements)
        with listening_socket() as listener:
            url = f"http://{HOST}:{port_of(listener)}"
            prepare.write_settings(folder, url)
            with _serving(python, folder, listener) as process, _session(folder) as session:
                _wait_until_ready(url, session, process, folder / "server.log")
                yield url, session


@contextmanager
def _environment(path: Path, requirements: Path) -> Iterator[Path]:
    def make(folder: Path, lock: int) -> None:
        print("Installing Bugsink (once, about a minute)...", file=sys.stderr, flush=True)
        prepared.install(folder, requirements, lock, name="Bugsink")

    with prepared.folder(path, prepared.environment_key(requirements), make) as environment:
        yield prepared.python_of(environment)


@contextmanager
def _serving(
    python: Path, folder: Path, listener: socket.socket
) -> Iterator[subprocess.Popen[bytes]]:
    settings = Path(__file__).with_name("bugsink_gunicorn.py")
    options = ["--no-control-socket", "--threads", "4", "--graceful-timeout", "1"]
    command: list[str | Path] = [python, "-m", "gunicorn", "-c", settings, *options]
    command += ["-b", f"fd://{listener.fileno()}", "bugsink.wsgi"]
    with processes.running(
        command,
        log=folder / "server.log",
        cwd=folder,
        environ=prepare.environ(folder),
        pass_fds=[listener.fileno()],
        ask=signal.SIGINT,  # to gunicorn: now; SIGTERM waits for connections that stay open
    ) as process:
        # Only the server may hold the port: a client of a dead one must be refused, not wait.
        listener.close()
        yield process


@contextmanager
def _session(folder: Path) -> Iterator[requests.Session]:
    import requests

    token = (folder / prepare.TOKEN).read_text(encoding="utf-8").split()[-1]
    with requests.Session() as session:
        session.trust_env = False  # a proxy of this machine has no business here
        session.headers["Authorization"] = f"Bearer {token}"
        yield session


def _wait_until_ready(
    url: str, session: requests.Session, process: subprocess.Popen[bytes], log: Path
) -> None:
    import requests

    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if session.get(f"{url}/health/ready", timeout=5).ok:
                return
        except requests.RequestException:
            time.sleep(0.05)
    raise WorkbookError(f"Bugsink did not get ready at {url}.{processes.tail(log)}")
