"""What every diff of the series becomes when one of them changes, or their order does.

The old order is that of the folders (rNN_id), the new one is that of series.toml. Each diff is
carried over by a three-way merge. Nothing here writes to the series.

A diff leads from the app `below` it to the `tree` that it makes. When the app below is another one
now (an earlier step changed, or the order did), the diff is carried over:

    below ----- the diff as it is -----> tree
      |                                    |
    the steps before, as they are now      |  three-way merge: base is `below`
      v                                    v
    new below -- the diff as it will be --> new tree

Steps form a chain: the new tree of one is the new below of the next. Mistakes, variants and breaks
hang on their step: each applies to the new tree of its recipe, and nothing applies to them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from workbook import diffs, files, tree
from workbook.errors import WorkbookError, WorkbookProblems
from workbook.linting import TO_WRITE
from workbook.merging import Merge, entries, merge
from workbook.mutants import original_of
from workbook.patch import DoesNotFit
from workbook.series import MANIFEST, Recipe, Series

APP = "shared_app"
KINDS = ("mistakes", "variants", "breaks")
_INDEX = re.compile(r"index ([0-9a-f]{40})\.\.[0-9a-f]{40}")
_FOLDER = re.compile(r"r(\d+)_(\w+)")


@dataclass(frozen=True)
class Item:
    """One diff as it is now: its preamble, the tree it changes, the one it makes, its files."""

    name: str
    path: Path
    preamble: str
    below: str
    tree: str
    paths: tuple[str, ...] = ()


@dataclass(frozen=True)
class Before:
    """All diffs as they are now, in the order of the folders."""

    app: str
    steps: dict[str, Item]
    extras: dict[str, tuple[Item, ...]]

    def unfit(self) -> list[Item]:
        """Return the diffs that were made for another app than the one before them."""
        below = self.app
        found = []
        for name, step in self.steps.items():
            found += [step] if step.below != below else []
            found += [extra for extra in self.extras[name] if extra.below != step.tree]
            below = step.tree
        return found

    def trees(self) -> dict[str, str]:
        """Return the tree of each step by the recipe's id, and of the app before them all."""
        return {APP: self.app} | {name: item.tree for name, item in self.steps.items()}


@dataclass(frozen=True)
class Moved:
    """A diff as it is to be: the trees between which it is exported.

    `kept` are the files in which it kept its own lines though those below it changed as well.
    """

    item: Item
    recipe: Recipe
    below: str
    tree: str
    kept: tuple[str, ...] = ()

    @property
    def target(self) -> Path:
        """Return where the diff belongs in the new order."""
        return self.recipe.folder.joinpath(*self.item.name.split("/")[1:] or ["step.diff"])


class Stopped(WorkbookError):
    """Raised for a diff that cannot be carried over without a conflict."""

    def __init__(self, series: Series, item: Item, below: str, made: Merge) -> None:
        self.item, self.below, self.made = item, below, made
        files = ", ".join(made.stages)
        super().__init__(
            f"Conflict in {series.name_of(item.path)}: {files}. Nothing was written to the series."
        )


def read(series: Series, only: str | None = None) -> Before:
    """Read all diffs in the order of their folders; raise the problems of the first that is bad.

    `only` names the recipe whose mistakes, variants and breaks are read; None: of all recipes.
    """
    store = tree.store(series)
    app = below = store.tree_of(series.app)
    steps: dict[str, Item] = {}
    extras: dict[str, tuple[Item, ...]] = {}
    for folder, name in _folders(series):
        step = steps[name] = _item(series, name, folder / "step.diff", below)
        kinds = KINDS if only in (None, name) else ()
        paths = [path for kind in kinds for path in sorted(folder.glob(f"{kind}/*.diff"))]
        extras[name] = tuple(
            _item(series, f"{name}/{path.parent.name}/{path.name}", path, step.tree)
            for path in paths
        )
        below = step.tree
    return Before(app, steps, extras)


def folders(series: Series) -> dict[str, Path]:
    """Return the folder of each recipe as it is now, in the order of the numbers there."""
    return {name: folder for folder, name in _folders(series)}


def _folders(series: Series) -> Iterator[tuple[Path, str]]:
    found = []
    for folder in series.root.glob("chapters/*/r[0-9]*"):
        match = _FOLDER.fullmatch(folder.name)
        if match and (folder / "step.diff").exists():
            found.append((int(match[1]), match[2], folder))
    seen: dict[str, Path] = {}
    for _, name, folder in sorted(found):
        if name in seen:
            raise WorkbookError(
                f"{series.name_of(seen[name])} and {series.name_of(folder)} are the same recipe; "
                "remove one of them."
            )
        seen[name] = folder
        yield folder, name


def _item(series: Series, name: str, path: Path, below: str) -> Item:
    where = series.name_of(path)
    if "/" not in name and _only_begun(path):
        return Item(name, path, path.read_text(encoding="utf-8"), below, below)
    diff = diffs.read(path, where)
    try:
        made = _applied(series, below, diff, where)
    except DoesNotFit as error:
        own = _own_base(series, below, diff)
        if own is None:
            raise WorkbookProblems([str(error), *_hint_of_gap(series)]) from None
        below, made = own, _applied(series, own, diff, where)
    paths = tuple(part.path for part in diff.files)
    return Item(name, path, diff.preamble, below, made, paths)


