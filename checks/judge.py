"""Grade jobs: JSON lines in, JSON lines out. Each job runs in a child that is killed in the end."""

from __future__ import annotations

import gc
import json
import os
import select
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn, TextIO

from checks.job import Book, Job
from checks.sandbox import layers
from checks.sandbox.launcher import Zygote
from checks.verdict import Plan, Row, result

GRACE = 1.0
PYTEST = [
    "-s", "--noconftest", "--import-mode=importlib", "-c", os.devnull,
    "-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:faulthandler", "-p", "no:doctest",
    "-p", "no:junitxml", "-p", "no:logging", "-p", "no:warnings", "-p", "no:pastebin",
    "-p", "no:unraisableexception", "-p", "no:threadexception", "-p", "no:stepwise",
]  # fmt: skip


@dataclass
class Report:
    """What a job's child has sent so far."""

    plans: list[Plan] = field(default_factory=list)
    rows: dict[str, Row] = field(default_factory=dict)
    running: str = ""
    fatal: str = ""

    def take(self, line: str) -> None:
        """Read one line of the child."""
        match json.loads(line):
            case {"plan": plans}:
                self.plans = [Plan(**plan) for plan in plans]
            case {"begin": name}:
                self.running = name
            case {"row": facts}:
                row = Row.from_pipe(facts)
                self.rows[row.plan.name] = row
            case {"fatal": text}:
                self.fatal = text

    def complete(self, late: bool, limit: float, ending: str) -> list[Row]:
        """Return a row for every plan; a missing one is never a pass."""
        if self.fatal or not self.plans:
            words = self.fatal or ("the check took too long to read" if late else ending)
            return [Row(Plan("check.py", "The check can be read.", 0, "", ""), "grader-error",
                        words)]  # fmt: skip
        return [self.rows.get(plan.name) or self._missing(plan, late, limit, ending)
                for plan in self.plans]  # fmt: skip

    def _missing(self, plan: Plan, late: bool, limit: float, ending: str) -> Row:
        if not late:
            return Row(plan, "grader-error", f"The judge's process ended early: {ending}.")
        if plan.name == self.running:
            return Row(plan, "timeout", f"It was still running when {limit:g} seconds were over.")
        return Row(plan, "timeout", f"No time was left of the {limit:g} seconds for all checks.")


def main(book: Path, jobs: TextIO, results: TextIO) -> int:
    """Grade every job of the stream; end everything below when it closes."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _leave)
    with _world(book) as (scratch, zygote):
        shelf = Book(book)
        for line in jobs:
            if line.strip():
                answer = _grade_line(shelf, line, scratch, zygote)
                if not _told(answer, results):
                    return 1
    return 0


def _told(answer: dict[str, Any], results: TextIO) -> bool:
    """Write a result; say whether anybody still reads."""
    try:
        print(json.dumps(answer), file=results, flush=True)
    except BrokenPipeError:
        # What is left in the buffer must not fail again at the interpreter's end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), results.fileno())
        return False
    return True


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


@contextmanager
def _world(book: Path) -> Iterator[tuple[Path, Zygote]]:
    """Give a scratch folder and a zygote inside the judge's own network."""
    scratch = Path(tempfile.mkdtemp(prefix="judge-"))
    try:
        layers.private_world(scratch, book)
        layers.become_subreaper()
        zygote = Zygote()
        try:
            _import_once(scratch)
            yield scratch, zygote
        finally:
            zygote.close()
    finally:
        for rest in scratch.iterdir():
            rest.unlink() if rest.is_file() else shutil.rmtree(rest, ignore_errors=True)
        layers.attempt(lambda: layers.unmount(scratch))
        scratch.rmdir()


