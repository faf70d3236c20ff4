"""What the proof asks the grader: which app is graded by which check."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from workbook import diffs, mutants, needs, tree
from workbook.errors import WorkbookError, WorkbookProblems
from workbook.proof.hunks import Removal, without_hunks, without_statements
from workbook.proof.keys import Keys, digest
from workbook.result import Job
from workbook.series import Recipe, Series


@dataclass(frozen=True)
class Case:
    """One question to the grader.

    Kinds: step (the app after `number`), hunk, statement, mistake, variant: on recipe's step.
    `only` names the one check function that is asked; '' asks all of them.
    """

    kind: str
    recipe: Recipe
    name: str
    number: int
    key: str
    removal: Removal | None = None
    diff: Path | None = None
    only: str = ""

    @property
    def is_removal(self) -> bool:
        """Return whether any check function may fail, so that the first failure is the result."""
        return self.removal is not None

    def of_all_functions(self) -> Case:
        """Return the same case, asking all check functions."""
        return replace(self, only="", key=digest(self.key.encode(), b"all functions"))

    def job(self, series: Series, place: Path) -> Job:
        """Return the job of the grader; an app for this case alone is made in `place`."""
        app = self.app(series, place)
        return Job(self.recipe.id, app, self.key, only=self.only, first_failure=self.is_removal)

    def app(self, series: Series, place: Path) -> Path:
        """Return the app's folder; one that is made for this case alone is made in `place`."""
        if self.diff:
            return tree.build_with(series, self.number, self.diff)
        step = tree.build(series, self.number)
        if self.removal is None:
            return step
        target = place / self.key
        shutil.copytree(step, target, copy_function=os.link)
        self.removal.apply(target)
        return target


@dataclass
class Questions:
    """All cases of a proof, and the problems that were seen while they were put together."""

    cases: list[Case] = field(default_factory=list)
    problems: dict[str, list[str]] = field(default_factory=dict)


def collect(series: Series, recipes: Sequence[Recipe], every_step: bool) -> Questions:
    """Put together all questions about some recipes; `every_step`: not only those in doubt."""
    keys = Keys(series)
    asked = Questions()
    for recipe in recipes:
        if missing := [*needs.missing(needs.of_check(recipe.check))]:
            where = f"Recipe {recipe.number} ({recipe.id})"
            asked.problems[recipe.id] = [f"{where} is not proved here: {' '.join(missing)}"]
            continue
        own = keys.of_check(recipe)
        steps = range(len(series.recipes) + 1) if every_step else steps_in_doubt(series, recipe)
        for number in steps:
            asked.cases.append(Case("step", recipe, str(number), number, keys.of_app(own, number)))
        asked.cases += _removals(series, recipe, own, keys)
        asked.cases += _extras(series, recipe, own, keys, asked.problems)
        if problems := [*_of_mutants(series, recipe)]:
            asked.problems.setdefault(recipe.id, []).extend(problems)
    return asked


def _of_mutants(series: Series, recipe: Recipe) -> Iterator[str]:
    """Yield a problem for each mutant of an earlier recipe that this recipe's app cannot take."""
    for misfit in mutants.misfits(series, recipe):
        yield (
            f"Recipe {recipe.number} ({recipe.id}): the mutant {misfit.name} of recipe "
            f"{misfit.recipe.number} conflicts with its app in {', '.join(misfit.paths)}. "
            f"`make edit {recipe.number} breaks/{misfit.recipe.id}.{misfit.name}` opens it with "
            "the conflict; resolve it, then `make refresh`."
        )


def steps_in_doubt(series: Series, recipe: Recipe) -> list[int]:
    """Return the steps beside a recipe, the last one, and those that end a promise of it."""
    last = len(series.recipes)
    ends = {r.number for r in series.recipes for w in r.changes if _is_of(w.what, recipe)}
    beside = {recipe.number - 1, recipe.number, min(recipe.number + 1, last)}
    return sorted(beside | {last} | ends)


def _is_of(check: str, recipe: Recipe) -> bool:
    return check.partition(".")[0] == recipe.id


def _removals(series: Series, recipe: Recipe, own: str, keys: Keys) -> Iterator[Case]:
    diff = diffs.read(recipe.step, series.name_of(recipe.step))
    before, after = (tree.build(series, recipe.number - k) for k in (1, 0))
    kinds = {
        "hunk": without_hunks(diff, before, after),
        "statement": without_statements(diff, after),
    }
    base = keys.of_app(own, recipe.number)
    for kind, removals in kinds.items():
        for removal in removals:
            key = digest(base.encode(), removal.key.encode())
            yield Case(kind, recipe, removal.name, recipe.number, key, removal=removal)


def _extras(
    series: Series, recipe: Recipe, own: str, keys: Keys, problems: dict[str, list[str]]
) -> Iterator[Case]:
    for kind, paths in (("mistake", recipe.mistakes), ("variant", recipe.variants)):
        for path in paths:
            name = series.name_of(path)
            try:
                diff = diffs.read(path, name)
                tree.build_with(series, recipe.number, path)
            except WorkbookProblems as error:
                problems.setdefault(recipe.id, []).extend(error.problems)
                continue
            except WorkbookError as error:
                problems.setdefault(recipe.id, []).append(str(error))
                continue
            only = diff.trailers.get("Caught-by", "") if kind == "mistake" else ""
            key = digest(keys.of_app(own, recipe.number, diff.body).encode(), only.encode())
            yield Case(kind, recipe, path.stem, recipe.number, key, diff=path, only=only)
