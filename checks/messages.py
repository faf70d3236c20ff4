"""What a job's child tells the grader, a line each, and what the grader makes of it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

from workbook.result import CheckResult, Plan


@dataclass(frozen=True)
class Planned:
    """The check functions that are about to run."""

    plans: tuple[Plan, ...]


@dataclass(frozen=True)
class Begin:
    """The check function that starts now."""

    name: str


@dataclass(frozen=True)
class Fatal:
    """Why no check function can run."""

    text: str


Message = Planned | Begin | Fatal | CheckResult


def encode(message: Message) -> bytes:
    """Return the message as a line."""
    return json.dumps({type(message).__name__: asdict(message)}).encode() + b"\n"


@dataclass
class Report:
    """What a job's child has sent so far."""

    plans: list[Plan] = field(default_factory=list)
    rows: dict[str, CheckResult] = field(default_factory=dict)
    running: str = ""
    fatal: str = ""

    def take(self, line: bytes) -> None:
        """Read one line of the child."""
        match json.loads(line):
            case {"Planned": {"plans": plans}}:
                self.plans = [Plan(**plan) for plan in plans]
            case {"Begin": {"name": name}}:
                self.running = name
            case {"CheckResult": facts}:
                row = CheckResult.of(facts)
                self.rows[row.name] = row
                self.running = ""
            case {"Fatal": {"text": text}}:
                self.fatal = text

    def complete(self, late: bool, limit: float, ending: str) -> list[CheckResult]:
        """Return a result for every plan; a missing one is never a pass."""
        if self.fatal or not self.plans:
            told = self.fatal or ("it took too long to read" if late else ending)
            return [Plan("check.py", "The check can be read.").result("grader-error", told)]
        return [self.rows.get(plan.name) or self._missing(plan, late, limit, ending)
                for plan in self.plans]  # fmt: skip

    def _missing(self, plan: Plan, late: bool, limit: float, ending: str) -> CheckResult:
        running = plan.name == self.running
        if late and running:
            return plan.result("timeout", f"It was still running when {limit:g} seconds were over.")
        if late:
            return plan.result(
                "timeout", f"No time was left of the {limit:g} seconds for all checks."
            )
        if running or not self.running:
            return plan.result("grader-error", f"The grader's process ended early: {ending}.")
        return plan.result("skipped", f"Not run: {self.running} ended the grader's process.")
