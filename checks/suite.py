"""The learner's tests as the thing to judge: run on their app, a good one and broken ones."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from checks.diagnosis import last_failure
from checks.expect import expect, shorten
from checks.site import Site

CLOSING_LINE = re.compile(r"^Ran (\d+) tests? in ", re.MULTILINE)
FAILED_TEST = re.compile(r"^(?:FAIL|ERROR): (\S+).*$", re.MULTILINE)
DEFAULT = ("-m", "unittest", "-v", "app_tests")


@dataclass(frozen=True)
class SuiteRun:
    """A run of the tests: exit code, how many ran, all that was printed, who failed and why."""

    code: int
    ran: int
    out: str
    failures: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Say whether there were tests and none of them failed."""
        return self.code == 0 and self.ran > 0

    def __str__(self) -> str:
        story = "\n".join(self.failures[:3]) or ("" if self.passed else shorten(self.out, 400))
        more = f"\nand {len(self.failures) - 3} more" if len(self.failures) > 3 else ""
        tests = "1 test" if self.ran == 1 else f"{self.ran} tests"
        return f"{tests} ran, exit code {self.code}\n{story}{more}".strip()


@dataclass(frozen=True)
class Suite:
    """Runs the submission's tests; each run gets a fresh folder."""

    new_site: Callable[[], Site]
    good: Callable[[], Path]
    broken: Callable[[str], Path]
    break_app: Callable[[Path, str], bool]

    def run(self, *arguments: str) -> SuiteRun:
        """Run the tests on the submission's own app."""
        return _run(self.new_site(), arguments)

    def run_on_good(self, *arguments: str) -> SuiteRun:
        """Run the tests on the reference app of this recipe."""
        return self._run_on(self.good(), arguments)

    def run_on(self, name: str, *arguments: str) -> SuiteRun:
        """Run the tests on the submission's own app with breaks/NAME.diff merged into it.

        Where that does not fit, on the recipe's app with the break; they must pass without it.
        """
        site = self.new_site()
        if self.break_app(site.folder, name):
            return _run(site, arguments)
        good = self.run_on_good(*arguments)
        expect(good.passed, wanted="tests that pass on the app of this recipe as well", seen=good)
        return self._run_on(self.broken(name), arguments)

    def _run_on(self, app: Path, arguments: tuple[str, ...]) -> SuiteRun:
        site = self.new_site()
        own = site.folder / "my_app"
        # The submission has not run yet in this copy; still, a link is no folder.
        if own.is_symlink() or own.is_file():
            own.unlink()
        elif own.exists():
            shutil.rmtree(own)
        shutil.copytree(app / "my_app", own, ignore=shutil.ignore_patterns("__pycache__"))
        return _run(site, arguments)


def _run(site: Site, arguments: tuple[str, ...]) -> SuiteRun:
    done = site.run(*(arguments or DEFAULT), settings=False, timeout=30)
    text = done.out + done.err
    counts = CLOSING_LINE.findall(text)
    ran = int(counts[-1]) if counts else 0
    return SuiteRun(done.code, ran, text, tuple(_failures(text, site.folder)))


def _failures(text: str, folder: Path) -> Iterator[str]:
    """Say for each failed test its name, its error and where that was."""
    _, *parts = FAILED_TEST.split(text)
    # Of a test with several failures (subTest), the last one stands for all.
    for name, story in dict(zip(parts[::2], parts[1::2], strict=True)).items():
        yield f"{name}: {shorten(last_failure(story, folder) or 'no traceback', 160)}"
