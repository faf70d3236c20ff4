"""A mutant is merged into the apps of later recipes; where that is a conflict, somebody is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from books import tiny
from proof.conftest import INIT, Book

from workbook import linting, mutants
from workbook.__main__ import main

TESTS = """\
import unittest

from my_app import create_app


class AboutTestCase(unittest.TestCase):
    def test_about(self):
        page = create_app().test_client().get("/about")
        self.assertEqual(page.text, "{text}")
"""
CHECK = '''\


@pytest.mark.hint("Write app_tests.py.")
def test_a_wrong_page_is_noticed(suite):
    """A test looks at the page about the shop."""
    suite.expect_noticed({"odd": "the page asks a question"})
'''
ABOUT = "A shop", "A shop", "A shop, open until six"
STATES = [tiny.STATES[0]]
STATES += [
    {**state, "app_tests.py": TESTS.format(text=text)}
    for state, text in zip(tiny.STATES[1:], ABOUT, strict=True)
]
WORDS = "The page asks a question.\n\n"
RETURN = "        return text\n"


@pytest.fixture
def tested(book: Book) -> Book:
    """Return a book whose first recipe is about tests."""
    for recipe in book.series.recipes:
        pair = STATES[recipe.number - 1 : recipe.number + 1]
        tiny.add_diff(book.place, recipe.step, "Why.\n\n", *pair)
    first = book.series.recipes[0]
    first.check.write_text(tiny.CHECKS[0] + CHECK)
    book.say(3, 'unneeded = [{hunk = "app_tests.py 1", reason = "Recipe 1 needs it."}]')
    for path in (*first.mistakes, *first.variants):
        path.unlink()
    return book


def add_mutant(book: Book, old: str, new: str) -> Path:
    path = book.series.recipes[0].folder / "breaks" / "odd.diff"
    text = STATES[1][INIT]
    assert text.count(old) == 1
    broken = {**STATES[1], INIT: text.replace(old, new)}
    tiny.add_diff(book.place, path, WORDS, STATES[1], broken)
    return path


def test_a_mutant_beside_a_later_change_fits(tested: Book) -> None:
    add_mutant(tested, '"A shop"', '"A ship"')
    assert tested.prove()["problems"] == []


def test_a_mutant_in_conflict_is_reported_by_the_later_recipe(tested: Book) -> None:
    add_mutant(tested, RETURN, f'        text += "?"\n{RETURN}')
    assert tested.prove("2")["problems"] == []
    assert tested.problem("3") == (
        "Recipe 3 (hours): the mutant odd of recipe 1 conflicts with its app in "
        "my_app/__init__.py. `make edit 3 breaks/greeting.odd` opens it with the conflict; "
        "resolve it, then `make refresh`."
    )
    (told,) = tested.prove("1")["problems"]
    assert "test_a_wrong_page_is_noticed must pass on step 3, but: failed" in told


def command(book: Book, *words: str) -> int:
    return main(["--book", str(book.root), *words])


def resolve(path: Path) -> None:
    kept = [line for line in path.read_text().splitlines() if line[:7] not in MARKS]
    path.write_text("\n".join(kept) + "\n")


MARKS = {"<<<<<<<", "=======", ">>>>>>>", "|||||||"}


def test_a_mutant_in_conflict_gets_a_version_for_the_later_app(
    tested: Book, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WORKBOOK_BUILD", str(tested.place / "fresh"))
    add_mutant(tested, RETURN, f'        text += "?"\n{RETURN}')
    assert command(tested, "edit", "3", "breaks/greeting.odd") == 0
    app = tested.place / "fresh" / "edit" / "app"
    assert ">>>>>>> odd" in (app / INIT).read_text()
    assert command(tested, "refresh") == 1
    assert "is not resolved yet" in capsys.readouterr().err
    resolve(app / INIT)
    assert command(tested, "refresh") == 0
    path = tested.series.recipes[2].folder / "breaks" / "greeting.odd.diff"
    assert path.read_text().startswith(WORDS)
    assert '+        text += "?"' in path.read_text()
    assert tested.prove()["problems"] == []
    first = tested.series.recipes[0]
    assert [v.number for v in mutants.versions(tested.series, first, "odd")] == [1, 3]


def test_a_version_of_no_mutant_is_a_problem(tested: Book) -> None:
    path = add_mutant(tested, '"A shop"', '"A ship"')
    path.rename(path.with_name("hours.odd.diff"))
    told = "r01_greeting/breaks/hours.odd.diff: no earlier recipe 'hours' has a mutant 'odd'"
    assert any(told in problem for problem in linting.problems(tested.series))


def test_a_mutant_that_is_nowhere_cannot_be_edited(
    tested: Book, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(tested, "edit", "3", "breaks/greeting.odd") == 1
    assert "no earlier recipe 'greeting' has a mutant 'odd'" in capsys.readouterr().err
