"""Recipe 7: nose2 finds the learner's tests, all of them or some, and languages are tested."""

import secrets

import pytest

from checks import catalog, expect
from checks.suite import run_tests

NOSE2 = ("-m", "nose2", "-v")
UNTIL_ONE_FAILS = ("-m", "nose2", "--fail-fast", "language_tests")
MODULES = ("app_tests", "language_tests")

# Two more tests for each class of a module that has tests. They write down that they were run:
# which module they come from, whose tests they are, and which one it was.
PROBES = """

def _add_{mark}():
    import pathlib, sys

    def probe(name):
        def test(self):
            with pathlib.Path(__file__).with_name("{mark}.txt").open("a") as file:
                print(__name__, type(self).__name__, name, file=file)

        test.__name__ = name
        return test

    for case in [*vars(sys.modules[__name__]).values()]:
        if isinstance(case, type) and case.__module__ == __name__:
            if any(name.startswith("test") for name in vars(case)):
                for name in ("test_{mark}_1", "test_{mark}_2"):
                    setattr(case, name, probe(name))

_add_{mark}()
"""


class Probed:
    """The learner's tests with probes among them."""

    def __init__(self, sites, *names):
        site, self.mark = sites(), f"m{secrets.token_hex(4)}"
        for module in MODULES:
            text = site.read(f"{module}.py")
            expect(
                text,
                wanted=f"a module {module}.py with tests",
                seen=f"{module}.py is missing or empty",
                hint=f"{module}.py lies beside my_app.",
            )
            site.write(f"{module}.py", text + PROBES.format(mark=self.mark))
        self.run = run_tests(site, (*NOSE2, *(name.format(mark=self.mark) for name in names)))
        # Where each test that ran was written, its class, and its number.
        lines = [line.split() for line in site.read(f"{self.mark}.txt").splitlines()]
        self.ran = [(*line[:2], line[2][-1:]) for line in lines if len(line) == 3]
        self.modules = {module for module, _, _ in self.ran}

    @property
    def seen(self):
        """Return what ran, in words."""
        classes = sorted({f"{case} (from {module}.py)" for module, case, _ in self.ran})
        return f"tests of {', '.join(classes) or 'no class'} ran; {self.run}"


def language_class(sites):
    """Return the name of a class with tests that is written in language_tests.py."""
    cases = [case for module, case, _ in Probed(sites, "language_tests").ran
             if module == "language_tests"]  # fmt: skip
    expect(cases, wanted="a class with tests in language_tests.py", seen="none was run")
    return cases[0]


@pytest.mark.points(3)
@pytest.mark.hint("nose2 looks for test*.py. Which file may tell it otherwise?")
def test_nose2_finds_all_tests(sites):
    """`nose2` alone finds the tests of app_tests.py and of language_tests.py, and all pass."""
    probed = Probed(sites)
    run = probed.run
    expect(run.ran > 0 or run.failures, wanted="tests that nose2 finds by itself", seen=run)
    expect(
        run.code == 0,
        wanted="tests that pass on your app",
        seen=run,
        hint="Run `nose2` in the folder of your app and read the first failure.",
    )
    for module in MODULES:
        wanted = f"`nose2` runs the test classes of {module}.py"
        expect(module in probed.modules, wanted=wanted, seen=probed.seen)


@pytest.mark.depends("test_nose2_finds_all_tests")
@pytest.mark.hint("A class inherits the tests of its base class, too. What do both classes need?")
def test_a_module_brings_only_its_own_tests(sites):
    """`nose2 language_tests` runs the tests of that module, and none of app_tests.py."""
    probed = Probed(sites, "language_tests")
    expect(probed.run.code == 0, wanted="tests that pass by themselves", seen=probed.run)
    wanted = "tests written in language_tests.py, and no other"
    expect(probed.modules == {"language_tests"}, wanted=wanted, seen=probed.seen)


@pytest.mark.points(2)
@pytest.mark.depends("test_nose2_finds_all_tests")
@pytest.mark.hint("module.Class and module.Class.test are names that Python could import.")
def test_a_part_of_the_tests_can_be_run(sites):
    """One module, one class and one test can be run by their dotted names."""
    for module in MODULES:
        probed = Probed(sites, module)
        good = probed.run.code == 0 and module in probed.modules
        expect(good, wanted=f"`nose2 {module}` runs the tests of {module}.py", seen=probed.seen)
    case = language_class(sites)
    name = f"language_tests.{case}"
    probed = Probed(sites, name)
    own = [("language_tests", case, number) for number in "12"]
    good = probed.run.code == 0 and sorted(probed.ran) == own
    expect(good, wanted=f"`nose2 {name}` runs the tests of this class", seen=probed.seen)
    probed = Probed(sites, f"{name}.test_{{mark}}_1")
    good = probed.run.code == 0 and probed.ran == own[:1]
    expect(good, wanted=f"one test of {name} can be run by its name", seen=probed.seen)


@pytest.mark.points(2)
@pytest.mark.depends("test_nose2_finds_all_tests")
@pytest.mark.hint("Request the home page of each language, and of one that does not exist.")
def test_broken_languages_are_noticed(suite):
    """A test of language_tests.py fails when French or Chinese is lost, or /de/home is found."""
    suite.expect_noticed(
        {
            "french_is_english": "the French pages are in English",
            "french_is_gone": "the French pages are gone",
            "chinese_is_english": "the Chinese pages are in English",
            "chinese_is_gone": "the Chinese pages are gone",
            "any_language_is_found": "/de/home returns 200",
        },
        *UNTIL_ONE_FAILS,
    )


@pytest.mark.depends("test_nose2_finds_all_tests")
@pytest.mark.hint("Request / with several Accept-Language headers; one of them names no language.")
def test_a_wrong_front_door_is_noticed(suite):
    """A test of language_tests.py fails when / leads a visitor to the wrong language."""
    suite.expect_noticed(
        {
            "the_front_door_is_english": "/ ignores the browser's language",
            "the_front_door_knows_no_chinese": "/ leads a Chinese browser to English pages",
            "the_front_door_is_french": "/ leads a browser with a language that the catalog does "
            "not have to French pages",
        },
        *UNTIL_ONE_FAILS,
    )


@pytest.mark.depends("test_nose2_finds_all_tests")
@pytest.mark.hint("Send a form without a name to a French page and read the message.")
def test_english_errors_are_noticed(suite):
    """A test of language_tests.py fails when a French form shows its errors in English."""
    suite.expect_noticed(
        {"errors_are_english": "a French form shows its errors in English"}, *UNTIL_ONE_FAILS
    )


@pytest.mark.depends("test_nose2_finds_all_tests")
@pytest.mark.hint("A new test class needs the temporary files of the old one.")
def test_the_development_database_is_left_alone(sites):
    """The tests of both modules leave your own database, log and uploads as they are."""
    catalog.expect_nothing_changed(sites(), *NOSE2)


@pytest.mark.depends("test_nose2_finds_all_tests")
@pytest.mark.hint("A new test class needs the temporary files of the old one.")
def test_no_file_is_left_behind(sites):
    """The tests of both modules leave no file of their own in the app's folder."""
    catalog.expect_nothing_left(sites(), *NOSE2)
