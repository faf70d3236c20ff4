"""The learner's tests as what is graded: run on their own app, and on mutants of it.

    def test_a_wrong_search_is_noticed(suite):
        '''A test fails when the search ignores the name or the price.'''
        suite.expect_noticed({
            "the_search_ignores_the_name": "the search ignores the name",
            "the_search_ignores_the_price": "the search ignores the price",
        })

Each name is a diff in breaks/. All mutants of a call are merged into the learner's app as one
source (see schemata.py); which of them runs is left to numbers that are new in every run. The
tests must pass on the source with no mutant running, and fail on it with each of them. All runs
have the same command, environment, files and time stamps, and a random order: only the app's
behaviour tells them apart, and a test that notices behaviour is a good test.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from checks.diagnosis import last_failure
from checks.expect import expect
from checks.mutants import Mutants, Workshop, chance, put_into
from checks.site import Site
from checks.verdict import SubmissionError
from workbook.text import clean

CLOSING_LINE = re.compile(r"^Ran (\d+) tests? in ", re.MULTILINE)
FAILED_TEST = re.compile(r"^(?:FAIL|ERROR): (\S+).*$", re.MULTILINE)
UNITTEST = ("-m", "unittest", "-v", "app_tests")
UNTIL_ONE_FAILS = ("-m", "unittest", "-f", "app_tests")
# One moment for every file of every run.
WRITTEN = 1_700_000_000
SECONDS = 30.0
AT_ONCE = min(4, len(os.sched_getaffinity(0)))


@dataclass(frozen=True)
class SuiteRun:
    """A run of the tests: exit code, how many ran, all that was printed, who failed and why."""

    code: int
    ran: int
    out: str
    failures: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Say whether there were tests and none of them failed, as far as the run says."""
        return self.code == 0 and self.ran > 0

    def __str__(self) -> str:
        story = "\n".join(self.failures[:3]) or ("" if self.passed else clean(self.out, 400))
        more = f"\nand {len(self.failures) - 3} more" if len(self.failures) > 3 else ""
        tests = "1 test" if self.ran == 1 else f"{self.ran} tests"
        return f"{tests} ran, exit code {self.code}\n{story}{more}".strip()


Prepare = Callable[[Site], None]


def leave(site: Site) -> None:
    """Leave a copy of the app as it is."""


