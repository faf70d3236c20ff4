"""Lint finds names that a diff brings into an app where nothing defines them, and style."""

from __future__ import annotations

from pathlib import Path

import pytest
from books import tiny

from workbook import names, style
from workbook.__main__ import main
from workbook.series import Series, load

INIT = "my_app/__init__.py"


@pytest.fixture
def series(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Series:
    """Return a sound tiny book of three recipes."""
    monkeypatch.delenv("WORKBOOK_BUILD", raising=False)
    return tiny.make(tmp_path)


def add(series: Series, name: str, words: str, number: int, **changed: str) -> None:
    after = {**tiny.STATES[number], **{k: v for k, v in changed.items() if k != "init"}}
    after[INIT] = changed["init"]
    folder = series.recipes[number - 1].folder
    tiny.add_diff(series.root.parent, folder / f"{name}.diff", words, tiny.STATES[number], after)


def told(series: Series) -> list[str]:
    return [problem.partition(". Fix it")[0] for problem in names.problems(series)]


def test_a_sound_book_has_no_undefined_name(series: Series) -> None:
    assert told(series) == []


def test_a_function_that_was_renamed_since(series: Series) -> None:
    words = tiny.MISTAKE.format(by="test_the_home_page_greets", says="Hello")
    add(series, "mistakes/old", words, 1, init=tiny.GREETS.replace('f"Hello', 'greet() + f"Hello'))
    assert told(series) == [
        "chapters/ch01_tiny/r01_greeting/mistakes/old.diff: my_app/__init__.py, line 13 of the app "
        "that it makes uses greet, which is not defined"
    ]


def test_an_import_of_a_function_that_was_renamed_since(series: Series) -> None:
    imports = "from my_app.prices import price_of"
    new = tiny.SELLS.replace(imports, f"{imports}  # noqa\nfrom my_app.prices import cost_of")
    add(series, "variants/old", "An old name.\n\n", 2, init=new)
    (problem,) = told(series)
    assert "r02_prices/variants/old.diff: my_app/__init__.py, line 6" in problem
    assert "uses my_app.prices.cost_of, which is not defined" in problem


def test_an_attribute_of_a_module_that_was_renamed_since(series: Series) -> None:
    new = tiny.SELLS.replace("from my_app.prices import price_of", "from my_app import prices")
    new = new.replace("{price_of(name)}", "{prices.cost_of(name)}")
    add(series, "variants/old", "An old name.\n\n", 2, init=new)
    (problem,) = told(series)
    assert "uses my_app.prices.cost_of, which is not defined" in problem


def test_a_mistake_that_is_about_an_undefined_name(series: Series) -> None:
    words = tiny.MISTAKE.format(by="test_the_home_page_greets", says="name 'greet' is not defined")
    add(series, "mistakes/old", words, 1, init=tiny.GREETS.replace('f"Hello', 'greet() + f"Hello'))
    assert told(series) == []


def test_the_style_of_checks_and_snippets_is_linted(series: Series) -> None:
    for recipe in series.recipes:
        text = recipe.check.read_text()
        recipe.check.write_text(text.replace("pytest\nfrom checks", "pytest\n\nfrom checks"))
        recipe.snippet.write_text('"""Show nothing."""\n')
    assert [*style.problems(series)] == []
    series.recipes[0].snippet.write_text("import  os\n")
    found = [*style.problems(series)]
    assert any("r01_greeting/snippet.py, line 1: F401" in problem for problem in found)
    assert (
        "chapters/ch01_tiny/r01_greeting/snippet.py: is not formatted; run `ruff format`." in found
    )


def test_a_new_recipe_has_the_style_of_the_others(series: Series) -> None:
    assert main(["--book", str(series.root), "new-recipe"]) == 0
    assert not [p for p in style.problems(load(series.root)) if "r04_wishes" in p]
