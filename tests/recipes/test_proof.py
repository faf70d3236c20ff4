"""The whole series is proved: checks on every step, hunks, mistakes and variants."""

from __future__ import annotations

from pathlib import Path

from workbook.proof.proving import prove
from workbook.series import load


def test_every_step_of_the_series_is_proved() -> None:
    series = load(Path(__file__).resolve().parents[2])
    # No time for statements: their share is shown by `make proof`, and is no fault.
    assert prove(series, series.recipes, budget=0).faults == []
