"""Recipe 7: nose2 finds the learner's tests, all of them or some, and languages are tested."""

import re

import pytest

from checks import expect

NOSE2 = ("-m", "nose2", "-v")
# As nose2 -v names a test: test_home (app_tests.CatalogTestCase.test_home)
NAME = re.compile(r"^\w+ \((\w+)\.(\w+)\.(\w+)\)", re.MULTILINE)
# Which tests of a module were written in which module.
ORIGINS = """
import unittest
def tests(suite):
    for test in suite:
        yield from tests(test) if isinstance(test, unittest.TestSuite) else [test]
for test in tests(unittest.defaultTestLoader.loadTestsFromName("language_tests")):
    name = test.id().rpartition(".")[2]
    print("origin:", getattr(type(test), name).__module__, name)
"""


def names(run):
    """Give the module, class and method of each test that ran."""
    return NAME.findall(run.out)


@pytest.mark.points(3)
@pytest.mark.hint("nose2 looks for test*.py. Which file may tell it otherwise, and in which words?")
def test_nose2_finds_all_tests(suite):
    """`nose2` alone finds the tests of app_tests.py and of language_tests.py, and all pass."""
    run = suite.run(*NOSE2)
    expect(run.ran > 0, "tests, found by nose2 itself", run, "nose2 found no test at all.")
    expect(run.code == 0, "tests that pass on your app", run)
    for module in ("app_tests", "language_tests"):
        found = sorted({name[0] for name in names(run)})
        expect(module in found, f"tests of {module}.py", f"tests of {', '.join(found)}")


@pytest.mark.depends("test_nose2_finds_all_tests")
@pytest.mark.hint("A class inherits the tests of its base class, too. What do both classes need?")
def test_a_module_brings_only_its_own_tests(site):
    """`nose2 language_tests` runs no test of app_tests.py a second time."""
    done = site.python(ORIGINS, settings=False)
    origins = re.findall(r"^origin: (\w+) (\w+)$", done.out, re.MULTILINE)
    expect(origins, "a class with tests in language_tests.py", done)
    twice = sorted({test for module, test in origins if module == "app_tests"})
    expect(not twice, "tests written in language_tests.py only", f"again: {', '.join(twice)}")


@pytest.mark.points(2)
@pytest.mark.depends("test_nose2_finds_all_tests")
@pytest.mark.hint("module, module.Class and module.Class.test are names that Python could import.")
def test_a_part_of_the_tests_can_be_run(suite):
    """One module, one class and one test can be run by their dotted names."""
    run = suite.run(*NOSE2, "language_tests")
    modules = {module for module, _, _ in names(run)}
    expect(run.code == 0 and modules == {"language_tests"}, "the tests of language_tests only", run)
    module, case, test = names(run)[0]
    run = suite.run(*NOSE2, f"{module}.{case}")
    cases = {name[:2] for name in names(run)}
    expect(run.code == 0 and cases == {(module, case)}, f"the tests of {module}.{case} only", run)
    run = suite.run(*NOSE2, f"{module}.{case}.{test}")
    expect(run.code == 0 and run.ran == 1, f"{module}.{case}.{test} only", run)


@pytest.mark.points(3)
@pytest.mark.depends("test_nose2_finds_all_tests")
@pytest.mark.hint("The lesson names what language_tests.py looks after: five things.")
def test_broken_languages_are_noticed(suite):
    """A test of language_tests.py fails when a language is lost or a visitor gets the wrong one."""
    breaks = {
        "addresses_are_ignored": "/fr/ answers in English",
        "chinese_is_gone": "the Chinese pages are gone",
        "the_front_door_is_english": "the front door ignores the browser's language",
        "any_language_is_found": "/de/home answers 200",
        "errors_are_english": "a French form complains in English",
    }
    suite.expect_noticed(breaks, *NOSE2, "language_tests")


@pytest.mark.depends("test_nose2_finds_all_tests")
@pytest.mark.hint("A new test class needs the temporary database of the old one.")
def test_the_development_database_is_left_alone(site):
    """The tests of both modules neither make nor change the database that you work with."""
    site.run(*NOSE2, "language_tests", settings=False)
    made = "instance/catalog.db, which was not there before the tests of language_tests.py"
    expect(not site.exists("instance/catalog.db"), "no database beside that of the tests", made)
    site.add_category("Kitchen")
    site.stop()
    before = contents(site)
    done = site.run(*NOSE2, settings=False)
    expect(done.code == 0, "the same tests passing with a category in your own database", done)
    changed = "instance/catalog.db has other bytes than before the tests"
    expect(contents(site) == before, "your own database unchanged", changed)


def contents(site):
    """Give the bytes of the app's own database files."""
    return {path.name: path.read_bytes() for path in site.find("instance/catalog.db*")}
