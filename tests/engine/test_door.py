"""`make VERB WORDS` as it is typed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from engine.conftest import HOME

from workbook import environment


def make(*words: str) -> subprocess.CompletedProcess[str]:
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(
        ["make", f"VENV={sys.prefix}", *words],
        cwd=HOME,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )


def test_make_alone_lists_the_recipes_and_the_commands() -> None:
    ran = make()
    assert ran.returncode == 0, ran.stderr
    assert "file_logging" in ran.stdout
    assert "make recipe 1" in ran.stdout


@pytest.mark.parametrize("words", [["diff", "1"], ["diff", "N=1"], ["diff", "file_logging"]])
def test_a_recipe_is_named_by_number_by_variable_or_by_name(words: list[str]) -> None:
    ran = make(*words)
    assert ran.returncode == 0, ran.stderr
    assert "diff --git" in ran.stdout


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["recipe"], "Which recipe? For example `make recipe 1`"),
        (["recipe", "1", "2"], "One recipe at a time: `make recipe 1`, not 1 and 2."),
        (["recipe", "1", "N=2"], "One recipe at a time"),
        (["recipe", "99"], "There is no recipe '99'"),
        (["recipe", "test"], "There is no recipe 'test'"),
        (["diff", "workbook"], "There is no recipe 'workbook'"),
    ],
)
def test_wrong_words_say_what_is_right(words: list[str], answer: str) -> None:
    ran = make(*words)
    assert ran.returncode == 2
    assert answer in ran.stderr
    assert "Traceback" not in ran.stderr
    assert "warning" not in ran.stderr


def test_a_python_that_is_too_new_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(environment, "NEWEST", (3, 10))
    assert environment.main(tmp_path / "venv", ["app"]) == 2
    assert "the workbook needs 3.11, 3.12 or 3.13" in capsys.readouterr().err
    assert not (tmp_path / "venv").exists()
