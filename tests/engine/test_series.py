"""The manifest, and what it must agree with."""

from __future__ import annotations

import re

import pytest
from engine.conftest import Book

from workbook import linting
from workbook.errors import UsageError, WorkbookError, WorkbookProblems
from workbook.series import load, problems_of_folders


def test_a_recipe_is_found_by_its_number_and_by_its_name(book: Book) -> None:
    series = book.series()
    assert series.find("2") is series.find("second")


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        ("9", "There is no recipe '9'; recipes 1 to 2 are there"),
        ("0", "There is no recipe '0'"),
        ("-1", "There is no recipe '-1'"),
        ("secnd", "Did you mean second?"),
        ("3", "Recipe 3 (Third) is not written yet"),
        ("third", "Recipe 3 (Third) is not written yet"),
    ],
)
def test_an_unknown_recipe_gets_a_sentence_that_says_what_is_right(
    book: Book, word: str, answer: str
) -> None:
    with pytest.raises(UsageError, match=re.escape(answer)):
        book.series().find(word)


def test_all_problems_of_the_manifest_are_told_at_once(book: Book) -> None:
    manifest = book.root / "chapters" / "series.toml"
    book.damage(manifest, "minutes = 1", 'minutes = "long"')
    book.damage(manifest, 'id = "second"', 'id = "first"')
    with pytest.raises(WorkbookProblems) as caught:
        book.series()
    assert len(caught.value.problems) == 3
    assert "recipe 2 (first): the id is used twice" in str(caught.value)


def test_a_manifest_that_is_no_toml_is_told_with_its_line(book: Book) -> None:
    book.damage(book.root / "chapters" / "series.toml", "minutes = 1", "minutes = ")
    with pytest.raises(WorkbookError, match="line 7"):
        book.series()


def test_a_folder_without_its_four_files_and_a_folder_too_many_are_told_together(
    book: Book,
) -> None:
    book.step(1).unlink()
    (book.folder(2) / "check.py").unlink()
    (book.root / "chapters" / "ch01_tiny" / "r09_stray").mkdir()
    told = "\n".join(problems_of_folders(book.series()))
    assert "r01_first/step.diff is missing" in told
    assert "r02_second/check.py is missing" in told
    assert "r09_stray is not in chapters/series.toml" in told


def test_a_recipe_of_the_manifest_without_a_folder_is_told(book: Book) -> None:
    book.folder(2).rename(book.folder(2).with_name("r02_other"))
    told = [*linting.problems(book.series())]
    assert len(told) == 2
    assert "r02_second is missing" in told[0]


def test_a_folder_that_is_no_workbook_is_told(book: Book) -> None:
    with pytest.raises(WorkbookError, match="is this the workbook"):
        load(book.root / "chapters")
