"""The verbs as a learner calls them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from engine.conftest import HOME, Book


def call(book: Book, *words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "workbook", "--book", str(book.root), *words],
        cwd=cwd or book.root,
        env=os.environ | {"PYTHONPATH": str(HOME)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_start_puts_the_app_as_the_recipe_finds_it_into_work(book: Book) -> None:
    ran = call(book, "start", "2")
    assert ran.returncode == 0, ran.stderr
    text = (book.root / "work" / "my_app" / "__init__.py").read_text()
    assert '"one"' in text
    assert '"two"' not in text
    assert "make check 2" in ran.stdout


def test_start_never_overwrites_what_is_there(book: Book) -> None:
    precious = book.root / "work" / "mine.txt"
    precious.parent.mkdir()
    precious.write_text("precious")
    ran = call(book, "start", "1")
    assert ran.returncode == 2
    assert "nothing of it is overwritten" in ran.stderr
    assert precious.read_text() == "precious"
    assert [path.name for path in precious.parent.iterdir()] == ["mine.txt"]


def test_start_takes_an_empty_folder_and_another_name(book: Book) -> None:
    (book.root / "my own").mkdir()
    ran = call(book, "start", "1", "--dir", "my own")
    assert ran.returncode == 0, ran.stderr
    assert (book.root / "my own" / "run.py").exists()


def test_check_of_a_folder_without_an_app_says_what_to_do(book: Book) -> None:
    ran = call(book, "check", "1")
    assert ran.returncode == 2
    assert "`make start 1` puts one there" in ran.stderr


@pytest.mark.parametrize("verb", ["recipe", "diff", "start", "check"])
def test_no_number_and_two_numbers_say_what_is_right(book: Book, verb: str) -> None:
    none, two = call(book, verb), call(book, verb, "1", "2")
    assert (none.returncode, two.returncode) == (2, 2)
    assert f"For example `make {verb} 1`" in none.stderr
    assert "One recipe at a time" in two.stderr


def test_nothing_that_a_user_does_wrong_gives_a_traceback(book: Book) -> None:
    book.step(1).write_text("nothing\n")
    for words in (["recipe", "1"], ["start", "2"], ["lint"], ["nonsense"], ["diff", "x"]):
        ran = call(book, *words)
        assert ran.returncode in (1, 2)
        assert ran.stderr
        assert "Traceback" not in ran.stderr


def test_the_list_names_what_is_there_and_what_is_to_come(book: Book) -> None:
    out = call(book, "list").stdout
    assert "first" in out
    assert "Third, to come" in out


def test_diff_shows_why_and_what(book: Book) -> None:
    out = call(book, "diff", "2").stdout
    assert "Why it is so." in out
    assert '+    "two",' in out
