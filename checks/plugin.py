"""The pytest side of the grader: the markers of a check, and a row for each check function."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from checks.expect import CheckFailed, shorten
from checks.job import Job
from checks.site import Site
from checks.verdict import GraderError, Plan, Row, SubmissionError

Send = Callable[[dict[str, Any]], None]
MARKERS = (
    "points(number): what passing is worth (default 1)",
    "hint(text): the hint after a failure, unless its expect() has a hint of its own",
    "depends(*names): skip when one of these did not pass",
    "guard(reason): held before this recipe, too; worth 0 points unless it says more",
    "mail_server(**options): how the mail server runs",
    "timezone_service(answers): what the timezone service knows",
)


class GraderPlugin:
    """One job's pytest plugin: plans, runs and reports its check functions."""

    def __init__(self, job: Job, send: Send) -> None:
        self.job = job
        self.send = send
        self.verdicts: dict[str, str] = {}
        self.calls: list[pytest.CallInfo[None]] = []

    def pytest_configure(self, config: pytest.Config) -> None:
        """Make the markers known."""
        for line in MARKERS:
            config.addinivalue_line("markers", line)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Tell of a check that cannot be read."""
        if report.failed:
            self.send({"fatal": shorten(report.longreprtext, 1500)})

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Announce all rows: what never arrives later is no pass."""
        plans = [plan_of(item) for item in session.items]
        self.send({"plan": [vars(plan) for plan in plans]})

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Skip what depends on a check that did not pass; refuse one without its texts."""
        plan = plan_of(item)
        if not plan.sentence or not plan.hint:
            raise GraderError(f"{item.name} needs a docstring and a hint marker.")
        for name in (name for marker in item.iter_markers("depends") for name in marker.args):
            if name not in self.verdicts:
                raise GraderError(f"{item.name} depends on {name}, which is no check before it.")
            if self.verdicts[name] != "passed":
                pytest.skip(f"It needs {name}, which did not pass.")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> Iterator[None]:
        """Send the row of a check function when all its phases are over."""
        self.send({"begin": item.name})
        self.calls = []
        done = yield
        row = self.row_of(item, plan_of(item))
        self.verdicts[item.name] = row.verdict
        self.send({"row": row.for_pipe()})
        return done

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        """Remember how each phase ended; ask the site for its own words while it exists."""
        self.calls.append(call)
        site = getattr(item, "funcargs", {}).get("site")
        if call.excinfo and call.when == "call" and isinstance(site, Site):
            call.excinfo.value.note = site.note()  # type: ignore[attr-defined]

    def row_of(self, item: pytest.Item, plan: Plan) -> Row:
        """Judge the phases of one check function: the first that went wrong counts."""
        seconds = sum(call.duration for call in self.calls)
        for call in self.calls:
            if call.excinfo:
                return judge(call.excinfo, plan, seconds)
        if [call.when for call in self.calls] != ["setup", "call", "teardown"]:
            return Row(plan, "grader-error", "The check did not run.", seconds=seconds)
        return Row(plan, "passed", seconds=seconds)


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


def judge(excinfo: pytest.ExceptionInfo[BaseException], plan: Plan, seconds: float) -> Row:
    """Turn what a check raised into a row."""
    error = excinfo.value
    note = getattr(error, "note", "")
    match error:
        case CheckFailed():
            message = "\n".join(part for part in (error.message, note) if part)
            return Row(plan, "failed", message, error.wanted, error.seen, seconds, error.hint)
        case SubmissionError():
            return Row(plan, error.verdict, error.message, seconds=seconds)
        case AssertionError() | pytest.fail.Exception():
            message = "\n".join(part for part in (shorten(str(error)), note) if part)
            return Row(plan, "failed", message, seconds=seconds)
        case pytest.skip.Exception():
            return Row(plan, "skipped", str(error), seconds=seconds)
        case sqlite3.Error():
            message = f"The database is not as the check reads it: {error}."
            return Row(plan, "error", message, seconds=seconds)
    where = " <- ".join(_places(excinfo))
    message = f"{type(error).__name__}: {shorten(str(error))} (in {where})"
    return Row(plan, "grader-error", message, seconds=seconds)


def _places(excinfo: pytest.ExceptionInfo[BaseException]) -> list[str]:
    """Name the frames of the judge, innermost first."""
    packages = (str(Path(__file__).parent), str(Path(__file__).parent.parent / "workbook"))
    places = [
        f"{Path(entry.path).name}, line {entry.lineno + 1}"
        for entry in excinfo.traceback
        if str(entry.path).startswith(packages) or Path(entry.path).name == "check.py"
    ]
    last = excinfo.traceback[-1]
    innermost = f"{Path(last.path).name}, line {last.lineno + 1}"
    return [innermost, *[place for place in reversed(places) if place != innermost]][:4]
