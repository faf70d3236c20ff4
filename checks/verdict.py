"""What can go wrong while a check runs, apart from a failed `expect`."""

from __future__ import annotations

from workbook.result import Verdict


class GraderError(Exception):
    """The grader itself does not work; never the submission's problem."""


class SubmissionError(Exception):
    """The submission's process went wrong in a way that has a verdict of its own."""

    def __init__(self, verdict: Verdict, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.verdict: Verdict = verdict
        self.message = message
        self.hint = hint
