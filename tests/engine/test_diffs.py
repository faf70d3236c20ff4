"""What a diff file may hold, and what is refused before git sees it."""

from __future__ import annotations

import pytest
from engine.conftest import Book

from workbook import diffs, tree
from workbook.errors import WorkbookProblems


def told(book: Book) -> str:
    with pytest.raises(WorkbookProblems) as caught:
        diffs.read(book.step(2), "step.diff")
    return str(caught.value)


def test_a_diff_is_read_with_its_words_files_and_hunks(book: Book) -> None:
    diff = diffs.read(book.step(2), "step.diff")
    assert diff.why == "Why it is so."
    assert [(part.path, part.kind) for part in diff.files] == [
        ("extra.txt", "added"),
        ("my_app/__init__.py", "changed"),
    ]
    assert '+    "two",' in diff.files[1].hunks[0].lines


def test_trailers_are_told_from_the_words_before_them(book: Book) -> None:
    book.damage(book.step(2), "so.\n\n", "so.\n\nCaught-by: test_word\nSays: a word\n\n")
    diff = diffs.read(book.step(2), "step.diff")
    assert diff.why == "Why it is so."
    assert diff.trailers == {"Caught-by": "test_word", "Says": "a word"}


def test_content_that_looks_like_a_header_is_content(book: Book) -> None:
    book.damage(book.step(2), "+one line", "+++ /etc/passwd")
    assert "+++ /etc/passwd" in diffs.read(book.step(2), "step.diff").files[0].hunks[0].lines


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("b/extra.txt", "b/../extra.txt", "renames extra.txt"),
        ("mode 100644\n", "mode 120000\n", "makes extra.txt a link"),
        ("mode 100644\n", "mode 100755\n", "changes the mode of extra.txt"),
        ("new file mode", "old mode", "changes the mode of extra.txt"),
        ("\n", "\r\n", "CRLF"),
        ("+one line\n", "+one line", "the last line has no newline"),
    ],
)
def test_what_does_not_belong_into_a_diff_is_refused(
    book: Book, old: str, new: str, problem: str
) -> None:
    if problem.startswith("the last line"):
        book.step(2).write_bytes(book.step(2).read_bytes().rstrip(b"\n"))
    else:
        book.damage(book.step(2), old, new)
    assert problem in told(book)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("/extra.txt", "/../extra.txt", "invalid path '../extra.txt'"),
        ("/extra.txt", "//etc/extra.txt", "invalid path '/etc/extra.txt'"),
        ("/extra.txt", "/.git/config", "invalid path '.git/config'"),
        ("+++ b/extra.txt", "+++ b/other.txt", "inconsistent new filename"),
        ('+    "two",\n', "", "does not have as many lines as its header says"),
    ],
)
def test_what_git_refuses_is_said_with_the_name_of_the_diff(
    book: Book, old: str, new: str, problem: str
) -> None:
    book.damage(book.step(2), old, new)
    (said,) = tree.problems(book.series())
    assert "r02_" in said
    assert "step.diff does not apply: " in said
    assert problem in said


def test_a_binary_change_an_empty_diff_and_bytes_that_are_no_text_are_refused(book: Book) -> None:
    step = book.step(2)
    sound = step.read_text()
    step.write_text("Only words.\n")
    assert "has no diff" in told(book)
    step.write_text(sound + "diff --git a/p.png b/p.png\nGIT binary patch\nliteral 3\n")
    assert "changes the binary file p.png" in told(book)
    step.write_bytes(sound.encode() + b"+\xff\n")
    assert "not UTF-8" in told(book)


def test_all_problems_of_a_diff_are_told_at_once(book: Book) -> None:
    book.damage(book.step(2), "mode 100644\n", "mode 120000\n")
    book.step(2).write_bytes(book.step(2).read_bytes().rstrip(b"\n"))
    assert len(told(book).splitlines()) == 2
