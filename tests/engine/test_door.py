"""`make VERB WORDS` as it is typed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from engine.conftest import HOME

from workbook.cli import cli


def make(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    own = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(
        ["make", f"VENV={sys.prefix}", *words],
        cwd=HOME,
        env=own | environ,
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


HOSTILE = "a'; touch pwned; '$(touch pwned)$(shell touch pwned)`touch pwned`\n中文 \" b"


@pytest.mark.parametrize("name", ["DIR", "FORMAT", "PORT", "N"])
def test_no_value_is_read_by_make_or_by_a_shell(name: str) -> None:
    ran = make("check", "1", f"{name}={HOSTILE}")
    assert ran.returncode == 2
    assert not (HOME / "pwned").exists()
    assert "Traceback" not in ran.stderr


def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    folder = tmp_path / HOSTILE.replace("/", "_")
    ran = make("start", "1", f"DIR={folder}")
    assert ran.returncode == 0, ran.stderr
    assert (folder / "my_app").is_dir()


def test_a_tilde_is_the_home_folder_though_no_shell_said_so(tmp_path: Path) -> None:
    ran = make("start", "1", "DIR=~/mine", HOME=str(tmp_path))
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "mine" / "my_app").is_dir()


def test_a_variable_of_the_environment_is_no_option() -> None:
    ran = make("diff", "1", N="2", DIR="/nowhere", FORMAT="xml", CHECK="1")
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nonsense"], "No such command 'nonsense'; `make` lists the commands."),
        (["app", "PORT=99999"], "Invalid value for PORT: 99999 is not in the range"),
        (["app", "PORT=x"], "Invalid value for PORT: 'x' is not a valid integer range."),
        (["check", "1", "FORMAT=xml"], "Invalid value for FORMAT: 'xml' is not one of"),
        (["diff", "1", "DIR=work"], "`make diff` takes no DIR=value."),
    ],
)
def test_a_wrong_command_or_value_is_one_sentence(words: list[str], message: str) -> None:
    ran = make(*words)
    assert ran.returncode == 2
    assert ran.stderr.splitlines()[0].startswith(message)
    assert len(ran.stderr.splitlines()) == 2, "the sentence, and what make says"


def test_help_and_a_bare_make_say_the_same() -> None:
    assert make("help").stdout == make().stdout


def test_a_command_is_written_once() -> None:
    """The Makefile names no command but `clean`, which needs no Python."""
    text = (HOME / "Makefile").read_text()
    for name in cli.commands:
        assert f"\n{name}:" not in text


@pytest.mark.parametrize("verb", ["list", "diff"])
def test_a_learner_does_not_load_what_maintainers_use(verb: str) -> None:
    code = (
        "import sys; from workbook.__main__ import main; "
        f"main(['{verb}', *['1'] * ('{verb}' != 'list')]); "
        "print([n for n in sys.modules if n.startswith(('workbook.auth', 'workbook.proof'))])"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=HOME, capture_output=True, text=True)
    assert ran.stdout.splitlines()[-1] == "[]", ran.stderr


FOREIGN = {
    "PYTHONPATH": "/nowhere",
    "PYTHONSAFEPATH": "1",
    "PYTHONOPTIMIZE": "2",
    "PYTHONHOME": "/nowhere",
    "GIT_DIR": "/nowhere",
    "WERKZEUG_RUN_MAIN": "true",
}


def test_the_settings_of_other_projects_do_not_matter() -> None:
    ran = make("diff", "1", **FOREIGN)
    assert ran.returncode == 0, ran.stderr


def test_a_python_that_is_too_old_is_told(tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.6.8 && exit; exit 1\n')
    old.chmod(0o755)
    ran = make("list", f"VENV={tmp_path / 'venv'}", f"PYTHON={old}")
    assert ran.returncode == 2
    assert f"{old} is Python 3.6.8; the workbook needs 3.11, 3.12 or 3.13" in ran.stderr
    assert not (tmp_path / "venv").exists()
