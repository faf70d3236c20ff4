"""Recipe 9: a report says which lines and branches the tests run, and which they never see."""

import json
import random
import re
from dataclasses import dataclass

import pytest

from checks import expect, probes
from checks.gitignore import ignored

REPORT = "coverage_report.py"
NOSE2 = ("-m", "nose2", "-v")
NOT_OF_THE_APP = re.compile(r"_tests\.py$|site-packages|python3\.")
SOURCES = (".py", ".html", ".css", ".cfg", ".toml", ".ini", ".coveragerc", ".gitignore")

# Goes into the app, which imports it: lines that always run, a branch that goes only one way, a
# function for each file of tests, and one that nobody calls.
LOADED = '''"""Loaded with the app."""

{constants}


def half(flag: bool) -> int:
    """Take one of two ways."""
    result = 1
    if flag:
        result = 2
    return result


def other() -> int:
    """Be called by another file of tests."""
    return 3


def never() -> int:
    """Be called by nobody."""
    try:
        result = int("never")
    except ValueError:
        result = 0
    return result
'''
HALF, OTHER, NEVER = 5, 2, 6
# In place of every test file: quick, and it loads the app as real ones do.
TESTS = """
import unittest

from my_app import create_app, {name}


class SmallTestCase(unittest.TestCase):
    def test_app(self) -> None:
        self.assertTrue(callable(create_app))

    def test_half(self) -> None:
        self.assertEqual({name}.half(True), 2)

    def test_sum(self) -> None:
        self.assertEqual(1 + 1, {total})
"""
OTHER_TESTS = """
import unittest

from my_app import {name}


class OtherTestCase(unittest.TestCase):
    def test_other(self) -> None:
        self.assertEqual({name}.other(), 3)
"""

# Counts the statements of each file: all of them, and without what no test can run.
STATEMENTS = r"""
import coverage, json, pathlib

CANNOT_RUN = [
    r"breakpoint\(", "BREAKPOINTS.*:", "TYPE_CHECKING:", "__name__ ==", r"^\s*\.\.\.",
    "NotImplementedError",
]
counts = {}
for exclude in ([], CANNOT_RUN):
    measured = coverage.Coverage(config_file=False, data_file=None)
    measured.set_option("report:exclude_lines", exclude)
    for path in sorted(pathlib.Path("my_app").rglob("*.py")):
        counts.setdefault(path.as_posix(), []).append(len(measured.analysis2(str(path))[1]))
print(json.dumps(counts))
"""
ROW = re.compile(
    r"^(?P<name>\S.*?\.py|TOTAL)\s+(?P<stmts>\d+)\s+(?P<miss>\d+)\s+(?P<branch>\d+)\s+"
    r"(?P<part>\d+)\s+(?P<cover>\d+(?:\.\d+)?)%[^\S\n]*(?P<missing>.*)$",
    re.MULTILINE,
)

WRONG = {
    "image_failure_breaks_the_form": "an image that cannot be saved makes the form fail",
    "image_failure_loses_the_product": "an image that cannot be saved costs the product, too",
}


@dataclass(frozen=True)
class Row:
    """A line of the report."""

    stmts: int
    miss: int
    branch: int
    part: int
    cover: float
    missing: str

    def __str__(self) -> str:
        return (
            f"{self.stmts} statements, {self.miss} missed, {self.branch} branches, "
            f"{self.part} partial"
        )


@dataclass(frozen=True)
class Probe:
    """What was put into the app: a module that it imports, and some that nobody imports."""

    loaded: str
    constants: int
    forgotten: tuple[str, ...]

    @property
    def statements(self) -> int:
        """The number of statements in each of the modules."""
        return self.constants + HALF + OTHER + NEVER


def report(site):
    """Run the learner's report."""
    expect(
        site.exists(REPORT),
        wanted=f"a file {REPORT} beside run.py",
        seen="no such file",
        hint=f"The program is called {REPORT} and stands beside run.py.",
    )
    return site.run(REPORT, timeout=40)


def prepare(site, total=2):
    """Put the probes into the app, and small tests in the place of the learner's own."""
    name, constants = probes.new_name(), random.randrange(20, 60)
    lines = "\n".join(f"VALUE_{number} = {number}" for number in range(constants))
    source = LOADED.format(constants=lines)
    site.write(f"my_app/{name}.py", source)
    probes.import_last(site, name)
    forgotten = (f"my_app/{name}_too.py", f"my_app/catalog/{name}_too.py")
    for path in forgotten:
        site.write(path, source)
    for path in site.find("*_tests.py"):
        site.write(path.name, TESTS.format(name=name, total=total))
    site.write(f"z{name}_tests.py", OTHER_TESTS.format(name=name))
    return Probe(f"my_app/{name}.py", constants, forgotten)


