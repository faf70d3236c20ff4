"""What the checks of this catalog share: the learner's tests in any order, and what they leave."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from checks import files
from checks.expect import expect
from checks.site import Site
from checks.suite import Suite, run_tests

LEFT_BY_PYTHON = ("__pycache__", ".pytest_cache")
TEAPOT = {"name": "Teapot", "price": "12.50", "company": "Casa", "category": "Kitchen"}

COLLECTED = """
import os, sys, unittest

def single(suite):
    for test in suite:
        yield from single(test) if isinstance(test, unittest.TestSuite) else [test]

def collected():
    return [*single(unittest.defaultTestLoader.loadTestsFromName("app_tests"))]

def passes(tests, **options):
    runner = unittest.TextTestRunner(failfast=True, **options)
    result = runner.run(unittest.TestSuite(tests))
    return result.testsRun and result.wasSuccessful()
"""

# Each test in a process of its own, then all from the last to the first, then all once more.
ANY_ORDER = f"""{COLLECTED}
for test in collected():
    child = os.fork()
    if not child:
        try:
            os._exit(0 if passes([test]) else 1)
        finally:
            os._exit(1)
    if os.waitpid(child, 0)[1]:
        sys.exit(1)
sys.exit(not passes(collected()[::-1] + collected()))
"""

# All tests twice; after each one, every app that it has used gets one more product.
OWN_APPS = f"""{COLLECTED}
from contextlib import suppress
from weakref import WeakSet
from flask import Flask

apps = WeakSet()
make = Flask.__init__

def remember(app, *arguments, **options):
    make(app, *arguments, **options)
    apps.add(app)

Flask.__init__ = remember

class Disturbed(unittest.TextTestResult):
    def stopTest(self, test):
        super().stopTest(test)
        for app in [*apps]:
            # A database that is gone already is as good as one that nobody uses again.
            with suppress(Exception), app.app_context():
                with app.extensions["sqlalchemy"].engine.begin() as connection:
                    for row in (
                        "category (name) VALUES ('Of another test')",
                        "product (name, price, company, category_id)"
                        " SELECT name, 1, name, id FROM category WHERE name = 'Of another test'",
                    ):
                        connection.exec_driver_sql(f"INSERT INTO {{row}}")

sys.exit(not passes(collected() + collected(), resultclass=Disturbed))
"""


def expect_any_order(suite: Suite, mutants: Mapping[str, str]) -> None:
    """Expect tests that pass one by one, backwards, and twice; and notice a mutant that way, too.

    expect_any_order(suite, {"home_crashes": "the home page returns 500"})
    """
    __tracebackhide__ = True
    wanted = "tests that pass each alone, all from the last to the first, and a second time"
    suite.expect_noticed(mutants, "-c", ANY_ORDER, wanted=wanted)


def expect_own_apps(suite: Suite, mutants: Mapping[str, str]) -> None:
    """Expect tests that do not mind what is added to the database of an earlier test."""
    __tracebackhide__ = True
    wanted = "tests that pass when the database of the test before has got one more product"
    suite.expect_noticed(mutants, "-c", OWN_APPS, wanted=wanted)


def expect_nothing_left(site: Site, *command: str) -> None:
    """Expect that a run of the tests leaves no file in the app's folder, and changes none."""
    __tracebackhide__ = True
    before = contents(site)
    run = run_tests(site, command)
    left = changes(before, contents(site))
    expect(
        not left,
        wanted="an app's folder without any file that the tests have made or changed",
        seen=f"new or changed after the tests: {', '.join(left[:5])}",
    )
    expect(run.code == 0, wanted="tests that pass on your app", seen=run)


def expect_nothing_changed(site: Site, *command: str) -> None:
    """Expect that a run leaves an app's database, log and uploads as they are."""
    __tracebackhide__ = True
    site.add_category("Kitchen")
    site.add_product(**TEAPOT, image=("teapot.png", b"an image"))
    site.stop()
    before = contents(site)
    run = run_tests(site, command)
    wrong = changes(before, contents(site))
    expect(
        not wrong,
        wanted="your own database, log and uploads as they were before the tests",
        seen=f"new or changed after the tests: {', '.join(wrong[:5])}",
    )
    expect(run.code == 0, wanted="the same tests passing with a product in your own catalog",
           seen=run)  # fmt: skip


def contents(site: Site, pattern: str = "**/*") -> dict[str, bytes]:
    """Return the bytes of the files below the app's folder, without Python's own caches."""
    found = {}
    for path in site.find(pattern):
        name = path.relative_to(site.folder)
        if not set(LEFT_BY_PYTHON) & set(name.parts):
            found[name.as_posix()] = files.read_bytes(site.folder, name.as_posix()) or b""
    return found


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return the names that are new, gone or not the same, sorted."""
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
