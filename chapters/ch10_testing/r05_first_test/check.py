"""Recipe 5: the learner's tests are run on their app, and on mutants of it."""

import pytest

from checks import catalog, expect

CRASHES = {"home_crashes": "the home page returns 500"}


@pytest.mark.points(2)
@pytest.mark.hint("Run `python -m unittest -v app_tests` in the folder of your app, and read it.")
def test_the_tests_run_and_pass(suite):
    """`python -m unittest app_tests` runs at least one test, and all of them pass."""
    run = suite.run()
    expect(
        "No module named 'app_tests'" not in run.out,
        wanted="a module app_tests.py",
        seen="there is none",
        hint="The file is called app_tests.py and lies beside my_app.",
    )
    expect(
        run.ran > 0 or run.failures,
        wanted="at least one test in app_tests.py",
        seen=run,
        hint="unittest takes methods whose names begin with test, of classes that inherit from "
        "unittest.TestCase.",
    )
    expect(run.code == 0, wanted="tests that pass on your app", seen=run)


@pytest.mark.depends("test_the_tests_run_and_pass")
@pytest.mark.hint("Request the home page in a test and compare the status of the response.")
def test_a_dead_home_page_is_noticed(suite):
    """A test fails when the home page returns 404 or crashes."""
    suite.expect_noticed({"home_is_gone": "the home page returns 404", **CRASHES})


@pytest.mark.points(2)
@pytest.mark.depends("test_the_tests_run_and_pass")
@pytest.mark.hint("A page can return 200 and still be wrong: which number does a visitor read?")
def test_a_wrong_number_is_noticed(suite):
    """A test fails when the home page shows a wrong number of products."""
    suite.expect_noticed({"home_counts_wrong": "the home page counts two products too many"})


@pytest.mark.points(2)
@pytest.mark.depends("test_a_dead_home_page_is_noticed")
@pytest.mark.hint("The app reads the names of its files once, inside create_app().")
def test_the_development_database_is_left_alone(site):
    """The tests leave your own database, log and uploads as they are."""
    catalog.expect_nothing_changed(site)


@pytest.mark.depends("test_a_dead_home_page_is_noticed")
@pytest.mark.hint("Which settings name a file or a folder? Let each point to a temporary folder.")
def test_no_file_is_left_behind(site):
    """The tests leave no file of their own in the app's folder: no database, log or upload."""
    catalog.expect_nothing_left(site)


@pytest.mark.depends("test_a_dead_home_page_is_noticed")
@pytest.mark.hint("What one test leaves behind must not reach the next one.")
def test_the_order_does_not_matter(suite):
    """The tests pass one by one, in any order, and a second time."""
    catalog.expect_any_order(suite, CRASHES)


@pytest.mark.depends("test_a_dead_home_page_is_noticed")
@pytest.mark.hint("setUp runs before each test: create the app and its database there.")
def test_each_test_has_an_app_of_its_own(suite):
    """Each test has a new app with a new database: what is added to an old one does not matter."""
    catalog.expect_own_apps(suite, CRASHES)
