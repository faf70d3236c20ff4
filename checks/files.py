"""Files of a submission, touched with care: it may have put links and pipes in their place."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

from checks.expect import CheckFailed
from checks.verdict import SubmissionError

LEFT_OUT = (
    "__pycache__", ".git", ".venv", "venv", "instance", "htmlcov", ".pytest_cache", "node_modules",
    ".coverage",
)  # fmt: skip
MOST_FILES = 5000
LARGEST_APP = 64 << 20
LARGEST_FILE = 5 << 20


def copy_submission(source: Path, target: Path) -> None:
    """Copy an app without what running it leaves behind; refuse a huge one."""
    target.mkdir(parents=True)
    count = size = 0
    for folder, folders, files in os.walk(source):
        folders[:] = [name for name in folders if name not in LEFT_OUT]
        here = target / Path(folder).relative_to(source)
        for name in [*folders, *files]:
            count += 1
            size += _copy_one(Path(folder, name), here / name)
            if count > MOST_FILES or size > LARGEST_APP:
                raise SubmissionError(
                    "error", f"The app is too large: over {MOST_FILES} files or 64 MB in {source}."
                )


def _copy_one(source: Path, target: Path) -> int:
    facts = source.lstat()
    if source.name in LEFT_OUT or source.name.endswith(".log"):
        return 0
    if stat.S_ISLNK(facts.st_mode):
        target.symlink_to(source.readlink())
    elif stat.S_ISDIR(facts.st_mode):
        target.mkdir()
    elif stat.S_ISREG(facts.st_mode) and facts.st_size <= LARGEST_APP:
        shutil.copyfile(source, target)
    return facts.st_size if stat.S_ISREG(facts.st_mode) else 0


def read_bytes(folder: Path, name: str) -> bytes | None:
    """Return a file's content, at most 5 MB; None when it is not there."""
    descriptor = _open(folder, name, os.O_RDONLY | os.O_NONBLOCK)
    if descriptor is None:
        return None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise CheckFailed(
                f"an ordinary file {name}", "something else: a folder, a pipe or a device"
            )
        content = os.read(descriptor, LARGEST_FILE + 1)
    finally:
        os.close(descriptor)
    if len(content) > LARGEST_FILE:
        raise SubmissionError("error", f"The file {name} is larger than 5 MB.")
    return content


def write_bytes(folder: Path, name: str, content: bytes) -> None:
    """Write a file, its folders too, and follow no link out of the folder."""
    path = _real(folder, name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = _open(folder, name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NONBLOCK)
        if descriptor is None:
            raise FileNotFoundError(2, "its folder is gone")
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
    except OSError as error:
        raise SubmissionError("error", f"{name} cannot be written: {error.strerror}.") from None


def find(folder: Path, pattern: str) -> list[Path]:
    """Return the ordinary files that match, sorted; links are no ordinary files."""
    found = (path for path in folder.glob(pattern) if stat.S_ISREG(_mode(path)))
    return sorted(found)[:MOST_FILES]


def exists(folder: Path, name: str) -> bool:
    """Say whether there is a file, a folder or a link of this name."""
    return _mode(_inside(folder, name)) != 0


def _mode(path: Path) -> int:
    try:
        return path.lstat().st_mode
    except OSError:
        return 0


def _inside(folder: Path, name: str) -> Path:
    path = Path(os.path.normpath(folder / name))
    if not path.is_relative_to(folder):
        raise ValueError(f"{name} is not inside the submission's folder")
    return path


def _real(folder: Path, name: str) -> Path:
    """Resolve a name, refusing links that lead out of the folder."""
    target = Path(os.path.realpath(_inside(folder, name)))
    if not target.is_relative_to(os.path.realpath(folder)):
        raise SubmissionError(
            "forbidden", f"{name} is a link to {target}, outside the app's folder."
        )
    return target


def _open(folder: Path, name: str, flags: int) -> int | None:
    """Open step by step, so that a link made meanwhile leads nowhere; None: not there."""
    base = os.path.realpath(folder)
    *above, last = _real(folder, name).relative_to(base).parts or (".",)
    opened: list[int] = []
    try:
        opened.append(os.open(base, os.O_RDONLY | os.O_DIRECTORY))
        for part in above:
            step = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
            opened.append(os.open(part, step, dir_fd=opened[-1]))
        return os.open(last, flags | os.O_NOFOLLOW, 0o644, dir_fd=opened[-1])
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise SubmissionError("error", f"{name} cannot be opened: {error.strerror}.") from None
    finally:
        for descriptor in opened:
            os.close(descriptor)
