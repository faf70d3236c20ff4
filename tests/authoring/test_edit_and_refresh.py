"""One recipe is edited and all later ones follow."""

from __future__ import annotations

import subprocess

from authoring.conftest import INIT, Desk

from workbook import tree


def git(desk: Desk, *words: str) -> str:
    return subprocess.check_output(["git", *words], cwd=desk.app, text=True)


def test_a_sound_series_is_fresh(desk: Desk) -> None:
    before = desk.snapshot()
    assert desk.do("refresh") == 0
    assert desk.do("refresh", "--check") == 0
    assert desk.snapshot() == before


def test_edit_opens_the_app_at_its_step_with_a_commit_for_each_recipe(desk: Desk) -> None:
    assert desk.do("edit", "2") == 0
    assert (desk.app / "my_app" / "prices.py").is_file()
    assert "until six" not in (desk.app / INIT).read_text()
    assert git(desk, "log", "--format=%s", "HEAD").splitlines() == [
        "Recipe 2: prices",
        "Recipe 1: greeting",
        "The app before recipe 1",
    ]
    assert git(desk, "log", "-1", "--format=%s", "series") == "Recipe 3: hours\n"
    assert git(desk, "status", "--porcelain") == ""


def test_an_edit_of_the_first_recipe_reaches_the_last(desk: Desk) -> None:
    desk.do("edit", "1")
    desk.edit('app.config.get("SHOP", "the shop")', 'app.config.get("SHOP", "our shop")')
    assert desk.do("refresh") == 0
    assert '+        name = app.config.get("SHOP", "our shop")' in desk.step("greeting")
    last = tree.build(desk.series, 3)
    assert '"our shop"' in (last / INIT).read_text()
    assert "until six" in (last / INIT).read_text()
    assert [*tree.problems(desk.series)] == []


def test_mistakes_and_variants_follow_as_well(desk: Desk) -> None:
    desk.do("edit", "greeting")
    desk.edit("# Pages of the shop stand below.", "# The pages of the shop stand below.")
    assert desk.do("refresh") == 0
    for name in ("mistakes/constant", "variants/plus"):
        assert "The pages of the shop" in (desk.folder("greeting") / f"{name}.diff").read_text()
    assert [*tree.problems(desk.series)] == []


def test_the_words_of_a_diff_stay(desk: Desk) -> None:
    desk.do("edit", "1")
    desk.edit("Pages of the shop", "The pages of the shop")
    desk.do("refresh")
    assert desk.step("greeting").startswith("Why greeting.\n\ndiff --git ")
    mistake = desk.folder("greeting") / "mistakes" / "constant.diff"
    assert "Caught-by: test_the_name_is_a_setting\n" in mistake.read_text()


def test_an_edit_that_is_taken_back_leaves_every_byte_as_it_was(desk: Desk) -> None:
    before = desk.snapshot()
    desk.do("edit", "1")
    desk.edit("Pages of the shop", "The pages of the shop")
    assert desk.do("refresh") == 0
    assert desk.snapshot() != before
    desk.edit("The pages of the shop", "Pages of the shop")
    assert desk.do("refresh") == 0
    assert desk.snapshot() == before


def test_refresh_says_what_is_stale_now(desk: Desk) -> None:
    notebooks = desk.root / "notebooks"
    notebooks.mkdir()
    (notebooks / "tour.md").write_text("# After recipe 2\n")
    (notebooks / "other.md").write_text("# Nothing of it\n")
    desk.do("edit", "1")
    desk.edit("Pages of the shop", "The pages of the shop")
    desk.do("refresh")
    assert "Stale checks of 1 (greeting), 2 (prices), 3 (hours)" in desk.said
    assert "r01_greeting/README.md: hunk my_app/__init__.py, output" in desk.said
    assert "r03_hours/README.md: output" in desk.said, "its hunk is the same"
    assert "notebooks/tour.md" in desk.said
    assert "other.md" not in desk.said


def test_check_changes_nothing_and_fails_when_a_diff_would_change(desk: Desk) -> None:
    before = desk.snapshot()
    desk.do("edit", "1")
    desk.edit("Pages of the shop", "The pages of the shop")
    assert desk.do("refresh", "--check") == 1
    assert "would change chapters/ch01_tiny/r01_greeting/step.diff" in desk.said
    assert desk.snapshot() == before
    assert desk.do("refresh") == 0
    assert desk.do("refresh", "--check") == 0


def test_a_new_file_and_a_deleted_one_are_taken_in(desk: Desk) -> None:
    desk.do("edit", "3")
    (desk.app / "words.txt").write_text("open\n")
    (desk.app / "run.py").unlink()
    assert desk.do("refresh") == 0
    last = tree.build(desk.series, 3)
    assert (last / "words.txt").read_text() == "open\n"
    assert not (last / "run.py").exists()


def test_the_app_before_recipe_1_is_edited_in_the_same_way(desk: Desk) -> None:
    desk.do("edit", "0")
    desk.edit('"""A tiny shop."""', '"""A very tiny shop."""')
    assert desk.do("refresh") == 0
    assert "very tiny" in (desk.root / "shared_app" / INIT).read_text()
    assert "very tiny" in (tree.build(desk.series, 3) / INIT).read_text()


def test_a_mistake_is_made_and_edited_in_the_same_way(desk: Desk) -> None:
    assert desk.do("edit", "2", "mistakes/free_tea") == 0
    desk.edit('{"tea": 3}', '{"tea": 0}', "my_app/prices.py")
    assert desk.do("refresh") == 0
    text = (desk.folder("prices") / "mistakes" / "free_tea.diff").read_text()
    assert '+PRICES = {"tea": 0}' in text
    assert "Caught-by: (to write)" in text
    desk.edit('{"tea": 0}', '{"tea": 1}', "my_app/prices.py")
    assert desk.do("refresh") == 0
    text = (desk.folder("prices") / "mistakes" / "free_tea.diff").read_text()
    assert '+PRICES = {"tea": 1}' in text


def test_two_refreshes_in_a_row_need_no_second_edit(desk: Desk) -> None:
    desk.do("edit", "1")
    desk.edit("Pages of the shop", "The pages of the shop")
    desk.do("refresh")
    desk.edit("The pages of the shop", "All pages of the shop")
    assert desk.do("refresh") == 0
    assert "All pages" in desk.step("greeting")
    assert desk.do("edit", "2") == 0, "nothing is left to be taken in"


def test_a_hand_edited_step_carries_the_later_ones_along(desk: Desk) -> None:
    tree.build(desk.series, 3)
    path = desk.folder("greeting") / "step.diff"
    desk.replace(path, '+        return f"Hello from {name}"', '+        return f"Hello, {name}"')
    assert desk.do("edit", "1") == 1
    assert "run `make refresh` first" in desk.said
    assert desk.do("refresh") == 0
    assert "Hello, {name}" in (tree.build(desk.series, 3) / INIT).read_text()


def test_changes_of_neighbouring_lines_are_no_conflict(desk: Desk) -> None:
    desk.do("edit", "1")
    desk.edit("    # Pages of the shop", "    # First\n    # Pages of the shop")
    desk.edit('text = "A shop"', 'text = "A small shop"')
    assert desk.do("refresh") == 0
    text = (tree.build(desk.series, 3) / INIT).read_text()
    assert 'text = "A small shop"\n        text += ", open until six"' in text
