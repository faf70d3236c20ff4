"""Hostile submissions: each test is one kind, graded by root and by an ordinary user.

An app says `BROKE<...>` when it has reached what it must not reach.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hostile import APP, CHECK, ROOT, START

# What an ordinary user is for the kernel: no capability, and a number that is not 0.
ORDINARY = "layers.new_user_namespace(); layers.drop_capabilities()"
USERS = {"root": "", "an_ordinary_user": ORDINARY} if os.geteuid() == 0 else {"this_user": ""}

Row = dict[str, Any]
Attack = Callable[..., Row]


@pytest.fixture(scope="session", params=USERS)
def grader(request: pytest.FixtureRequest) -> Iterator["subprocess.Popen[str]"]:
    """Run one grader as root and one as an ordinary user."""
    process = subprocess.Popen(
        [sys.executable, "-c", START.format(before=USERS[request.param]), "grade"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    yield process
    assert process.stdin
    assert process.stdout
    process.stdin.close()
    assert process.wait(15) == 0
    process.stdout.close()


@pytest.fixture
def attack(grader: "subprocess.Popen[str]", tmp_path: Path) -> Attack:
    """Grade an app that begins with the lines; return its row."""

    def run(
        source: str = "", *lines: str, files: dict[str, str] | None = None, **facts: Any
    ) -> Row:
        app = tmp_path / "app"
        for name, text in {"my_app/__init__.py": source + APP, **(files or {})}.items():
            (app / name).parent.mkdir(parents=True, exist_ok=True)
            (app / name).write_text(text)
        check = tmp_path / "check.py"
        body = lines or ("assert site.get('/').text == 'Hello', site.output()",)
        check.write_text(CHECK.format(lines="".join(f"    {line}\n" for line in body)))
        job = {"id": "x", "app": str(app), "check": str(check), "patience": 5, "time_limit": 25}
        assert grader.stdin
        assert grader.stdout
        grader.stdin.write(json.dumps(job | facts) + "\n")
        grader.stdin.flush()
        result = json.loads(grader.stdout.readline())
        row: Row = result["checks"][0] | {"whole": result["seconds"]}
        assert "BROKE<" not in json.dumps(row), row
        assert row["verdict"] != "grader-error", row
        return row

    return run
