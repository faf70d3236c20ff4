"""What reads a hostile submission: each test has a grader process of its own, as `make check`."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from attacker import APP, CHECK, Attack, Graded

from workbook.grading import command
from workbook.result import Job, Result


@pytest.fixture
def attack(tmp_path: Path) -> Attack:
    """Grade an app of these files; `check` is the source of its check."""

    def run(
        files: Mapping[str, str],
        check: str = CHECK,
        folder: str = "app",
        seconds: float = 20,
        cwd: str = "",
        environ: Mapping[str, str] | None = None,
    ) -> Graded:
        app = tmp_path / folder
        for name, content in {"my_app/__init__.py": APP, **files}.items():
            path = app / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        (tmp_path / "check").mkdir(exist_ok=True)
        (tmp_path / "check" / "check.py").write_text(check, encoding="utf-8")
        job = Job("", app, "job", tmp_path / "check" / "check.py", seconds, patience=5)
        began = time.monotonic()
        done = subprocess.run(
            command("grade"), input=job.line(), capture_output=True, text=True, check=True,
            cwd=app / cwd if cwd else None, env={**os.environ, **(environ or {})},
            timeout=seconds + 60,
        )  # fmt: skip
        taken = time.monotonic() - began
        assert len(done.stdout) < 100_000
        json.loads(done.stdout)
        return Graded(Result.read(done.stdout), done.stderr, taken)

    return run


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder that no submission may read, write or even look at."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret.txt").write_text("the secret")
    return folder
