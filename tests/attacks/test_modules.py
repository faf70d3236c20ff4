"""Imports work as they do outside, whatever the sandbox has loaded before."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Attack = Callable[..., dict[str, Any]]
MISSING = [
    "import logging; logging.handlers.RotatingFileHandler",
    "import unittest; unittest.mock.Mock",
    "import werkzeug; werkzeug.middleware.profiler",
    "import importlib; importlib.metadata.version",
    "import concurrent; concurrent.futures.ThreadPoolExecutor",
]
PRESENT = [
    "import json; json.decoder.JSONDecodeError",
    "import flask; flask.json.provider; flask.globals",
    "import sqlalchemy.orm; sqlalchemy.orm.Session; sqlalchemy.select",
    "import unittest.mock; unittest.mock.Mock()",
    "import sys; sys.modules.pop('json', None); import json; json.loads('1')",
    "import importlib.util; assert importlib.util.find_spec('flask').origin.endswith('.py')",
    "import importlib, flask; importlib.reload(flask)",
    "import xml.etree.ElementTree as e; e.XML('<a/>')",
]


@pytest.mark.parametrize("code", MISSING)
def test_a_module_that_nobody_has_imported_is_missing(attack: Attack, code: str) -> None:
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 1
    row = attack(code + "\n")
    assert "AttributeError" in row["message"], row


@pytest.mark.parametrize("code", PRESENT)
def test_a_module_that_is_imported_is_whole(attack: Attack, code: str) -> None:
    assert attack(code + "\n")["verdict"] == "passed"


SHADOWED = ["logging", "unittest", "flask", "json", "profile", "werkzeug", "click"]


@pytest.mark.parametrize("name", SHADOWED)
def test_a_file_of_the_learner_hides_the_module_of_its_name(
    attack: Attack, tmp_path: Path, name: str
) -> None:
    code = f"import {name}; print({name}.mine); import flask; print(flask.Flask)"
    (tmp_path / f"{name}.py").write_text("mine = 'mine'\n")
    outside = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path
    )
    last = outside.stderr.strip().splitlines()[-1:] or [""]
    row = attack(
        "",
        f"done = site.run('-c', {code!r})",
        f"assert done.code == {outside.returncode}, done",
        f"assert done.out == {outside.stdout!r}, done",
        f"assert {last[0].split(':')[0]!r} in done.err, done",
        files={f"{name}.py": "mine = 'mine'\n"},
    )
    assert row["verdict"] == "passed", row


def test_sys_modules_is_that_of_a_bare_interpreter(attack: Attack) -> None:
    code = "import sys; print(*sorted(sys.modules)); import flask; print(*sorted(sys.modules))"
    outside = subprocess.run(
        [sys.executable, "-s", "-c", code], capture_output=True, text=True, check=True
    )
    row = attack(
        "",
        f"done = site.run('-c', {code!r})",
        f"inside, outside = (t.splitlines() for t in (done.out, {outside.stdout!r}))",
        "assert [set(a.split()) ^ set(b.split()) for a, b in zip(inside, outside)] == [set()] * 2",
    )
    assert row["verdict"] == "passed", row