def _applied(series: Series, below: str, diff: diffs.Diff, where: str) -> str:
    """Apply a diff, or know from the last time what it makes."""
    store = tree.store(series)
    key = sha256(f"{below}\n{diff.body}".encode()).hexdigest()
    note = store.folder / "applied" / key
    if note.is_file():
        return note.read_text()
    made = store.apply(below, diff, where)
    files.replace(note, made)
    return made


def _own_base(series: Series, below: str, diff: diffs.Diff) -> str | None:
    """Return the app that a diff was made for, when the store still has the files that it names.

    So a diff that no longer fits, after an earlier one was edited by hand, is merged as well.
    """
    store = tree.store(series)
    entries = store.entries(below)
    for part in diff.files:
        blob = next((m[1] for line in part.head if (m := _INDEX.match(line))), "")
        entries.pop(part.path, None)
        if blob.strip("0"):
            if not store.has(blob):
                return None
            entries[part.path] = f"100644 {blob}"
    own = store.tree_from(entries)
    return own if own != below else None


def _only_begun(path: Path) -> bool:
    """Return whether a recipe was started by `make new-recipe` and has no diff yet."""
    text = path.read_bytes()
    return TO_WRITE.encode() in text and b"diff --git" not in text


def _hint_of_gap(series: Series) -> Iterator[str]:
    numbers = [int(folder.name[1:].partition("_")[0]) for folder in folders(series).values()]
    missing = sorted(set(range(1, max(numbers, default=0) + 1)) - set(numbers))
    if missing:
        yield (
            f"There is no folder r{missing[0]:02d}_...: to remove a recipe, restore its folder, "
            f"remove its entry from {MANIFEST}, and `make refresh` moves the folder away."
        )


def replay(
    series: Series, before: Before, resolved: Mapping[str, tuple[str, str]]
) -> Iterator[Moved]:
    """Yield every diff as it is to be; `resolved` has (below, tree) of what a person decided."""
    below = resolved.get(APP, ("", before.app))[1]
    for recipe in series.recipes:
        item = before.steps.get(recipe.id)
        if item is None:
            raise WorkbookError(
                f"{series.name_of(recipe.folder)} is missing; {MANIFEST} says that it is recipe "
                f"{recipe.number}. `make new-recipe {recipe.id}` starts a recipe."
            )
        step = _moved(series, item, recipe, below, resolved)
        yield step
        for extra in (*before.extras[recipe.id], *_new_extras(series, before, recipe, resolved)):
            yield _moved(series, extra, recipe, step.tree, resolved)
        below = step.tree


def _new_extras(
    series: Series, before: Before, recipe: Recipe, resolved: Mapping[str, tuple[str, str]]
) -> Iterator[Item]:
    """Yield the mistakes, variants and breaks that the open edit makes."""
    known = {item.name for item in before.extras[recipe.id]}
    tree_ = before.steps[recipe.id].tree
    for name in resolved:
        if name.startswith(f"{recipe.id}/") and name not in known:
            path = folders(series)[recipe.id].joinpath(*name.split("/")[1:])
            mutant = original_of(series, path)
            preamble = diffs.read(mutant.path, name).preamble if mutant else _to_write(name)
            yield Item(name, path, preamble, tree_, tree_)


def _to_write(name: str) -> str:
    preamble = f"{TO_WRITE}: what was done, and why it looks right.\n\n"
    if "/mistakes/" in name:
        preamble += f"Caught-by: {TO_WRITE}\nSays: {TO_WRITE}\n\n"
    return preamble


def _moved(
    series: Series, item: Item, recipe: Recipe, below: str, resolved: Mapping[str, tuple[str, str]]
) -> Moved:
    """Return what one diff becomes on the app `below`; raise Stopped on a conflict.

    In this order: what a person decided for this very app, the diff as it is when nothing below it
    changed, and else the merge.
    """
    kept: tuple[str, ...] = ()
    decided = resolved.get(item.name)
    if decided and decided[0] == item.below != below:
        item = replace(item, tree=decided[1])  # edited while the order changes as well
    if decided and decided[0] == below:
        made = decided[1]
    elif item.below == below:
        made = item.tree
    elif "/" in item.name and not decided and _same_files(series, item, below):
        return Moved(item, recipe, item.below, item.tree)  # its files are the same: so is the diff
    else:
        merged = _merged(series, item, below)
        if merged.stages:
            raise Stopped(series, item, below, merged)
        made, kept = merged.tree, merged.favoured
    if made == below and item.below != item.tree:
        raise WorkbookError(_nothing_left(series, item))
    return Moved(item, recipe, below, made, kept)


def _same_files(series: Series, item: Item, below: str) -> bool:
    """Return whether the files of a diff are the same in the app that it is to change now."""
    was, now = (entries(tree.store(series), tree_) for tree_ in (item.below, below))
    return all(was.get(path) == now.get(path) for path in item.paths)


def _merged(series: Series, item: Item, below: str) -> Merge:
    names = ("the recipes before, as they are now", "the recipes before, as they were", item.name)
    # A mistake or a variant is a solution of its own, and `make proof` tries it: where it and
    # the steps changed the same lines, its own lines win.
    favour = "/" in item.name
    return merge(tree.store(series), item.below, below, item.tree, names, favour)


def _nothing_left(series: Series, item: Item) -> str:
    name = series.name_of(item.path)
    how = (
        "remove the file, then `make refresh`"
        if "/" in item.name
        else f"let it change something, or remove its entry from {MANIFEST}, then `make refresh`"
    )
    return f"{name} would change nothing; {how}. Nothing was written to the series."