def _import_once(scratch: Path) -> None:
    """Load what every child needs, so that none of them pays for it."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        os.environ.pop(name, None)
    sys.dont_write_bytecode = True
    import pytest

    from checks import fixtures, plugin

    assert fixtures
    assert plugin
    # pytest imports most of itself when it first runs: run nothing once, before the forks.
    nothing = scratch / "nothing.py"
    nothing.touch()
    pytest.main(_arguments(nothing))
    gc.freeze()


def _grade_line(shelf: Book, line: str, scratch: Path, zygote: Zygote) -> dict[str, Any]:
    start = time.monotonic()
    facts: dict[str, Any] = {}
    try:
        facts = read_job(line)
        job = shelf.job(facts, scratch, zygote)
    except Exception as error:
        plan = Plan("job", "The job can be read.", 0, "", "")
        head = {"id": facts.get("id"), "recipe": facts.get("recipe"), "number": None, "title": ""}
        return result(head, [Row(plan, "grader-error", str(error))], time.monotonic() - start)
    rows = grade(job)
    return result(job.facts, rows, time.monotonic() - start)


def read_job(line: str) -> dict[str, Any]:
    """Read one line of input."""
    facts = json.loads(line)
    if not isinstance(facts, dict):
        raise ValueError(f"A job is a JSON object, not {line.strip()[:80]}.")
    return facts


def grade(job: Job) -> list[Row]:
    """Run one job in a child process and return its rows."""
    place = Path(tempfile.mkdtemp(dir=job.scratch))
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _be_child(job, place, writer)
    os.close(writer)
    report = Report()
    try:
        late = _listen(reader, report, time.monotonic() + job.time_limit)
    finally:
        status = _end(child, job.zygote.process.pid)
        os.close(reader)
        words = _printed(place)
        shutil.rmtree(place, ignore_errors=True)
    ending = f"exit code {os.waitstatus_to_exitcode(status)}" if status is not None else "lost"
    return report.complete(late, job.time_limit, f"{ending}{words}")


def _listen(reader: int, report: Report, end: float) -> bool:
    """Take lines until the child is done; say whether it was too late."""
    rest = b""
    while True:
        remaining = end - time.monotonic()
        if remaining <= 0 or not select.select([reader], [], [], remaining)[0]:
            return True
        chunk = os.read(reader, 1 << 16)
        if not chunk:
            return False
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            report.take(line.decode())


def _end(child: int, zygote: int) -> int | None:
    """Kill the child with all that it started; return its wait status."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)
    with suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    # The judge is the subreaper: what lost its parent is its child now.
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    with suppress(OSError):
        for pid in children.read_text().split():
            if int(pid) != zygote:
                os.kill(int(pid), signal.SIGKILL)
                os.waitpid(int(pid), 0)
    return status


def _printed(place: Path) -> str:
    with suppress(OSError):
        if text := (place / "printed").read_text(errors="replace")[-1000:].strip():
            return f"; it printed: {text}"
    return ""


def _be_child(job: Job, place: Path, writer: int) -> NoReturn:
    """Run pytest on the check; never return."""
    code = 1
    try:
        os.setsid()
        layers.die_with_parent()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        _redirect(place / "printed")
        code = _run_pytest(job, place, writer)
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _redirect(printed: Path) -> None:
    """Keep what the check prints out of the results."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    file = os.open(printed, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for source, target in ((nothing, 0), (file, 1), (file, 2)):
        os.dup2(source, target)


def _arguments(check: Path) -> list[str]:
    # pytest lists every folder from the cut on downwards: start beside the check.
    return [*PYTEST, f"--rootdir={check.parent}", f"--confcutdir={check.parent}", str(check)]


def _run_pytest(job: Job, place: Path, writer: int) -> int:
    import dataclasses

    import pytest

    from checks.fixtures import Fixtures
    from checks.plugin import GraderPlugin

    def send(facts: dict[str, Any]) -> None:
        line = json.dumps(facts).encode() + b"\n"
        while line:
            line = line[os.write(writer, line) :]

    own = dataclasses.replace(job, scratch=place)
    code = pytest.main(_arguments(job.check), plugins=[GraderPlugin(own, send), Fixtures(own)])
    if code == pytest.ExitCode.NO_TESTS_COLLECTED:
        send({"fatal": "There is no check function in it."})
    return int(code)
