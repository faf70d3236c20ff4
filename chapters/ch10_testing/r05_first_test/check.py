"""Recipe 5: the learner's tests are run, on their app and on broken ones."""

import pytest

from checks import expect

TESTS = ("-m", "unittest", "-v", "app_tests")
# Every test twice in one process, the first time from the last one to the first.
ANY_ORDER = """
import unittest
def tests(suite):
    for test in suite:
        yield from tests(test) if isinstance(test, unittest.TestSuite) else [test]
load = unittest.defaultTestLoader.loadTestsFromName
order = [*tests(load("app_tests"))][::-1] + [*tests(load("app_tests"))]
result = unittest.TextTestRunner().run(unittest.TestSuite(order))
raise SystemExit(not (result.testsRun and result.wasSuccessful()))
"""


@pytest.mark.points(2)
@pytest.mark.hint(
    "The module is called app_tests.py and lies beside my_app. unittest takes methods whose names "
    "begin with test, of classes that inherit from unittest.TestCase."
)
def test_the_tests_run_and_pass(suite):
    """`python -m unittest app_tests` runs at least one test, and all of them pass."""
    run = suite.run()
    expect("No module named 'app_tests'" not in run.out, "a module app_tests.py", "there is none")
    expect(run.ran > 0, "at least one test", run, "unittest found no test in app_tests.py.")
    expect(run.code == 0, "tests that pass on an app that works", run)


@pytest.mark.depends("test_the_tests_run_and_pass")
@pytest.mark.hint("A test asks for the home page and compares the status of the answer.")
def test_a_dead_home_page_is_noticed(suite):
    """A test fails when the home page is gone or crashes."""
    suite.expect_noticed(
        {
            "home_is_gone": "the home page answers 404",
            "home_crashes": "the home page answers 500",
        }
    )


@pytest.mark.points(2)
@pytest.mark.depends("test_the_tests_run_and_pass")
@pytest.mark.hint("200 is not all that a home page should say.")
def test_a_wrong_number_is_noticed(suite):
    """A test fails when the home page says a wrong number of products."""
    suite.expect_noticed({"home_counts_wrong": "the home page counts one product too many"})


@pytest.mark.points(2)
@pytest.mark.depends("test_the_tests_run_and_pass")
@pytest.mark.hint("The app chooses its database once, inside of create_app.")
def test_the_development_database_is_left_alone(site):
    """The tests neither make nor change the database that you work with."""
    run = site.run(*TESTS, settings=False)
    made = "instance/catalog.db, which was not there before the tests"
    expect(not site.exists("instance/catalog.db"), "no database beside that of the tests", made)
    site.add_category("Kitchen")
    site.add_product(name="Teapot", price="12.50", company="Casa", category="Kitchen")
    site.stop()
    before = contents(site)
    run = site.run(*TESTS, settings=False)
    expect(run.code == 0, "the same tests passing with a product in your own database", run)
    changed = "instance/catalog.db has other bytes than before the tests"
    expect(contents(site) == before, "your own database unchanged", changed)


def contents(site):
    """Give the bytes of the app's own database files."""
    return {path.name: path.read_bytes() for path in site.find("instance/catalog.db*")}


@pytest.mark.depends("test_the_tests_run_and_pass")
@pytest.mark.hint("What one test leaves behind must not reach the next one: give each its own.")
def test_the_order_does_not_matter(suite):
    """The tests pass in any order, and a second time."""
    run = suite.run("-c", ANY_ORDER)
    expect(run.code == 0, "tests that pass backwards and twice in a row", run)
