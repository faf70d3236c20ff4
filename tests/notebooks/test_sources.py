"""How the notebooks are written: small steps, and each section ends with the reader's turn."""

from __future__ import annotations

import re
from typing import Any

import pytest

from workbook import notebooks
from workbook.series import Series

NAMES = ("profiling", "coverage")


@pytest.fixture(params=NAMES)
def sections(request: pytest.FixtureRequest, book: Series) -> list[list[Any]]:
    """The cells of each section of a notebook, without what stands before the first."""
    found: list[list[Any]] = []
    for cell in notebooks.make(book.root / "notebooks" / f"{request.param}.md").cells:
        if cell.source.startswith("## "):
            found.append([])
        if found:
            found[-1].append(cell)
    return found


def test_a_code_cell_has_one_to_ten_lines(sections: list[list[Any]]) -> None:
    cells = [cell for section in sections for cell in section if cell.cell_type == "code"]
    assert len(cells) > 20
    assert [cell.source for cell in cells if not 1 <= len(cell.source.splitlines()) <= 10] == []


def test_a_section_ends_with_a_question_its_folded_answer_and_a_cell_to_try_it_in(
    sections: list[list[Any]],
) -> None:
    assert len(sections) == 10
    for *_, question, try_it in sections:
        asked, _, answer = question.source.partition("<details>\n<summary>Answer</summary>\n\n")
        assert "?" in asked.rpartition("**Question.**")[2]
        assert answer.endswith("\n\n</details>")
        assert try_it.cell_type == "code"
        assert "Your turn" in try_it.source.splitlines()[0]


def test_a_cell_that_varies_says_so_to_the_reader(sections: list[list[Any]]) -> None:
    for cell in (cell for section in sections for cell in section if cell.cell_type == "code"):
        assert cell.source.startswith("# Varies") == bool(cell.metadata.get("tags"))


def test_a_picture_has_an_alternative_text_and_is_there(
    sections: list[list[Any]], book: Series
) -> None:
    text = "\n".join(cell.source for section in sections for cell in section)
    for words, path in re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", text):
        assert len(words) > 40
        assert (book.root / "notebooks" / path).is_file()


def test_no_recipe_is_named_that_does_not_exist(sections: list[list[Any]], book: Series) -> None:
    text = "\n".join(cell.source for section in sections for cell in section)
    assert {int(n) for n in re.findall(r"recipes? (\d+)", text)} <= {r.number for r in book.recipes}


def test_cells_define_nothing_and_paste_no_app(sections: list[list[Any]]) -> None:
    for cell in (cell for section in sections for cell in section if cell.cell_type == "code"):
        words = set(cell.source.replace("(", " ").split())
        assert not words & {"def", "class", "lambda", "@catalog.route"}


def test_no_assertion_is_about_a_time(sections: list[list[Any]]) -> None:
    for cell in (cell for section in sections for cell in section):
        for line in cell.source.splitlines():
            if line.startswith("assert"):
                assert "milliseconds" not in line
                assert "seconds" not in line


def test_a_cell_that_shows_times_is_marked(sections: list[list[Any]]) -> None:
    calls = ("milliseconds", "by_self(", ".by_cumulative(", "shares(", "cost()", "cost_table")
    for cell in (cell for section in sections for cell in section if cell.cell_type == "code"):
        if any(call in cell.source for call in calls):
            assert {"volatile", "volatile-rows"} & set(cell.metadata.get("tags", []))
