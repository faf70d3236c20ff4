"""A report says which lines and branches the tests run, and which they never see."""

import re
from fnmatch import fnmatch
from pathlib import PurePosixPath

import pytest

from checks import expect

REPORT = "coverage_report.py"
FIND_ALL = ("-m", "unittest", "discover", "-v", "-p", "*_tests.py")

# Put into the app: a module that it loads, and one that nobody loads. Both have 3 statements.
LOADED = '"""Loaded with the app."""\n\nRUNS = 1\n\n\ndef never() -> int:\n    return RUNS\n'
FORGOTTEN = LOADED.replace("Loaded with the app", "Loaded by nobody")
# In place of every test file: quick, and it loads the app as real ones do.
SMALL_TESTS = """
import unittest

from my_app import create_app


class SmallTestCase(unittest.TestCase):
    def test_app(self) -> None:
        self.assertTrue(callable(create_app))

    def test_sum(self) -> None:
        self.assertEqual(1 + 1, {total})
"""

FOREIGN = re.compile(r"_tests\.py$|site-packages|python3\.")

BROKEN = {
    "image_failure_breaks_the_form": "an image that cannot be saved makes the form fail",
    "image_failure_loses_the_product": "an image that cannot be saved costs the product, too",
}


def report(site):
    """Run the learner's report."""
    expect(site.exists(REPORT), wanted=f"a file {REPORT} beside run.py", seen="no such file")
    return site.run(REPORT, timeout=40)


def prepare(site, total=2):
    """Put the probes into the app, and small tests in the place of the learner's own."""
    start = site.read("my_app/__init__.py")
    site.write("my_app/__init__.py", f"{start}\n\nfrom my_app import loaded  # noqa: E402, F401\n")
    site.write("my_app/loaded.py", LOADED)
    site.write("my_app/forgotten.py", FORGOTTEN)
    for path in site.find("*_tests.py"):
        site.write(path.name, SMALL_TESTS.format(total=total))


def files(site, pattern):
    """Return the names of the files that match, as seen from the app's folder."""
    return [path.relative_to(site.folder).as_posix() for path in site.find(pattern)]


def listed(text):
    """Return the names of the files in a report; a folder above them may have a space."""
    return set(re.findall(r"^\W*(\S.*?\.py)\s+\d+", text, re.MULTILINE))


def percent(text, name):
    """Return the percentage in the row of this name, None when there is no such row."""
    row = re.search(rf"^.*\b{re.escape(name)}\b.*?(\d+)(?:\.\d+)?\s?%", text, re.MULTILINE)
    return int(row[1]) if row else None


@pytest.mark.points(2)
@pytest.mark.hint("What do the settings say about branch and source, and is report() ever reached?")
def test_report_counts_lines_and_branches(site):
    """`python coverage_report.py` runs your tests and reports lines and branches of the app."""
    done = report(site)
    expect(
        percent(done.out, "TOTAL") is not None,
        wanted="a table with a line TOTAL",
        seen=done,
    )
    for column in ("Branch", "Missing"):
        expect(column in done.out, wanted=f"a column {column} in the table", seen=done.out)
    strange = [name for name in listed(done.out) if FOREIGN.search(name)]
    expect(
        not strange,
        wanted="files of the app, without its tests and without the packages that it uses",
        seen=", ".join(sorted(strange)[:5]),
    )
    expect(done.code == 0, wanted="exit code 0, as all tests pass", seen=done)


@pytest.mark.points(2)
@pytest.mark.hint("What ran before start() is not seen, and importing a module runs its lines.")
def test_what_runs_at_import_is_seen(site):
    """The lines that run while the app is imported count as run."""
    prepare(site)
    done = report(site)
    found = percent(done.out, "loaded.py")
    expect(
        found,
        wanted="more than 0 % for my_app/loaded.py, a new module that my_app imports",
        seen=done.out if found is None else f"{found} %",
    )


