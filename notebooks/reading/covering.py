"""The coverage of the catalog by the tests of recipe 9."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import heat
from .book import HERE, app_of, keep_app, run_program, run_python
from .svg import Picture
from .tables import Table

RECIPE = "coverage"
EXTRA_TESTS = HERE.parent / "extra_tests"
# What measures, and whether branches, too; in the order of the table.
TRACERS = {
    "none": None,
    "C tracer, lines": ("ctrace", False),
    "C tracer, lines and branches": ("ctrace", True),
    "sys.monitoring, lines": ("sysmon", False),
    "Python tracer, lines and branches": ("pytrace", True),
}


@dataclass(frozen=True)
class Mutant:
    """A change that breaks the app: `old` becomes `new` in a file."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Example:
    """An app whose tests were measured: its folder, and the report as printed."""

    folder: Path
    output: str


@dataclass(frozen=True)
class File:
    """The measurements of one file."""

    name: str
    text: str
    ran: Mapping[int, Sequence[str]]  # of each line that ran: the tests that ran it
    missed: Sequence[int]
    branches: int
    missed_branches: Sequence[tuple[int, int]]

    @property
    def partial(self) -> list[tuple[int, int]]:
        """Return the branches never taken from a line that ran; coverage calls them BrPart."""
        return [(start, end) for start, end in self.missed_branches if start in self.ran]

    @property
    def statements(self) -> int:
        """Return the number of statements."""
        return len(self.ran) + len(self.missed)

    def source(self, line: int) -> str:
        """Return a line without its indentation."""
        return self.text.splitlines()[line - 1].strip()

    def line(self, code: str) -> int:
        """Return the number of the one line that contains `code`."""
        found = [at for at, line in enumerate(self.text.splitlines(), 1) if code in line]
        if len(found) != 1:
            raise LookupError(f"{self.name} has {len(found)} lines with {code!r}, not one.")
        return found[0]


@dataclass(frozen=True)
class Report:
    """A coverage report: the files, and the result of the tests."""

    files: Mapping[str, File]
    ran: int
    failed: Sequence[str]
    seconds: float

    def file(self, name: str) -> File:
        """Return the file whose name ends with `name`."""
        (found,) = (file for file in self.files.values() if file.name.endswith(name))
        return found

    @property
    def line_percent(self) -> float:
        """Return the percentage of the statements that ran."""
        files = self.files.values()
        return 100 * _part(sum(len(f.missed) for f in files), sum(f.statements for f in files))

    @property
    def percent(self) -> float:
        """Return the percentage of statements and branches that ran, as coverage reports it."""
        return _percent(*self.files.values())

    @property
    def counted(self) -> int:
        """Return the number of statements and branches."""
        return sum(file.statements + file.branches for file in self.files.values())

    @property
    def covered(self) -> int:
        """Return the number of statements and branches that ran."""
        files = self.files.values()
        return self.counted - sum(len(f.missed) + len(f.missed_branches) for f in files)

    @property
    def table(self) -> Table:
        """Return a row for each file with statements, as in coverage's report."""
        rows = [_row(file.name, file) for file in self.files.values() if file.statements]
        head = ("file", "statements", "missed", "branches", "missed branches", "partial", "cover")
        return Table(head, [*rows, _row("all", *self.files.values())])

    @property
    def missed(self) -> Table:
        """Return the lines that no test ran, with their text."""
        rows = [
            (file.name, line, file.source(line))
            for file in self.files.values()
            for line in file.missed
        ]
        return Table(("file", "line", "no test runs"), rows)

    @property
    def partial(self) -> Table:
        """Return the branches that were never taken from a line that ran."""
        return Table(("file", "line", "branch", "never goes to"), [*self._partial()])

    def _partial(self) -> Iterator[tuple[str, int, str, str]]:
        for file in self.files.values():
            for start, end in file.partial:
                goal = f"{end}: {file.source(end)}" if end > 0 else "the function's end"
                yield file.name, start, file.source(start), goal

    def without(self, name: str) -> float:
        """Return the percentage without one of the files."""
        return _percent(*(file for file in self.files.values() if not file.name.endswith(name)))

    def tests_of(self, name: str, code: str) -> list[str]:
        """Return the tests that run the line of a file that contains `code`."""
        file = self.file(name)
        contexts = file.ran.get(file.line(code), ())
        return sorted(context.rpartition(".")[2] for context in contexts if context)

    def listing(self, name: str, function: str) -> Picture:
        """Draw a function line by line: how many tests run each line, and which."""
        file = self.file(name)
        return heat.draw(file.name, file.text, function, file.ran, file.missed_branches)


