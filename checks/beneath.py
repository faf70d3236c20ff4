"""Open what a submission names, beneath a folder and nowhere else.

A submission runs while the grader reads its files: between two system calls a folder can become
a link. So a path is never checked first and opened later. Linux does both in one call, openat2;
an older kernel, or a container that does not know the call, gets one step after another, each
from the descriptor of the step before, and no link at all.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

OPENAT2 = 437  # the same number on every architecture
NO_MAGICLINKS, NO_SYMLINKS, BENEATH = 0x02, 0x04, 0x08
FOLDER = os.O_RDONLY | os.O_DIRECTORY
# The kernel could not tell whether the path stayed beneath, as something was renamed meanwhile.
TRIES = 20


class LeadsOutside(OSError):
    """A link, or a name with "..", leads out of the folder."""


@contextmanager
def folder(path: Path) -> Iterator[int]:
    """Open the folder that everything else stays beneath; it must not be a link itself."""
    descriptor = os.open(path, FOLDER | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def open_beneath(base: int, name: str, flags: int, *, links: bool = True) -> int:
    """Open `name` below the descriptor `base`; with `links=False` follow none at all."""
    resolve = NO_MAGICLINKS | BENEATH | (0 if links else NO_SYMLINKS)
    for _ in range(TRIES):
        try:
            return _openat2(base, name or ".", flags | os.O_CLOEXEC, resolve)
        except OSError as error:
            if error.errno in (errno.ENOSYS, errno.EPERM):
                return step_by_step(base, name or ".", flags | os.O_CLOEXEC)
            if error.errno == errno.EXDEV:
                raise LeadsOutside(error.errno, "leads out of the folder", name) from None
            if error.errno != errno.EAGAIN:
                raise
    raise OSError(errno.EAGAIN, "changes all the time", name)


def _openat2(base: int, name: str, flags: int, resolve: int) -> int:
    mode = 0o644 if flags & os.O_CREAT else 0
    how = struct.pack("=QQQ", flags, mode, resolve)
    libc = ctypes.CDLL(None, use_errno=True)
    opened: int = libc.syscall(OPENAT2, base, os.fsencode(name), how, len(how))
    if opened < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), name)
    return opened


def step_by_step(base: int, name: str, flags: int) -> int:
    """Open `name` below `base` without openat2, one part after another, and follow no link."""
    *above, last = [part for part in name.split("/") if part not in ("", ".")] or ["."]
    if ".." in (*above, last) or name.startswith("/"):
        raise LeadsOutside(errno.EXDEV, "leads out of the folder", name)
    here = os.dup(base)
    try:
        for part in above:
            below = os.open(part, FOLDER | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=here)
            os.close(here)
            here = below
        return os.open(last, flags | os.O_NOFOLLOW, 0o644, dir_fd=here)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise LeadsOutside(errno.EXDEV, "is a link", name) from None
        raise
    finally:
        os.close(here)