@pytest.mark.points(2)
@pytest.mark.hint("Unless told what belongs to the app, coverage knows only what was imported.")
def test_untested_file_is_named(site):
    """A file of the app that no test imports is in the report, with 0 %."""
    prepare(site)
    done = report(site)
    found = percent(done.out, "forgotten.py")
    expect(
        found == 0,
        wanted="0 % for my_app/forgotten.py, a new module that nobody imports",
        seen=done.out if found is None else f"{found} %",
    )


@pytest.mark.hint("The same measurement can write pages: html_report().")
def test_html_is_written(site):
    """There is an HTML report with a page for each file."""
    prepare(site)
    done = report(site)
    pages = [path for path in files(site, "**/*.html") if not path.startswith("my_app/")]
    index = [path for path in pages if path.endswith("index.html")]
    expect(
        any("loaded.py" in site.read(path) for path in index),
        wanted="an index.html that names my_app/loaded.py",
        seen=", ".join(index) or f"no such file; {done}",
    )
    expect(
        any("RUNS" in site.read(path) for path in pages),
        wanted="a page with the lines of my_app/loaded.py",
        seen=", ".join(pages[:5]),
    )


@pytest.mark.points(2)
@pytest.mark.hint("A process tells by sys.exit() how it went; the test result knows.")
def test_exit_code_tells_of_failing_tests(site):
    """The report is printed when a test fails, too, and the exit code is not 0 then."""
    prepare(site, total=3)
    done = report(site)
    expect(
        percent(done.out, "TOTAL") is not None,
        wanted="a table with a line TOTAL, though a test fails",
        seen=done,
    )
    expect(done.code, wanted="an exit code that is not 0, since a test fails", seen=done.code)


@pytest.mark.hint("What both should obey belongs in a file that coverage reads by itself.")
def test_command_line_gives_the_same_total(site):
    """`coverage run -m nose2` and `coverage report` give the same files and total, to a point."""
    prepare(site)
    own = report(site).out
    run = site.run("-m", "coverage", "run", "-m", "nose2", timeout=40)
    expect(run.code == 0, wanted="`coverage run -m nose2` ends with 0", seen=run)
    done = site.run("-m", "coverage", "report")
    expect(
        listed(done.out) == listed(own),
        wanted=f"the same files as {REPORT} lists",
        seen=f"only in one of both: {', '.join(sorted(listed(done.out) ^ listed(own)))}",
    )
    totals = [percent(text, "TOTAL") or -1 for text in (own, done.out)]
    expect(
        min(totals) >= 0 and max(totals) - min(totals) <= 1,
        wanted=f"the same total as {REPORT} prints, {totals[0]} %",
        seen=done,
    )


@pytest.mark.depends("test_html_is_written")
@pytest.mark.hint("Run the report, then ask git status what is new.")
def test_measurements_are_ignored_by_git(site):
    """What a measurement writes is listed in .gitignore."""
    prepare(site)
    before = files(site, "**/*")
    report(site)
    left = [path for path in files(site, "**/*") if path not in before and not ignored(site, path)]
    expect(not left, wanted="a line of .gitignore for each new file", seen=", ".join(left[:5]))


def ignored(site, path):
    """Say whether a .gitignore leaves this file out (without the finer rules of git)."""
    folders = [str(folder) for folder in PurePosixPath(path).parents if folder.name]
    if any("*" in site.read(f"{folder}/.gitignore").split() for folder in folders):
        return True
    patterns = [line.strip().strip("/") for line in site.read(".gitignore").splitlines()]
    names = [path, *folders, *PurePosixPath(path).parts]
    return any(fnmatch(name, pattern) for pattern in patterns for name in names)


@pytest.mark.points(2)
@pytest.mark.hint("Find the lines of views.py that the report misses: make saving an image fail.")
def test_tests_notice_a_lost_product(suite):
    """Your tests notice when an image that cannot be saved costs more than the image."""
    run = suite.run(*FIND_ALL)
    expect(run.ran and run.code == 0, wanted="tests that pass on your app", seen=run)
    suite.expect_noticed(BROKEN, *FIND_ALL)
