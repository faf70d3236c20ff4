"""A grader that stays alive for all tests of this folder, as it does for its callers."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
APPS = Path(__file__).parent / "apps"

# `before` may take away what the machine has: namespaces, privileges.
START = """
import runpy
from pathlib import Path
from checks.sandbox import layers
{before}
runpy.run_path("checks/__main__.py", run_name="__main__")
"""


class Grader:
    """A grader process: jobs in, results out."""

    def __init__(self, *arguments: str, before: str = "") -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", START.format(before=before), "grade", *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip

    def ask(self, **job: Any) -> dict[str, Any]:
        """Send a job and wait for its result."""
        self.send(**job)
        assert self.process.stdout
        result: dict[str, Any] = json.loads(self.process.stdout.readline())
        return result

    def send(self, **job: Any) -> None:
        """Send a job."""
        assert self.process.stdin
        self.process.stdin.write(json.dumps(job, default=str) + "\n")
        self.process.stdin.flush()

    def close(self) -> int:
        """Close its input and wait for its end."""
        assert self.process.stdin
        self.process.stdin.close()
        try:
            return self.process.wait(10)
        finally:
            self.process.kill()
            self.process.wait()
            assert self.process.stdout
            self.process.stdout.close()


@pytest.fixture(scope="session")
def grader() -> Iterator[Grader]:
    """Run one grader for many jobs."""
    running = Grader()
    yield running
    assert running.close() == 0


@pytest.fixture
def new_grader() -> Iterator[Callable[..., Grader]]:
    """Start graders of one's own, to be ended or to be weakened."""
    started: list[Grader] = []

    def start(*arguments: str, before: str = "") -> Grader:
        started.append(Grader(*arguments, before=before))
        return started[-1]

    yield start
    for grader in started:
        grader.close()


Grade = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def grade(grader: Grader) -> Grade:
    """Grade one of the tiny apps by one of the checks beside them, with little patience."""

    def run(app: str, check: str = "greets", **facts: Any) -> dict[str, Any]:
        job = {"id": app, "app": APPS / app, "check": APPS / f"{check}.py", "patience": 1.5}
        return grader.ask(**{**job, "time_limit": 10, **facts})

    return run


@pytest.fixture
def grade_source(grader: Grader, tmp_path: Path) -> Grade:
    """Grade the good app by a check that is written in the test."""

    def run(source: str, app: str = "good", **facts: Any) -> dict[str, Any]:
        check = tmp_path / "check.py"
        check.write_text(source)
        job = {"id": "x", "app": APPS / app, "check": check, "patience": 2, "time_limit": 10}
        return grader.ask(**{**job, **facts})

    return run
