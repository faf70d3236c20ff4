"""The app at any step."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from engine.conftest import HOME, Book

from workbook import linting, tree
from workbook.errors import WorkbookError


def words(app: Path) -> str:
    return (app / "my_app" / "__init__.py").read_text()


def test_each_step_has_the_changes_up_to_it(book: Book) -> None:
    series = book.series()
    assert '"one"' not in words(tree.build(series, 0))
    assert '"one"' in words(tree.build(series, 1))
    assert '"two"' in words(tree.build(series, 2))
    assert (tree.build(series, 2) / "extra.txt").read_text() == "one line\n"


def test_a_built_step_is_used_again_until_something_below_it_changes(book: Book) -> None:
    series = book.series()
    first, second = tree.build(series, 1), tree.build(series, 2)
    assert tree.build(series, 2) == second
    book.damage(book.step(2), "Why it is so.", "Another reason.")
    assert tree.build(series, 1) == first
    assert tree.build(series, 2) != second


def test_a_diff_that_does_not_apply_is_told_with_recipe_file_and_line(book: Book) -> None:
    book.damage(book.step(2), '     "one",\n', '     "eins",\n')
    with pytest.raises(WorkbookError) as caught:
        tree.build(book.series(), 2)
    assert "Recipe 2 (second): chapters/ch01_tiny/r02_second/step.diff does not apply" in str(
        caught.value
    )
    assert "my_app/__init__.py near line 13" in str(caught.value)


def test_a_diff_that_applies_only_at_an_offset_is_stale(book: Book) -> None:
    book.damage(book.root / "shared_app/my_app/__init__.py", "# head 3", "# moved down\n# head 3")
    with pytest.raises(WorkbookError, match=r"r01_first/step.diff is stale: it applies, but line"):
        tree.build(book.series(), 1)


def test_a_hand_edited_diff_with_sound_counts_is_stale(book: Book) -> None:
    book.damage(book.step(1), '"one"', '"uno"')
    with pytest.raises(WorkbookError, match="stale"):
        tree.build(book.series(), 1)


def test_a_refused_diff_leaves_the_cache_as_it_was(book: Book) -> None:
    series = book.series()
    tree.build(series, 1)
    before = sorted(path.name for path in (series.build / "steps").iterdir())
    book.damage(book.step(2), '"two"', '"deux"')
    with pytest.raises(WorkbookError):
        tree.build(series, 2)
    assert sorted(path.name for path in (series.build / "steps").iterdir()) == before
    assert not [*(series.build / "tmp").iterdir()]


def test_problems_of_several_diffs_are_told_at_once(book: Book) -> None:
    book.damage(book.step(1), "\n", "\r\n")
    book.damage(book.step(2), "mode 100644\n", "mode 100755\n")
    assert len([*tree.problems(book.series())]) == 2


def test_a_link_in_the_place_of_a_path_is_not_followed(book: Book) -> None:
    outside = book.root.parent / "outside"
    outside.mkdir()
    shutil.rmtree(book.root / "shared_app/my_app")
    (book.root / "shared_app/my_app").symlink_to(outside)
    with pytest.raises(WorkbookError):
        tree.build(book.series(), 1)
    assert not [*outside.iterdir()]


def test_a_mistake_is_built_on_top_of_its_step(book: Book) -> None:
    mistake = book.folder(1) / "mistakes" / "again.diff"
    mistake.parent.mkdir()
    shutil.copyfile(book.step(2), mistake)
    app = tree.build_with(book.series(), 1, mistake)
    assert '"two"' in words(app)


def test_a_mistake_that_only_applies_somehow_is_stale(book: Book) -> None:
    mistake = book.folder(1) / "mistakes" / "again.diff"
    mistake.parent.mkdir()
    shutil.copyfile(book.step(2), mistake)
    book.damage(mistake, '"two"', '"deux"')
    assert "mistakes/again.diff is stale" in "\n".join(tree.problems(book.series()))


def test_read_only_sources_give_a_copy_that_can_be_written(book: Book) -> None:
    series = book.series()
    for path in (book.root / "shared_app").rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    target = book.root.parent / "copy"
    tree.copy(tree.build(series, 1), target)
    tree.copy(book.root / "shared_app", book.root.parent / "plain")
    assert (target / "run.py").stat().st_mode & 0o200
    assert (book.root.parent / "plain" / "run.py").stat().st_mode & 0o200


def test_a_book_inside_another_repository_and_with_foreign_git_settings_builds_the_same(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = tree.keys(book.series(), 2)
    subprocess.run(["git", "init", "-q", str(book.root)], check=True)
    config = book.root.parent / "gitconfig"
    config.write_text("[core]\nautocrlf = true\n[diff]\nnoprefix = true\ncontext = 1\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("GIT_DIR", str(book.root.parent / "nowhere"))
    assert '"two"' in words(tree.build(book.series(), 2))
    assert tree.keys(book.series(), 2) == expected


def test_many_at_once_build_the_same_step(book: Book) -> None:
    code = (
        "import sys; from pathlib import Path; from workbook import series, tree;"
        "print(tree.build(series.load(Path(sys.argv[1])), 2))"
    )
    environ = os.environ | {"PYTHONPATH": str(HOME)}
    ran: list[str] = []

    def build() -> None:
        command = [sys.executable, "-c", code, str(book.root)]
        ran.append(subprocess.check_output(command, env=environ, text=True))

    threads = [threading.Thread(target=build) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ran) == 6
    assert len(set(ran)) == 1


def test_lint_tells_what_a_recipe_still_lacks(book: Book) -> None:
    told = "\n".join(linting.problems(book.series()))
    assert "r01_first/mistakes: has 0 diffs; 3 are the least" in told
    assert "r01_first/variants: has no diff" in told
    assert "the sections must be, in this order" in told
    assert "r02_second/README.md: does not show hunk 1 of extra.txt" in told
