"""What crosses the pipe between the workbook and the grader: jobs go in, results come out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args

from workbook.errors import FAILED, PASSED, SKIPPED
from workbook.text import clean

Verdict = Literal[
    "passed", "failed", "error", "timeout", "crashed", "memory", "forbidden", "skipped",
    "grader-error",
]  # fmt: skip
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

# What a check function may carry, as @pytest.mark.NAME(...).
MARKERS = {
    "points": "points(number): what passing is worth (default 1)",
    "hint": "hint(text): the hint after a failure, unless its expect() has a hint of its own",
    "depends": "depends(*names): skip when one of these did not pass",
    "guard": "guard(reason): worked before this recipe, too; worth 0 points, costs all when broken",
    "mail_server": "mail_server(**options): how the mail server runs",
    "timezone_service": "timezone_service(zones): what the timezone service knows",
}
# What a hint says when the submission did not get as far as the check function's own hint.
HINTS: dict[Verdict, str] = {
    "error": "Read the error and its place first; run the app yourself to see the whole traceback.",
    "crashed": "Run the app yourself: what ends its process?",
    "timeout": "What does the app wait for? Every wait needs a timeout.",
    "memory": "What grows with every request or row? Read less of it at a time.",
    "forbidden": "The app may use its own folder, its home and TMPDIR; build paths from those.",
}


class WrongShape(ValueError):
    """Something that should be a job or a result is not one."""


@dataclass(frozen=True)
class Job:
    """One app to be graded by one recipe's check; `check` names a file outside of a series.

    `only` names the check function to run, with those that it depends on. With `first_failure`,
    the first function that does not pass is the last one to run. What does not run is skipped.
    """

    recipe: str
    app: Path
    id: str = ""
    check: Path | None = None
    time_limit: float | None = None
    patience: float = 10.0
    only: str = ""
    first_failure: bool = False

    def line(self) -> str:
        """Return the job as the grader reads it."""
        facts = {**asdict(self), "id": self.id or str(self.app), "app": self.app.absolute()}
        return json.dumps(facts, default=str) + "\n"

    @staticmethod
    def read(line: str) -> Job:
        """Read one line of input; raise WrongShape when it is no job."""
        facts = _object(line, "A job")
        known = {field.name for field in fields(Job)}
        try:
            given = {name: value for name, value in facts.items() if name in known}
            limit = given.get("time_limit")
            return Job(
                recipe=str(given.get("recipe") or ""),
                app=Path(given.get("app") or ""),
                id=str(given.get("id") or ""),
                check=Path(given["check"]) if given.get("check") else None,
                time_limit=None if limit is None else float(limit),
                patience=float(given.get("patience", 10)),
                only=str(given.get("only") or ""),
                first_failure=bool(given.get("first_failure")),
            )
        except (TypeError, ValueError) as error:
            raise WrongShape(f"A job has a value of the wrong type: {error}.") from None


@dataclass(frozen=True)
class Plan:
    """What is known of a check function before it runs."""

    name: str
    sentence: str
    max_points: int = 0
    hint: str = ""
    guard: str = ""

    def result(
        self,
        verdict: Verdict,
        message: str = "",
        wanted: str = "",
        seen: str = "",
        seconds: float = 0.0,
        hint: str = "",
    ) -> CheckResult:
        """Return what became of the function; all texts are cleaned here, and only here."""
        return CheckResult(
            name=self.name,
            sentence=clean(self.sentence),
            verdict=verdict,
            points=self.max_points if verdict == "passed" else 0,
            max_points=self.max_points,
            wanted=clean(wanted),
            seen=clean(seen),
            hint=clean(hint or HINTS.get(verdict) or self.hint),
            message=clean(message, 1500),
            guard=clean(self.guard),
            seconds=round(seconds, 3),
        )


@dataclass(frozen=True)
class CheckResult:
    """What became of one check function, as results show it."""

    name: str
    sentence: str
    verdict: Verdict
    points: int
    max_points: int
    wanted: str
    seen: str
    hint: str
    message: str
    guard: str
    seconds: float

    @staticmethod
    def of(facts: dict[str, Any]) -> CheckResult:
        """Make a result of the facts that crossed a pipe or were kept in a file."""
        return CheckResult(**facts)


@dataclass(frozen=True)
class Result:
    """What became of a job.

    `note` says why points that were earned do not count; `missing` names the layers of isolation
    that the grader's machine does not have.
    """

    id: str
    recipe: str | None
    number: int | None
    title: str
    verdict: Verdict
    points: int
    max_points: int
    seconds: float
    note: str
    checks: tuple[CheckResult, ...]
    missing: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """Return what a command that shows this result ends with."""
        return {"passed": PASSED, "skipped": SKIPPED}.get(self.verdict, FAILED)

    @property
    def passed(self) -> bool:
        """Say whether something ran and everything passed."""
        return self.verdict == "passed"

    def json(self, indent: int | None = None) -> str:
        """Return the result in its published form."""
        return json.dumps(asdict(self), indent=indent)

    @staticmethod
    def read(text: str | bytes) -> Result:
        """Read a result; raise WrongShape when it is none."""
        facts = _object(text, "A result")
        try:
            checks = tuple(CheckResult.of(row) for row in facts.pop("checks"))
            missing = tuple(str(name) for name in facts.pop("missing", ()))
            return Result(**facts, checks=checks, missing=missing)
        except (TypeError, KeyError) as error:
            raise WrongShape(f"A result has other fields than expected: {error}.") from None


def result(
    job: Job,
    rows: Sequence[CheckResult],
    seconds: float,
    *,
    recipe: str | None = None,
    number: int | None = None,
    title: str = "",
    missing: Sequence[str] = (),
) -> Result:
    """Sum up the check functions of a job.

    A guard protects what worked before the recipe. When one did not pass, nothing counts: a
    solution that breaks the app it was meant to improve has no points.
    """
    broken = [row for row in rows if row.guard and row.verdict not in ("passed", "skipped")]
    checks = [_without_points(row) if broken else row for row in rows]
    return Result(
        id=clean(job.id),
        recipe=recipe,
        number=number,
        title=clean(title),
        verdict=overall(rows),
        points=sum(row.points for row in checks),
        max_points=sum(row.max_points for row in checks),
        seconds=round(seconds, 3),
        note=f"No points count while a guard fails: {broken[0].sentence}" if broken else "",
        checks=tuple(checks),
        missing=tuple(missing),
    )


def _without_points(row: CheckResult) -> CheckResult:
    return CheckResult(**{**asdict(row), "points": 0})


def overall(rows: Sequence[CheckResult]) -> Verdict:
    """Return the verdict of all: passed only when something ran and everything passed."""
    verdicts = [row.verdict for row in rows]
    if "grader-error" in verdicts or not verdicts:
        return "grader-error"
    for verdict in verdicts:
        if verdict not in ("passed", "skipped"):
            return verdict
    return "skipped" if "skipped" in verdicts else "passed"


def _object(text: str | bytes, what: str) -> dict[str, Any]:
    """Return a JSON object."""
    try:
        facts = json.loads(text)
    except (ValueError, RecursionError):
        facts = None
    if not isinstance(facts, dict):
        raise WrongShape(f"{what} is a JSON object, not {clean(text, 80)}.")
    return facts
