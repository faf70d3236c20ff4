"""The mutant of an earlier recipe on the app of a later one, to be edited there."""

from __future__ import annotations

from workbook import tree
from workbook.authoring.replay import Before, Item, Stopped
from workbook.merging import merge
from workbook.mutants import original_of
from workbook.series import Recipe, Series


def carried(series: Series, before: Before, recipe: Recipe, at: str) -> Stopped | None:
    """Return what becomes of a mutant on the recipe's app, conflicts included.

    `at` names the diff that is to be edited. Return None if it is no earlier recipe's mutant.
    """
    path = recipe.folder.joinpath(*at.split("/")[1:])
    if (mutant := original_of(series, path)) is None:
        return None
    below = before.trees()[recipe.id]
    good = tree.tree_at(series, mutant.number)
    item = Item(at, path, "", good, tree.tree_with(series, mutant.number, mutant.path))
    names = ("the app of this recipe", f"the app of recipe {mutant.number}", mutant.path.stem)
    return Stopped(series, item, below, merge(tree.store(series), good, below, item.tree, names))
