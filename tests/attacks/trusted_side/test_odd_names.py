"""Names of files and folders are no UTF-8, or hold what a terminal or a template would obey."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from attacker import APP, Attack

FOUND = """
import pytest
from checks import expect
pytestmark = pytest.mark.hint("None.")

def test_found(site):
    '''Files are found.'''
    site.get("/")
    expect(False, wanted="no file", seen=", ".join(str(path) for path in site.find("**/*.txt")))
"""
NAMES = [b"a\xff", b"\x1b[2J", "‮passed".encode(), b"[red]x", b"{x}%s", b"a\nb"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_shown_as_text(attack: Attack, name: bytes) -> None:
    source = f"open({name!r} + b'.txt', 'w').close()\n{APP}"
    graded = attack({"my_app/__init__.py": source}, FOUND, folder=os.fsdecode(name))
    (row,) = graded.result.checks
    assert row.verdict == "failed"
    assert ".txt" in row.seen
    assert row.seen.replace("\n", "").isprintable()
    graded.result.json().encode("ascii")


def test_a_file_of_the_submission_may_have_any_name(attack: Attack, tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    for name in NAMES:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/app/" + name + b".txt")).write_text("x")
    graded = attack({}, FOUND)
    assert graded.result.verdict == "failed"
