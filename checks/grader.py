"""Grade jobs: JSON lines in, JSON lines out. Each job runs in a child that is killed in the end."""

from __future__ import annotations

import gc
import os
import resource
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import chdir, closing, contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn, TextIO

from checks.messages import Fatal, Message, Report, encode
from checks.sandbox import layers, survey
from checks.sandbox.launcher import Zygote
from checks.submission import Book, Submission
from workbook.result import CheckResult, Job, Plan, Result, result

# Seconds for ending what a job has started, and for deleting what it has written.
END, DELETE = 2.0, 2.0
# What the check's process may use while it reads what a submission returns.
MEMORY = 1536 << 20
PYTEST = [
    "-s", "--noconftest", "--import-mode=importlib", "-c", os.devnull,
    "-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:faulthandler", "-p", "no:doctest",
    "-p", "no:junitxml", "-p", "no:logging", "-p", "no:warnings", "-p", "no:pastebin",
    "-p", "no:unraisableexception", "-p", "no:threadexception", "-p", "no:stepwise",
]  # fmt: skip


def main(book: Path, jobs: TextIO, results: TextIO) -> int:
    """Grade every job of the stream; end everything below when it closes."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _leave)
    with _world(book) as (scratch, zygote):
        missing = () if zygote.complete else tuple(survey.missing())
        with closing(Book(book, missing)) as shelf:
            for line in jobs:
                if line.strip() and not _sent(_graded(shelf, line, scratch, zygote), results):
                    return 1
    return 0


def _sent(found: Result, results: TextIO) -> bool:
    """Write a result; return False when nobody reads any more."""
    try:
        print(found.json(), file=results, flush=True)
    except BrokenPipeError:
        # What is left in the buffer must not fail again at the interpreter's end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), results.fileno())
        return False
    return True


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


@contextmanager
def _world(book: Path) -> Iterator[tuple[Path, Zygote]]:
    """Make a scratch folder and a zygote inside a network of the grader's own."""
    scratch = Path(tempfile.mkdtemp(prefix="grader-")).resolve()
    try:
        layers.private_world(scratch, book)
        layers.become_subreaper()
        zygote = Zygote(scratch)
        try:
            _import_once(scratch)
            zygote.wait_until_ready()
            yield scratch, zygote
        finally:
            zygote.close()
    finally:
        layers.attempt(lambda: layers.unmount(scratch))
        _delete(scratch, seconds=20)


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
    with chdir(nothing.parent):
        pytest.main(_arguments(nothing))
    gc.freeze()


def _graded(shelf: Book, line: str, scratch: Path, zygote: Zygote) -> Result:
    """Grade one line of input; whatever goes wrong with it, the next one is graded, too."""
    start = time.monotonic()
    job = Job("", Path())
    try:
        job = Job.read(line)
        submission = shelf.submission(job, scratch, zygote)
    except Exception as error:
        row = Plan("job", "The job can be read.").result("grader-error", str(error))
        return result(job, [row], time.monotonic() - start, recipe=job.recipe or None)
    try:
        rows = grade(submission)
    except Exception as error:
        told = f"{type(error).__name__}: {error}"
        rows = [Plan("grader", "The grader works.").result("grader-error", told)]
    return submission.result(rows, time.monotonic() - start)


def grade(submission: Submission) -> list[CheckResult]:
    """Run one job in a child process and return what became of its check functions."""
    place = Path(tempfile.mkdtemp(dir=submission.scratch))
    before = _children()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _be_child(submission, place, writer)
    os.close(writer)
    report = Report()
    try:
        late = _listen(reader, report, time.monotonic() + submission.time_limit)
    finally:
        status = _end(child, before)
        os.close(reader)
        printed = _printed(place)
        layers.unmount_below(place)
        _delete(place, DELETE)
    ending = f"exit code {os.waitstatus_to_exitcode(status)}" if status is not None else "lost"
    return report.complete(late, submission.time_limit, f"{ending}{printed}")


def _listen(reader: int, report: Report, end: float) -> bool:
    """Take messages until the child is done; return True when it was too late."""
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
            report.take(line)


def _end(child: int, before: set[int]) -> int | None:
    """Kill the child and all that it started; return its wait status."""
    status = None
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)
    end = time.monotonic() + END
    # The grader is the subreaper: what loses its parent is its child then, one after another.
    while (left := (_children() | {child}) - before) and time.monotonic() < end:
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            with suppress(ChildProcessError):
                ended, its_status = os.waitpid(pid, os.WNOHANG)
                if ended == child:
                    status = its_status
        if status is not None and not _children() - before:
            break
        time.sleep(0.002)
    return status


def _children() -> set[int]:
    with suppress(OSError):
        text = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii")
        return {int(pid) for pid in text.split()}
    return set()


def _delete(folder: Path, seconds: float) -> None:
    """Delete a folder, whatever its depth and modes; what takes longer goes on behind us."""
    if not folder.exists():
        return
    # rm does not call itself for each level, as shutil.rmtree does before Python 3.13.
    script = 'rm -rf -- "$1" 2>/dev/null || { chmod -R u+rwX -- "$1"; rm -rf -- "$1"; }'
    deleting = subprocess.Popen(
        ["/bin/sh", "-c", script, "sh", str(folder)], stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    with suppress(subprocess.TimeoutExpired):
        deleting.wait(seconds)


def _printed(place: Path) -> str:
    with suppress(OSError):
        text = (place / "printed").read_text(encoding="utf-8", errors="replace")[-1000:].strip()
        return f"; it printed: {text}" if text else ""
    return ""


def _be_child(submission: Submission, place: Path, writer: int) -> NoReturn:
    """Run pytest on the check; never return."""
    code = 1
    try:
        os.setsid()
        layers.die_with_parent()
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        _redirect(place / "printed")
        tempfile.tempdir = str(place)  # what services write goes with the job
        code = _run_pytest(submission, place, writer)
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
    finally:
        with suppress(OSError):
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
    # pytest lists every folder from the cut on downwards: start beside the check. It is named as
    # seen from there, because pytest takes a bracket in a path for the start of a parameter.
    return [*PYTEST, f"--rootdir={check.parent}", f"--confcutdir={check.parent}", check.name]


def _run_pytest(submission: Submission, place: Path, writer: int) -> int:
    import dataclasses

    import pytest

    from checks.fixtures import Fixtures
    from checks.plugin import GraderPlugin

    def send(message: Message) -> None:
        line = encode(message)
        while line:
            line = line[os.write(writer, line) :]

    own = dataclasses.replace(submission, scratch=place)
    plugins = [GraderPlugin(submission.check, send, submission.job), Fixtures(own)]
    with chdir(submission.check.parent):
        code = pytest.main(_arguments(submission.check), plugins=plugins)
    if code == pytest.ExitCode.NO_TESTS_COLLECTED:
        send(Fatal("There is no check function in it."))
    return int(code)
