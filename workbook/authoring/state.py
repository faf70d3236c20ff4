"""The open edit: a scratch git repository in build/edit/app and the notes about it.

The repository shows the series as commits, so that `git log`, `git diff` and `git add` work for a
maintainer as anywhere else. It is only a view: what counts are the files of its work tree and the
notes in build/edit/edit.json. `make refresh` reads both; nothing is ever taken from its commits.

    refs/heads/series       the series as it is, a commit for each recipe
    HEAD (branch edit)      the app that the edited diff applies to
    refs/workbook/shown     the files as they were when the edit was opened

When a refresh stops at a conflict, the work tree moves to the diff in conflict (`at`), and what
was decided before is kept in `resolved`: the next refresh begins from the start and takes these
decisions instead of merging. So a refresh has no state of its own that could be half done.
"""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from workbook import files, tree
from workbook.authoring.replay import APP, Before, Stopped
from workbook.errors import WorkbookError
from workbook.series import Series

_MARKS = ("<<<<<<< ", ">>>>>>> ")


@dataclass
class Edit:
    """An open edit of the diff `asked`; the work tree is at the diff `at`, which is on `below`.

    `base` has the trees of the series that the edit began with, `start` is the work tree as it
    was opened, `resolved` what was decided so far: by a diff's name the trees (below, made),
    `conflicts` the files in conflict and whether their text has marks.
    """

    asked: str
    at: str
    begun: str
    base: dict[str, str]
    below: str
    start: str
    resolved: dict[str, tuple[str, str]] = field(default_factory=dict)
    conflicts: dict[str, bool] = field(default_factory=dict)


def workspace(series: Series) -> Path:
    """Return the folder in which the maintainer edits."""
    return series.build / "edit" / "app"


def _notes(series: Series) -> Path:
    return series.build / "edit" / "edit.json"


@contextmanager
def alone(series: Series) -> Iterator[None]:
    """Refuse a second edit or refresh while this one runs."""
    series.build.mkdir(parents=True, exist_ok=True)
    with (series.build / "edit.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise WorkbookError(
                "Another `make edit` or `make refresh` is running on this workbook; "
                "wait until it has finished."
            ) from None
        yield


def load(series: Series) -> Edit | None:
    """Return the open edit, if there is one."""
    try:
        facts = json.loads(_notes(series).read_bytes())
    except FileNotFoundError:
        return None
    except ValueError:
        raise WorkbookError(
            f"{_notes(series)} cannot be read; move build/edit away (your files are in its app/), "
            "then run `make edit` again."
        ) from None
    return Edit(**facts)


def save(series: Series, edit: Edit) -> None:
    """Keep the notes about the open edit."""
    files.replace(_notes(series), json.dumps(asdict(edit), indent=1))


def close(series: Series) -> None:
    """Forget the open edit and its files."""
    shutil.rmtree(series.build / "edit", ignore_errors=True)


def now(series: Series) -> str:
    """Return the tree of the files in the work tree."""
    folder = workspace(series)
    if not (folder / ".git").is_dir():
        raise WorkbookError(f"{folder} is gone; `make edit N DISCARD=1` starts again.")
    return tree.store(series).tree_of(folder)


def is_taken(series: Series, edit: Edit, before: Before) -> bool:
    """Return whether everything in the work tree is in the series already."""
    items = {item.name: item.tree for group in before.extras.values() for item in group}
    current = before.trees() | items
    if (edit.resolved or edit.conflicts) and edit.base == before.trees():
        return False  # in the middle of the conflicts of one edit
    tree_ = now(series)
    return tree_ == current.get(edit.at) or (tree_ == edit.start and not edit.resolved)


def describe(series: Series, edit: Edit) -> str:
    """Return which edit is open and since when."""
    begun = datetime.fromisoformat(edit.begun)
    return f"an edit of {edit.asked or 'the order'}, begun on {begun:%Y-%m-%d at %H:%M}"


def unresolved(series: Series, edit: Edit) -> list[str]:
    """Return the files whose conflict is still open.

    A conflict of texts is over when its marks are gone; one between a change and a deletion
    when `git add` or `git rm` decided it.
    """
    folder = workspace(series)
    waiting = tree.store(series).unmerged(folder)
    return [
        path
        for path, has_marks in edit.conflicts.items()
        if path in waiting and (not has_marks or _is_marked(folder / path))
    ]


def _is_marked(path: Path) -> bool:
    if not path.is_file():
        return False
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return any(line.startswith(_MARKS) for line in lines)


def open_at(
    series: Series, edit: Edit, chain: Sequence[tuple[str, str]], shown: str, keep: Sequence[str]
) -> None:
    """Make the scratch repository: a commit for each (name, tree) of `chain`, HEAD on edit.below.

    `shown` is the tree of the files; `keep` are trees whose content must be there as well.
    """
    store = tree.store(series)
    folder = workspace(series)
    _clear(folder)
    parent = head = ""
    for number, (name, tree_) in enumerate(chain):
        message = "The app before recipe 1" if name == APP else f"Recipe {number}: {name}"
        parent = store.commit(tree_, parent, message)
        head = parent if tree_ == edit.below else head
    kept = {f"workbook/{n}": store.commit(tree_, head, edit.at) for n, tree_ in enumerate(keep)}
    made = store.commit(shown, head, edit.at)
    refs = {"heads/series": parent, "workbook/shown": made} | kept
    store.open_workspace(folder, head, refs)
    store.show(folder, made)
    edit.start = shown
    save(series, edit)


def _clear(folder: Path) -> None:
    """Empty a folder and keep the folder itself: somebody's shell may be in it."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def open_conflict(
    series: Series, edit: Edit, chain: Sequence[tuple[str, str]], stopped: Stopped
) -> None:
    """Leave a conflict in the scratch repository as git leaves those of its own merges."""
    stages = stopped.made.stages
    edit.at, edit.below = stopped.item.name, stopped.below
    edit.conflicts = {path: bool(ours and theirs) for path, (_, ours, theirs) in stages.items()}
    keep = (stopped.item.below, stopped.item.tree)
    open_at(series, edit, chain, stopped.made.tree, keep)
    tree.store(series).mark_conflicts(workspace(series), stages)
