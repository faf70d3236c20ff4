"""The example of CONTRIBUTING.md, run as it stands there on a copy of this workbook."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from checks.fixtures import Fixtures
from checks.page import Page
from checks.site import Site
from checks.suite import Suite, SuiteRun
from workbook import tree
from workbook.cli import cli
from workbook.result import MARKERS
from workbook.series import load

HOME = Path(__file__).resolve().parents[2]
PARTS = ("Makefile", "chapters", "checks", "requirements", "shared_app", "workbook")


def copy_of_the_workbook(place: Path) -> Path:
    root = place / "workbook copy"
    root.mkdir()
    for name in PARTS:
        source = HOME / name
        ignored = shutil.ignore_patterns("__pycache__")
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=ignored)
        else:
            shutil.copy2(source, root / name)
    return root


def commands() -> list[str]:
    (block,) = re.findall(r"```console\n(.*?)```", (HOME / "CONTRIBUTING.md").read_text(), re.S)
    return [line.removeprefix("$ ") for line in block.splitlines()]


def test_the_example_reaches_the_last_recipe_with_no_hand_work(tmp_path: Path) -> None:
    root = copy_of_the_workbook(tmp_path)
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "WORKBOOK"))}
    for command in commands():
        ran = subprocess.run(
            command.replace("make ", f"make VENV='{sys.prefix}' "),
            shell=True,
            cwd=root,
            capture_output=True,
            text=True,
            env=environ,
            check=False,
        )
        assert ran.returncode == 0, f"{command}: {ran.stdout}{ran.stderr}"
    series = load(root)
    assert [*tree.problems(series)] == []
    for number in (1, len(series.recipes)):
        logs = (tree.build(series, number) / "my_app" / "logs.py").read_text()
        assert "%(levelname)-8s" in logs


def test_every_command_that_it_names_is_there() -> None:
    for name in ("CONTRIBUTING.md", "README.md"):
        text = (HOME / name).read_text()
        assert {*re.findall(r"`make ([a-z-]+)", text)} <= {*cli.commands, "clean"}


def test_the_reference_for_checks_names_what_is_there() -> None:
    text = (HOME / "CONTRIBUTING.md").read_text()
    for name, kind in (("site", Site), ("suite", Suite)):
        used = {*re.findall(rf"\b{name}\.(\w+)\(", text)}
        assert used
        assert [method for method in used if not hasattr(kind, method)] == []
    (fixtures,) = re.findall(r"\| Fixture \|.*?\n\n", text, re.S)
    names = {*re.findall(r"`([a-z_]+)(?:\(\))?`", fixtures)}
    assert names == {name for name in vars(Fixtures) if not name.startswith("_")}
    assert {*re.findall(r"pytest\.mark\.(\w+)", text)} <= {*MARKERS}
    (page,) = re.findall(r"\*\*A page\*\* has (.*?)\n\n", text, re.S)
    fields = {*Page.__annotations__, *vars(Page)}
    assert {*re.findall(r"`(\w+)(?:\(\))?`", page)} <= fields
    assert {"passed", "ran", "code", "out"} <= {*SuiteRun.__annotations__, *vars(SuiteRun)}
