"""How the notebooks are written: small steps, and each section ends with the reader's turn."""

from __future__ import annotations

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


def test_a_code_cell_has_one_to_six_lines(sections: list[list[Any]]) -> None:
    cells = [cell for section in sections for cell in section if cell.cell_type == "code"]
    assert len(cells) > 20
    assert [cell.source for cell in cells if not 1 <= len(cell.source.splitlines()) <= 6] == []


def test_a_section_ends_with_a_question_and_a_cell_to_try_it_in(sections: list[list[Any]]) -> None:
    assert len(sections) == 9
    for *_, question, try_it in sections:
        assert "**Question.**" in question.source
        assert question.source.rstrip().endswith("?") or "?" in question.source
        assert try_it.cell_type == "code"
        assert try_it.source.startswith("# Your turn")


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
