"""The committed notebooks hold what happens now, and nothing else passes for it."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from workbook import notebooks
from workbook.errors import WorkbookError
from workbook.series import Series

NAMES = ("profiling", "coverage")
Fresh = dict[str, "Future[Any]"]


def committed(book: Series, name: str) -> Any:
    """Read a committed notebook."""
    return notebooks.read(book.root / "notebooks" / f"{name}.ipynb")


@pytest.mark.parametrize("name", NAMES)
def test_a_fresh_execution_shows_what_is_committed(book: Series, fresh: Fresh, name: str) -> None:
    assert notebooks.differences(committed(book, name), fresh[name].result(), name) == []


@pytest.mark.parametrize("name", NAMES)
def test_cells_were_executed_in_order_from_one(book: Series, name: str) -> None:
    cells = [cell for cell in committed(book, name).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))


@pytest.mark.parametrize("name", NAMES)
def test_every_number_changed_by_hand_in_an_unmarked_cell_is_seen(
    book: Series, fresh: Fresh, name: str
) -> None:
    new = fresh[name].result()
    tried = 0
    for at, cell in enumerate(new.cells):
        if cell.cell_type != "code" or cell.metadata.get("tags"):
            continue
        for number, output in enumerate(cell.outputs):
            for kind in output.get("data", {}):
                old = copy.deepcopy(new)
                data = old.cells[at].outputs[number].data
                data[kind] = re.sub(r"\d", lambda d: str(9 - int(d[0])), data[kind], count=1)
                if data[kind] == output.data[kind]:
                    continue
                (problem,) = notebooks.differences(old, new, name)
                assert f"cell {at + 1}:" in problem
                tried += 1
    assert tried > 15


def test_a_row_taken_out_of_a_volatile_table_is_seen(book: Series, fresh: Fresh) -> None:
    new = fresh["profiling"].result()
    old = copy.deepcopy(new)
    cell = next(cell for cell in old.cells if cell.source.endswith("listing.by_cumulative(8)"))
    text = cell.outputs[0].data["text/plain"]
    cell.outputs[0].data["text/plain"] = text.rpartition("\n")[0]
    assert len(notebooks.differences(old, new, "profiling")) == 1


def test_a_changed_app_makes_the_coverage_stale(
    book: Series, changed_book: Callable[[str, str, str], Series]
) -> None:
    changed = changed_book(
        "my_app/samples.py", "    return name\n", "    name += ''\n    return name\n"
    )
    source = changed.root / "notebooks" / "coverage.md"
    first = source.read_text(encoding="utf-8").split("+++")
    source.write_text("+++".join(first[:2]), encoding="utf-8")  # its first section is enough
    new = notebooks.execute(changed, source)
    old = committed(book, "coverage")
    old.cells = old.cells[: len(new.cells)]
    problems = notebooks.differences(old, new, "coverage.ipynb")
    assert any("report.table" in problem and "now `" in problem for problem in problems)


def test_an_app_without_the_bottleneck_contradicts_the_text(
    changed_book: Callable[[str, str, str], Series],
) -> None:
    changed = changed_book(
        "my_app/templates/catalog/_macros.html", "product.category.name", "product.company"
    )
    source = changed.root / "notebooks" / "profiling.md"
    with pytest.raises(WorkbookError, match=r"notebooks/profiling\.md, cell \d+: AssertionError"):
        notebooks.execute(changed, source)


def test_outputs_hold_no_path_of_a_machine(book: Series) -> None:
    for name in NAMES:
        text = (book.root / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8")
        places = (str(book.root), str(Path.home()) + "/", "/tmp/", "site-packages", "/lib/python")
        assert [place for place in places if place in text] == []


@pytest.mark.parametrize("name", NAMES)
def test_pictures_are_light_and_need_no_style_and_no_network(book: Series, name: str) -> None:
    pictures = [
        output.data["image/svg+xml"]
        for cell in committed(book, name).cells
        for output in cell.get("outputs", [])
        if "image/svg+xml" in output.get("data", {})
    ]
    assert len(pictures) >= 5
    for svg in pictures:
        assert len(svg.encode()) < 100_000
        assert "style" not in svg
        assert "script" not in svg
        assert "href" not in svg
        assert svg.count("http") == 1  # the name of the format
        assert "<title>" in svg


@pytest.mark.parametrize("name", NAMES)
def test_every_picture_is_followed_by_what_it_shows_in_words(book: Series, name: str) -> None:
    for cell in committed(book, name).cells:
        outputs = cell.get("outputs", [])
        for number, output in enumerate(outputs):
            if "image/svg+xml" in output.get("data", {}):
                assert outputs[number + 1].text.strip() == output.data["text/plain"]
