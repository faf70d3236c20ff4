"""A kill or a full disk while the series is written: all of it is new, or all of it is old."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from authoring.conftest import Desk, snapshot

from workbook.__main__ import main

HOME = Path(__file__).resolve().parents[2]
HELPER = Path(__file__).with_name("interrupted.py")


def run(root: Path, how: str, count: int, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(HELPER), how, str(count), str(root), *words],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(HOME)},
        check=False,
    )


def begin(desk: Desk) -> None:
    """Edit recipe 1 and move recipe 3: files are written, folders renamed, one goes away."""
    desk.do("edit", "1")
    desk.edit("Pages of the shop", "The pages of the shop")
    desk.order("greeting", "hours")


def test_a_kill_at_any_moment_leaves_the_old_series_or_the_new_one(desk: Desk) -> None:
    begin(desk)
    before = desk.snapshot()
    end = desk.place / "end"
    shutil.copytree(desk.root, end, symlinks=True)
    assert run(end, "kill", 0, "refresh").returncode == 0
    after = snapshot(end)
    seen = set()
    for count in range(1, 100):
        root = desk.place / f"killed{count}"
        shutil.copytree(desk.root, root, symlinks=True)
        ran = run(root, "kill", count, "refresh")
        if ran.returncode == 0:
            break
        assert ran.returncode == -9, ran.stderr
        main(["--book", str(root), "list"])
        now = snapshot(root)
        assert now in (before, after), f"after a kill at act {count}"
        kind = "old" if now == before else "new"
        if kind not in seen:
            assert main(["--book", str(root), "refresh"]) == 0, "the edit can still be finished"
            assert snapshot(root) == after
        seen.add(kind)
        shutil.rmtree(root)
    assert seen == {"old", "new"}
    assert count > 10


def test_what_was_interrupted_is_told_in_a_sentence(desk: Desk) -> None:
    begin(desk)
    run(desk.root, "kill", 3, "refresh")
    assert (desk.root / "chapters" / ".refresh").exists()
    desk.do("list")
    assert "An interrupted change of the series was undone" in desk.said
    assert not (desk.root / "chapters" / ".refresh").exists()


def test_a_full_disk_while_the_series_is_written(desk: Desk) -> None:
    begin(desk)
    before = desk.snapshot()
    ran = run(desk.root, "full", 300, "refresh")
    assert ran.returncode == 1
    assert "cannot be written" in ran.stderr
    assert "the series is as it was" in ran.stderr
    assert desk.snapshot() == before
    assert desk.do("refresh") == 0


def test_a_disk_that_is_full_from_the_beginning(desk: Desk) -> None:
    before = desk.snapshot()
    ran = run(desk.root, "none", 0, "refresh")
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr
    assert len(ran.stderr.splitlines()) == 1
    assert desk.snapshot() == before
