"""Editing one recipe with all later ones following: `make edit`, `make refresh`.

`edit` puts the series as commits into a scratch repository; `refresh` takes what was edited
there, carries every later diff over, and writes the series at once when all of it fits.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from workbook import diffs, terminal, tree
from workbook.authoring import journal, state
from workbook.authoring.carried import carried
from workbook.authoring.numbers import FILES, renumbered
from workbook.authoring.replay import APP, KINDS, Before, Moved, Stopped, folders, read, replay
from workbook.authoring.report import report_stale
from workbook.authoring.state import Edit
from workbook.errors import FAILED, PASSED, UsageError, WorkbookError
from workbook.series import MANIFEST, Recipe, Series

_NAME = re.compile(r"[a-z0-9_]+")
_NAMES = dict.fromkeys(KINDS, _NAME) | {"breaks": re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)?")}


def edit(series: Series, arguments: Sequence[str], discard: bool) -> int:
    """Open a recipe's app, or one of its mistakes, variants or breaks, for editing."""
    if not arguments and discard:
        return _discard(series)
    if not arguments or len(arguments) > 2:
        raise UsageError("Which recipe? For example `make edit 1`, or `make edit 1 mistakes/name`.")
    recipe = None if arguments[0] in ("0", APP) else series.find(arguments[0])
    at = _name_of(recipe, arguments)
    with state.alone(series):
        before = read(series, _read_for(series, at))
        _refuse_moved(series, before)
        _refuse_open(series, before, discard)
        _open(series, before, at)
    _report_opened(series, recipe, at)
    return PASSED


def _name_of(recipe: Recipe | None, arguments: Sequence[str]) -> str:
    """Return the name of the diff that is to be edited."""
    name = recipe.id if recipe else APP
    if len(arguments) == 1:
        return name
    kind, _, stem = arguments[1].removesuffix(".diff").partition("/")
    named = _NAMES.get(kind)
    if recipe is None or named is None or not named.fullmatch(stem):
        raise UsageError(
            f"{arguments[1]!r} cannot be edited: name it as mistakes/NAME, variants/NAME or "
            "breaks/NAME, in lower case letters, digits and _; the mutant of an earlier recipe "
            "as breaks/ID.NAME."
        )
    return f"{name}/{kind}/{stem}.diff"


def _read_for(series: Series, at: str) -> str | None:
    """Return the one recipe to be read in full: for an edit that is open as well, all."""
    return at.partition("/")[0] if state.load(series) is None else None


def _discard(series: Series) -> int:
    with state.alone(series):
        state.close(series)
    terminal.say("The edit is discarded; the series has not changed.")
    return PASSED


def _refuse_moved(series: Series, before: Before) -> None:
    there = folders(series)
    if unfit := before.unfit():
        raise WorkbookError(
            f"{series.name_of(unfit[0].path)} was made for another app than the one "
            "before it; run `make refresh` first."
        )
    if [*there.values()] != [recipe.folder for recipe in series.recipes]:
        raise WorkbookError(
            f"{MANIFEST} and the folders differ in their order; run `make refresh` first."
        )


def _refuse_open(series: Series, before: Before, discard: bool) -> None:
    edit_ = state.load(series)
    if edit_ is None or discard or state.is_taken(series, edit_, before):
        return
    raise WorkbookError(
        f"{state.workspace(series)} has {state.describe(series, edit_)}, which is not finished: "
        "`make refresh` finishes it, `make edit DISCARD=1` discards it."
    )


def _open(series: Series, before: Before, at: str) -> None:
    trees = before.trees()
    name = at.partition("/")[0]
    extras = {item.name: item.tree for item in before.extras.get(name, ())}
    shown = extras.get(at, trees[name])
    begun = datetime.now().isoformat(timespec="seconds")
    edit_ = Edit(at, at, begun, base=trees, below=trees[name], start=shown)
    is_new = "/" in at and at not in extras
    mutant = carried(series, before, series.find(name), at) if is_new else None
    if mutant and mutant.made.stages:
        state.open_conflict(series, edit_, [*trees.items()], mutant)
    else:
        state.open_at(series, edit_, [*trees.items()], mutant.made.tree if mutant else shown, ())
    tree.compile_translations(series, state.workspace(series))


def _report_opened(series: Series, recipe: Recipe | None, at: str) -> None:
    folder = series.name_of(state.workspace(series))
    what = f"The app after recipe {recipe.number}" if recipe else "The app before recipe 1"
    with_ = f" with {at.partition('/')[2]}" if "/" in at else ""
    terminal.say(f"{what}{with_} is in [bold]{folder}[/]: edit it there, then `make refresh`.")
    terminal.say(
        "[dim]In this git repository `git diff` shows your edit, `git log` the recipes.[/]"
    )


def refresh(series: Series, only_check: bool) -> int:
    """Finish the open edit and carry every later diff over; with `only_check` write nothing."""
    with state.alone(series):
        before = read(series)
        edit_ = state.load(series)
        going_on = edit_ and _is_going_on(series, edit_, before)
        resolved = _resolved(series, edit_, before) if edit_ and going_on else {}
        moved = _replayed(series, before, resolved, edit_, only_check)
        app = resolved.get(APP, ("", before.app))[1]
        change = _change(series, before, moved, app)
        if not only_check:
            journal.carry_out(series.root, change)
            _reopen(series, edit_, bool(change))
    return _report(series, before, moved, change, only_check)


