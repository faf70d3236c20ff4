"""Recipes are added, inserted, removed and moved by series.toml and `make refresh`."""

from __future__ import annotations

from authoring.conftest import INIT, Desk

from workbook import tree
from workbook.linting import problems


def test_a_removed_recipe_leaves_and_the_later_ones_follow(desk: Desk) -> None:
    desk.order("greeting", "hours")
    assert desk.do("refresh") == 0
    assert desk.folder("hours").name == "r02_hours"
    assert (desk.folder("hours") / "README.md").read_text().startswith("# 2. Hours\n")
    assert not [*desk.root.glob("chapters/*/*prices")]
    (kept,) = desk.root.glob("build/removed/*r02_prices")
    assert (kept / "check.py").is_file()
    last = (tree.build(desk.series, 2) / INIT).read_text()
    assert "until six" in last
    assert "price" not in last


def test_a_moved_recipe_takes_its_folder_and_its_number_along(desk: Desk) -> None:
    end = tree.tree_at(desk.series, 3)
    desk.order("greeting", "hours", "prices")
    assert desk.do("recipe", "2") == 1
    assert "`make refresh`" in desk.said
    assert desk.do("refresh") == 0
    assert [desk.folder(n).name for n in ("hours", "prices")] == ["r02_hours", "r03_prices"]
    assert (desk.folder("prices") / "README.md").read_text().startswith("# 3. Prices\n")
    assert tree.tree_at(desk.series, 3) == end, "the same changes make the same app"
    assert [*tree.problems(desk.series)] == []


def test_a_move_there_and_back_leaves_every_byte_as_it_was(desk: Desk) -> None:
    before = desk.snapshot()
    desk.order("prices", "hours", "greeting")
    assert desk.do("refresh") == 0
    desk.order("greeting", "prices", "hours")
    assert desk.do("refresh") == 0
    assert desk.snapshot() == before


def test_a_recipe_that_moves_takes_its_commands_along(desk: Desk) -> None:
    folder = desk.folder("hours")
    lesson, check = folder / "README.md", folder / "check.py"
    lesson.write_text(
        lesson.read_text() + "\n`make start 3`, then `make check 3`; not `make 30`.\n"
    )
    desk.replace(check, "Look at about().", "Look at `make diff 3`.")
    desk.order("greeting", "hours", "prices")
    desk.do("refresh")
    folder = desk.folder("hours")
    assert (
        "`make start 2`, then `make check 2`; not `make 30`." in (folder / "README.md").read_text()
    )
    assert "Look at `make diff 2`." in (folder / "check.py").read_text()
    assert "make start" not in desk.said


def test_only_the_lines_that_name_a_number_which_changed_are_shown(desk: Desk) -> None:
    lesson = desk.folder("hours") / "README.md"
    lines = (
        "\nAs in recipe 2, the page opens.\nAs in recipe 1.\n[Prices](../r02_prices/README.md)\n"
    )
    lesson.write_text(lesson.read_text() + lines)
    desk.order("greeting", "hours", "prices")
    desk.do("refresh")
    assert "(2 is 3): As in recipe 2, the page opens." in desk.said
    assert "(2 is 3): [Prices](../r02_prices/README.md)" in desk.said
    assert "As in recipe 1." not in desk.said
    assert "# 2. Hours" not in desk.said


def test_a_number_whose_recipe_is_gone_is_shown(desk: Desk) -> None:
    lesson = desk.folder("hours") / "README.md"
    lesson.write_text(lesson.read_text() + "\nAs in recipe 2, the page opens.\n")
    desk.order("greeting", "hours")
    desk.do("refresh")
    assert "(2 is gone): As in recipe 2, the page opens." in desk.said


def test_lint_finds_a_command_with_another_number_in_a_lesson(desk: Desk) -> None:
    lesson = desk.folder("hours") / "README.md"
    lesson.write_text(lesson.read_text() + "\nRun `make check 2`, see `make recipe 2`.\n")
    told = [problem for problem in problems(desk.series) if "make check" in problem]
    assert told == [
        "chapters/ch01_tiny/r03_hours/README.md: `make check 2` is the command of another recipe; "
        "this is recipe 3."
    ]


def test_edit_waits_until_the_folders_follow_the_order(desk: Desk) -> None:
    desk.order("greeting", "hours", "prices")
    assert desk.do("edit", "1") == 1
    assert "run `make refresh` first" in desk.said


def test_a_new_recipe_has_its_files_in_place_and_lint_says_what_is_missing(desk: Desk) -> None:
    assert desk.do("new-recipe") == 0
    names = {path.name for path in desk.folder("wishes").iterdir()}
    assert names == {"README.md", "step.diff", "snippet.py", "check.py", "mistakes", "variants"}
    assert [recipe.id for recipe in desk.series.recipes][-1] == "wishes"
    assert desk.series.planned == ()
    assert (desk.root / "chapters" / "series.toml").read_text().startswith("# The order.\n")
    found = "\n".join(problems(desk.series))
    assert "r04_wishes/step.diff: has no diff" in found
    assert "r04_wishes/README.md, line 3: is still to be written." in found
    assert "r04_wishes/mistakes: has 0 diffs" in found


def test_a_new_recipe_says_its_chapter_and_takes_another(desk: Desk) -> None:
    assert desk.do("new-recipe") == 0
    assert "It belongs to the chapter ch01_tiny" in desk.said
    assert desk.do("new-recipe", "farewell", "--chapter", "ch02_big") == 2
    assert "There is no chapter 'ch02_big'; there are: ch01_tiny." in desk.said
    (desk.root / "chapters" / "ch02_big").mkdir()
    assert desk.do("new-recipe", "farewell", "--chapter", "ch02_big") == 0
    assert "r05_farewell" in str(desk.folder("farewell"))
    assert desk.folder("farewell").parent.name == "ch02_big"
    manifest = desk.root / "chapters" / "series.toml"
    text = manifest.read_text()
    at = text.index('"wishes"')
    manifest.write_text(text[:at] + text[at:].replace("ch01_tiny", "ch02_big", 1))
    assert desk.do("refresh") == 0
    assert desk.folder("wishes").parent.name == "ch02_big"


def test_a_new_recipe_is_written_and_then_inserted(desk: Desk) -> None:
    desk.do("new-recipe", "farewell")
    assert desk.do("edit", "farewell") == 0
    (desk.app / "farewell.txt").write_text("Good bye\n")
    assert desk.do("refresh") == 0
    assert "+Good bye" in desk.step("farewell")
    desk.order("greeting", "farewell", "prices", "hours")
    assert desk.do("refresh") == 0
    assert desk.folder("farewell").name == "r02_farewell"
    assert desk.folder("hours").name == "r04_hours"
    assert (tree.build(desk.series, 2) / "farewell.txt").is_file()
    assert not (tree.build(desk.series, 2) / "my_app" / "prices.py").exists()


def test_lint_knows_the_promises_that_can_end(desk: Desk) -> None:
    manifest = desk.root / "chapters" / "series.toml"
    said = 'changes = [{check = "greeting.test_nothing", reason = "Why not."}]'
    desk.replace(manifest, 'id = "hours"\n', f'id = "hours"\n{said}\n')
    assert any(
        "`changes` names greeting.test_nothing" in problem for problem in problems(desk.series)
    )


def test_a_recipe_that_is_there_is_not_begun_again(desk: Desk) -> None:
    before = desk.snapshot()
    assert desk.do("new-recipe", "prices") == 2
    assert "prices is a recipe already" in desk.said
    assert desk.do("new-recipe", "Not-A-Name") == 2
    assert desk.snapshot() == before
