"""What a check can come to, and how a result is put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Verdict = Literal[
    "passed", "failed", "error", "timeout", "crashed", "memory", "forbidden", "skipped",
    "grader-error",
]  # fmt: skip


class GraderError(Exception):
    """The judge itself does not work; never the submission's problem."""


class SubmissionError(Exception):
    """The submission's process went wrong in a way that has a verdict of its own."""

    def __init__(self, verdict: Verdict, message: str) -> None:
        super().__init__(message)
        self.verdict: Verdict = verdict
        self.message = message


@dataclass(frozen=True)
class Plan:
    """What is known of a check function before it runs."""

    name: str
    sentence: str
    max_points: int
    hint: str
    guard: str


@dataclass(frozen=True)
class Row:
    """What became of one check function."""

    plan: Plan
    verdict: Verdict
    message: str = ""
    wanted: str = ""
    seen: str = ""
    seconds: float = 0.0
    hint: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the row as results show it."""
        points = self.plan.max_points if self.verdict == "passed" else 0
        return {
            "name": self.plan.name,
            "sentence": self.plan.sentence,
            "verdict": self.verdict,
            "points": points,
            "max_points": self.plan.max_points,
            "wanted": self.wanted,
            "seen": self.seen,
            "hint": self.hint or self.plan.hint,
            "message": self.message,
            "guard": self.plan.guard,
            "seconds": round(self.seconds, 3),
        }

    @staticmethod
    def from_pipe(facts: dict[str, Any]) -> Row:
        """Make a row of what a child sent."""
        return Row(**{**facts, "plan": Plan(**facts["plan"])})

    def for_pipe(self) -> dict[str, Any]:
        """Return what a child sends."""
        return asdict(self)


def overall(rows: Sequence[Row]) -> Verdict:
    """Sum up: passed only when something ran and everything passed."""
    verdicts = [row.verdict for row in rows]
    if "grader-error" in verdicts or not verdicts:
        return "grader-error"
    for verdict in verdicts:
        if verdict not in ("passed", "skipped"):
            return verdict
    return "skipped" if "skipped" in verdicts else "passed"


def result(job: dict[str, Any], rows: Sequence[Row], seconds: float) -> dict[str, Any]:
    """Return the result of a job in its published form."""
    checks = [row.as_dict() for row in rows]
    return {
        **job,
        "verdict": overall(rows),
        "points": sum(check["points"] for check in checks),
        "max_points": sum(check["max_points"] for check in checks),
        "seconds": round(seconds, 3),
        "checks": checks,
    }
