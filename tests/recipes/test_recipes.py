"""Every recipe of this workbook: no problem, proved, and its lesson shows what really happens."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbook import linting
from workbook.lessons import stale_blocks
from workbook.proof.proving import prove
from workbook.series import load

SERIES = load(Path(__file__).resolve().parents[2])


def test_the_book_has_no_problem() -> None:
    assert [*linting.problems(SERIES)] == []


def test_every_step_is_proved() -> None:
    # No time for single statements: `make proof` shows their share, and it is no problem.
    assert prove(SERIES, SERIES.recipes, budget=0).problems == []


@pytest.mark.parametrize("number", [recipe.number for recipe in SERIES.recipes])
def test_a_lesson_records_what_happens(number: int) -> None:
    recipe = SERIES.recipes[number - 1]
    assert [str(stale) for stale in stale_blocks(SERIES, (recipe,), write=False)] == []
