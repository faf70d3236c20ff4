"""The learner's tests as the thing to judge: run on their app, a good one and broken ones."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from checks.expect import shorten
from checks.site import Site

CLOSING_LINE = re.compile(r"^Ran (\d+) tests? in ", re.MULTILINE)
DEFAULT = ("-m", "unittest", "-v", "app_tests")


@dataclass(frozen=True)
class SuiteRun:
    """A run of the tests: exit code, how many ran, all that was printed."""

    code: int
    ran: int
    out: str

    def __str__(self) -> str:
        return f"{self.ran} tests ran, exit code {self.code}: {shorten(self.out[-2000:])}"


@dataclass(frozen=True)
class Suite:
    """Runs the submission's tests; each run gets a fresh folder."""

    new_site: Callable[[], Site]
    good: Callable[[], Path]
    broken: Callable[[str], Path]

    def run(self, *arguments: str) -> SuiteRun:
        """Run the tests on the submission's own app."""
        return _run(self.new_site(), arguments)

    def run_on_good(self, *arguments: str) -> SuiteRun:
        """Run the tests on the reference app of this recipe."""
        return self._run_on(self.good(), arguments)

    def run_on(self, name: str, *arguments: str) -> SuiteRun:
        """Run the tests on the reference app with breaks/NAME.diff applied."""
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
    return SuiteRun(done.code, int(counts[-1]) if counts else 0, text)
