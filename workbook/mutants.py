"""Mutants: broken versions of a recipe's app, which the learner's tests must notice.

`breaks/NAME.diff` breaks the app of its own recipe. On the app of a later recipe the same change
is merged. Where that is a conflict, the later recipe has a version of its own,
`breaks/ID.NAME.diff`, which stands for the mutant NAME of recipe ID from there on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from workbook import tree
from workbook.errors import WorkbookError
from workbook.files import replace
from workbook.merging import entries, merged_text
from workbook.series import Recipe, Series


@dataclass(frozen=True)
class Version:
    """A diff that makes a mutant, and the number of the recipe whose app it changes."""

    number: int
    path: Path


@dataclass(frozen=True)
class Misfit:
    """A mutant that cannot be merged into the app of a later recipe, and the files in conflict."""

    recipe: Recipe
    name: str
    paths: tuple[str, ...]


def names_of(recipe: Recipe) -> list[str]:
    """Return the names of a recipe's own mutants."""
    return [path.stem for path in recipe.breaks if "." not in path.stem]


def versions(series: Series, recipe: Recipe, name: str) -> list[Version]:
    """Return the diff of a mutant, then the versions of it that later recipes have."""
    found = [Version(recipe.number, recipe.folder / "breaks" / f"{name}.diff")]
    for later in series.recipes[recipe.number :]:
        path = later.folder / "breaks" / f"{recipe.id}.{name}.diff"
        if path.is_file():
            found.append(Version(later.number, path))
    return found


def misfits(series: Series, later: Recipe) -> Iterator[Misfit]:
    """Yield the mutants of earlier recipes that fit the app before this recipe, and not its own."""
    for recipe in series.recipes[: later.number - 1]:
        for name in names_of(recipe):
            known = [v for v in versions(series, recipe, name) if v.number <= later.number]
            base, number = known[-1], later.number
            if base.number == number or conflicts(series, base, number - 1):
                continue  # made for this app, or reported for an earlier one
            if paths := conflicts(series, base, number):
                yield Misfit(recipe, name, paths)


def original_of(series: Series, path: Path) -> Version | None:
    """Return the mutant that a file breaks/ID.NAME.diff stands for; None if it is no such file."""
    owner, dot, name = path.stem.partition(".")
    if not dot or path.parent.name != "breaks":
        return None
    for recipe in series.recipes:
        if recipe.folder == path.parent.parent:
            break
        if recipe.id == owner and name in names_of(recipe):
            return versions(series, recipe, name)[0]
    raise WorkbookError(
        f"{series.name_of(path)}: no earlier recipe {owner!r} has a mutant {name!r}; "
        "rename or remove the file."
    )


def conflicts(series: Series, version: Version, number: int) -> tuple[str, ...]:
    """Return the files in which a mutant and the app after recipe `number` changed the same."""
    store = tree.store(series)
    good = entries(store, tree.tree_at(series, version.number))
    broken = entries(store, tree.tree_with(series, version.number, version.path))
    there = entries(store, tree.tree_at(series, number))
    changed = [path for path in good.keys() | broken.keys() if good.get(path) != broken.get(path)]
    sides = {path: (good.get(path), there.get(path), broken.get(path)) for path in changed}
    return tuple(sorted(path for path, three in sides.items() if not _fits(series, *three)))


def _fits(series: Series, good: str | None, there: str | None, broken: str | None) -> bool:
    """Return whether three versions of a file merge, or know it from the last time."""
    if good == there:
        return True
    if not (good and there and broken):
        return False
    store = tree.store(series)
    note = store.folder / "fits" / sha256(f"{good} {there} {broken}".encode()).hexdigest()
    if not note.is_file():
        texts = [store.text(entry.split()[1]) for entry in (good, there, broken)]
        replace(note, "" if merged_text(store, texts[0], texts[1], texts[2]) is None else "fits")
    return bool(note.read_text())
