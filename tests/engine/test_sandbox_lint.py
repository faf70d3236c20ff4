"""What the sandbox may import."""

from pathlib import Path

import pytest

from workbook.linting import sandbox_problems

HOME = Path(__file__).parents[2]


def test_the_sandbox_imports_nothing_of_ours() -> None:
    assert [*sandbox_problems(HOME / "checks" / "sandbox")] == []


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("from checks import expect", "imports checks;"),
        ("import workbook.tree", "imports workbook.tree;"),
        ("from checks.site import Site", "imports checks.site;"),
    ],
)
def test_an_import_of_ours_is_named_with_its_line(tmp_path: Path, line: str, named: str) -> None:
    (tmp_path / "zygote.py").write_text(f"import os\nfrom checks.sandbox import layers\n{line}\n")
    (problem,) = sandbox_problems(tmp_path)
    assert problem.startswith("checks/sandbox/zygote.py, line 3: ")
    assert named in problem
