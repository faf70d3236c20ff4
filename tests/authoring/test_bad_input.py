"""Whatever is wrong: one clear sentence, and the series stays as it was."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable

import pytest
from authoring.conftest import INIT, Desk

from workbook import tree
from workbook.authoring import state


def refuse(desk: Desk, *said: str, words: tuple[str, ...] = ("refresh",)) -> None:
    """The command fails, says all of that, and changes nothing."""
    before = desk.snapshot()
    assert desk.do(*words) in (1, 2)
    for words_ in said:
        assert words_ in desk.said
    assert "Traceback" not in desk.said
    assert desk.snapshot() == before


def damage(desk: Desk, how: Callable[[str], str], name: str = "greeting") -> None:
    path = desk.folder(name) / "step.diff"
    path.write_bytes(how(path.read_bytes().decode()).encode())


def test_a_wrong_hunk_count(desk: Desk) -> None:
    damage(desk, lambda text: text.replace("-9,7 +9,8", "-9,7 +9,9"))
    refuse(desk, "r01_greeting/step.diff does not apply", "not have as many lines as its header")


def test_crlf(desk: Desk) -> None:
    damage(desk, lambda text: text.replace("\n", "\r\n"))
    refuse(desk, "r01_greeting/step.diff, line 1: has CRLF line endings")


def test_an_empty_diff(desk: Desk) -> None:
    damage(desk, lambda text: "Why greeting.\n")
    refuse(desk, "r01_greeting/step.diff: has no diff")


def test_a_binary_change(desk: Desk) -> None:
    binary = (
        "diff --git a/a.png b/a.png\nnew file mode 100644\n"
        "Binary files /dev/null and b/a.png differ\n"
    )
    damage(desk, lambda text: text + binary)
    refuse(desk, "r01_greeting/step.diff: changes the binary file a.png")


def test_a_rename(desk: Desk) -> None:
    rename = (
        "diff --git a/run.py b/go.py\nsimilarity index 100%\nrename from run.py\nrename to go.py\n"
    )
    damage(desk, lambda text: text + rename)
    refuse(desk, "r01_greeting/step.diff: renames run.py")


def test_a_mode_change(desk: Desk) -> None:
    mode = "diff --git a/run.py b/run.py\nold mode 100644\nnew mode 100755\n"
    damage(desk, lambda text: text + mode)
    refuse(desk, "r01_greeting/step.diff: changes the mode of run.py")


def test_a_diff_that_deletes_a_file_which_a_later_one_edits(desk: Desk) -> None:
    blob = tree.store(desk.series).entries(tree.tree_at(desk.series, 0))["run.py"].split()[1]
    edit = (
        f"diff --git a/run.py b/run.py\nindex {blob}..{'1' * 40} 100644\n--- a/run.py\n"
        "+++ b/run.py\n@@ -1 +1 @@\n-import my_app\n+import my_app.x\n"
    )
    delete = (
        f"diff --git a/run.py b/run.py\ndeleted file mode 100644\nindex {blob}..{'0' * 40}\n"
        "--- a/run.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-import my_app\n"
    )
    damage(desk, lambda text: text + delete)
    damage(desk, lambda text: text + edit, "hours")
    refuse(desk, "Conflict in chapters/ch01_tiny/r03_hours/step.diff: run.py")


def test_a_diff_that_fits_nowhere(desk: Desk) -> None:
    damage(desk, lambda text: text.replace("Welcome", "Wellcome").replace("index c", "index d"))
    refuse(desk, "r01_greeting/step.diff does not apply", "my_app/__init__.py near line 9")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda app: (app / "a.png").write_bytes(b"\x89PNG\0\0"), "changes the binary file a.png"),
        (lambda app: (app / "link").symlink_to("run.py"), "makes link a link"),
        (lambda app: (app / "run.py").write_bytes(b"import my_app\r\n"), "has CRLF line endings"),
        (lambda app: (app / "run.py").write_bytes(b"# caf\xe9\n"), "not UTF-8 text"),
    ],
)
def test_an_edit_that_no_diff_can_say(
    desk: Desk, change: Callable[[object], object], said: str
) -> None:
    desk.do("edit", "1")
    change(desk.app)
    refuse(desk, said, "r01_greeting/step.diff, as your edit would make it")


def test_a_half_finished_edit_is_not_thrown_away(desk: Desk) -> None:
    desk.do("edit", "1")
    desk.edit("A shop", "A small shop")
    path = desk.root / "build" / "edit" / "edit.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "begun": "2024-02-28T23:59:00"}))
    said = "an edit of greeting, begun on 2024-02-28 at 23:59, which is not finished"
    refuse(desk, said, "make edit DISCARD=1", words=("edit", "2"))
    assert "A small shop" in (desk.app / INIT).read_text()
    assert desk.do("refresh") == 0


def test_an_edit_of_a_series_that_has_changed_since_is_not_taken_in(desk: Desk) -> None:
    desk.do("edit", "1")
    desk.edit("A shop", "A small shop")
    damage(desk, lambda text: text.replace("until six", "until ten"), "hours")
    refuse(desk, "but the series has changed since", "make edit DISCARD=1")
    assert "A small shop" in (desk.app / INIT).read_text()


def test_two_edits_at_once(desk: Desk) -> None:
    with state.alone(desk.series):
        for words in (("edit", "1"), ("refresh",), ("new-recipe",)):
            refuse(desk, "Another `make edit` or `make refresh` is running", words=words)


def test_an_edit_whose_files_are_gone(desk: Desk) -> None:
    desk.do("edit", "1")
    desk.edit("A shop", "A small shop")
    desk.app.rename(desk.app.with_name("elsewhere"))
    refuse(desk, "build/edit/app is gone", "DISCARD=1")


def test_a_folder_that_was_deleted_by_hand(desk: Desk) -> None:
    desk.folder("prices").rename(desk.place / "elsewhere")
    refuse(desk, "r02_prices is missing", "make new-recipe prices")


def test_the_same_recipe_twice(desk: Desk) -> None:
    folder = desk.folder("hours")
    shutil.copytree(folder, folder.with_name("r04_hours"))
    refuse(desk, "r03_hours and chapters/ch01_tiny/r04_hours are the same recipe")


@pytest.mark.parametrize("words", [("edit",), ("edit", "99"), ("edit", "1", "lessons/x")])
def test_an_edit_of_nothing(desk: Desk, words: tuple[str, ...]) -> None:
    refuse(desk, words=words)
