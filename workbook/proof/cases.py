"""What the proof asks the judge: which app is held against which check."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from workbook import diffs, tree
from workbook.errors import WorkbookError, WorkbookProblems
from workbook.proof.cache import digest, engine_key, judge_key
from workbook.proof.hunks import Removal, without_hunks, without_statements
from workbook.series import Recipe, Series


@dataclass(frozen=True)
class Case:
    """One question to the judge.

    Kinds: step (the app after `number`), hunk, statement, mistake, variant: on recipe's step.
    """

    kind: str
    recipe: Recipe
    name: str
    number: int
    key: str
    removal: Removal | None = None
    diff: Path | None = None

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


def collect(series: Series, recipes: Sequence[Recipe]) -> Questions:
    """Put together all questions about some recipes."""
    trees = [tree.tree_at(series, number) for number in range(len(series.recipes) + 1)]
    engine = engine_key()
    asked = Questions()
    for recipe in recipes:
        own = judge_key(series, recipe, engine, trees[recipe.number])
        asked.cases += _steps(recipe, own, trees)
        asked.cases += _removals(series, recipe, own, trees[recipe.number])
        asked.cases += _extras(series, recipe, own, trees[recipe.number], asked.problems)
    return asked


def _steps(recipe: Recipe, own: str, trees: Sequence[str]) -> Iterator[Case]:
    for number, tree_ in enumerate(trees):
        key = digest(own.encode(), tree_.encode())
        yield Case("step", recipe, str(number), number, key)


def _removals(series: Series, recipe: Recipe, own: str, tree_: str) -> Iterator[Case]:
    diff = diffs.read(recipe.step, series.name_of(recipe.step))
    before, after = (tree.build(series, recipe.number - k) for k in (1, 0))
    kinds = {
        "hunk": without_hunks(diff, before, after),
        "statement": without_statements(diff, after),
    }
    for kind, removals in kinds.items():
        for removal in removals:
            key = digest(own.encode(), tree_.encode(), removal.key.encode())
            yield Case(kind, recipe, removal.name, recipe.number, key, removal=removal)


def _extras(
    series: Series, recipe: Recipe, own: str, tree_: str, problems: dict[str, list[str]]
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
            key = digest(own.encode(), tree_.encode(), diff.body.encode())
            yield Case(kind, recipe, path.stem, recipe.number, key, diff=path)
