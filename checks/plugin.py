"""The pytest side of the grader: the markers of a check, and a result for each check function."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from checks.expect import CheckFailed
from checks.messages import Begin, Fatal, Message, Planned
from checks.site import Site
from checks.verdict import GraderError, SubmissionError
from workbook.result import MARKERS, CheckResult, Job, Plan
from workbook.text import clean

Send = Callable[[Message], None]
DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
# What Python raises where a value has another shape than the code expects.
WRONG_SHAPE = (
    ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RecursionError,
)  # fmt: skip
HOME = Path(__file__).parents[1]


class GraderPlugin:
    """One job's pytest plugin: plans, runs and reports its check functions."""

    def __init__(self, check: Path, send: Send, job: Job) -> None:
        self.check = check
        self.send = send
        self.job = job
        self.wanted: set[str] = set()
        self.verdicts: dict[str, str] = {}
        self.calls: list[pytest.CallInfo[None]] = []

    def pytest_configure(self, config: pytest.Config) -> None:
        """Register the markers."""
        for line in MARKERS.values():
            config.addinivalue_line("markers", line)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Report a check that cannot be read."""
        if report.failed:
            self.send(Fatal(clean(report.longreprtext, 1500)))

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Announce all check functions: what never arrives later is no pass."""
        self.send(Planned(tuple(plan_of(item) for item in session.items)))
        for item in reversed(session.items):  # what a function depends on stands before it
            if item.name.partition("[")[0] == self.job.only or item.name in self.wanted:
                self.wanted |= {item.name, *_dependencies(item)}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Skip what depends on a check that did not pass; refuse one without its texts."""
        plan = plan_of(item)
        if not plan.sentence or not plan.hint:
            raise GraderError(f"{item.name} needs a docstring and a hint marker.")
        if self.job.only and item.name not in self.wanted:
            pytest.skip("This check function was not selected.")
        if self.job.first_failure and set(self.verdicts.values()) - {"passed", "skipped"}:
            pytest.skip("An earlier one did not pass.")
        for name in _dependencies(item):
            if name not in self.verdicts:
                raise GraderError(f"{item.name} depends on {name}, which is no check before it.")
            if self.verdicts[name] != "passed":
                pytest.skip(f"It needs {name}, which did not pass.")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> Iterator[None]:
        """Send the result of a check function when all its phases are over."""
        self.send(Begin(item.name))
        self.calls = []
        done = yield
        row = self.result_of(plan_of(item))
        self.verdicts[item.name] = row.verdict
        self.send(row)
        return done

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        """Remember how each phase ended; read the app's last traceback while its site exists."""
        self.calls.append(call)
        site = getattr(item, "funcargs", {}).get("site")
        if call.excinfo and call.when == "call" and isinstance(site, Site):
            call.excinfo.value.note = site.note()  # type: ignore[attr-defined]

    def result_of(self, plan: Plan) -> CheckResult:
        """Sum up the phases of one check function: the first that went wrong counts."""
        seconds = sum(call.duration for call in self.calls)
        for call in self.calls:
            if call.excinfo:
                return result_of_error(call.excinfo, plan, seconds, self.check)
        if [call.when for call in self.calls] != ["setup", "call", "teardown"]:
            return plan.result("grader-error", "The check did not run.", seconds=seconds)
        return plan.result("passed", seconds=seconds)


def _dependencies(item: pytest.Item) -> list[str]:
    return [name for marker in item.iter_markers("depends") for name in marker.args]


def plan_of(item: pytest.Item) -> Plan:
    """Read a check function's texts and points."""
    hint, guard, points = (item.get_closest_marker(name) for name in ("hint", "guard", "points"))
    sentence = " ".join((getattr(item, "function", None).__doc__ or "").split())
    return Plan(
        name=item.name,
        sentence=sentence,
        max_points=int(points.args[0]) if points else int(guard is None),
        hint=str(hint.args[0]) if hint else "",
        guard=str(guard.args[0]) if guard else "",
    )


def result_of_error(
    excinfo: pytest.ExceptionInfo[BaseException], plan: Plan, seconds: float, check: Path
) -> CheckResult:
    """Turn what a check function raised into its result."""
    error = excinfo.value
    note = getattr(error, "note", "")
    match error:
        case CheckFailed():
            message = "\n".join(part for part in (error.message, note) if part)
            return plan.result("failed", message, error.wanted, error.seen, seconds, error.hint)
        case SubmissionError():
            return plan.result(error.verdict, error.message, seconds=seconds, hint=error.hint)
        case AssertionError() | pytest.fail.Exception():
            message = "\n".join(part for part in (clean(error), note) if part)
            return plan.result("failed", message, seconds=seconds)
        case pytest.skip.Exception():
            return plan.result("skipped", str(error), seconds=seconds)
        case MemoryError():
            message = "What the app returned is too large to be checked."
            return plan.result("memory", message, seconds=seconds)
        case sqlite3.Error():
            message = f"The database is not as the check reads it: {clean(error)}."
            return plan.result("error", message, seconds=seconds)
        case OSError() if error.errno in DISK_FULL:
            message = "The app has filled its disk."
            return plan.result("error", message, seconds=seconds)
    described = f"{type(error).__name__}: {clean(error)} (in {_places(excinfo, check)})"
    if _is_about_data(excinfo, check):
        message = f"The app returned something that the check cannot read: {described}"
        return plan.result("error", message, seconds=seconds)
    return plan.result("grader-error", described, seconds=seconds)


def _is_about_data(excinfo: pytest.ExceptionInfo[BaseException], check: Path) -> bool:
    """Tell a value of another shape, read by the check itself, from a mistake of ours.

    The proof demands that a check passes on the reference solution, so a mistake in the check
    that looks like this one is found there.
    """
    error = excinfo.value
    if not isinstance(error, WRONG_SHAPE):
        return False
    owner = getattr(error, "obj", None)  # of an attribute that is missing
    if isinstance(owner, ModuleType) or type(owner).__module__.startswith("checks."):
        return False
    ours = [Path(entry.path) for entry in excinfo.traceback if _is_ours(entry.path, check)]
    return bool(ours) and ours[-1] in (check, HOME / "checks" / "catalog.py")


def _is_ours(path: Path | str, check: Path) -> bool:
    folders = (HOME / "checks", HOME / "workbook")
    return Path(path) == check or any(Path(path).is_relative_to(folder) for folder in folders)


def _places(excinfo: pytest.ExceptionInfo[BaseException], check: Path) -> str:
    """Name the frames of the grader, innermost first."""
    places = [
        f"{Path(entry.path).name}, line {entry.lineno + 1}"
        for entry in excinfo.traceback
        if _is_ours(entry.path, check)
    ]
    last = excinfo.traceback[-1]
    innermost = f"{Path(last.path).name}, line {last.lineno + 1}"
    places = [innermost, *[place for place in reversed(places) if place != innermost]]
    return " <- ".join(places[:4])
