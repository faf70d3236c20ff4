"""What `make notebooks` does: execute, compare, and rewrite only what changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbook import notebooks, series
from workbook.errors import FAILED, PASSED, UsageError, WorkbookError
from workbook.notebooks import comparable

HEAD = "---\njupytext:\n  text_representation:\n    extension: .md\n    format_name: myst\n---\n\n"
CELL = "```{code-cell} ipython3\n%s```\n\n"


@pytest.fixture
def tiny(tmp_path: Path) -> series.Series:
    """A workbook with one notebook of two cells, one of them volatile."""
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters" / "series.toml").write_text("")
    (tmp_path / "notebooks").mkdir()
    cells = CELL % "6 * 7\n" + CELL % ":tags: [volatile]\n\nimport time\ntime.time_ns()\n"
    (tmp_path / "notebooks" / "tiny.md").write_text(HEAD + cells)
    return series.load(tmp_path)


def test_a_notebook_is_rewritten_only_where_its_content_changed(
    tiny: series.Series, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tiny.root / "notebooks" / "tiny.ipynb"
    assert notebooks.refresh(tiny, [], only_check=True) == FAILED
    assert not path.exists()
    assert notebooks.refresh(tiny, [], only_check=False) == PASSED
    first = path.read_bytes()
    assert notebooks.refresh(tiny, ["tiny"], only_check=False) == PASSED
    assert path.read_bytes() == first  # though the time is another
    path.write_bytes(first.replace(b'"42"', b'"43"'))
    capsys.readouterr()
    assert notebooks.refresh(tiny, [], only_check=True) == FAILED
    said = capsys.readouterr().err
    assert "notebooks/tiny.ipynb, cell 1: committed `43`, now `42`." in said
    assert "make notebooks" in said


def test_a_cell_that_fails_is_named_with_its_error(tiny: series.Series) -> None:
    source = tiny.root / "notebooks" / "tiny.md"
    source.write_text(HEAD + CELL % "1 + 1\n" + CELL % "assert 1 > 2, 'no more'\n")
    with pytest.raises(WorkbookError, match=r"notebooks/tiny\.md, cell 2: AssertionError: no more"):
        notebooks.execute(tiny, source)


def test_an_unknown_notebook_is_refused_with_the_names_that_exist(tiny: series.Series) -> None:
    with pytest.raises(UsageError, match=r"no notebook 'huge'; there are: tiny\."):
        notebooks.refresh(tiny, ["huge"], only_check=True)


def test_addresses_and_process_ids_do_not_count() -> None:
    old = comparable("text/plain", "<Thing at 0x7f00aa11bb22> of pid 123", set())
    assert old == comparable("text/plain", "<Thing at 0x7f99cc33dd44> of pid 4567", set())


def test_numbers_count_unless_a_cell_is_volatile() -> None:
    one, two = "12 calls in 3.5 ms", "13 calls in 14.75 ms"
    assert comparable("text/plain", one, set()) != comparable("text/plain", two, set())
    assert comparable("text/plain", one, {"volatile"}) == comparable(
        "text/plain", two, {"volatile"}
    )


def test_words_count_in_a_volatile_cell_too() -> None:
    tags = {"volatile"}
    assert comparable("text/plain", "3 calls", tags) != comparable("text/plain", "3 rows", tags)


def test_rows_may_change_their_order_only_where_a_cell_says_so() -> None:
    one, two = "calls  name\n 12  b\n  3  a", "calls  name\n  4  a\n 11  b"
    tags = {"volatile-rows"}
    assert comparable("text/plain", one, tags) == comparable("text/plain", two, tags)
    assert comparable("text/plain", one, tags) != comparable("text/plain", two + "\n 1  c", tags)
    assert comparable("text/plain", one, {"volatile"}) != comparable(
        "text/plain", two, {"volatile"}
    )


def test_a_binary_picture_compares_by_its_presence() -> None:
    assert comparable("image/png", "aaaa", set()) == comparable("image/png", "bbbb", set())
    assert comparable("image/svg+xml", "<a/>", set()) != comparable("image/svg+xml", "<b/>", set())