def _is_going_on(series: Series, edit_: Edit, before: Before) -> bool:
    """Return whether the edit still is about this series; raise when its base is another one."""
    if state.is_taken(series, edit_, before):
        return False
    if edit_.base == before.trees():
        return True
    raise WorkbookError(
        f"{state.workspace(series)} has {state.describe(series, edit_)}, but the series has "
        "changed since. Save your edit (`git diff` there), discard it with "
        "`make edit DISCARD=1`, open the recipe again and apply what you saved."
    )


def _resolved(series: Series, edit_: Edit, before: Before) -> dict[str, tuple[str, str]]:
    """Return what was decided so far, with the files of the work tree as the last decision."""
    if still := state.unresolved(series, edit_):
        raise WorkbookError(
            f"{', '.join(still)}: the conflict in {edit_.at} is not resolved yet. Edit it in "
            f"{state.workspace(series)}, or use `git add` or `git rm`; then `make refresh`."
        )
    below = edit_.below
    if edit_.at in before.steps and not edit_.conflicts:
        below = before.steps[edit_.at].below  # an edited step applies to the step before it
    elif edit_.at == APP:
        below = ""
    decided = {name: (pair[0], pair[1]) for name, pair in edit_.resolved.items()}
    return decided | {edit_.at: (below, state.now(series))}


def _replayed(
    series: Series,
    before: Before,
    resolved: dict[str, tuple[str, str]],
    edit_: Edit | None,
    only_check: bool,
) -> list[Moved]:
    """Carry all diffs over; leave a conflict in the scratch repository and raise it."""
    moved: list[Moved] = []
    try:
        for one in replay(series, before, resolved):
            moved.append(one)
    except Stopped as stopped:
        if only_check:
            raise
        app = resolved.get(APP, ("", before.app))[1]
        chain = [(APP, app), *((m.item.name, m.tree) for m in moved if "/" not in m.item.name)]
        begun = datetime.now().isoformat(timespec="seconds")
        edit_ = edit_ if resolved and edit_ else Edit("", "", begun, before.trees(), "", "")
        edit_.resolved = resolved
        state.open_conflict(series, edit_, chain, stopped)
        raise WorkbookError(
            f"{stopped} Resolve it in {state.workspace(series)}, then `make refresh` goes on."
        ) from None
    return moved


def _change(series: Series, before: Before, moved: Sequence[Moved], app: str) -> journal.Change:
    change = journal.Change()
    there = folders(series)
    for recipe in series.recipes:
        if there[recipe.id] != recipe.folder:
            change.moves[there.pop(recipe.id)] = recipe.folder
        else:
            del there[recipe.id]
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    for folder in there.values():
        change.away[folder] = series.build / "removed" / f"{stamp}-{folder.name}"
    for one in moved:
        _write_diff(series, one, change)
        if "/" not in one.item.name:
            _renumber(one, change)
    _write_app(series, before.app, app, change)
    return change


def _write_diff(series: Series, one: Moved, change: journal.Change) -> None:
    if one.below == one.tree:
        return  # a recipe that was begun and has no diff yet
    body = tree.store(series).export(one.below, one.tree)
    preamble = one.item.preamble.rstrip("\n")
    content = (f"{preamble}\n\n" if preamble else "") + body
    if one.item.path.exists() and one.item.preamble + body == _text(one.item.path):
        return
    _refuse_unfit(series, one, content)
    change.writes[one.target] = content.encode()


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8")


def _refuse_unfit(series: Series, one: Moved, content: str) -> None:
    """Raise WorkbookProblems for what a step may not do: binary files, modes, links, CRLF."""
    with tree.scratch(series) as place:
        fresh = place / "new.diff"
        fresh.write_bytes(content.encode("utf-8", "surrogateescape"))
        diffs.read(fresh, f"{series.name_of(one.target)}, as your edit would make it")


def _renumber(one: Moved, change: journal.Change) -> None:
    """Follow a new number in the recipe's own files."""
    old = int(one.item.path.parent.name[1:].partition("_")[0])
    for name in FILES:
        path = one.item.path.with_name(name)
        if path.exists() and (text := _text(path)) != (
            new := renumbered(text, old, one.recipe.number)
        ):
            change.writes[one.recipe.folder / name] = new.encode()


def _write_app(series: Series, old: str, new: str, change: journal.Change) -> None:
    store = tree.store(series)
    before, after = store.entries(old), store.entries(new)
    for path in sorted(before.keys() | after.keys()):
        if path not in after:
            change.removed.append(series.app / path)
        elif before.get(path) != after[path]:
            text = store.text(after[path].split()[1])
            change.writes[series.app / path] = text.encode("utf-8", "surrogateescape")


def _reopen(series: Series, edit_: Edit | None, changed: bool) -> None:
    """Leave the edit open on the series as it is now, with nothing left to finish."""
    if edit_ is None or not (changed or edit_.conflicts):
        return
    before = read(series, edit_.asked.partition("/")[0])
    if edit_.asked.partition("/")[0] in before.trees():
        _open(series, before, edit_.asked)
    else:
        state.close(series)


def _report(
    series: Series, before: Before, moved: Sequence[Moved], change: journal.Change, check: bool
) -> int:
    if not change:
        terminal.say("Every diff is up to date.")
        return PASSED
    verb = "would change" if check else "changed"
    for old, new in change.moves.items():
        terminal.say(f" {verb}  {series.name_of(old)} -> {series.name_of(new)}")
    for old, new in change.away.items():
        terminal.say(f" {verb}  {series.name_of(old)} -> {series.name_of(new)}")
    for path in (*change.writes, *change.removed):
        terminal.say(f" {verb}  {series.name_of(path)}")
    if check:
        terminal.complain("The series is not up to date: run `make refresh`.")
        return FAILED
    report_stale(series, before, moved)
    return PASSED
