"""The learner's tests as the work: a book of one recipe whose check runs them."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Submit = Callable[[str], dict[str, Any]]

APP = """from flask import Flask


def add(a, b):
    return a + b


def create_app():
    return Flask(__name__)
"""
GOOD_TESTS = """import unittest

from my_app import add


class AddTestCase(unittest.TestCase):
    def test_small(self):
        self.assertEqual(add(1, 2), 3)

    def test_zero(self):
        self.assertEqual(add(0, 0), 0)
"""
CHECK = """import pytest
from checks import expect

pytestmark = pytest.mark.hint("Write tests.")


def test_own(suite):
    '''The tests pass on the app that they came with.'''
    run = suite.run()
    expect(run.code == 0 and run.ran > 0, wanted="passing tests", seen=run)


def test_good(suite):
    '''The tests pass on a good app.'''
    run = suite.run_on_good()
    expect(run.code == 0 and run.ran == 2, wanted="two passing tests", seen=run)


def test_broken(suite):
    '''The tests notice a wrong sum.'''
    suite.expect_noticed({"wrong_sum": "the sum is a difference"})
"""
SERIES = """[[recipe]]
id = "sums"
chapter = "ch01_tiny"
title = "Sums"
goal = "The app is tested."
minutes = 1
needs = []
time_limit = 30
"""


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a book: an app, a step that adds tests, a break of the app."""
    root = tmp_path_factory.mktemp("book")
    recipe = root / "chapters" / "ch01_tiny" / "r01_sums"
    app = root / "shared_app"
    for folder in (recipe / "breaks", app / "my_app"):
        folder.mkdir(parents=True)
    (app / "my_app" / "__init__.py").write_text(APP)
    git = Repository(root / "scratch", app)
    (recipe / "step.diff").write_text(git.diff("app_tests.py", GOOD_TESTS))
    broken = git.diff("my_app/__init__.py", APP.replace("a + b", "a - b"))
    (recipe / "breaks" / "wrong_sum.diff").write_text(broken)
    (recipe / "check.py").write_text(CHECK)
    (root / "chapters" / "series.toml").write_text(SERIES)
    return root


class Repository:
    """A scratch repository to make diffs in."""

    def __init__(self, folder: Path, app: Path) -> None:
        self.folder = folder
        shutil.copytree(app, folder)
        self.git("init", "-q")
        self.keep()

    def git(self, *arguments: str) -> str:
        own = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        who = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
        done = subprocess.run(
            ["git", *who, *arguments], cwd=self.folder, env=os.environ | own, check=True,
            capture_output=True, text=True,
        )  # fmt: skip
        return done.stdout

    def keep(self) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "x")

    def diff(self, name: str, content: str) -> str:
        (self.folder / name).write_text(content)
        self.git("add", "-A")
        body = self.git("diff", "--cached", "--full-index", "--no-renames", "--no-color")
        self.keep()
        return f"Because it is needed.\n\n{body}"


@pytest.fixture
def submit(book: Path, tmp_path_factory: pytest.TempPathFactory, new_grader: Any) -> Any:
    """Hand in tests with an app; return the rows' verdicts and all that is known."""

    def run(tests: str, app: str = APP) -> dict[str, Any]:
        folder = tmp_path_factory.mktemp("submission")
        (folder / "my_app").mkdir()
        (folder / "my_app" / "__init__.py").write_text(app)
        (folder / "app_tests.py").write_text(tests)
        result: dict[str, Any] = new_grader("--book", str(book)).ask(recipe="sums", app=folder)
        return result

    return run


def verdicts(result: dict[str, Any]) -> list[str]:
    """Return the verdicts in the order of the file: own app, good app, broken app."""
    assert (result["recipe"], result["number"], result["title"]) == ("sums", 1, "Sums")
    return [row["verdict"] for row in result["checks"]]


def test_good_tests_pass_on_good_apps_and_fail_on_the_broken_one(submit: Submit) -> None:
    assert verdicts(submit(GOOD_TESTS)) == ["passed"] * 3


def test_a_broken_app_does_not_count_against_good_tests(submit: Submit) -> None:
    result = submit(GOOD_TESTS, APP.replace("a + b", "a * b"))
    assert verdicts(result) == ["failed", "passed", "passed"]
    assert "AssertionError: 2 != 3" in result["checks"][0]["seen"]


def test_tests_that_assert_nothing_are_noticed(submit: Submit) -> None:
    assert verdicts(submit(GOOD_TESTS.replace("self.assertEqual(", "print("))) == [
        "passed", "passed", "failed"]  # fmt: skip


@pytest.mark.parametrize(
    "trick",
    [
        "import os\nos._exit(0)\n",
        "import unittest.case\nunittest.case.TestCase.run = lambda self, result=None: None\n",
        "import sys\nsys.exit(0)\n",
        "print('Ran 2 tests in 0.1s\\n\\nOK')\nimport os\nos._exit(0)\n",
    ],
)
def test_tricks_on_the_test_runner_never_pass_everything(submit: Submit, trick: str) -> None:
    result = submit(trick + GOOD_TESTS)
    assert result["verdict"] not in ("passed", "grader-error")
    assert "failed" in verdicts(result)
