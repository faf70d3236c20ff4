"""`make proof`: each check on its steps, each hunk, statement, mistake and variant."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Protocol

from workbook import terminal, tree
from workbook.errors import FAILED, PASSED, UsageError, WorkbookProblems
from workbook.grading import grade
from workbook.proof import parts, report
from workbook.proof.cache import Cache
from workbook.proof.cases import Case, collect
from workbook.proof.found import Proof
from workbook.proof.rules import compare
from workbook.result import Result
from workbook.series import Recipe, Series

_LINE_EVERY = 15.0


class Tick(Protocol):
    """Shows that one more result is there."""

    def __call__(self, case: Case) -> None: ...


def proof(series: Series, names: Sequence[str], form: str, statements: str, steps: str) -> int:
    """Prove the series, or only the recipes named.

    `statements` is the time for them in seconds or 'all', `steps` is 'near' or 'all'.
    """
    recipes = tuple(series.find(name) for name in names) or series.recipes
    found = prove(series, recipes, _seconds(statements), every_step=steps == "all")
    report.publish(series, found, form, few=bool(names))
    return FAILED if found.problems else PASSED


def _seconds(text: str) -> float:
    if text == "all":
        return float("inf")
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"STATEMENTS={text} must be a number of seconds, or `all`.") from None


def prove(
    series: Series, recipes: Sequence[Recipe], budget: float, every_step: bool = False
) -> Proof:
    """Ask the grader what is not known yet and compare all results with the rules.

    `budget` is the time in seconds for statements, which are many; the rest is always asked.
    Without `every_step`, a check is tried on the steps beside its recipe and on the last one.
    """
    begin = time.monotonic()
    _refuse_broken(series, recipes)
    questions = collect(series, recipes, every_step)
    asked = _Asked(series, Cache(series.build / "proof"))
    first = [case for case in questions.cases if case.kind != "statement"]
    asked.all_of(first, float("inf"), "checks, hunks, mistakes, variants")
    asked.again_of_all_functions(first)
    asked.all_of(_interleaved(questions.cases), budget, "statements")
    found = Proof([], len(series.recipes), every_step, asked.fresh, asked.cached)
    for recipe in recipes:
        one = compare(series, recipe, questions.cases, asked.results)
        one.problems += questions.problems.get(recipe.id, [])
        found.recipes.append(one)
        found.problems += one.problems
    found.seconds = time.monotonic() - begin
    return found


def _refuse_broken(series: Series, recipes: Sequence[Recipe]) -> None:
    """Raise what makes a proof impossible: nothing to prove, or by nothing."""
    needed = [path for recipe in recipes for path in (recipe.step, recipe.check)]
    if problems := [f"{series.name_of(p)} is missing." for p in needed if not p.is_file()]:
        raise WorkbookProblems([*problems, "`make lint` says what else is missing."])
    if not recipes:
        raise UsageError("This book has no recipe yet; there is nothing to prove.")


def _interleaved(cases: Iterable[Case]) -> list[Case]:
    """Return the statements so that each recipe gets its share of the time."""
    by_recipe: dict[str, list[Case]] = {}
    for case in cases:
        if case.kind == "statement":
            by_recipe.setdefault(case.recipe.id, []).append(case)
    return [case for group in zip_longest(*by_recipe.values()) for case in group if case]


@dataclass
class _Asked:
    """The results so far, from the cache or fresh from the grader."""

    series: Series
    cache: Cache
    results: dict[Case, Result] = field(default_factory=dict)
    fresh: int = 0
    cached: int = 0

    def all_of(self, cases: Sequence[Case], budget: float, what: str) -> None:
        """Answer cases as long as the time lasts; the same question is asked once."""
        todo: dict[str, list[Case]] = {}
        for case in cases:
            if (known := self.cache.get(case.key)) is not None:
                self.results[case] = known
                self.cached += 1
            else:
                todo.setdefault(case.key, []).append(case)
        if todo and budget > 0:
            self._ask(todo, time.monotonic() + budget, what)

    def again_of_all_functions(self, cases: Sequence[Case]) -> None:
        """Ask the other functions about the mistakes that the named one does not catch."""
        slipped = {
            case: case.of_all_functions()
            for case in cases
            if case.only and not parts.is_caught(case, self.results[case])
        }
        self.all_of([*slipped.values()], float("inf"), "mistakes that were not caught")
        for case, again in slipped.items():
            self.results[case] = self.results.pop(again)

    def _ask(self, todo: dict[str, list[Case]], end: float, what: str) -> None:
        with tree.scratch(self.series) as place, _progress(len(todo), what) as tick:
            jobs = [same[0].job(self.series, place) for same in todo.values()]
            results = grade(self.series, jobs, workers=os.cpu_count() or 1)
            before = self.fresh
            try:
                for job, result in results:
                    self._take(todo[job.id], result)
                    tick(todo[job.id][0])
                    if time.monotonic() > end:
                        break
            except KeyboardInterrupt:
                terminal.complain(
                    f"{self.fresh - before} of {terminal.count(len(todo), 'result')} are kept; "
                    "run the same command again to continue."
                )
                raise
            finally:
                results.close()  # type: ignore[attr-defined]

    def _take(self, same: Sequence[Case], result: Result) -> None:
        self.fresh += 1
        self.cache.put(same[0].key, result, all(case.is_removal for case in same))
        for case in same:
            self.results[case] = result


@contextmanager
def _progress(total: int, what: str) -> Iterator[Tick]:
    """Show progress on standard error: a bar on a terminal, else a line now and then."""
    if not sys.stderr.isatty():
        yield _Lines(total, what)
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    with Progress(
        *(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()),
        *(TimeElapsedColumn(), TimeRemainingColumn()),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task(what, total=total)
        yield lambda case: bar.advance(task)


@dataclass
class _Lines:
    total: int
    what: str
    done: int = 0
    last_line: float = field(default_factory=time.monotonic)

    def __call__(self, case: Case) -> None:
        self.done += 1
        if time.monotonic() - self.last_line > _LINE_EVERY:
            self.last_line = time.monotonic()
            terminal.complain(f"{self.what}: {self.done} of {self.total}")
