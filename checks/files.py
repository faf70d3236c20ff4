"""Files of a submission, touched with care: it may have put links and pipes in their place."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from checks.beneath import FOLDER, LeadsOutside, folder, open_beneath
from checks.expect import CheckFailed
from checks.verdict import SubmissionError

LEFT_OUT = (
    "__pycache__", ".git", ".venv", "venv", "instance", "htmlcov", ".pytest_cache", "node_modules",
    ".coverage",
)  # fmt: skip
MOST_FILES = 5000
MOST_ENTRIES = 50_000
DEEPEST = 60
LARGEST_APP = 64 << 20
LARGEST_FILE = 5 << 20
NOT_THERE = (errno.ENOENT, errno.ENOTDIR)


class FoundFile(PurePosixPath):
    """The path of a file of a submission; what it reads stays beneath the submission's folder."""

    folder: Path
    within: str

    @classmethod
    def at(cls, folder: Path, within: str) -> FoundFile:
        """Return the file `within` a folder."""
        found = cls(folder, within)
        found.folder, found.within = folder, within
        return found

    def read_bytes(self) -> bytes:
        """Return the content, at most 5 MB; b"" when the file is gone."""
        return read_bytes(self.folder, self.within) or b""

    def read_text(self) -> str:
        """Return the content as text, whatever its encoding."""
        return self.read_bytes().decode("utf-8", "replace")

    def stat(self) -> os.stat_result:
        """Return size, times and mode, as os.stat does."""
        descriptor = _open(self.folder, self.within, os.O_PATH)
        if descriptor is None:
            raise CheckFailed(f"a file {self.within}", "it is gone")
        try:
            return os.fstat(descriptor)
        finally:
            os.close(descriptor)


def copy_submission(source: Path, target: Path) -> None:
    """Copy an app without what running it leaves behind; refuse a huge one."""
    target.mkdir(parents=True)
    count = size = 0
    try:
        with folder(source) as base:
            for within, facts in _walk(base, LEFT_OUT):
                count += 1
                size += _copy_one(base, within, facts, target / within)
                if count > MOST_FILES or size > LARGEST_APP:
                    raise SubmissionError("error", "The app is larger than 5,000 files or 64 MB.")
    except OSError as error:
        where = os.path.relpath(str(error.filename or source), source)
        raise SubmissionError(
            "error", f"The app cannot be copied: {where}: {error.strerror}."
        ) from None