def run(
    source: Sequence[str] | None = None,
    mutant: Mutant | None = None,
    extra: Sequence[str] = (),
) -> Report:
    """Run the tests of recipe 9 on its app, measured; optionally with a mutant or more tests."""
    options = {"pattern": "*_tests.py"} | ({"source": source} if source is not None else {})
    with app_of(RECIPE) as app:
        if mutant:
            _mutate(app, mutant)
        for name in extra:
            shutil.copyfile(EXTRA_TESTS / name, app / name)
        words = json.dumps(options)
        made = run_program(app, "measuring", words, environ={"COVERAGE_CORE": "ctrace"})
    files = {name: _file(name, facts) for name, facts in made["files"].items()}
    return Report(files, made["ran"], made["failed"], made["seconds"])


def example() -> Example:
    """Run `python coverage_report.py` in a copy of the app of recipe 9."""
    app = keep_app(RECIPE)
    return Example(app, run_python(app, "coverage_report.py", environ={"COVERAGE_CORE": "ctrace"}))


def extra_test(name: str) -> str:
    """Return the source of a test module that the notebook adds."""
    return (EXTRA_TESTS / name).read_text(encoding="utf-8")


def cost() -> dict[str, float | None]:
    """Return how many times as long the tests take with each tracer; None: not on this Python."""
    seconds: dict[str, float | None] = {}
    with app_of(RECIPE) as app:
        for name, tracer in TRACERS.items():
            core, branch = tracer or ("ctrace", False)
            if core == "sysmon" and sys.version_info < (3, 12):
                seconds[name] = None
                continue
            options = {"pattern": "language_tests.py", "branch": branch, "rounds": 3}
            words = json.dumps(options | {"measure": bool(tracer)})
            made = run_program(app, "measuring", words, environ={"COVERAGE_CORE": core})
            seconds[name] = float(made["seconds"])
    plain = seconds["none"] or 1.0
    return {name: value and value / plain for name, value in seconds.items()}


def cost_table(costs: Mapping[str, float | None]) -> Table:
    """Return the costs as a table."""
    rows = [
        (name, f"{times:.1f}" if times else "not on this Python") for name, times in costs.items()
    ]
    return Table(("tracer", "times as long"), rows)


def _mutate(app: Path, mutant: Mutant) -> None:
    path = app / mutant.file
    text = path.read_text(encoding="utf-8")
    if text.count(mutant.old) != 1:
        raise LookupError(f"{mutant.file} has {mutant.old!r} {text.count(mutant.old)} times.")
    path.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")


def _file(name: str, facts: Any) -> File:
    contexts = facts["contexts"]
    ran = {line: contexts.get(str(line), []) for line in facts["executed_lines"]}
    branches = [(start, end) for start, end in facts.get("missing_branches", [])]
    taken = len(facts.get("executed_branches", []))
    return File(name, facts["text"], ran, facts["missing_lines"], taken + len(branches), branches)


def _row(name: str, *files: File) -> tuple[str, int, int, int, int, int, str]:
    return (
        name,
        sum(file.statements for file in files),
        sum(len(file.missed) for file in files),
        sum(file.branches for file in files),
        sum(len(file.missed_branches) for file in files),
        sum(len(file.partial) for file in files),
        f"{_percent(*files):.0f}%",
    )


def _percent(*files: File) -> float:
    missed = sum(len(file.missed) + len(file.missed_branches) for file in files)
    return 100 * _part(missed, sum(file.statements + file.branches for file in files))


def _part(missed: int, total: int) -> float:
    return 1 - missed / total if total else 1.0
