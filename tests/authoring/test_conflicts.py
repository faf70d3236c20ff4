"""A conflict stops with recipe and file, is resolved in the scratch repository, and goes on."""

from __future__ import annotations

import subprocess

from authoring.conftest import INIT, Desk

from workbook import tree


def git(desk: Desk, *words: str) -> str:
    return subprocess.check_output(["git", *words], cwd=desk.app, text=True)


def make_conflict(desk: Desk) -> None:
    """Recipe 3 adds a line where recipe 1 now adds another."""
    desk.do("edit", "1")
    desk.edit("        return text\n", '        text += "!"\n        return text\n')
    assert desk.do("refresh") == 1


def resolve(desk: Desk) -> None:
    path = desk.app / INIT
    kept = [line for line in path.read_text().splitlines() if line[:7] not in MARKS]
    path.write_text("\n".join(kept) + "\n")


MARKS = {"<<<<<<<", "=======", ">>>>>>>", "|||||||"}


def test_a_conflict_names_recipe_and_file_and_writes_nothing(desk: Desk) -> None:
    before = desk.snapshot()
    make_conflict(desk)
    assert "Conflict in chapters/ch01_tiny/r03_hours/step.diff: my_app/__init__.py" in desk.said
    assert "then `make refresh` goes on" in desk.said
    assert desk.snapshot() == before
    assert git(desk, "status", "--porcelain").startswith(f"UU {INIT}")
    assert ">>>>>>> hours" in (desk.app / INIT).read_text()
    assert git(desk, "log", "-1", "--format=%s") == "Recipe 2: prices\n"


def test_a_resolved_conflict_goes_on_to_the_end(desk: Desk) -> None:
    make_conflict(desk)
    resolve(desk)
    assert desk.do("refresh") == 0
    text = (tree.build(desk.series, 3) / INIT).read_text()
    assert 'text += "!"' in text
    assert "until six" in text
    assert '+        text += "!"' in desk.step("greeting")
    assert [*tree.problems(desk.series)] == []


def test_an_unresolved_conflict_is_not_taken_in(desk: Desk) -> None:
    before = desk.snapshot()
    make_conflict(desk)
    assert desk.do("refresh") == 1
    assert "the conflict in hours is not resolved yet" in desk.said
    assert desk.snapshot() == before


def test_a_mistake_keeps_its_own_line_where_the_step_changed_the_same(desk: Desk) -> None:
    desk.do("edit", "1")
    desk.edit('"the shop"', '"our shop"')
    assert desk.do("refresh") == 0
    assert "r01_greeting/mistakes/constant.diff: my_app/__init__.py" in desk.said
    mistake = (desk.folder("greeting") / "mistakes" / "constant.diff").read_text()
    assert '-        name = app.config.get("SHOP", "our shop")' in mistake
    assert '+        name = "the shop"' in mistake
    assert [*tree.problems(desk.series)] == []


def test_a_file_that_one_deletes_and_a_later_one_edits_waits_for_a_word(desk: Desk) -> None:
    before = desk.snapshot()
    desk.do("edit", "3")
    desk.edit('"tea": 3', '"tea": 4', "my_app/prices.py")
    assert desk.do("refresh") == 0
    middle = desk.snapshot()
    desk.do("edit", "2")
    (desk.app / "my_app" / "prices.py").unlink()
    desk.edit("\nfrom my_app.prices import price_of\n", "")
    assert desk.do("refresh") == 1
    assert "r03_hours/step.diff: my_app/prices.py" in desk.said
    assert desk.do("refresh") == 1, "nobody said what becomes of the file"
    assert desk.snapshot() == middle != before
    git(desk, "rm", "--quiet", "my_app/prices.py")
    assert desk.do("refresh") == 0
    assert not (tree.build(desk.series, 3) / "my_app" / "prices.py").exists()


def test_a_later_recipe_that_would_change_nothing_is_named(desk: Desk) -> None:
    before = desk.snapshot()
    desk.do("edit", "1")
    desk.edit("        return text\n", '        text += ", open until six"\n        return text\n')
    assert desk.do("refresh") == 1
    assert "r03_hours/step.diff would change nothing" in desk.said
    assert desk.snapshot() == before


def test_a_discarded_edit_leaves_the_series_as_it_was(desk: Desk) -> None:
    before = desk.snapshot()
    make_conflict(desk)
    assert desk.do("edit", "--discard") == 0
    assert desk.do("refresh") == 0
    assert desk.snapshot() == before