def _copy_one(base: int, within: str, facts: os.stat_result, target: Path) -> int:
    if within.endswith(".log"):
        return 0
    if stat.S_ISLNK(facts.st_mode):
        target.symlink_to(os.readlink(within, dir_fd=base))
    elif stat.S_ISDIR(facts.st_mode):
        target.mkdir()
    elif stat.S_ISREG(facts.st_mode) and facts.st_size <= LARGEST_APP:
        with os.fdopen(open_beneath(base, within, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            target.write_bytes(file.read(LARGEST_APP + 1))
    return facts.st_size if stat.S_ISREG(facts.st_mode) else 0


def read_bytes(folder: Path, name: str) -> bytes | None:
    """Return a file's content, at most 5 MB; None when it is not there."""
    descriptor = _open(folder, name, os.O_RDONLY | os.O_NONBLOCK)
    if descriptor is None:
        return None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise CheckFailed(f"an ordinary file {name}", "something else: a folder, a pipe, a device")
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise SubmissionError("error", f"The file {name} is larger than 5 MB.")
    return content


def write_bytes(folder: Path, name: str, content: bytes) -> None:
    """Write a file, its folders too, and follow no link out of the folder."""
    *above, _ = PurePosixPath(_relative(folder, name)).parts
    for depth in range(1, len(above) + 1):
        _make_folder(folder, "/".join(above[:depth]))
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NONBLOCK
    descriptor = _open(folder, name, flags)
    if descriptor is None:
        raise SubmissionError("error", f"{name} cannot be written: its folder is gone.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
    except OSError as error:
        raise SubmissionError("error", f"{name} cannot be written: {error.strerror}.") from None


def _make_folder(path: Path, name: str) -> None:
    above, _, last = name.rpartition("/")
    try:
        with folder(path) as base:
            parent = open_beneath(base, above, FOLDER)
            try:
                with suppress(FileExistsError):
                    os.mkdir(last, dir_fd=parent)
            finally:
                os.close(parent)
    except OSError as error:
        raise SubmissionError("error", f"{name} cannot be made: {error.strerror}.") from None


def find(folder: Path, pattern: str) -> list[FoundFile]:
    """Return the ordinary files that match, sorted; links are no ordinary files."""
    wanted = PurePosixPath(pattern).parts
    found = []
    for within, facts in _walk_folder(folder):
        if stat.S_ISREG(facts.st_mode) and _matches(within.split("/"), wanted):
            found.append(FoundFile.at(folder, within))
            if len(found) == MOST_FILES:
                break
    return sorted(found)


def _matches(parts: Sequence[str], wanted: Sequence[str]) -> bool:
    """Match as Path.glob does: `**` stands for any number of folders."""
    if not wanted:
        return not parts
    if wanted[0] == "**":
        return any(_matches(parts[skip:], wanted[1:] or ("*",)) for skip in range(len(parts)))
    if not parts or not fnmatchcase(parts[0], wanted[0]):
        return False
    return _matches(parts[1:], wanted[1:])


def exists(folder: Path, name: str) -> bool:
    """Return whether there is a file, a folder or a link of this name."""
    try:
        descriptor = _open(folder, name, os.O_PATH | os.O_NOFOLLOW)
    except SubmissionError:
        return True  # there is something, and it cannot be opened
    if descriptor is not None:
        os.close(descriptor)
    return descriptor is not None


def _walk_folder(path: Path) -> Iterator[tuple[str, os.stat_result]]:
    try:
        with folder(path) as base:
            yield from _walk(base)
    except OSError:
        return  # it has deleted its own folder, or put something else in its place


def _walk(base: int, without: Sequence[str] = ()) -> Iterator[tuple[str, os.stat_result]]:
    """Yield each entry below a folder with its facts, a folder before what is in it."""
    todo, seen = [""], 0
    while todo:
        here = todo.pop()
        if here.count("/") >= DEEPEST:
            raise SubmissionError("error", f"The app's folders are more than {DEEPEST} deep.")
        descriptor = open_beneath(base, here, FOLDER, links=False)
        try:
            with os.scandir(descriptor) as entries:
                names = [entry.name for entry, _ in zip(entries, range(MOST_ENTRIES), strict=False)]
            for name in names:
                if name in without:
                    continue
                seen += 1
                if seen > MOST_ENTRIES:
                    raise SubmissionError("error", f"The app has more than {MOST_ENTRIES} files.")
                within = f"{here}/{name}" if here else name
                with suppress(FileNotFoundError):
                    facts = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
                    yield within, facts
                    if stat.S_ISDIR(facts.st_mode):
                        todo.append(within)
        finally:
            os.close(descriptor)


def _open(path: Path, name: str, flags: int) -> int | None:
    """Open a file beneath a folder; None when it is not there."""
    within = _relative(path, name)
    try:
        with folder(path) as base:
            try:
                return open_beneath(base, within, flags)
            except LeadsOutside as error:
                told = _where_it_leads(base, within, str(error.strerror))
                raise SubmissionError("forbidden", told) from None
    except OSError as error:
        if error.errno in NOT_THERE:
            return None
        if error.errno == errno.ELOOP and not flags & os.O_NOFOLLOW:
            raise SubmissionError(
                "error", f"{name} is a link that goes round in circles."
            ) from None
        raise SubmissionError("error", f"{name} cannot be opened: {error.strerror}.") from None


def _where_it_leads(base: int, name: str, how: str) -> str:
    if how == "is a link":
        return f"{name} is a link; the kernel of this machine is too old to follow it safely."
    with suppress(OSError):
        return f"{name} is a link to {os.readlink(name, dir_fd=base)}, outside the app's folder."
    return f"{name} leads out of the app's folder, by a link."


def _relative(path: Path, name: str) -> str:
    """Return a name within the folder; a check that names another place is wrong itself."""
    full = os.path.normpath(path / name)
    if full != str(path) and not full.startswith(f"{path}/"):
        raise ValueError(f"{name} is not inside the submission's folder")
    return os.path.relpath(full, path)