def rows(text):
    """Return the lines of a report by file, also of one in Markdown; TOTAL is one of them."""
    plain = re.sub(r"[|*\\`]", "", text)
    plain = "\n".join(line.strip() for line in plain.splitlines())
    found = {}
    for match in ROW.finditer(plain):
        *_, name = match["name"].rpartition("my_app/")
        name = f"my_app/{name}" if "my_app/" in match["name"] else match["name"]
        numbers = (int(match[key]) for key in ("stmts", "miss", "branch", "part"))
        found[name] = Row(*numbers, float(match["cover"]), match["missing"])
    return found


def table(done):
    """Return the lines of the report that a program printed; expect that there are some."""
    expect(
        re.search(r"\bTOTAL\b", done.out),
        wanted="the table of coverage's report with a line TOTAL",
        seen=done,
        hint="Read the traceback. Is the app named as the source in the settings?"
        if "Traceback" in done.err and done.code
        else "Is report() reached? unittest.main() ends the program unless it gets exit=False.",
    )
    expect(
        "Branch" in done.out,
        wanted="a column Branch in the table",
        seen=done.out,
        hint="Coverage counts branches when the settings say so: branch.",
    )
    found = rows(done.out)
    expect("TOTAL" in found, wanted="numbers in the line TOTAL", seen=done.out)
    return found


@pytest.mark.points(2)
@pytest.mark.hint("What do the settings say about branch, source and the missing lines?")
def test_report_counts_lines_and_branches(site):
    """`python coverage_report.py` runs your tests and reports lines and branches of the app."""
    done = report(site)
    found = table(done)
    expect("Missing" in done.out, wanted="a column Missing in the table", seen=done.out)
    strange = sorted(name for name in found if NOT_OF_THE_APP.search(name))
    expect(
        not strange,
        wanted="files of the app, without its tests and without the packages that it uses",
        seen=", ".join(strange[:5]),
        hint="Which package is the source, and what is left out of it?",
    )
    expect(
        done.code == 0,
        wanted="exit code 0, as all tests pass",
        seen=done,
        hint="The exit code of the program must be that of the tests. Do all of them pass?",
    )


@pytest.mark.points(2)
@pytest.mark.hint("Unless the settings name the app, coverage knows only what was imported.")
def test_every_file_is_counted_in_full(site):
    """Every file of the app is in the table with all of its statements, and in the total."""
    probe = prepare(site)
    done = report(site)
    found = table(done)
    lost = [path for path in probe.forgotten if path not in found]
    expect(
        not lost,
        wanted=f"a line for {' and '.join(lost)}, new modules that nobody imports",
        seen=", ".join(found),
    )
    counted = site.run("-I", "-c", STATEMENTS)
    expect(counted.code == 0, wanted="files of the app that Python can read", seen=counted)
    counts = json.loads(counted.out)
    lost = [path for path, (most, _) in counts.items() if most and path not in found]
    expect(
        not lost,
        wanted="a line for each file of the app",
        seen=f"none for {', '.join(lost[:5])}",
        hint="Is a file left out (omit), or hidden (skip_covered)? The weak ones belong in, too.",
    )
    short = [
        f"{path}: {found[path].stmts} statements of {most}"
        for path, (most, least) in counts.items()
        if path in found and not least <= found[path].stmts <= most
    ]
    expect(
        not short,
        wanted="all statements of each file",
        seen="; ".join(short[:4]),
        hint="Excluded lines (exclude_also, `pragma: no cover`) are as untested as before.",
    )
    total = found.pop("TOTAL")
    for what in ("stmts", "miss", "branch"):
        summed = sum(getattr(row, what) for row in found.values())
        expect(
            getattr(total, what) == summed,
            wanted=f"{summed} in TOTAL, the sum of the lines above it",
            seen=getattr(total, what),
            hint="Coverage adds the lines up itself: print what its report says.",
        )


@pytest.mark.points(2)
@pytest.mark.hint("What ran before start() is not seen, and importing a module runs its lines.")
def test_numbers_are_those_of_the_tests(site):
    """What the tests run counts as run, from the import of the app on; the rest does not."""
    probe = prepare(site)
    found = table(report(site))
    row = found.get(probe.loaded)
    expect(
        row,
        wanted=f"a line for {probe.loaded}, a new module that the app imports",
        seen=", ".join(found),
        hint="Unless the settings name the app, coverage knows only what was imported.",
    )
    missed = NEVER - 1
    expect(
        row.miss != missed + 1,
        wanted=f"{missed} missed statements in {probe.loaded}",
        seen=f"{row}; missing: {row.missing}",
        hint="The report must run the tests of every file called *_tests.py, also of a new one.",
    )
    expect(
        row.miss == missed and row.stmts == probe.statements,
        wanted=f"{probe.statements} statements, {missed} missed, in {probe.loaded}",
        seen=f"{row}; missing: {row.missing}",
    )
    expect(
        row.branch == 2 and row.part == 1,
        wanted="2 branches, 1 of them partial: an `if` that goes only one way",
        seen=row,
        hint="Set branch in the settings.",
    )
    last = probe.constants + 24
    expect(
        re.search(rf"\b{last - 4}-{last}\b", row.missing),
        wanted=f"the missing lines {last - 4}-{last}",
        seen=row.missing or "none",
        hint="Set show_missing in the settings.",
    )
    for path in probe.forgotten:
        expect(
            path in found and found[path].miss == found[path].stmts,
            wanted=f"every statement of {path} missed: nobody imports it",
            seen=found.get(path, "no such line"),
            hint="Unless the settings name the app, coverage knows only what was imported.",
        )


