"""An app without one hunk, and without one added statement."""

from __future__ import annotations

from pathlib import Path

import pytest
from books import tiny

from workbook import diffs
from workbook.proof.hunks import Removal, without_hunks, without_statements

LINES = [f"line {n}\n" for n in range(40)]


class Change:
    """A change of an app: its diff and both folders."""

    def __init__(self, place: Path, before: tiny.Files, after: tiny.Files) -> None:
        self.before = tiny.write(place / "before", before)
        self.after = tiny.write(place / "after", after)
        path = place / "step.diff"
        path.write_bytes(tiny.diff(place, before, after).encode())
        self.diff = diffs.read(path, "step.diff")

    def hunks(self) -> list[Removal]:
        return [*without_hunks(self.diff, self.before, self.after)]

    def statements(self) -> list[Removal]:
        return [*without_statements(self.diff, self.after)]


def test_each_hunk_is_taken_back_alone(tmp_path: Path) -> None:
    new = [*LINES]
    new[3:5] = ["three and four\n"]
    new[30:30] = ["more\n", "lines\n"]
    first, second = Change(tmp_path, {"a.txt": "".join(LINES)}, {"a.txt": "".join(new)}).hunks()
    assert (first.name, second.name) == ("a.txt 1", "a.txt 2")
    assert first.content == "".join([*LINES[:31], "more\n", "lines\n", *LINES[31:]])
    assert second.content == "".join([*LINES[:3], "three and four\n", *LINES[5:]])


def test_a_new_file_goes_and_a_deleted_one_comes_back(tmp_path: Path) -> None:
    change = Change(tmp_path, {"old.txt": "old\n"}, {"new.txt": "new\n"})
    assert [(r.path, r.content) for r in change.hunks()] == [
        ("new.txt", None),
        ("old.txt", "old\n"),
    ]


def test_a_last_line_without_an_end_stays_so(tmp_path: Path) -> None:
    (one,) = Change(tmp_path, {"a.txt": "a\nb"}, {"a.txt": "a\nb\nc"}).hunks()
    assert one.content == "a\nb"


def test_a_removal_never_writes_into_the_file_that_it_shares(tmp_path: Path) -> None:
    shared = tiny.write(tmp_path / "shared", {"a.txt": "a\n"}) / "a.txt"
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "a.txt").hardlink_to(shared)
    Removal("a.txt 1", "a.txt", "b\n").apply(tmp_path / "app")
    assert shared.read_text() == "a\n"
    assert (tmp_path / "app" / "a.txt").read_text() == "b\n"


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("import os\nx = 1\n", ["1 import os", "2 x = 1"]),
        ('"""Words."""\n\nfrom __future__ import annotations\n\nx = 1\n', ["5 x = 1"]),
        ("x = 1; y = 2\n", []),
        ("if x:\n    a()\nelif y:\n    b()\n", ["1 if x:", "2 a()", "4 b()"]),
        ("@a\n@b\ndef f():\n    return 1\n", ["1 def f():", "4 return 1"]),
        ("def f():\n    pass\n", ["1 def f():"]),
    ],
)
def test_the_statements_that_can_be_deleted_alone(
    tmp_path: Path, code: str, names: list[str]
) -> None:
    change = Change(tmp_path, {"b.txt": "b\n"}, {"b.txt": "b\n", "a.py": code})
    assert sorted(r.name for r in change.statements()) == [f"a.py:{name}" for name in names]


def test_the_only_statement_of_a_block_becomes_a_pass(tmp_path: Path) -> None:
    change = Change(tmp_path, {"a.py": "x = 1\n"}, {"a.py": "x = 1\nif x:\n    f(\n        x)\n"})
    contents = {removal.name: removal.content for removal in change.statements()}
    assert contents["a.py:3 f("] == "x = 1\nif x:\n    pass\n"
    assert contents["a.py:2 if x:"] == "x = 1\n"


def test_a_statement_that_was_there_before_is_no_matter(tmp_path: Path) -> None:
    before = "def f():\n    a()\n    return 1\n"
    change = Change(tmp_path, {"a.py": before}, {"a.py": before.replace("a()", "b()")})
    assert [removal.name for removal in change.statements()] == ["a.py:2 b()"]
