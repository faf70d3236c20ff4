"""The notebooks executed afresh, once for all tests."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from workbook import notebooks, series

ROOT = Path(__file__).resolve().parents[2]
# The helpers are imported as the notebooks import them.
sys.path.insert(0, str(ROOT / "notebooks"))
pytest.importorskip("nbclient", reason="`make notebooks` installs Jupyter")


@pytest.fixture(scope="session")
def book() -> series.Series:
    """The workbook itself."""
    return series.load(ROOT)


@pytest.fixture(scope="session")
def pool() -> Iterator[ThreadPoolExecutor]:
    """Two executions at a time, as many as a small machine has cores."""
    with ThreadPoolExecutor(2) as pool:
        yield pool


@pytest.fixture(scope="session")
def fresh(book: series.Series, pool: ThreadPoolExecutor) -> dict[str, Future[Any]]:
    """Each notebook, being executed."""
    return {
        source.stem: pool.submit(notebooks.execute, book, source)
        for source in notebooks.sources(book)
    }


@pytest.fixture
def changed_book(tmp_path: Path) -> Callable[[str, str, str], series.Series]:
    """Make a copy of the workbook in which one text of the app is another."""

    def change(file: str, old: str, new: str) -> series.Series:
        for name in ("shared_app", "chapters", "notebooks"):
            skipped = shutil.ignore_patterns("__pycache__", "*.ipynb")
            shutil.copytree(ROOT / name, tmp_path / name, ignore=skipped)
        path = tmp_path / "shared_app" / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1
        path.write_text(text.replace(old, new), encoding="utf-8")
        return series.load(tmp_path)

    return change