@pytest.mark.hint("The same measurement can write pages: html_report(), or `coverage html`.")
def test_html_is_written(site):
    """There is an HTML report with a page for each file."""
    probe = prepare(site)
    done = report(site)
    found = [path.relative_to(site.folder).as_posix() for path in site.find("**/*.html")]
    pages = [path for path in found if not path.startswith("my_app/")]
    index = [path for path in pages if path.endswith("index.html")]
    name = probe.loaded.rpartition("/")[2]
    expect(
        any(name in site.read(path) for path in index),
        wanted=f"an index.html that names {probe.loaded}",
        seen=f"{', '.join(index)} without it" if index else f"no index.html; {done}",
    )
    last = f"VALUE_{probe.constants - 1}"
    expect(
        any(last in site.read(path) and "Loaded with the app" in site.read(path) for path in pages),
        wanted=f"a page with the lines of {probe.loaded}",
        seen=", ".join(pages[:5]),
    )


@pytest.mark.points(2)
@pytest.mark.hint("A process tells by sys.exit() how it went; the test result knows.")
def test_exit_code_tells_of_failing_tests(sites):
    """When a test fails or cannot be imported, there is a report, and the exit code is not 0."""
    for what, total in (("a test fails", 3), ("a file of tests cannot be imported", None)):
        site = sites()
        prepare(site, total=total or 2)
        if total is None:
            site.write("broken_tests.py", "import a_module_that_is_not_there\n")
        done = report(site)
        expect(
            re.search(r"\bTOTAL\b", done.out),
            wanted=f"the table with a line TOTAL, also when {what}",
            seen=done,
            hint="Print the report in any case, and end with the tests' exit code after it.",
        )
        expect(done.code, wanted=f"an exit code that is not 0 when {what}", seen="exit code 0")


@pytest.mark.hint("What both should obey belongs in a file that coverage reads by itself.")
def test_command_line_gives_the_same_total(site):
    """`coverage run -m nose2` and `coverage report` give the same files and total, to a point."""
    prepare(site)
    own = table(report(site))
    run = site.run("-m", "coverage", "run", "-m", "nose2", timeout=40)
    expect(
        run.code == 0,
        wanted="`coverage run -m nose2` to end with 0 when all tests pass",
        seen=run,
        hint="Try the command: does nose2 find the tests?",
    )
    done = site.run("-m", "coverage", "report")
    wanted = f"from `coverage report` the table that {REPORT} prints"
    expect(re.search(r"\bTOTAL\b", done.out), wanted=wanted, seen=done)
    expect("Branch" in done.out, wanted=f"{wanted}, with branches", seen=done.out)
    typed = rows(done.out)
    expect(
        set(typed) == set(own),
        wanted=wanted,
        seen=f"only in one of both: {', '.join(sorted(set(typed) ^ set(own))[:6])}",
    )
    totals = own["TOTAL"].cover, typed["TOTAL"].cover
    expect(
        abs(totals[0] - totals[1]) <= 1,
        wanted=f"the total that {REPORT} prints, {totals[0]:g} %",
        seen=f"{totals[1]:g} %",
    )


@pytest.mark.depends("test_html_is_written")
@pytest.mark.hint("Run the report, then `git status`: what is new there?")
def test_measurements_are_ignored_by_git(site):
    """git leaves out what a measurement writes, and keeps your sources and settings."""
    prepare(site)
    before = [path.relative_to(site.folder).as_posix() for path in site.find("**/*")]
    report(site)
    after = [path.relative_to(site.folder).as_posix() for path in site.find("**/*")]
    made = sorted({*after} - {*before})
    left = sorted({*made} - ignored(site, made))
    expect(
        not left,
        wanted="a line of .gitignore for what the report writes",
        seen=f"git would keep {', '.join(left[:5])}",
    )
    sources = [path for path in before if path.endswith(SOURCES)]
    lost = sorted(ignored(site, sources))
    expect(
        not lost,
        wanted="sources and settings that git keeps",
        seen=f"git leaves out {', '.join(lost[:5])}",
        hint="A pattern such as `.coverage*` takes too much: name the file and the folder.",
    )


@pytest.mark.points(2)
@pytest.mark.hint("Find the lines of views.py that the report misses: make saving an image fail.")
def test_tests_notice_a_lost_product(suite):
    """Your tests notice when an image that cannot be saved costs more than the image."""
    suite.expect_noticed(WRONG, *NOSE2)
