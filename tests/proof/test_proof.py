"""The proof of a sound book, what it shows, and what a second one costs."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import pytest
from proof.conftest import INIT, Book

from workbook import tree
from workbook.__main__ import main
from workbook.grading import grade
from workbook.proof.cases import collect
from workbook.result import Job


def test_a_sound_book_is_proved(book: Book) -> None:
    found = book.prove(budget=float("inf"))
    assert found["problems"] == []
    assert [one["row"] for one in found["recipes"]] == [
        ["failed", "passed", "passed", "passed"],
        ["failed", "failed", "passed", "passed"],
        ["failed", "failed", "failed", "passed"],
    ]
    first = found["recipes"][0]
    guard = first["functions"][2]
    assert guard["guard"] == "The page was there before."
    assert [cell["verdict"] for cell in guard["cells"]] == ["passed"] * 4
    assert [len(one["hunks"]) for one in found["recipes"]] == [1, 3, 1]
    assert first["mistakes"][0]["good"]
    assert first["variants"][0]["good"]
    assert [len(one["statements"]) for one in found["recipes"]] == [2, 6, 1]


def test_what_is_known_is_not_asked_again(book: Book) -> None:
    book.prove()
    again = book.prove()
    assert again["asked"] == 0


def test_a_change_of_one_recipe_asks_only_what_it_can_affect(book: Book) -> None:
    book.prove()
    book.replace(book.series.recipes[2].step, "until six", "until six o'clock")
    from workbook.authoring import editing

    editing.refresh(book.series, only_check=False)
    found = book.prove()
    assert found["problems"] == []
    assert found["asked"] == 3 + 1, "the last step for each check, and its only hunk"


def test_a_change_of_a_check_asks_for_its_own_row(book: Book) -> None:
    book.prove()
    book.replace(book.check(2), "Look at price().", "Look at the function price().")
    found = book.prove()
    assert found["asked"] == 4 + 3, "four steps and three hunks"


def test_a_statement_that_no_check_misses_is_counted(book: Book) -> None:
    path = book.series.recipes[0].step
    book.replace(path, "+        name = app", "+        spare = 1\n+        name = app")
    book.replace(path, "-9,7 +9,8", "-9,7 +9,9")
    from workbook.authoring import editing

    for extra in (*book.series.recipes[0].mistakes, *book.series.recipes[0].variants):
        extra.unlink()
    editing.refresh(book.series, only_check=False)
    found = book.prove("1", budget=float("inf"))
    missed = [part["name"] for part in found["recipes"][0]["statements"] if not part["good"]]
    assert missed == [f"{INIT}:12 spare = 1"]
    assert found["problems"] == []


def test_statements_that_had_no_time_are_said(
    book: Book, capsys: pytest.CaptureFixture[str]
) -> None:
    book.replace(book.check(1), "a Hello on the home page", "a Hello")
    assert main(["--book", str(book.root), "proof", "1", "--statements", "0"]) == 0
    said = capsys.readouterr().out
    assert "0/0 (+2)" in said
    assert "There was no time for 2 statements (+)" in said


def test_the_table_fits_a_terminal_and_shows_the_matrix(
    book: Book, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--book", str(book.root), "proof", "--steps", "all"]) == 0
    said = capsys.readouterr().out
    assert "✗✗✓✓" in said
    table = said.split("✓ passes")[0]
    assert max(len(line) for line in table.splitlines()) <= 80


def test_json_and_a_page_hold_the_same_facts(
    book: Book, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--book", str(book.root), "proof", "--steps", "all", "--format", "json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["passed"]
    assert facts["recipes"][1]["row"] == ["failed", "failed", "passed", "passed"]
    page = (book.series.build / "proof.html").read_text()
    HTMLParser().feed(page)
    assert page.count("class='failed'") >= 6
    assert "Tea costs 3." in page


def test_a_hanging_app_costs_its_time_limit_only(book: Book) -> None:
    manifest = book.root / "chapters" / "series.toml"
    text = manifest.read_text()
    manifest.write_text(text.replace("time_limit = 10", "time_limit = 2", 1))
    from books.tiny import GREETS, MISTAKE

    words = MISTAKE.format(by="test_the_home_page_greets", says="2 seconds")
    hanging = GREETS.replace("        name = app", "        while True: pass\n        name = app")
    book.add(1, "mistakes/hangs", words, init=hanging)
    found = book.prove("1")
    assert found["problems"] == []
    hanging_part = found["recipes"][0]["mistakes"][1]
    assert hanging_part["name"] == "hangs"
    assert hanging_part["good"]
    assert found["seconds"] < 60


def test_a_mistake_asks_only_the_function_that_is_to_catch_it(book: Book) -> None:
    series = book.series
    mistake = next(case for case in collect(series, series.recipes, True).cases if case.only)
    ((_, result),) = grade(series, [mistake.job(series, book.place)])
    verdicts = {row.name: row.verdict for row in result.checks}
    assert verdicts.pop("test_the_name_is_a_setting") == "failed"
    assert set(verdicts.values()) == {"skipped"}


def test_a_removed_hunk_is_over_with_the_first_failure(book: Book) -> None:
    series = book.series
    hunk = next(case for case in collect(series, series.recipes, True).cases if case.removal)
    ((_, result),) = grade(series, [hunk.job(series, book.place)])
    assert [row.verdict for row in result.checks] == ["failed", "skipped", "skipped"]


def test_what_a_function_depends_on_runs_with_it(book: Book) -> None:
    hint = '@pytest.mark.hint("Look at app.config.")'
    depends = f'@pytest.mark.depends("test_the_home_page_greets")\n{hint}'
    book.replace(book.check(1), hint, depends)
    job = Job("greeting", tree.build(book.series, 1), only="test_the_name_is_a_setting")
    ((_, result),) = grade(book.series, [job])
    assert [row.verdict for row in result.checks] == ["passed", "passed", "skipped"]
