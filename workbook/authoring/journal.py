"""Writes the series all at once: new files stand beside it, a journal says what is to be done.

Until the journal is there, nothing of the series was touched, and an interrupted command is
undone. From then on every act can be repeated, and an interrupted command is finished:

    chapters/.refresh/         made first; only this folder: undo, by deleting it
    chapters/.refresh/0, 1     the new contents, each synced to the disk
    chapters/.refresh/journal.json   appears by a rename, after all of them: finish, by doing
                               everything that it lists, from the beginning

Most acts are renames and deletions, which need no room on the disk, so that a full disk seldom
stops them (a folder that leaves the series is copied). Each act looks first whether it was done.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from workbook.errors import WorkbookError
from workbook.series import INTERRUPTED


@dataclass
class Change:
    """What is to become of the series: folders move first, then files are written and removed.

    `away` are folders that leave the series and where they are kept. Paths are the final ones.
    """

    moves: dict[Path, Path] = field(default_factory=dict)
    writes: dict[Path, bytes] = field(default_factory=dict)
    removed: list[Path] = field(default_factory=list)
    away: dict[Path, Path] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.moves or self.writes or self.removed or self.away)


def carry_out(root: Path, change: Change) -> None:
    """Make a change of the series, wholly or not at all."""
    if not change:
        return
    _refuse_occupied(root, change)
    with _alone(root):
        place = root / INTERRUPTED
        try:
            _prepare(root, place, change)
        except OSError as error:
            shutil.rmtree(place, ignore_errors=True)
            raise WorkbookError(
                f"The new files cannot be written ({error.strerror}); the series is as it was. "
                "Make room on the disk, then run the same command again."
            ) from None
        _finish(root, place)


def recover(root: Path) -> str:
    """Finish or undo what an interrupted command left; return a sentence about it, or ''."""
    place = root / INTERRUPTED
    if not place.exists():
        return ""
    with _alone(root):
        if not place.exists() or not any(place.iterdir()):
            shutil.rmtree(place, ignore_errors=True)
            return ""  # its writer was at work and is done now, or had done nothing yet
        if (place / "journal.json").exists():
            _finish(root, place)
            return "An interrupted change of the series was finished: all of its files are new."
        shutil.rmtree(place, ignore_errors=True)
        return "An interrupted change of the series was undone: all of its files are as before."


def _refuse_occupied(root: Path, change: Change) -> None:
    for target in change.moves.values():
        if any(path.is_file() and path.suffix != ".pyc" for path in target.rglob("*")):
            raise WorkbookError(
                f"{target.relative_to(root)} holds files already and another recipe belongs there; "
                "move them away, then run the same command again."
            )


def _prepare(root: Path, place: Path, change: Change) -> None:
    """Write everything that takes room on the disk, and the journal as the last file."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    writes = {}
    for number, (target, content) in enumerate(change.writes.items()):
        _write(place / str(number), content)
        writes[str(number)] = str(target.relative_to(root))
    journal = {
        "moves": {_name(root, old): _name(root, new) for old, new in change.moves.items()},
        "writes": writes,
        "removed": [_name(root, path) for path in change.removed],
        "away": {_name(root, old): str(new) for old, new in change.away.items()},
    }
    _write(place / "journal.new", json.dumps(journal, indent=1).encode())
    # The moment of decision: before this rename the series is old, after it the series is new.
    (place / "journal.new").replace(place / "journal.json")
    _sync(place)


def _finish(root: Path, place: Path) -> None:
    """Do what the journal says; each act does nothing when it was done before."""
    try:
        _do(root, place, json.loads((place / "journal.json").read_bytes()))
    except OSError as error:
        raise WorkbookError(
            f"Writing the series was interrupted ({error.strerror}: {error.filename}); "
            "fix that, and the next command of the workbook finishes it."
        ) from None
    # The journal goes last of all, so that a kill right here only repeats acts that are done.
    for path in place.iterdir():
        if path.name != "journal.json":
            path.unlink()
    (place / "journal.json").unlink()
    place.rmdir()


def _do(root: Path, place: Path, journal: dict[str, dict[str, str]]) -> None:
    """Carry out the acts; each one is skipped when an interrupted command has done it.

    The order matters. Folders that leave make room for those that move. Files are written last,
    because their targets are named in the folders as they are after the moves.
    """
    for old, new in journal["away"].items():
        if (root / old).exists():
            _keep(root / old, Path(new))
            shutil.rmtree(root / old)
    for old, new in journal["moves"].items():
        if (root / old).exists():
            # Nothing but caches is deleted here (see _refuse_occupied). No target is the source of
            # another move: a folder's name ends with the id, and no two recipes have the same.
            shutil.rmtree(root / new, ignore_errors=True)
            (root / new).parent.mkdir(parents=True, exist_ok=True)
            (root / old).rename(root / new)
    for name, target in journal["writes"].items():
        if (place / name).exists():
            (root / target).parent.mkdir(parents=True, exist_ok=True)
            (place / name).replace(root / target)
    for name in journal["removed"]:
        (root / name).unlink(missing_ok=True)


def _keep(folder: Path, kept: Path) -> None:
    """Copy a folder, so that the copy is either whole or not there."""
    if not kept.exists():
        beside = kept.with_name(f"{kept.name}.new")
        shutil.rmtree(beside, ignore_errors=True)
        shutil.copytree(folder, beside)
        beside.rename(kept)


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # not every file system can do that to a folder
            os.fsync(handle)
    finally:
        os.close(handle)


def _name(root: Path, path: Path) -> str:
    return str(path.relative_to(root))


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Hold the series' folder, so that nobody finishes what is still being written."""
    handle = os.open(root / "chapters", os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
