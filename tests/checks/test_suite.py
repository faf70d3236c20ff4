"""The learner's tests as the submission: a book of one recipe whose check runs them."""

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
    """Return the verdicts in the order of the file: on the own app, on a mutant of it."""
    assert (result["recipe"], result["number"], result["title"]) == ("sums", 1, "Sums")
    return [row["verdict"] for row in result["checks"]]


def test_good_tests_pass_on_good_apps_and_fail_on_the_broken_one(submit: Submit) -> None:
    assert verdicts(submit(GOOD_TESTS)) == ["passed"] * 2


def test_a_broken_app_does_not_count_against_good_tests(submit: Submit) -> None:
    result = submit(GOOD_TESTS, APP.replace("a + b", "a * b"))
    assert verdicts(result) == ["failed", "passed"]
    assert "AssertionError: 2 != 3" in result["checks"][0]["seen"]


def test_tests_that_assert_nothing_are_noticed(submit: Submit) -> None:
    assert verdicts(submit(GOOD_TESTS.replace("self.assertEqual(", "print("))) == [
        "passed",
        "failed",
    ]


@pytest.mark.parametrize(
    "trick",
    [
        # A mutant could be known by its text, its code, its time stamps, its command.
        "SOURCE = open('my_app/__init__.py').read()\nGOOD = 'a - b' not in SOURCE\n",
        "import ast\nTREE = ast.parse(open('my_app/__init__.py').read())\n"
        "GOOD = not any(isinstance(node, ast.Sub) for node in ast.walk(TREE))\n",
        "from my_app import add\nGOOD = len(add.__code__.co_code) < 40\n",
        "import os\nSTAMPS = {os.stat(f'{folder}/{name}').st_mtime_ns for folder, _, names\n"
        "          in os.walk('.') for name in names}\nGOOD = len(STAMPS) == 1\n",
        "import sys\nGOOD = '-f' not in sys.argv and '--failfast' not in sys.argv\n",
    ],
)
def test_whoever_looks_at_anything_but_behaviour_is_caught(submit: Submit, trick: str) -> None:
    tests = trick + "\n\n" + GOOD_TESTS.replace("self.assertEqual(add(1, 2), 3)", "assert GOOD")
    tests = tests.replace("self.assertEqual(add(0, 0), 0)", "assert GOOD")
    result = submit(tests, APP.replace("return a + b", "return a + b  # as it came"))
    assert result["verdict"] == "failed"
    assert verdicts(result)[1] == "failed"


def test_a_mutant_fits_an_app_that_is_written_in_another_way(submit: Submit) -> None:
    other = APP.replace(
        "def add(a, b):\n    return a + b\n",
        'def add(a, b):\n    """Return the sum."""\n    # plain\n    return (a +\n            b)\n',
    )
    assert "plain" in other
    assert verdicts(submit(GOOD_TESTS, other)) == ["passed"] * 2
    assert verdicts(submit(GOOD_TESTS.replace("(1, 2), 3", "(1, 0), 1"), other))[1] == "failed"


def test_where_a_mutant_does_not_fit_the_reference_is_named(submit: Submit) -> None:
    other = APP.replace("return a + b", "return sum((a, b))")
    assert verdicts(submit(GOOD_TESTS, other)) == ["passed"] * 2
    tests = (
        GOOD_TESTS
        + "\n    def test_other(self):\n        assert 'sum' in open('my_app/__init__.py').read()\n"
    )
    result = submit(tests, other)
    assert verdicts(result) == ["passed", "failed"]
    assert "my_app/__init__.py" in result["checks"][1]["wanted"]


def test_tests_that_never_end_on_a_mutant_have_noticed_it(submit: Submit) -> None:
    tests = GOOD_TESTS.replace(
        "self.assertEqual(add(1, 2), 3)", "import os, signal\n"
        "        if add(1, 2) != 3:\n            os.kill(os.getpid(), signal.SIGKILL)"
    )  # fmt: skip
    assert verdicts(submit(tests)) == ["passed"] * 2


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
