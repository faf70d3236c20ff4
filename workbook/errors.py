"""What can go wrong for a user, each as one clear sentence, and the exit codes."""

from __future__ import annotations

from collections.abc import Sequence

PASSED = 0
FAILED = 1
WRONG_USE = 2
SKIPPED = 125


class WorkbookError(Exception):
    """Tell the user what is wrong, where, and what to do next."""

    exit_code = FAILED


class UsageError(WorkbookError):
    """Tell the user that the command was called wrongly."""

    exit_code = WRONG_USE


class Skipped(WorkbookError):
    """Say what this machine lacks: nothing was tried, so nothing passed or failed."""

    exit_code = SKIPPED


class WorkbookProblems(WorkbookError):
    """Tell all problems of a book at once, a line each."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))