@dataclass
class Suite:
    """Runs the submission's tests; each run gets a fresh copy of the app."""

    new_site: Callable[[], Site]
    workshop: Workshop
    # A site without any app in it, for the grader's own tools.
    empty_site: Callable[[], Site]
    _known: dict[tuple[str, ...], Mutants] = field(default_factory=dict)

    def run(self, *command: str, prepare: Prepare = leave) -> SuiteRun:
        """Run the tests on the submission's own app: `python COMMAND`, by default unittest.

            run = suite.run("-m", "nose2")
            expect(run.passed, wanted="tests that pass on your app", seen=run)

        `prepare` is called with the copy of the app before the run, and may change its files.
        """
        site = self.new_site()
        prepare(site)
        return run_tests(site, command)

    def expect_noticed(
        self, mutants: Mapping[str, str], *command: str,
        wanted: str = "tests that pass on your app, however its source is written",
        prepare: Prepare = leave,
    ) -> None:  # fmt: skip
        """Expect tests that pass on the app and fail on each mutant of it.

        `mutants` gives for each name of a diff in breaks/ what is wrong there, to be read after
        "a test that fails when". `command` and `prepare` are as for `run`, but stop at the first
        failure by default. `wanted` says what is missing when the tests fail without a mutant:

            suite.expect_noticed({"home_crashes": "the home page returns 500"}, "-m", "nose2")
        """
        __tracebackhide__ = True
        names = tuple(mutants)
        command = command or UNTIL_ONE_FAILS
        own = self._mutants(self.new_site, names)
        fitting = [name for name in names if name not in own.misfits]
        slipped = self._slipped(_Base(self.new_site, prepare, own), fitting, command, wanted)
        if own.misfits:
            good = self._mutants(self._reference_site, tuple(own.misfits))
            base = _Base(self._reference_site, prepare, good)
            why = (
                f"tests that pass on the reference solution's app, too: "
                f"{', '.join(sorted({*own.misfits.values()}))} of yours is so different that the "
                f"check cannot break it to see whether they notice"
            )
            slipped += self._slipped(base, [*own.misfits], command, why)
        broken = [mutants[name] for name in names if name in slipped]
        missing = f"a test that fails when {broken[0]}" if broken else ""
        expect(not broken, missing, "all tests passed although " + ", and although ".join(broken))

    def _slipped(
        self, base: _Base, names: Sequence[str], command: Sequence[str], wanted: str
    ) -> list[str]:
        """Return the mutants on which the tests pass; expect that they pass on the app itself."""
        __tracebackhide__ = True
        if not names:
            return []
        order = chance.sample(["", *names], len(names) + 1)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            runs = dict(zip(order, pool.map(lambda n: base.run(n, command), order), strict=True))
        itself = runs.pop("")
        if isinstance(itself, SubmissionError):
            raise itself
        expect(itself.code == 0, wanted, itself)
        return [name for name, run in runs.items() if isinstance(run, SuiteRun) and run.code == 0]

    def _mutants(self, base: Callable[[], Site], names: tuple[str, ...]) -> Mutants:
        key = (str(base == self.new_site), *names)
        if key not in self._known:
            self._known[key] = put_into(base(), names, self.workshop, self.empty_site)
        return self._known[key]

    def _reference_site(self) -> Site:
        site = self.new_site()
        own = site.folder / "my_app"
        # The submission has not run yet in this copy; still, a link is no folder.
        if own.is_symlink() or own.is_file():
            own.unlink()
        elif own.exists():
            shutil.rmtree(own)
        good = self.workshop.reference() / "my_app"
        shutil.copytree(good, own, ignore=shutil.ignore_patterns("__pycache__"))
        return site


@dataclass(frozen=True)
class _Base:
    """An app to run the tests on, with its mutants."""

    new_site: Callable[[], Site]
    prepare: Prepare
    mutants: Mutants

    def run(self, mutant: str, command: Sequence[str]) -> SuiteRun | SubmissionError:
        """Run the tests on a mutant ("": none); an error of the submission is returned."""
        site = self.new_site()
        try:
            self.mutants.write(site.folder, mutant)
            self.prepare(site)
            return run_tests(site, command)
        except SubmissionError as error:
            return error  # a test that never ends on a mutant has noticed it
        finally:
            site.close()


def run_tests(site: Site, command: Sequence[str]) -> SuiteRun:
    """Run the tests in a copy of the app as it is now."""
    give_one_time_stamp(site.folder)
    done = site.run(*(command or UNITTEST), settings=False, timeout=SECONDS)
    text = done.out + done.err
    counts = CLOSING_LINE.findall(text)
    ran = int(counts[-1]) if counts else 0
    return SuiteRun(done.code, ran, text, tuple(_failures(text, site.inside)))


def give_one_time_stamp(folder: Path) -> None:
    """Give every file and folder the same time stamps, so that none looks changed."""
    for above, folders, names in os.walk(folder, topdown=False):
        for name in [*folders, *names, "."]:
            with suppress(OSError):
                os.utime(Path(above, name), (WRITTEN, WRITTEN), follow_symlinks=False)


def _failures(text: str, folder: Path) -> Iterator[str]:
    """Say for each failed test its name, its error and where that was."""
    _, *parts = FAILED_TEST.split(text)
    # Of a test with several failures (subTest), the last one stands for all.
    for name, story in dict(zip(parts[::2], parts[1::2], strict=True)).items():
        yield f"{name}: {clean(last_failure(story, folder) or _told(story), 160)}"


def _told(story: str) -> str:
    """Return what a test runner says about a failure that has no traceback."""
    lines = story.partition("\nRan ")[0].splitlines()
    return " ".join(line.strip() for line in lines if line.strip("-= ")) or "no traceback"
