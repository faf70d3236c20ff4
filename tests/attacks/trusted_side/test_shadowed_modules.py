"""Modules beside the app are called like the grader's: none runs outside of the sandbox."""

from __future__ import annotations

from pathlib import Path

import pytest
from attacker import Attack

NAMES = (
    "json", "sqlite3", "site", "sitecustomize", "usercustomize", "pytest", "conftest", "rich",
    "encodings", "checks/__init__", "workbook/__init__", "_pytest/__init__", "bs4/__init__",
)  # fmt: skip


@pytest.mark.parametrize("how", ["working directory", "PYTHONPATH", "PYTHONSTARTUP"])
def test_a_shadow_is_not_imported(attack: Attack, outside: Path, tmp_path: Path, how: str) -> None:
    mark = f"open({str(outside / 'ran')!r} + str(__name__), 'w')\n"
    files = {f"{name}.py": f"try:\n    {mark}except OSError:\n    pass\n" for name in NAMES}
    app = str(tmp_path / "app")
    environ = {
        "working directory": {"PYTHONSAFEPATH": ""},
        "PYTHONPATH": {"PYTHONPATH": app, "PYTHONOPTIMIZE": "2", "PYTHONHOME": "/nowhere"},
        "PYTHONSTARTUP": {"PYTHONSTARTUP": f"{app}/conftest.py", "PYTEST_PLUGINS": "conftest"},
    }[how]
    graded = attack(files, cwd=".", environ=environ)
    assert [path.name for path in outside.iterdir()] == ["secret.txt"]
    assert graded.result.checks[0].sentence == "The home page greets."
    assert graded.result.verdict in ("failed", "error")
