"""Merges two changes of one app: git trees, three ways, file by file.

git calls it a conflict when two changes touch neighbouring lines. Here, where `make proof`
tries every app that comes out, such changes are both taken; only changes of the same line, or
two insertions at one place, are conflicts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import pairwise

from workbook.patch import Store

_ABSENT = ""


@dataclass(frozen=True)
class Merge:
    """The merged tree.

    `stages` has base, ours and theirs of each path that is in conflict, `favoured` the paths in
    which theirs won.
    """

    tree: str
    stages: dict[str, tuple[str, str, str]]
    favoured: tuple[str, ...] = ()


def merge(
    store: Store, base: str, ours: str, theirs: str, names: Sequence[str], favour: bool = False
) -> Merge:
    """Carry what leads from `base` to `theirs` over to `ours`; `names` are for conflict marks.

    With `favour`, lines that both changed become those of `theirs`.
    """
    sides = [entries(store, tree) for tree in (base, ours, theirs)]
    merged: dict[str, str] = {}
    stages: dict[str, tuple[str, str, str]] = {}
    favoured = []
    for path in sorted({path for side in sides for path in side}):
        b, o, t = (side.get(path, _ABSENT) for side in sides)
        entry, clean = _entry(store, (b, o, t), names)
        if not clean and favour and o and t:
            entry = _favoured(store, (b, o, t), names)
            favoured.append(path)
        elif not clean:
            stages[path] = (b, o, t)
        if entry:
            merged[path] = entry
    return Merge(store.tree_from(merged), stages, tuple(favoured))


@lru_cache(maxsize=256)
def entries(store: Store, tree: str) -> Mapping[str, str]:
    """Return the files of a tree; a tree's name is its content, so it never changes."""
    return store.entries(tree)


def _favoured(store: Store, sides: tuple[str, str, str], names: Sequence[str]) -> str:
    base, ours, theirs = _texts(store, sides)
    merged = store.merge_texts(base, ours, theirs, names, favour=True)
    return f"{sides[1].split()[0]} {store.put(merged.text)}"


def _texts(store: Store, sides: Sequence[str]) -> list[str]:
    return [store.text(entry.split()[1]) if entry else "" for entry in sides]


def _entry(store: Store, sides: tuple[str, str, str], names: Sequence[str]) -> tuple[str, bool]:
    """Return what becomes of one file, and whether that is beyond doubt."""
    base, ours, theirs = sides
    if theirs in (base, ours):
        return ours, True
    if ours == base:
        return theirs, True
    if not ours or not theirs:
        return ours or theirs, False  # one side deletes what the other changes
    texts = _texts(store, sides)
    merged = store.merge_texts(texts[0], texts[1], texts[2], names)
    mode = ours.split()[0]
    if not merged.clean and (side_by_side := neighbours(*texts)) is not None:
        return f"{mode} {store.put(side_by_side)}", True
    return f"{mode} {store.put(merged.text)}", merged.clean


def merged_text(store: Store, base: str, ours: str, theirs: str) -> str | None:
    """Merge two changes of a text as `merge` does; return None on a conflict."""
    made = store.merge_texts(base, ours, theirs, ("ours", "base", "theirs"))
    return made.text if made.clean else neighbours(base, ours, theirs)


def neighbours(base: str, ours: str, theirs: str) -> str | None:
    """Merge two changes that share no line of `base`; return None when they do."""
    lines = base.splitlines(keepends=True)
    changes = sorted({*_changes(lines, ours), *_changes(lines, theirs)})
    for (start, end, _), (next_start, next_end, _) in pairwise(changes):
        if next_start < end or (start, end) == (next_start, next_end):
            return None
    for start, end, new in reversed(changes):
        lines[start:end] = new
    return "".join(lines)


def _changes(base: list[str], text: str) -> list[tuple[int, int, tuple[str, ...]]]:
    """Return what replaces which lines of `base`."""
    lines = text.splitlines(keepends=True)
    codes = SequenceMatcher(None, base, lines, autojunk=False).get_opcodes()
    return [(i, j, tuple(lines[k:m])) for kind, i, j, k, m in codes if kind != "equal"]
