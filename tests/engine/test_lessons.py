"""What lessons record is what happens."""

from __future__ import annotations

import pytest
from engine.conftest import Book

from workbook.errors import WorkbookError
from workbook.lessons import normalise, stale_blocks


def refresh_lesson(book: Book, write: bool = True) -> list[str]:
    series = book.series()
    return [str(stale) for stale in stale_blocks(series, series.recipes, write)]


def test_blocks_are_filled_once_and_then_fresh(book: Book) -> None:
    assert len(refresh_lesson(book)) == 4
    text = (book.folder(1) / "README.md").read_text()
    assert "words: zero one\n```" in text
    assert '+    "one",\n' in text
    assert refresh_lesson(book) == []


def test_only_looking_changes_nothing(book: Book) -> None:
    before = (book.folder(1) / "README.md").read_text()
    assert (
        "the recorded `output` is stale; run `make lessons`" in refresh_lesson(book, write=False)[0]
    )
    assert (book.folder(1) / "README.md").read_text() == before


def test_a_changed_output_and_a_changed_word_in_a_lesson_are_stale(book: Book) -> None:
    refresh_lesson(book)
    book.damage(book.folder(1) / "README.md", "words: zero one", "words: zero uno")
    assert len(refresh_lesson(book, write=False)) == 1
    refresh_lesson(book)
    book.damage(book.folder(2) / "snippet.py", "words:", "its words:")
    assert len(refresh_lesson(book, write=False)) == 1


def test_times_ports_paths_and_ids_are_no_news() -> None:
    first = "2026-01-02 03:04:05,678 INFO 127.0.0.1:5001 /tmp/a/b.py took 0.12 s <x at 0x7f00aa11>"
    second = "2027-11-12 13:14:15,999 INFO 127.0.0.1:80 /var/c/b.py took 9.01 s <x at 0x7f99aa11>"
    assert normalise(first) == normalise(second)
    assert normalise("2 products") != normalise("3 products")
    assert normalise("200 /en/home") != normalise("404 /en/home")


def test_a_block_that_cannot_be_filled_is_told(book: Book) -> None:
    lesson = book.folder(1) / "README.md"
    book.damage(lesson, "hunk my_app/__init__.py 1", "hunk my_app/__init__.py 7")
    with pytest.raises(WorkbookError, match=r"has no hunk `my_app/__init__\.py 7`"):
        refresh_lesson(book)
    book.damage(lesson, "hunk my_app/__init__.py 7", "weather")
    with pytest.raises(WorkbookError, match="`recorded: weather` is unknown"):
        refresh_lesson(book)


def test_a_snippet_that_fails_records_nothing(book: Book) -> None:
    (book.folder(1) / "snippet.py").write_text("raise SystemExit(3)")
    before = (book.folder(1) / "README.md").read_text()
    with pytest.raises(WorkbookError, match="exit code 3"):
        refresh_lesson(book)
    assert (book.folder(1) / "README.md").read_text() == before
